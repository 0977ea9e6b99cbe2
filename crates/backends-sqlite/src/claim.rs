//! Whether a write is done or given up: the writer and the caller that waits for it decide it between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use backends_core::{Error, Result};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::patience::{self, Patience};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const GIVEN_UP: u8 = 2;

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

    /// Gives it up. False if it is being done.
    fn give_up(&self) -> bool {
        self.pass(WAITING, GIVEN_UP)
    }

    fn pass(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
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
}
