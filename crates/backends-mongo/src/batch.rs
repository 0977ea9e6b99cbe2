//! Writes to several documents, also of several collections, in one transaction, which is made again where others get in
//! its way.

use std::time::Duration;

use backends_core::driver::{BatchStep, BatchWritten, Context, WriteBatchRequest};
use backends_core::{Error, Result};
use mongodb::ClientSession;
use mongodb::error::{
    Error as NativeError, ErrorKind as NativeKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT,
};
use mongodb::options::{ReadConcern, WriteConcern};
use tokio::time::{Instant, sleep, timeout_at};

use crate::database::{Database, Failure, early};
use crate::error::{Effect, too_late};
use crate::repository::{Inserts, MongoRepository};

/// The first wait before another try, and the longest: each a random part of it, so that two that got in each other's
/// way do not meet again.
const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(250);

/// Why a transaction came to nothing.
pub(crate) enum Stop {
    /// Another try may go well: others wrote the same documents, or the way to the server broke.
    Again(Error),
    /// It would fail the same way.
    Over(Error),
}

impl Stop {
    /// The same about one of the writes.
    pub(crate) fn at(self, request: &WriteBatchRequest, position: usize) -> Self {
        match self {
            Self::Again(error) => Self::Again(request.at(position, error)),
            Self::Over(error) => Self::Over(request.at(position, error)),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Over(error)
    }
}

/// What it means for a transaction that a request failed before its commit, which `told` makes an error: nothing of it is
/// done.
pub(crate) fn stop(failure: Failure, told: impl FnOnce(Failure) -> Error) -> Stop {
    let is_transient = failure.native().is_some_and(is_transient);
    let error = told(failure).with_may_have_happened(false);
    if is_transient { Stop::Again(error) } else { Stop::Over(error) }
}

/// Whether the whole transaction may be made again. That no server was found was waited for already.
fn is_transient(native: &NativeError) -> bool {
    native.contains_label(TRANSIENT_TRANSACTION_ERROR) && !matches!(&*native.kind, NativeKind::ServerSelection { .. })
}

pub(crate) async fn write_batch(database: &Database, request: &WriteBatchRequest) -> Result<BatchWritten> {
    let context = &request.context;
    let mut repositories = Vec::with_capacity(request.writes.len());
    for (position, write) in request.writes.iter().enumerate() {
        let repository = write.repository_as::<MongoRepository>()?;
        repository.is_there(context).await.map_err(|error| request.at(position, error))?;
        repositories.push(repository);
    }
    let mut session = database.call(context, Effect::Reads, database.client.start_session().into_future()).await?;
    let mut longest = FIRST;
    let mut last = None;
    loop {
        let once = once(database, request, &repositories, &mut session);
        // Before the commit nothing has happened, whatever is on its way.
        let written = match timeout_at(early(context), Box::pin(once)).await {
            Ok(Ok(written)) => commit(database, context, &mut session).await.map(|()| written),
            Ok(Err(stop)) => {
                let _ = timeout_at(early(context), session.abort_transaction().into_future()).await;
                Err(stop)
            }
            Err(_) => Err(Stop::Over(last.take().unwrap_or_else(too_late))),
        };
        match written {
            Ok(written) => return Ok(written),
            Err(Stop::Over(error)) => return Err(error),
            Err(Stop::Again(error)) => {
                let pause = longest.mul_f64(fastrand::f64());
                if Instant::now() + pause >= early(context) {
                    return Err(error);
                }
                last = Some(error);
                sleep(pause).await;
                longest = (longest * 2).min(LONGEST);
            }
        }
    }
}

/// Does the writes, as far as the commit.
async fn once(
    database: &Database,
    request: &WriteBatchRequest,
    repositories: &[&MongoRepository],
    session: &mut ClientSession,
) -> Result<BatchWritten, Stop> {
    let start = session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(WriteConcern::builder().w(WriteConcern::majority().w).journal(true).build());
    let started = database.ask(&request.context, start.into_future()).await;
    started.map_err(|failure| stop(failure, |failure| database.fail(failure, Effect::Reads)))?;
    let mut seen = Vec::new();
    seen.resize_with(request.writes.len(), || None);
    for (position, repository) in repositories.iter().enumerate() {
        // Each repository once, for all of its writes.
        if !repositories[..position].iter().any(|other| std::ptr::eq(*other, *repository)) {
            let own = |other: &usize| std::ptr::eq(repositories[*other], *repository);
            let positions: Vec<usize> = (position..repositories.len()).filter(own).collect();
            repository
                .look(request, &positions, session, &mut seen)
                .await
                .map_err(|stop| stop.at(request, position))?;
        }
    }
    let mut steps = request.steps();
    let mut inserts = Inserts::default();
    for (position, (write, repository)) in request.writes.iter().zip(repositories).enumerate() {
        let seen = seen[position].as_ref();
        let step = match repository.step(&mut steps, seen) {
            Ok(step) => step,
            // One before it may be refused first.
            Err(error) => return inserts.send(request, session).await.and(Err(error.into())),
        };
        let is_insert = matches!((step, seen), (BatchStep::Put { created: true, .. }, None));
        if !(is_insert && inserts.are_of(repository)) {
            inserts.send(request, session).await?;
        }
        let at_its_place = |stop: Stop| stop.at(request, position);
        match step {
            BatchStep::Put { record, .. } if is_insert => {
                if let Err(error) = inserts.add(repository, position, record) {
                    return inserts.send(request, session).await.and(Err(at_its_place(error.into())));
                }
            }
            _ => {
                let done = repository.take_step(&request.context, session, write, seen, step).await;
                done.map_err(at_its_place)?;
            }
        }
    }
    inserts.send(request, session).await?;
    Ok(steps.finish())
}

/// Commits, and asks again until it is known whether that was done.
async fn commit(database: &Database, context: &Context, session: &mut ClientSession) -> Result<(), Stop> {
    let mut last = None;
    let mut longest = FIRST;
    loop {
        let commit = database.ask(context, session.commit_transaction().into_future());
        let failure = match timeout_at(early(context), commit).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(_) => return Err(Stop::Over(last.unwrap_or_else(too_late).with_may_have_happened(true))),
        };
        let has = |label| failure.native().is_some_and(|native| native.contains_label(label));
        if has(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
            let error = database.fail(failure, Effect::Writes).with_may_have_happened(true);
            let pause = longest.mul_f64(fastrand::f64());
            if Instant::now() + pause >= early(context) {
                return Err(Stop::Over(error));
            }
            last = Some(error);
            sleep(pause).await;
            longest = (longest * 2).min(LONGEST);
        } else if failure.native().is_some_and(is_transient) {
            // The server has no such transaction: it was not done, and will not be.
            return Err(stop(failure, |failure| database.fail(failure, Effect::Reads)));
        } else {
            let error = database.fail(failure, Effect::Writes);
            let may = error.may_have_happened() || last.is_some();
            return Err(Stop::Over(error.with_may_have_happened(may)));
        }
    }
}
