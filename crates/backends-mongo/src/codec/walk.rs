//! The walk over the bytes of a BSON document.

use backends_core::{Error, Result, Timestamp, Token, Tokens};

use super::ID;
use super::element::{self, GENERIC, OLD_GENERIC, describe, end_of, fixed, malformed, tag, text_to_nul};

/// The server refuses documents that are nested deeper, by far.
const MOST_LEVELS: usize = 256;

/// What the names of fields begin with that are the library's own.
const RESERVED: &[u8] = b"_backends";

/// A walk over one document. It copies nothing; an `ObjectId` is spelt out in the walk itself.
pub(crate) struct BsonTokens<'a> {
    bytes: &'a [u8],
    at: usize,
    stage: Stage,
    /// The tag of the value whose field was the last token.
    value: Option<u8>,
    value_is_id: bool,
    /// How many arrays and maps are open, and which of them are arrays: one bit each.
    open: usize,
    arrays: [u64; MOST_LEVELS / 64],
    id_field: &'a str,
    hex: [u8; 24],
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Before,
    Inside,
    After,
}

impl<'a> BsonTokens<'a> {
    /// A walk over `bytes`, a whole document, whose `_id` is the field `id_field` of the record.
    pub(crate) fn new(bytes: &'a [u8], id_field: &'a str) -> Self {
        Self {
            bytes,
            at: 0,
            stage: Stage::Before,
            value: None,
            value_is_id: false,
            open: 0,
            arrays: [0; MOST_LEVELS / 64],
            id_field,
            hex: [0; 24],
        }
    }

    fn is_in_array(&self) -> bool {
        self.open > 0 && self.arrays[(self.open - 1) / 64] & (1 << ((self.open - 1) % 64)) != 0
    }

    fn enter(&mut self, is_array: bool) -> Result<()> {
        if self.open == MOST_LEVELS {
            self.at = end_of(tag::DOCUMENT, self.bytes, self.at)?;
            return Err(Error::unreadable("a stored record is nested too deeply: flatten it"));
        }
        let bit = 1 << (self.open % 64);
        let word = &mut self.arrays[self.open / 64];
        *word = if is_array { *word | bit } else { *word & !bit };
        self.open += 1;
        self.at += 4;
        Ok(())
    }

    fn leave(&mut self) -> Token<'static> {
        self.at += 1;
        match self.open.checked_sub(1) {
            Some(open) => self.open = open,
            None => self.stage = Stage::After,
        }
        Token::End
    }

    fn tag(&mut self) -> Result<u8> {
        match self.bytes.get(self.at) {
            Some(tag) => Ok(*tag),
            None => Err(self.broken(malformed())),
        }
    }

    /// The next field of a map that is not null and not the driver's own.
    fn field(&mut self) -> Result<Token<'_>> {
        loop {
            let tag = self.tag()?;
            if tag == 0 {
                return Ok(self.leave());
            }
            let (name, value) = text_to_nul(self.bytes, self.at + 1).map_err(|error| self.broken(error))?;
            self.at = value;
            if self.open == 0 {
                if name == ID.as_bytes() {
                    self.value = Some(tag);
                    self.value_is_id = true;
                    return Ok(Token::Field(self.id_field));
                }
                // A field that other programs named `id` stands behind the id itself.
                if name == self.id_field.as_bytes() || name.starts_with(RESERVED) {
                    self.at = end_of(tag, self.bytes, value).map_err(|error| self.broken(error))?;
                    continue;
                }
            }
            if tag == tag::NULL {
                continue;
            }
            self.value = Some(tag);
            return Ok(Token::Field(std::str::from_utf8(name).map_err(|_| element::not_utf8())?));
        }
    }

    /// The next element of an array.
    fn element(&mut self) -> Result<Token<'_>> {
        let tag = self.tag()?;
        if tag == 0 {
            return Ok(self.leave());
        }
        self.at = text_to_nul(self.bytes, self.at + 1).map_err(|error| self.broken(error))?.1;
        self.read(tag)
    }

    /// Ends the walk.
    #[cold]
    fn broken(&mut self, error: Error) -> Error {
        self.stage = Stage::After;
        error
    }

    #[inline]
    fn read(&mut self, tag: u8) -> Result<Token<'_>> {
        let start = self.at;
        match tag {
            tag::STRING | tag::SYMBOL => {
                let (text, end) = element::text(self.bytes, start)?;
                self.at = end;
                text.map(Token::String)
            }
            tag::INT64 => {
                self.at += 8;
                Ok(Token::Int(i64::from_le_bytes(fixed(self.bytes, start)?)))
            }
            tag::INT32 => {
                self.at += 4;
                Ok(Token::Int(i64::from(i32::from_le_bytes(fixed(self.bytes, start)?))))
            }
            tag::DOUBLE => {
                self.at += 8;
                number(f64::from_le_bytes(fixed(self.bytes, start)?))
            }
            tag::BOOL => {
                self.at += 1;
                Ok(Token::Bool(fixed::<1>(self.bytes, start)? != [0]))
            }
            tag::DATE => {
                self.at += 8;
                date(i64::from_le_bytes(fixed(self.bytes, start)?))
            }
            tag::DOCUMENT => self.enter(false).map(|()| Token::Map),
            tag::ARRAY => self.enter(true).map(|()| Token::Array),
            tag::NULL => Ok(Token::Null),
            tag::OBJECT_ID => {
                self.at += 12;
                self.hex = hex(fixed(self.bytes, start)?);
                Ok(Token::String(std::str::from_utf8(&self.hex).map_err(|_| malformed())?))
            }
            tag::BINARY => self.binary(),
            _ => {
                self.at = end_of(tag, self.bytes, start)?;
                Err(foreign(describe(tag)))
            }
        }
    }

    fn binary(&mut self) -> Result<Token<'_>> {
        let end = end_of(tag::BINARY, self.bytes, self.at)?;
        let at = std::mem::replace(&mut self.at, end);
        let start = match fixed(self.bytes, at + 4)? {
            [GENERIC] => at + 5,
            [OLD_GENERIC] => at + 9,
            _ => return Err(foreign("binary data of a subtype other than 0")),
        };
        self.bytes.get(start..end).map(Token::Bytes).ok_or_else(malformed)
    }
}

impl Tokens for BsonTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        if let Some(tag) = self.value.take() {
            if std::mem::take(&mut self.value_is_id) && !is_id(tag) {
                return Err(another_id(tag));
            }
            return self.read(tag);
        }
        match self.stage {
            Stage::Inside if self.is_in_array() => self.element(),
            Stage::Inside => self.field(),
            Stage::Before => {
                self.stage = Stage::Inside;
                self.at = 4;
                Ok(Token::Map)
            }
            Stage::After => Err(Error::unexpected("a walk over a record goes on after its end")),
        }
    }

    fn skip(&mut self) -> Result<()> {
        if self.stage == Stage::Before {
            self.stage = Stage::After;
            return Ok(());
        }
        let tag = match self.value.take() {
            Some(tag) => tag,
            None => {
                let tag = self.tag()?;
                if tag == 0 || !self.is_in_array() {
                    return Err(Error::unexpected("a walk over a record skips where no value comes next"));
                }
                self.at = text_to_nul(self.bytes, self.at + 1)?.1;
                tag
            }
        };
        self.value_is_id = false;
        self.at = end_of(tag, self.bytes, self.at)?;
        Ok(())
    }
}

/// Whether an `_id` of this tag is one that records of this library can have.
pub(crate) fn is_id(tag: u8) -> bool {
    matches!(tag, tag::STRING | tag::SYMBOL | tag::OBJECT_ID)
}

#[cold]
pub(crate) fn another_id(tag: u8) -> Error {
    Error::unsupported(format!(
        "the capability `foreign_ids`: an `_id` is {}, and not a string or an ObjectId: give the record another one",
        describe(tag)
    ))
}

/// A float lies where every backend stores it, or is an integer.
fn number(float: f64) -> Result<Token<'static>> {
    let token = Token::number(float);
    match token {
        Token::Float(float) if !(1e-130..1e126).contains(&float.abs()) => Err(foreign("a double out of range")),
        token => Ok(token),
    }
}

fn date(millis: i64) -> Result<Token<'static>> {
    Timestamp::from_millis(millis).map(Token::Timestamp).map_err(|_| foreign("a date outside the years 0001 to 9999"))
}

#[cold]
fn foreign(what: &str) -> Error {
    Error::unreadable(format!(
        "another program stored {what}, which no record holds: store it in another way, or leave the field out of the type"
    ))
}

fn hex(bytes: [u8; 12]) -> [u8; 24] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 24];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}
