//! Group commit: writes that wait together share one transaction, and one flush of the disk.

use std::cell::Cell;
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
    /// When it was put in the queue.
    fn since(&self) -> Instant;
    /// Does the work and keeps the outcome; the error of `SQLite` if the transaction has to be rolled back.
    fn run(&mut self, connection: &mut Connection) -> rusqlite::Result<()>;
    /// Whether what it did came to an error, and changed nothing.
    fn is_refused(&self) -> bool;
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
    since: Instant,
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
    (Box::new(Pending { manner, patience, claim, since: Instant::now(), work, outcome: None, answer }), receipt)
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

    fn since(&self) -> Instant {
        self.since
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

    fn is_refused(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
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

/// Since when another connection has had the write lock, if the last try to get it failed.
pub(crate) type Locked = Cell<Option<Instant>>;

/// Does a job, and those behind it that can share its transaction.
pub(crate) fn serve(job: WriteJob, connection: &mut Connection, queue: &Writer, file: &File, locked: &Locked) {
    let mut transaction = Transaction { connection, queue, file, locked };
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
    locked: &'a Locked,
}

impl Transaction<'_> {
    /// A job that looks after its own transactions. One that it leaves open is rolled back; what it has stored before is
    /// known to nobody.
    fn none(&mut self, job: WriteJob) {
        let Some(mut job) = in_time(job) else { return };
        let outcome = job.run(self.connection);
        let left_open = !self.connection.is_autocommit();
        self.roll_back();
        match outcome {
            Ok(()) if left_open => {
                let message =
                    "a transaction was left open on the connection of the backend, and was rolled back: commit it";
                job.fail(Error::invalid_input(message).with_may_have_happened(true));
            }
            Ok(()) => job.done(),
            Err(native) => job.fail(error::translate(native).with_may_have_happened(true)),
        }
    }

    /// A single statement is a transaction by itself.
    fn implied(&mut self, job: WriteJob) {
        let Some(mut job) = in_time(job) else { return };
        if let Err(error) = self.file.check_now_and_then() {
            return job.fail(error);
        }
        match job.run(self.connection) {
            Ok(()) => job.done(),
            Err(native) if error::is_busy(&native) => {
                job.claim().put_back();
                self.shared(job);
            }
            Err(native) => job.fail(uncommitted(&native)),
        }
    }

    fn alone(&mut self, job: WriteJob) {
        let Some(job) = self.begin(job) else { return };
        let Some(mut job) = in_time(job) else { return self.roll_back() };
        if let Err(native) = job.run(self.connection) {
            self.roll_back();
            return job.fail(error::translate(native));
        }
        if self.connection.is_autocommit() {
            return undone(job);
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
            match outcome {
                Err(native) => return self.apart(done, Some(native)),
                Ok(()) if self.connection.is_autocommit() => return self.apart(done, None),
                Ok(()) => {}
            }
        }
        match self.commit() {
            Ok(()) => done.into_iter().for_each(Write::done),
            Err(native) if surely_undone(&native) => self.apart(done, Some(native)),
            Err(native) => done.into_iter().for_each(|job| job.fail(uncommitted(&native))),
        }
    }

    fn another(&self, begun: Instant) -> Option<WriteJob> {
        if begun.elapsed() > GROUP_TIME {
            return None;
        }
        self.queue.next_if(|job| matches!(job.manner(), Manner::Grouped | Manner::Single))
    }

    /// One of the jobs spoilt the transaction, or rolled it back as a trigger can: each in its own, so that the others are
    /// none the worse for it.
    fn apart(&mut self, jobs: Vec<WriteJob>, native: Option<rusqlite::Error>) {
        self.roll_back();
        match (<[WriteJob; 1]>::try_from(jobs), native) {
            (Ok([job]), Some(native)) => job.fail(error::translate(native)),
            (Ok([job]), None) => undone(job),
            (Err(jobs), _) => {
                for job in &jobs {
                    job.claim().put_back();
                }
                for job in jobs {
                    self.alone(job);
                }
            }
        }
    }

    /// Begins a transaction once no other connection has the write lock. Until then the job can be given up. `None` if it
    /// is answered.
    fn begin(&mut self, job: WriteJob) -> Option<WriteJob> {
        if let Err(error) = self.file.check_now_and_then() {
            job.fail(error);
            return None;
        }
        let mut pause = patience::FIRST_PAUSE;
        loop {
            let native = match self.execute("BEGIN IMMEDIATE") {
                Ok(()) => {
                    self.locked.set(None);
                    return Some(job);
                }
                Err(native) => native,
            };
            if !error::is_busy(&native) {
                job.fail(error::translate(native));
                return None;
            }
            let now = Instant::now();
            let locked = self.locked.get().unwrap_or(now);
            self.locked.set(Some(locked));
            let is_over = |job: &WriteJob| job.patience().is_over(locked.max(job.since()), now);
            let over = |job: WriteJob| {
                let error = job.patience().over(error::duplicate(&native));
                job.fail(error);
            };
            self.queue.take_out(is_over).into_iter().for_each(over);
            if is_over(&job) {
                over(job);
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

/// Answers a job whose transaction is rolled back already, by a trigger that refused what it did.
fn undone(job: WriteJob) {
    if job.is_refused() {
        job.done();
    } else {
        job.fail(Error::invalid_input("a trigger of the file rolled the write back: see what it refuses"));
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
