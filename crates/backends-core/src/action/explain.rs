//! How a read by filter would be answered.

use std::fmt;

use super::Pending;
use super::query::Query;
use crate::driver::{FindRequest, Plan};
use crate::layer::Operation;
use crate::{Result, Sort};

/// Says how a read by filter would be answered, and reads nothing. See [`Find::explain`](super::Find::explain).
#[must_use = "an action does nothing until it is awaited"]
pub struct Explain {
    query: Query,
    is_page: bool,
}

impl Explain {
    pub(super) fn new(query: Query, is_page: bool) -> Self {
        Self { query, is_page }
    }

    async fn run(self) -> Result<Plan> {
        let invocation = self.query.invocation("explain");
        let request = self.query.request(&invocation).map_err(|error| invocation.place(error))?;
        let Some(mut request) = request else { return invocation.check().map(|()| Plan::nothing()) };
        if self.is_page && request.sort == Sort::Any {
            request.sort = Sort::Stable;
        }
        invocation.read(&Explaining { query: &self.query, request }).await
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
