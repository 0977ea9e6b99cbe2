//! What a single server does without a replica set, on the one that `TEST_MONGODB_URL` names.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "a module of several programs of tests")]

#[path = "common/stage.rs"]
mod stage;
#[allow(dead_code, reason = "other programs of tests use more of it")]
#[path = "common/store.rs"]
mod store;

use backends_core::{Document, Value};
use live::lost::{KeyIs, Line, Outcome};
use store::{Store, definition};

#[tokio::test]
async fn a_single_server_stores_and_replaces_and_deletes() {
    let store = Store::open().await;
    let hello = store.other.run_command(backends_mongo::mongodb::bson::doc! { "hello": 1 }).await.unwrap();
    assert!(!hello.contains_key("setName"), "this is a replica set: run these tests against a single server");
    for json in [r#"{"name": "by_id", "idKind": "string"}"#, r#"{"name": "by_key", "hashKey": "key"}"#] {
        let notes = store.backend.define::<Document>(definition(json)).await.unwrap();
        let mut note = Document::from([("key", Value::from("k")), ("n", Value::from(1))]);
        if json.contains("by_id") {
            note.insert("id", "k");
        }
        notes.insert(&note).await.unwrap();
        assert!(notes.insert(&note).await.unwrap_err().is_already_exists());
        note.insert("n", 2);
        assert!(!notes.upsert(&note).await.unwrap().created);
        assert!(notes.replace(&note).await.unwrap().get("n") == Some(&Value::from(2)));
        let mut other = note.clone();
        other.insert("key", "o");
        if json.contains("by_id") {
            other.insert("id", "o");
        }
        let error = notes.insert_many([&note, &other]).await.unwrap_err();
        assert_eq!((error.position(), error.counts().unwrap().done), (Some(0), 1));
        assert!(notes.get_many(["o", "k"]).await.unwrap().iter().all(Option::is_some));
        assert!(notes.delete("k").await.unwrap().is_some() && notes.get("k").await.unwrap().is_none());
    }
    store.backend.ping().await.unwrap();
    store.remove().await;
}

/// The driver repeats reads here, and no write.
async fn lose_every_answer(key: KeyIs) {
    let (stage, store) = stage::stage().await;
    let report = live::lost::run(&stage, key).await;
    let is_read = |line: &&Line| line.call.starts_with("get");
    let unanswered: Vec<String> = report.unanswered().filter(is_read).map(ToString::to_string).collect();
    assert!(unanswered.is_empty(), "a read is repeated:\n{}", unanswered.join("\n"));
    assert!(report.unanswered().any(|line| line.call == "insert" && line.outcome == Outcome::Happened));
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_a_lost_answer_of_a_single_server_is_told_and_never_guessed() {
    lose_every_answer(KeyIs::TheId).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_nor_where_a_replace_keeps_the_stored_id() {
    lose_every_answer(KeyIs::AnotherField).await;
}
