//! What the service says of itself: that it lives, that it is ready, and what it has measured.

use backends::Backend;
use serde_json::json;

use super::client::Client;
use super::users::{delete, register};

/// How many calls of an operation have gone well on a backend.
async fn calls(client: &Client, backend: &Backend, operation: &str) -> u64 {
    let answer = client.get("/metrics").await;
    assert_eq!((answer.status, answer.header("content-type").unwrap().split(';').next()), (200, Some("text/plain")));
    assert!(answer.text.contains("# TYPE db_client_operation_duration_seconds histogram\n"), "{}", answer.text);
    let system = backend.capabilities().system.unwrap_or(backend.name());
    let labels = [format!("db_system_name=\"{system}\""), format!("db_operation_name=\"{operation}\"")];
    let is_meant = |line: &&str| {
        let counts = line.starts_with("db_client_operation_duration_seconds_count{");
        counts && labels.iter().all(|label| line.contains(label)) && !line.contains("error_type")
    };
    let value = |line: &str| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    answer.text.lines().filter(is_meant).map(value).sum()
}

/// Every call of the library is measured, under the name of its database.
pub(super) async fn measured(client: &Client, backend: &Backend) {
    let before = calls(client, backend, "batch").await;
    let (path, _) = register(client, "measured@example.org").await;
    assert_eq!(calls(client, backend, "batch").await, before + 1);
    delete(client, &path).await;

    let pings = calls(client, backend, "ping").await;
    let ready = client.get("/ready").await;
    assert_eq!((ready.status, ready.body), (200, json!({ "status": "ready" })));
    assert_eq!(calls(client, backend, "ping").await, pings + 1);
}

/// Without its database the service lives, and is not ready.
pub(super) async fn without_its_database(client: &Client, backend: &Backend) {
    backend.close().await.unwrap();
    assert_eq!(client.get("/ready").await.problem(503), "the database cannot be used: unavailable");
    let alive = client.get("/health").await;
    assert_eq!((alive.status, alive.body), (200, json!({ "status": "alive" })));
}
