//! The quickstart gives the same answers on every backend that needs no server; those that do are in `servers.rs`.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

#[path = "common/answers.rs"]
mod answers;

#[tokio::test]
async fn l49_the_program_of_the_front_page_runs_to_its_end_with_the_same_answers_on_every_backend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quickstart.sqlite");
    answers::assert_answers_as_memory_does(&json!({ "dbName": "sqlite", "dbInfo": { "path": path } })).await;
    // What concerns no single record ends the import, and says what to do.
    let read_only = json!({ "dbName": "sqlite", "dbInfo": { "path": path, "readOnly": true } });
    let error = answers::run(&read_only).await.unwrap_err().to_string();
    assert!(error.contains("after 0 users: permission denied") && error.contains("`readOnly`"), "{error}");
}
