//! A clock that stands still until it is set, so that nobody waits for what expires.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use backends::{Clock, Timestamp};

/// The clock; its clones show the same.
#[derive(Clone)]
pub(crate) struct StoppedClock(Arc<AtomicI64>);

impl StoppedClock {
    /// One that shows the time at which it was made: what a server removes by its own clock it keeps meanwhile.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(Timestamp::now().millis())))
    }

    pub(crate) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).unwrap()
    }
}
