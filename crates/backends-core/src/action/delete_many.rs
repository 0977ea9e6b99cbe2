//! Deleting all of the records that a filter means.

use std::marker::PhantomData;

use super::changing::{Deed, by_filter, finish_all};
use super::query::Query;
use crate::{Filter, Record, Repository, Result};

/// Deletes all of the records that a filter means. See [`Repository::delete_many`].
#[must_use = "an action does nothing until it is awaited"]
pub struct DeleteMany<T> {
    query: Query,
    deed: Result<Deed>,
    /// Whether the filter says that it means every record.
    says_all: bool,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> DeleteMany<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let filter = filter.into();
        let says_all = filter.is_all();
        let query = Query::of_keys(repository, filter);
        let deed = Ok(Deed::Delete);
        Self { query, deed, says_all, record: PhantomData }
    }

    async fn run(self) -> Result<u64> {
        finish_all(self.query, self.deed, "delete_many", self.says_all).await
    }
}

by_filter!(DeleteMany<T>, u64);
