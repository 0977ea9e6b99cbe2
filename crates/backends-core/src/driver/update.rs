//! Changing a record where it is.

use std::fmt;
use std::sync::Arc;

use super::handed::hands_over;
use super::{Context, ExpectedVersion};
use crate::decode::decode_tokens;
use crate::schema::Place;
use crate::update::apply;
use crate::{Change, Document, Filter, Key, Matcher, RecordBuf, Result};

/// What has to hold of a record that an update has made of another.
pub(crate) type Check = dyn Fn(&RecordBuf, &RecordBuf) -> Result<()> + Send + Sync;

/// A request to change a record by key.
#[derive(Clone)]
#[non_exhaustive]
pub struct UpdateRequest {
    /// Deadline, clock and write id.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// What has to hold of the record when it is changed, else nothing is done.
    pub filter: Filter,
    /// The changes, each of a place of its own: at least one.
    pub changes: Arc<[Change]>,
    /// The version that the record has to have. That the changes count it on is one of them.
    pub expected: Option<ExpectedVersion>,
    pub(crate) schema: Arc<Place>,
    pub(crate) check: Option<Arc<Check>>,
}

impl UpdateRequest {
    /// A request to do these changes to the record with this key, whatever it holds.
    pub fn new(context: Context, key: Key, changes: impl Into<Arc<[Change]>>) -> Self {
        let (filter, schema) = (Filter::all(), Arc::default());
        Self { context, key, filter, changes: changes.into(), expected: None, schema, check: None }
    }

    /// The record after the changes, for drivers that read before they write; none if the filter does not mean it.
    ///
    /// # Errors
    /// `InvalidInput` for a change that does not apply to this record; `Conflict` if a version is expected and it has
    /// another; `Unreadable` for what the filter cannot look at.
    pub fn apply(&self, stored: &RecordBuf) -> Result<Option<RecordBuf>> {
        if !self.filter.is_all() {
            let matcher = Matcher::new(&self.schema, &self.filter, []);
            if !matcher.look(&mut stored.tokens(), &mut matcher.sighting())? {
                return Ok(None);
            }
        }
        self.expected.as_ref().map_or(Ok(()), |expected| expected.check(stored))?;
        let mut document: Document = decode_tokens(&mut stored.tokens())?;
        apply(&self.changes, &mut document)?;
        let record = RecordBuf::from_document(&document);
        if let Some(check) = &self.check {
            check(&record, stored)?;
        }
        Ok(Some(record))
    }
}

impl fmt::Debug for UpdateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateRequest")
            .field("context", &self.context)
            .field("key", &self.key)
            .field("filter", &self.filter)
            .field("changes", &self.changes)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

hands_over!(
    Updated,
    "The answer to an [`UpdateRequest`].",
    "The record as it is now: the first of the batch.",
    "There was none that the filter means."
);
