//! Reading the records that a filter means.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::draw::Opening;
use super::query::{Query, reads};
use super::{Explain, FindPage, Pending, Records};
use crate::driver::FindRequest;
use crate::layer::Operation;
use crate::{Document, Error, Filter, Order, Path, Record, Repository, Result};

/// How many records are collected unless the caller says otherwise.
const MOST: u64 = 100_000;

/// Reads the records that a filter means. See [`Repository::find`].
///
/// Awaited, it collects them: at most 100,000, more are `InvalidInput` unless [`limit`](Self::limit) or
/// [`unbounded`](Self::unbounded) is given. [`stream`](Self::stream) and [`page`](Self::page) read on and on. Without
/// [`sort`](Self::sort) the order is not determined, and so is not which records a limit takes.
#[must_use = "an action does nothing until it is awaited"]
pub struct Find<T> {
    pub(super) query: Query,
    is_unbounded: bool,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Find<T> {
    #[track_caller]
    pub(crate) fn new(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        Self { query: Query::new(repository, filter), is_unbounded: false, record: PhantomData }
    }
}

impl<T: DeserializeOwned + Send + 'static> Find<T> {
    /// Sorts by a field, and within its equals by those that are named after it; in the end by the primary key, in the
    /// direction of the last, so that the order is determined.
    ///
    /// Missing values come first, then numbers, strings, timestamps, then maps, arrays and bytes as equals, then bools.
    pub fn sort(mut self, field: impl Into<Path>, order: Order) -> Self {
        self.query.sort(field.into(), order);
        self
    }

    /// Reads so many at most; of 0 none.
    pub fn limit(mut self, records: u64) -> Self {
        self.query.limit = Some(records);
        self
    }

    /// Passes over so many, which are read all the same: pages do better.
    pub fn offset(mut self, records: u64) -> Self {
        self.query.offset = records;
        self
    }

    /// Collects any number of records, if the memory holds them.
    pub fn unbounded(mut self) -> Self {
        self.is_unbounded = true;
        self
    }

    /// Reads records of another type, of which only the fields are fetched, with the key and the id.
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Registry, Repository, memory};
    /// use backends_core::Filter;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Contact {
    ///     email: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let users: Repository = backend.define(Definition::builder("users").build()?).await?;
    /// # users.insert(&Document::from([("email", "ada@example.org")])).await?;
    /// let contacts: Vec<Contact> = users.find(Filter::all()).select::<Contact>().await?;
    /// assert_eq!(contacts[0].email, "ada@example.org");
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<U: DeserializeOwned + Send + 'static>(mut self) -> Find<U> {
        self.query.select::<U>();
        Find { query: self.query, is_unbounded: self.is_unbounded, record: PhantomData }
    }

    /// The records as they come, any number of them in constant memory where the database sorts them.
    ///
    /// It is no snapshot: what others write meanwhile may be among them or not.
    pub fn stream(self) -> Records<T> {
        Records::new(self.query)
    }

    /// The records in pages of so many. A [`limit`](Self::limit) or an [`offset`](Self::offset) beside it is
    /// `InvalidInput`.
    pub fn page(self, size: u32) -> FindPage<T> {
        FindPage::new(self.query, size)
    }

    /// Says how the records would be read: by which key or index, what the database filters, what is left to core, who
    /// sorts, and how many requests it takes. [`Plan`](crate::driver::Plan) shows it as text.
    pub fn explain(self) -> Explain {
        Explain::new(self.query)
    }

    async fn run(mut self) -> Result<Vec<T>> {
        let guards = self.query.limit.is_none() && !self.is_unbounded;
        if guards {
            self.query.limit = Some(MOST + 1);
        }
        let invocation = self.query.invocation("find");
        let request = self.query.request(&invocation).map_err(|error| invocation.place(error))?;
        let Some(request) = request else { return invocation.check().map(|()| Vec::new()) };
        let collecting = Collecting { query: &self.query, request, guards, record: PhantomData };
        invocation.read(&collecting).await
    }
}

impl Find<Document> {
    /// Reads only these fields of the records themselves, whole, with the key and the id. A path inside a field is
    /// `InvalidInput`.
    pub fn fields<P: Into<Path>>(mut self, fields: impl IntoIterator<Item = P>) -> Self {
        self.query.name_fields(fields);
        self
    }
}

reads!(Find<T: DeserializeOwned>);

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Find<T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = Pending<Vec<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Draws all records of a request and reads them.
pub(super) struct Collecting<'q, T> {
    pub(super) query: &'q Query,
    pub(super) request: FindRequest,
    /// Whether more than the limit is an error.
    pub(super) guards: bool,
    pub(super) record: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send> Operation for Collecting<'_, T> {
    type Answer = Vec<T>;

    async fn run(&self) -> Result<Vec<T>> {
        let opening = Opening::new(self.query, self.request.clone());
        let mut draw = opening.run().await?;
        let fields = self.query.offered();
        let mut records = Vec::new();
        while let Some(drawn) = draw.next().await? {
            if self.guards && (records.len() + drawn.indexes.len()) as u64 > MOST {
                return Err(Error::invalid_input(
                    "more than 100,000 records: read them by `.stream()` or `.page(…)`, or say `.limit(…)` or `.unbounded()`",
                ));
            }
            records.reserve(drawn.indexes.len());
            for at in 0..drawn.indexes.len() {
                records.push(drawn.read(&self.query.state, at, fields.as_deref())?);
            }
        }
        Ok(records)
    }
}
