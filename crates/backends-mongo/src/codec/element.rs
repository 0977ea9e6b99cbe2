//! The layout of BSON: what the tags of elements mean, and where their values end.

use backends_core::{Error, Result};

/// The tags of elements, as the BSON specification numbers them.
pub(crate) mod tag {
    pub(crate) const DOUBLE: u8 = 0x01;
    pub(crate) const STRING: u8 = 0x02;
    pub(crate) const DOCUMENT: u8 = 0x03;
    pub(crate) const ARRAY: u8 = 0x04;
    pub(crate) const BINARY: u8 = 0x05;
    pub(crate) const UNDEFINED: u8 = 0x06;
    pub(crate) const OBJECT_ID: u8 = 0x07;
    pub(crate) const BOOL: u8 = 0x08;
    pub(crate) const DATE: u8 = 0x09;
    pub(crate) const NULL: u8 = 0x0a;
    pub(crate) const REGEX: u8 = 0x0b;
    pub(crate) const DB_POINTER: u8 = 0x0c;
    pub(crate) const CODE: u8 = 0x0d;
    pub(crate) const SYMBOL: u8 = 0x0e;
    pub(crate) const CODE_WITH_SCOPE: u8 = 0x0f;
    pub(crate) const INT32: u8 = 0x10;
    pub(crate) const TIMESTAMP: u8 = 0x11;
    pub(crate) const INT64: u8 = 0x12;
    pub(crate) const DECIMAL128: u8 = 0x13;
    pub(crate) const MAX_KEY: u8 = 0x7f;
    pub(crate) const MIN_KEY: u8 = 0xff;
}

/// The subtypes of binary values that are bytes and nothing else; the old one repeats the length inside.
pub(crate) const GENERIC: u8 = 0x00;
pub(crate) const OLD_GENERIC: u8 = 0x02;

/// What a tag stands for, for messages.
pub(crate) fn describe(tag: u8) -> &'static str {
    match tag {
        tag::DOUBLE => "a double",
        tag::STRING => "a string",
        tag::DOCUMENT => "a document",
        tag::ARRAY => "an array",
        tag::BINARY => "binary data",
        tag::UNDEFINED => "undefined",
        tag::OBJECT_ID => "an ObjectId",
        tag::BOOL => "a bool",
        tag::DATE => "a date",
        tag::NULL => "null",
        tag::REGEX => "a regular expression",
        tag::DB_POINTER => "a DBPointer",
        tag::CODE | tag::CODE_WITH_SCOPE => "JavaScript code",
        tag::SYMBOL => "a symbol",
        tag::INT32 | tag::INT64 => "an integer",
        tag::TIMESTAMP => "an internal timestamp",
        tag::DECIMAL128 => "a Decimal128",
        tag::MAX_KEY => "MaxKey",
        tag::MIN_KEY => "MinKey",
        _ => "a kind that BSON does not know",
    }
}

/// Where the value of this tag ends that begins at `at`.
pub(crate) fn end_of(tag: u8, bytes: &[u8], at: usize) -> Result<usize> {
    let end = match tag {
        tag::UNDEFINED | tag::NULL | tag::MAX_KEY | tag::MIN_KEY => at,
        tag::BOOL => at + 1,
        tag::INT32 => at + 4,
        tag::DOUBLE | tag::DATE | tag::TIMESTAMP | tag::INT64 => at + 8,
        tag::OBJECT_ID => at + 12,
        tag::DECIMAL128 => at + 16,
        tag::STRING | tag::CODE | tag::SYMBOL => at + 4 + length(bytes, at)?,
        tag::DOCUMENT | tag::ARRAY | tag::CODE_WITH_SCOPE => at + length(bytes, at)?.max(4),
        tag::BINARY => at + 5 + length(bytes, at)?,
        tag::DB_POINTER => at + 4 + length(bytes, at)? + 12,
        tag::REGEX => text_to_nul(bytes, text_to_nul(bytes, at)?.1)?.1,
        _ => return Err(malformed()),
    };
    if end <= bytes.len() { Ok(end) } else { Err(malformed()) }
}

/// The length that stands at `at`.
pub(crate) fn length(bytes: &[u8], at: usize) -> Result<usize> {
    usize::try_from(i32::from_le_bytes(fixed(bytes, at)?)).map_err(|_| malformed())
}

/// So many bytes at `at`.
#[inline]
pub(crate) fn fixed<const LENGTH: usize>(bytes: &[u8], at: usize) -> Result<[u8; LENGTH]> {
    bytes.get(at..at + LENGTH).and_then(|run| run.try_into().ok()).ok_or_else(malformed)
}

/// The text of a string or symbol at `at`, if it is UTF-8, and where it ends.
#[inline]
pub(crate) fn text(bytes: &[u8], at: usize) -> Result<(Result<&str>, usize)> {
    let start = at + 4;
    let end = start + length(bytes, at)?;
    // The length counts the NUL at its end.
    let run = bytes.get(start..end.saturating_sub(1)).ok_or_else(malformed)?;
    Ok((std::str::from_utf8(run).map_err(|_| not_utf8()), end))
}

/// The bytes up to the next NUL, and where what follows it begins.
#[inline]
pub(crate) fn text_to_nul(bytes: &[u8], at: usize) -> Result<(&[u8], usize)> {
    let rest = bytes.get(at..).ok_or_else(malformed)?;
    let length = rest.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
    Ok((&rest[..length], at + length + 1))
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) name: &'a [u8],
    /// Where its value begins.
    pub(crate) start: usize,
}

/// The elements of the document that begins at `at`.
pub(crate) struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: at + 4 }
    }

    /// The next element, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>> {
        let tag = *self.bytes.get(self.at).ok_or_else(malformed)?;
        if tag == 0 {
            return Ok(None);
        }
        let (name, start) = text_to_nul(self.bytes, self.at + 1)?;
        let end = end_of(tag, self.bytes, start)?;
        self.at = end;
        Ok(Some(Element { tag, name, start }))
    }

    /// The first element with this name.
    pub(crate) fn find(mut self, name: &str) -> Result<Option<Element<'a>>> {
        while let Some(element) = self.next()? {
            if element.name == name.as_bytes() {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }
}

#[cold]
pub(crate) fn malformed() -> Error {
    Error::unreadable("the stored record is no well-formed BSON: have the server validate the collection")
}

#[cold]
pub(crate) fn not_utf8() -> Error {
    Error::unreadable("stored text is no UTF-8: store it anew, or leave the field out of the type")
}
