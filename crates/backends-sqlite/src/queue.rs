//! Jobs that wait for a connection, and the connections that wait for jobs.
//!
//! While there is a job and a free connection, a task on the runtime's blocking threads takes one job after another;
//! when there is none left it puts the connection back and ends. So an idle backend has no thread, a call on an idle
//! one starts at once, and a busy one is never handed from thread to thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backends_core::{Error, Result};
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What a queue holds.
pub(crate) trait Job: Send + 'static {
    /// Answers without doing anything.
    fn refuse(self, error: Error);

    /// Until when it has to be answered.
    fn until(&self) -> Instant;
}

/// Jobs, and the connections that do them.
pub(crate) struct Queue<J: Job> {
    state: Mutex<State<J>>,
    /// Called when the last connection is back and nothing is left to do.
    quiet: Notify,
    drain: Arc<dyn Fn(Lease<J>) + Send + Sync>,
}

struct State<J: Job> {
    jobs: VecDeque<J>,
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

impl<J: Job> Queue<J> {
    /// A queue whose jobs `drain` does: it takes them from its lease until there is none.
    pub(crate) fn new(connections: Vec<Connection>, drain: impl Fn(Lease<J>) + Send + Sync + 'static) -> Arc<Self> {
        let state = State { jobs: VecDeque::new(), idle: connections, lent: 0, closed: false };
        Arc::new(Self { state: Mutex::new(state), quiet: Notify::new(), drain: Arc::new(drain) })
    }

    /// Puts a job at the end, and sees to it that somebody does it.
    pub(crate) fn submit(self: &Arc<Self>, job: J) -> Result<()> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(Error::unexpected("no tokio runtime: await the call inside one, with its timers enabled"));
        };
        let connection = {
            let mut state = self.lock();
            if state.closed {
                return Err(Error::unavailable("the backend is closed: open it anew"));
            }
            state.jobs.push_back(job);
            let connection = state.idle.pop();
            state.lent += usize::from(connection.is_some());
            connection
        };
        if let Some(connection) = connection {
            let lease = Lease { queue: Arc::clone(self), connection: Some(connection) };
            let drain = Arc::clone(&self.drain);
            runtime.spawn_blocking(move || drain(lease));
        }
        Ok(())
    }

    /// The next job, if `wanted` says so.
    pub(crate) fn next_if(&self, wanted: impl FnOnce(&J) -> bool) -> Option<J> {
        let mut state = self.lock();
        if wanted(state.jobs.front()?) { state.jobs.pop_front() } else { None }
    }

    /// Takes out the jobs whose time is over, wherever they stand.
    pub(crate) fn take_late(&self, now: Instant) -> Vec<J> {
        let mut state = self.lock();
        if state.jobs.iter().all(|job| job.until() > now) {
            return Vec::new();
        }
        let (late, rest): (Vec<_>, Vec<_>) = state.jobs.drain(..).partition(|job| job.until() <= now);
        state.jobs.extend(rest);
        late
    }

    /// Takes no more jobs, waits until those that are there are done, and hands over the connections.
    pub(crate) async fn close(&self, until: Instant) -> Result<Vec<Connection>> {
        self.lock().closed = true;
        loop {
            let quiet = self.quiet.notified();
            {
                let mut state = self.lock();
                if state.lent == 0 {
                    return Ok(std::mem::take(&mut state.idle));
                }
            }
            if timeout_at(until, quiet).await.is_err() {
                return Err(Error::timeout(
                    "calls that began earlier are still at work: they are answered, and the file is closed after them",
                ));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan, which goes back by itself.
pub(crate) struct Lease<J: Job> {
    queue: Arc<Queue<J>>,
    connection: Option<Connection>,
}

impl<J: Job> Lease<J> {
    /// The next job with what it needs. After `None` the connection is back, and the task has to end.
    pub(crate) fn next(&mut self) -> Option<(J, &mut Connection, &Queue<J>)> {
        let job = {
            let mut state = self.queue.lock();
            let job = state.jobs.pop_front();
            if job.is_none() {
                // In the same step, so that no job is put in that nobody does.
                give_back(&mut state, &mut self.connection);
            }
            job
        };
        match job {
            Some(job) => Some((job, self.connection.as_mut()?, &*self.queue)),
            None => {
                self.queue.quiet.notify_waiters();
                None
            }
        }
    }
}

fn give_back<J: Job>(state: &mut State<J>, connection: &mut Option<Connection>) {
    if let Some(connection) = connection.take() {
        state.idle.push(connection);
        state.lent -= 1;
    }
}

/// A task that never ran, since its runtime ended, or that ended in a panic.
impl<J: Job> Drop for Lease<J> {
    fn drop(&mut self) {
        let Some(connection) = &self.connection else { return };
        if !connection.is_autocommit() {
            // A connection that cannot even roll back fails the next transaction too, which reports it.
            let _ = connection.execute_batch("ROLLBACK");
        }
        let left = {
            let mut state = self.queue.lock();
            give_back(&mut state, &mut self.connection);
            if state.lent == 0 { std::mem::take(&mut state.jobs) } else { VecDeque::new() }
        };
        self.queue.quiet.notify_waiters();
        for job in left {
            job.refuse(Error::unavailable("the runtime that would have done it has ended: try again in a live one"));
        }
    }
}

impl<J: Job> std::fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Queue")
            .field("waiting", &state.jobs.len())
            .field("idle", &state.idle.len())
            .field("at_work", &state.lent)
            .finish_non_exhaustive()
    }
}
