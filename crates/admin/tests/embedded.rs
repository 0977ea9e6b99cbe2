//! The service on the backends that need no server; those that do are in `servers.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/scenario.rs"]
mod scenario;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_computed_in_memory() {
    scenario::run(&backends::open("memory:").await.unwrap()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_computed_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:{}", folder.path().join("users.sqlite").display());
    let backend = backends::open(&uri).await.unwrap();
    scenario::run(&backend).await;
}
