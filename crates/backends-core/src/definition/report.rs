//! The list of mistakes while a definition is read and checked.

use crate::{Error, ErrorKind, Mistakes, Result};

/// Mistakes listed before the rest is only counted, so that no input makes a message without end.
const MAX_LISTED: usize = 200;

/// Collects mistakes, and counts those that are too many to list.
#[derive(Debug)]
pub(super) struct Report {
    mistakes: Mistakes,
    listed: usize,
    more: usize,
}

impl Report {
    pub(super) fn new(kind: ErrorKind) -> Self {
        Self { mistakes: Mistakes::new(kind), listed: 0, more: 0 }
    }

    /// Adds a mistake; its text is made only if it is listed.
    pub(super) fn add<S: Into<String>>(&mut self, mistake: impl FnOnce() -> S) {
        if self.listed < MAX_LISTED {
            self.listed += 1;
            self.mistakes.add(mistake());
        } else {
            self.more += 1;
        }
    }

    /// Adds the mistakes of `error`, each behind `place`.
    pub(super) fn absorb(&mut self, place: &str, error: &Error) {
        if error.mistakes().is_empty() {
            self.add(|| format!("{place}: {}", error.message()));
        }
        for mistake in error.mistakes() {
            self.add(|| format!("{place}: {mistake}"));
        }
    }

    /// `Ok` if there is no mistake, else one error that lists them.
    pub(super) fn into_result(mut self) -> Result<()> {
        if self.more > 0 {
            self.mistakes.add(format!("and {} more", self.more));
        }
        self.mistakes.into_result()
    }
}
