//! Deleting one of the records that a filter means.

use std::marker::PhantomData;

use serde::Serialize;

use super::changing::{Deed, by_filter, finish_one};
use super::query::Query;
use crate::driver::ExpectedVersion;
use crate::{Filter, Order, Path, Record, Repository, Result};

/// Deletes one of the records that a filter means. See [`Repository::delete_one`].
#[must_use = "an action does nothing until it is awaited"]
pub struct DeleteOne<T> {
    query: Query,
    deed: Result<Deed>,
    expected: Result<Option<ExpectedVersion>>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> DeleteOne<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let query = Query::of_keys(repository, filter);
        let deed = Ok(Deed::Delete);
        Self { query, deed, expected: Ok(None), record: PhantomData }
    }

    /// Takes the first of an order; see [`Find::sort`](super::Find::sort).
    pub fn sort(mut self, field: impl Into<Path>, order: Order) -> Self {
        self.query.sort(field.into(), order);
        self
    }

    /// Expects the record to have this version, which is that of a record that was read before; `None` is 0, the
    /// version of a record that another program stored without one.
    ///
    /// # Errors
    /// `Conflict` if the record that is found has another one; nothing is done then. `InvalidInput` for what is
    /// no integer, and if the definition names no [version field](crate::DefinitionBuilder::version).
    pub fn expect_version(mut self, version: impl Serialize) -> Self {
        self.expected = self.query.state.expecting(&version).map(Some);
        self
    }

    async fn run(self) -> Result<Option<T>> {
        finish_one(self.query, self.deed, self.expected, "delete_one", "the record is deleted, but unreadable").await
    }
}

by_filter!(DeleteOne<T>, Option<T>);
