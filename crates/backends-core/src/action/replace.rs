//! Replacing a record.

use std::sync::Arc;
use std::time::Duration;

use super::room::{Storing, in_room};
use super::written::{Prepared, Written};
use super::{Invocation, action, by_swap};
use crate::driver::{ExpectedVersion, Merged, ReplaceRequest};
use crate::layer::Operation;
use crate::repository::{State, check_names_its_key, count_version, decode, id_rule};
use crate::{Record, Repository, Result};

/// Replaces the record that has a key. See [`Repository::replace`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Replace<T> {
    written: Written<T>,
    timeout: Option<Duration>,
}

impl<T: Record> Replace<T> {
    pub(crate) fn new(repository: &Repository<T>, record: &T) -> Self {
        Self { written: prepare(repository, record), timeout: None }
    }

    async fn run(self) -> Result<T> {
        let invocation = self.written.inner.invoke("replace", self.timeout);
        let prepared = self.written.prepared.and_then(|prepared| prepared.at(&invocation));
        let prepared = prepared.map_err(|error| invocation.place(error))?;
        put(&invocation, prepared, false).await.map(|(record, _)| record)
    }
}

action!(Replace<T: Record>, T);

/// A record in the place of another, checked.
pub(super) fn prepare<T: Record>(repository: &Repository<T>, record: &T) -> Written<T> {
    Written::new(repository, record, |state, checked| {
        check_names_its_key(state, checked)?;
        count_version(state, checked)
    })
}

/// Puts the record in the place of what is there, and says whether there was nothing.
pub(super) async fn put<T: Record>(
    invocation: &Invocation,
    prepared: Box<Prepared<T>>,
    create: bool,
) -> Result<(T, bool)> {
    let (state, request, record) = replacement(invocation, *prepared, create);
    let merged = invocation.write(Replacing { state: Arc::clone(&state), request }).await?;
    if state.definition.id_is_key() {
        return Ok((record, merged.created));
    }
    // Only the write shows which id is kept.
    let record = decode(&state, &merged.record, 0, None).map_err(|error| {
        invocation.place(error.saying("the record is replaced, but unreadable").with_may_have_happened(true))
    })?;
    Ok((record, merged.created))
}

/// The request, and the record as it will be read. Apart, so that what it takes apart is not kept until the answer comes.
pub(super) fn replacement<T>(
    invocation: &Invocation,
    prepared: Prepared<T>,
    create: bool,
) -> (Arc<State>, ReplaceRequest, T) {
    let Prepared { state, mut checked, record } = prepared;
    let id = id_rule(&state, &mut checked);
    let mut request = ReplaceRequest::new(invocation.context().clone(), checked.key, checked.record);
    request.create = create;
    request.id = id;
    request.expected = checked.expected;
    request.expiry = state.expiry(request.context.now);
    (state, request, record)
}

struct Replacing {
    state: Arc<State>,
    request: ReplaceRequest,
}

impl Operation for Replacing {
    type Answer = Merged;

    async fn run(&self) -> Result<Merged> {
        let (driver, request) = (&*self.state.driver, &self.request);
        let by_core = ExpectedVersion::is_by_core(request.expected.as_ref());
        let once = || async move {
            let merged = if by_core { None } else { driver.replace(request).await?.0 };
            match merged {
                Some(merged) => Ok(merged),
                None => by_swap::replace(driver, request).await,
            }
        };
        in_room(&self.state, Storing::Replace(request), once).await
    }
}
