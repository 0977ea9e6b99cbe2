//! What stands around every call: tracing, metrics, retries, rate limits.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::Result;

#[cfg(feature = "metrics")]
mod metrics;
mod runs;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsLayer;
#[cfg(feature = "tracing")]
pub use self::tracing::TracingLayer;

pub(crate) use runs::{Doubt, Operation, read, write};

/// What a layer knows of a call. It holds no value of a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// The operation, as the user calls it (`insert_many`).
    pub operation: &'static str,
    /// The backend (`sqlite`).
    pub backend: &'static str,
    /// The database in OpenTelemetry's words (`db.system.name`): the backend, unless its capabilities say otherwise.
    pub system: &'static str,
    /// The repository; none for `ping` and `close`.
    pub repository: Option<Arc<str>>,
    /// How many records or keys a call takes that takes many.
    pub batch_size: Option<usize>,
    /// The same in every run of one call, and in what the driver sends: a stamp to find it by.
    pub write_id: [u8; 16],
}

/// Stands around calls, for what is optional. Deadline, error place and validation are not layers.
///
/// ```
/// use backends_core::{Call, Layer, Next, Result};
///
/// #[derive(Debug)]
/// struct Slow;
///
/// #[async_trait::async_trait]
/// impl Layer for Slow {
///     async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
///         let start = std::time::Instant::now();
///         let outcome = next.run().await;
///         if start.elapsed().as_secs() > 1 {
///             eprintln!("slow: {}", call.operation);
///         }
///         outcome
///     }
/// }
/// ```
#[async_trait]
pub trait Layer: Debug + Send + Sync + 'static {
    /// Runs the call by `next`, once or, to try again, more often, and returns its outcome.
    ///
    /// A write happens at most once, however often it is run: see [`Next::run`].
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()>;
}

type Run<'a> = dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> + Send + Sync + 'a;

/// The rest of a call: the layers further in, then the driver.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    layers: &'a [Arc<dyn Layer>],
    call: &'a Call,
    run: &'a Run<'a>,
}

impl Next<'_> {
    /// Runs it.
    ///
    /// A write that has gone well is not done again: the run answers at once, and the call has its first answer. One
    /// that may have happened, or that was given up half-way, is not done again either: the run fails once more.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn run(&self) -> Result<()> {
        match self.layers.split_first() {
            Some((layer, layers)) => layer.around(self.call, Next { layers, ..*self }).await,
            None => (self.run)().await,
        }
    }
}

impl Debug for Next<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Next").field("layers", &self.layers.len()).finish_non_exhaustive()
    }
}
