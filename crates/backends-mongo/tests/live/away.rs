//! Servers that are not there, not the primary, or no longer what they were.

use std::time::{Duration, Instant};

use backends_core::{DatabaseConfig, Document, Error, Registry, Result, Value};
use backends_mongo::Mongodb;
use live::nowhere;
use proxy::{Fault, Protocol, Proxy};
use tokio::time::timeout;

use crate::store::{Store, definition, url, variable};

/// What a call says while no server takes it, and how long that took.
async fn told<T>(call: impl IntoFuture<Output = Result<T>>) -> (Error, Duration) {
    let began = Instant::now();
    let error = call.await.err().unwrap();
    assert!(error.is_unavailable() && !error.may_have_happened(), "{error}");
    (error, began.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_who_finds_no_server_is_told_by_the_deadline_or_when_the_driver_gives_up() {
    let store = Store::open().await;
    let proxy = Proxy::start(&variable("TEST_MONGODB_URL"), Protocol::MongoDb).await.unwrap();
    let url = format!(
        "mongodb://{}/{}?directConnection=true&serverSelectionTimeoutMS=3000&heartbeatFrequencyMS=500",
        proxy.address(),
        store.name
    );
    let backend = Registry::new().register(Mongodb).open(&url).await.unwrap();
    let notes = backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let note = Document::from([("id", Value::from("a"))]);
    notes.insert(&note).await.unwrap();
    proxy.refuse().await;
    // The driver learns of it from its next heartbeat; until then a call may have been sent.
    let is_told =
        async || notes.get("a").timeout(Duration::from_millis(100)).await.is_err_and(|error| error.is_unavailable());
    let learns = async { while !is_told().await {} };
    timeout(Duration::from_secs(20), learns).await.expect("the driver does not learn that its server is gone");
    let (_, took) = told(notes.insert(&note).timeout(Duration::from_secs(1))).await;
    assert!(took < Duration::from_secs(2), "the deadline was earlier: {took:?}");
    let (_, took) = told(notes.get("a").timeout(Duration::from_secs(20))).await;
    assert!(took < Duration::from_secs(10), "the driver gave up earlier: {took:?}");
    proxy.accept().await.unwrap();
    assert!(notes.get("a").timeout(Duration::from_secs(20)).await.unwrap().is_some());
    backend.close().await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_a_dead_host_beside_the_live_one_is_not_in_its_way() {
    let store = Store::open().await;
    let url = url(&store.name, "").replacen("mongodb://", &format!("mongodb://{},", nowhere().await), 1);
    let backend = Registry::new().register(Mongodb).open(&url).await.unwrap();
    backend.ping().await.unwrap();
    backend.close().await.unwrap();
    store.remove().await;
}

/// The first server, with a setting that it does not fit.
async fn misled(setting: &str) -> Error {
    let url = variable("TEST_MONGODB_URL");
    let host = url.strip_prefix("mongodb://").unwrap().split([',', '/', '?']).next().unwrap();
    let config = DatabaseConfig::new("mongodb").set("url", format!("mongodb://{host}/d?{setting}"));
    let manager = Registry::new().register(Mongodb).manager(&config.set("timeoutMs", 3_000)).unwrap();
    manager.backend("mongodb").await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_a_setting_that_the_server_does_not_fit_is_named() {
    let error = misled("replicaSet=nope").await;
    assert!(error.is_unavailable() && error.message().contains("`replicaSet`"), "{error}");
    let error = misled("loadBalanced=true").await;
    assert!(error.is_invalid_config() && error.message().contains("`loadBalanced`"), "{error}");
}

/// MongoDB says so, and a driver that does not encrypt has to guess from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_a_server_that_does_not_encrypt_hangs_up_on_who_does() {
    let began = Instant::now();
    let encrypted = Registry::new().register(Mongodb).open(&url("d", "tls=true&serverSelectionTimeoutMS=2000")).await;
    let error = encrypted.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(error.is_unavailable() && error.to_string().contains("check `tls`"), "{error}");
}

/// The bytes with the other value of a flag, which BSON holds as its name and a byte.
fn with_flag(mut bytes: Vec<u8>, name: &str, value: u8) -> Vec<u8> {
    let field = [&[8], name.as_bytes(), &[0, 1 - value]].concat();
    if let Some(at) = bytes.windows(field.len()).position(|window| window == field) {
        bytes[at + field.len() - 1] = value;
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l52_a_secondary_that_is_asked_directly_is_refused() {
    let proxy = Proxy::start(&variable("TEST_MONGODB_URL"), Protocol::MongoDb).await.unwrap();
    proxy.on(|request, _| {
        if request.operation().eq_ignore_ascii_case("hello") || request.operation().eq_ignore_ascii_case("isMaster") {
            return Fault::change(|bytes| {
                ["isWritablePrimary", "ismaster"]
                    .iter()
                    .fold(with_flag(bytes, "secondary", 1), |bytes, name| with_flag(bytes, name, 0))
            });
        }
        Fault::Pass
    });
    let url = format!("mongodb://{}/d?directConnection=true&serverSelectionTimeoutMS=3000", proxy.address());
    let error = Registry::new().register(Mongodb).open(&url).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("`directConnection`"), "{error}");
}
