//! Changing a record by its key.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::changing::{Changes, Handed, update};
use super::{Invocation, action};
use crate::driver::{ExpectedVersion, UpdateRequest};
use crate::layer::Operation;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Filter, Key, Record, Repository, Result, Update};

/// Changes the record with a key. See [`Repository::update`].
#[must_use = "an action does nothing until it is awaited"]
pub struct UpdateByKey<T> {
    inner: Arc<Inner>,
    state: Arc<State>,
    prepared: Result<(Sought, Changes)>,
    expected: Result<Option<ExpectedVersion>>,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> UpdateByKey<T> {
    pub(crate) fn new(repository: &Repository<T>, key: impl Serialize, update: &Update) -> Self {
        let inner = Arc::clone(repository.inner());
        let state = inner.state();
        let prepared = prepare(repository, &state, key, update);
        Self { inner, state, prepared, expected: Ok(None), timeout: None, record: PhantomData }
    }

    /// Expects the record to have this version, which is that of a record that was read before; `None` is 0, the
    /// version of a record that another program stored without one.
    ///
    /// # Errors
    /// `Conflict` if the record has another one; nothing is done then. `InvalidInput` for what is
    /// no integer, and if the definition names no [version field](crate::DefinitionBuilder::version).
    pub fn expect_version(mut self, version: impl Serialize) -> Self {
        self.expected = self.state.expecting(&version).map(Some);
        self
    }

    async fn run(self) -> Result<Option<T>> {
        let invocation = self.inner.invoke("update", self.timeout);
        let prepared = self.prepared.and_then(|(key, changes)| Ok((key, changes, self.expected?)));
        let (key, changes, expected) = prepared.map_err(|error| invocation.place(error))?;
        let Sought::Key(key) = key else { return invocation.check().map(|()| None) };
        let request = change(&invocation, &self.state, key, &changes, expected);
        let updated = invocation.write(Updating { state: Arc::clone(&self.state), request }).await?;
        updated.map(|batch| decode(&self.state, &*batch, 0, None)).transpose().map_err(|error| {
            invocation.place(error.saying("the record is updated, but unreadable").with_may_have_happened(true))
        })
    }
}

/// The key and the changes, checked.
pub(super) fn prepare<T: Record>(
    repository: &Repository<T>,
    state: &Arc<State>,
    key: impl Serialize,
    update: &Update,
) -> Result<(Sought, Changes)> {
    Ok((sought(state, &key)?, Changes::new(repository, state, update)?))
}

/// The request to change the record with a key, unless it has expired.
pub(super) fn change(
    invocation: &Invocation,
    state: &State,
    key: Key,
    changes: &Changes,
    expected: Option<ExpectedVersion>,
) -> UpdateRequest {
    let expiry = state.expiry(invocation.context().now);
    let filter = expiry.map_or_else(Filter::all, |expiry| expiry.among(Filter::all()));
    let mut request = changes.request(invocation.context().clone(), key, &filter, state);
    request.expected = expected;
    request
}

action!(UpdateByKey<T: Record>, Option<T>);

struct Updating {
    state: Arc<State>,
    request: UpdateRequest,
}

impl Operation for Updating {
    type Answer = Handed;

    async fn run(&self) -> Result<Handed> {
        update(&self.state, &self.request).await
    }
}
