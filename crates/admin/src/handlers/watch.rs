//! What watches over the service asks: whether it lives, whether it can serve, and what it has measured.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::{Metrics, Problem, Service};

/// How long the database may take to say that it is there: less than who asks waits, mostly a second or more.
const PATIENCE: Duration = Duration::from_millis(800);

#[derive(Serialize)]
pub(crate) struct Status {
    status: &'static str,
}

/// `GET /health`: the process answers. It asks nobody, since a restart brings no database back.
pub(crate) async fn alive() -> Json<Status> {
    Json(Status { status: "alive" })
}

/// `GET /ready`: the database answers too.
pub(crate) async fn ready(State(Service { backend, .. }): State<Service>) -> Result<Json<Status>, Problem> {
    let answered = backend.ping().timeout(PATIENCE).await;
    answered.map(|()| Json(Status { status: "ready" })).map_err(|error| Problem::not_ready(&error))
}

/// `GET /metrics`, for Prometheus.
pub(crate) async fn metrics(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text())
}
