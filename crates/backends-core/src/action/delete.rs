//! Deleting a record by its key.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::changing::{Handed, delete};
use super::{Invocation, action};
use crate::driver::{DeleteRequest, ExpectedVersion, RepositoryDriver};
use crate::layer::Operation;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Error, Record, Repository, Result};

/// Deletes the record with a key. See [`Repository::delete`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Delete<T> {
    inner: Arc<Inner>,
    state: Arc<State>,
    key: Result<Sought>,
    expected: Result<Option<ExpectedVersion>>,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Delete<T> {
    pub(crate) fn new(repository: &Repository<T>, key: impl Serialize) -> Self {
        let inner = Arc::clone(repository.inner());
        let state = inner.state();
        let key = sought(&state, &key);
        Self { inner, state, key, expected: Ok(None), timeout: None, record: PhantomData }
    }

    /// Expects the record to have this version, which is that of a record that was read before; `None` is 0, the
    /// version of a record that another program stored without one.
    ///
    /// # Errors
    /// `Conflict` if the record has another one, or is not there; nothing is done then. `InvalidInput` for what is
    /// no integer, and if the definition names no [version field](crate::DefinitionBuilder::version).
    pub fn expect_version(mut self, version: impl Serialize) -> Self {
        self.expected = self.state.expecting(&version).map(Some);
        self
    }

    async fn run(self) -> Result<Option<T>> {
        let invocation = self.inner.invoke("delete", self.timeout);
        let Some((state, deleting)) = self.deleting(&invocation).map_err(|error| invocation.place(error))? else {
            return Ok(None);
        };
        let Some(batch) = invocation.write(deleting).await? else { return Ok(None) };
        let record = decode(&state, &*batch, 0, None);
        record.map(Some).map_err(|error| {
            invocation.place(error.saying("the record is deleted, but unreadable").with_may_have_happened(true))
        })
    }

    /// Nothing where no record can have the key. Apart, so that what it takes apart is not kept until the answer comes.
    fn deleting(self, invocation: &Invocation) -> Result<Option<(Arc<State>, Deleting)>> {
        let (key, expected) = (self.key?, self.expected?);
        if key == Sought::Nowhere {
            invocation.check()?;
        }
        let request = deletion(invocation, &self.state, key, expected)?;
        let driver = Arc::clone(&self.state.driver);
        Ok(request.map(|request| (self.state, Deleting { driver, request })))
    }
}

/// The request; nothing where no record can have the key.
///
/// # Errors
/// `Conflict` if a version is expected of a record that cannot be.
pub(super) fn deletion(
    invocation: &Invocation,
    state: &State,
    key: Sought,
    expected: Option<ExpectedVersion>,
) -> Result<Option<DeleteRequest>> {
    let Sought::Key(key) = key else {
        return expected.map_or(Ok(None), |expected| Err(Error::stale_version(expected.field())));
    };
    let mut request = DeleteRequest::new(invocation.context().clone(), key);
    request.expected = expected;
    request.expiry = state.expiry(request.context.now);
    Ok(Some(request))
}

action!(Delete<T: Record>, Option<T>);

struct Deleting {
    driver: Arc<dyn RepositoryDriver>,
    request: DeleteRequest,
}

impl Operation for Deleting {
    type Answer = Handed;

    async fn run(&self) -> Result<Handed> {
        delete(&*self.driver, &self.request).await
    }
}
