//! The service on the servers that the environment names: `cargo xtask integration`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{SystemTime, UNIX_EPOCH};

use backends::DatabaseConfig;

#[path = "common/scenario.rs"]
mod scenario;

/// The settings of an empty store on a server.
type Settings = fn(DatabaseConfig, &str, &str) -> DatabaseConfig;

/// Each backend that is a server, and the variable that names one.
const SERVERS: &[(&str, &str, Settings)] = &[
    ("mongodb", "TEST_MONGODB_URL", |config, url, store| config.set("url", url).set("database", store)),
    ("dynamodb", "TEST_DYNAMODB_ENDPOINT", |config, endpoint, store| {
        let config =
            config.set("endpoint", endpoint).set("awsRegion", "us-east-1").set("tablePrefix", format!("{store}."));
        config.set("awsSecretKeyId", "test").set("awsSecretAccessKey", "test")
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_computed_on_real_servers() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let store = format!("admin_{now:x}");
    let mut tried = 0;
    for (name, variable, settings) in SERVERS {
        let Ok(address) = std::env::var(variable) else { continue };
        if backends::registry().supported().iter().all(|info| info.name != *name) {
            continue;
        }
        let manager = backends::manager(&settings(DatabaseConfig::new(*name), &address, &store)).unwrap();
        scenario::run(&manager.backend(name).await.unwrap()).await;
        manager.close().await.unwrap();
        tried += 1;
    }
    assert!(tried > 0, "no variable names a server of a backend that is compiled in; call `cargo xtask integration`");
}
