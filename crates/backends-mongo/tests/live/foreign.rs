//! Documents of other programs: what has a counterpart reads as it, the rest only stands in its own way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backends_core::driver::{
    BackendDriver, Context, DefineRequest, RepositoryDriver, StoredKinds, SwapRequest, Swapped,
};
use backends_core::{Definition, Document, Filter, Key, RecordBuf, Timestamp, Token, Value, field, reconcile};
use backends_mongo::mongodb::bson::{
    Bson, DateTime, Decimal128, Document as Native, RawDocumentBuf, doc, oid::ObjectId, raw::cstr,
};
use backends_mongo::mongodb::options::ClientOptions;
use backends_mongo::{MongoBackend, MongoOptions};
use serde::{Deserialize, Serialize};

use crate::store::{Store, all, definition, url};

const HEX: &str = "0123456789abcdef01234567";

fn context() -> Context {
    Context::new(Timestamp::now(), Duration::from_secs(30))
}

fn foreign() -> Native {
    doc! {
        "_id": ObjectId::parse_str(HEX).unwrap(),
        "id": "left over",
        "count": 7_i32,
        "whole": 3.0,
        "word": Bson::Symbol("symbol".into()),
        "nothing": null,
        "list": [null, [1_i32, { "deep": null, "n": 2.0 }]],
        "reference": ObjectId::parse_str(HEX).unwrap(),
        "price": Decimal128::from_bytes([9; 16]),
        "when": DateTime::from_millis(5),
        "dotted.name": true,
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    id: String,
    count: u8,
    whole: i64,
    word: String,
    nothing: Option<u8>,
    reference: String,
    list: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Identified {
    id: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Priced {
    id: String,
    price: Value,
}

#[tokio::test]
async fn c43_foreign_documents_read_as_what_they_are() {
    let store = Store::open().await;
    store.collection("things").insert_one(foreign()).await.unwrap();
    let things = store.backend.define::<Document>(definition(r#"{"name": "things"}"#)).await.unwrap();
    let known = things.typed::<Known>().get(HEX).await.unwrap().unwrap();
    assert_eq!((known.id.as_str(), known.count, known.whole, known.nothing), (HEX, 7, 3, None));
    assert_eq!((known.word.as_str(), known.reference.as_str()), ("symbol", HEX));
    let deep = Value::from(Document::from([("n", Value::from(2))]));
    assert!(known.list == Value::from(vec![Value::Null, Value::from(vec![Value::from(1), deep])]));
    let error = things.typed::<Priced>().get(HEX).await.unwrap_err();
    assert!(error.is_unreadable() && error.path() == Some("price"), "{error}");
    assert!(error.to_string().contains("Decimal128"), "{error}");
    assert!(error.context().eq([("id", HEX)]), "{error:?}");
    assert!(things.get(HEX).await.unwrap_err().is_unreadable());
    assert!(things.get_many([HEX, "ffffffffffffffffffffffff"]).await.unwrap_err().position() == Some(0));
    store.remove().await;
}

#[tokio::test]
async fn c34_c43_a_time_that_cannot_be_read_is_none() {
    let store = Store::open().await;
    let json = r#"{"name": "sessions", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 60}"#;
    let sessions = store.backend.define::<Document>(definition(json)).await.unwrap().typed::<Identified>();
    // The last date of JavaScript, which programs write for never.
    let never = Bson::DateTime(DateTime::from_millis(8_640_000_000_000_000));
    for (id, at) in [("a", Bson::Decimal128(Decimal128::from_bytes([9; 16]))), ("b", never)] {
        store.collection("sessions").insert_one(doc! { "_id": id, "at": at }).await.unwrap();
        assert_eq!(sessions.get(id).await.unwrap().unwrap().id, id);
        assert!(sessions.insert(&Identified { id: id.into() }).await.unwrap_err().is_already_exists());
    }
    assert!(sessions.get_many(["a", "b"]).await.unwrap().iter().all(Option::is_some));
    assert_eq!(
        (sessions.find(Filter::all()).await.unwrap().len(), sessions.count(Filter::all()).await.unwrap()),
        (2, 2)
    );
    assert!(!sessions.upsert(&Identified { id: "a".into() }).await.unwrap().created);
    assert_eq!(sessions.delete("b").await.unwrap().unwrap().id, "b");
    store.remove().await;
}

#[tokio::test]
async fn c26_c43_a_key_or_value_is_taken_by_what_cannot_be_read_too() {
    let store = Store::open().await;
    let json = r#"{"name": "seats", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 60,
                   "indexes": ["seat"]}"#;
    let seats = store.backend.define::<Document>(definition(json)).await.unwrap();
    let price = Decimal128::from_bytes([9; 16]);
    store.collection("seats").insert_one(doc! { "_id": "a", "seat": "1", "price": price }).await.unwrap();
    let seat = |id: &str, seat: &str| Document::from([("id", id), ("seat", seat)]);
    for (record, index) in [(seat("a", "2"), "primary"), (seat("b", "1"), "seat")] {
        let error = seats.insert(&record).await.unwrap_err();
        assert!(error.is_already_exists() && error.index() == Some(index), "{error}");
        let error = seats.insert_many(&[record, seat("c", "3")]).await.unwrap_err();
        assert!(error.is_already_exists() && error.index() == Some(index), "{error}");
        assert_eq!(error.inserted().unwrap().stored(), 1);
        seats.delete("c").await.unwrap();
    }
    store.remove().await;
}

#[tokio::test]
async fn c43_many_keys_are_answered_as_each_alone_by_what_equals_them() {
    let store = Store::open().await;
    let json = r#"{"name": "counters", "hashKey": "k", "hashKeyType": "N"}"#;
    let counters = store.backend.define::<Document>(definition(json)).await.unwrap();
    counters.insert(&Document::from([("k", 4)])).await.unwrap();
    // One, as decimals are stored; and an array, which the server finds by each of its members.
    let one = "1".parse::<Decimal128>().unwrap();
    store.collection("counters").insert_one(doc! { "_id": ObjectId::parse_str(HEX).unwrap(), "k": one }).await.unwrap();
    store.collection("counters").insert_one(doc! { "k": [2, 3] }).await.unwrap();
    let ids = counters.typed::<Identified>();
    let keys: Vec<i64> = (1..=20).collect();
    let many = ids.get_many(keys.clone()).await.unwrap();
    assert_eq!(many.iter().flatten().count(), 4);
    for (key, found) in keys.into_iter().zip(many) {
        assert_eq!(ids.get(key).await.unwrap().map(|one| one.id), found.map(|one| one.id), "{key}");
    }
    let error = counters.get_many([4, 1]).await.unwrap_err();
    assert!(error.is_unreadable() && error.position() == Some(1) && error.path() == Some("k"), "{error}");
    assert!(error.context().eq([("id", HEX)]), "{error:?}");
    store.remove().await;
}

#[tokio::test]
async fn c43_references_of_other_programs_are_found_by_their_digits() {
    let store = Store::open().await;
    store.collection("refs").insert_one(doc! { "user": ObjectId::parse_str(HEX).unwrap(), "n": 1 }).await.unwrap();
    let json = r#"{"name": "refs", "hashKey": "user", "hashKeyType": "objectId"}"#;
    let refs = store.backend.define::<Document>(definition(json)).await.unwrap();
    assert!(refs.get(HEX).await.unwrap().unwrap().get("user") == Some(&Value::from(HEX)));
    assert!(refs.get_many([HEX]).await.unwrap()[0].is_some());
    store.remove().await;
}

#[tokio::test]
async fn c43_ids_of_another_kind_are_refused_when_the_repository_is_defined() {
    let store = Store::open().await;
    let hex = ObjectId::parse_str(HEX).unwrap();
    for (name, ids, json, kind) in [
        ("numbers", vec![Bson::Int32(1)], "", "unsupported"),
        ("dates", vec![Bson::String("a".into()), Bson::DateTime(DateTime::from_millis(1))], "", "unsupported"),
        ("texts", vec![Bson::String("a".into())], "", "conflict"),
        ("oids", vec![Bson::ObjectId(hex)], r#", "idKind": "string""#, "conflict"),
        ("mixed", vec![Bson::String("a".into()), Bson::ObjectId(hex)], r#", "idKind": "string""#, "conflict"),
        ("good", vec![Bson::String("a".into()), Bson::Symbol("b".into())], r#", "idKind": "string""#, ""),
        ("fine", vec![Bson::ObjectId(hex)], "", ""),
    ] {
        for id in ids {
            store
                .collection(name)
                .insert_one(doc! { "_id": id, "price": Decimal128::from_bytes([9; 16]) })
                .await
                .unwrap();
        }
        let defined = store.backend.define::<Document>(definition(&format!(r#"{{"name": "{name}"{json}}}"#))).await;
        match (kind, defined) {
            ("", Ok(_)) => {}
            ("unsupported", Err(error)) => assert!(error.is_unsupported(), "{name}: {error}"),
            ("conflict", Err(error)) => assert!(error.is_definition_conflict(), "{name}: {error}"),
            (_, other) => panic!("{name}: {other:?}"),
        }
    }
    // One that came later is Unsupported by itself.
    store.collection("good").insert_one(doc! { "_id": 5, "n": 1 }).await.unwrap();
    let good = definition(r#"{"name": "good", "idKind": "string"}"#);
    let good = store.backend.define::<Identified>(good).await.unwrap();
    let mut found = good.find(Filter::all()).stream();
    let (mut ids, mut refused) = (Vec::new(), 0);
    while let Some(next) = found.next().await {
        match next {
            Ok(record) => ids.push(record.id),
            Err(error) => {
                assert!(error.is_unsupported(), "{error}");
                refused += 1;
            }
        }
    }
    ids.sort();
    assert_eq!((ids, refused), (vec!["a".to_owned(), "b".to_owned()], 1));
    for id in ["a", "b"] {
        assert!(good.get(id).await.unwrap().is_some_and(|record| record.id == id));
    }
    store.remove().await;
}

#[tokio::test]
async fn c37_stored_values_of_another_kind_are_a_conflict_where_they_are_declared() {
    let store = Store::open().await;
    let things = store.collection("things");
    things
        .insert_one(doc! {
            "age": "old", "at": "2020-01-01T00:00:00Z", "price": Decimal128::from_bytes([9; 16]),
            "address": { "city": "Bern", "lat": Decimal128::from_bytes([9; 16]) },
        })
        .await
        .unwrap();
    for (fields, fits) in [
        (r#"{"age": "integer"}"#, false),
        (r#"{"price": "number"}"#, false),
        (r#"{"age": "string", "at": "timestamp"}"#, false),
        (r#"{"age": "string", "at": {"kind": "timestamp", "foreignText": true}}"#, true),
        (r#"{"age": "string", "other": "bool"}"#, true),
        (r#"{"other": "bool", "price": "string"}"#, false),
        (r#"{"address.city": "string"}"#, true),
        (r#"{"address.lat": "number"}"#, false),
    ] {
        let defined =
            store.backend.define::<Document>(definition(&format!(r#"{{"name": "things", "fields": {fields}}}"#))).await;
        match defined {
            Ok(_) => assert!(fits, "{fields}"),
            Err(error) => assert!(!fits && error.is_definition_conflict(), "{fields}: {error}"),
        }
    }
    let both = definition(r#"{"name": "things", "fields": {"address.lat": "number", "price": "string"}}"#);
    let error = store.backend.define::<Document>(both).await.unwrap_err();
    let [lat, price] = error.mistakes() else { panic!("{error}") };
    assert!(lat.contains("`address.lat`") && price.contains("`price`") && price.contains("Decimal128"), "{error}");
    store.remove().await;
}

#[tokio::test]
async fn c43_instants_that_are_stored_as_text_are_told_where_they_are_declared() {
    let store = Store::open().await;
    let text = "2020-01-01T00:00:00Z";
    let date = DateTime::from_millis(5);
    let plain = |paths: &str| format!(r#"{{"name": "notes", "fields": {{{paths}}}}}"#);
    store.backend.define::<Document>(definition(&plain(r#""n": "integer""#))).await.unwrap();
    let notes = store.collection("notes");
    notes.insert_one(doc! { "n": 1, "at": date, "inner": { "at": date }, "days": [date] }).await.unwrap();
    notes
        .insert_one(doc! { "n": 2, "at": text, "inner": { "at": text }, "days": [date, text], "key": text })
        .await
        .unwrap();
    // Whether there was a definition before or not.
    store.collection("other").insert_many(crate::store::all(&notes).await).await.unwrap();
    for name in ["notes", "other"] {
        for path in ["at", "inner.at", "days[]"] {
            let json = plain(&format!(r#""{path}": "timestamp""#)).replace("notes", name);
            let error = store.backend.define::<Document>(definition(&json)).await.unwrap_err();
            assert!(error.is_definition_conflict() && error.message().contains("foreignText: true"), "{error}");
            assert!(error.message().contains(path) && !error.to_string().contains("2020"), "{error}");
        }
        let key = format!(
            r#"{{"name": "{name}", "indexes": [{{"fields": ["key"], "unique": false}}],
            "fields": {{"key": "timestamp"}}}}"#
        );
        assert!(store.backend.define::<Document>(definition(&key)).await.unwrap_err().is_definition_conflict());
        let json = plain(r#""at": {"kind": "timestamp", "foreignText": true}"#).replace("notes", name);
        let records = store.backend.define::<Document>(definition(&json)).await.unwrap();
        let after = Timestamp::from_millis(6).unwrap();
        let found = records.find(field("at").gt(after)).await.unwrap();
        assert!(found.len() == 1 && found[0].get("n") == Some(&Value::from(2)), "{found:?}");
    }
    store.remove().await;
}

async fn driver(store: &Store, definition: Definition) -> Arc<dyn RepositoryDriver> {
    let client = ClientOptions::parse(url("", "")).await.unwrap();
    let backend = MongoBackend::open(MongoOptions::new(client, &store.name)).await.unwrap();
    backend.define(&DefineRequest::new(context(), definition)).await.unwrap().into_parts().0
}

#[tokio::test]
async fn c43_a_read_of_everything_reaches_the_last_reply() {
    let store = Store::open().await;
    let things = store.collection("things");
    things.insert_many((0..450).map(|n| doc! { "_id": format!("{n:03}"), "n": n })).await.unwrap();
    let plain = definition(r#"{"name": "things", "idKind": "string"}"#);
    let with_kind = definition(r#"{"name": "things", "idKind": "string", "fields": {"n": "integer"}}"#);
    let driver = driver(&store, plain.clone()).await;
    let kinds = || StoredKinds::new(&reconcile(&plain, &with_kind).unwrap());
    kinds().look_at_all(&*driver, &context()).await.unwrap();
    things.update_one(doc! { "_id": "449" }, doc! { "$set": { "n": "text" } }).await.unwrap();
    let error = kinds().look_at_all(&*driver, &context()).await.unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    store.remove().await;
}

#[tokio::test]
async fn c32_a_swap_needs_what_was_read_to_the_last_field() {
    let store = Store::open().await;
    let things = store.collection("things");
    let driver = driver(&store, definition(r#"{"name": "things", "idKind": "string"}"#)).await;
    let key = Key::new(Value::from("a"), None);
    let swap = async |seen: Option<&RecordBuf>, record: Option<&RecordBuf>| {
        driver.swap(&SwapRequest::new(context(), key.clone(), seen.cloned(), record.cloned())).await.unwrap()
    };
    let record = |n: i64| {
        let mut record = RecordBuf::new();
        record.set("id", Token::String("a"));
        record.set("n", Token::Int(n));
        record
    };
    assert_eq!(swap(None, None).await, Swapped::Done);
    assert_eq!(swap(Some(&record(1)), Some(&record(2))).await, Swapped::Changed);
    assert_eq!(swap(None, Some(&record(1))).await, Swapped::Done);
    assert_eq!(swap(None, Some(&record(2))).await, Swapped::Changed);
    assert_eq!(swap(Some(&record(2)), Some(&record(3))).await, Swapped::Changed);
    assert_eq!(swap(Some(&record(1)), Some(&record(2))).await, Swapped::Done);
    assert_eq!(all(&things).await, [doc! { "_id": "a", "n": 2_i64 }]);
    // The order of fields and the width of numbers are of no account.
    things.delete_many(doc! {}).await.unwrap();
    things
        .insert_one(doc! { "_id": "a", "z": "$n", "n": 2_i32, "map": { "b": 1_i32, "a": null, "$c.d": 0.5 } })
        .await
        .unwrap();
    let mut seen = record(2);
    for token in [
        Token::Field("z"),
        Token::String("$n"),
        Token::Field("map"),
        Token::Map,
        Token::Field("$c.d"),
        Token::Float(0.5),
        Token::Field("b"),
        Token::Int(1),
        Token::End,
    ] {
        seen.push(token);
    }
    assert_eq!(swap(Some(&seen), Some(&record(5))).await, Swapped::Done);
    assert_eq!(swap(Some(&record(4)), None).await, Swapped::Changed);
    assert_eq!(swap(Some(&record(5)), None).await, Swapped::Done);
    assert_eq!(all(&things).await, Vec::<Native>::new());
    store.remove().await;
}

#[tokio::test]
async fn c42_c43_a_document_that_no_condition_meets_is_told_at_once() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let mut inner = RawDocumentBuf::new();
    inner.append(cstr!("n"), 1);
    inner.append(cstr!("n"), 2);
    let mut twice = RawDocumentBuf::new();
    twice.append(cstr!("_id"), "a");
    twice.append(cstr!("inner"), inner);
    store.collection("notes").clone_with_type::<RawDocumentBuf>().insert_one(twice).await.unwrap();
    let began = Instant::now();
    assert!(notes.update("a", backends_core::Update::new().set("count", 1)).await.unwrap().is_some());
    let updated = notes.update("a", backends_core::Update::new().set("inner.seen", true)).await.map(drop);
    let deleted = notes.delete_one(field("seen").is_missing()).await.map(drop);
    for error in [updated.unwrap_err(), deleted.unwrap_err()] {
        assert!(error.is_unreadable() && error.message().contains("two fields of one name"), "{error}");
        assert!(!error.may_have_happened(), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(notes.delete("a").await.is_ok());
    store.remove().await;
}

#[tokio::test]
async fn c43_an_update_leaves_what_other_programs_stored_beside_as_it_is() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let foreign = doc! {
        "_id": ObjectId::new(), "key": "k", "id": 7, "author": ObjectId::new(), "kind": Bson::Symbol("s".to_owned()),
        "deleted": Bson::Null, "n": 1_i32, "far": 2.0, "map": { "null": Bson::Null, "n": 1 },
    };
    store.collection("notes").insert_one(&foreign).await.unwrap();
    let update = backends_core::Update::new().inc("n", 1).set("title", "t").unset("gone");
    assert!(notes.update("k", update).await.unwrap().is_some());
    let mut expected = foreign;
    expected.insert("n", 2_i64);
    expected.insert("title", "t");
    let found = store.collection("notes").find_one(doc! { "key": "k" }).await.unwrap().unwrap();
    assert_eq!(found, expected);
    store.remove().await;
}
