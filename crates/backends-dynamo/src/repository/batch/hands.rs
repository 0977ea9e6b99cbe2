//! How unique values change hands in a batch: each guard is one item of the transaction, whichever records it passes.

use std::collections::HashMap;

use crate::guard::Guard;
use crate::repository::guarded::Shift;

/// What becomes of the guards of a batch.
#[derive(Debug, Default)]
pub(super) struct Hands<'s> {
    /// Those that are taken, in the order of the writes.
    pub(super) takes: Vec<Take<'s>>,
    /// Those that are left to nobody, and by which write.
    pub(super) leaves: Vec<(usize, &'s Guard)>,
    /// The first write that wants what one before it has taken, or one behind it has yet to leave.
    pub(super) clash: Option<(usize, &'s Guard)>,
}

/// A guard that a write takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take<'s> {
    pub(super) guard: &'s Guard,
    pub(super) position: usize,
    /// The write before it that leaves it.
    pub(super) from: Option<usize>,
}

impl<'s> Hands<'s> {
    /// What becomes of the guards, one write after another, as far as a clash.
    pub(super) fn of(shifts: &'s [Shift]) -> Self {
        let mut hands = Self::default();
        let each_left = shifts
            .iter()
            .enumerate()
            .flat_map(|(position, shift)| shift.left.iter().map(move |guard| (guard, position)));
        let left: HashMap<&str, usize> = each_left.map(|(guard, position)| (guard.key.as_str(), position)).collect();
        let mut taken: HashMap<&str, usize> = HashMap::new();
        for (position, shift) in shifts.iter().enumerate() {
            for guard in &shift.taken {
                let from = left.get(guard.key.as_str()).copied();
                if from.is_some_and(|from| from > position) || taken.insert(&guard.key, position).is_some() {
                    hands.clash = Some((position, guard));
                    return hands;
                }
                hands.takes.push(Take { guard, position, from });
            }
        }
        for (position, shift) in shifts.iter().enumerate() {
            let to_nobody = shift.left.iter().filter(|guard| !taken.contains_key(guard.key.as_str()));
            hands.leaves.extend(to_nobody.map(|guard| (position, guard)));
        }
        hands
    }
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
            hands.takes.iter().map(|take| (take.guard.key.as_str(), take.position, take.from)).collect();
        assert_eq!(takes, [("x", 0, None), ("a", 1, Some(0)), ("b", 2, Some(1))]);
        let leaves: Vec<_> = hands.leaves.iter().map(|(position, guard)| (*position, guard.key.as_str())).collect();
        assert_eq!((leaves, hands.clash.is_none()), (vec![(2, "c"), (3, "d")], true));
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
