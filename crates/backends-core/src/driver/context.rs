//! What every request carries.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::warnings::Warnings;
use crate::{Error, Timestamp};

/// How fresh a read has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// As fresh as the backend's capabilities say without a cost.
    #[default]
    Default,
    /// Every write that was acknowledged before is seen.
    Consistent,
    /// Stale answers are allowed where they are cheaper.
    Eventual,
}

/// What every request carries: until when, as of when, how fresh, and whose call it is.
#[derive(Clone)]
#[non_exhaustive]
pub struct Context {
    /// Now, by the clock of the calling process: read once per operation.
    pub now: Timestamp,
    /// How fresh a read has to be.
    pub consistency: Consistency,
    /// Drawn once for a user's call, the same in every try: a stamp and a client token.
    pub write_id: [u8; 16],
    /// When the call began, and how long it may go without progress.
    start: Instant,
    limit: Duration,
    renewed: Option<Arc<AtomicU64>>,
    progress: Option<Arc<Progress>>,
    /// Apart, since few calls have any, and every future holds a context.
    warnings: Option<Arc<Warnings>>,
}

/// Whom to tell how many records were looked at.
pub(crate) type Report = Arc<dyn Fn(u64) + Send + Sync>;

struct Progress {
    looked_at: AtomicU64,
    report: Report,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("consistency", &self.consistency)
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

impl Context {
    /// The context of a call that begins now and may take `limit`.
    pub fn new(now: Timestamp, limit: Duration) -> Self {
        Self {
            now,
            consistency: Consistency::Default,
            write_id: crate::id::write_id(),
            start: Instant::now(),
            limit,
            renewed: None,
            progress: None,
            warnings: None,
        }
    }

    /// The same, with a deadline that progress renews, for calls on many records.
    #[must_use]
    pub fn renewable(mut self) -> Self {
        self.renewed = Some(Arc::default());
        self
    }

    /// The same, which tells `report` of progress, if somebody wants to know.
    pub(crate) fn reporting(mut self, report: Option<Report>) -> Self {
        self.progress = report.map(|report| Arc::new(Progress { looked_at: AtomicU64::new(0), report }));
        self
    }

    /// The same, which tells whoever calls of warnings.
    pub(crate) fn warning(mut self, warnings: Warnings) -> Self {
        self.warnings = Some(Arc::new(warnings));
        self
    }

    /// Warns of what the call costs, without a value: an event of the level `WARN` with the feature `tracing`, once for
    /// each place in the program that makes such calls.
    pub fn warn(&self, warning: &str) {
        if let Some(warnings) = &self.warnings {
            warnings.tell(warning);
        }
    }

    /// The write id of the record at `position` of a call on many: its own, and the same in every try.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use backends_core::Timestamp;
    /// use backends_core::driver::Context;
    ///
    /// let context = Context::new(Timestamp::now(), Duration::from_secs(1));
    /// assert_eq!(context.write_id_at(1), context.write_id_at(1));
    /// assert_ne!(context.write_id_at(1), context.write_id_at(0));
    /// assert_ne!(context.write_id_at(0), context.write_id);
    /// ```
    pub fn write_id_at(&self, position: usize) -> [u8; 16] {
        let mut id = self.write_id;
        // The bytes of the count of calls that no process reaches.
        let position = u32::try_from(position + 1).unwrap_or(u32::MAX);
        id[8..12].iter_mut().zip(position.to_be_bytes()).for_each(|(byte, of_position)| *byte ^= of_position);
        id
    }

    /// Says that a call on many records looked at so many more: the deadline starts anew, and whoever asked for
    /// progress is told.
    pub fn looked_at(&self, records: usize) {
        self.renew();
        if let Some(progress) = &self.progress {
            let before = progress.looked_at.fetch_add(records as u64, Ordering::Relaxed);
            (progress.report)(before + records as u64);
        }
    }

    /// Until when the call has to be answered. Progress moves it in a call on many records.
    pub fn deadline(&self) -> Instant {
        let renewed = self.renewed.as_ref().map_or(0, |renewed| renewed.load(Ordering::Relaxed));
        // What is too far away to be counted is no deadline: 30 years.
        self.start
            .checked_add(Duration::from_millis(renewed))
            .and_then(|from| from.checked_add(self.limit))
            .unwrap_or_else(|| self.start + Duration::from_secs(946_080_000))
    }

    /// How long the call may go without progress.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// The error of a call that has no time left.
    #[cold]
    pub(crate) fn too_late(&self) -> Error {
        Error::timeout(format!("no answer within {:?}: ask again, or give more time with `.timeout(…)`", self.limit))
    }

    /// How long is left.
    pub fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// Says that a call on many records got on: the deadline starts anew. Nothing in other calls.
    pub fn renew(&self) {
        if let Some(renewed) = &self.renewed {
            let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
            renewed.fetch_max(elapsed, Ordering::Relaxed);
        }
    }
}
