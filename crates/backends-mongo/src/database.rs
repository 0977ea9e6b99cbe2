//! The database on the server: its names, and how calls to it wait and fail.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use backends_core::driver::Context;
use backends_core::{Error, Result};
use futures_core::Stream;
use mongodb::bson::RawDocumentBuf;
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Client, Collection};
use tokio::time::{Instant, timeout_at};

use crate::error::{Effect, is_of_the_connection, translate, unreachable};
use crate::topology::{Fault, Topology};

/// How long before a call's deadline it is said why no server could be reached; core says nothing but "too late".
const MARGIN: Duration = Duration::from_millis(5);

/// A database, what it is reached by, and what the names in it begin with.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) client: Client,
    pub(crate) native: mongodb::Database,
    pub(crate) prefix: String,
    pub(crate) topology: Topology,
    /// How long the driver looks for a server that takes a call; then it says itself that there is none.
    pub(crate) patience: Duration,
}

impl Database {
    /// The collection that `name` has here.
    pub(crate) fn collection(&self, name: &str) -> Collection<RawDocumentBuf> {
        self.native.collection(&self.collection_name(name))
    }

    pub(crate) fn collection_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Waits for the answer to a request to the server. The deadline itself is kept by core; what is added here is why
    /// nothing came, where the driver knows.
    ///
    /// The request is boxed: many of the driver have kilobytes, which every future around one would hold twice and copy.
    pub(crate) async fn ask<T>(
        &self,
        context: &Context,
        mut request: impl Future<Output = mongodb::error::Result<T>> + Unpin,
    ) -> Result<T, Failure> {
        let (began, early) = (Instant::now(), early(context));
        if early.saturating_duration_since(began) > self.patience {
            // The driver gives up before: a timer would only cost.
            return request.await.map_err(Failure::Native);
        }
        let answer = match timeout_at(early, &mut request).await {
            Ok(answer) => answer,
            Err(_) => match self.topology.unreachable_since(began) {
                Some(fault) => return Err(Failure::Unreachable(fault)),
                None => request.await,
            },
        };
        answer.map_err(Failure::Native)
    }

    /// The same for what may be done twice, which is asked once more where the connection broke: the driver repeats
    /// reads and writes of records by itself, and nothing else.
    pub(crate) async fn ask_again<T, F>(&self, context: &Context, request: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = mongodb::error::Result<T>> + Unpin,
    {
        match self.ask(context, request()).await {
            Err(failure) if failure.native().is_some_and(is_of_the_connection) => self.ask(context, request()).await,
            answer => answer,
        }
    }

    /// The same, with an error of this library.
    pub(crate) async fn call<T>(
        &self,
        context: &Context,
        effect: Effect,
        request: impl Future<Output = mongodb::error::Result<T>> + Unpin,
    ) -> Result<T> {
        self.ask(context, request).await.map_err(|failure| self.fail(failure, effect))
    }

    pub(crate) fn fail(&self, failure: Failure, effect: Effect) -> Error {
        match failure {
            Failure::Native(native) => translate(native, effect, self.topology.fault()),
            Failure::Unreachable(fault) => unreachable(fault),
        }
    }
}

/// Why a request came to nothing.
pub(crate) enum Failure {
    /// The server or the driver says so.
    Native(mongodb::error::Error),
    /// No server took it, all the time.
    Unreachable(Fault),
}

impl Failure {
    pub(crate) fn native(&self) -> Option<&mongodb::error::Error> {
        match self {
            Self::Native(native) => Some(native),
            Self::Unreachable(_) => None,
        }
    }
}

/// The next reply of a cursor, or `None` after the last.
pub(crate) fn next_reply(
    cursor: &mut RawBatchCursor,
) -> impl Future<Output = mongodb::error::Result<Option<RawBatch>>> + Unpin {
    poll_fn(|task| Pin::new(&mut *cursor).poll_next(task).map(Option::transpose))
}

/// Shortly before the deadline.
pub(crate) fn early(context: &Context) -> Instant {
    let deadline = context.deadline();
    deadline.checked_sub(MARGIN).unwrap_or(deadline)
}

/// How long the server may take: what is left, and at least the least that it can be told.
pub(crate) fn max_time(context: &Context) -> Duration {
    context.remaining().clamp(Duration::from_millis(1), Duration::from_millis(i32::MAX.unsigned_abs().into()))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.native.name())
            .field("prefix", &self.prefix)
            .field("topology", &self.topology)
            .finish_non_exhaustive()
    }
}
