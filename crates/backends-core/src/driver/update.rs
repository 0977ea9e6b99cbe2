//! Changing a record where it is.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::handed::hands_over;
use super::{Context, ExpectedVersion};
use crate::ask::Asked;
use crate::decode::Reading;
use crate::schema::Place;
use crate::update::apply;
use crate::{Change, Definition, Document, Filter, Key, Matcher, RecordBuf, Result};

/// What has to hold of a record that an update has made of another.
pub(crate) type Check = dyn Fn(&RecordBuf, &RecordBuf) -> Result<()> + Send + Sync;

/// Which records the type of the records takes, as far as it is known without one.
#[derive(Clone, Default)]
pub(crate) enum Takes {
    /// Every one.
    #[default]
    All,
    /// Those of which the type says so, and others.
    Known(Arc<Asked>, Definition),
}

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
    pub(crate) takes: Takes,
}

impl UpdateRequest {
    /// A request to do these changes to the record with this key, whatever it holds.
    pub fn new(context: Context, key: Key, changes: impl Into<Arc<[Change]>>) -> Self {
        let (filter, schema) = (Filter::all(), Arc::default());
        let changes = changes.into();
        Self { context, key, filter, changes, expected: None, schema, check: None, takes: Takes::All }
    }

    /// What a change may come to for the type of the records to take the record, for drivers that write without a read:
    /// an `inc` to these integers; all of them for any other change. None where only the record shows whether the type
    /// takes it, so that it has to be read and given to [`apply`](Self::apply).
    ///
    /// The record may have been one before that the type does not take; [`apply`](Self::apply) says so of what a write
    /// hands over.
    pub fn leaving(&self, change: &Change) -> Option<RangeInclusive<i64>> {
        match &self.takes {
            Takes::All => Some(i64::MIN..=i64::MAX),
            Takes::Known(asked, definition) => asked.leaving(change, definition.version()),
        }
    }

    /// Whether the records have no type, so that every value may stand in them. One that has a type for which
    /// [`leaving`](Self::leaving) knows what an `inc` may come to reads an integer there.
    pub fn is_untyped(&self) -> bool {
        matches!(self.takes, Takes::All)
    }

    /// The integers that an `inc` by this much may find for its sum to be among those `most`, which are [what it may come
    /// to](Self::leaving); none if there are none.
    pub fn summands(by: i64, most: &RangeInclusive<i64>) -> Option<RangeInclusive<i64>> {
        let (by, all) = (i128::from(by), (i128::from(i64::MIN), i128::from(i64::MAX)));
        let least = (i128::from(*most.start()) - by).max(all.0);
        let largest = (i128::from(*most.end()) - by).min(all.1);
        if least > largest {
            return None;
        }
        Some(i64::try_from(least).ok()?..=i64::try_from(largest).ok()?)
    }

    /// The record after the changes, for drivers that read before they write; none if the filter does not mean it. The
    /// stored record may have values that could not be read, as [`RecordBuf::in_part`] copies it: where neither the
    /// filter nor a change nor the type asks for them they stand in the record after the changes too.
    ///
    /// # Errors
    /// `InvalidInput` for a change that does not apply to this record; `Conflict` if a version is expected and it has
    /// another; `Unreadable` for what the filter cannot look at, for a field that changes and cannot be read, and for
    /// what the type cannot read.
    pub fn apply(&self, stored: &RecordBuf) -> Result<Option<RecordBuf>> {
        if !self.filter.is_all() {
            let matcher = Matcher::new(&self.schema, &self.filter, []);
            if !matcher.look(&mut stored.tokens(), &mut matcher.sighting())? {
                return Ok(None);
            }
        }
        self.expected.as_ref().map_or(Ok(()), |expected| expected.check(stored))?;
        // Only what changes is taken apart, so that what cannot be read stays where nobody asks for it.
        let (mut record, mut changing) = (stored.clone(), RecordBuf::new());
        self.changes.iter().for_each(|change| record.hand_over(change.path().first(), &mut changing));
        let mut document: Document = Reading::default().read_or_explain(&changing, 0)?;
        apply(&self.changes, &mut document)?;
        record.push_fields(&document);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c28_no_sum_leaves_the_integers_that_it_may_come_to() {
        for (by, most, summands) in [
            (1, 0..=255, Some(-1..=254)),
            (-1, 0..=255, Some(1..=256)),
            (i64::MAX, i64::MIN..=i64::MAX, Some(i64::MIN..=0)),
            (i64::MIN, i64::MIN..=i64::MAX, Some(0..=i64::MAX)),
            (i64::MIN, 0..=255, None),
            (i64::MAX, 0..=255, Some(-i64::MAX..=255 - i64::MAX)),
            (0, i64::MIN..=i64::MAX, Some(i64::MIN..=i64::MAX)),
        ] {
            assert_eq!(UpdateRequest::summands(by, &most), summands, "{by} {most:?}");
        }
    }
}
