//! Records that have expired are removed from the file: beside a definition, and beside writes now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use backends_core::{Backend, Definition, Document, Repository, SchemaMode, Timestamp, Value};
use backends_sqlite::SqliteBackend;

use crate::support::{directory, open};

const SESSIONS: &str =
    r#"{"name": "sessions", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 10}"#;
const START: i64 = 1_800_000_000_000;

#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn set(&self, seconds: i64) {
        self.0.store(START + seconds * 1_000, Ordering::Relaxed);
    }

    async fn define(&self, backend: &Backend, mode: SchemaMode) -> Repository {
        let hand = self.0.clone();
        let backend = backend.with_clock(move || Timestamp::from_millis(hand.load(Ordering::Relaxed)).unwrap());
        backend.define(Definition::from_json(SESSIONS).unwrap()).schema_mode(mode).await.unwrap()
    }
}

fn session(number: usize) -> Document {
    Document::from([("id", Value::from(format!("s{number}")))])
}

/// How many records the file has, when the writer has done what it was given.
async fn stored(backend: &Backend) -> i64 {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(|file| file.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))).await.unwrap()
}

async fn execute(backend: &Backend, sql: &'static str) {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(move |file| file.execute_batch(sql)).await.unwrap();
}

#[tokio::test]
async fn c35_what_has_expired_is_removed_beside_a_write_now_and_then() {
    let (_directory, path) = directory();
    let (backend, hand) = (open(&path).await, Hand::default());
    hand.set(0);
    let sessions = hand.define(&backend, SchemaMode::Ensure).await;
    let many: Vec<Document> = (0..250).map(session).collect();
    sessions.insert_many(&many).await.unwrap();
    hand.set(59);
    sessions.insert(&session(1_000)).await.unwrap();
    assert_eq!(stored(&backend).await, 251, "once a minute is enough");
    hand.set(60);
    // A hundred at a time, with each write until all are gone.
    for left in [152, 53, 4] {
        sessions.upsert(&session(1_000 + usize::try_from(left).unwrap())).await.unwrap();
        assert_eq!(stored(&backend).await, left);
    }
    sessions.upsert(&session(1_000)).await.unwrap();
    assert_eq!(stored(&backend).await, 4, "what has not expired stays");
    hand.set(119);
    sessions.insert(&session(2_000)).await.unwrap();
    assert_eq!(stored(&backend).await, 5, "not before the next minute is over");
    hand.set(200);
    assert!(sessions.delete("s0").await.unwrap().is_none());
    assert_eq!(stored(&backend).await, 0, "every write is one");
}

#[tokio::test]
async fn c35_what_has_expired_is_removed_beside_a_definition() {
    let (_directory, path) = directory();
    let (backend, hand) = (open(&path).await, Hand::default());
    hand.set(0);
    let sessions = hand.define(&backend, SchemaMode::Ensure).await;
    sessions.insert_many(&[session(1), session(2)]).await.unwrap();
    hand.set(10);
    hand.define(&backend, SchemaMode::Verify).await;
    hand.define(&backend, SchemaMode::Trust).await;
    assert_eq!(stored(&backend).await, 2, "these change nothing");
    hand.define(&backend, SchemaMode::Ensure).await;
    assert_eq!(stored(&backend).await, 0);
    backend.close().await.unwrap();
}

#[tokio::test]
async fn c34_what_has_no_instant_is_never_removed() {
    let (_directory, path) = directory();
    let (backend, hand) = (open(&path).await, Hand::default());
    hand.set(0);
    hand.define(&backend, SchemaMode::Ensure).await;
    execute(
        &backend,
        r#"INSERT INTO sessions VALUES ('a', '{"id":"a"}'), ('b', '{"id":"b","at":0}'), ('c', '{"id":"c","at":"1999"}'),
            ('d', '{"id":"d","at":"1999-x"}'), ('e', '{"id":"e","at":"1999-01-01T00:00:00.000Z"}'),
            ('f', '{"id":"f","at":null}'), ('g', '{"id":"g","at":["1999-01-01T00:00:00.000Z"]}'),
            ('h', '{"id":"h","at":"0000-00-00T00:00:00.000Z"}'), ('i', '{"id":"i","at":"2023-02-30T00:00:00.000Z"}'),
            ('j', '{"id":"j","at":"2016-12-31T23:59:60.000Z"}'), ('k', '{"id":"k","at":"0000-12-31T00:00:00.000Z"}'),
            ('l', '{"id":"l","at":"2024-02-29T23:59:59.999Z"}'), ('m', '{"id":"m","at":"0001-01-01T00:00:00.001Z"}')"#,
    )
    .await;
    hand.define(&backend, SchemaMode::Ensure).await;
    // All but e, l and m.
    assert_eq!(stored(&backend).await, 10);
    backend.close().await.unwrap();
}

#[tokio::test]
async fn c37_the_index_that_removes_is_created_anew_and_its_lack_is_told() {
    let (_directory, path) = directory();
    let (backend, hand) = (open(&path).await, Hand::default());
    hand.set(0);
    let sessions = hand.define(&backend, SchemaMode::Ensure).await;
    execute(&backend, r#"DROP INDEX "sessions:_backends_ttl""#).await;
    // What cannot be removed is gone all the same.
    sessions.insert(&session(1)).await.unwrap();
    hand.set(100);
    assert!(sessions.get("s1").await.unwrap().is_none());
    let definition = Definition::from_json(SESSIONS).unwrap();
    let error = backend.define::<Document>(definition).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("_backends_ttl"), "{error}");
    hand.define(&backend, SchemaMode::Ensure).await;
    assert_eq!(stored(&backend).await, 0);
}
