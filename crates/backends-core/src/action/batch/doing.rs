//! A batch on its way to the driver, and again where what has expired was in its way.

use std::sync::Arc;

use super::written::{One, WrittenBatch};
use crate::action::Invocation;
use crate::action::room::{Storing, TRIES};
use crate::driver::{BackendDriver, BatchStep, BatchWrite, BatchWritten, Context, KeyedWrite, WriteBatchRequest};
use crate::layer::Operation;
use crate::repository::State;
use crate::{Backend, Error, Result};

/// A batch with nothing against it.
pub(super) struct Batching {
    backend: Backend,
    /// Every write that was added, and its place in the request: none where there is nothing to do.
    added: Vec<(Arc<str>, Arc<State>, Option<usize>)>,
    request: WriteBatchRequest,
}

impl Batching {
    pub(super) fn new(backend: &Backend, context: &Context) -> Self {
        let request = WriteBatchRequest::new(context.clone(), Vec::new());
        Self { backend: backend.clone(), added: Vec::new(), request }
    }

    pub(super) fn push(&mut self, name: Arc<str>, state: Arc<State>, write: Option<BatchWrite>) {
        let place = write.is_some().then_some(self.request.writes.len());
        self.request.writes.extend(write);
        self.added.push((name, state, place));
    }

    pub(super) fn writes(&self) -> &[BatchWrite] {
        &self.request.writes
    }

    pub(super) async fn run(self, invocation: &Invocation) -> Result<WrittenBatch> {
        let Self { backend, added, request } = self;
        if request.writes.is_empty() && backend.capabilities().batches {
            invocation.check()?;
            return Ok(written(added, Vec::new()));
        }
        let asked: Vec<usize> = (0..added.len()).filter(|position| added[*position].2.is_some()).collect();
        let states = asked.iter().map(|position| Arc::clone(&added[*position].1)).collect();
        let doing = Doing { driver: Arc::clone(backend.driver()), states, request };
        // What the driver was not asked for counts too.
        let counted = |error: Error| match error.position().and_then(|position| asked.get(position)) {
            Some(position) => error.with_position(*position),
            None => error,
        };
        let BatchWritten(steps) = invocation.write(doing).await.map_err(counted)?;
        Ok(written(added, steps))
    }
}

fn written(added: Vec<(Arc<str>, Arc<State>, Option<usize>)>, steps: Vec<BatchStep>) -> WrittenBatch {
    let mut steps = steps.into_iter();
    let one = |(name, state, place): (_, _, Option<usize>)| {
        let step = place.and_then(|_| steps.next());
        let (record, created) = match step {
            Some(BatchStep::Put { record, created }) => (Some(record), created),
            _ => (None, false),
        };
        One { name, state, record, created }
    };
    WrittenBatch::new(added.into_iter().map(one).collect())
}

struct Doing {
    driver: Arc<dyn BackendDriver>,
    states: Vec<Arc<State>>,
    request: WriteBatchRequest,
}

impl Doing {
    async fn once(&self) -> Result<BatchWritten> {
        let written = self.driver.write_batch(&self.request).await?;
        if written.0.len() != self.request.writes.len() {
            let message = "a driver answered another number of writes than the batch has";
            return Err(Error::unexpected(message).with_may_have_happened(true));
        }
        Ok(written)
    }

    /// Removes what has expired and is in the way of the write that was refused. Says whether it may go well now.
    async fn make_room(&self, refused: &Error) -> Result<bool> {
        let mut writes = self.states.iter().zip(&self.request.writes);
        let Some((state, write)) = refused.position().and_then(|position| writes.nth(position)) else {
            return Ok(false);
        };
        let Some(expiry) = state.expiry(self.request.context.now) else { return Ok(false) };
        let storing = match &write.write {
            KeyedWrite::Insert(request) => Storing::Insert(request),
            KeyedWrite::Replace(request) => Storing::Replace(request),
            KeyedWrite::Update(request) => Storing::Update(request, Some(&expiry)),
            KeyedWrite::Delete(_) => return Ok(false),
        };
        storing.make_room(state, &expiry, refused).await
    }
}

impl Operation for Doing {
    type Answer = BatchWritten;

    async fn run(&self) -> Result<BatchWritten> {
        for _ in 0..TRIES {
            match self.once().await {
                Err(refused) if refused.is_already_exists() && !refused.may_have_happened() => {
                    if !self.make_room(&refused).await? {
                        return Err(refused);
                    }
                }
                answer => return answer,
            }
        }
        self.once().await
    }
}
