//! What a record of sums may hold, by what its only writer was told.

use std::collections::BTreeMap;

use super::calls::Sums;
use super::pair::Outcome;
use super::tally::Verdict;

/// Increments by one, and numbers that were pushed.
#[derive(Debug, Default)]
pub(super) struct Counter {
    acknowledged: u64,
    unclear: u64,
    /// Each number that was pushed once, and what came of it.
    pushed: BTreeMap<u64, Outcome>,
}

impl Counter {
    /// Learns what came of an increment.
    pub(super) fn incremented(&mut self, outcome: Outcome) -> Option<Verdict> {
        match outcome {
            Outcome::Done { .. } => self.acknowledged += 1,
            Outcome::Unclear => self.unclear += 1,
            _ => {}
        }
        missing(outcome)
    }

    /// Learns what came of a number that was pushed and counted in one update.
    pub(super) fn pushed(&mut self, number: u64, outcome: Outcome) -> Option<Verdict> {
        self.pushed.insert(number, outcome);
        missing(outcome)
    }

    /// What is wrong with what is stored.
    pub(super) fn verdicts(&self, stored: Option<&Sums>) -> Vec<Verdict> {
        let Some(sums) = stored else { return vec![Verdict::Lost("the record of sums".to_owned())] };
        let mut verdicts = Vec::new();
        let most = self.acknowledged + self.unclear;
        let told = |what: &str, count: u64| format!("{count} increments {what}");
        if sums.count < self.acknowledged {
            verdicts.push(Verdict::Lost(told("missing", self.acknowledged - sums.count)));
        } else if sums.count > most {
            verdicts.push(Verdict::Doubled(told("too many", sums.count - most)));
        }
        let mut seen = BTreeMap::<u64, usize>::new();
        sums.members.iter().for_each(|member| *seen.entry(*member).or_default() += 1);
        if sums.members.len() as u64 != sums.members_count {
            verdicts.push(Verdict::Lost("a half of an update: as many members as they were counted".to_owned()));
        }
        for (number, outcome) in &self.pushed {
            let told = || format!("member {number}, whose answer was {outcome:?}");
            match (outcome, seen.remove(number).unwrap_or(0)) {
                (Outcome::Done { .. }, 0) => verdicts.push(Verdict::Lost(told())),
                (Outcome::Done { .. }, 1) | (Outcome::Unclear, 0 | 1) | (_, 0) => {}
                _ => verdicts.push(Verdict::Doubled(told())),
            }
        }
        verdicts
            .extend(seen.into_keys().map(|number| Verdict::Doubled(format!("member {number}, which nobody pushed"))));
        verdicts
    }
}

/// The record is there from the beginning.
fn missing(outcome: Outcome) -> Option<Verdict> {
    let is_missing = matches!(outcome, Outcome::KeyInTheWay | Outcome::ValueInTheWay);
    is_missing.then(|| Verdict::Lost("the record of sums, by an update".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> Counter {
        let mut counter = Counter::default();
        for outcome in [Outcome::Done { was_there: true }, Outcome::Not, Outcome::Unclear] {
            assert_eq!(counter.incremented(outcome), None);
            assert_eq!(counter.pushed(counter.pushed.len() as u64, outcome), None);
        }
        counter
    }

    fn sums(count: u64, members: &[u64]) -> Sums {
        Sums { id: "x".to_owned(), count, members_count: members.len() as u64, members: members.to_vec() }
    }

    #[test]
    fn what_was_acknowledged_is_there_once_and_what_is_unclear_at_most_once() {
        for (count, members, lost, doubled) in [
            (1, vec![0], 0, 0),
            (2, vec![2, 0], 0, 0),
            (0, vec![], 2, 0),
            (3, vec![0, 2, 2], 0, 2),
            (1, vec![0, 0], 0, 1),
            (1, vec![0, 1], 0, 1),
            (1, vec![0, 9], 0, 1),
        ] {
            let verdicts = counter().verdicts(Some(&sums(count, &members)));
            let is_lost = |verdict: &&Verdict| matches!(verdict, Verdict::Lost(_));
            let found = verdicts.iter().filter(is_lost).count();
            assert_eq!((found, verdicts.len() - found), (lost, doubled), "{count} {members:?}");
        }
        assert_eq!(counter().verdicts(None).len(), 1);
        assert_eq!(counter().verdicts(Some(&Sums { members_count: 2, ..sums(1, &[0]) })).len(), 1);
        assert!(Counter::default().incremented(Outcome::KeyInTheWay).is_some());
    }
}
