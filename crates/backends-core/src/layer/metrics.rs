//! The duration of every call, in OpenTelemetry's conventions for database clients.

use std::time::Instant;

use async_trait::async_trait;
use metrics::{Label, Unit, describe_histogram, histogram};

use super::{Call, Layer, Next};
use crate::Result;

/// OpenTelemetry's name for the duration of a database client's operation, in seconds.
const DURATION: &str = "db.client.operation.duration";

/// Records the histogram `db.client.operation.duration` (seconds) of every call, with the labels of OpenTelemetry's
/// conventions for database client metrics: `db.system.name`, `db.operation.name`, `db.collection.name`, and
/// `error.type` when it fails.
///
/// ```
/// # async fn example(backend: backends_core::Backend) {
/// let backend = backend.with_layer(backends_core::MetricsLayer::new());
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MetricsLayer(());

impl MetricsLayer {
    /// A layer that records durations with the recorder that the program has installed.
    pub fn new() -> Self {
        describe_histogram!(DURATION, Unit::Seconds, "Duration of database client operations");
        Self(())
    }
}

impl Default for MetricsLayer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Layer for MetricsLayer {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        let start = Instant::now();
        let outcome = next.run().await;
        let mut labels = vec![
            Label::from_static_parts("db.system.name", call.system),
            Label::from_static_parts("db.operation.name", call.operation),
        ];
        if let Some(repository) = &call.repository {
            labels.push(Label::new("db.collection.name", repository.to_string()));
        }
        if let Err(error) = &outcome {
            labels.push(Label::new("error.type", format!("{:?}", error.kind())));
        }
        histogram!(DURATION, labels).record(start.elapsed());
        outcome
    }
}
