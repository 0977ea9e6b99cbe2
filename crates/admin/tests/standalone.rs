//! The service on a single MongoDB server, which has no batches: `cargo xtask integration`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{SystemTime, UNIX_EPOCH};

use admin::Service;
use backends::Filter;
use serde_json::json;
use servers::Backend;

#[path = "common/client.rs"]
#[allow(dead_code, reason = "the other tests send more")]
mod client;

#[tokio::test(flavor = "multi_thread")]
async fn without_batches_a_registration_is_refused_and_leaves_nothing() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let uri = servers::uri(Backend::MongoDb, &format!("admin_{now:x}")).unwrap().expect("TEST_MONGODB_URL is set");
    let backend = backends::open(&uri).await.unwrap();
    assert!(!backend.capabilities().batches, "this is a replica set: run this test against a single server");
    let service = Service::define(&backend).await.unwrap();
    let server = client::Server::start(service.clone()).await;

    let new = json!({ "email": "ada@example.org", "name": "Ada", "role": "admin" });
    let refused = server.client.send("POST", "/users", Some(&new)).await;
    assert!(refused.problem(501).starts_with("nothing was done: the database of this service cannot do this"));
    assert_eq!(service.users.count(Filter::all()).await.unwrap(), 0);
    assert_eq!(service.tokens.count(Filter::all()).await.unwrap(), 0);

    // What writes one record is answered as everywhere.
    assert_eq!(server.client.get("/users").await.body, json!({ "users": [], "next": null }));
    server.stop().await;
    backend.close().await.unwrap();
}
