//! Reading: by key, and everything.

use super::Context;
use crate::{Batch, Cursor, Error, Key, Result};

/// A request for records by key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
    /// The keys, each once; at least one.
    pub keys: Vec<Key>,
}

impl GetRequest {
    /// A request for the records with these keys, each of which is there once.
    pub fn new(context: Context, keys: Vec<Key>) -> Self {
        Self { context, keys }
    }
}

/// The answer to a [`GetRequest`].
pub struct Fetched {
    pub(crate) batches: Vec<Box<dyn Batch>>,
    pub(crate) positions: Vec<Option<(usize, usize)>>,
}

impl Fetched {
    /// The records, and for each key of the request, in its order, where its record is: the index in the batch.
    pub fn new(batch: Box<dyn Batch>, positions: Vec<Option<usize>>) -> Self {
        Self {
            batches: vec![batch],
            positions: positions.into_iter().map(|position| position.map(|index| (0, index))).collect(),
        }
    }

    /// The same over several batches: the number of the batch, and the index in it.
    pub fn from_batches(batches: Vec<Box<dyn Batch>>, positions: Vec<Option<(usize, usize)>>) -> Self {
        Self { batches, positions }
    }

    /// The batch and the index of the record of the key at `position`, if there is one.
    ///
    /// # Errors
    /// `Unexpected` if the driver says nothing of this key: that would not mean that the record is missing.
    pub(crate) fn record(&self, position: usize) -> Result<Option<(&dyn Batch, usize)>> {
        let Some(place) = self.positions.get(position) else { return Err(incomplete()) };
        let Some((batch, index)) = *place else { return Ok(None) };
        let batch = self.batches.get(batch).filter(|batch| index < batch.len()).ok_or_else(incomplete)?;
        Ok(Some((&**batch, index)))
    }
}

#[cold]
fn incomplete() -> Error {
    Error::unexpected("a driver answered without a place for every key that it was asked for")
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("keys", &self.positions.len()).finish_non_exhaustive()
    }
}

/// A request for all records of a repository.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FindRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
}

impl FindRequest {
    /// A request for all records.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

/// The answer to a [`FindRequest`].
pub struct Found {
    pub(crate) cursor: Box<dyn Cursor>,
}

impl Found {
    /// All records; what was asked beyond that is left to core.
    pub fn everything(cursor: Box<dyn Cursor>) -> Self {
        Self { cursor }
    }

    /// All records that are there already, in batches.
    pub fn batches(batches: Vec<Box<dyn Batch>>) -> Self {
        Self::everything(Box::new(Ready(batches.into_iter())))
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").finish_non_exhaustive()
    }
}

struct Ready(std::vec::IntoIter<Box<dyn Batch>>);

#[async_trait::async_trait]
impl Cursor for Ready {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        Ok(self.0.next())
    }
}
