//! How long the calls of the library take, in the text format of Prometheus.

use std::time::Duration;

use backends::MetricsLayer;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio::time::interval;

/// The bounds in seconds that OpenTelemetry advises for the duration of a database client's operations.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// How often what was measured is summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the whole process has measured.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to collect what the process measures; once in a process.
    ///
    /// # Errors
    /// If the process has a recorder already.
    pub fn install() -> Result<Self, BuildError> {
        let builder = PrometheusBuilder::new().with_recommended_naming(true).set_buckets(&BOUNDS)?;
        builder.install_recorder().map(Self)
    }

    /// What measures the calls of a backend that has it around them.
    pub fn layer(&self) -> MetricsLayer {
        MetricsLayer::new()
    }

    /// Sums up what was measured, now and then and for ever, so that it takes no more memory while nobody asks for it.
    pub async fn keep_up(self) {
        let mut ticks = interval(UPKEEP);
        loop {
            ticks.tick().await;
            self.0.run_upkeep();
        }
    }

    pub(crate) fn text(&self) -> String {
        self.0.render()
    }
}
