//! Storing a new record.

use std::sync::Arc;
use std::time::Duration;

use super::written::{Prepared, Written};
use super::{action, by_swap};
use crate::driver::{InsertRequest, RepositoryDriver};
use crate::layer::Operation;
use crate::repository::{begin_version, check_own_id};
use crate::{Record, Repository, Result};

/// Stores a new record. See [`Repository::insert`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Insert<T> {
    written: Written<T>,
    timeout: Option<Duration>,
}

impl<T: Record> Insert<T> {
    pub(crate) fn new(repository: &Repository<T>, record: &T) -> Self {
        let written = Written::new(repository, record, |state, checked| {
            check_own_id(state, checked)?;
            begin_version(state, checked)
        });
        Self { written, timeout: None }
    }

    async fn run(self) -> Result<T> {
        let Written { inner, prepared } = self.written;
        let invocation = inner.invoke("insert", self.timeout);
        let Prepared { state, checked, record } = *prepared.map_err(|error| invocation.place(error))?;
        let request = InsertRequest::new(invocation.context().clone(), checked.key, checked.record);
        invocation.write(Inserting { driver: Arc::clone(&state.driver), request }).await?;
        Ok(record)
    }
}

action!(Insert<T: Record>, T);

struct Inserting {
    driver: Arc<dyn RepositoryDriver>,
    request: InsertRequest,
}

impl Operation for Inserting {
    type Answer = ();

    async fn run(&self) -> Result<()> {
        if self.driver.insert(&self.request).await?.0 {
            return Ok(());
        }
        by_swap::insert(&*self.driver, &self.request).await
    }
}
