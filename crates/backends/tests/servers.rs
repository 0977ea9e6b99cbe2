//! The quickstart gives the same answers on the servers that the environment names: `cargo xtask integration`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

#[path = "common/answers.rs"]
mod answers;

/// Each backend that is a server: its name, the variable that names one, and its settings with an empty store there.
const SERVERS: &[(&str, &str, Settings)] = &[
    ("mongodb", "TEST_MONGODB_URL", |url, store| json!({ "url": url, "database": store })),
    ("dynamodb", "TEST_DYNAMODB_ENDPOINT", |endpoint, store| {
        json!({ "endpoint": endpoint, "awsRegion": "us-east-1", "awsSecretKeyId": "test", "awsSecretAccessKey": "test",
            "tablePrefix": format!("{store}.") })
    }),
];

type Settings = fn(&str, &str) -> Value;

#[tokio::test]
async fn l49_the_program_of_the_front_page_gives_the_answers_of_memory_on_real_servers() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let store = format!("quickstart_{now:x}");
    let mut tried = 0;
    for (name, variable, settings) in SERVERS {
        let Ok(address) = std::env::var(variable) else { continue };
        if backends::registry().supported().iter().all(|info| info.name != *name) {
            continue;
        }
        answers::assert_answers_as_memory_does(&json!({ "dbName": name, "dbInfo": settings(&address, &store) })).await;
        tried += 1;
    }
    assert!(tried > 0, "no variable names a server of a backend that is compiled in; call `cargo xtask integration`");
}
