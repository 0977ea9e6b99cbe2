//! Storing a new record.

use std::sync::Arc;
use std::time::Duration;

use super::room::{Storing, in_room};
use super::written::{Prepared, Written};
use super::{Invocation, action, by_swap};
use crate::driver::InsertRequest;
use crate::layer::Operation;
use crate::repository::{State, begin_version, check_own_id};
use crate::{Record, Repository, Result};

/// Stores a new record. See [`Repository::insert`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Insert<T> {
    written: Written<T>,
    timeout: Option<Duration>,
}

impl<T: Record> Insert<T> {
    pub(crate) fn new(repository: &Repository<T>, record: &T) -> Self {
        Self { written: prepare(repository, record), timeout: None }
    }

    async fn run(self) -> Result<T> {
        let Written { inner, prepared } = self.written;
        let invocation = inner.invoke("insert", self.timeout);
        let (inserting, record) = inserting(&invocation, prepared).map_err(|error| invocation.place(error))?;
        invocation.write(inserting).await?;
        Ok(record)
    }
}

/// A new record, checked.
pub(super) fn prepare<T: Record>(repository: &Repository<T>, record: &T) -> Written<T> {
    Written::new(repository, record, |state, checked| {
        check_own_id(state, checked)?;
        begin_version(state, checked)
    })
}

/// Apart, so that what it takes apart is not kept until the answer comes.
fn inserting<T: Record>(invocation: &Invocation, prepared: Result<Box<Prepared<T>>>) -> Result<(Inserting, T)> {
    let (state, request, record) = insertion(invocation, *prepared?.at(invocation)?);
    Ok((Inserting { state, request }, record))
}

/// The request, and the record as it will be read.
pub(super) fn insertion<T>(invocation: &Invocation, prepared: Prepared<T>) -> (Arc<State>, InsertRequest, T) {
    let Prepared { state, checked, record } = prepared;
    let mut request = InsertRequest::new(invocation.context().clone(), checked.key, checked.record);
    request.expiry = state.expiry(request.context.now);
    (state, request, record)
}

action!(Insert<T: Record>, T);

struct Inserting {
    state: Arc<State>,
    request: InsertRequest,
}

/// Stores a new record.
pub(super) async fn insert(state: &State, request: &InsertRequest) -> Result<()> {
    let once = || async {
        if state.driver.insert(request).await?.0 {
            return Ok(());
        }
        by_swap::insert(&*state.driver, request).await
    };
    in_room(state, Storing::Insert(request), once).await
}

impl Operation for Inserting {
    type Answer = ();

    async fn run(&self) -> Result<()> {
        insert(&self.state, &self.request).await
    }
}
