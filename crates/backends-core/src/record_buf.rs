//! A record as flat bytes: what is encoded once, checked once, and handed to any driver.

use crate::token::read_one;
use crate::{Batch, Document, Error, Result, Timestamp, Token, Tokens, Value};

mod compare;
mod in_part;
mod walk;

pub use walk::RecordTokens;

/// A record as flat bytes: its fields, each a name and a value, one after another.
///
/// A driver walks it with [`tokens`](Self::tokens) and writes its own form. It is a [`Batch`] of one record, and a
/// `Vec` of them is a batch too, so that a new driver may hand these out before it has a walker of its own.
///
/// ```
/// use backends_core::{RecordBuf, Token};
///
/// let mut record = RecordBuf::new();
/// record.push(Token::Field("name"));
/// record.push(Token::String("Ada"));
/// assert!(record.get("name") == Some(Token::String("Ada")));
/// ```
#[derive(Clone, Default)]
pub struct RecordBuf(Vec<u8>);

// One byte says what follows. Numbers are 8 bytes, lengths 4, both little-endian.
mod tag {
    pub(super) const END: u8 = 0;
    pub(super) const NULL: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const TRUE: u8 = 3;
    pub(super) const INT: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const STRING: u8 = 6;
    pub(super) const BYTES: u8 = 7;
    pub(super) const TIMESTAMP: u8 = 8;
    pub(super) const ARRAY: u8 = 9;
    pub(super) const MAP: u8 = 10;
    pub(super) const FIELD: u8 = 11;
    /// A value that could not be read; why follows.
    pub(super) const UNREADABLE: u8 = 12;
}

impl RecordBuf {
    /// How many arrays and maps may stand inside one another, the record itself not counted.
    // DynamoDB: 32 levels, of which the item and its attribute take the first.
    pub const MAX_DEPTH: usize = 30;

    /// A record without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies the record that `tokens` walks.
    ///
    /// # Errors
    /// Those of the walk, such as `Unreadable` for a value that has no counterpart here; `Unexpected` for a walk that breaks
    /// the rules of [`Tokens`](crate::Tokens).
    pub fn from_tokens(tokens: &mut dyn Tokens) -> Result<Self> {
        let mut record = Self::new();
        if tokens.next()? != Token::Map {
            return Err(no_map());
        }
        let mut open = 1_usize;
        loop {
            let token = tokens.next()?;
            match token {
                Token::Map | Token::Array => open += 1,
                Token::End => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(record);
            }
            record.push(token);
        }
    }

    /// The record that a document is, which is not checked.
    pub(crate) fn from_document(document: &Document) -> Self {
        let mut record = Self::new();
        record.push_fields(document);
        record
    }

    /// Appends the fields of a document.
    pub(crate) fn push_fields(&mut self, document: &Document) {
        for (name, value) in document.iter() {
            self.push(Token::Field(name));
            self.push_value(value);
        }
    }

    fn push_value(&mut self, value: &Value) {
        self.push(value.token());
        match value {
            Value::Array(members) => members.iter().for_each(|member| self.push_value(member)),
            Value::Map(map) => self.push_fields(map),
            _ => return,
        }
        self.push(Token::End);
    }

    /// Copies the record at `index` of `batch`.
    ///
    /// # Errors
    /// Those of the batch.
    pub fn from_batch(batch: &dyn Batch, index: usize) -> Result<Self> {
        read_one(batch, index, |tokens| Self::from_tokens(tokens))
    }

    /// Appends a token: a field and its value in turn, every array and map closed by an end. The map of the record
    /// itself is not pushed.
    #[inline]
    pub fn push(&mut self, token: Token<'_>) {
        match token {
            Token::Null => self.0.push(tag::NULL),
            Token::Bool(false) => self.0.push(tag::FALSE),
            Token::Bool(true) => self.0.push(tag::TRUE),
            Token::Int(int) => self.push_number(tag::INT, int.to_le_bytes()),
            Token::Float(float) => self.push_number(tag::FLOAT, float.to_le_bytes()),
            Token::Timestamp(at) => self.push_number(tag::TIMESTAMP, at.millis().to_le_bytes()),
            Token::String(text) => self.push_run(tag::STRING, text.as_bytes()),
            Token::Bytes(bytes) => self.push_run(tag::BYTES, bytes),
            Token::Field(name) => self.push_run(tag::FIELD, name.as_bytes()),
            Token::Array => self.0.push(tag::ARRAY),
            Token::Map => self.0.push(tag::MAP),
            Token::End => self.0.push(tag::END),
        }
    }

    #[inline]
    fn push_number(&mut self, tag: u8, number: [u8; 8]) {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&number);
        self.0.extend_from_slice(&bytes);
    }

    #[inline]
    fn push_run(&mut self, tag: u8, run: &[u8]) {
        // The encoder refuses what is longer, long before a server would.
        let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
        let run = &run[..length as usize];
        let mut head = [tag; 5];
        head[1..].copy_from_slice(&length.to_le_bytes());
        self.0.reserve(5 + run.len());
        self.0.extend_from_slice(&head);
        self.0.extend_from_slice(run);
    }

    /// The value of a field of the record itself; of an array or a map only its beginning.
    pub fn get(&self, field: &str) -> Option<Token<'_>> {
        let place = self.place(field)?;
        RecordTokens::of_value(self.0.get(place.value..)?).step().ok()
    }

    /// The token that stands first, where a value was pushed by itself.
    pub(crate) fn first(&self) -> Option<Token<'_>> {
        RecordTokens::of_value(&self.0).step().ok()
    }

    /// How many whole values stand in the array that has been begun.
    pub(crate) fn values_in_array(&self) -> usize {
        let mut rest = self.0.get(1..).unwrap_or_default();
        let mut values = 0;
        while !rest.is_empty() && walk::skip(&mut rest).is_ok() {
            values += 1;
        }
        values
    }

    /// Puts a scalar into a field of the record itself, in the place of what is there.
    pub fn set(&mut self, field: &str, value: Token<'_>) {
        self.remove(field);
        self.push(Token::Field(field));
        self.push(value);
    }

    /// Takes a field of the record itself away; whether it was there.
    pub fn remove(&mut self, field: &str) -> bool {
        let Some(place) = self.place(field) else { return false };
        self.0.drain(place.start..place.end);
        true
    }

    fn place(&self, field: &str) -> Option<Place> {
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let start = self.0.len() - rest.len();
            let name = walk::name(&mut rest).ok()?;
            let value = self.0.len() - rest.len();
            walk::skip(&mut rest).ok()?;
            if name == field.as_bytes() {
                return Some(Place { start, value, end: self.0.len() - rest.len() });
            }
        }
        None
    }

    /// A walk over the record.
    pub fn tokens(&self) -> RecordTokens<'_> {
        RecordTokens::new(&self.0)
    }

    /// How many bytes it takes here; near to what a database needs.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The byte of a null, which the encoder looks for.
    pub(crate) const NULL: u8 = tag::NULL;

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// Two records are equal if they hold equal fields; a map has no order, at any depth. What cannot be read equals only what
/// cannot be read either.
impl PartialEq for RecordBuf {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || compare::equal(self, other)
    }
}

impl Eq for RecordBuf {}

struct Place {
    start: usize,
    value: usize,
    end: usize,
}

impl std::fmt::Debug for RecordBuf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordBuf").field("bytes", &self.0.len()).finish_non_exhaustive()
    }
}

impl Batch for RecordBuf {
    fn len(&self) -> usize {
        1
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        std::slice::from_ref(self).get(index).ok_or_else(outside)?;
        reader(&mut self.tokens())
    }
}

impl Batch for Vec<RecordBuf> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        reader(&mut self.get(index).ok_or_else(outside)?.tokens())
    }
}

fn no_map() -> Error {
    Error::unexpected("a walk over a record begins with a map")
}

fn outside() -> Error {
    Error::unexpected("a batch was read outside its length")
}

/// The instant of these milliseconds, which were checked when they were written.
fn timestamp(millis: i64) -> Result<Timestamp> {
    Timestamp::from_millis(millis).map_err(|_| Error::unexpected("a record holds an instant outside its range"))
}

#[cfg(test)]
mod tests;
