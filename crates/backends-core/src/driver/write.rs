//! Writing: inserts, replaces, deletes, and the compare-and-swap that they can be built on.

use std::collections::BTreeSet;

use super::handed::hands_over;
use super::version::Before;
use super::{Context, ExpectedVersion, Expiry};
use crate::{Error, Key, RecordBuf, Result, Token, Tokens};

/// A request to store a new record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InsertRequest {
    /// Deadline, clock and write id.
    pub context: Context,
    /// The key, which stands in the record too.
    pub key: Key,
    /// The record, complete.
    pub record: RecordBuf,
    /// Which records have expired, so that they are not in the way: the record takes their place. A driver that does not
    /// look at it answers that the key is taken; core then removes what has expired, and asks again.
    pub expiry: Option<Expiry>,
}

impl InsertRequest {
    /// A request to store `record` under `key`.
    pub fn new(context: Context, key: Key, record: RecordBuf) -> Self {
        Self { context, key, record, expiry: None }
    }
}

/// The answer to an [`InsertRequest`].
#[derive(Debug)]
pub struct Inserted(pub(crate) bool);

impl Inserted {
    /// The record is stored.
    pub fn stored() -> Self {
        Self(true)
    }

    /// Nothing was done: core builds it on `swap`.
    pub fn by_swap() -> Self {
        Self(false)
    }

    /// Whether it is left to core, for a driver that wraps another.
    pub fn is_by_swap(&self) -> bool {
        !self.0
    }
}

/// A new record with its key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewRecord {
    /// The key, which stands in the record too.
    pub key: Key,
    /// The record, complete.
    pub record: RecordBuf,
    /// Whether the library drew the key for this call, so that nothing can have it already.
    pub is_fresh: bool,
}

impl NewRecord {
    /// A record and its key, which the caller chose.
    pub fn new(key: Key, record: RecordBuf) -> Self {
        Self { key, record, is_fresh: false }
    }

    /// The same, with a key that the library drew for this call.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.is_fresh = true;
        self
    }
}

/// A request to store new records as if one after another.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InsertManyRequest {
    /// Deadline, clock and write id. The driver calls [`Context::renew`] when it gets on.
    pub context: Context,
    /// The records in their order; two may have the same key.
    pub records: Vec<NewRecord>,
    /// Which records have expired, as in an [`InsertRequest`].
    pub expiry: Option<Expiry>,
}

impl InsertManyRequest {
    /// A request to store `records`.
    pub fn new(context: Context, records: Vec<NewRecord>) -> Self {
        Self { context, records, expiry: None }
    }

    /// The request for those of the records, by their positions, that are in no other's way.
    pub(crate) fn without(&self, others: &BTreeSet<usize>) -> (Self, Vec<usize>) {
        let rest = (0..self.records.len()).filter(|position| !others.contains(position));
        let positions: Vec<usize> = rest.collect();
        let records = positions.iter().map(|position| self.records[*position].clone()).collect();
        (Self { context: self.context.clone(), records, expiry: self.expiry.clone() }, positions)
    }

    /// The request for one of the records alone.
    pub(crate) fn one(&self, position: usize, new: &NewRecord) -> InsertRequest {
        let mut one = InsertRequest::new(self.context.clone(), new.key.clone(), new.record.clone());
        one.context.write_id = self.context.write_id_at(position);
        one.expiry.clone_from(&self.expiry);
        one
    }
}

/// The answer to an [`InsertManyRequest`].
#[derive(Debug)]
pub struct InsertedRecords(pub(crate) Option<Vec<(usize, Error)>>);

impl InsertedRecords {
    /// All are stored but those at these positions, each with its error.
    pub fn except(failures: Vec<(usize, Error)>) -> Self {
        Self(Some(failures))
    }

    /// Nothing was done: core inserts them one by one.
    pub fn by_swap() -> Self {
        Self(None)
    }

    /// Whether it is left to core, for a driver that wraps another.
    pub fn is_by_swap(&self) -> bool {
        self.0.is_none()
    }
}

/// What happens to the library's id when a record is replaced.
#[derive(Clone)]
#[non_exhaustive]
pub enum IdRule {
    /// The id is the key, or the definition has no other: nothing to do.
    Key,
    /// The stored id is kept.
    Keep {
        /// The name of the field.
        field: String,
        /// The id that the record brings, which has to be the stored one.
        brought: Option<String>,
        /// The id for a record that is inserted without one, and for a stored record that has none.
        fresh: String,
    },
}

impl std::fmt::Debug for IdRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key => f.write_str("Key"),
            Self::Keep { field, .. } => f.debug_struct("Keep").field("field", field).finish_non_exhaustive(),
        }
    }
}

/// A request to replace a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReplaceRequest {
    /// Deadline, clock and write id.
    pub context: Context,
    /// The key, which stands in the record too.
    pub key: Key,
    /// The record, complete but for the id where that is to be kept.
    pub record: RecordBuf,
    /// Whether a record that is not there is inserted.
    pub create: bool,
    /// What happens to the id.
    pub id: IdRule,
    /// The version that the stored record has to have; the next one stands in `record`. With `create`, 0 is that of a
    /// record that is not there.
    pub expected: Option<ExpectedVersion>,
    /// Which records have expired, so that they count as not there: with `create` the record takes their place.
    pub expiry: Option<Expiry>,
}

/// What a replace comes to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Merged {
    /// The record to store.
    pub record: RecordBuf,
    /// Whether it is new.
    pub created: bool,
}

impl ReplaceRequest {
    /// A request to store `record` in the place of the one with its key.
    pub fn new(context: Context, key: Key, record: RecordBuf) -> Self {
        Self { context, key, record, create: false, id: IdRule::Key, expected: None, expiry: None }
    }

    /// The record to store in the place of `stored`, for drivers that read before they write. A record that has expired
    /// is none.
    ///
    /// # Errors
    /// `NotFound` if there is none and none may be created; `Conflict` if a version is expected and there is another, or
    /// none; `InvalidInput` if the record brings another id.
    pub fn merge(&self, stored: Option<&mut dyn Tokens>) -> Result<Merged> {
        let id_field = match &self.id {
            IdRule::Keep { field, .. } => Some(field.as_str()),
            IdRule::Key => None,
        };
        let look = |stored| Before::look(stored, id_field, self.expected.as_ref(), self.expiry.as_ref());
        let before = stored.map(look).transpose()?.filter(|before| !before.is_over);
        let created = before.is_none();
        if created && !self.create {
            return Err(Error::not_found("no record has this key: insert it, or use `upsert`"));
        }
        if let Some(expected) = self.expected.as_ref().filter(|_| self.create)
            && expected.means_missing() != created
        {
            return Err(Error::stale_version(expected.field()));
        }
        let kept = match before {
            Some(before) => before.version.map(|()| before.id)?,
            None => None,
        };
        let mut record = self.record.clone();
        if let IdRule::Keep { field, brought, fresh } = &self.id {
            let id = match (&kept, brought) {
                (Some(kept), Some(brought)) if kept != brought => return Err(another_id(field)),
                (Some(id), _) | (None, Some(id)) => id,
                (None, None) => fresh,
            };
            record.set(field, Token::String(id));
        }
        Ok(Merged { record, created })
    }

    /// Whether all that this does is to insert: with a version of what is not there.
    pub fn only_inserts(&self) -> bool {
        self.create && self.expected.as_ref().is_some_and(ExpectedVersion::means_missing)
    }
}

fn another_id(field: &str) -> Error {
    Error::invalid_input("the record brings another id than the stored one, which never changes: leave it out")
        .with_path(field)
}

/// The text of the top-level field `field`.
pub(crate) fn stored_id(tokens: &mut dyn Tokens, field: &str) -> Result<Option<String>> {
    Before::look(tokens, Some(field), None, None).map(|before| before.id)
}

/// The answer to a [`ReplaceRequest`].
#[derive(Debug)]
pub struct Replaced(pub(crate) Option<Merged>);

impl Replaced {
    /// The record as it is stored now, and whether it was not there before.
    pub fn stored(record: RecordBuf, created: bool) -> Self {
        Self(Some(Merged { record, created }))
    }

    /// Nothing was done: core builds it on `get` and `swap`.
    pub fn by_swap() -> Self {
        Self(None)
    }

    /// Whether it is left to core, for a driver that wraps another.
    pub fn is_by_swap(&self) -> bool {
        self.0.is_none()
    }
}

impl From<Merged> for Replaced {
    fn from(merged: Merged) -> Self {
        Self(Some(merged))
    }
}

/// A request to delete a record by key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeleteRequest {
    /// Deadline, clock and write id.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// The version that the record has to have, which then has to be there.
    pub expected: Option<ExpectedVersion>,
    /// Which records have expired, so that they are not deleted.
    pub expiry: Option<Expiry>,
}

impl DeleteRequest {
    /// A request to delete the record with this key.
    pub fn new(context: Context, key: Key) -> Self {
        Self { context, key, expected: None, expiry: None }
    }

    /// Whether what is stored is to be deleted, for drivers that read before they delete.
    ///
    /// # Errors
    /// `Conflict` if a version is expected and there is another, or no record.
    pub fn check(&self, stored: Option<&mut dyn Tokens>) -> Result<bool> {
        let look = |stored| Before::look(stored, None, self.expected.as_ref(), self.expiry.as_ref());
        match (stored.map(look).transpose()?.filter(|before| !before.is_over), &self.expected) {
            (Some(before), _) => before.version.map(|()| true),
            (None, Some(expected)) => Err(Error::stale_version(expected.field())),
            (None, None) => Ok(false),
        }
    }
}

hands_over!(
    Deleted,
    "The answer to a [`DeleteRequest`].",
    "The record that is gone: the first of the batch.",
    "There was none."
);

/// A request to put, replace or remove one record if what is stored is what was read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SwapRequest {
    /// Deadline, clock and write id.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// What was read; `None` if there was nothing.
    pub seen: Option<RecordBuf>,
    /// What is to be there; `None` for nothing.
    pub record: Option<RecordBuf>,
}

impl SwapRequest {
    /// A request to store `record` in the place of what was `seen`.
    pub fn new(context: Context, key: Key, seen: Option<RecordBuf>, record: Option<RecordBuf>) -> Self {
        Self { context, key, seen, record }
    }
}

/// The answer to a [`SwapRequest`].
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Swapped {
    /// What was wanted is there now.
    Done,
    /// Something else than what was read is stored; nothing was changed.
    Changed,
}
