//! A timer that stands before those of the calls, so that setting theirs wakes nobody.
//!
//! A thread of the runtime sleeps until the first timer that is set. One that is set for earlier, or where there was
//! none, wakes this thread, which only finds out until when it has to sleep now. That would be so for every call of a
//! program that makes one after another: one more thread woken a call.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context as Task, Waker};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How far ahead it stands. The runtime wakes as often, while there are calls.
const AHEAD: Duration = Duration::from_secs(1);

/// Set anew by the first call after it has passed. It only spares work: whatever becomes of it, each call has a timer
/// of its own.
pub(crate) struct EarlyTimer {
    made: Instant,
    /// When it passes, in milliseconds since it was made.
    passes: AtomicU64,
    /// In the runtime of the call that set it.
    sleep: Mutex<Option<Pin<Box<Sleep>>>>,
}

impl EarlyTimer {
    pub(crate) fn new() -> Self {
        Self { made: Instant::now(), passes: AtomicU64::new(0), sleep: Mutex::new(None) }
    }

    /// Sets it if it has passed. Has to be called inside a runtime.
    pub(crate) fn set(&self) {
        let now = Instant::now();
        let elapsed = millis(now.saturating_duration_since(self.made));
        let passes = self.passes.load(Ordering::Relaxed);
        let next = elapsed.saturating_add(millis(AHEAD));
        let won = || self.passes.compare_exchange(passes, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if elapsed < passes || !won() {
            return;
        }
        let mut sleep = Box::pin(sleep_until(now + AHEAD));
        // Nobody waits for it; being asked puts it among the timers of the runtime.
        let _ = sleep.as_mut().poll(&mut Task::from_waker(Waker::noop()));
        *self.sleep.lock().unwrap_or_else(PoisonError::into_inner) = Some(sleep);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_elapsed(timer: &EarlyTimer) -> bool {
        timer.sleep.lock().unwrap().as_ref().unwrap().is_elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_set_anew_once_it_has_passed() {
        let timer = EarlyTimer::new();
        timer.set();
        let first = timer.passes.load(Ordering::Relaxed);
        tokio::time::sleep(AHEAD / 2).await;
        timer.set();
        assert_eq!(timer.passes.load(Ordering::Relaxed), first);
        assert!(!is_elapsed(&timer));
        tokio::time::sleep(AHEAD).await;
        assert!(is_elapsed(&timer));
        timer.set();
        assert!(timer.passes.load(Ordering::Relaxed) > first && !is_elapsed(&timer));
    }

    #[test]
    fn it_outlives_the_runtime_that_it_was_set_in() {
        let timer = EarlyTimer::new();
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async { timer.set() });
            drop(runtime);
            timer.passes.store(0, Ordering::Relaxed);
        }
        drop(timer);
    }
}
