//! What a write holds between the call that encoded it and the await that sends it.

use std::sync::Arc;

use super::Invocation;
use crate::repository::{Checked, Inner, State, decode};
use crate::{Record, Repository, Result};

/// A record that was encoded and checked, and what it is written to.
pub(super) struct Written<T> {
    pub(super) inner: Arc<Inner>,
    /// Apart, so that the record is not moved along with the action and its future.
    pub(super) prepared: Result<Box<Prepared<T>>>,
}

pub(super) struct Prepared<T> {
    pub(super) state: Arc<State>,
    pub(super) checked: Checked,
    /// The record as it will be read.
    pub(super) record: T,
}

impl<T: Record> Written<T> {
    pub(super) fn new(
        repository: &Repository<T>,
        record: &T,
        check: impl FnOnce(&State, &mut Checked) -> Result<()>,
    ) -> Self {
        let prepare = || {
            let plan = repository.plan();
            let state = plan.state();
            let mut checked = plan.encode(&state, record)?;
            check(&state, &mut checked)?;
            let record = plan.read_back(&state, &checked)?;
            Ok(Box::new(Prepared { state, checked, record }))
        };
        Self { inner: Arc::clone(repository.inner()), prepared: prepare() }
    }
}

impl<T: Record> Prepared<T> {
    /// The same, as it is written by this call.
    ///
    /// # Errors
    /// `InvalidInput`, if the type reads some times only.
    pub(super) fn at(mut self: Box<Self>, invocation: &Invocation) -> Result<Box<Self>> {
        if self.checked.lacks_time {
            self.state.begin_at(&mut self.checked.record, invocation.context().now);
            self.record = decode(&self.state, &self.checked.record, 0, None).map_err(|error| {
                let refused = crate::Error::invalid_input("the type cannot read the time of the write");
                error.path().into_iter().fold(refused, crate::Error::with_path)
            })?;
        }
        Ok(self)
    }
}
