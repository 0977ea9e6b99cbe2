//! Whether a write is done or given up: the writer and the caller that waits for it decide it between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use backends_core::{Error, Result};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::patience::{self, Patience};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const GIVEN_UP: u8 = 2;
const FAILED: u8 = 3;

/// Who has a write: nobody yet, the writer, or the caller that gave it up. The first to claim it has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claim(Arc<AtomicU8>);

impl Claim {
    /// Takes it, to do it. False if the caller has given it up: then it is not done.
    pub(crate) fn take(&self) -> bool {
        self.pass(WAITING, TAKEN) || self.0.load(Ordering::Acquire) == TAKEN
    }

    /// Lets it wait again, since what was done of it is undone.
    pub(crate) fn put_back(&self) {
        self.pass(TAKEN, WAITING);
    }

    /// Says that it was not stored, or that nobody knows.
    pub(crate) fn fail(&self) {
        self.0.store(FAILED, Ordering::Release);
    }

    fn is_over_for_nothing(&self) -> bool {
        matches!(self.0.load(Ordering::Acquire), GIVEN_UP | FAILED)
    }

    /// Gives it up. False if it is being done.
    fn give_up(&self) -> bool {
        self.pass(WAITING, GIVEN_UP)
    }

    fn pass(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Writes of one caller, in the order in which they are put in the queue: none is done behind one that has failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicBool>);

impl Line {
    /// Whether a write may be done whose turn it is, behind this one.
    pub(crate) fn holds(&self, before: Option<&Claim>) -> bool {
        if before.is_some_and(Claim::is_over_for_nothing) {
            self.break_off();
        }
        !self.0.load(Ordering::Acquire)
    }

    /// From now on none is done.
    pub(crate) fn break_off(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Where the answer to a write comes in.
pub(crate) struct Receipt<R> {
    claim: Claim,
    patience: Patience,
    answer: oneshot::Receiver<Result<R>>,
}

impl<R> Receipt<R> {
    pub(crate) fn new(claim: Claim, patience: Patience, answer: oneshot::Receiver<Result<R>>) -> Self {
        Self { claim, patience, answer }
    }

    /// Who has the write.
    pub(crate) fn claim(&self) -> Claim {
        self.claim.clone()
    }

    /// Waits for the answer, and not beyond its deadline for its turn.
    ///
    /// # Errors
    /// Those of the write; `Timeout` of a write that surely was not done.
    pub(crate) async fn wait(mut self) -> Result<R> {
        while let Some(until) = self.patience.deadline() {
            match timeout_at(until, &mut self.answer).await {
                Ok(answer) => return answer.unwrap_or_else(|_| Err(lost())),
                Err(_) if self.patience.deadline() > Some(until) => {}
                Err(_) if self.claim.give_up() => return Err(patience::too_late()),
                Err(_) => break,
            }
        }
        self.answer.await.unwrap_or_else(|_| Err(lost()))
    }
}

/// A job without an answer: what it did, if anything, nobody knows.
fn lost() -> Error {
    crate::backend::lost().with_may_have_happened(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c42_a_write_is_done_or_given_up_and_never_both() {
        let claim = Claim::default();
        assert!(claim.take() && claim.take() && !claim.give_up());
        claim.put_back();
        assert!(claim.give_up() && !claim.take());
        claim.put_back();
        assert!(!claim.take() && !claim.give_up());
    }

    #[test]
    fn c26_no_write_is_done_behind_one_that_failed() {
        let (line, claims) = (Line::default(), [(); 3].map(|()| Claim::default()));
        assert!(claims.iter().all(Claim::take) && line.holds(None) && line.holds(Some(&claims[0])));
        claims[0].fail();
        assert!(!line.holds(Some(&claims[0])) && !line.holds(Some(&claims[1])) && !line.holds(Some(&claims[2])));
    }
}
