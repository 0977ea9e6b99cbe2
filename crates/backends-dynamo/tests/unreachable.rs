//! Services that are not there, or do not speak as expected: a typed error before the deadline. No DynamoDB is needed.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]

use std::time::Duration;

use backends_core::{DatabaseConfig, Error, Registry};
use backends_dynamo::Dynamodb;
use live::{Peer, nowhere, refusal};

async fn open(config: DatabaseConfig) -> (Error, Duration) {
    refusal(Dynamodb, &config, "hunter2").await
}

fn at(endpoint: impl Into<String>) -> DatabaseConfig {
    let config = DatabaseConfig::new("dynamodb").set("endpoint", endpoint.into()).set("timeoutMs", 900);
    config.set("awsRegion", "us-east-1").set("awsSecretKeyId", "id").set("awsSecretAccessKey", "hunter2")
}

#[tokio::test]
async fn d10_a_service_that_refuses_is_unavailable_in_time() {
    let (error, took) = open(at(format!("http://{}", nowhere().await))).await;
    assert!(error.is_unavailable() && !error.may_have_happened() && error.to_string().contains("refuses"), "{error}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn d10_a_name_without_an_address_is_unavailable_in_time() {
    let (error, took) = open(at("http://no-such-host.invalid:8000").set("timeoutMs", 10_000)).await;
    assert!(error.is_unavailable() && error.to_string().contains("name"), "{error}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn d10_a_service_that_says_nothing_is_a_timeout_in_time() {
    let silent = Peer::silent().await;
    for scheme in ["http", "https"] {
        let (error, took) = open(at(format!("{scheme}://{}", silent.address()))).await;
        assert!(error.is_timeout(), "{error}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test]
async fn l51_a_service_that_does_not_encrypt_is_invalid_config_at_once() {
    let plain = Peer::answering(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let (error, took) = open(at(format!("https://{}", plain.address())).set("timeoutMs", 20_000)).await;
    assert!(error.is_invalid_config() && error.to_string().contains("https://"), "{error}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn d10_a_service_that_is_none_is_told_from_one() {
    let web = Peer::answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope").await;
    let (error, _) = open(at(format!("http://{}", web.address()))).await;
    assert!(error.is_invalid_config() && error.to_string().contains("`endpoint`"), "{error}");
}

#[tokio::test]
async fn c40_what_no_request_can_be_made_of_is_invalid_config() {
    let opened = |setting: &str, value: &str| at("http://127.0.0.1:1").set(setting, value);
    // Where the settings alone do not say so, opening does.
    for (setting, value) in
        [("endpoint", "http://h^"), ("endpoint", "http://[::1"), ("awsRegion", "us east 1"), ("awsRegion", "ü")]
    {
        let error = match Registry::new().register(Dynamodb).manager(&opened(setting, value)) {
            Ok(_) => open(opened(setting, value)).await.0,
            Err(error) => error,
        };
        assert!(error.is_invalid_config() && error.to_string().contains(setting), "{value}: {error}");
    }
}
