//! Many records in one call: how many requests, and whose answer is whose.

use std::time::Duration;

use backends_core::ErrorKind::AlreadyExists;
use backends_core::{Document, Value};
use proxy::{Answer, Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, definition, endpoint};

async fn proxied() -> (Proxy, Store) {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    (proxy, store)
}

fn note(key: &str) -> Document {
    Document::from([("key", Value::from(key))])
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
async fn l07_many_keys_are_as_few_requests_as_there_can_be() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let records: Vec<_> = (0..250).map(|number| note(&format!("{number}"))).collect();
    notes.insert_many(&records).await.unwrap();
    proxy.clear();
    let keys: Vec<_> = (0..250).rev().map(|number| format!("{number}")).collect();
    let read = notes.get_many(&keys).await.unwrap();
    assert_eq!(proxy.operations(), ["BatchGetItem"; 3]);
    println!("get_many of {} sends {:?}", keys.len(), proxy.operations());
    for (key, record) in keys.iter().zip(read) {
        assert_eq!(record.unwrap().get("key"), Some(&Value::from(key.as_str())));
    }
}

#[tokio::test]
async fn d01_keys_that_are_left_unprocessed_are_asked_for_again() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    notes.insert_many(&["a", "b", "c", "d", "e"].map(note)).await.unwrap();
    proxy.clear();
    proxy.on(|request, n| match (request.operation(), n) {
        ("BatchGetItem", 1) => Fault::Unprocessed(0),
        ("BatchGetItem", 2 | 3) => Fault::Unprocessed(2),
        _ => Fault::Pass,
    });
    let read = notes.get_many(["e", "x", "a", "b", "c", "d"]).await.unwrap();
    let there: Vec<bool> = read.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true, true, true, true]);
    assert_eq!(proxy.operations(), ["BatchGetItem"; 4]);
}

#[tokio::test]
async fn d01_keys_that_nobody_asked_for_are_not_taken_for_an_answer() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    let table = store.table("notes");
    proxy.on(move |request, _| {
        let left = match request.operation() {
            "BatchGetItem" => serde_json::json!({"UnprocessedKeys": {&table: {"Keys": [{"id": {"S": "other"}}]}}}),
            "BatchWriteItem" => {
                let put = serde_json::json!({"PutRequest": {"Item": {"id": {"S": "other"}}}});
                serde_json::json!({"UnprocessedItems": {&table: [put]}})
            }
            _ => return Fault::Pass,
        };
        Answer::http(200, left.to_string()).into()
    });
    let ids = ["0123456789abcdef01234567", "0123456789abcdef01234568"];
    let error = notes.get_many(ids).await.unwrap_err();
    assert!(error.is_unexpected() && !error.may_have_happened(), "{error}");
    let error = notes.insert_many(&[Document::new(), Document::new()]).await.unwrap_err();
    let failures = error.inserted().unwrap().failures();
    assert_eq!(failures.filter(|(_, error)| error.is_unexpected() && error.may_have_happened()).count(), 2);
}

#[tokio::test]
async fn t04_records_that_are_left_unprocessed_are_written_again() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    proxy.clear();
    proxy.on(|request, n| match (request.operation(), n) {
        ("BatchWriteItem", 1) => Fault::Unprocessed(0),
        ("BatchWriteItem", 2 | 3) => Fault::Unprocessed(10),
        _ => Fault::Pass,
    });
    let records: Vec<_> = (0..60).map(|number| Document::from([("n", Value::from(number))])).collect();
    let inserted = notes.insert_many(&records).await.unwrap();
    assert_eq!((inserted.stored(), store.all("notes").await.len()), (60, 60));
    assert!(proxy.operations().iter().all(|operation| operation == "BatchWriteItem"));
    let first = notes.get(inserted.id(0).unwrap()).await.unwrap().unwrap();
    assert_eq!(first.get("n"), Some(&Value::from(0)));
}

#[tokio::test]
async fn s05_a_key_of_the_callers_is_never_written_over() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let with = |id: &str, n: i64| Document::from([("id", Value::from(id)), ("n", Value::from(n))]);
    notes.insert(&with("a", 0)).await.unwrap();
    proxy.clear();
    let records = [with("b", 1), with("a", 2), with("", 3), with("b", 4), with("c", 5)];
    let error = notes.insert_many(&records).await.unwrap_err();
    let failed: Vec<_> =
        error.inserted().unwrap().failures().map(|(position, error)| (position, error.kind())).collect();
    assert_eq!(failed, [(1, AlreadyExists), (3, AlreadyExists)]);
    assert_eq!(notes.get("a").await.unwrap().unwrap().get("n"), Some(&Value::from(0)));
    assert_eq!(notes.get("b").await.unwrap().unwrap().get("n"), Some(&Value::from(1)));
    let batches = proxy.operations().iter().filter(|operation| *operation == "BatchWriteItem").count();
    assert_eq!(batches, 1, "{:?}", proxy.operations());
}

#[tokio::test]
async fn p04_a_record_that_is_too_large_fails_alone() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    let with = |text: String| Document::from([("text", Value::from(text))]);
    let records = [with("a".into()), with("x".repeat(410_000)), with("b".into())];
    let error = notes.insert_many(&records).await.unwrap_err();
    let failed: Vec<_> =
        error.inserted().unwrap().failures().map(|(at, error)| (at, error.is_invalid_input())).collect();
    assert_eq!(failed, [(1, true)]);
    assert_eq!(store.all("notes").await.len(), 2);
}

#[tokio::test]
async fn c41_a_record_is_too_large_where_the_service_finds_it_so() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let many = |value: Value| Value::Array(vec![value; 1_000]);
    // What 1,000 of each take, by the service's own refusals.
    for (number, bytes) in [
        (Value::Int(0), 2_000),
        (Value::Int(1_000_000_000_000), 3_000),
        (Value::Int(123), 4_000),
        (Value::Float(0.001_234_5), 5_000),
        (Value::Float(1e-100), 3_000),
    ] {
        let with = |text: usize| {
            let fields = [("key", Value::from("a")), ("f", many(number.clone())), ("p", Value::from("x".repeat(text)))];
            Document::from(fields)
        };
        // The names, the stamp, the id, the key, and what a list takes by itself.
        let rest = 409_600 - bytes - "keyfpid_backends_write".len() - 16 - 24 - 1 - 3;
        notes.upsert(&with(rest)).await.unwrap();
        let error = notes.upsert(&with(rest + 1)).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("409600"), "{number:?}: {error}");
    }
}

#[tokio::test]
async fn c42_what_a_lost_batch_may_have_stored_is_never_said_to_be_surely_not() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    let refusals: [fn() -> Answer; 2] = [|| dynamodb::access_denied("PutItem"), dynamodb::throttling];
    for (call, refusal) in refusals.into_iter().enumerate() {
        proxy.on(move |request, _| match request.operation() {
            "BatchWriteItem" => Fault::LoseAnswer,
            _ => refusal().into(),
        });
        let insert = notes.insert_many(&[Document::new(), Document::new()]).timeout(Duration::from_millis(300));
        let error = insert.await.unwrap_err();
        assert_eq!(store.all("notes").await.len(), 2 * (call + 1));
        assert_eq!(error.inserted().unwrap().failures().filter(|(_, error)| error.may_have_happened()).count(), 2);
    }
}

#[tokio::test]
async fn c42_nothing_is_sent_after_the_deadline() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    proxy.clear();
    proxy.on(|_, _| Fault::HoldAnswer);
    let error = notes.insert_many(&[note("a"), note("a")]).timeout(Duration::from_millis(300)).await.unwrap_err();
    let may_have: Vec<_> = error.inserted().unwrap().failures().map(|(_, error)| error.may_have_happened()).collect();
    assert_eq!((may_have, proxy.operations()), (vec![true, false], vec!["PutItem".to_owned()]));
}

#[tokio::test]
async fn c26_a_record_that_others_are_writing_fails_alone() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    proxy.on(|request, _| {
        let is_busy = request.operation() == "PutItem" && request.json()["Item"]["key"]["S"] == "7";
        let namespace = "com.amazonaws.dynamodb.v20120810";
        if is_busy { dynamodb::error(400, namespace, "TransactionConflictException", "").into() } else { Fault::Pass }
    });
    let records: Vec<_> = (0..500).map(|number| note(&number.to_string())).collect();
    // It is tried until the deadline, which is later with every record that is stored.
    let error = notes.insert_many(&records).timeout(Duration::from_secs(2)).await.unwrap_err();
    let inserted = error.inserted().unwrap();
    let failed: Vec<_> = inserted.failures().map(|(at, error)| (at, error.is_unavailable())).collect();
    assert_eq!((failed, store.all("notes").await.len()), (vec![(7, true)], 499));
}

#[tokio::test]
async fn c42_a_write_that_meets_transactions_on_its_record_has_its_turn_in_the_end() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    proxy.clear();
    proxy.on(|request, n| {
        let namespace = "com.amazonaws.dynamodb.v20120810";
        let is_busy = request.operation() == "PutItem" && n <= 6;
        if is_busy { dynamodb::error(400, namespace, "TransactionConflictException", "").into() } else { Fault::Pass }
    });
    notes.insert(&note("a")).await.unwrap();
    assert_eq!(proxy.operations(), ["PutItem"; 7]);
}

#[tokio::test]
async fn c26_a_record_for_which_the_service_fails_fails_alone_unless_it_fails_for_all() {
    let (proxy, store) = proxied().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let records: Vec<_> = (0..500).map(|number| note(&number.to_string())).collect();
    proxy.on(|request, n| match request.json()["Item"]["key"]["S"].as_str() {
        Some("7") if n % 2 == 0 => dynamodb::internal_server_error().into(),
        Some("7") => dynamodb::service_unavailable().into(),
        _ => Fault::Pass,
    });
    let error = notes.insert_many(&records).await.unwrap_err();
    let failed: Vec<_> = error.inserted().unwrap().failures().map(|(at, error)| (at, error.is_unavailable())).collect();
    assert_eq!((failed, store.all("notes").await.len()), (vec![(7, true)], 499));
    // A service that is down is not asked for each of the others.
    proxy.clear();
    proxy.on(|_, _| dynamodb::service_unavailable().into());
    let others: Vec<_> = (500..1_000).map(|number| note(&number.to_string())).collect();
    let error = notes.insert_many(&others).await.unwrap_err();
    let untried = error.inserted().unwrap().failures().filter(|(_, error)| !error.may_have_happened()).count();
    assert!(untried >= 400 && proxy.operations().len() <= 400, "{untried}, {} requests", proxy.operations().len());
}
