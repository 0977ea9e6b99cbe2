//! The quickstart gives the same answers on every backend.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use backends::{Environment, ServiceConfig};

#[allow(dead_code, reason = "the example's own main is not called here")]
#[path = "../examples/quickstart/main.rs"]
mod quickstart;

/// What the program prints with this `database` block, but for the line that names the backend.
async fn answers(database: &str) -> String {
    let config = ServiceConfig::from_json_in(&format!(r#"{{"database": {database}}}"#), &Environment::empty());
    let mut out = Vec::new();
    quickstart::run(config.unwrap(), &mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("records are kept by "), "{first}");
    rest.to_owned()
}

#[tokio::test]
async fn l49_the_program_of_the_front_page_runs_to_its_end_with_the_same_answers_on_every_backend() {
    let folder = tempfile::tempdir().unwrap();
    let path = serde_json::to_string(&folder.path().join("quickstart.sqlite")).unwrap();
    let memory = answers(r#"{"dbName": "memory"}"#).await;
    let sqlite = answers(&format!(r#"{{"dbName": "sqlite", "dbInfo": {{"path": {path}}}}}"#)).await;
    assert_eq!(memory, sqlite);
    for answer in
        ["10000 stored, 0 there already, 0 refused", "refused by the index \"primary\"", "the id is the same: true"]
    {
        assert!(memory.contains(answer), "{answer}\n{memory}");
    }
    let again = answers(&format!(r#"{{"dbName": "sqlite", "dbInfo": {{"path": {path}}}}}"#)).await;
    assert!(again.contains("0 stored, 10000 there already, 0 refused"), "{again}");
}
