//! The walk over the attributes of an item.

use std::collections::hash_map;
use std::slice;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Error, Result, Token, Tokens};

use super::{Item, RESERVED, number};

/// A walk over one item. It copies nothing, and allocates where maps or arrays stand inside the record.
pub(crate) struct ItemTokens<'a> {
    stage: Stage,
    /// The value whose field was the last token.
    value: Option<&'a AttributeValue>,
    /// What is walked now, and what is around it.
    here: Level<'a>,
    around: Vec<Level<'a>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Before,
    Inside,
    After,
}

/// What is left of a map or an array.
enum Level<'a> {
    Map(hash_map::Iter<'a, String, AttributeValue>),
    Array(Elements<'a>),
}

/// The elements that are left of a list, or of a set, which reads as an array.
enum Elements<'a> {
    List(slice::Iter<'a, AttributeValue>),
    Strings(slice::Iter<'a, String>),
    Numbers(slice::Iter<'a, String>),
    Blobs(slice::Iter<'a, Blob>),
}

impl<'a> ItemTokens<'a> {
    pub(crate) fn new(item: &'a Item) -> Self {
        Self { stage: Stage::Before, value: None, here: Level::Map(item.iter()), around: Vec::new() }
    }

    #[inline]
    fn read(&mut self, value: &'a AttributeValue) -> Result<Token<'a>> {
        Ok(match value {
            AttributeValue::S(text) => Token::String(text),
            AttributeValue::N(text) => return number::read(text),
            AttributeValue::Bool(bool) => Token::Bool(*bool),
            AttributeValue::B(blob) => Token::Bytes(blob.as_ref()),
            AttributeValue::Null(_) => Token::Null,
            AttributeValue::M(map) => {
                self.enter(Level::Map(map.iter()));
                Token::Map
            }
            AttributeValue::L(list) => self.array(Elements::List(list.iter())),
            AttributeValue::Ss(set) => self.array(Elements::Strings(set.iter())),
            AttributeValue::Ns(set) => self.array(Elements::Numbers(set.iter())),
            AttributeValue::Bs(set) => self.array(Elements::Blobs(set.iter())),
            _ => return Err(unknown()),
        })
    }

    fn array(&mut self, elements: Elements<'a>) -> Token<'a> {
        self.enter(Level::Array(elements));
        Token::Array
    }

    fn enter(&mut self, level: Level<'a>) {
        self.around.push(std::mem::replace(&mut self.here, level));
    }

    fn leave(&mut self) -> Token<'a> {
        match self.around.pop() {
            Some(level) => self.here = level,
            None => self.stage = Stage::After,
        }
        Token::End
    }

    /// The next field that is not null and not the library's own, or the next element.
    fn step(&mut self) -> Result<Token<'a>> {
        let is_record = self.around.is_empty();
        match &mut self.here {
            Level::Map(fields) => {
                for (name, value) in fields.by_ref() {
                    if value.is_null() || is_record && name.starts_with(RESERVED) {
                        continue;
                    }
                    self.value = Some(value);
                    return Ok(Token::Field(name));
                }
                Ok(self.leave())
            }
            Level::Array(Elements::List(elements)) => match elements.next() {
                Some(value) => self.read(value),
                None => Ok(self.leave()),
            },
            Level::Array(elements) => match elements.of_set() {
                Some(member) => member,
                None => Ok(self.leave()),
            },
        }
    }
}

impl<'a> Elements<'a> {
    /// The next member of a set.
    fn of_set(&mut self) -> Option<Result<Token<'a>>> {
        match self {
            Self::List(_) => None,
            Self::Strings(set) => set.next().map(|text| Ok(Token::String(text))),
            Self::Numbers(set) => set.next().map(|text| number::read(text)),
            Self::Blobs(set) => set.next().map(|blob| Ok(Token::Bytes(blob.as_ref()))),
        }
    }

    /// Passes over the next element; whether there was one.
    fn pass(&mut self) -> bool {
        match self {
            Self::List(list) => list.next().is_some(),
            Self::Strings(set) | Self::Numbers(set) => set.next().is_some(),
            Self::Blobs(set) => set.next().is_some(),
        }
    }
}

impl Tokens for ItemTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        if let Some(value) = self.value.take() {
            return self.read(value);
        }
        match self.stage {
            Stage::Inside => self.step(),
            Stage::Before => {
                self.stage = Stage::Inside;
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
        if self.value.take().is_some() {
            return Ok(());
        }
        match &mut self.here {
            Level::Array(elements) => elements.pass().then_some(()).ok_or_else(nothing_to_skip),
            Level::Map(_) => Err(nothing_to_skip()),
        }
    }
}

#[cold]
fn nothing_to_skip() -> Error {
    Error::unexpected("a walk over a record skips where no value comes next")
}

#[cold]
fn unknown() -> Error {
    Error::unreadable("another program stored a kind of value that this version does not know: use a newer one")
}
