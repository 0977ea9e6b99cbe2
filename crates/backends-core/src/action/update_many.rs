//! Changing all of the records that a filter means.

use std::marker::PhantomData;

use super::changing::{Changes, Deed, by_filter, finish_all};
use super::query::Query;
use crate::{Filter, Record, Repository, Result, Update};

/// Changes all of the records that a filter means. See [`Repository::update_many`].
#[must_use = "an action does nothing until it is awaited"]
pub struct UpdateMany<T> {
    query: Query,
    deed: Result<Deed>,
    /// Whether the filter says that it means every record.
    says_all: bool,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> UpdateMany<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>, update: &Update) -> Self {
        let filter = filter.into();
        let says_all = filter.is_all();
        let query = Query::of_keys(repository, filter);
        let changes = Changes::new(repository, &query.state, update);
        let deed = changes.and_then(|changes| changes.of_many(&query.state)).map(Deed::Update);
        Self { query, deed, says_all, record: PhantomData }
    }

    async fn run(self) -> Result<u64> {
        finish_all(self.query, self.deed, "update_many", self.says_all).await
    }
}

by_filter!(UpdateMany<T>, u64);
