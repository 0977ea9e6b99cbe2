//! The one decoder: a walk over tokens becomes a serde type, by the same rules on every backend.

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use crate::encode::Fault;
use crate::schema::Place;
use crate::token::read_one;
use crate::{Batch, Definition, Error, RecordBuf, Result, Tokens, Ttl};

mod access;
mod key;
mod lazy;
mod only;
mod scalar;

use lazy::Lazy;
pub(crate) use only::Only;

/// How records are read: what is declared, so that text at a timestamp's place is that instant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading<'s> {
    schema: Option<&'s Place>,
    /// Says which fields are the library's own, which a type need not have.
    definition: Option<&'s Definition>,
}

impl<'s> Reading<'s> {
    /// Reading by the instants that `schema` declares; without one `default()` does.
    pub(crate) fn by(schema: &'s Place) -> Self {
        Self { schema: Some(schema), ..Self::default() }
    }

    /// The same, where the library keeps fields of its own, the id, the version and the time: a type that refuses one of
    /// them is not offered it.
    pub(crate) fn with_own_of(self, definition: &'s Definition) -> Self {
        Self { definition: Some(definition), ..self }
    }

    fn own(self) -> impl Iterator<Item = &'s str> {
        self.definition.into_iter().flat_map(|definition| {
            let time = definition.ttl().map(Ttl::field);
            [Some(definition.id_field()), definition.version(), time].into_iter().flatten()
        })
    }

    /// The record at `index` of `batch` as a `T`.
    ///
    /// # Errors
    /// `Unreadable` with the path, if `T` cannot hold what is stored.
    #[inline]
    pub(crate) fn read<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize) -> Result<T> {
        read_one(batch, index, |tokens| {
            Ok(T::deserialize(Lazy::record(&mut Walk { tokens, trail: None }, self.schema))?)
        })
    }

    /// The same for any type, and where in the record it failed: a second walk that keeps the path, so that the first
    /// need not.
    pub(crate) fn read_or_explain<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize) -> Result<T> {
        match self.read(batch, index) {
            Err(error) => self.read_without_own(batch, index, error),
            read => read,
        }
    }

    /// A struct is offered what it lists. A closed type without a list (an internally tagged enum) only tells which
    /// field it does not have; if that is one of the library's own, the type reads the record without it.
    #[cold]
    fn read_without_own<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize, mut error: Error) -> Result<T> {
        let mut without: Option<RecordBuf> = None;
        while let Some(field) = self.own().find(|own| error.path() == Some(*own)) {
            let mut record = match without.take() {
                Some(record) => record,
                None => RecordBuf::from_batch(batch, index)?,
            };
            let is_there = record.remove(field);
            let record = without.insert(record);
            if !is_there {
                break;
            }
            match self.read(record, 0) {
                Err(again) => error = again,
                read => return read,
            }
        }
        Err(match &without {
            Some(record) => self.explain::<T>(record, 0, error),
            None => self.explain::<T>(batch, index, error),
        })
    }

    #[cold]
    fn explain<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize, error: Error) -> Error {
        let trail = RefCell::new(Vec::new());
        let again: Result<()> = batch.read(index, &mut |tokens| {
            T::deserialize(Lazy::record(&mut Walk { tokens, trail: Some(&trail) }, self.schema))?;
            Ok(())
        });
        match again {
            Err(error) => trail.into_inner().iter().rev().fold(error, |error, segment| error.below(segment)),
            Ok(()) => error,
        }
    }
}

/// The record that `tokens` walks, where nothing is declared.
///
/// # Errors
/// `Unreadable`, if `T` cannot hold it.
pub(crate) fn decode_tokens<T: DeserializeOwned>(tokens: &mut dyn Tokens) -> Result<T> {
    T::deserialize(Lazy::record(&mut Walk { tokens, trail: None }, None)).map_err(Fault::into)
}

/// The path to the value that is being read, if it is kept.
type Trail<'t> = Option<&'t RefCell<Vec<String>>>;

/// What is the same everywhere in a record, so that a value's place in it is two pointers, which fit into registers.
struct Walk<'t> {
    tokens: &'t mut dyn Tokens,
    trail: Trail<'t>,
}

#[cfg(test)]
mod tests;
