//! Reading one record by its key.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::action;
use crate::driver::{Consistency, Fetched, GetRequest, RepositoryDriver};
use crate::layer::Operation;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Record, Repository, Result};

/// Reads the record with a key. See [`Repository::get`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Get<T> {
    inner: Arc<Inner>,
    key: Result<(Arc<State>, Sought)>,
    consistency: Consistency,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Get<T> {
    pub(crate) fn new(repository: &Repository<T>, key: impl Serialize) -> Self {
        let inner = Arc::clone(repository.inner());
        let state = inner.state();
        let key = sought(&state, &key).map(|key| (state, key));
        Self { inner, key, consistency: Consistency::Default, timeout: None, record: PhantomData }
    }

    /// Allows an answer that misses the latest writes, where that is cheaper.
    pub fn eventual(mut self) -> Self {
        self.consistency = Consistency::Eventual;
        self
    }

    async fn run(self) -> Result<Option<T>> {
        let invocation = self.inner.invoke("get", self.timeout);
        let (state, key) = self.key.map_err(|error| invocation.place(error))?;
        let Sought::Key(key) = key else { return invocation.check().map(|()| None) };
        let mut context = invocation.context().clone();
        context.consistency = self.consistency;
        let request = GetRequest::new(context, vec![key]);
        let fetched = invocation.read(&Getting { driver: Arc::clone(&state.driver), request }).await?;
        match fetched.record(0).map_err(|error| invocation.place(error))? {
            Some((batch, index)) => {
                decode(&state, batch, index, None).map(Some).map_err(|error| invocation.place(error))
            }
            None => Ok(None),
        }
    }
}

action!(Get<T: Record>, Option<T>);

pub(super) struct Getting {
    pub(super) driver: Arc<dyn RepositoryDriver>,
    pub(super) request: GetRequest,
}

impl Operation for Getting {
    type Answer = Fetched;

    async fn run(&self) -> Result<Fetched> {
        self.driver.get(&self.request).await
    }
}
