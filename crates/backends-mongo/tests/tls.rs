//! Encryption, on the server that `TEST_MONGODB_URL` names: it takes encrypted connections only, from clients with a
//! certificate. `TEST_MONGODB_TLS_CA_FILE` vouches for both, `TEST_MONGODB_TLS_CERTIFICATE_KEY_FILE` is one for clients.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "a module of several programs of tests")]

#[allow(dead_code, reason = "other programs of tests use more of it")]
#[path = "common/store.rs"]
mod store;

use std::time::{Duration, Instant};

use backends_core::{Backend, DatabaseConfig, Document, Error, Registry, Result, Value};
use backends_mongo::Mongodb;
use backends_mongo::mongodb::Client;
use backends_mongo::mongodb::bson::doc;
use live::Peer;
use live::tls::{Authority, Terminator};
use store::{definition, fresh_name, variable};
use tempfile::TempDir;

fn authority() -> String {
    variable("TEST_MONGODB_TLS_CA_FILE")
}

fn client() -> String {
    variable("TEST_MONGODB_TLS_CERTIFICATE_KEY_FILE")
}

/// `host:port` of the server.
fn host() -> String {
    let url = variable("TEST_MONGODB_URL");
    url.strip_prefix("mongodb://").unwrap().split(['/', '?']).next().unwrap().to_owned()
}

/// The server as the settings of a file name it.
fn by_host() -> DatabaseConfig {
    DatabaseConfig::new("mongodb").set("host", host()).set("database", "tls")
}

fn by_url(settings: &str) -> DatabaseConfig {
    DatabaseConfig::new("mongodb").set("url", format!("mongodb://{}/tls?{settings}", host()))
}

/// A value of a connection string.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('/', "%2F").replace(' ', "%20")
}

async fn open(config: DatabaseConfig) -> Result<Backend> {
    Registry::new().register(Mongodb).manager(&config)?.backend("mongodb").await
}

/// Opens, writes and reads on an encrypted connection, and removes what was written.
async fn serves(config: DatabaseConfig) {
    let database = fresh_name();
    let backend = open(config.set("database", database.as_str())).await.unwrap();
    let notes = backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let note = Document::from([("key", Value::from("k")), ("n", Value::from(1))]);
    let stored = notes.insert(&note).await.unwrap();
    assert_eq!(notes.get("k").await.unwrap(), Some(stored));
    assert!(notes.insert(&note).await.unwrap_err().is_already_exists());
    backend.native::<Client>().unwrap().database(&database).drop().await.unwrap();
    backend.close().await.unwrap();
}

/// What opening says, and that it says so well before its deadline.
async fn refused_at_once(config: DatabaseConfig) -> Error {
    let began = Instant::now();
    let error = open(config.set("timeoutMs", 20_000)).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}: {error}", began.elapsed());
    assert!(!error.may_have_happened(), "{error}");
    error
}

/// A file of a folder that goes away with it.
fn file(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pem");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn l51_the_files_of_the_settings_make_an_encrypted_connection() {
    serves(by_host().set("tlsCaFile", authority()).set("tlsCertificateKeyFile", client())).await;
    let with_tls = by_host().set("tls", true).set("tlsCaFile", authority()).set("tlsCertificateKeyFile", client());
    serves(with_tls).await;
}

#[tokio::test]
async fn l51_the_files_of_a_connection_string_do_too() {
    let (authority, client) = (escaped(&authority()), escaped(&client()));
    serves(by_url(&format!("tls=true&tlsCAFile={authority}&tlsCertificateKeyFile={client}"))).await;
}

#[tokio::test]
async fn l51_files_beside_a_connection_string_go_before_its_own() {
    let (_folder, other) = file(Authority::new().unwrap().certificate());
    let url = by_url(&format!("tls=true&tlsCAFile={}", escaped(&other)));
    serves(url.set("tlsCaFile", authority()).set("tlsCertificateKeyFile", client())).await;
}

#[tokio::test]
async fn l51_an_authority_that_did_not_sign_is_invalid_config_at_once() {
    let (_folder, other) = file(Authority::new().unwrap().certificate());
    let other = by_host().set("tlsCaFile", other).set("tlsCertificateKeyFile", client());
    let usual = by_host().set("tlsCertificateKeyFile", client());
    for config in [other, usual] {
        let error = refused_at_once(config).await;
        assert!(error.is_invalid_config() && error.to_string().contains("`tlsCaFile`"), "{error}");
    }
}

#[tokio::test]
async fn l51_a_certificate_for_another_host_is_invalid_config_at_once() {
    let authority = Authority::new().unwrap();
    let identity = authority.identity("server", &["mongodb.example.org"]).unwrap();
    let other = Terminator::start(&identity, &host()).await.unwrap();
    let (_folder, trusted) = file(authority.certificate());
    let config = by_host().set("host", format!("127.0.0.1:{}", other.port())).set("tlsCaFile", trusted);
    let error = refused_at_once(config).await;
    assert!(error.is_invalid_config() && error.to_string().contains("names the host"), "{error}");
}

/// The server says nothing of why it hangs up, and one that restarts does the same; so the deadline is waited for.
#[tokio::test]
async fn d10_whom_the_server_hangs_up_on_is_told_what_it_may_miss_by_the_deadline() {
    let (_folder, stranger) = file(&Authority::new().unwrap().identity("client", &[]).unwrap());
    for config in [
        by_host().set("tlsCaFile", authority()),
        by_host().set("tlsCaFile", authority()).set("tlsCertificateKeyFile", stranger),
        by_host(),
        by_url("tls=false"),
    ] {
        let began = Instant::now();
        let error = open(config.set("timeoutMs", 2_000)).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}: {error}", began.elapsed());
        assert!(error.is_unavailable() && !error.may_have_happened(), "{error}");
        assert!(error.to_string().contains("`tls`, and `tlsCertificateKeyFile`"), "{error}");
    }
}

#[tokio::test]
async fn d10_one_host_that_does_not_encrypt_is_not_in_the_way_of_the_others() {
    let plain = Peer::answering(b"this is no encryption at all").await;
    let config = by_host().set("tlsCaFile", authority()).set("tlsCertificateKeyFile", client());
    serves(config.set("host", format!("{},{}", plain.address(), host()))).await;
}

#[tokio::test]
async fn a_certificate_is_a_login_where_the_server_knows_its_name() {
    let (authority, client) = (escaped(&authority()), escaped(&client()));
    let x509 =
        || by_url(&format!("tls=true&tlsCAFile={authority}&tlsCertificateKeyFile={client}&authMechanism=MONGODB-X509"));
    let error = refused_at_once(x509()).await;
    assert!(error.is_permission_denied(), "{error}");
    let admin = open(by_url(&format!("tls=true&tlsCAFile={authority}&tlsCertificateKeyFile={client}"))).await.unwrap();
    let users = admin.native::<Client>().unwrap().database("$external");
    let roles = vec![doc! { "role": "readWriteAnyDatabase", "db": "admin" }];
    users.run_command(doc! { "createUser": "CN=client", "roles": roles }).await.unwrap();
    let known = open(x509()).await.unwrap();
    let database = known.native::<Client>().unwrap().database("admin");
    let status = database.run_command(doc! { "connectionStatus": 1 }).await.unwrap();
    let users_there = status.get_document("authInfo").unwrap().get_array("authenticatedUsers").unwrap();
    assert_eq!(users_there[0].as_document().unwrap().get_str("user").unwrap(), "CN=client");
    known.close().await.unwrap();
    serves(x509()).await;
    users.run_command(doc! { "dropUser": "CN=client" }).await.unwrap();
    admin.close().await.unwrap();
}
