//! Reading the records that a filter means, a page at a time.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::draw::Opening;
use super::page_token::{Fingerprint, PageToken, of_another_order, of_another_query};
use super::query::{Query, reads};
use super::{Explain, Invocation, Pending};
use crate::driver::FindRequest;
use crate::layer::Operation;
use crate::{Error, Position, Result, Sort};

/// Reads one page of the records that a filter means. See [`Find::page`](super::Find::page).
///
/// A record that is there throughout, with the same values of the sort, is on exactly one page, while others come and
/// go. The size is not part of the query, and may change from page to page. A page may have fewer records, or none,
/// and still a token, when half of its time limit is over: only a missing token means the end.
#[must_use = "an action does nothing until it is awaited"]
pub struct FindPage<T> {
    query: Query,
    page: PageOf,
    record: PhantomData<fn() -> T>,
}

/// Which page of a query is asked for.
pub(super) struct PageOf {
    size: u32,
    after: Option<PageToken>,
}

/// A page of records.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the order of the query.
    pub records: Vec<T>,
    /// What the next page goes on [`after`](FindPage::after); nothing after the last.
    pub next: Option<PageToken>,
}

impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("records", &self.records.len()).field("next", &self.next).finish()
    }
}

impl<T: DeserializeOwned + Send + 'static> FindPage<T> {
    pub(super) fn new(query: Query, size: u32) -> Self {
        Self { query, page: PageOf { size, after: None }, record: PhantomData }
    }

    /// Goes on where another page of the same query has ended; from the beginning with none.
    pub fn after(mut self, token: impl Into<Option<PageToken>>) -> Self {
        self.page.after = token.into();
        self
    }

    /// Says how this page would be read; see [`Find::explain`](super::Find::explain). Its limit is one more than the
    /// size: that one says whether there is another page.
    pub fn explain(self) -> Explain {
        Explain::of_page(self.query, self.page)
    }

    async fn run(mut self) -> Result<Page<T>> {
        let invocation = self.query.invocation("find");
        let request = self.page.request(&mut self.query, &invocation).map_err(|error| invocation.place(error))?;
        let Some((request, fingerprint)) = request else {
            return invocation.check().map(|()| Page { records: Vec::new(), next: None });
        };
        let until = Instant::now().checked_add(half_of(&invocation));
        let size = self.page.size as usize;
        let paging = Paging { query: &self.query, request, size, until, record: PhantomData };
        let (records, last, own_order) = invocation.read(&paging).await?;
        let next = last.map(|position| PageToken::new(fingerprint.of(own_order), &position));
        Ok(Page { records, next })
    }
}

impl PageOf {
    /// What a driver is asked for, and the fingerprint of the query; nothing if no record can be meant.
    ///
    /// # Errors
    /// `InvalidInput`, for what was wrong with any part of it.
    pub(super) fn request(
        &self,
        query: &mut Query,
        invocation: &Invocation,
    ) -> Result<Option<(FindRequest, Fingerprint)>> {
        if self.size == 0 {
            return Err(Error::invalid_input("a page of no records: ask for one at least"));
        }
        if query.limit.is_some() || query.offset > 0 {
            return Err(Error::invalid_input(
                "`.limit` or `.offset` beside `.page`: leave it out, the size of the page is the limit",
            ));
        }
        // One more, which says whether there is another page.
        query.limit = Some(u64::from(self.size) + 1);
        let Some(mut request) = query.request(invocation)? else {
            // A query that means nothing has one page, which gives no token.
            return if self.after.is_some() { Err(of_another_query()) } else { Ok(None) };
        };
        if request.sort == Sort::Any {
            request.sort = Sort::Stable;
        }
        let fingerprint = Fingerprint::new(&query.inner.name, &query.filter()?, &request.sort);
        if let Some(token) = &self.after {
            let fields = query.sort_fields(&request.sort);
            let (after, own_order) = token.position(&fingerprint, &query.state.definition, &fields)?;
            (request.after, request.own_order) = (Some(after), own_order);
        }
        Ok(Some((request, fingerprint)))
    }
}

fn half_of(invocation: &Invocation) -> Duration {
    invocation.context().remaining() / 2
}

reads!(FindPage<T: DeserializeOwned>);

impl<T: DeserializeOwned + Send + 'static> IntoFuture for FindPage<T> {
    type Output = Result<Page<T>>;
    type IntoFuture = Pending<Page<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Draws the records of a page.
struct Paging<'q, T> {
    query: &'q Query,
    request: FindRequest,
    size: usize,
    /// When to stop although the page is not full, if the records come in their order.
    until: Option<Instant>,
    record: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send> Operation for Paging<'_, T> {
    /// The records, where the page ends if there is another, and whether they come in an order of the driver's own.
    type Answer = (Vec<T>, Option<Position>, bool);

    async fn run(&self) -> Result<Self::Answer> {
        let request = self.request.clone();
        let opening = Opening { keeps_positions: true, until: self.until, ..Opening::new(self.query, request) };
        let mut draw = opening.run().await?;
        let own_order = draw.own_order;
        if self.request.after.is_some() && own_order != self.request.own_order {
            return Err(of_another_order());
        }
        let fields = self.query.offered();
        let mut records = Vec::with_capacity(self.size.min(1_000));
        let mut last = None;
        while let Some(drawn) = draw.next().await? {
            for (at, position) in drawn.positions.iter().enumerate() {
                if records.len() == self.size {
                    return Ok((records, last, own_order));
                }
                records.push(drawn.read(&self.query.state, at, fields.as_deref())?);
                last = Some(position.clone());
            }
        }
        Ok((records, draw.stopped_at(), own_order))
    }
}
