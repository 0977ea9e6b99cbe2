//! Records of which only some fields are offered.

use crate::{Batch, Result, Token, Tokens};

/// A batch whose records have only these fields.
pub(crate) struct Only<'a> {
    batch: &'a dyn Batch,
    fields: &'a [String],
}

impl<'a> Only<'a> {
    pub(crate) fn new(batch: &'a dyn Batch, fields: &'a [String]) -> Self {
        Self { batch, fields }
    }
}

impl Batch for Only<'_> {
    fn len(&self) -> usize {
        self.batch.len()
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        self.batch.read(index, &mut |tokens| {
            reader(&mut OnlyTokens { tokens, fields: self.fields, name: String::new(), place: Place::Record })
        })
    }
}

struct OnlyTokens<'a> {
    tokens: &'a mut dyn Tokens,
    fields: &'a [String],
    /// The name of a field of the record, which has to outlive the look at it.
    name: String,
    place: Place,
}

/// What comes next.
enum Place {
    Record,
    Name,
    Value,
    /// Something inside so many arrays and maps of a field.
    Inside(usize),
}

impl Tokens for OnlyTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        while let Place::Name = self.place {
            match self.tokens.next()? {
                Token::Field(name) => {
                    self.name.clear();
                    self.name.push_str(name);
                }
                Token::End => return Ok(Token::End),
                _ => return Err(crate::Error::unexpected("a walk over a record has a value without a field")),
            }
            if self.fields.contains(&self.name) {
                self.place = Place::Value;
                return Ok(Token::Field(&self.name));
            }
            self.tokens.skip()?;
        }
        // Where the value cannot be read, a name comes next.
        let is_record = matches!(self.place, Place::Record);
        let open = if let Place::Inside(open) = self.place { open } else { 0 };
        if open == 0 {
            self.place = Place::Name;
        }
        let token = self.tokens.next()?;
        self.place = match token {
            Token::Map | Token::Array if !is_record => Place::Inside(open + 1),
            Token::End if open > 1 => Place::Inside(open - 1),
            token if open > 0 && token != Token::End => Place::Inside(open),
            _ => Place::Name,
        };
        Ok(token)
    }

    fn skip(&mut self) -> Result<()> {
        if let Place::Value = self.place {
            self.place = Place::Name;
        }
        self.tokens.skip()
    }
}
