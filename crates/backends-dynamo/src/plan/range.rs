//! The tests of a sort key, merged into the one condition that a query takes.

use std::cmp::Ordering;

use backends_core::{Key, Predicate, Value};

use crate::filter::is_key_text;

/// Which records of a partition are read, by their sort key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SortRange {
    /// From here on, or behind it.
    From { value: Value, included: bool },
    /// To here, or before it.
    To { value: Value, included: bool },
    /// Between the two, both included: the service has no other.
    Between(Value, Value),
    /// Text that begins with this.
    StartsWith(String),
}

/// What the tests of a sort key come to.
#[derive(Debug, PartialEq)]
pub(super) enum Merged {
    /// No key meets all of them.
    Nothing,
    /// No condition can be made of them.
    Anything,
    Range(SortRange),
}

/// Merges tests that have all to hold. A key has 1 to 1,024 bytes: what no key is never gets to the service.
pub(super) fn merge<'t>(tests: impl Iterator<Item = &'t Predicate>) -> Merged {
    let mut bounds = Bounds::default();
    for test in tests {
        if bounds.add(test).is_none() {
            return Merged::Nothing;
        }
    }
    bounds.merged()
}

#[derive(Default)]
struct Bounds {
    low: Option<(Value, bool)>,
    high: Option<(Value, bool)>,
    start: String,
}

impl Bounds {
    /// None if no key meets the test and the ones before.
    fn add(&mut self, test: &Predicate) -> Option<()> {
        match test {
            Predicate::Gt(value) => self.from(value, false),
            Predicate::Ge(value) => self.from(value, true),
            Predicate::Lt(value) => return self.to(value, false),
            Predicate::Le(value) => return self.to(value, true),
            Predicate::Between(low, high) => {
                self.from(low, true);
                return self.to(high, true);
            }
            Predicate::StartsWith(start) => return self.starts_with(start),
            Predicate::Like(pattern) => return self.starts_with(pattern.first()),
            _ => {}
        }
        Some(())
    }

    fn from(&mut self, value: &Value, included: bool) {
        let is_higher = |(low, low_included): &(Value, bool)| match compare(value, low) {
            Ordering::Equal => *low_included && !included,
            order => order == Ordering::Greater,
        };
        if is_key_value(value) && self.low.as_ref().is_none_or(is_higher) {
            self.low = Some((value.clone(), included));
        }
    }

    fn to(&mut self, value: &Value, included: bool) -> Option<()> {
        if matches!(value, Value::String(text) if text.is_empty()) {
            return None;
        }
        let is_lower = |(high, high_included): &(Value, bool)| match compare(value, high) {
            Ordering::Equal => *high_included && !included,
            order => order == Ordering::Less,
        };
        if is_key_value(value) && self.high.as_ref().is_none_or(is_lower) {
            self.high = Some((value.clone(), included));
        }
        Some(())
    }

    fn starts_with(&mut self, start: &str) -> Option<()> {
        if start.starts_with(&self.start) {
            start.clone_into(&mut self.start);
        } else if !self.start.starts_with(start) {
            return None;
        }
        (self.start.is_empty() || is_key_text(&self.start)).then_some(())
    }

    fn merged(self) -> Merged {
        if !self.start.is_empty() {
            return Merged::Range(SortRange::StartsWith(self.start));
        }
        Merged::Range(match (self.low, self.high) {
            (None, None) => return Merged::Anything,
            (Some((value, included)), None) => SortRange::From { value, included },
            (None, Some((value, included))) => SortRange::To { value, included },
            (Some((low, low_included)), Some((high, high_included))) => match compare(&low, &high) {
                Ordering::Less => SortRange::Between(low, high),
                Ordering::Equal if low_included && high_included => SortRange::Between(low, high),
                _ => return Merged::Nothing,
            },
        })
    }
}

impl SortRange {
    /// Whether every key in the range meets the test.
    pub(super) fn implies(&self, test: &Predicate) -> bool {
        let is_above = |bound: &Value, bound_included: bool| {
            let (low, included) = match self {
                Self::From { value, included } => (value, *included),
                Self::Between(low, _) => (low, true),
                _ => return false,
            };
            match compare(low, bound) {
                Ordering::Equal => bound_included || !included,
                order => order == Ordering::Greater,
            }
        };
        let is_below = |bound: &Value, bound_included: bool| {
            let (high, included) = match self {
                Self::To { value, included } => (value, *included),
                Self::Between(_, high) => (high, true),
                _ => return false,
            };
            match compare(high, bound) {
                Ordering::Equal => bound_included || !included,
                order => order == Ordering::Less,
            }
        };
        match test {
            Predicate::Gt(value) => is_above(value, false),
            Predicate::Ge(value) => is_above(value, true),
            Predicate::Lt(value) => is_below(value, false),
            Predicate::Le(value) => is_below(value, true),
            Predicate::Between(low, high) => is_above(low, true) && is_below(high, true),
            Predicate::StartsWith(start) => matches!(self, Self::StartsWith(own) if own.starts_with(start.as_str())),
            _ => false,
        }
    }

    /// Whether a value is in the range.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::From { value: low, included } => is_ordered(low, value, *included),
            Self::To { value: high, included } => is_ordered(value, high, *included),
            Self::Between(low, high) => is_ordered(low, value, true) && is_ordered(value, high, true),
            Self::StartsWith(start) => matches!(value, Value::String(text) if text.starts_with(start.as_str())),
        }
    }
}

fn is_ordered(left: &Value, right: &Value, included: bool) -> bool {
    match compare(left, right) {
        Ordering::Equal => included,
        order => order == Ordering::Less,
    }
}

/// In the order of keys.
fn compare(left: &Value, right: &Value) -> Ordering {
    Key::new(left.clone(), None).cmp(&Key::new(right.clone(), None))
}

fn is_key_value(value: &Value) -> bool {
    !matches!(value, Value::String(text) if !is_key_text(text))
}
