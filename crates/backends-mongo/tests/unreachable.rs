//! Servers that are not there, or do not speak as expected: a typed error before the deadline. No MongoDB is needed.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]

use std::time::{Duration, Instant};

use backends_core::{DatabaseConfig, Error, Registry};
use backends_mongo::Mongodb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn open(config: DatabaseConfig) -> (Error, Duration) {
    let config = config.set("database", "d").set("user", "ada").set("pass", "hunter2");
    let began = Instant::now();
    let manager = Registry::new().register(Mongodb).manager(&config).unwrap();
    let error = manager.backend("mongodb").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    (error, began.elapsed())
}

fn at(host: &str) -> DatabaseConfig {
    DatabaseConfig::new("mongodb").set("host", host).set("timeoutMs", 700)
}

#[tokio::test]
async fn d10_a_server_that_refuses_is_unavailable_in_time() {
    // Nothing listens on a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (error, took) = open(at(&free.to_string())).await;
    assert!(error.is_unavailable() && !error.may_have_happened() && error.to_string().contains("refuses"), "{error}");
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn d10_a_name_without_an_address_is_unavailable_in_time() {
    let (error, took) = open(at("no-such-host.invalid")).await;
    assert!(error.is_unavailable() && error.to_string().contains("name"), "{error}");
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn d10_a_server_that_says_nothing_is_unavailable_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    for encrypted in [false, true] {
        let (error, took) = open(at(&address.to_string()).set("tls", encrypted)).await;
        assert!(error.is_unavailable(), "{error}");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
    silent.abort();
}

#[tokio::test]
async fn l51_a_server_that_does_not_encrypt_is_invalid_config_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 64];
            let _ = stream.read(&mut greeting).await;
            let _ = stream.write_all(b"this is no encryption at all").await;
        }
    });
    let (error, took) = open(at(&address.to_string()).set("tls", true).set("timeoutMs", 20_000)).await;
    assert!(error.is_invalid_config() && error.to_string().contains("`tls`"), "{error}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    plain.abort();
}

#[tokio::test]
async fn l51_a_file_without_certificates_is_invalid_config() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("client.pem");
    std::fs::write(&file, "hunter2").unwrap();
    let config = at("127.0.0.1:1").set("tlsCertificateKeyFile", file.to_str().unwrap());
    let (error, _) = open(config).await;
    assert!(error.is_invalid_config() && error.to_string().contains("PEM"), "{error}");
}
