//! The one decoder: a walk over tokens becomes a serde type, by the same rules on every backend.

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use crate::encode::Fault;
use crate::schema::Place;
use crate::{Batch, Error, Result, Tokens};

mod access;
mod key;
mod lazy;
mod scalar;

use lazy::Lazy;

/// How records are read: what is declared, so that text at a timestamp's place is that instant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading<'s> {
    schema: Option<&'s Place>,
}

impl<'s> Reading<'s> {
    /// Reading by the instants that `schema` declares; without one `default()` does.
    pub(crate) fn by(schema: &'s Place) -> Self {
        Self { schema: Some(schema) }
    }

    /// The record at `index` of `batch` as a `T`.
    ///
    /// # Errors
    /// `Unreadable` with the path, if `T` cannot hold what is stored.
    #[inline]
    pub(crate) fn read<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize) -> Result<T> {
        let mut record = None;
        batch.read(index, &mut |tokens| {
            record = Some(T::deserialize(Lazy::record(&mut Walk { tokens, trail: None }, self.schema))?);
            Ok(())
        })?;
        record.ok_or_else(|| Error::unexpected("a batch was asked for a record and gave none"))
    }

    /// The same, and where in the record it failed: a second walk that keeps the path, so that the first need not.
    pub(crate) fn read_or_explain<T: DeserializeOwned>(self, batch: &dyn Batch, index: usize) -> Result<T> {
        match self.read(batch, index) {
            Err(error) => Err(self.explain::<T>(batch, index, error)),
            read => read,
        }
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
