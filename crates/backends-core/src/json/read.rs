//! The walk over a record's text: no tree, and nothing is allocated but for escapes and bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::nesting::Nesting;
use super::scan::Scan;
use super::{malformed, too_deep, unreadable};
use crate::value::BINARY;
use crate::{Error, Result, Token, Tokens};

/// A walk over a record in JSON text.
///
/// Text of any origin may be given: what is no record is [`Unreadable`](crate::ErrorKind::Unreadable), with the byte.
/// What [`skip`](Tokens::skip) passes is looked at only as far as is needed to find its end.
pub struct JsonTokens<'a> {
    scan: Scan<'a>,
    due: Due,
    nesting: Nesting,
    unescaped: String,
    bytes: Vec<u8>,
}

/// What the text holds next.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    Record,
    /// A field or the end of the map; `first` if no comma goes before it.
    Field {
        first: bool,
    },
    /// The value of a field, which is not null, without white space before it.
    Value,
    /// An element or the end of the array; `first` if no comma goes before it.
    Element {
        first: bool,
    },
    Nothing,
    /// What cannot be told, behind text that is not well-formed.
    Broken,
}

impl<'a> JsonTokens<'a> {
    /// A walk over the record that `text` is.
    pub fn new(text: &'a str) -> Self {
        Self {
            scan: Scan { text, at: 0 },
            due: Due::Record,
            nesting: Nesting::default(),
            unescaped: String::new(),
            bytes: Vec::new(),
        }
    }

    fn record(&mut self) -> Result<Token<'_>> {
        match self.scan.past_space() {
            b'{' => self.open(true),
            b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                Err(unreadable("the stored JSON is no map of fields: store a record as a map", self.scan.at))
            }
            _ => Err(self.malformed()),
        }
    }

    #[inline]
    fn field(&mut self, first: bool) -> Result<Token<'_>> {
        let mut first = first;
        let name = loop {
            let mut found = self.scan.past_space();
            if found == b'}' {
                return self.close();
            }
            self.pass_comma(first, &mut found)?;
            if found != b'"' {
                return Err(self.malformed());
            }
            self.scan.at += 1;
            let name = self.scan.string(&mut self.unescaped)?;
            if self.scan.past_space() != b':' {
                return Err(self.malformed());
            }
            self.scan.at += 1;
            if self.scan.past_space() != b'n' {
                break name;
            }
            if self.scan.content(name, &self.unescaped)? == BINARY {
                return Err(a_field(self.scan.at));
            }
            self.scan.word(b"null")?;
            first = false;
        };
        self.due = Due::Value;
        let name = self.scan.content(name, &self.unescaped)?;
        if name == BINARY {
            return Err(a_field(self.scan.at));
        }
        Ok(Token::Field(name))
    }

    /// Passes over the comma that goes before what is not the first.
    #[inline]
    fn pass_comma(&mut self, first: bool, found: &mut u8) -> Result<()> {
        if !first {
            if *found != b',' {
                return Err(self.malformed());
            }
            self.scan.at += 1;
            *found = self.scan.past_space();
        }
        Ok(())
    }

    /// The value that begins here, behind which `after` is due.
    #[inline]
    fn value(&mut self, after: Due) -> Result<Token<'_>> {
        match self.scan.here() {
            b'"' => {
                self.scan.at += 1;
                let content = self.scan.string(&mut self.unescaped)?;
                self.due = after;
                self.scan.content(content, &self.unescaped).map(Token::String)
            }
            b'-' | b'0'..=b'9' => {
                self.due = after;
                self.scan.number()
            }
            b'{' => {
                if self.is_binary()? {
                    self.due = after;
                    return self.binary();
                }
                self.open(true)
            }
            b'[' => self.open(false),
            b't' => {
                self.due = after;
                self.scan.word(b"true").map(|()| Token::Bool(true))
            }
            b'f' => {
                self.due = after;
                self.scan.word(b"false").map(|()| Token::Bool(false))
            }
            b'n' => {
                self.due = after;
                self.scan.word(b"null").map(|()| Token::Null)
            }
            _ => Err(self.malformed()),
        }
    }

    #[inline]
    fn open(&mut self, is_map: bool) -> Result<Token<'_>> {
        if !self.nesting.open(is_map) {
            return Err(too_deep(self.scan.at));
        }
        self.scan.at += 1;
        self.due = if is_map { Due::Field { first: true } } else { Due::Element { first: true } };
        Ok(if is_map { Token::Map } else { Token::Array })
    }

    #[inline]
    fn close(&mut self) -> Result<Token<'_>> {
        self.scan.at += 1;
        self.nesting.close();
        self.due = match self.nesting.innermost() {
            Some(true) => Due::Field { first: false },
            Some(false) => Due::Element { first: false },
            None => {
                self.finish()?;
                Due::Nothing
            }
        };
        Ok(Token::End)
    }

    /// Nothing but white space stands behind the record.
    fn finish(&mut self) -> Result<()> {
        self.scan.past_space();
        if self.scan.at == self.scan.text.len() { Ok(()) } else { Err(self.malformed()) }
    }

    /// Whether the map that begins here is that of bytes; if so, its name is passed.
    #[inline]
    fn is_binary(&mut self) -> Result<bool> {
        let start = self.scan.at;
        self.scan.at += 1;
        if self.scan.past_space() == b'"' {
            self.scan.at += 1;
            // Most names tell by their first byte.
            if matches!(self.scan.here(), b'$' | b'\\') {
                let content = self.scan.string(&mut self.unescaped)?;
                if self.scan.content(content, &self.unescaped)? == BINARY {
                    return Ok(true);
                }
            }
        }
        self.scan.at = start;
        Ok(false)
    }

    #[inline(never)]
    fn binary(&mut self) -> Result<Token<'_>> {
        if self.scan.past_space() != b':' {
            return Err(self.malformed());
        }
        self.scan.at += 1;
        let quote = self.scan.past_space();
        let start = self.scan.at;
        let no_base64 = || unreadable("`$binary` holds something else than base64 with padding: repair it", start);
        if quote != b'"' {
            return Err(no_base64());
        }
        self.scan.at += 1;
        let content = self.scan.string(&mut self.unescaped)?;
        self.bytes.clear();
        let text = self.scan.content(content, &self.unescaped)?;
        BASE64.decode_vec(text, &mut self.bytes).map_err(|_| no_base64())?;
        match self.scan.past_space() {
            b'}' => {
                self.scan.at += 1;
                Ok(Token::Bytes(&self.bytes))
            }
            b',' => Err(a_field(start)),
            _ => Err(self.malformed()),
        }
    }

    /// Passes over the value that begins here, looking only for its end.
    fn skip_value(&mut self) -> Result<()> {
        let outside = self.nesting.levels();
        loop {
            match self.scan.past_space() {
                b'"' => {
                    self.scan.at += 1;
                    self.scan.skip_string()?;
                }
                open @ (b'{' | b'[') => {
                    if !self.nesting.open(open == b'{') {
                        return Err(too_deep(self.scan.at));
                    }
                    self.scan.at += 1;
                }
                close @ (b'}' | b']') => {
                    if self.nesting.levels() == outside || self.nesting.close() != Some(close == b'}') {
                        return Err(self.malformed());
                    }
                    self.scan.at += 1;
                }
                b',' | b':' if self.nesting.levels() > outside => self.scan.at += 1,
                _ => self.scan.skip_plain()?,
            }
            if self.nesting.levels() == outside {
                return Ok(());
            }
        }
    }

    #[cold]
    fn malformed(&self) -> Error {
        malformed(self.scan.at)
    }
}

impl Tokens for JsonTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        // What is due is set anew by what succeeds.
        let after = match std::mem::replace(&mut self.due, Due::Broken) {
            Due::Value => Due::Field { first: false },
            Due::Element { first } => {
                let mut found = self.scan.past_space();
                if found == b']' {
                    return self.close();
                }
                self.pass_comma(first, &mut found)?;
                Due::Element { first: false }
            }
            Due::Field { first } => return self.field(first),
            Due::Record => return self.record(),
            Due::Nothing => return Err(over()),
            Due::Broken => {
                self.due = Due::Nothing;
                return Err(self.malformed());
            }
        };
        self.value(after)
    }

    fn skip(&mut self) -> Result<()> {
        let after = match self.due {
            Due::Value => Due::Field { first: false },
            Due::Element { first } => {
                let mut found = self.scan.past_space();
                self.pass_comma(first, &mut found)?;
                Due::Element { first: false }
            }
            Due::Record => Due::Nothing,
            Due::Field { .. } | Due::Nothing | Due::Broken => return Err(over()),
        };
        self.skip_value()?;
        if after == Due::Nothing {
            self.finish()?;
        }
        self.due = after;
        Ok(())
    }
}

#[cold]
fn a_field(byte: usize) -> Error {
    unreadable("`$binary` is stored as a field: it stands alone in a map, where bytes are; repair the record", byte)
}

#[cold]
fn over() -> Error {
    Error::unexpected("a walk over a record goes on where no value is left")
}
