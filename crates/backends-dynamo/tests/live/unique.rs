//! Unique indexes: the guards in the companion table, and how they come to records that are there already.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use backends_core::driver::Access;
use backends_core::{Document, ErrorKind, Filter, Repository, Update, Value, field};
use backends_dynamo::aws_sdk_dynamodb::types::AttributeValue;
use proxy::{Fault, Gate, Protocol, Proxy, dynamodb};

use crate::indexes::{define, ids};
use crate::store::{Item, Store, config, definition, endpoint, n, open, open_with, s};

const PLAIN: &str = r#"{"name": "users", "idKind": "string", "fields": {"number": "integer"}}"#;
pub(crate) const UNIQUE: &str = r#"{"name": "users", "idKind": "string", "fields": {"number": "integer"},
    "indexes": ["email", {"fields": ["number", "city"], "unique": true}]}"#;

pub(crate) fn user(number: usize) -> Document {
    let id = format!("user {number:05}");
    Document::from([
        ("id", Value::from(&*id)),
        ("email", format!("{id}@example.org").into()),
        ("number", i64::try_from(number).unwrap().into()),
        ("city", "x".into()),
    ])
}

fn users(numbers: std::ops::Range<usize>) -> Vec<Document> {
    numbers.map(user).collect()
}

/// The guards of a repository: the index, and whose they are.
pub(crate) async fn guards(store: &Store) -> BTreeSet<(String, String)> {
    let guard = |item: Item| {
        let key = item["key"].as_s().unwrap().clone();
        let index = key.strip_prefix("unique:users:")?.split(':').next()?.to_owned();
        Some((index, item["owner"].as_m().unwrap()["id"].as_s().unwrap().clone()))
    };
    store.all("_backends").await.into_iter().filter_map(guard).collect()
}

/// The guards that there have to be, by the records that are stored.
pub(crate) async fn wanted(store: &Store) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for item in store.all("users").await {
        let id = item["id"].as_s().unwrap();
        if item.contains_key("email") {
            wanted.insert(("email".to_owned(), id.clone()));
        }
        if item.contains_key("number") && item.contains_key("city") {
            wanted.insert(("number_city".to_owned(), id.clone()));
        }
    }
    wanted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_each_record_has_its_guards_and_leaves_none_behind() {
    let store = Store::open().await;
    let records = define(&store.backend, UNIQUE).await;
    records.insert_many(&users(0..40)).await.unwrap();
    for at in 0..40_usize {
        let id = format!("user {at:05}");
        match at % 5 {
            0 => _ = records.delete(&id).await.unwrap(),
            1 => _ = records.update(&id, Update::new().unset("city").set("email", format!("new {at}"))).await.unwrap(),
            2 => _ = records.replace(&Document::from([("id", Value::from(&*id)), ("number", 7.into())])).await.unwrap(),
            3 => {
                let other = Update::new().set("email", "user 00004@example.org");
                assert!(records.update(&id, other).await.unwrap_err().is_already_exists());
            }
            _ => _ = records.upsert(&user(at)).await.unwrap(),
        }
    }
    records.delete_one(field("email").eq("new 6")).await.unwrap().unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
    assert!(!guards(&store).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_a_new_unique_index_on_records_needs_the_callers_word() {
    let store = Store::open().await;
    let before = define(&store.backend, PLAIN).await;
    before.insert_many(&users(0..300)).await.unwrap();
    let error = store.backend.define::<Document>(definition(UNIQUE)).await.unwrap_err();
    assert!(error.is_unsupported(), "{error}");
    for part in ["`unique_indexes`", "no_other_writers"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert_eq!(before.definition().indexes().len(), 0);
    assert!(guards(&store).await.is_empty());
    let looked_at = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&looked_at);
    let report = move |records: u64| seen.store(usize::try_from(records).unwrap(), Ordering::Relaxed);
    let defined = store.backend.define::<Document>(definition(UNIQUE)).no_other_writers().on_progress(report).await;
    defined.unwrap();
    assert!(looked_at.load(Ordering::Relaxed) >= 600);
    assert_eq!(guards(&store).await, wanted(&store).await);
    assert_eq!(guards(&store).await.len(), 600);
    let mut other = user(1_000);
    other.insert("email", "user 00007@example.org");
    assert_eq!(before.insert(&other).await.unwrap_err().index(), Some("email"));
    // From then on nobody has to give it.
    let next = open(&endpoint(), &store.prefix).await;
    define(&next, UNIQUE).await.insert(&user(1_001)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c42_guards_that_were_not_finished_are_finished_by_whoever_defines_next() {
    let store = Store::open().await;
    define(&store.backend, PLAIN).await.insert_many(&users(0..200)).await.unwrap();
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let breaking = open(&proxy.url(), &store.prefix).await;
    let served = Arc::new(AtomicUsize::new(0));
    proxy.on(move |request, _| match request.operation() {
        "TransactWriteItems" if served.fetch_add(1, Ordering::Relaxed) >= 50 => {
            dynamodb::access_denied("TransactWriteItems").into()
        }
        _ => Fault::Pass,
    });
    let error = breaking.define::<Document>(definition(UNIQUE)).no_other_writers().await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    // A version that does not know the index finishes it too, keeps it and says so.
    let older = define(&open(&endpoint(), &store.prefix).await, PLAIN).await;
    assert!(older.warnings().iter().any(|warning| warning.contains("`email`")), "{:?}", older.warnings());
    assert_eq!(guards(&store).await, wanted(&store).await);
    let mut other = user(1_000);
    other.insert("email", "user 00199@example.org");
    assert_eq!(older.insert(&other).await.unwrap_err().index(), Some("email"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c43_values_of_records_that_another_program_took_away_are_free() {
    let store = Store::open().await;
    let records = define(&store.backend, UNIQUE).await;
    records.insert_many(&users(0..3)).await.unwrap();
    let key = |at: usize| AttributeValue::S(format!("user {at:05}"));
    store.other.delete_item().table_name(store.table("users")).key("id", key(0)).send().await.unwrap();
    store.put("users", &[("id", key(1)), ("email", s("theirs")), ("number", n("1.0")), ("city", s("x"))]).await;
    for (at, email) in [(10, "user 00000@example.org"), (11, "user 00001@example.org")] {
        let mut other = user(at);
        other.insert("email", email);
        records.insert(&other).await.unwrap();
    }
    let mut other = user(12);
    other.insert("email", "user 00002@example.org");
    assert!(records.insert(&other).await.unwrap_err().is_already_exists());
    // The record that another program changed takes what it has by now when it is written again.
    records.update("user 00001", Update::new().set("other", 1)).await.unwrap().unwrap();
    let again = store.backend.define::<Document>(definition(UNIQUE)).no_other_writers().await.unwrap();
    other.insert("email", "theirs");
    assert_eq!(again.insert(&other).await.unwrap_err().index(), Some("email"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c43_what_another_program_stored_has_its_values_when_they_are_guarded() {
    let store = Store::open().await;
    let records = define(&store.backend, UNIQUE).await;
    store.put("users", &[("id", s("theirs")), ("email", s("a@example.org"))]).await;
    let by_email = field("email").eq("a@example.org");
    assert!(records.find(&by_email).await.unwrap().is_empty());
    assert_eq!(records.find(Filter::all()).await.unwrap().len(), 1);
    store.backend.define::<Document>(definition(UNIQUE)).no_other_writers().await.unwrap();
    assert_eq!(ids(&records.find(&by_email).await.unwrap()), ["theirs"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c36_processes_that_start_at_once_define_a_unique_index_and_insert() {
    let store = Store::open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for part in 0..8 {
        let prefix = store.prefix.clone();
        tasks.spawn(async move {
            let records = define(&open(&endpoint(), &prefix).await, UNIQUE).await;
            records.insert_many(&users(part * 10..part * 10 + 10)).await.unwrap();
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(store.all("users").await.len(), 80);
    assert_eq!(guards(&store).await, wanted(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c36_what_others_defined_while_the_table_was_waited_for_is_no_obstacle() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let (table, is_over) = (store.table("users"), Arc::new(AtomicBool::new(false)));
    let waits = Arc::clone(&is_over);
    proxy.clear();
    proxy.on(move |request, _| match (request.operation(), request.target()) {
        ("DescribeTable", Some(asked)) if asked == table && !waits.load(Ordering::Relaxed) => {
            dynamodb::throttling().into()
        }
        _ => Fault::Pass,
    });
    let meanwhile = async {
        while !proxy.operations().iter().any(|operation| operation == "DescribeTable") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let other = open(&endpoint(), &store.prefix).await;
        define(&other, UNIQUE).await.insert(&user(1)).await.unwrap();
        is_over.store(true, Ordering::Relaxed);
    };
    let (records, ()) = tokio::join!(define(&store.backend, UNIQUE), meanwhile);
    assert_eq!(records.insert(&user(1)).await.unwrap_err().index(), Some("primary"));
    records.insert(&user(2)).await.unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c25_c39_a_record_is_found_by_its_unique_values_without_a_scan() {
    let store = Store::open().await;
    define(&store.backend, UNIQUE).await.insert_many(&users(0..30)).await.unwrap();
    let backend = open_with(config(&endpoint(), &store.prefix).set("scan", "deny")).await.unwrap();
    let records: Repository<Document> = define(&backend, UNIQUE).await;
    let by_email = |at: usize| field("email").eq(format!("user {at:05}@example.org"));
    assert_eq!(ids(&records.find(by_email(7)).await.unwrap()), ["user 00007"]);
    let plan = records.find(by_email(7)).explain().await.unwrap();
    assert_eq!(plan.access, Access::Index("email".to_owned()));
    let both = field("number").eq(8) & field("city").eq("x");
    assert_eq!(ids(&records.find(both.clone()).fields(["email"]).await.unwrap()), ["user 00008"]);
    assert_eq!(records.count(both.clone() & field("email").eq("y")).await.unwrap(), 0);
    assert!(!records.exists(by_email(700)).await.unwrap());
    records.update_one(both, Update::new().set("other", 1)).await.unwrap().unwrap();
    let error = records.find(field("number").eq(8)).await.unwrap_err();
    assert!(error.is_unsupported(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c42_a_transaction_that_is_in_the_way_or_throttled_is_waited_for() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, UNIQUE).await;
    for (code, kind) in [
        ("TransactionConflict", ErrorKind::Unavailable),
        ("ThrottlingError", ErrorKind::Throttled),
        ("ProvisionedThroughputExceeded", ErrorKind::Throttled),
    ] {
        let refused = dynamodb::transaction_canceled(&["None", code, "None"]);
        let answer = refused.clone();
        proxy.on(move |request, at| match request.operation() {
            "TransactWriteItems" if at <= 3 => answer.clone().into(),
            _ => Fault::Pass,
        });
        records.insert(&user(1)).await.unwrap();
        proxy.pass();
        records.delete("user 00001").await.unwrap();
        proxy.on(move |request, _| match request.operation() {
            "TransactWriteItems" => refused.clone().into(),
            _ => Fault::Pass,
        });
        let limit = Duration::from_millis(400);
        let error = records.insert(&user(1)).timeout(limit).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_happened()), (kind, false), "{error}");
        proxy.pass();
        assert!(records.get("user 00001").await.unwrap().is_none());
    }
    assert!(guards(&store).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s11_a_value_that_moves_between_the_two_reads_is_found_where_it_is() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let reading = define(&store.backend, UNIQUE).await;
    let clean = open(&endpoint(), &store.prefix).await;
    let records = define(&clean, UNIQUE).await;
    records.insert_many(&users(1..3)).await.unwrap();
    let sought = field("email").eq("user 00001@example.org");
    let leave = |to: &str| Update::new().set("email", to);
    for (taker, found) in [(Some("user 00002"), vec!["user 00002"]), (None, vec![])] {
        proxy.clear();
        let gate = Gate::new();
        let (held, table) = (gate.clone(), store.table("users"));
        // The guard was read; the record that it names is not yet.
        proxy.on(move |request, number| match request.target() {
            Some(target) if target == table && number == 2 => Fault::Wait(held.clone()),
            _ => Fault::Pass,
        });
        let moving = async {
            gate.reached().await;
            let owner = records.find_one(&sought).await.unwrap().unwrap();
            let batch = clean.batch().update(&records, ids(&[owner]).remove(0), leave("left@example.org"));
            match taker {
                Some(taker) => batch.update(&records, taker, leave("user 00001@example.org")).await.unwrap(),
                None => batch.await.unwrap(),
            };
            gate.open();
        };
        let (answer, ()) = tokio::join!(reading.find(&sought).into_future(), moving);
        assert_eq!(ids(&answer.unwrap()), found);
        // The guard, the record that left, and the guard anew; then the record that has the values by now.
        assert_eq!(proxy.operations(), vec!["GetItem"; if taker.is_some() { 4 } else { 3 }]);
        records.update("user 00001", leave("free@example.org")).await.unwrap();
    }
    assert_eq!(guards(&store).await, wanted(&store).await);
}
