//! Records through the handles: what every backend does, on a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{Context, RepositoryDriver, SwapRequest, Swapped};
use backends_core::{Backend, Definition, Document, Key, Kind, RecordBuf, Repository, Timestamp, Token, Value};
use backends_sqlite::{SqliteBackend, SqliteOptions, SqliteRepository};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::support::{directory, open};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(default)]
    id: String,
    email: String,
    logins: u32,
    created_at: Option<Timestamp>,
}

fn user(id: &str, logins: u32) -> User {
    User { id: id.into(), email: format!("{id}@example.org"), logins, created_at: Some(Timestamp::MAX) }
}

fn users() -> Definition {
    Definition::from_json(r#"{"name": "users", "idKind": "string"}"#).unwrap()
}

async fn fresh() -> (TempDir, Backend) {
    let (directory, path) = directory();
    let backend = open(&path).await;
    (directory, backend)
}

#[tokio::test]
async fn a_record_goes_in_and_out_and_survives() {
    let (directory, backend) = fresh().await;
    let users = backend.define::<User>(Definition::builder("users").build().unwrap()).await.unwrap();
    assert_eq!(users.definition().kind_of("createdAt"), Some(Kind::Timestamp));
    let ada = users.insert(&User { id: String::new(), ..user("ada", 1) }).await.unwrap();
    assert_eq!(ada.id.len(), 24);
    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    let taken = users.insert(&ada).await.unwrap_err();
    assert!(taken.is_already_exists() && taken.index() == Some("primary"), "{taken}");
    let upserted = users.upsert(&User { logins: 2, ..ada.clone() }).await.unwrap();
    assert!(!upserted.created);
    assert!(users.upsert(&user("0123456789abcdef01234567", 1)).await.unwrap().created);
    backend.close().await.unwrap();
    assert!(users.get(&ada.id).await.unwrap_err().is_unavailable());

    let backend = open(&directory.path().join("app.db")).await;
    let users = backend.define::<User>(Definition::builder("users").build().unwrap()).await.unwrap();
    let document: Document = users.untyped().get(&ada.id).await.unwrap().unwrap();
    assert_eq!(document.keys().collect::<Vec<_>>(), ["createdAt", "email", "id", "logins"]);
    assert_eq!(document.get("createdAt"), Some(&Value::Timestamp(Timestamp::MAX)));
    assert_eq!(users.delete(&ada.id).await.unwrap().unwrap().logins, 2);
    assert_eq!(users.delete(&ada.id).await.unwrap(), None);
    assert_eq!(users.get_many([ada.id.as_str(), "000000000000000000000000"]).await.unwrap(), [None, None]);
    assert!(users.replace(&ada).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn c30_replace_and_upsert_keep_the_stored_id() {
    let (_directory, backend) = fresh().await;
    let definition = Definition::from_json(r#"{"name": "users", "hashKey": "email"}"#).unwrap();
    let users = backend.define::<User>(definition).await.unwrap();
    let ada = User { id: String::new(), ..user("ada", 1) };
    let stored = users.insert(&ada).await.unwrap();
    assert_eq!(users.replace(&User { logins: 7, ..ada.clone() }).await.unwrap().id, stored.id);
    assert_eq!(users.upsert(&User { logins: 8, ..ada.clone() }).await.unwrap().record.id, stored.id);
    assert!(users.replace(&User { id: "f".repeat(24), ..ada.clone() }).await.unwrap_err().is_invalid_input());
    assert_eq!(users.get(&ada.email).await.unwrap().unwrap().logins, 8);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reading {
    #[serde(default)]
    id: String,
    sensor: f64,
    at: Timestamp,
    value: f64,
}

#[tokio::test]
async fn c02_numbers_and_instants_are_keys() {
    let (_directory, backend) = fresh().await;
    let definition = r#"{"name": "readings.v1-x", "hashKey": "sensor", "hashKeyType": "N", "rangeKey": "at", "rangeKeyType": "timestamp"}"#;
    let readings = backend.define::<Reading>(Definition::from_json(definition).unwrap()).await.unwrap();
    let at: Timestamp = "2024-02-29T12:30:00.123Z".parse().unwrap();
    for sensor in [1.0, 0.5, -3e100, 9_007_199_254_740_993.0] {
        let reading = Reading { id: String::new(), sensor, at, value: 0.1 };
        let reading = readings.insert(&reading).await.unwrap();
        assert!(
            readings.insert(&Reading { id: String::new(), ..reading.clone() }).await.unwrap_err().is_already_exists()
        );
        assert_eq!(readings.get((sensor, at)).await.unwrap(), Some(reading));
    }
    assert!(readings.get((1, at)).await.unwrap().is_some());
    assert!(readings.get((1.0, "2024-02-29T13:30:00.1239+01:00")).await.unwrap().is_some());
    assert!(readings.get((1, Timestamp::MIN)).await.unwrap().is_none());
    assert!(readings.get((0.25, at)).await.unwrap().is_none());
}

#[tokio::test]
async fn c26_insert_many_stores_what_it_can_and_overwrites_nothing() {
    let (_directory, backend) = fresh().await;
    let users = backend.define::<User>(users()).await.unwrap();
    users.insert(&user("u1500", 77)).await.unwrap();
    let mut records: Vec<User> = (0..3_500).map(|n| user(&format!("u{n}"), n)).collect();
    records[2_600] = user("u3", 99);
    let error = users.insert_many(&records).await.unwrap_err();
    assert!(error.is_already_exists() && error.position() == Some(1_500), "{error}");
    let inserted = error.inserted().unwrap();
    assert_eq!(inserted.stored(), 3_498);
    assert_eq!(inserted.failures().map(|(position, _)| position).collect::<Vec<_>>(), [1_500, 2_600]);
    assert_eq!(users.get("u1500").await.unwrap().unwrap().logins, 77);
    assert_eq!(users.get("u3").await.unwrap().unwrap().logins, 3);

    let keys: Vec<String> = (0..3_500).rev().map(|n| format!("u{n}")).chain(["nobody".into(), "u1".into()]).collect();
    let found = users.get_many(&keys).await.unwrap();
    assert_eq!(found.len(), 3_502);
    assert!(found[3_500].is_none() && found[899].is_none(), "u2600 was not stored");
    for (key, user) in keys.iter().zip(&found).filter(|(_, user)| user.is_some()) {
        assert_eq!(user.as_ref().unwrap().id, *key);
    }
}

async fn driver(path: &Path, definition: &str) -> (SqliteBackend, Arc<dyn RepositoryDriver>) {
    let backend = SqliteBackend::open(SqliteOptions::new(path)).await.unwrap();
    let handle = Backend::new(Arc::new(backend.clone()));
    let repository: Repository<Document> = handle.define(Definition::from_json(definition).unwrap()).await.unwrap();
    let native = repository.native(|native: &SqliteRepository| native.clone()).unwrap();
    (backend, Arc::new(native))
}

fn context() -> Context {
    Context::new(Timestamp::now(), Duration::from_secs(30))
}

fn record(key: &str, fields: &[(&str, Token<'_>)]) -> RecordBuf {
    let mut record = RecordBuf::new();
    record.set("id", Token::String(key));
    for (name, value) in fields {
        record.set(name, *value);
    }
    record
}

fn key(text: &str) -> Key {
    Key::new(text.into(), None)
}

#[tokio::test]
async fn swap_compares_what_is_stored_with_what_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let (_backend, repository) = driver(&directory.path().join("a.db"), r#"{"name": "docs"}"#).await;
    let one = record("k", &[("at", Token::Timestamp(Timestamp::MAX)), ("n", Token::Int(1))]);
    let two = record("k", &[("n", Token::Int(2))]);
    let swap = async |seen: Option<&RecordBuf>, record: Option<&RecordBuf>| {
        repository.swap(&SwapRequest::new(context(), key("k"), seen.cloned(), record.cloned())).await.unwrap()
    };
    assert_eq!(swap(Some(&one), Some(&two)).await, Swapped::Changed);
    assert_eq!(swap(None, Some(&one)).await, Swapped::Done);
    assert_eq!(swap(None, Some(&two)).await, Swapped::Changed);
    // A map has no order, and an instant is stored as its text.
    let seen = record("k", &[("n", Token::Int(1)), ("at", Token::String("9999-12-31T23:59:59.999Z"))]);
    assert_eq!(swap(Some(&seen), Some(&one)).await, Swapped::Done);
    assert_eq!(swap(Some(&one), Some(&two)).await, Swapped::Done);
    assert_eq!(swap(Some(&one), None).await, Swapped::Changed);
    assert_eq!(swap(Some(&two), None).await, Swapped::Done);
    assert_eq!(swap(None, None).await, Swapped::Done);
}

#[tokio::test]
async fn c43_a_foreign_integer_outside_i64_is_unreadable_where_it_is_asked_for() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Counted {
        id: String,
        n: f64,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Named {
        id: String,
        name: String,
    }
    let (_directory, backend) = fresh().await;
    let named = backend.define::<Named>(users()).await.unwrap();
    let native: &SqliteBackend = backend.native().unwrap();
    for (id, number) in
        [("a", "123456789012345678901234567890"), ("b", "9223372036854775808"), ("c", "-9223372036854775809")]
    {
        let record = format!(r#"{{"id":"{id}","name":"x","n":{number}}}"#);
        let store = move |file: &mut rusqlite::Connection| {
            file.execute("INSERT INTO users VALUES (json_extract(?1, '$.id'), ?1)", [record]).map(drop)
        };
        native.with_writer(store).await.unwrap();
        for error in [named.typed::<Counted>().get(id).await.unwrap_err(), named.untyped().get(id).await.unwrap_err()] {
            assert!(error.is_unreadable() && error.to_string().contains("outside the range of an i64"), "{error}");
            assert!(!error.to_string().contains(number), "{error}");
        }
        assert_eq!(named.get(id).await.unwrap().unwrap().name, "x");
    }
    let counted = Counted { id: "d".into(), n: 1e20 };
    named.typed::<Counted>().upsert(&counted).await.unwrap();
    assert_eq!(named.typed::<Counted>().get("d").await.unwrap().unwrap().n.to_bits(), 1e20_f64.to_bits());
}
