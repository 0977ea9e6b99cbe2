//! Deleting one of the records that a filter means.

use std::marker::PhantomData;

use super::changing::{Deed, by_filter, finish_one};
use super::query::Query;
use crate::{Filter, Order, Path, Record, Repository, Result};

/// Deletes one of the records that a filter means. See [`Repository::delete_one`].
#[must_use = "an action does nothing until it is awaited"]
pub struct DeleteOne<T> {
    query: Query,
    deed: Result<Deed>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> DeleteOne<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let query = Query::of_keys(repository, filter);
        let deed = Ok(Deed::Delete);
        Self { query, deed, record: PhantomData }
    }

    /// Takes the first of an order; see [`Find::sort`](super::Find::sort).
    pub fn sort(mut self, field: impl Into<Path>, order: Order) -> Self {
        self.query.sort(field.into(), order);
        self
    }

    async fn run(self) -> Result<Option<T>> {
        finish_one(self.query, self.deed, "delete_one", "the record is deleted, but unreadable").await
    }
}

by_filter!(DeleteOne<T>, Option<T>);
