//! A span around every call, in OpenTelemetry's conventions for database clients.

use async_trait::async_trait;
use tracing::Instrument;
use tracing::field::Empty;

use super::{Call, Layer, Next};
use crate::Result;

/// A span around every call, named `db.call`, with the attributes of OpenTelemetry's conventions for database client
/// spans: `otel.name` (`{operation} {repository}`), `otel.kind`, `db.system.name`, `db.operation.name`,
/// `db.collection.name`, `db.operation.batch.size` (from two records on), and `error.type` and `otel.status_code` when it fails. No attribute
/// holds a value.
///
/// ```
/// # async fn example(backend: backends_core::Backend) {
/// let backend = backend.with_layer(backends_core::TracingLayer::new());
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingLayer(());

impl TracingLayer {
    /// A layer that makes spans.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Layer for TracingLayer {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        let span = tracing::info_span!(
            "db.call",
            otel.name = Empty,
            otel.kind = "client",
            db.system.name = call.system,
            db.operation.name = call.operation,
            db.collection.name = call.repository.as_deref(),
            // OpenTelemetry: never 1, since one operation is no batch.
            db.operation.batch.size = call.batch_size.filter(|size| *size > 1),
            error.r#type = Empty,
            otel.status_code = Empty,
        );
        if !span.is_disabled() {
            let name = match &call.repository {
                Some(repository) => format!("{} {repository}", call.operation),
                None => call.operation.to_owned(),
            };
            span.record("otel.name", name);
        }
        let outcome = next.run().instrument(span.clone()).await;
        if let Err(error) = &outcome {
            span.record("error.type", tracing::field::debug(error.kind()));
            span.record("otel.status_code", "ERROR");
        }
        outcome
    }
}
