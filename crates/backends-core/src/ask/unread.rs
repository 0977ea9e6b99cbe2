//! The names that a record was written with and that its type does not read, at every depth.

use super::{AskedField, AskedKind};
use crate::{Error, Result, Token, Tokens};

/// The paths of such names in the record that `tokens` walks.
///
/// # Errors
/// What the walk fails with.
pub(super) fn paths(whole: &AskedKind, tokens: &mut dyn Tokens) -> Result<Vec<String>> {
    let mut walk = Walk { path: String::new(), unread: Vec::new() };
    walk.value(whole, tokens)?;
    Ok(walk.unread)
}

/// Whether a type that has these fields writes under this name: neither what it does not list, nor an alias.
pub(super) fn is_written(fields: &[AskedField], name: &str) -> bool {
    fields.iter().any(|field| field.name == name && field.alias_of.is_none())
}

struct Walk {
    path: String,
    unread: Vec<String>,
}

impl Walk {
    fn value(&mut self, kind: &AskedKind, tokens: &mut dyn Tokens) -> Result<()> {
        let compound = tokens.next()?;
        match compound {
            Token::Map => self.fields(kind, tokens),
            Token::Array => self.elements(kind, tokens),
            Token::End | Token::Field(_) => Err(out_of_step()),
            _ => Ok(()),
        }
    }

    fn fields(&mut self, kind: &AskedKind, tokens: &mut dyn Tokens) -> Result<()> {
        let length = self.path.len();
        loop {
            let below = match tokens.next()? {
                Token::End => return Ok(()),
                Token::Field(name) => {
                    if length > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(name);
                    match kind {
                        AskedKind::Struct(fields) if !is_written(fields, name) => {
                            self.unread.push(self.path.clone());
                            None
                        }
                        AskedKind::Struct(fields) | AskedKind::Enum(fields) => {
                            fields.iter().find(|field| field.name == name).map(|field| &field.kind)
                        }
                        _ => None,
                    }
                }
                _ => return Err(out_of_step()),
            };
            match below {
                Some(kind @ (AskedKind::Struct(_) | AskedKind::Enum(_) | AskedKind::Array(_))) => {
                    self.value(kind, tokens)?;
                }
                _ => tokens.skip()?,
            }
            self.path.truncate(length);
        }
    }

    fn elements(&mut self, kind: &AskedKind, tokens: &mut dyn Tokens) -> Result<()> {
        let kind = if let AskedKind::Array(elements) = kind { elements } else { &AskedKind::Unknown };
        let length = self.path.len();
        self.path.push_str("[]");
        let mut open = true;
        while open {
            let token = tokens.next()?;
            match token {
                Token::End => open = false,
                Token::Map => self.fields(kind, tokens)?,
                Token::Array => self.elements(kind, tokens)?,
                Token::Field(_) => return Err(out_of_step()),
                _ => {}
            }
        }
        self.path.truncate(length);
        Ok(())
    }
}

#[cold]
fn out_of_step() -> Error {
    Error::unexpected("a walk over a record is out of step: a field or an end stands where a value is due")
}
