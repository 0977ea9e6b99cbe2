//! How many records a filter means.

use std::marker::PhantomData;

use super::draw::{Draw, Opening};
use super::query::{Query, reads};
use super::{Explain, Pending};
use crate::driver::{Counted, FindRequest};
use crate::layer::Operation;
use crate::{Filter, Record, Repository, Result};

/// Counts the records that a filter means. See [`Repository::count`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Count<T> {
    query: Query,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Count<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let mut query = Query::new(repository, filter);
        query.name_fields::<&str>([]);
        Self { query, record: PhantomData }
    }

    /// Says how they would be found; see [`Find::explain`](super::Find::explain). The requests are those of reading
    /// them, which a database that counts by itself needs not all of.
    pub fn explain(self) -> Explain {
        Explain::of_count(self.query)
    }

    async fn run(self) -> Result<u64> {
        let invocation = self.query.invocation("count");
        let request = self.query.request(&invocation).map_err(|error| invocation.place(error))?;
        let Some(request) = request else { return invocation.check().map(|()| 0) };
        invocation.read(&Counting { query: &self.query, request }).await
    }
}

reads!(Count<T: Record>);

impl<T: Record> IntoFuture for Count<T> {
    type Output = Result<u64>;
    type IntoFuture = Pending<u64>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Asks for a number, or draws the records and counts them.
struct Counting<'q> {
    query: &'q Query,
    request: FindRequest,
}

impl Operation for Counting<'_> {
    type Answer = u64;

    async fn run(&self) -> Result<u64> {
        if let Counted(Some(records)) = self.query.state.driver.count(&self.request).await? {
            return Ok(records);
        }
        let opening = Opening::new(self.query, self.request.clone());
        count(opening.run().await?).await
    }
}

/// How many records there are.
pub(super) async fn count(mut draw: Draw) -> Result<u64> {
    let mut count = 0;
    while let Some(drawn) = draw.next().await? {
        count += drawn.indexes.len() as u64;
    }
    Ok(count)
}
