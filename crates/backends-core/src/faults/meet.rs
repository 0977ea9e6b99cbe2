//! What becomes of a call that meets a fault.

use tokio::time::{sleep, sleep_until};

use super::{DriverCall, Fault, Faults};
use crate::driver::{Answer, Context};
use crate::{Error, ErrorKind, Result};

/// Where a call goes.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    operation: &'static str,
    repository: Option<&'c str>,
}

impl<'c> Place<'c> {
    pub(super) fn on(operation: &'static str, repository: &'c str) -> Self {
        Self { operation, repository: Some(repository) }
    }

    pub(super) fn of_backend(operation: &'static str) -> Self {
        Self { operation, repository: None }
    }

    fn is_write(self) -> bool {
        !["get", "find", "count", "ping", "close"].contains(&self.operation)
    }
}

impl Faults {
    /// What a call meets.
    pub(super) fn of(&self, place: Place<'_>, context: &Context) -> Fault {
        let Place { operation, repository } = place;
        let (said, rule, number) = {
            let mut state = self.lock();
            *state.calls.entry(operation).or_default() += 1;
            let number = state.numbers.entry(operation).or_default();
            *number += 1;
            let number = *number;
            let left = if operation == "swap" { state.left.remove(&context.write_id) } else { None };
            let next = || state.next.get_mut(operation).and_then(std::collections::VecDeque::pop_front);
            (left.or_else(next), state.rule.clone(), number)
        };
        // Outside the lock: a rule may ask how many calls there were.
        let ruled = || rule.map(|rule| rule(&DriverCall { operation, repository, number }));
        let fault = said.or_else(ruled).unwrap_or_default();
        self.lock().met += u64::from(fault != Fault::Pass);
        fault
    }

    /// Makes a call, or does to it what it meets.
    pub(super) async fn meet<R: Answer>(
        &self,
        place: Place<'_>,
        context: &Context,
        call: impl Future<Output = Result<R>>,
    ) -> Result<R> {
        let fault = self.of(place, context);
        match fault {
            Fault::Pass => call.await,
            Fault::Refuse(kind) => Err(refused(kind)),
            Fault::Delay(time) => {
                sleep(time).await;
                call.await
            }
            Fault::Hang => Err(silence(place, context).await),
            Fault::LoseAnswer | Fault::HoldAnswer | Fault::CutAfter(_) => {
                let answer = call.await;
                if answer.as_ref().is_ok_and(Answer::is_left_to_core) {
                    self.leave(place, context, fault);
                    return answer;
                }
                drop(answer);
                if fault == Fault::HoldAnswer {
                    return Err(silence(place, context).await);
                }
                Err(lost(place))
            }
        }
    }

    /// What a write that is left to core meets, the swap does. Of many records it is that of the first.
    fn leave(&self, place: Place<'_>, context: &Context, fault: Fault) {
        let is_many = place.operation == "insert_many";
        let write_id = if is_many { context.write_id_at(0) } else { context.write_id };
        let mut state = self.lock();
        state.met -= 1;
        state.left.insert(write_id, fault);
    }
}

pub(super) fn refused(kind: ErrorKind) -> Error {
    Error::new(kind, "a fault of a test: the call was refused before anything was done")
}

pub(super) fn lost(place: Place<'_>) -> Error {
    Error::unavailable("a fault of a test: the answer was lost").with_may_have_happened(place.is_write())
}

/// Nothing, until the deadline of the call is over.
pub(super) async fn silence(place: Place<'_>, context: &Context) -> Error {
    loop {
        let deadline = context.deadline();
        sleep_until(deadline).await;
        // Progress elsewhere in the call may have moved it.
        if context.deadline() <= deadline {
            return context.too_late().with_may_have_happened(place.is_write());
        }
    }
}
