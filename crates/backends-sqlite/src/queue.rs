//! Jobs that wait for a connection, and the threads that each have one.
//!
//! A thread of its own is woken with less work than a task on the runtime's blocking threads (35 µs of CPU a call
//! against 55), a busy one takes job after job without being woken, and none depends on the runtime of the caller: what
//! was put in is done, whatever becomes of that.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use backends_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What a queue holds.
pub(crate) trait Job: Send + 'static {
    /// Until when it has to be answered.
    fn until(&self) -> Instant;
}

/// Jobs, and the threads that do them.
pub(crate) struct Queue<J: Job> {
    state: Mutex<State<J>>,
    /// Signalled when there is a job, or there will be none any more.
    work: Condvar,
    /// Signalled when a thread has ended.
    ended: (Condvar, Notify),
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Threads that have nothing to do.
    waiting: usize,
    threads: usize,
    closed: bool,
}

impl<J: Job> Queue<J> {
    /// A queue with a thread for each connection, on which `serve` does a job, and may take more. `last` is called when
    /// the jobs are done and before the connection is closed.
    ///
    /// # Errors
    /// `Unavailable` if the system gives no thread.
    pub(crate) fn start(
        name: &str,
        connections: Vec<Connection>,
        serve: impl Fn(J, &mut Connection, &Self) + Clone + Send + 'static,
        last: impl Fn() + Clone + Send + 'static,
    ) -> Result<Arc<Self>> {
        let state = State { jobs: VecDeque::new(), waiting: 0, threads: 0, closed: false };
        let queue =
            Arc::new(Self { state: Mutex::new(state), work: Condvar::new(), ended: (Condvar::new(), Notify::new()) });
        for connection in connections {
            let (serve, last, own) = (serve.clone(), last.clone(), Arc::clone(&queue));
            let thread = thread::Builder::new().name(name.to_owned());
            queue.lock().threads += 1;
            let started = thread.spawn(move || {
                own.serve_all(connection, serve, last);
                own.lock().threads -= 1;
                own.ended.0.notify_all();
                own.ended.1.notify_waiters();
            });
            if let Err(error) = started {
                queue.lock().threads -= 1;
                queue.close();
                let message = "the system gives no more threads: raise its limit, or lower `readers`";
                return Err(Error::unavailable(message).with_source(error));
            }
        }
        Ok(queue)
    }

    fn serve_all(&self, mut connection: Connection, serve: impl Fn(J, &mut Connection, &Self), last: impl Fn()) {
        while let Some(job) = self.wait() {
            // Only a closure of the caller can panic; its own call is told, and nobody else has to know.
            let _ = catch_unwind(AssertUnwindSafe(|| serve(job, &mut connection, self)));
            if !connection.is_autocommit() {
                // A connection that cannot even roll back fails the next job too, which reports it.
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        last();
        // What is committed is in the log already, whether or not the log can be taken into the file now.
        let _ = connection.close();
    }

    /// Puts a job at the end.
    ///
    /// # Errors
    /// `Unavailable` if the queue is closed.
    pub(crate) fn submit(&self, job: J) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::unavailable("the backend is closed: open it anew"));
        }
        state.jobs.push_back(job);
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(())
    }

    /// The next job; `None` when there will be none any more.
    fn wait(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.waiting += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// Whether no job waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().jobs.is_empty()
    }

    /// The next job, if there is one now and `wanted` says so.
    pub(crate) fn next_if(&self, wanted: impl FnOnce(&J) -> bool) -> Option<J> {
        let mut state = self.lock();
        if wanted(state.jobs.front()?) { state.jobs.pop_front() } else { None }
    }

    /// Takes out the jobs for which this holds, wherever they stand.
    pub(crate) fn take_out(&self, is_meant: impl Fn(&J) -> bool) -> Vec<J> {
        let mut state = self.lock();
        if !state.jobs.iter().any(&is_meant) {
            return Vec::new();
        }
        let (meant, rest): (Vec<_>, Vec<_>) = state.jobs.drain(..).partition(is_meant);
        state.jobs.extend(rest);
        meant
    }

    /// Takes no more jobs. Those that are there are done, then the threads end.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// Waits until the threads have ended.
    pub(crate) fn wait_for_end(&self) {
        let mut state = self.lock();
        while state.threads > 0 {
            state = self.ended.0.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the threads have ended.
    ///
    /// # Errors
    /// `Timeout` if they have not.
    pub(crate) async fn ended(&self, until: Instant) -> Result<()> {
        loop {
            let ended = self.ended.1.notified();
            if self.lock().threads == 0 {
                return Ok(());
            }
            if timeout_at(until, ended).await.is_err() {
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

impl<J: Job> std::fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Queue")
            .field("jobs", &state.jobs.len())
            .field("threads", &state.threads)
            .field("waiting", &state.waiting)
            .finish_non_exhaustive()
    }
}
