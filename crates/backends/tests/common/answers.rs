//! What the quickstart answers on a backend, for tests that hold backends against each other.

use backends::{Environment, ServiceConfig};

#[allow(dead_code, reason = "the example's own main is not called here")]
#[path = "../../examples/quickstart/main.rs"]
mod quickstart;

/// What the program prints with this `database` block.
pub(crate) async fn run(database: &serde_json::Value) -> anyhow::Result<String> {
    let block = serde_json::json!({ "database": database }).to_string();
    let mut out = Vec::new();
    quickstart::run(ServiceConfig::from_json_in(&block, &Environment::empty())?, &mut out).await?;
    Ok(String::from_utf8(out)?)
}

/// The same, but for the line that names the backend.
pub(crate) async fn answers(database: &serde_json::Value) -> String {
    let text = run(database).await.unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    let name = database["dbName"].as_str().unwrap();
    assert_eq!(first, format!("records are kept by {name}"));
    rest.to_owned()
}

/// The program gives the answers of memory on an empty store of a backend, and finds there what it left when it is run
/// again.
pub(crate) async fn assert_answers_as_memory_does(database: &serde_json::Value) {
    let memory = answers(&serde_json::json!({ "dbName": "memory" })).await;
    for answer in [
        "10000 stored, 0 there already, 0 refused",
        "already exists: a record has this key already",
        "the id is the same: true",
    ] {
        assert!(memory.contains(answer), "{answer}\n{memory}");
    }
    assert_eq!(answers(database).await, memory);
    let again = answers(database).await;
    let (stored, known) = ("10000 stored, 0 there already", "0 stored, 10000 there already");
    assert_eq!(again, memory.replace(stored, known));
}
