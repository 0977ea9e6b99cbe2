//! The end of records: they are gone from the millisecond on that their time says.

use backends::{Document, Timestamp, TtlHolds, Value};

use super::Reference;
use crate::schema::{TIME, TTL};

impl Reference {
    /// What is read of a document that is put in as a whole: one without a time has that of the write.
    pub(crate) fn written(&self, document: &Document) -> Document {
        let mut stored = self.stored(document);
        let millis = i64::try_from(TTL.as_millis()).unwrap_or(i64::MAX);
        let begins = match self.schema.time {
            Some(TtlHolds::Start) => self.now,
            Some(TtlHolds::Expiry) => self.now + millis,
            _ => return stored,
        };
        if let (None, Ok(at)) = (stored.get(TIME), Timestamp::from_millis(begins)) {
            stored.insert(TIME, at);
        }
        stored
    }

    /// What has expired by now is gone.
    pub(crate) fn forget(&mut self) {
        let millis = i64::try_from(TTL.as_millis()).unwrap_or(i64::MAX);
        let last = match self.schema.time {
            Some(TtlHolds::Start) => self.now - millis,
            Some(TtlHolds::Expiry) => self.now,
            _ => return,
        };
        let is_over = |record: &Document| matches!(record.get(TIME), Some(Value::Timestamp(at)) if at.millis() <= last);
        self.records.retain(|record| !is_over(record));
    }
}
