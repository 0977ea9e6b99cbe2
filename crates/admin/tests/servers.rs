//! The service on the servers that the environment names: `cargo xtask integration`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{SystemTime, UNIX_EPOCH};

use servers::Backend;

#[path = "common/scenario.rs"]
mod scenario;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_computed_on_real_servers() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let registry = backends::registry();
    let is_there = |name: &str| registry.supported().iter().any(|info| info.name == name);
    let mut tried = 0;
    for backend in Backend::ALL.iter().filter(|backend| is_there(backend.name())) {
        let Some(uri) = servers::uri(*backend, &format!("admin_{now:x}")).unwrap() else { continue };
        let backend = backends::open(&uri).await.unwrap();
        scenario::run(&backend).await;
        tried += 1;
    }
    assert!(tried > 0, "no variable names a server of a backend that is compiled in; call `cargo xtask integration`");
}
