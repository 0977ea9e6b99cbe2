//! How unique values change hands in a batch: each guard is one item of the transaction, whichever records it passes.

use std::collections::{HashMap, HashSet};

use crate::guard::Guard;
use crate::repository::guarded::Shift;

/// What becomes of the guards of a batch.
#[derive(Debug, Default)]
pub(super) struct Hands<'s> {
    /// Those that are taken, in the order of the writes.
    pub(super) takes: Vec<Take<'s>>,
    /// Those that are left to nobody.
    pub(super) leaves: Vec<Leave<'s>>,
    /// The first write that wants what one before it has taken, or one behind it has yet to leave.
    pub(super) clash: Option<(usize, &'s Guard)>,
}

/// A guard that a write takes.
#[derive(Debug)]
pub(super) struct Take<'s> {
    pub(super) guard: &'s Guard,
    pub(super) position: usize,
    /// The writes before it that leave it: more than one where another program wrote past the guards.
    pub(super) from: Vec<usize>,
}

/// A guard that writes leave.
#[derive(Debug)]
pub(super) struct Leave<'s> {
    pub(super) guard: &'s Guard,
    pub(super) from: Vec<usize>,
}

impl<'s> Hands<'s> {
    /// What becomes of the guards, one write after another, as far as a clash.
    pub(super) fn of(shifts: &'s [Shift]) -> Self {
        let mut hands = Self::default();
        let left = left(shifts);
        let mut taken: HashSet<&str> = HashSet::new();
        for (position, shift) in shifts.iter().enumerate() {
            for guard in &shift.taken {
                let of_it = left.iter().find(|leave| leave.guard.key == guard.key);
                let from = of_it.map(|leave| leave.from.clone()).unwrap_or_default();
                if from.iter().any(|from| *from > position) || !taken.insert(&guard.key) {
                    hands.clash = Some((position, guard));
                    return hands;
                }
                hands.takes.push(Take { guard, position, from });
            }
        }
        hands.leaves = left.into_iter().filter(|leave| !taken.contains(leave.guard.key.as_str())).collect();
        hands
    }
}

/// The guards that are left, each once, in the order of the writes.
fn left(shifts: &[Shift]) -> Vec<Leave<'_>> {
    let (mut left, mut places) = (Vec::<Leave<'_>>::new(), HashMap::new());
    for (position, shift) in shifts.iter().enumerate() {
        for guard in &shift.left {
            let place = *places.entry(guard.key.as_str()).or_insert(left.len());
            match left.get_mut(place) {
                Some(leave) => leave.from.push(position),
                None => left.push(Leave { guard, from: vec![position] }),
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(taken: &[&str], left: &[&str]) -> Shift {
        let guard = |key: &&str| Guard { index: "email".into(), key: (*key).into(), values: Vec::new() };
        Shift { taken: taken.iter().map(guard).collect(), left: left.iter().map(guard).collect() }
    }

    #[test]
    fn c31_c33_a_guard_that_passes_on_is_one_item() {
        let shifts = [shift(&["x"], &["a"]), shift(&["a"], &["b"]), shift(&["b"], &["c"]), shift(&[], &["d"])];
        let hands = Hands::of(&shifts);
        let takes: Vec<_> =
            hands.takes.iter().map(|take| (take.guard.key.as_str(), take.position, take.from.as_slice())).collect();
        assert_eq!(takes, [("x", 0, [].as_slice()), ("a", 1, &[0]), ("b", 2, &[1])]);
        assert_eq!((leaves(&hands), hands.clash.is_none()), (vec![("c", [2].as_slice()), ("d", &[3])], true));
    }

    fn leaves<'h>(hands: &'h Hands<'_>) -> Vec<(&'h str, &'h [usize])> {
        hands.leaves.iter().map(|leave| (leave.guard.key.as_str(), leave.from.as_slice())).collect()
    }

    #[test]
    fn c31_c33_c43_a_guard_that_two_records_leave_is_one_item_of_whichever_has_it() {
        let shifts = [shift(&[], &["a", "b"]), shift(&[], &["b", "a"]), shift(&["b"], &[])];
        let hands = Hands::of(&shifts);
        assert_eq!(leaves(&hands), [("a", [0, 1].as_slice())]);
        assert_eq!(hands.takes.iter().map(|take| take.from.clone()).collect::<Vec<_>>(), [[0, 1]]);
    }

    #[test]
    fn c31_c33_what_is_taken_too_early_or_twice_clashes() {
        for (shifts, position, taken_before) in [
            (vec![shift(&["a"], &[]), shift(&[], &["a"])], 0, 0),
            (vec![shift(&["b"], &["a"]), shift(&["a"], &["b"])], 0, 0),
            (vec![shift(&["a"], &[]), shift(&["a"], &[])], 1, 1),
            (vec![shift(&[], &["a"]), shift(&["a"], &[]), shift(&["x", "a"], &[])], 2, 2),
        ] {
            let hands = Hands::of(&shifts);
            assert_eq!(hands.clash.map(|(position, _)| position), Some(position), "{shifts:?}");
            assert_eq!(hands.takes.len(), taken_before, "{shifts:?}");
        }
    }
}
