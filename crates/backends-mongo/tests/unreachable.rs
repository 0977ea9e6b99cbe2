//! Servers that are not there, or do not speak as expected: a typed error before the deadline. No MongoDB is needed.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]

use std::time::Duration;

use backends_core::{DatabaseConfig, Error};
use backends_mongo::Mongodb;
use live::{Peer, nowhere, refusal};

async fn open(config: DatabaseConfig) -> (Error, Duration) {
    let config = config.set("database", "d").set("user", "ada").set("pass", "hunter2");
    refusal(Mongodb, &config, "hunter2").await
}

fn at(host: impl ToString) -> DatabaseConfig {
    DatabaseConfig::new("mongodb").set("host", host.to_string()).set("timeoutMs", 700)
}

#[tokio::test]
async fn d10_a_server_that_refuses_is_unavailable_in_time() {
    let (error, took) = open(at(nowhere().await)).await;
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
    let silent = Peer::silent().await;
    for encrypted in [false, true] {
        let (error, took) = open(at(silent.address()).set("tls", encrypted)).await;
        assert!(error.is_unavailable(), "{error}");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[tokio::test]
async fn l51_a_server_that_does_not_encrypt_is_invalid_config_at_once() {
    let plain = Peer::answering(b"this is no encryption at all").await;
    let (error, took) = open(at(plain.address()).set("tls", true).set("timeoutMs", 20_000)).await;
    assert!(error.is_invalid_config() && error.to_string().contains("`tls`"), "{error}");
    assert!(took < Duration::from_secs(10), "{took:?}");
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
