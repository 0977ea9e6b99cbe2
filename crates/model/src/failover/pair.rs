//! What may be stored under two keys that share unique values, by what their only writer was told.

use std::collections::BTreeSet;

use super::tally::Verdict;

/// The version under a key, or nothing.
pub(super) type Version = Option<u64>;

/// A way to write a record by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Insert,
    Replace,
    Upsert,
    Update,
    Delete,
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was done, and there was a record before, or not.
    Done { was_there: bool },
    /// It was refused, since there is a record (`Insert`), or none.
    KeyInTheWay,
    /// It was refused, since the other key has the unique value.
    ValueInTheWay,
    /// It failed, and surely was not done.
    Not,
    /// It failed, and may have been done.
    Unclear,
}

/// What is known of both keys.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    may: [BTreeSet<Version>; 2],
    /// Versions that surely were not written.
    never: BTreeSet<u64>,
}

/// The unique value that a version has, of the two that there are.
pub(super) fn value(version: Version) -> Option<u64> {
    version.map(|version| version % 3).filter(|value| *value < 2)
}

impl Write {
    pub(super) const ALL: [Self; 5] = [Self::Insert, Self::Replace, Self::Upsert, Self::Update, Self::Delete];

    /// What is there when the write of a version is done.
    fn leaves(self, version: u64) -> Version {
        (self != Self::Delete).then_some(version)
    }

    /// Whether it is done where there is a record, or is none.
    fn applies(self, is_there: bool) -> bool {
        match self {
            Self::Insert => !is_there,
            Self::Upsert => true,
            Self::Replace | Self::Update | Self::Delete => is_there,
        }
    }
}

impl Pair {
    /// Two keys without a record.
    pub(super) fn new() -> Self {
        Self { may: [BTreeSet::from([None]), BTreeSet::from([None])], never: BTreeSet::new() }
    }

    /// Learns from what came of a write; what is wrong if that cannot be.
    pub(super) fn learn(&mut self, at: usize, write: Write, version: u64, outcome: Outcome) -> Option<Verdict> {
        let leaves = write.leaves(version);
        match outcome {
            Outcome::Done { was_there } => {
                let fits = self.narrow(at, |state| state.is_some() == was_there);
                let is_free = self.narrow(1 - at, |state| value(leaves).is_none() || value(state) != value(leaves));
                self.may[at] = BTreeSet::from([leaves]);
                let told = format!("{write:?} of version {version} is done");
                match (fits, was_there) {
                    (false, true) => Some(Verdict::Doubled(format!("{told} on a record that surely is not there"))),
                    (false, false) => Some(Verdict::Lost(format!("{told}, and there was none of a record"))),
                    (true, _) if !is_free => Some(Verdict::Doubled(format!("{told}, and its value was taken"))),
                    (true, _) => None,
                }
            }
            Outcome::KeyInTheWay => {
                let is_there = write == Write::Insert;
                let fits = self.narrow(at, |state| state.is_some() == is_there);
                let told = || format!("{write:?} of version {version} is refused");
                match (fits, is_there) {
                    (true, _) => None,
                    (false, true) => Some(Verdict::Doubled(format!("{} by a record that nobody wrote", told()))),
                    (false, false) => Some(Verdict::Lost(format!("{} for want of a record that was written", told()))),
                }
            }
            Outcome::ValueInTheWay => {
                let fits = self.narrow(1 - at, |state| value(state).is_some() && value(state) == value(leaves));
                let told = || format!("{write:?} of version {version} is refused by a value that no record has");
                (!fits).then(|| Verdict::Doubled(told()))
            }
            Outcome::Not => {
                self.never.extend(leaves);
                None
            }
            Outcome::Unclear => {
                if self.may[at].iter().any(|state| write.applies(state.is_some())) {
                    self.may[at].insert(leaves);
                }
                None
            }
        }
    }

    /// What is wrong if this is stored.
    pub(super) fn verdict(&self, at: usize, stored: Version) -> Option<Verdict> {
        if self.may[at].contains(&stored) {
            return None;
        }
        let told = format!("stored is version {stored:?}, and may be {:?}", self.may[at]);
        let is_undue = stored.is_some_and(|version| self.never.contains(&version));
        Some(if is_undue { Verdict::Doubled(told) } else { Verdict::Lost(told) })
    }

    /// Leaves what fits, if anything does.
    fn narrow(&mut self, at: usize, fits: impl Fn(Version) -> bool) -> bool {
        let does_any = self.may[at].iter().any(|state| fits(*state));
        if does_any {
            self.may[at].retain(|state| fits(*state));
        }
        does_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Outcome = Outcome::Done { was_there: false };
    const OLD: Outcome = Outcome::Done { was_there: true };

    fn is_lost(verdict: Option<Verdict>) -> bool {
        matches!(verdict, Some(Verdict::Lost(_)))
    }

    fn is_doubled(verdict: Option<Verdict>) -> bool {
        matches!(verdict, Some(Verdict::Doubled(_)))
    }

    /// A pair whose first key has version 3, which has the value 0.
    fn pair() -> Pair {
        let mut pair = Pair::new();
        assert_eq!(pair.learn(0, Write::Insert, 3, NEW), None);
        pair
    }

    #[test]
    fn an_acknowledged_write_is_there_and_one_that_failed_is_not() {
        let mut pair = pair();
        assert_eq!(pair.learn(0, Write::Replace, 4, Outcome::Not), None);
        assert_eq!(pair.verdict(0, Some(3)), None);
        assert!(is_lost(pair.verdict(0, None)) && is_doubled(pair.verdict(0, Some(4))));
        assert_eq!(pair.learn(0, Write::Delete, 5, OLD), None);
        assert_eq!(pair.verdict(0, None), None);
        assert!(is_lost(pair.verdict(0, Some(3))));
    }

    #[test]
    fn what_is_unclear_may_be_there_until_a_later_answer_says_it() {
        let mut pair = Pair::new();
        pair.learn(0, Write::Insert, 3, Outcome::Unclear);
        pair.learn(1, Write::Replace, 6, Outcome::Unclear);
        assert_eq!((pair.verdict(0, None), pair.verdict(0, Some(3))), (None, None));
        assert!(is_lost(pair.verdict(1, Some(6))), "there was nothing to replace");
        let mut was_done = pair.clone();
        assert_eq!(was_done.learn(0, Write::Insert, 4, Outcome::KeyInTheWay), None);
        assert!(is_lost(was_done.verdict(0, None)));
        assert_eq!(pair.learn(0, Write::Upsert, 4, NEW), None);
        assert!(is_lost(pair.verdict(0, Some(3))));
    }

    #[test]
    fn answers_that_cannot_be_are_told() {
        assert!(is_lost(pair().learn(0, Write::Replace, 4, Outcome::KeyInTheWay)));
        assert!(is_lost(pair().learn(0, Write::Upsert, 4, NEW)));
        assert!(is_doubled(Pair::new().learn(0, Write::Insert, 3, Outcome::KeyInTheWay)), "its own first try");
        assert!(is_doubled(Pair::new().learn(0, Write::Delete, 3, OLD)));
    }

    #[test]
    fn a_value_is_that_of_one_record() {
        assert_eq!((value(Some(3)), value(Some(4)), value(Some(5)), value(None)), (Some(0), Some(1), None, None));
        assert_eq!(pair().learn(1, Write::Insert, 6, Outcome::ValueInTheWay), None);
        assert!(is_doubled(pair().learn(1, Write::Insert, 6, NEW)), "two have it");
        assert!(is_doubled(pair().learn(1, Write::Insert, 7, Outcome::ValueInTheWay)), "nobody has it");
        assert_eq!(pair().learn(1, Write::Insert, 7, NEW), None);
        let mut unclear = pair();
        unclear.learn(0, Write::Delete, 4, Outcome::Unclear);
        assert_eq!(unclear.learn(1, Write::Insert, 6, NEW), None);
        assert!(is_lost(unclear.verdict(0, Some(3))), "it has left the value");
    }
}
