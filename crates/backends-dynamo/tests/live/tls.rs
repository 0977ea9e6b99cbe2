//! Encryption, before the real service: certificates of an authority that only the configuration can make trusted.

use std::time::{Duration, Instant};

use backends_core::{DatabaseConfig, Document, Error, Value};
use live::tls::{Authority, THIS_MACHINE, Terminator};
use tempfile::TempDir;

use crate::store::{config, definition, endpoint, fresh_prefix, open_with};

/// An encrypted way to the service, whose certificate is for these hosts.
async fn encrypted(authority: &Authority, hosts: &[&str]) -> Terminator {
    let endpoint = endpoint();
    let service = endpoint.strip_prefix("http://").unwrap().trim_end_matches('/');
    Terminator::start(&authority.identity("service", hosts).unwrap(), service).await.unwrap()
}

fn at(address: &str) -> DatabaseConfig {
    config(address, &fresh_prefix())
}

/// The certificate of an authority in a file, which goes away with its folder.
fn file(authority: &Authority) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authority.pem");
    std::fs::write(&path, authority.certificate()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// What opening says, and that it says so well before its deadline.
async fn refused_at_once(config: DatabaseConfig) -> Error {
    let began = Instant::now();
    let error = open_with(config.set("timeoutMs", 20_000)).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}: {error}", began.elapsed());
    assert!(!error.may_have_happened(), "{error}");
    error
}

#[tokio::test]
async fn l51_a_private_authority_of_the_configuration_is_trusted() {
    let authority = Authority::new().unwrap();
    let service = encrypted(&authority, THIS_MACHINE).await;
    let (_folder, path) = file(&authority);
    let url = DatabaseConfig::new("dynamodb")
        .set("url", format!("dynamodb://test:hunter2@localhost:{}?awsRegion=us-east-1&tls=true", service.port()))
        .set("tablePrefix", fresh_prefix());
    for config in [
        at(&format!("https://127.0.0.1:{}", service.port())),
        at(&format!("https://localhost:{}", service.port())),
        url,
    ] {
        let backend = open_with(config.set("tlsCaFile", path.as_str())).await.unwrap();
        let notes = backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
        let note = Document::from([("key", Value::from("k")), ("n", Value::from(1))]);
        let stored = notes.insert(&note).await.unwrap();
        assert_eq!(notes.get("k").await.unwrap(), Some(stored));
        assert!(notes.insert(&note).await.unwrap_err().is_already_exists());
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn l51_a_private_authority_that_is_not_named_is_invalid_config_at_once() {
    let authority = Authority::new().unwrap();
    let service = encrypted(&authority, THIS_MACHINE).await;
    let (_folder, other) = file(&Authority::new().unwrap());
    let address = format!("https://127.0.0.1:{}", service.port());
    for config in [at(&address), at(&address).set("tlsCaFile", other)] {
        let error = refused_at_once(config).await;
        assert!(error.is_invalid_config() && error.to_string().contains("`tlsCaFile`"), "{error}");
    }
}

#[tokio::test]
async fn l51_a_certificate_for_another_host_is_invalid_config_at_once() {
    let authority = Authority::new().unwrap();
    let service = encrypted(&authority, &["dynamodb.example.org"]).await;
    let (_folder, path) = file(&authority);
    let config = at(&format!("https://127.0.0.1:{}", service.port())).set("tlsCaFile", path);
    let error = refused_at_once(config).await;
    assert!(error.is_invalid_config() && error.to_string().contains("names the host"), "{error}");
}

#[tokio::test]
async fn l51_a_plain_connection_to_an_encrypted_port_is_invalid_config_at_once() {
    let service = encrypted(&Authority::new().unwrap(), THIS_MACHINE).await;
    let error = refused_at_once(at(&format!("http://127.0.0.1:{}", service.port()))).await;
    assert!(error.is_invalid_config() && error.to_string().contains("https://"), "{error}");
}
