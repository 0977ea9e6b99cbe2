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

use crate::error::{Effect, is_of_the_connection, not_sent, translate, unreachable};
use crate::topology::{Fault, Topology};
use crate::tries::{counted, sent};

/// How long before a call's deadline it is said why no server could be reached; core says nothing but "too late".
const MARGIN: Duration = Duration::from_millis(5);

/// A database, what it is reached by, and what the names in it begin with.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) client: Client,
    pub(crate) native: mongodb::Database,
    pub(crate) prefix: String,
    pub(crate) topology: Topology,
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
    /// nothing came, where the driver knows, and an end for what was not sent until then.
    ///
    /// The request is boxed: many of the driver have kilobytes, which every future around one would hold twice and copy.
    pub(crate) async fn ask<T>(
        &self,
        context: &Context,
        request: impl Future<Output = mongodb::error::Result<T>> + Unpin,
    ) -> Result<T, Failure> {
        counted(self.wait(context, request)).await
    }

    async fn wait<T>(
        &self,
        context: &Context,
        mut request: impl Future<Output = mongodb::error::Result<T>> + Unpin,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let answer = match timeout_at(early(context), &mut request).await {
            Ok(answer) => answer,
            Err(_) => match self.topology.unreachable_since(began) {
                Some(fault) => return Err(Failure::Unreachable(fault)),
                None if sent() == 0 => return Err(Failure::NotSent),
                None => request.await,
            },
        };
        answer.map_err(Failure::of)
    }

    /// The same for what may be done twice, which is asked once more where the connection broke: the driver repeats
    /// reads and writes of records by itself, and nothing else.
    pub(crate) async fn ask_again<T, F>(&self, context: &Context, request: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = mongodb::error::Result<T>> + Unpin,
    {
        let twice = async {
            match self.wait(context, request()).await {
                Err(failure) if failure.native().is_some_and(is_of_the_connection) => {
                    self.wait(context, request()).await
                }
                answer => answer,
            }
        };
        counted(twice).await
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
            Failure::Native { error, sent } => translate(error, effect, sent, self.topology.fault()),
            Failure::Unreachable(fault) => unreachable(fault),
            Failure::NotSent => not_sent(),
        }
    }
}

/// Why a request came to nothing.
pub(crate) enum Failure {
    /// The server or the driver says so, after so many tries.
    Native { error: mongodb::error::Error, sent: u32 },
    /// No server took it, all the time.
    Unreachable(Fault),
    /// It got no connection in time.
    NotSent,
}

impl Failure {
    /// What the driver says of the request around.
    pub(crate) fn of(error: mongodb::error::Error) -> Self {
        Self::Native { error, sent: sent() }
    }

    pub(crate) fn native(&self) -> Option<&mongodb::error::Error> {
        match self {
            Self::Native { error, .. } => Some(error),
            Self::Unreachable(_) | Self::NotSent => None,
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
