//! The order in which records are asked for.

use std::cmp::Ordering;
use std::fmt;

use crate::order::compare;
use crate::{Path, Value};

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The smallest first; missing values before all others.
    Asc,
    /// The largest first; missing values after all others.
    Desc,
}

/// A place in records that they are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SortField {
    /// The place.
    pub path: Path,
    /// The direction.
    pub order: Order,
}

impl SortField {
    /// Sorts by the values at a place: missing, then numbers, strings, timestamps, then maps, arrays and bytes as
    /// equals, then bools; the other way round with [`Order::Desc`].
    pub fn new(path: impl Into<Path>, order: Order) -> Self {
        Self { path: path.into(), order }
    }
}

/// The order that a driver is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sort {
    /// Any.
    #[default]
    Any,
    /// One of the driver's own that is the same in every call, so that [`after`](crate::driver::FindRequest::after)
    /// goes on where a call has stopped. Core takes that of the primary key where a driver hands the order back.
    Stable,
    /// By these fields, the primary key last, so that no two records are equal.
    By(Vec<SortField>),
}

/// Where a record stands in the order of a request: its values of the fields of [`Sort::By`], of the primary key for
/// [`Sort::Stable`]. Null where a record has none, empty bytes for maps, arrays and bytes. `Debug` shows no value.
#[derive(Clone, PartialEq)]
pub struct Position {
    values: Vec<Value>,
}

impl Position {
    /// The place of a record with these values, in the order of the fields.
    pub fn new(values: Vec<Value>) -> Self {
        Self { values }
    }

    /// The values, in the order of the fields.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Position").field("values", &self.values).finish()
    }
}

/// How two records stand, by their values of these fields.
pub(crate) fn compare_rows(fields: &[SortField], left: &[Value], right: &[Value]) -> Ordering {
    fields
        .iter()
        .zip(left.iter().zip(right))
        .map(|(field, (left, right))| match field.order {
            Order::Asc => compare(left.token(), right.token()),
            Order::Desc => compare(right.token(), left.token()),
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c19_rows_are_compared_field_by_field_in_their_directions() {
        let fields = [SortField::new("a", Order::Desc), SortField::new("b", Order::Asc)];
        let row = |a: Value, b: i64| [a, Value::Int(b)];
        let ascending = [
            row(true.into(), 1),
            row(Value::Bytes(Vec::new()), 1),
            row("b".into(), 1),
            row("b".into(), 2),
            row("a".into(), 0),
            row(2.5.into(), 0),
            row(2.into(), 0),
            row(Value::Null, 0),
            row(Value::Null, 1),
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(compare_rows(&fields, left, right), i.cmp(&j), "{i} {j}");
            }
        }
    }
}
