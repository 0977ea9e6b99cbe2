//! Removing an index of a repository.

use std::sync::Arc;
use std::time::Duration;

use super::{Invocation, Pending};
use crate::driver::{BackendDriver, Defined, RemoveIndexRequest};
use crate::layer::Operation;
use crate::repository::State;
use crate::{Backend, Result};

/// How long it may take without getting on: some databases take minutes.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Removes an index of a repository. See [`Backend::remove_index`].
#[must_use = "an action does nothing until it is awaited"]
#[derive(Debug)]
pub struct RemoveIndex {
    backend: Backend,
    repository: String,
    index: String,
    no_other_writers: bool,
    timeout: Option<Duration>,
}

impl RemoveIndex {
    pub(crate) fn new(backend: Backend, repository: String, index: String) -> Self {
        Self { backend, repository, index, no_other_writers: false, timeout: None }
    }

    /// Gives the action another time limit than its own of 10 minutes, which neither `timeoutMs` nor
    /// [`Backend::with_timeout`] changes.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Gives the word that no other process which has the index runs any more, nor starts again, which removing a unique
    /// index needs on some backends.
    pub fn no_other_writers(mut self) -> Self {
        self.no_other_writers = true;
        self
    }

    async fn run(self) -> Result<()> {
        let name: Arc<str> = self.repository.as_str().into();
        let invocation = Invocation::of_backend(&self.backend, "remove_index", self.timeout.unwrap_or(TIMEOUT));
        let invocation = invocation.on(&name).renewable();
        let mut request = RemoveIndexRequest::new(invocation.context().clone(), self.repository, self.index);
        request.no_other_writers = self.no_other_writers;
        let capabilities = self.backend.capabilities();
        if !capabilities.indexes && !capabilities.unique_indexes {
            return Err(invocation.place(request.unsupported()));
        }
        let slot = self.backend.slot(&name);
        let _one_at_a_time = invocation.wait_for(slot.defining.lock()).await?;
        let driver = Arc::clone(self.backend.driver());
        let Defined { repository, definition } = invocation.write(Removing { driver, request }).await?;
        if let Some(live) = slot.live() {
            slot.set(State::new(definition, repository, capabilities).wanted_by(live.state().wanted.clone())?);
        }
        Ok(())
    }
}

impl IntoFuture for RemoveIndex {
    type Output = Result<()>;
    type IntoFuture = Pending<()>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

struct Removing {
    driver: Arc<dyn BackendDriver>,
    request: RemoveIndexRequest,
}

impl Operation for Removing {
    type Answer = Defined;

    async fn run(&self) -> Result<Defined> {
        self.driver.remove_index(&self.request).await
    }
}
