//! Whether there is a record that a filter means.

use std::marker::PhantomData;

use super::count::count;
use super::draw::Opening;
use super::query::{Query, reads};
use super::{Explain, Pending};
use crate::layer::Operation;
use crate::{Filter, Record, Repository, Result};

/// Asks whether there is a record that a filter means. See [`Repository::exists`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Exists<T> {
    query: Query,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Exists<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let mut query = Query::new(repository, filter);
        query.name_fields::<&str>([]);
        query.limit = Some(1);
        Self { query, record: PhantomData }
    }

    /// Says how one would be looked for; see [`Find::explain`](super::Find::explain).
    pub fn explain(self) -> Explain {
        Explain::new(self.query)
    }

    async fn run(self) -> Result<bool> {
        let invocation = self.query.invocation("exists");
        let request = self.query.request(&invocation).map_err(|error| invocation.place(error))?;
        let Some(request) = request else { return invocation.check().map(|()| false) };
        invocation.read(&Looking(Opening::new(&self.query, request))).await
    }
}

reads!(Exists<T: Record>);

impl<T: Record> IntoFuture for Exists<T> {
    type Output = Result<bool>;
    type IntoFuture = Pending<bool>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Draws one record of a request.
struct Looking<'q>(Opening<'q>);

impl Operation for Looking<'_> {
    type Answer = bool;

    async fn run(&self) -> Result<bool> {
        Ok(count(self.0.run().await?).await? > 0)
    }
}
