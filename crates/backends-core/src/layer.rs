//! What stands around every call: tracing, metrics, retries, rate limits.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Error, Result};

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsLayer;
#[cfg(feature = "tracing")]
pub use self::tracing::TracingLayer;

/// What a layer knows of a call. It holds no value of a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// The operation, as the user calls it (`insert_many`).
    pub operation: &'static str,
    /// The backend (`sqlite`).
    pub backend: &'static str,
    /// The repository; none for `ping` and `close`.
    pub repository: Option<Arc<str>>,
    /// How many records or keys a call takes that takes many.
    pub batch_size: Option<usize>,
    /// The same in every try of one call: a layer that runs it again is safe for writes whose driver knows its stamp.
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

/// What a call does in the end: asks the driver. It may be run more than once.
pub(crate) trait Operation: Send + Sync {
    /// What the driver answers.
    type Answer: Send;

    /// Asks the driver.
    fn run(&self) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// Runs `operation` inside `layers`; without layers it is just the operation.
pub(crate) async fn run<O: Operation>(layers: &[Arc<dyn Layer>], call: &Call, operation: &O) -> Result<O::Answer> {
    if layers.is_empty() {
        operation.run().await
    } else {
        // Apart, so that calls without layers have no room for it.
        Box::pin(run_inside(layers, call, operation)).await
    }
}

async fn run_inside<O: Operation>(layers: &[Arc<dyn Layer>], call: &Call, operation: &O) -> Result<O::Answer> {
    let answer = Mutex::new(None);
    let run = || -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async {
            let value = operation.run().await?;
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        })
    };
    Next { layers, call, run: &run }.run().await?;
    answer.into_inner().unwrap_or_else(PoisonError::into_inner).ok_or_else(|| {
        Error::unexpected("a layer said that a call went well without running it: let it call `next.run()`")
    })
}
