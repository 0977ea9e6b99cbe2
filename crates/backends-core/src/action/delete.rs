//! Deleting a record by its key.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::action;
use super::changing::{Handed, delete};
use crate::driver::{DeleteRequest, RepositoryDriver};
use crate::layer::Operation;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Record, Repository, Result};

/// Deletes the record with a key. See [`Repository::delete`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Delete<T> {
    inner: Arc<Inner>,
    key: Result<(Arc<State>, Sought)>,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Delete<T> {
    pub(crate) fn new(repository: &Repository<T>, key: impl Serialize) -> Self {
        let inner = Arc::clone(repository.inner());
        let state = inner.state();
        let key = sought(&state, &key).map(|key| (state, key));
        Self { inner, key, timeout: None, record: PhantomData }
    }

    async fn run(self) -> Result<Option<T>> {
        let invocation = self.inner.invoke("delete", self.timeout);
        let (state, key) = self.key.map_err(|error| invocation.place(error))?;
        let Sought::Key(key) = key else { return invocation.check().map(|()| None) };
        let request = DeleteRequest::new(invocation.context().clone(), key);
        let deleted = invocation.write(Deleting { driver: Arc::clone(&state.driver), request }).await?;
        let Some(batch) = deleted else { return Ok(None) };
        let record = decode(&state, &*batch, 0, None);
        record.map(Some).map_err(|error| {
            invocation.place(error.saying("the record is deleted, but unreadable").with_may_have_happened(true))
        })
    }
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
