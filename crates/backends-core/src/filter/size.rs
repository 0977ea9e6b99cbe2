//! How large filters may be.

use super::Predicate;
use crate::{Error, Result};

/// How many of and, or, not stand inside one another.
const DEPTH: usize = 32;
/// How many tests a filter has.
const TESTS: usize = 1_000;
/// How many values all `in` and `notIn` of a filter have together.
const OPERANDS: usize = 10_000;

/// How much more than callers core says, that what has expired is not meant.
const OF_CORE: usize = 1;

/// How large a filter is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    depth: usize,
    tests: usize,
    operands: usize,
}

impl Size {
    pub(super) fn of_test(predicate: &Predicate) -> Self {
        let operands = match predicate {
            Predicate::In(values) | Predicate::NotIn(values) => values.len(),
            _ => 0,
        };
        Self { depth: 0, tests: 1, operands }
    }

    /// The size of both side by side.
    pub(super) fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.tests += other.tests;
        self.operands += other.operands;
    }

    /// The size inside one more and, or, not.
    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// The size of what is inside the outermost and, or, not.
    pub(super) fn shallower(self) -> Self {
        Self { depth: self.depth.saturating_sub(1), ..self }
    }

    /// Whether a caller may ask so much.
    pub(super) fn check(self) -> Result<()> {
        self.check_with(0)
    }

    /// Whether a filter may be built so large.
    pub(super) fn check_built(self) -> Result<()> {
        self.check_with(OF_CORE)
    }

    fn check_with(self, more: usize) -> Result<()> {
        let what = if self.depth > DEPTH + more {
            "a filter with more than 32 of and, or, not inside one another: make it flatter"
        } else if self.tests > TESTS + more {
            "a filter with more than 1,000 tests: ask with `is_in`, or in several calls"
        } else if self.operands > OPERANDS {
            "a filter with more than 10,000 values of `is_in` and `not_in`: ask in several calls"
        } else {
            return Ok(());
        };
        Err(Error::invalid_input(what))
    }
}
