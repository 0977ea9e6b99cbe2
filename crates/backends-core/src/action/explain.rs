//! How a read by filter would be answered.

use std::fmt;

use super::Pending;
use super::find_page::PageOf;
use super::query::Query;
use crate::Result;
use crate::driver::{FindRequest, Plan};
use crate::layer::Operation;

/// Says how a read by filter would be answered, and reads nothing. See [`Find::explain`](super::Find::explain).
#[must_use = "an action does nothing until it is awaited"]
pub struct Explain {
    query: Query,
    page: Option<PageOf>,
    counts: bool,
}

impl Explain {
    pub(super) fn new(query: Query) -> Self {
        Self { query, page: None, counts: false }
    }

    pub(super) fn of_page(query: Query, page: PageOf) -> Self {
        Self { query, page: Some(page), counts: false }
    }

    pub(super) fn of_count(query: Query) -> Self {
        Self { query, page: None, counts: true }
    }

    async fn run(mut self) -> Result<Plan> {
        let invocation = self.query.invocation("explain");
        let request = match &self.page {
            Some(page) => page.request(&mut self.query, &invocation).map(|request| request.map(|(request, _)| request)),
            None => self.query.request(&invocation),
        };
        let Some(request) = request.map_err(|error| invocation.place(error))? else {
            return invocation.check().map(|()| Plan::nothing());
        };
        let mut plan = invocation.read(&Explaining { query: &self.query, request }).await?;
        if self.counts {
            // A database that counts by itself answers in fewer.
            plan.requests = format!("at most {}", plan.requests);
        }
        Ok(plan)
    }
}

impl IntoFuture for Explain {
    type Output = Result<Plan>;
    type IntoFuture = Pending<Plan>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explain").finish_non_exhaustive()
    }
}

struct Explaining<'q> {
    query: &'q Query,
    request: FindRequest,
}

impl Operation for Explaining<'_> {
    type Answer = Plan;

    async fn run(&self) -> Result<Plan> {
        self.query.state.driver.explain(&self.request).await
    }
}
