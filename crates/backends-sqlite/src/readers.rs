//! Reads: each on whichever read-only connection is free.

use backends_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::Fault;
use crate::patience::{self, Patience};
use crate::queue::{Job, Lease, Queue};

/// A read that waits.
pub(crate) trait Read: Send {
    fn until(&self) -> Instant;
    fn run(self: Box<Self>, connection: &mut Connection);
    fn fail(self: Box<Self>, error: Error);
}

pub(crate) type ReadJob = Box<dyn Read>;
pub(crate) type Readers = Queue<ReadJob>;

impl Job for ReadJob {
    fn refuse(self, error: Error) {
        self.fail(error);
    }

    fn until(&self) -> Instant {
        (**self).until()
    }
}

struct Pending<R, F> {
    patience: Patience,
    work: F,
    answer: oneshot::Sender<Result<R>>,
}

/// A read, and where its answer comes in.
pub(crate) fn read<R, F>(patience: Patience, work: F) -> (ReadJob, oneshot::Receiver<Result<R>>)
where
    R: Send + 'static,
    F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    (Box::new(Pending { patience, work, answer }), receiver)
}

impl<R: Send, F: FnMut(&mut Connection) -> Result<R, Fault> + Send> Read for Pending<R, F> {
    fn until(&self) -> Instant {
        self.patience.until
    }

    fn run(mut self: Box<Self>, connection: &mut Connection) {
        // Nobody waits for it any longer.
        if self.answer.is_closed() {
            return;
        }
        let answer = if self.patience.until <= Instant::now() {
            Err(patience::too_late())
        } else {
            self.patience.retry(|| (self.work)(connection)).map_err(Error::from)
        };
        let _ = self.answer.send(answer);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.answer.send(Err(error));
    }
}

/// Does the jobs of the queue until there is none.
pub(crate) fn drain(mut lease: Lease<ReadJob>) {
    while let Some((job, connection, _)) = lease.next() {
        job.run(connection);
        if !connection.is_autocommit() {
            // A connection that cannot even roll back fails the next read too, which reports it.
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}
