//! A stream of records.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::Invocation;
use super::draw::{Draw, Drawn, Opening};
use super::query::Query;
use crate::Result;
use crate::repository::State;

/// The records of a [`Find`](super::Find), one after another, a batch in memory at a time.
///
/// After an error `Unreadable`, for a record that `T` or the filter cannot read, it goes on; after any other it ends, also
/// where the database cannot read on. The time limit holds for each request to the database. It is a [`Stream`], and
/// [`next`](Self::next) does without one.
#[must_use = "a stream does nothing until it is asked for its next record"]
pub struct Records<T> {
    phase: Phase,
    state: Arc<State>,
    fields: Option<Arc<[String]>>,
    read: fn(&State, &Drawn, usize, Option<&[String]>) -> Result<T>,
}

type Step = Pin<Box<dyn Future<Output = (Option<Box<Source>>, Result<Option<Drawn>>)> + Send>>;

/// Where the records come from.
struct Source {
    invocation: Invocation,
    draw: Draw,
}

enum Phase {
    Waiting(Step),
    /// Records that are there; the next is at this place.
    Reading(Box<Source>, Drawn, usize),
    Ended,
}

impl<T: DeserializeOwned> Records<T> {
    pub(super) fn new(query: Query) -> Self {
        let (state, fields) = (Arc::clone(&query.state), query.offered());
        let read = |state: &State, drawn: &Drawn, at: usize, fields: Option<&[String]>| drawn.read(state, at, fields);
        Self { phase: Phase::Waiting(Box::pin(open(query))), state, fields, read }
    }
}

/// The first records; without a source for more if there is none.
async fn open(query: Query) -> (Option<Box<Source>>, Result<Option<Drawn>>) {
    match source(&query).await {
        Ok(Some(source)) => advance(source).await,
        Ok(None) => (None, Ok(None)),
        Err(error) => (None, Err(error)),
    }
}

async fn source(query: &Query) -> Result<Option<Box<Source>>> {
    let invocation = query.invocation("find");
    let request = query.request(&invocation).map_err(|error| invocation.place(error))?;
    let Some(request) = request else { return invocation.check().map(|()| None) };
    let draw = invocation.read(&Opening::new(query, request)).await?;
    Ok(Some(Box::new(Source { invocation, draw })))
}

async fn advance(mut source: Box<Source>) -> (Option<Box<Source>>, Result<Option<Drawn>>) {
    let drawn = source.invocation.go_on(source.draw.next()).await;
    (Some(source), drawn)
}

impl<T> Records<T> {
    /// The next record, or its error; nothing after the last.
    ///
    /// # Errors
    /// `Unreadable` for a record that `T` or the filter cannot read, after which it goes on; those of
    /// [`find`](crate::Repository::find), after which it ends.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|task| self.poll(task)).await
    }

    fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Ended) {
                Phase::Ended => return Poll::Ready(None),
                Phase::Waiting(mut step) => match step.as_mut().poll(task) {
                    Poll::Pending => {
                        self.phase = Phase::Waiting(step);
                        return Poll::Pending;
                    }
                    Poll::Ready((Some(source), Ok(Some(drawn)))) => self.phase = Phase::Reading(source, drawn, 0),
                    Poll::Ready((source, Err(error))) => {
                        if let Some(source) = source.filter(|_| error.is_unreadable()) {
                            self.phase = Phase::Waiting(Box::pin(advance(source)));
                        }
                        return Poll::Ready(Some(Err(error)));
                    }
                    Poll::Ready(_) => {}
                },
                Phase::Reading(source, drawn, at) if at < drawn.indexes.len() => {
                    let record = (self.read)(&self.state, &drawn, at, self.fields.as_deref());
                    let record = record.map_err(|error| source.invocation.place(error));
                    self.phase = Phase::Reading(source, drawn, at + 1);
                    return Poll::Ready(Some(record));
                }
                Phase::Reading(source, ..) => self.phase = Phase::Waiting(Box::pin(advance(source))),
            }
        }
    }
}

impl<T> Stream for Records<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Result<T>>> {
        self.poll(task)
    }
}

impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}
