//! Records as BSON, written byte by byte.

use backends_core::{Error, RecordBuf, Result, Token, Tokens};
use mongodb::bson::RawDocumentBuf;

use super::ID;
use super::element::{GENERIC, tag};
use crate::capabilities::MAX_RECORD_BYTES;
use crate::error::TOO_LARGE;

/// What stands under `_id`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Id<'a> {
    ObjectId([u8; 12]),
    String(&'a str),
}

/// The record as a document that begins with `id`; the record's own field `id_field` is left out.
///
/// # Errors
/// `InvalidInput` if the server would find it too large.
pub(crate) fn document(record: &RecordBuf, id_field: &str, id: Option<Id<'_>>) -> Result<RawDocumentBuf> {
    let mut bytes = Vec::with_capacity(expected_size(record));
    append(&mut bytes, record, id_field, id)?;
    RawDocumentBuf::from_bytes(bytes)
        .map_err(|error| Error::unexpected("a record became no well-formed BSON").with_native(error))
}

/// The same behind what is in `out` already, which is as before if it fails.
pub(crate) fn append(out: &mut Vec<u8>, record: &RecordBuf, id_field: &str, id: Option<Id<'_>>) -> Result<()> {
    let start = out.len();
    let mut writer = Writer { out, open: [Open { start, element: None }; MOST_LEVELS], levels: 0 };
    let written = writer.record(record, id_field, id).and_then(|()| {
        let is_large = (writer.out.len() - start) as u64 > MAX_RECORD_BYTES;
        if is_large { Err(too_large()) } else { Ok(()) }
    });
    written.inspect_err(|_| out.truncate(start))
}

/// How many bytes the document has, about: a name and a tag take as much here as in the record.
pub(crate) fn expected_size(record: &RecordBuf) -> usize {
    record.size() + 64
}

#[cold]
pub(crate) fn too_large() -> Error {
    Error::invalid_input(TOO_LARGE)
}

/// Arrays and maps inside one another, with the record itself.
const MOST_LEVELS: usize = RecordBuf::MAX_DEPTH + 1;

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// The first `levels` of them.
    open: [Open; MOST_LEVELS],
    levels: usize,
}

/// A document or an array that is being written.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    /// The number of the next element of an array.
    element: Option<u32>,
}

impl Writer<'_> {
    fn record(&mut self, record: &RecordBuf, id_field: &str, id: Option<Id<'_>>) -> Result<()> {
        self.begin(None)?;
        if let Some(id) = id {
            self.id(id);
        }
        self.fields(record, id_field)
    }

    fn begin(&mut self, element: Option<u32>) -> Result<()> {
        *self.open.get_mut(self.levels).ok_or_else(malformed)? = Open { start: self.out.len(), element };
        self.levels += 1;
        self.out.extend_from_slice(&[0; 4]);
        Ok(())
    }

    /// What was begun last and has no end yet.
    fn last(&mut self) -> Option<&mut Open> {
        self.open.get_mut(self.levels.checked_sub(1)?)
    }

    /// Ends what was begun last; whether it was the record itself.
    fn end(&mut self) -> Result<bool> {
        self.out.push(0);
        let start = self.last().ok_or_else(malformed)?.start;
        self.levels -= 1;
        let length = i32::try_from(self.out.len() - start).map_err(|_| too_large())?;
        self.out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(self.levels == 0)
    }

    fn id(&mut self, id: Id<'_>) {
        match id {
            Id::ObjectId(bytes) => {
                self.head(tag::OBJECT_ID, ID);
                self.out.extend_from_slice(&bytes);
            }
            Id::String(text) => {
                self.head(tag::STRING, ID);
                self.text(text);
            }
        }
    }

    fn fields(&mut self, record: &RecordBuf, id_field: &str) -> Result<()> {
        let mut tokens = record.tokens();
        tokens.step()?;
        loop {
            let element = self.last().and_then(|open| open.element.as_mut());
            if let Some(element) = element {
                let number = *element;
                *element += 1;
                match tokens.step()? {
                    Token::End => self.end().map(|_| ())?,
                    value => self.element(number, value)?,
                }
                continue;
            }
            match tokens.step()? {
                Token::End => {
                    if self.end()? {
                        return Ok(());
                    }
                }
                Token::Field(name) if self.levels == 1 && name == id_field => tokens.skip()?,
                Token::Field(name) => {
                    let value = tokens.step()?;
                    self.head(tag_of(value)?, name);
                    self.value(value)?;
                }
                _ => return Err(malformed()),
            }
        }
    }

    fn element(&mut self, number: u32, value: Token<'_>) -> Result<()> {
        self.out.push(tag_of(value)?);
        let mut digits = [0; 10];
        let mut first = digits.len();
        let mut rest = number;
        loop {
            first -= 1;
            digits[first] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[first..]);
        self.out.push(0);
        self.value(value)
    }

    fn head(&mut self, tag: u8, name: &str) {
        self.out.push(tag);
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(0);
    }

    fn value(&mut self, value: Token<'_>) -> Result<()> {
        match value {
            Token::Null => {}
            Token::Bool(bool) => self.out.push(u8::from(bool)),
            Token::Int(int) => self.out.extend_from_slice(&int.to_le_bytes()),
            Token::Float(float) => self.out.extend_from_slice(&float.to_le_bytes()),
            Token::Timestamp(at) => self.out.extend_from_slice(&at.millis().to_le_bytes()),
            Token::String(text) => self.text(text),
            Token::Bytes(bytes) => {
                self.length(bytes.len());
                self.out.push(GENERIC);
                self.out.extend_from_slice(bytes);
            }
            Token::Map => self.begin(None)?,
            Token::Array => self.begin(Some(0))?,
            Token::Field(_) | Token::End => return Err(malformed()),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.length(text.len() + 1);
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(0);
    }

    /// What does not fit is too large as a whole, and never sent.
    fn length(&mut self, length: usize) {
        self.out.extend_from_slice(&i32::try_from(length).unwrap_or(i32::MAX).to_le_bytes());
    }
}

fn tag_of(value: Token<'_>) -> Result<u8> {
    Ok(match value {
        Token::Null => tag::NULL,
        Token::Bool(_) => tag::BOOL,
        Token::Int(_) => tag::INT64,
        Token::Float(_) => tag::DOUBLE,
        Token::String(_) => tag::STRING,
        Token::Bytes(_) => tag::BINARY,
        Token::Timestamp(_) => tag::DATE,
        Token::Array => tag::ARRAY,
        Token::Map => tag::DOCUMENT,
        Token::Field(_) | Token::End => return Err(malformed()),
    })
}

#[cold]
fn malformed() -> Error {
    Error::unexpected("a record is not well-formed: fields and values alternate, every array and map has its end")
}
