//! Group commit: writes that wait together share one transaction, and one flush of the disk.

use std::time::Duration;

use backends_core::{Error, Result};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::claim::{Claim, Receipt};
use crate::error::{self, Fault};
use crate::file::File;
use crate::patience::{self, Patience};
use crate::queue::{Job, Queue};

/// A transaction takes no more jobs once it is this old: later callers wait for a commit of their own.
const GROUP_TIME: Duration = Duration::from_millis(50);

/// How a job wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// In a transaction with others.
    Grouped,
    /// The same; it is one statement, so that alone it needs no transaction around it.
    Single,
    /// In a transaction of its own.
    Alone,
    /// Without a transaction.
    Bare,
}

/// A write that waits. What it does may be done again, if the transaction that it shared was rolled back.
pub(crate) trait Write: Send {
    fn manner(&self) -> Manner;
    fn patience(&self) -> &Patience;
    fn claim(&self) -> &Claim;
    /// Does the work and keeps the outcome; the error of `SQLite` if the transaction has to be rolled back.
    fn run(&mut self, connection: &mut Connection) -> rusqlite::Result<()>;
    /// Answers with the outcome, which is stored now.
    fn done(self: Box<Self>);
    /// Answers with an error: nothing was stored, or nobody knows.
    fn fail(self: Box<Self>, error: Error);
}

pub(crate) type WriteJob = Box<dyn Write>;
pub(crate) type Writer = Queue<WriteJob>;

impl Job for WriteJob {
    fn until(&self) -> Instant {
        self.patience().until()
    }
}

struct Pending<R, F> {
    manner: Manner,
    patience: Patience,
    claim: Claim,
    work: F,
    outcome: Option<Result<R>>,
    answer: oneshot::Sender<Result<R>>,
}

/// A write, and where its answer comes in.
pub(crate) fn write<R, F>(manner: Manner, patience: Patience, work: F) -> (WriteJob, Receipt<R>)
where
    R: Send + 'static,
    F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    let claim = Claim::default();
    let receipt = Receipt::new(claim.clone(), patience.clone(), receiver);
    (Box::new(Pending { manner, patience, claim, work, outcome: None, answer }), receipt)
}

impl<R: Send, F: FnMut(&mut Connection) -> Result<R, Fault> + Send> Write for Pending<R, F> {
    fn manner(&self) -> Manner {
        self.manner
    }

    fn patience(&self) -> &Patience {
        &self.patience
    }

    fn claim(&self) -> &Claim {
        &self.claim
    }

    fn run(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let outcome = match (self.work)(connection) {
            Ok(answer) => Ok(answer),
            Err(Fault::Refused(error)) => Err(error),
            Err(Fault::Native(error)) => return Err(error),
        };
        self.outcome = Some(outcome);
        Ok(())
    }

    // A caller that does not wait any longer is no mistake.
    fn done(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(Error::unexpected("a write was answered before it was done")));
        let _ = self.answer.send(outcome);
    }

    fn fail(self: Box<Self>, error: Error) {
        self.claim.fail();
        let _ = self.answer.send(Err(error));
    }
}

/// Does a job, and those behind it that can share its transaction.
pub(crate) fn serve(job: WriteJob, connection: &mut Connection, queue: &Writer, file: &File) {
    let Some(job) = in_time(job) else { return };
    let mut transaction = Transaction { connection, queue, file };
    match job.manner() {
        Manner::Bare => transaction.none(job),
        Manner::Alone => transaction.alone(job),
        Manner::Single if queue.is_empty() => transaction.implied(job),
        Manner::Grouped | Manner::Single => transaction.shared(job),
    }
}

/// The job, taken to be done, if its turn comes in time. `None` if it is answered, or given up.
fn in_time(job: WriteJob) -> Option<WriteJob> {
    if job.until() <= Instant::now() {
        job.fail(patience::too_late());
        return None;
    }
    job.claim().take().then_some(job)
}

struct Transaction<'a> {
    connection: &'a mut Connection,
    queue: &'a Writer,
    file: &'a File,
}

impl Transaction<'_> {
    /// A job that looks after its own transactions. One that it leaves open is rolled back.
    fn none(&mut self, mut job: WriteJob) {
        let outcome = job.run(self.connection);
        let left_open = !self.connection.is_autocommit();
        self.roll_back();
        match outcome {
            Ok(()) if left_open => job.fail(Error::invalid_input(
                "a transaction was left open on the connection of the backend, and was rolled back: commit it",
            )),
            Ok(()) => job.done(),
            Err(native) => job.fail(error::translate(native)),
        }
    }

    /// A single statement is a transaction by itself.
    fn implied(&mut self, mut job: WriteJob) {
        if let Err(error) = self.file.check_now_and_then() {
            return job.fail(error);
        }
        match job.run(self.connection) {
            Ok(()) => job.done(),
            Err(native) if error::is_busy(&native) => self.shared(job),
            Err(native) => job.fail(uncommitted(&native)),
        }
    }

    fn alone(&mut self, job: WriteJob) {
        let Some(mut job) = self.begin(job) else { return };
        if let Err(native) = job.run(self.connection) {
            self.roll_back();
            return job.fail(error::translate(native));
        }
        match self.commit() {
            Ok(()) => job.done(),
            Err(native) => job.fail(uncommitted(&native)),
        }
    }

    fn shared(&mut self, first: WriteJob) {
        let Some(first) = self.begin(first) else { return };
        let begun = Instant::now();
        let mut next = Some(first);
        let mut done = Vec::new();
        while let Some(job) = next.take().or_else(|| self.another(begun)) {
            let Some(mut job) = in_time(job) else { continue };
            let outcome = job.run(self.connection);
            done.push(job);
            if let Err(native) = outcome {
                return self.apart(done, native);
            }
        }
        match self.commit() {
            Ok(()) => done.into_iter().for_each(Write::done),
            Err(native) if surely_undone(&native) => self.apart(done, native),
            Err(native) => done.into_iter().for_each(|job| job.fail(uncommitted(&native))),
        }
    }

    fn another(&self, begun: Instant) -> Option<WriteJob> {
        if begun.elapsed() > GROUP_TIME {
            return None;
        }
        self.queue.next_if(|job| matches!(job.manner(), Manner::Grouped | Manner::Single))
    }

    /// One of the jobs spoilt the transaction: each in its own, so that the others are none the worse for it.
    fn apart(&mut self, jobs: Vec<WriteJob>, native: rusqlite::Error) {
        self.roll_back();
        match <[WriteJob; 1]>::try_from(jobs) {
            Ok([job]) => job.fail(error::translate(native)),
            Err(jobs) => {
                for job in &jobs {
                    job.claim().put_back();
                }
                jobs.into_iter().filter_map(in_time).for_each(|job| self.alone(job));
            }
        }
    }

    /// Begins a transaction once no other connection has the write lock. `None` if the job is answered.
    fn begin(&mut self, job: WriteJob) -> Option<WriteJob> {
        if let Err(error) = self.file.check_now_and_then() {
            job.fail(error);
            return None;
        }
        let begun = Instant::now();
        let mut pause = patience::FIRST_PAUSE;
        loop {
            let native = match self.execute("BEGIN IMMEDIATE") {
                Ok(()) => return Some(job),
                Err(native) => native,
            };
            if !error::is_busy(&native) {
                job.fail(error::translate(native));
                return None;
            }
            let now = Instant::now();
            for late in self.queue.take_late(now) {
                let error = late.patience().over(error::duplicate(&native));
                late.fail(error);
            }
            if job.patience().is_over(begun, now) {
                let error = job.patience().over(native);
                job.fail(error);
                return None;
            }
            patience::pause(&mut pause);
        }
    }

    fn commit(&self) -> rusqlite::Result<()> {
        self.execute("COMMIT")
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // A connection that cannot even roll back fails the next transaction too, which reports it.
            let _ = self.execute("ROLLBACK");
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

/// Whether the error of a commit says that nothing was stored. After a failed write or flush nobody knows what the
/// disk holds.
fn surely_undone(native: &rusqlite::Error) -> bool {
    !matches!(error::primary_code(native), ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_INTERNAL)
}

fn uncommitted(native: &rusqlite::Error) -> Error {
    error::translate(error::duplicate(native)).with_may_have_happened(!surely_undone(native))
}
