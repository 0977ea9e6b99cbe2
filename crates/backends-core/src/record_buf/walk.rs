//! The walk over the flat bytes of a record.

use super::{tag, timestamp};
use crate::{Error, Result, Token, Tokens};

/// A walk over a [`RecordBuf`](crate::RecordBuf).
pub struct RecordTokens<'a> {
    rest: &'a [u8],
    /// Arrays and maps open, the record counted, whose own map is not in the bytes.
    open: usize,
    begun: bool,
}

impl<'a> RecordTokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, open: 0, begun: false }
    }

    /// A walk over the value that these bytes begin with.
    pub(super) fn of_value(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, open: 1, begun: true }
    }

    /// Whether the bytes are at their end.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next token, borrowed from the record.
    ///
    /// # Errors
    /// `Unreadable` where the value could not be read when the record was copied; `Unexpected` behind the end.
    pub fn step(&mut self) -> Result<Token<'a>> {
        self.advance()
    }

    #[allow(clippy::inline_always, reason = "one call less for each token of each record that is read")]
    #[inline(always)]
    fn advance(&mut self) -> Result<Token<'a>> {
        if !self.begun {
            self.begun = true;
            self.open = 1;
            return Ok(Token::Map);
        }
        let Some((tag, after)) = self.rest.split_first() else { return self.end() };
        self.rest = after;
        // Each arm makes the whole answer, which is then not copied once more on its way out.
        match *tag {
            tag::FIELD => text(&mut self.rest).map(Token::Field),
            tag::STRING => text(&mut self.rest).map(Token::String),
            tag::INT => eight(&mut self.rest).map(|int| Token::Int(i64::from_le_bytes(int))),
            tag::FLOAT => eight(&mut self.rest).map(|float| Token::Float(f64::from_le_bytes(float))),
            tag::TIMESTAMP => {
                eight(&mut self.rest).and_then(|at| timestamp(i64::from_le_bytes(at)).map(Token::Timestamp))
            }
            tag::BYTES => run(&mut self.rest).map(Token::Bytes),
            tag::NULL => Ok(Token::Null),
            tag::FALSE => Ok(Token::Bool(false)),
            tag::TRUE => Ok(Token::Bool(true)),
            tag::ARRAY => {
                self.open += 1;
                Ok(Token::Array)
            }
            tag::MAP => {
                self.open += 1;
                Ok(Token::Map)
            }
            tag::END if self.open > 1 => {
                self.open -= 1;
                Ok(Token::End)
            }
            tag::UNREADABLE => text(&mut self.rest).and_then(|why| Err(Error::unreadable(why.to_owned()))),
            _ => Err(malformed()),
        }
    }

    /// The end of the record, once.
    #[inline(never)]
    fn end(&mut self) -> Result<Token<'a>> {
        match self.open {
            1 => {
                self.open = 0;
                Ok(Token::End)
            }
            0 => Err(Error::unexpected("a walk over a record goes on after its end")),
            _ => Err(malformed()),
        }
    }
}

impl Tokens for RecordTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        self.advance()
    }

    fn skip(&mut self) -> Result<()> {
        if self.begun {
            return skip(&mut self.rest);
        }
        self.begun = true;
        self.rest = &[];
        Ok(())
    }
}

/// Takes the name of a field off, which need not be looked at as text to be compared.
#[inline]
pub(super) fn name<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    match rest.split_first() {
        Some((&tag::FIELD, after)) => {
            *rest = after;
            run(rest)
        }
        _ => Err(malformed()),
    }
}

/// Takes the next value off, whole.
pub(super) fn skip(rest: &mut &[u8]) -> Result<()> {
    let mut open = 0_usize;
    loop {
        let (tag, after) = rest.split_first().ok_or_else(malformed)?;
        *rest = after;
        match *tag {
            tag::STRING | tag::FIELD | tag::BYTES | tag::UNREADABLE => {
                run(rest)?;
            }
            tag::INT | tag::FLOAT | tag::TIMESTAMP => {
                eight(rest)?;
            }
            tag::ARRAY | tag::MAP => open += 1,
            tag::END => open = open.checked_sub(1).ok_or_else(malformed)?,
            _ => {}
        }
        if open == 0 {
            return Ok(());
        }
    }
}

#[inline]
fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(run(rest)?).map_err(|_| malformed())
}

#[inline]
fn eight(rest: &mut &[u8]) -> Result<[u8; 8]> {
    let (number, after) = rest.split_first_chunk().ok_or_else(malformed)?;
    *rest = after;
    Ok(*number)
}

#[inline]
fn run<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (length, after) = rest.split_first_chunk().ok_or_else(malformed)?;
    let (run, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(malformed)?;
    *rest = after;
    Ok(run)
}

#[cold]
fn malformed() -> Error {
    Error::unexpected("a record is not well-formed: fields and values alternate, every array and map has its end")
}
