//! Many requests at a time, and what the service leaves for later.

use backends_core::driver::Context;
use backends_core::{Error, Result};
use tokio::time::{Duration, Instant, sleep};

use crate::retry::{Again, Effect, pause};

/// How many requests of one call are on their way at once: enough to hide the way, and few enough to leave connections
/// to others.
pub(crate) const TOGETHER: usize = 8;

/// The same for requests with one record each.
pub(crate) const AT_ONCE: usize = 32;

/// How long before the deadline no more is tried.
const MARGIN: Duration = Duration::from_millis(5);

/// What the service leaves is not what it was asked for, so that nobody knows what became of the rest.
pub(crate) fn strange() -> Error {
    Error::unexpected("DynamoDB left keys of a batch that it was not asked for: look at what stands between")
}

/// What a batch has left over, again and again.
#[derive(Default)]
pub(crate) struct Leftovers {
    /// How many answers in a row had done nothing.
    idle: u32,
}

impl Leftovers {
    /// Says that an answer did so many and left so many, and waits before the next request if there has to be one.
    ///
    /// # Errors
    /// `Throttled` if the deadline comes first.
    pub(crate) async fn wait(&mut self, context: &Context, done: usize, left: usize) -> Result<()> {
        if done > 0 {
            context.renew();
            self.idle = 0;
        }
        if left == 0 {
            return Ok(());
        }
        self.idle = self.idle.saturating_add(1);
        let pause = pause(Again::Patiently, Effect::Reads, false, self.idle, fastrand::f64()).unwrap_or_default();
        if Instant::now() + pause + MARGIN >= context.deadline() {
            return Err(throttled());
        }
        sleep(pause).await;
        Ok(())
    }

    /// The error of a request for what was left: where the deadline has cut it off, why it had to be made says more.
    pub(crate) fn explain(&self, context: &Context, error: Error) -> Error {
        let is_cut_off = error.is_timeout() && Instant::now() + MARGIN >= context.deadline();
        if self.idle == 0 || !is_cut_off {
            return error;
        }
        throttled().with_may_have_happened(error.may_have_happened())
    }
}

fn throttled() -> Error {
    Error::throttled(
        "the table lets no more through, and a part of a batch was left: ask again later, or raise its capacity",
    )
}
