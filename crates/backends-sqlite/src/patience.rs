//! How long a call waits: for its turn, and for a lock that another process holds.

use std::time::Duration;

use backends_core::Error;
use backends_core::driver::Context;
use tokio::time::Instant;

use crate::error::{self, Fault, LOCKED};

/// The answer leaves this much before the deadline at most, so that it is there in time and says what is known.
const MARGIN: Duration = Duration::from_millis(50);

/// The first pause between two tries, and the longest.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How long a call waits.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    end: End,
    /// How long it may wait for another process.
    busy: Option<Duration>,
}

/// When a call has to be answered.
#[derive(Debug, Clone)]
enum End {
    At(Instant),
    /// So long before the deadline, which may move.
    Before(Context, Duration),
}

impl Patience {
    /// That of a call: a little less than its deadline.
    pub(crate) fn new(context: &Context, busy: Option<Duration>) -> Self {
        let margin = (context.remaining() / 10).min(MARGIN);
        Self { end: End::Before(context.clone(), margin), busy }
    }

    /// That of a call without a deadline, as long as it gets on.
    pub(crate) fn endless(busy: Option<Duration>) -> Self {
        // 30 years.
        Self { end: End::At(Instant::now() + Duration::from_secs(946_080_000)), busy }
    }

    /// That of a call that has this much time.
    pub(crate) fn of(time: Duration, busy: Option<Duration>) -> Self {
        match Instant::now().checked_add(time) {
            Some(end) => Self { end: End::At(end), busy },
            None => Self::endless(busy),
        }
    }

    /// Until when the call has to be answered.
    pub(crate) fn until(&self) -> Instant {
        match &self.end {
            End::At(instant) => *instant,
            End::Before(context, margin) => {
                let deadline = context.deadline();
                deadline.checked_sub(*margin).unwrap_or(deadline)
            }
        }
    }

    /// The same for the caller, who waits a little longer, since the thread that serves the call knows more. None if
    /// the call has no deadline.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.end {
            End::At(_) => None,
            End::Before(_, margin) => Some(self.until() + *margin / 2),
        }
    }

    /// Whether a wait for another process that began at `begun` is over.
    pub(crate) fn is_over(&self, begun: Instant, now: Instant) -> bool {
        now >= self.until() || self.busy.is_some_and(|busy| now.saturating_duration_since(begun) >= busy)
    }

    /// The error of a wait that is over.
    pub(crate) fn over(&self, native: rusqlite::Error) -> Error {
        let error = if Instant::now() >= self.until() { Error::timeout(LOCKED) } else { Error::unavailable(LOCKED) };
        error::with_native(error, native)
    }

    /// Does `work` again as long as another process holds a lock.
    pub(crate) fn retry<R>(&self, mut work: impl FnMut() -> Result<R, Fault>) -> Result<R, Fault> {
        let begun = Instant::now();
        let mut pause_for = FIRST_PAUSE;
        loop {
            match work() {
                Err(Fault::Native(native)) if error::is_busy(&native) => {
                    if self.is_over(begun, Instant::now()) {
                        return Err(Fault::Refused(self.over(native)));
                    }
                    pause(&mut pause_for);
                }
                outcome => return outcome,
            }
        }
    }
}

/// Sleeps, and longer the next time. Locks are held for a flush of the disk, and nobody says when they are free.
pub(crate) fn pause(length: &mut Duration) {
    std::thread::sleep(*length);
    *length = (*length * 2).min(LONGEST_PAUSE);
}

/// The error of a call whose turn came after its deadline.
pub(crate) fn too_late() -> Error {
    Error::timeout(
        "the deadline passed while the call waited for its turn, behind other calls or a lock of another process, and nothing was done: give it more time",
    )
}

#[cfg(test)]
mod tests {
    use backends_core::Timestamp;
    use rusqlite::ffi;

    use super::*;

    fn busy() -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)
    }

    #[test]
    fn c42_the_answer_leaves_before_the_deadline() {
        let context = Context::new(Timestamp::now(), Duration::from_millis(100));
        let patience = Patience::new(&context, None);
        assert!(patience.until() < context.deadline());
        let of_caller = patience.deadline().unwrap();
        assert!(patience.until() < of_caller && of_caller < context.deadline());
        assert!(patience.until() > Instant::now() + Duration::from_millis(50));
    }

    #[test]
    fn a_lock_that_stays_is_an_error_and_one_that_goes_is_none() {
        let patience = Patience::of(Duration::from_secs(60), Some(Duration::from_millis(5)));
        let error = Error::from(patience.retry(|| Err::<(), _>(busy().into())).unwrap_err());
        assert!(error.is_unavailable() && error.native::<rusqlite::Error>().is_some(), "{error}");
        assert!(error.context().eq([("SQLite code", "5")]), "{error}");
        let error = Error::from(Patience::of(Duration::ZERO, None).retry(|| Err::<(), _>(busy().into())).unwrap_err());
        assert!(error.is_timeout(), "{error}");
        let mut tries = 0;
        let outcome = Patience::of(Duration::from_secs(60), None).retry(|| {
            tries += 1;
            if tries < 3 { Err(busy().into()) } else { Ok(tries) }
        });
        assert_eq!(outcome.unwrap(), 3);
    }
}
