//! Ranges of places in an order: from which bytes to which a query looks.

use backends_core::{Order, Value};

use super::range::SortRange;
use crate::codec::{LONGEST, order};

/// From where to where, both included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    low: Vec<u8>,
    high: Vec<u8>,
}

/// What is asked of the first value that is not fixed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'r> {
    Nothing,
    /// That it is there.
    There,
    Range(&'r SortRange),
}

impl Bounds {
    /// Of the places that begin with `start`, those whose next value is as asked.
    pub(super) fn new(start: &[u8], asked: Asked<'_>) -> Self {
        let begin = |push: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = start.to_vec();
            push(&mut bytes);
            bytes
        };
        let at = |value: &Value| begin(&|bytes| order::push(bytes, value));
        let behind = |value: &Value| above(at(value));
        let lowest = |like: &Value| begin(&|bytes| order::push_lowest(bytes, like));
        let highest = |like: &Value| begin(&|bytes| order::push_highest(bytes, like));
        let (low, high) = match asked {
            Asked::Nothing => (start.to_vec(), above(start.to_vec())),
            Asked::There => (highest(&Value::Null), above(start.to_vec())),
            Asked::Range(SortRange::From { value, included: true }) => (at(value), highest(value)),
            Asked::Range(SortRange::From { value, included: false }) => (behind(value), highest(value)),
            Asked::Range(SortRange::To { value, included: true }) => (lowest(value), behind(value)),
            Asked::Range(SortRange::To { value, included: false }) => (lowest(value), at(value)),
            Asked::Range(SortRange::Between(from, to)) => (at(from), behind(to)),
            Asked::Range(SortRange::StartsWith(start)) => {
                let low = begin(&|bytes| order::push_start(bytes, start));
                (low.clone(), above(low))
            }
        };
        Self { low, high }
    }

    /// The part behind a place in this direction. The place of a record goes on behind `place` only if not all of its
    /// values are known.
    pub(super) fn behind(mut self, place: Vec<u8>, is_whole: bool, direction: Order) -> Self {
        match direction {
            // What is below the kind of any value is behind the end of the place, and before all that goes on.
            Order::Asc if is_whole => self.low = self.low.max(with(place, 0)),
            Order::Asc => self.low = self.low.max(place),
            Order::Desc if is_whole => self.high = self.high.min(before(place)),
            Order::Desc => self.high = self.high.min(above(place)),
        }
        self
    }

    /// Whether a place that is cut to fit stands inside if and only if the whole does.
    pub(super) fn is_exact(&self) -> bool {
        self.low.len() < LONGEST && self.high.len() < LONGEST
    }

    /// The condition that the service is asked; none if nothing can meet it.
    pub(super) fn condition(mut self) -> Option<SortRange> {
        if self.low.is_empty() {
            // DynamoDB: the value of a key is not empty.
            self.low.push(0);
        }
        self.low.truncate(LONGEST);
        self.high.truncate(LONGEST);
        (self.low <= self.high).then_some(SortRange::Between(Value::Bytes(self.low), Value::Bytes(self.high)))
    }
}

/// Conditions with the same places, each in one of them only: those that were cut to fit may have places in common.
pub(super) fn apart(conditions: impl IntoIterator<Item = SortRange>) -> Vec<SortRange> {
    let bytes = |range| match range {
        SortRange::Between(Value::Bytes(low), Value::Bytes(high)) => Some((low, high)),
        _ => None,
    };
    let mut ranges: Vec<_> = conditions.into_iter().filter_map(bytes).collect();
    ranges.sort_unstable();
    let mut apart: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match apart.last_mut() {
            Some((_, last)) if low <= *last => *last = high.max(std::mem::take(last)),
            _ => apart.push((low, high)),
        }
    }
    apart.into_iter().map(|(low, high)| SortRange::Between(Value::Bytes(low), Value::Bytes(high))).collect()
}

fn above(bytes: Vec<u8>) -> Vec<u8> {
    with(bytes, order::LAST)
}

/// Below this place, and not below any other that is.
fn before(mut place: Vec<u8>) -> Vec<u8> {
    // A place that ends with 0 stands right behind the one without it; else the last value is a number or an instant,
    // of which no more than a few bytes go on.
    if let Some(last) = place.pop().filter(|last| *last > 0) {
        place.push(last - 1);
        place.extend([order::LAST; 24]);
    }
    place
}

fn with(mut bytes: Vec<u8>, last: u8) -> Vec<u8> {
    bytes.push(last);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(values: &[Value]) -> Vec<u8> {
        crate::codec::OrderOf::start(values)
    }

    fn holds(bounds: &Bounds, place: &[u8]) -> bool {
        bounds.low.as_slice() <= place && place <= bounds.high.as_slice()
    }

    #[test]
    fn c13_a_range_has_the_places_of_its_values_and_no_others() {
        let values: Vec<Value> = [Value::Null, (-1).into(), 0.into(), 1.into(), 1.5.into(), 2.into()]
            .into_iter()
            .chain(["", "a", "ab", "b", "\u{10ffff}"].map(Value::from))
            .collect();
        let from = |value: Value, included| SortRange::From { value, included };
        let to = |value: Value, included| SortRange::To { value, included };
        for (range, inside) in [
            (Some(from(1.into(), true)), &[3, 4, 5][..]),
            (Some(from(1.into(), false)), &[4, 5]),
            (Some(to(1.into(), true)), &[1, 2, 3]),
            (Some(to(1.into(), false)), &[1, 2]),
            (Some(SortRange::Between(0.into(), 1.5.into())), &[2, 3, 4]),
            (Some(from("a".into(), true)), &[7, 8, 9, 10]),
            (Some(from("a".into(), false)), &[8, 9, 10]),
            (Some(to("a".into(), true)), &[6, 7]),
            (Some(to("ab".into(), false)), &[6, 7]),
            (Some(SortRange::StartsWith("a".into())), &[7, 8]),
            (None, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ] {
            for start in [&[][..], &["x".into()]] {
                let bounds = Bounds::new(&place(start), range.as_ref().map_or(Asked::There, Asked::Range));
                for (number, value) in values.iter().enumerate() {
                    let mut all = start.to_vec();
                    all.extend([value.clone(), "key".into()]);
                    assert_eq!(holds(&bounds, &place(&all)), inside.contains(&number), "{range:?} {number}");
                    all[0] = "y".into();
                    assert!(start.is_empty() || !holds(&bounds, &place(&all)));
                }
            }
        }
        let everything = Bounds::new(&[], Asked::Nothing);
        assert!(values.iter().all(|value| holds(&everything, &place(std::slice::from_ref(value)))));
    }

    #[test]
    fn c21_a_part_begins_behind_a_place() {
        let all: Vec<_> = [1, 2, 3].iter().flat_map(|a| ["x", "y"].map(|b| place(&[(*a).into(), b.into()]))).collect();
        let everything = || Bounds::new(&[], Asked::Nothing);
        let inside = |bounds: Bounds| (0..all.len()).filter(|number| holds(&bounds, &all[*number])).collect::<Vec<_>>();
        assert_eq!(inside(everything().behind(all[2].clone(), true, Order::Asc)), [3, 4, 5]);
        assert_eq!(inside(everything().behind(all[2].clone(), true, Order::Desc)), [0, 1]);
        // Of what is not known the whole is looked at again.
        assert_eq!(inside(everything().behind(place(&[2.into()]), false, Order::Asc)), [2, 3, 4, 5]);
        assert_eq!(inside(everything().behind(place(&[2.into()]), false, Order::Desc)), [0, 1, 2, 3]);
        assert!(everything().behind(place(&[9.into()]), true, Order::Asc).condition().is_some());
        let none = Bounds::new(&place(&[1.into()]), Asked::Nothing).behind(place(&[2.into()]), true, Order::Asc);
        assert_eq!(none.condition(), None);
    }

    #[test]
    fn c21_nothing_stands_between_a_place_and_what_is_before_it() {
        let instant = |millis| Value::Timestamp(backends_core::Timestamp::from_millis(millis).unwrap());
        let numbers = [
            (-200).into(),
            (-101).into(),
            (-100).into(),
            (-1.01).into(),
            (-1).into(),
            0.into(),
            1.into(),
            1.01.into(),
            100.into(),
            101.into(),
        ];
        let texts = ["", "a", "a\u{1}", "ab", "b"].map(Value::from);
        let all = numbers.into_iter().chain(texts).chain([0, 1, 255, 256, 65_535, 65_536].map(instant));
        let all: Vec<_> = all.map(|value| place(&["x".into(), value])).collect();
        for pair in all.windows(2) {
            let before = before(pair[1].clone());
            assert!(pair[0] <= before && before < pair[1], "{pair:?}");
        }
    }

    #[test]
    fn c13_no_place_is_in_two_conditions() {
        let long = "x".repeat(1_020);
        let of = |text: String| Bounds::new(&place(&[text.into()]), Asked::There).condition().unwrap();
        let [first, second] = [of(format!("{long}xxxx")), of(format!("{long}xxxy"))];
        assert_eq!(apart([first.clone(), second]), std::slice::from_ref(&first));
        let other = of("y".to_owned());
        assert_eq!(apart([other.clone(), first.clone(), other.clone()]), [first, other]);
        let range = |low: u8, high: u8| SortRange::Between(Value::Bytes(vec![low]), Value::Bytes(vec![high]));
        assert_eq!(apart([range(4, 9), range(1, 2), range(2, 5), range(6, 7)]), [range(1, 9)]);
    }

    #[test]
    fn c19_bounds_that_do_not_fit_are_wider() {
        let long = Value::from("x".repeat(1_020));
        let bounds = Bounds::new(&place(&["a".into()]), Asked::Range(&SortRange::From { value: long, included: true }));
        assert!(!bounds.is_exact());
        let Some(SortRange::Between(Value::Bytes(low), Value::Bytes(_))) = bounds.condition() else { panic!() };
        assert_eq!(low.len(), LONGEST);
        assert!(Bounds::new(&[], Asked::Nothing).is_exact());
    }
}
