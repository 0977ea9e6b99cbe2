//! Runs of one call inside its layers, which may ask for several: of a write one is done.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Call, Layer, Next};
use crate::driver::Context;
use crate::{Error, Result};

/// What a call does in the end: asks the driver. It may be run more than once.
pub(crate) trait Operation: Send + Sync {
    /// What the driver answers.
    type Answer: Send;

    /// Asks the driver.
    fn run(&self) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// Runs a read inside `layers`; without layers it is just the operation.
pub(crate) async fn read<O: Operation>(
    layers: &[Arc<dyn Layer>],
    call: &Call,
    context: &Context,
    operation: &O,
) -> Result<O::Answer> {
    if layers.is_empty() {
        return operation.run().await;
    }
    let answer = Mutex::new(None);
    let run = || -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async {
            in_time(context)?;
            *lock(&answer) = Some(operation.run().await?);
            Ok(())
        })
    };
    // Apart, so that calls without layers have no room for it.
    Box::pin(Next { layers, call, run: &run }.run()).await?;
    answer.into_inner().unwrap_or_else(PoisonError::into_inner).ok_or_else(never_run)
}

/// What became of the runs of a write.
enum Runs<A> {
    /// None, or they surely changed nothing.
    Nothing,
    /// One is under way, or was given up.
    Begun,
    /// One went well.
    Done(A),
    /// One failed, and may have happened.
    Unknown(Error),
}

/// Whether a write may have happened, for those who do not wait for its answer any longer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doubt(Arc<AtomicBool>);

impl Doubt {
    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, is_raised: bool) {
        self.0.store(is_raised, Ordering::Release);
    }
}

/// Runs a write inside `layers`; it is done at most once, however often they run it, and not after its deadline.
pub(crate) async fn write<O: Operation>(
    layers: &[Arc<dyn Layer>],
    call: &Call,
    context: &Context,
    doubt: &Doubt,
    operation: &O,
) -> Result<O::Answer> {
    let runs = Mutex::new(Runs::Nothing);
    let run = || -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async {
            match &mut *lock(&runs) {
                nothing @ Runs::Nothing => {
                    in_time(context)?;
                    *nothing = Runs::Begun;
                    doubt.set(true);
                }
                Runs::Begun => return Err(given_up()),
                Runs::Done(_) => return Ok(()),
                Runs::Unknown(error) => return Err(error.repeat()),
            }
            let (outcome, became) = match operation.run().await {
                Ok(answer) => (Ok(()), Runs::Done(answer)),
                Err(error) => {
                    let became = if error.may_have_happened() { Runs::Unknown(error.repeat()) } else { Runs::Nothing };
                    (Err(error), became)
                }
            };
            doubt.set(!matches!(became, Runs::Nothing));
            *lock(&runs) = became;
            outcome
        })
    };
    let outcome = Next { layers, call, run: &run }.run().await;
    match (outcome, runs.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(()), Runs::Done(answer)) => Ok(answer),
        (Ok(()), Runs::Nothing) => Err(never_run()),
        (Ok(()), Runs::Begun) => Err(given_up()),
        (Ok(()), Runs::Unknown(error)) | (Err(error), Runs::Nothing) => Err(error),
        // Whatever a layer says of it.
        (Err(error), _) => Err(error.with_may_have_happened(true)),
    }
}

/// A layer may have taken all the time that a call has.
fn in_time(context: &Context) -> Result<()> {
    if context.remaining().is_zero() { Err(context.too_late()) } else { Ok(()) }
}

fn lock<A>(mutex: &Mutex<A>) -> MutexGuard<'_, A> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cold]
fn never_run() -> Error {
    Error::unexpected("a layer said that a call went well without running it: let it call `next.run()`")
}

#[cold]
fn given_up() -> Error {
    Error::timeout("a layer gave up a run of this write, which is not done twice: let layers wait for writes")
        .with_may_have_happened(true)
}
