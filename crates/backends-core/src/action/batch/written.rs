//! What a batch has written.

use std::fmt;
use std::sync::Arc;

use crate::repository::{State, decode};
use crate::{Error, Record, RecordBuf, Repository, Result};

/// What a batch has written, by the position of each write.
#[derive(Default)]
pub struct WrittenBatch(Vec<One>);

/// What one write has come to.
pub(super) struct One {
    pub(super) name: Arc<str>,
    pub(super) state: Arc<State>,
    /// The record as it is stored; none of a delete.
    pub(super) record: Option<RecordBuf>,
    pub(super) created: bool,
}

impl WrittenBatch {
    pub(super) fn new(writes: Vec<One>) -> Self {
        Self(writes)
    }

    /// How many writes there were.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the batch was empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The record as the write at `position` has stored it: with its id, and the version that it has now. None if it was
    /// a delete.
    ///
    /// # Errors
    /// `InvalidInput` if there is no write at `position`, or one to another repository; `Unreadable` if `T` cannot hold
    /// the record, which is stored all the same.
    pub fn record<T: Record>(&self, repository: &Repository<T>, position: usize) -> Result<Option<T>> {
        let place = |error: Error| {
            let error = error.with_operation("batch").with_backend(repository.backend().name());
            error.with_repository(repository.name()).with_position(position)
        };
        let Some(one) = self.0.get(position).filter(|one| &*one.name == repository.name()) else {
            let message = "the batch has no write to this repository at this position: count from 0, in the order in which they were added";
            return Err(place(Error::invalid_input(message)));
        };
        let record = one.record.as_ref().map(|record| decode(&one.state, record, 0, None)).transpose();
        record.map_err(|error| {
            place(error.saying("the batch is done, but the record unreadable").with_may_have_happened(true))
        })
    }

    /// Whether the write at `position` stored a record where there was none.
    pub fn created(&self, position: usize) -> bool {
        self.0.get(position).is_some_and(|one| one.created)
    }
}

impl fmt::Debug for WrittenBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrittenBatch").field("writes", &self.0.len()).finish_non_exhaustive()
    }
}
