//! A driver around another that fails, waits, forgets or counts on demand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backends_core::driver::{Answer, Context};
use backends_core::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;

mod backend;
mod repository;

pub(crate) use backend::Wrapped;

/// What happens to a call.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// It is passed on.
    Pass,
    /// It is passed on after the task was polled this many times.
    After(usize),
    /// It is passed on after this time.
    Sleep(Duration),
    /// It never comes to the driver, and is never answered.
    Hang,
    /// The driver does it (or core by a swap, if the driver leaves it to core), and is never heard of again.
    HangAfterwards,
    /// It is passed on once the gate has a permit.
    Wait(Arc<Semaphore>),
    /// It fails and does not come to the driver.
    Fail(ErrorKind),
    /// It is done in the same way, the answer is lost, and the driver cannot know.
    LoseAnswer,
    /// A write that the driver leaves to core.
    BySwap,
}

/// What came to the wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) operation: &'static str,
    pub(crate) write_id: [u8; 16],
    /// How many records or keys it takes.
    pub(crate) size: usize,
}

/// What a wrapper does, and what came to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    always: HashMap<&'static str, Act>,
    next: HashMap<&'static str, VecDeque<Act>>,
    seen: Vec<Seen>,
}

/// The error of a native client, as a driver would keep it.
#[derive(Debug)]
pub(crate) struct NativeError;

impl std::fmt::Display for NativeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as native clients say it", crate::expect::SECRET)
    }
}

impl std::error::Error for NativeError {}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on every call of this operation.
    pub(crate) fn always(&self, operation: &'static str, act: Act) {
        self.lock().always.insert(operation, act);
    }

    /// The next call of this operation that has nothing before it.
    pub(crate) fn once(&self, operation: &'static str, act: Act) {
        self.lock().next.entry(operation).or_default().push_back(act);
    }

    /// What came since the last time somebody asked.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.lock().seen)
    }

    /// The operations that came since the last time somebody asked.
    pub(crate) fn take_operations(&self) -> Vec<&'static str> {
        self.take_seen().into_iter().map(|seen| seen.operation).collect()
    }

    fn meet(&self, operation: &'static str, context: &Context, size: usize) -> Act {
        let mut inner = self.lock();
        inner.seen.push(Seen { operation, write_id: context.write_id, size });
        let next = inner.next.get_mut(operation).and_then(VecDeque::pop_front);
        next.or_else(|| inner.always.get(operation).cloned()).unwrap_or(Act::Pass)
    }

    /// Passes a call on, or does to it what was said; `None` is a write that core is to do.
    async fn around<R: Answer>(
        &self,
        operation: &'static str,
        context: &Context,
        size: usize,
        call: impl Future<Output = Result<R>>,
    ) -> Result<Option<R>> {
        let act = self.meet(operation, context, size);
        match act {
            Act::Pass => {}
            Act::After(polls) => {
                for _ in 0..polls {
                    tokio::task::yield_now().await;
                }
            }
            Act::Sleep(time) => tokio::time::sleep(time).await,
            Act::Hang => return std::future::pending().await,
            Act::HangAfterwards => {
                let answer = call.await?;
                if answer.is_left_to_core() {
                    self.once("swap", act);
                    return Ok(Some(answer));
                }
                return std::future::pending().await;
            }
            Act::Wait(gate) => gate.acquire().await.unwrap_or_else(|_| panic!("a gate was closed")).forget(),
            Act::Fail(kind) => {
                return Err(Error::new(kind, "said by a test: nothing to do").with_native(NativeError));
            }
            Act::LoseAnswer => {
                let answer = call.await?;
                if answer.is_left_to_core() {
                    self.once("swap", act);
                    return Ok(Some(answer));
                }
                return Err(Error::unavailable("the answer was lost: look whether it happened")
                    .with_native(NativeError)
                    .with_may_have_happened(true));
            }
            Act::BySwap => return Ok(None),
        }
        call.await.map(Some)
    }

    /// The same for calls that core cannot do.
    async fn passing<R: Answer>(
        &self,
        operation: &'static str,
        context: &Context,
        size: usize,
        call: impl Future<Output = Result<R>>,
    ) -> Result<R> {
        let answer = self.around(operation, context, size, call).await?;
        answer.ok_or_else(|| Error::unexpected("only writes are left to core: change the test"))
    }
}
