//! The times to live of records: when one begins, and which records have expired.

use super::State;
use crate::driver::Expiry;
use crate::token::read_one;
use crate::{Batch, RecordBuf, Result, Timestamp, Token, TtlHolds};

impl State {
    /// Which records have expired `now`, if any can have.
    pub(crate) fn expiry(&self, now: Timestamp) -> Option<Expiry> {
        self.definition.ttl().and_then(|ttl| Expiry::at(ttl, now))
    }

    /// Whether a stored record has expired.
    pub(crate) fn is_over(&self, batch: &dyn Batch, index: usize, now: Timestamp) -> Result<bool> {
        let Some(expiry) = self.expiry(now) else { return Ok(false) };
        read_one(batch, index, |tokens| expiry.is_over(tokens))
    }

    /// Whether the library fills in the time from which, or at which, this record expires.
    pub(super) fn lacks_time(&self, record: &RecordBuf) -> bool {
        self.definition.ttl().is_some_and(|ttl| record.get(ttl.field()).is_none())
    }

    /// Gives a record that lacks it the time of its write, to live from or until.
    pub(crate) fn begin_at(&self, record: &mut RecordBuf, now: Timestamp) {
        let Some(ttl) = self.definition.ttl() else { return };
        let time = match ttl.holds() {
            TtlHolds::Start => now,
            TtlHolds::Expiry => now.saturating_add(ttl.duration()),
        };
        record.set(ttl.field(), Token::Timestamp(time));
    }
}
