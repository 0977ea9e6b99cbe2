//! The index by which the server removes what has expired, and the requests of writes that meet it.

use std::time::{Duration, Instant};

use backends_core::{Definition, Document, Filter, Order, Repository, SchemaMode, Timestamp, Update, Value, field};
use backends_mongo::mongodb::bson::{self, Bson, doc};
use proxy::{Fault, mongodb};

use crate::proxied::proxied;
use crate::store::{Store, definition};

fn sessions(ttl: u64, holds: &str) -> Definition {
    definition(&format!(
        r#"{{"name": "sessions", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": {ttl},
            "ttlHolds": "{holds}"}}"#
    ))
}

fn session(id: &str) -> Document {
    Document::from([("id", id)])
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The indexes on the field alone: their names and times to live.
async fn indexes(store: &Store) -> Vec<(String, Option<Bson>)> {
    let answer = store.other.run_command(doc! { "listIndexes": "sessions" }).await.unwrap();
    let all = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let all = all.iter().filter_map(Bson::as_document);
    let on_at = all.filter(|index| index.get_document("key").is_ok_and(|keys| keys.keys().eq(["at"])));
    on_at.map(|index| (index.get_str("name").unwrap().to_owned(), index.get("expireAfterSeconds").cloned())).collect()
}

fn seconds(found: &[(String, Option<Bson>)]) -> Vec<(&str, i64)> {
    let number = |value: &Bson| value.as_i64().or_else(|| value.as_i32().map(i64::from)).unwrap();
    found.iter().map(|(name, value)| (name.as_str(), number(value.as_ref().unwrap()))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c37_the_server_has_an_index_with_the_time_to_live_that_holds() {
    for (holds, stored) in [("start", [60, 30, 0]), ("expiry", [0, 0, 0])] {
        let store = Store::open().await;
        let missing = store.backend.define::<Document>(sessions(60, holds)).schema_mode(SchemaMode::Verify).await;
        assert!(missing.unwrap_err().is_definition_conflict());
        for (ttl, stored) in [60, 30, 0].into_iter().zip(stored) {
            store.backend.define::<Document>(sessions(ttl, holds)).await.unwrap();
            assert_eq!(seconds(&indexes(&store).await), [("_backends_ttl", stored)], "{holds}");
        }
        store.collection("sessions").drop_index("_backends_ttl").await.unwrap();
        let missing = store.backend.define::<Document>(sessions(0, holds)).schema_mode(SchemaMode::Verify).await;
        let error = missing.unwrap_err();
        assert!(error.is_definition_conflict() && error.message().contains("_backends_ttl"), "{error}");
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c43_an_index_of_another_program_is_taken_over() {
    let store = Store::open().await;
    let index = doc! { "key": { "at": -1 }, "name": "theirs", "expireAfterSeconds": 5 };
    store.other.run_command(doc! { "createIndexes": "sessions", "indexes": [index] }).await.unwrap();
    store.backend.define::<Document>(sessions(60, "start")).await.unwrap();
    assert_eq!(seconds(&indexes(&store).await), [("theirs", 60)]);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
async fn c35_the_server_removes_what_has_expired() {
    let store = Store::open().await;
    let faster = doc! { "setParameter": 1, "ttlMonitorSleepSecs": 1 };
    store.other.client().database("admin").run_command(faster).await.unwrap();
    let sessions: Repository = store.backend.define(sessions(1, "start")).await.unwrap();
    sessions.insert_many(&[session("a"), session("b")]).await.unwrap();
    let mut stays = session("c");
    stays.insert("at", Timestamp::now().saturating_add(Duration::from_secs(3_600)));
    sessions.insert(&stays).await.unwrap();
    let (collection, begun) = (store.collection("sessions"), Instant::now());
    while collection.count_documents(doc! {}).await.unwrap() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(150), "the server removes nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("2 records that end after 1 s were removed by the server within {:.1} s", begun.elapsed().as_secs_f64());
    assert!(sessions.get("c").await.unwrap().is_some());
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_a_write_takes_the_place_of_what_has_expired_by_a_delete_on_condition() {
    let (proxy, store, backend) = proxied("").await;
    // Ahead of the server's, which so removes nothing meanwhile.
    let backend = backend.with_clock(|| time("2090-01-01T00:00:00Z"));
    let sessions: Repository = backend.define(sessions(0, "expiry")).await.unwrap();
    sessions.get("a").await.unwrap();
    let later = time("2100-01-01T00:00:00Z");
    let expired = || async {
        let at = bson::DateTime::from_millis(time("2080-01-01T00:00:00Z").millis());
        let collection = store.collection("sessions");
        collection.replace_one(doc! { "_id": "a" }, doc! { "at": at }).upsert(true).await.unwrap();
        proxy.clear();
    };
    let sent = || proxy.operations();
    let mut lives = session("a");
    lives.insert("at", later);
    expired().await;
    sessions.insert(&lives).await.unwrap();
    assert_eq!(sent(), ["insert", "delete", "insert"]);
    expired().await;
    assert!(sessions.upsert(&lives).await.unwrap().created);
    assert_eq!(sent(), ["update", "delete", "update"]);
    expired().await;
    assert!(sessions.delete("a").await.unwrap().is_none());
    assert_eq!(sent(), ["findAndModify"]);
    expired().await;
    assert!(sessions.update("a", Update::new().set("n", 1)).await.unwrap().is_none());
    assert_eq!(sent(), ["findAndModify", "find"]);
    expired().await;
    assert_eq!(sessions.count(Filter::all()).await.unwrap(), 0);
    // What has not expired costs what it costs without.
    expired().await;
    sessions
        .insert(&{
            let mut other = lives.clone();
            other.insert("id", Value::from("b"));
            other
        })
        .await
        .unwrap();
    assert_eq!(sent(), ["insert"]);
    backend.close().await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_an_index_that_gets_no_time_to_live_is_a_conflict() {
    let (proxy, store, backend) = proxied("").await;
    let index = doc! { "key": { "at": 1 }, "name": "theirs" };
    store.other.run_command(doc! { "createIndexes": "sessions", "indexes": [index] }).await.unwrap();
    // MongoDB 5.0 answers so.
    proxy.on(|request, _| match request.operation() {
        "collMod" => mongodb::error(72, "InvalidOptions", "no expireAfterSeconds field to update", &[]).into(),
        _ => Fault::Pass,
    });
    let error = backend.define::<Document>(sessions(60, "start")).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.index() == Some("theirs"), "{error}");
    assert!(error.message().contains("MongoDB 5.1"), "{error}");
    proxy.pass();
    backend.define::<Document>(sessions(60, "start")).await.unwrap();
    assert_eq!(seconds(&indexes(&store).await), [("theirs", 60)]);
    backend.close().await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c43_a_record_that_expires_by_text_is_gone_for_every_call() {
    let store = Store::open().await;
    for (name, key) in [("by_id", "id"), ("by_key", "key")] {
        let json = format!(
            r#"{{"name": "{name}", "idKind": "string", "hashKey": "{key}", "enableTtl": true, "ttlAttribute": "at", "ttl": 60,
                "ttlHolds": "expiry", "fields": {{"at": {{"kind": "timestamp", "foreignText": true}}}}}}"#
        );
        let records = store.backend.define::<Document>(definition(&json)).await.unwrap();
        let collection = store.collection(name);
        let is_there = async |at: &str| {
            let field = if key == "id" { "_id" } else { key };
            collection.delete_many(doc! {}).await.unwrap();
            collection.insert_one(doc! { field: "a", "at": at }).await.unwrap();
        };
        let record = Document::from([(key, "a")]);
        let expired = "2020-01-01T01:00:00+01:00";
        let set = || Update::new().set("n", 1);
        is_there(expired).await;
        assert!(records.get("a").await.unwrap().is_none(), "{name}");
        assert!(records.update("a", set()).await.unwrap().is_none(), "{name}");
        assert!(records.replace(&record).await.unwrap_err().is_not_found(), "{name}");
        assert!(records.delete("a").await.unwrap().is_none(), "{name}");
        assert!(records.delete_one(field(key).eq("a")).await.unwrap().is_none(), "{name}");
        assert_eq!(
            (records.count(Filter::all()).await.unwrap(), records.find(Filter::all()).await.unwrap().len()),
            (0, 0)
        );
        assert!(records.upsert(&record).await.unwrap().created, "{name}");
        is_there(expired).await;
        records.insert(&record).await.unwrap();
        is_there(expired).await;
        records.insert_many([&record]).await.unwrap();
        // What has not expired is there, as with a date.
        for at in ["2100-01-01T00:00:00Z", "some day"] {
            is_there(at).await;
            assert!(records.insert(&record).await.unwrap_err().is_already_exists(), "{name} {at}");
            assert!(!records.upsert(&record).await.unwrap().created, "{name} {at}");
            is_there(at).await;
            records.replace(&record).await.unwrap();
        }
        is_there("2100-01-01T00:00:00Z").await;
        assert!(records.update("a", set()).await.unwrap().is_some(), "{name}");
        assert!(records.delete("a").await.unwrap().is_some(), "{name}");
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c34_l07_the_server_takes_the_slice_of_records_that_expire() {
    let store = Store::open().await;
    let records: Repository = store.backend.define(sessions(60, "expiry")).await.unwrap();
    let all: Vec<Document> = (0..30).map(|n| session(&format!("{n:02}"))).collect();
    records.insert_many(&all).await.unwrap();
    let at = bson::DateTime::from_millis(0);
    store.collection("sessions").insert_one(doc! { "_id": "00 over", "at": at }).await.unwrap();
    let slice = || records.find(Filter::all()).sort("id", Order::Asc).offset(10).limit(5);
    let plan = slice().explain().await.unwrap().to_string();
    assert!(plan.contains("core:      filters nothing"), "{plan}");
    store.other.run_command(doc! { "profile": 2 }).await.unwrap();
    let ids: Vec<_> = slice().await.unwrap().iter().map(|record| record.get("id").cloned().unwrap()).collect();
    store.other.run_command(doc! { "profile": 0 }).await.unwrap();
    assert_eq!(ids, ["10", "11", "12", "13", "14"].map(Value::from));
    let profile = store.other.collection::<bson::Document>("system.profile");
    let noted = profile.find_one(doc! { "command.find": "sessions" }).await.unwrap().unwrap();
    assert_eq!(noted.get_i32("nreturned").unwrap(), 5, "{noted}");
    // Text that is no instant is no time there: the record never expires.
    store.collection("sessions").insert_one(doc! { "_id": "text", "at": "some day" }).await.unwrap();
    assert_eq!(records.count(Filter::all()).await.unwrap(), 31);
    store.remove().await;
}
