//! What became of every call whose answer was lost.

use std::fmt;

use super::Loss;

/// What a call said, all of it true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded, or refused for a reason that is not the lost answer.
    Answered,
    /// It failed, and said that it may have happened; it had.
    Happened,
    /// It failed; it had not happened, or changes nothing.
    Nothing,
}

/// One call whose answer was lost.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Line {
    /// What the call was.
    pub call: &'static str,
    /// What the key was.
    pub shape: &'static str,
    /// How the answer was lost.
    pub loss: Loss,
    /// Of which request, from 1, and of how many.
    pub request: (usize, usize),
    /// What came of it.
    pub outcome: Outcome,
}

/// Every call whose answer was lost.
#[derive(Debug, Clone, Default)]
pub struct Report(Vec<Line>);

impl Report {
    pub(super) fn push(&mut self, line: Line) {
        self.0.push(line);
    }

    /// Prints a line for each call and shape, and one for all: how many answers were lost, and what came of that. What else
    /// could come of it ends the test.
    #[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
    pub(super) fn print(&self) {
        let mut calls = 0;
        for first in self.firsts() {
            println!("{}, {}: {}", first.call, first.shape, told(self.lines().filter(|line| line.is_like(first))));
            calls += 1;
        }
        println!("{calls} calls: {}; 0 doubled, lost, or a conflict of their own", told(self.lines()));
    }

    /// The first line of each call and shape.
    fn firsts(&self) -> impl Iterator<Item = &Line> {
        let is_first = |at: usize, line: &Line| !self.0[..at].iter().any(|before| before.is_like(line));
        self.0.iter().enumerate().filter(move |(at, line)| is_first(*at, line)).map(|(_, line)| line)
    }

    /// Each call.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// Those that did not answer although only one answer was lost, and so might have been asked again.
    pub fn unanswered(&self) -> impl Iterator<Item = &Line> {
        let one = |line: &&Line| matches!(line.loss, Loss::Once | Loss::Half);
        self.lines().filter(one).filter(|line| line.outcome != Outcome::Answered)
    }
}

fn told<'l>(lines: impl Iterator<Item = &'l Line>) -> String {
    let outcomes: Vec<_> = lines.map(|line| line.outcome).collect();
    let [answered, happened, nothing] = [Outcome::Answered, Outcome::Happened, Outcome::Nothing]
        .map(|wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count());
    format!("{} lost; {answered} answered, {happened} happened, {nothing} nothing", outcomes.len())
}

impl Line {
    fn is_like(&self, other: &Self) -> bool {
        (self.call, self.shape) == (other.call, other.shape)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, shape, loss, request: (request, of), outcome } = self;
        write!(f, "{call}, {shape}: answer {request} of {of} lost ({loss:?}): {outcome:?}")
    }
}
