//! Inserting or replacing a record.

use std::time::Duration;

use super::action;
use super::replace::put;
use super::written::Written;
use crate::repository::count_version;
use crate::{Record, Repository, Result};

/// Inserts a record, or replaces the one that has its key. See [`Repository::upsert`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Upsert<T> {
    written: Written<T>,
    timeout: Option<Duration>,
}

/// What an upsert did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted<T> {
    /// The record as it is stored.
    pub record: T,
    /// Whether it was inserted; else it replaced another.
    pub created: bool,
}

impl<T: Record> Upsert<T> {
    pub(crate) fn new(repository: &Repository<T>, record: &T) -> Self {
        Self { written: prepare(repository, record), timeout: None }
    }

    async fn run(self) -> Result<Upserted<T>> {
        let invocation = self.written.inner.invoke("upsert", self.timeout);
        let prepared = self.written.prepared.and_then(|prepared| prepared.at(&invocation));
        let prepared = prepared.map_err(|error| invocation.place(error))?;
        let (record, created) = put(&invocation, prepared, true).await?;
        Ok(Upserted { record, created })
    }
}

/// A record to insert or in the place of another, checked.
pub(super) fn prepare<T: Record>(repository: &Repository<T>, record: &T) -> Written<T> {
    Written::new(repository, record, count_version)
}

action!(Upsert<T: Record>, Upserted<T>);
