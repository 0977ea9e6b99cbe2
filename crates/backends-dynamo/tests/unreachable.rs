//! Services that are not there, or do not speak as expected: a typed error before the deadline. No DynamoDB is needed.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]

use std::time::{Duration, Instant};

use backends_core::{DatabaseConfig, Error, Registry};
use backends_dynamo::Dynamodb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn open(config: DatabaseConfig) -> (Error, Duration) {
    let config = config.set("awsRegion", "us-east-1").set("awsSecretKeyId", "id").set("awsSecretAccessKey", "hunter2");
    let began = Instant::now();
    let manager = Registry::new().register(Dynamodb).manager(&config).unwrap();
    let error = manager.backend("dynamodb").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    (error, began.elapsed())
}

fn at(endpoint: &str) -> DatabaseConfig {
    DatabaseConfig::new("dynamodb").set("endpoint", endpoint).set("timeoutMs", 900)
}

#[tokio::test]
async fn d10_a_service_that_refuses_is_unavailable_in_time() {
    // Nothing listens on a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (error, took) = open(at(&format!("http://{free}"))).await;
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    for scheme in ["http", "https"] {
        let (error, took) = open(at(&format!("{scheme}://{address}"))).await;
        assert!(error.is_timeout(), "{error}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    silent.abort();
}

#[tokio::test]
async fn l51_a_service_that_does_not_encrypt_is_invalid_config_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 64];
            let _ = stream.read(&mut greeting).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (error, took) = open(at(&format!("https://{address}")).set("timeoutMs", 20_000)).await;
    assert!(error.is_invalid_config() && error.to_string().contains("https://"), "{error}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    plain.abort();
}

#[tokio::test]
async fn d10_a_service_that_is_none_is_told_from_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let web = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope").await;
        }
    });
    let (error, _) = open(at(&format!("http://{address}"))).await;
    assert!(error.is_invalid_config() && error.to_string().contains("`endpoint`"), "{error}");
    web.abort();
}

#[tokio::test]
async fn c40_what_no_request_can_be_made_of_is_invalid_config() {
    let settings =
        [("endpoint", "http://h^"), ("endpoint", "http://[::1"), ("awsRegion", "us east 1"), ("awsRegion", "ü")];
    for (setting, value) in settings {
        let config = at("http://127.0.0.1:1").set("awsRegion", "us-east-1").set(setting, value);
        let config = config.set("awsSecretKeyId", "id").set("awsSecretAccessKey", "hunter2");
        let manager = Registry::new().register(Dynamodb).manager(&config).unwrap();
        let error = manager.backend("dynamodb").await.unwrap_err();
        assert!(error.is_invalid_config() && error.to_string().contains(setting), "{value}: {error}");
    }
}
