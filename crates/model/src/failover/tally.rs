//! What came of all writes, and the table of it.

use std::time::Duration;

/// Problems that are told one by one.
const TOLD: usize = 20;

/// What is wrong with what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An acknowledged write is not there.
    Lost(String),
    /// A write is there twice, or although it surely was not done.
    Doubled(String),
}

/// Sums over all rounds.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) step_downs: u64,
    pub(super) kills: u64,
    pub(super) acknowledged: u64,
    /// Refused for what is stored.
    pub(super) refused: u64,
    /// Errors that say that nothing was done.
    pub(super) surely_not: u64,
    /// Errors that say that it may have been done.
    pub(super) unclear: u64,
    /// Calls that took longer than their time, or failed otherwise than by a change of the primary.
    pub(super) other: u64,
    pub(super) longest: Duration,
    lost: u64,
    doubled: u64,
    pub(super) problems: Vec<String>,
}

impl Tally {
    /// Adds what one writer counted.
    pub(super) fn add(&mut self, one: Self) {
        self.acknowledged += one.acknowledged;
        self.refused += one.refused;
        self.surely_not += one.surely_not;
        self.unclear += one.unclear;
        self.other += one.other;
        self.lost += one.lost;
        self.doubled += one.doubled;
        self.longest = self.longest.max(one.longest);
        one.problems.into_iter().for_each(|problem| self.tell(problem));
    }

    /// Adds what is wrong with a record, or with what a writer wrote.
    pub(super) fn extend(&mut self, whose: &str, verdicts: impl IntoIterator<Item = Verdict>) {
        for verdict in verdicts {
            let (count, what) = match verdict {
                Verdict::Lost(what) => (&mut self.lost, format!("lost, {whose}: {what}")),
                Verdict::Doubled(what) => (&mut self.doubled, format!("doubled, {whose}: {what}")),
            };
            *count += 1;
            self.tell(what);
        }
    }

    pub(super) fn tell(&mut self, problem: String) {
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        }
    }

    /// How much is not as it has to be.
    pub(super) fn wrong(&self) -> u64 {
        self.lost + self.doubled + self.other
    }

    pub(super) fn table(&self, rounds: u64) -> String {
        let Self { step_downs, kills, acknowledged, refused, surely_not, unclear, lost, doubled, other, .. } = self;
        let longest = self.longest.as_secs_f64();
        format!(
            "| rounds | step-downs | kills | acknowledged writes | refused rightly | failed, surely not done | unclear | lost | \
             doubled | other errors | longest call |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n| {rounds} | \
             {step_downs} | {kills} | {acknowledged} | {refused} | {surely_not} | {unclear} | {lost} | {doubled} | \
             {other} | {longest:.1} s |"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_counted_and_told() {
        let mut tally = Tally { acknowledged: 7, ..Tally::default() };
        let mut one = Tally { acknowledged: 2, other: 1, longest: Duration::from_millis(1_500), ..Tally::default() };
        one.extend("a", [Verdict::Lost("x".to_owned()), Verdict::Doubled("y".to_owned())]);
        tally.add(one);
        tally.extend("b", [Verdict::Doubled("z".to_owned())]);
        assert_eq!((tally.wrong(), tally.problems.len()), (4, 3));
        assert_eq!(tally.problems[2], "doubled, b: z");
        assert!(tally.table(5).ends_with("| 5 | 0 | 0 | 9 | 0 | 0 | 0 | 1 | 2 | 1 | 1.5 s |"), "{}", tally.table(5));
    }
}
