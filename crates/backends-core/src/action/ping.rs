//! Whether the database is there.

use std::sync::Arc;
use std::time::Duration;

use super::{Invocation, Pending};
use crate::driver::{BackendDriver, Context};
use crate::layer::Operation;
use crate::{Backend, Result};

/// Asks the database whether it is there. See [`Backend::ping`].
#[must_use = "an action does nothing until it is awaited"]
#[derive(Debug)]
pub struct Ping {
    backend: Backend,
    timeout: Option<Duration>,
}

impl Ping {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend, timeout: None }
    }

    /// Gives the action another time limit than the backend's: 30 s unless configured.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl IntoFuture for Ping {
    type Output = Result<()>;
    type IntoFuture = Pending<()>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let limit = self.timeout.unwrap_or(self.backend.timeout());
            let invocation = Invocation::of_backend(&self.backend, "ping", limit);
            let driver = Arc::clone(self.backend.driver());
            invocation.read(&Pinging { driver, context: invocation.context().clone() }).await
        })
    }
}

struct Pinging {
    driver: Arc<dyn BackendDriver>,
    context: Context,
}

impl Operation for Pinging {
    type Answer = ();

    async fn run(&self) -> Result<()> {
        self.driver.ping(&self.context).await
    }
}
