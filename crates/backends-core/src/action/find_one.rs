//! Reading one of the records that a filter means.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::find::Collecting;
use super::query::{Query, reads};
use super::{Explain, Pending};
use crate::{Document, Filter, Order, Path, Record, Repository, Result};

/// Reads one of the records that a filter means. See [`Repository::find_one`].
#[must_use = "an action does nothing until it is awaited"]
pub struct FindOne<T> {
    query: Query,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> FindOne<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let mut query = Query::new(repository, filter);
        query.limit = Some(1);
        Self { query, record: PhantomData }
    }
}

impl<T: DeserializeOwned + Send + 'static> FindOne<T> {
    /// Takes the first of an order; see [`Find::sort`](super::Find::sort).
    pub fn sort(mut self, field: impl Into<Path>, order: Order) -> Self {
        self.query.sort(field.into(), order);
        self
    }

    /// Reads a record of another type, of which only the fields are fetched, with the key and the id.
    pub fn select<U: DeserializeOwned + Send + 'static>(mut self) -> FindOne<U> {
        self.query.select::<U>();
        FindOne { query: self.query, record: PhantomData }
    }

    /// Says how the record would be read; see [`Find::explain`](super::Find::explain).
    pub fn explain(self) -> Explain {
        Explain::new(self.query)
    }

    async fn run(self) -> Result<Option<T>> {
        let invocation = self.query.invocation("find_one");
        let request = self.query.request(&invocation).map_err(|error| invocation.place(error))?;
        let Some(request) = request else { return invocation.check().map(|()| None) };
        let collecting = Collecting { query: &self.query, request, guards: false, record: PhantomData };
        Ok(invocation.read(&collecting).await?.pop())
    }
}

impl FindOne<Document> {
    /// Reads only these fields of the record itself, whole, with the key and the id. A path inside a field is
    /// `InvalidInput`.
    pub fn fields<P: Into<Path>>(mut self, fields: impl IntoIterator<Item = P>) -> Self {
        self.query.name_fields(fields);
        self
    }
}

reads!(FindOne<T: DeserializeOwned>);

impl<T: DeserializeOwned + Send + 'static> IntoFuture for FindOne<T> {
    type Output = Result<Option<T>>;
    type IntoFuture = Pending<Option<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
