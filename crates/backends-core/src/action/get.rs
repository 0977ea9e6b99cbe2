//! Reading one record by its key.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Invocation, action};
use crate::driver::{Consistency, Context, Fetched, GetRequest, RepositoryDriver};
use crate::layer::Operation;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Key, Record, Repository, Result, Timestamp};

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
        let Some((state, getting)) = self.getting(&invocation).map_err(|error| invocation.place(error))? else {
            return Ok(None);
        };
        let fetched = invocation.read(&getting).await?;
        read(&state, &fetched, invocation.context().now).map_err(|error| invocation.place(error))
    }

    /// Nothing where no record can have the key. Apart, so that what it takes apart is not kept until the answer comes.
    fn getting(self, invocation: &Invocation) -> Result<Option<(Arc<State>, Getting)>> {
        let (state, key) = self.key?;
        let Sought::Key(key) = key else { return invocation.check().map(|()| None) };
        let getting = Getting::new(&state, invocation.context(), self.consistency, vec![key]);
        Ok(Some((state, getting)))
    }
}

/// The record of the first key, unless it has expired.
fn read<T: Record>(state: &State, fetched: &Fetched, now: Timestamp) -> Result<Option<T>> {
    match fetched.record(0)? {
        Some((batch, index)) if !state.is_over(batch, index, now)? => decode(state, batch, index, None).map(Some),
        _ => Ok(None),
    }
}

action!(Get<T: Record>, Option<T>);

pub(super) struct Getting {
    driver: Arc<dyn RepositoryDriver>,
    request: GetRequest,
}

impl Getting {
    pub(super) fn new(state: &State, context: &Context, consistency: Consistency, keys: Vec<Key>) -> Self {
        let mut request = GetRequest::new(context.clone(), keys);
        request.context.consistency = consistency;
        Self { driver: Arc::clone(&state.driver), request }
    }
}

impl Operation for Getting {
    type Answer = Fetched;

    async fn run(&self) -> Result<Fetched> {
        self.driver.get(&self.request).await
    }
}
