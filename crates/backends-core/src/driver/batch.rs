//! Writes to several records that are done together or not at all.

use std::any::{Any, type_name};
use std::sync::Arc;

use super::{Context, DeleteRequest, InsertRequest, ReplaceRequest, RepositoryDriver, UpdateRequest};
use crate::{Error, Key, RecordBuf, Result, Tokens, json};

/// A request to do writes to several records, all of them or none.
///
/// No two of them are about one record. What each comes to depends on what is stored under its key, and on the unique
/// values that others have when it is its turn: those before it have left and taken theirs already.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WriteBatchRequest {
    /// Deadline, clock and write id, the same as in the requests of the single writes.
    pub context: Context,
    /// The writes in their order: at least one.
    pub writes: Vec<BatchWrite>,
}

/// One write of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchWrite {
    /// The repository, as the driver defined it.
    pub repository: Arc<dyn RepositoryDriver>,
    /// The name that its definition gives to the repository.
    pub name: Arc<str>,
    /// What is written.
    pub write: KeyedWrite,
}

/// A write of a batch, as it would be by itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeyedWrite {
    /// Stores a new record.
    Insert(InsertRequest),
    /// Replaces a record, or inserts it where `create` says so.
    Replace(ReplaceRequest),
    /// Changes a record, which has to be there.
    Update(UpdateRequest),
    /// Deletes a record, if it is there.
    Delete(DeleteRequest),
}

/// What a write of a batch comes to.
#[derive(Debug, Clone)]
pub enum BatchStep {
    /// The record is there afterwards.
    Put {
        /// The record.
        record: RecordBuf,
        /// Whether it is new. What is stored nevertheless has expired, and goes.
        created: bool,
    },
    /// Nothing is there afterwards.
    Remove,
    /// Nothing was there, or what has expired.
    Nothing,
}

impl WriteBatchRequest {
    /// How much the writes may count together: each 1, and 2 more for each unique index of its repository.
    // DynamoDB: 100 items a transaction, of which an index takes one for the values that are left and one for the new.
    pub(crate) const WEIGHT: usize = 100;
    /// How many bytes their records may have together, as JSON.
    // DynamoDB: 4 MB a transaction.
    pub(crate) const BYTES: usize = 4_194_304;

    /// A request to do these writes.
    pub fn new(context: Context, writes: Vec<BatchWrite>) -> Self {
        Self { context, writes }
    }

    /// What the writes come to, one after another.
    pub fn steps(&self) -> BatchSteps<'_> {
        BatchSteps { request: self, done: Vec::with_capacity(self.writes.len()), bytes: 0 }
    }

    /// The error of the write at `position`.
    pub fn at(&self, position: usize, error: Error) -> Error {
        let error = error.with_position(position);
        match self.writes.get(position) {
            Some(write) => error.with_repository(&write.name),
            None => error,
        }
    }

    /// The same for the driver that a wrapper stands around: `inner` gives the repository that one of the wrapper's own
    /// stands around, and nothing for others.
    #[must_use]
    pub fn inside(&self, inner: impl Fn(&dyn Any) -> Option<Arc<dyn RepositoryDriver>>) -> Self {
        let mut request = self.clone();
        for write in &mut request.writes {
            if let Some(repository) = inner(&*write.repository) {
                write.repository = repository;
            }
        }
        request
    }

    /// The error of a driver that has no batches.
    pub fn unsupported(&self) -> Error {
        Error::unsupported(
            "the capability `batches`: this backend writes each record by itself: write one record after another, or choose a backend that has batches",
        )
    }

    /// Refuses so many bytes of records.
    pub(crate) fn check_bytes(bytes: usize) -> Result<()> {
        if bytes > Self::BYTES {
            return Err(Error::invalid_input(
                "the records of a batch have more than 4 MB as JSON together: make several batches of it",
            ));
        }
        Ok(())
    }
}

impl BatchWrite {
    /// A write to a repository, whose definition has this name.
    pub fn new(repository: Arc<dyn RepositoryDriver>, name: impl Into<Arc<str>>, write: KeyedWrite) -> Self {
        Self { repository, name: name.into(), write }
    }

    /// The key of the record.
    pub fn key(&self) -> &Key {
        match &self.write {
            KeyedWrite::Insert(request) => &request.key,
            KeyedWrite::Replace(request) => &request.key,
            KeyedWrite::Update(request) => &request.key,
            KeyedWrite::Delete(request) => &request.key,
        }
    }

    /// The repository, as the type that the driver gave.
    ///
    /// # Errors
    /// `Unexpected` if it is another: a wrapper gives [`inside`](WriteBatchRequest::inside) the ones that it wraps.
    pub fn repository_as<R: RepositoryDriver>(&self) -> Result<&R> {
        let repository: &dyn Any = &*self.repository;
        repository.downcast_ref().ok_or_else(|| {
            let message = "a batch has a repository that another driver defined: let wrappers pass on what they wrap";
            Error::unexpected(message).with_context("expected", type_name::<R>())
        })
    }

    fn step(&self, stored: Option<&mut dyn Tokens>) -> Result<BatchStep> {
        match &self.write {
            KeyedWrite::Insert(request) => {
                let is_over = |stored| request.expiry.as_ref().map_or(Ok(false), |expiry| expiry.is_over(stored));
                if !stored.map_or(Ok(true), is_over)? {
                    return Err(Error::key_taken());
                }
                Ok(BatchStep::Put { record: request.record.clone(), created: true })
            }
            KeyedWrite::Replace(request) => {
                let merged = request.merge(stored)?;
                Ok(BatchStep::Put { record: merged.record, created: merged.created })
            }
            KeyedWrite::Update(request) => {
                let stored = stored.map(RecordBuf::from_tokens).transpose()?;
                let record = stored.map(|stored| request.apply(&stored)).transpose()?.flatten();
                record.map(|record| BatchStep::Put { record, created: false }).ok_or_else(Error::nothing_to_update)
            }
            KeyedWrite::Delete(request) => {
                Ok(if request.check(stored)? { BatchStep::Remove } else { BatchStep::Nothing })
            }
        }
    }
}

/// What the writes of a batch come to, one after another.
#[derive(Debug)]
pub struct BatchSteps<'r> {
    request: &'r WriteBatchRequest,
    done: Vec<BatchStep>,
    bytes: usize,
}

impl BatchSteps<'_> {
    /// What the next write comes to where this is stored under its key.
    ///
    /// # Errors
    /// With the position: `AlreadyExists` for an insert of a key that is taken; `NotFound` for an update or a replace of
    /// what is not there; `Conflict` for another version than the expected one; `InvalidInput` for a change that does not
    /// apply, and for another id than the stored one. Without one, `InvalidInput` for more than 4 MB in all.
    pub fn next(&mut self, stored: Option<&mut dyn Tokens>) -> Result<&BatchStep> {
        let position = self.done.len();
        let Some(write) = self.request.writes.get(position) else {
            return Err(Error::unexpected("a batch has no more writes"));
        };
        let step = write.step(stored).map_err(|error| self.request.at(position, error))?;
        if let BatchStep::Put { record, .. } = &step {
            self.bytes += json::to_string(record)?.len();
            WriteBatchRequest::check_bytes(self.bytes)?;
        }
        self.done.push(step);
        Ok(&self.done[position])
    }

    /// The answer, when all of it is stored.
    pub fn finish(self) -> BatchWritten {
        BatchWritten(self.done)
    }
}

/// The answer to a [`WriteBatchRequest`]: what each write came to.
#[derive(Debug)]
pub struct BatchWritten(pub(crate) Vec<BatchStep>);

impl BatchWritten {
    /// All writes are done, and came to this.
    pub fn new(steps: Vec<BatchStep>) -> Self {
        Self(steps)
    }

    /// What each write came to, in their order.
    pub fn steps(&self) -> &[BatchStep] {
        &self.0
    }
}
