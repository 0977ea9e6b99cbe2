//! Reads: each on whichever read-only connection is free.

use backends_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::Fault;
use crate::patience::{self, Patience};
use crate::queue::{Job, Queue};

/// A read that waits.
pub(crate) trait Read: Send {
    fn until(&self) -> Instant;
    fn run(self: Box<Self>, connection: &mut Connection);
}

pub(crate) type ReadJob = Box<dyn Read>;
pub(crate) type Readers = Queue<ReadJob>;

impl Job for ReadJob {
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
        self.patience.until()
    }

    fn run(mut self: Box<Self>, connection: &mut Connection) {
        // Nobody waits for it any longer.
        if self.answer.is_closed() {
            return;
        }
        let answer = if self.patience.until() <= Instant::now() {
            Err(patience::too_late())
        } else {
            self.patience.retry(|| (self.work)(connection)).map_err(Error::from)
        };
        let _ = self.answer.send(answer);
    }
}
