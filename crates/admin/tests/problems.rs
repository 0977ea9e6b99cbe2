//! What a client is told when the database does not do its part.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use admin::Service;
use async_trait::async_trait;
use backends::{Call, Error, ErrorKind, Filter, Layer, Next, Result};
use serde_json::{Value, json};

#[path = "common/client.rs"]
#[allow(dead_code, reason = "the other tests send more")]
mod client;

/// Fails every call with what it holds.
#[derive(Debug, Clone, Default)]
struct Failing(Arc<Mutex<Option<(ErrorKind, bool)>>>);

#[async_trait]
impl Layer for Failing {
    async fn around(&self, _: &Call, next: Next<'_>) -> Result<()> {
        let failure = *self.0.lock().unwrap();
        match failure {
            Some((kind, may)) => Err(Error::new(kind, "host db-7 said no").with_may_have_happened(may)),
            None => next.run().await,
        }
    }
}

#[tokio::test]
async fn every_kind_of_error_has_a_status_and_shows_nothing_of_the_service() {
    let failing = Failing::default();
    let backend = backends::open("memory:").await.unwrap().with_layer(failing.clone());
    let server = client::Server::start(Service::define(&backend).await.unwrap()).await;

    let new = json!({ "email": "ada@example.org", "name": "Ada", "role": "admin" });
    for kind in ErrorKind::ALL {
        let (status, again) = match kind {
            ErrorKind::InvalidInput => continue, // it is about the input, and shows the text
            ErrorKind::NotFound => (404, false),
            ErrorKind::AlreadyExists => (409, false),
            ErrorKind::Conflict => (412, false),
            ErrorKind::Unsupported => (501, false),
            ErrorKind::Throttled | ErrorKind::Unavailable => (503, true),
            ErrorKind::Timeout => (504, true),
            _ => (500, false),
        };
        *failing.0.lock().unwrap() = Some((*kind, false));
        let answer = server.client.send("POST", "/users", Some(&new)).await;
        assert!(!answer.problem(status).contains("db-7"), "{answer:?}");
        assert_eq!(answer.header("retry-after"), again.then_some("1"), "{answer:?}");
    }
    // Sent again, it might be done twice.
    for (kind, status) in [(ErrorKind::Unavailable, 503), (ErrorKind::Timeout, 504)] {
        *failing.0.lock().unwrap() = Some((kind, true));
        let unknown = server.client.send("POST", "/users", Some(&new)).await;
        assert!(unknown.problem(status).starts_with("nobody knows whether it was done: look"), "{unknown:?}");
        assert_eq!((&unknown.body["outcome"], unknown.header("retry-after")), (&json!("unknown"), None));
    }

    *failing.0.lock().unwrap() = None;
    let registered = server.client.send("POST", "/users", Some(&new)).await;
    assert_eq!((registered.status, registered.body.get("outcome")), (201, None));
    server.stop().await;
}

/// Never answers a ping.
#[derive(Debug)]
struct Hanging;

#[async_trait]
impl Layer for Hanging {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        if call.operation == "ping" {
            std::future::pending::<()>().await;
        }
        next.run().await
    }
}

#[tokio::test]
async fn who_asks_whether_it_is_ready_does_not_wait_for_a_database_that_hangs() {
    let backend = backends::open("memory:").await.unwrap().with_layer(Hanging);
    let server = client::Server::start(Service::define(&backend).await.unwrap()).await;
    let asked = Instant::now();
    assert_eq!(server.client.get("/ready").await.problem(503), "the database cannot be used: timeout");
    // The client's own deadline of 30 seconds is far away.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(server.client.get("/health").await.status, 200);
    server.stop().await;
}

/// Does the next write, and loses its answer.
#[derive(Debug, Clone, Default)]
struct Losing(Arc<AtomicBool>);

#[async_trait]
impl Layer for Losing {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        next.run().await?;
        let is_write = matches!(call.operation, "batch" | "update" | "delete_one");
        if is_write && self.0.swap(false, Ordering::Relaxed) {
            return Err(Error::unavailable("the connection broke").with_may_have_happened(true));
        }
        Ok(())
    }
}

#[tokio::test]
async fn who_is_told_that_nobody_knows_sees_it_by_a_look_and_does_not_do_it_twice() {
    let losing = Losing::default();
    let backend = backends::open("memory:").await.unwrap().with_layer(losing.clone());
    let service = Service::define(&backend).await.unwrap();
    let server = client::Server::start(service.clone()).await;
    let path = "/users/ada@example.org";
    // Sent, looked for, and sent again.
    let thrice = async |method: &str, at: &str, etag: &str, body: Value, again: u16| {
        losing.0.store(true, Ordering::Relaxed);
        let unknown = server.client.send_seen(method, at, etag, &body).await;
        assert!(unknown.problem(503).contains("look at the user"), "{unknown:?}");
        assert_eq!(unknown.body["outcome"], "unknown");
        let seen = server.client.get(path).await;
        server.client.send_seen(method, at, etag, &body).await.problem(again);
        assert_eq!(server.client.get(path).await.body, seen.body);
        seen
    };

    let new = json!({ "email": "ada@example.org", "name": "Ada", "role": "member" });
    assert_eq!(thrice("POST", "/users", "", new, 409).await.body["name"], "Ada");
    let tokens = service.tokens.find(Filter::all()).await.unwrap();
    let used = json!({ "token": tokens[0].token });
    assert_eq!(thrice("POST", "/confirmations", "", used, 404).await.body["active"], true);
    let edited = thrice("PATCH", path, "\"2\"", json!({ "role": "admin" }), 412).await;
    assert_eq!((&edited.body["role"], edited.header("etag")), (&json!("admin"), Some("\"3\"")));
    thrice("DELETE", path, "\"3\"", Value::Null, 404).await.problem(404);
    server.stop().await;
}
