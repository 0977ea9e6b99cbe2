//! Declared indexes: how they come to be, on tables with and without records, and what reads by them send.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backends_core::driver::Access;
use backends_core::{Backend, Document, Filter, Order, Repository, SchemaMode, Value, field};
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType,
};
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, definition, endpoint, n, open, s};

const PLAIN: &str = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"}}"#;
const INDEXED: &str = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"}, "indexes": [
    {"fields": ["role"], "unique": false}, {"fields": ["logins"], "unique": false, "ordered": true}]}"#;

fn user(number: usize) -> Document {
    let mut user = Document::from([("id", Value::from(format!("user {number:05}")))]);
    if number % 5 > 0 {
        user.insert("logins", i64::try_from(number % 7).unwrap());
        user.insert("role", ["admin", "guest"][number % 2]);
    }
    user
}

fn users(numbers: std::ops::Range<usize>) -> Vec<Document> {
    numbers.map(user).collect()
}

fn ids(records: &[Document]) -> Vec<String> {
    let id = |record: &Document| match record.get("id") {
        Some(Value::String(id)) => id.clone(),
        other => panic!("{other:?} where an id is expected"),
    };
    records.iter().map(id).collect()
}

/// The ids of these records in the order by logins.
fn by_logins(mut records: Vec<Document>) -> Vec<String> {
    records.sort_by_key(|record| match record.get("logins") {
        Some(Value::Int(logins)) => (*logins, ids(std::slice::from_ref(record))),
        _ => (-1, ids(std::slice::from_ref(record))),
    });
    ids(&records)
}

async fn all_by_logins(users: &Repository<Document>) -> Vec<String> {
    ids(&users.find(Filter::all()).sort("logins", Order::Asc).await.unwrap())
}

/// The names of the indexes of a table.
async fn indexes(store: &Store) -> Vec<String> {
    let table = store.other.describe_table().table_name(store.table("users")).send().await.unwrap().table.unwrap();
    let names = table.global_secondary_indexes().iter().map(|index| index.index_name().unwrap().to_owned());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

async fn define(backend: &Backend, json: &str) -> Repository<Document> {
    backend.define::<Document>(definition(json)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_processes_that_define_at_once_add_each_index_once_and_lose_no_record() {
    let store = Store::open().await;
    define(&store.backend, PLAIN).await.insert_many(&users(0..400)).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for part in 0..4 {
        let backend = open(&endpoint(), &store.prefix).await;
        tasks.spawn(async move {
            let records = define(&backend, INDEXED).await;
            records.insert_many(&users(400 + part * 25..425 + part * 25)).await.unwrap();
            let (found, own) = (all_by_logins(&records).await, users(400 + part * 25..425 + part * 25));
            assert!(found.len() >= 425 && ids(&own).iter().all(|id| found.contains(id)), "{} of 425", found.len());
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(indexes(&store).await, ["logins", "role"]);
    let records = define(&store.backend, INDEXED).await;
    assert_eq!(all_by_logins(&records).await, by_logins(users(0..500)));
    assert!(store.all("users").await.iter().all(|item| item.contains_key("_backends_shard")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_an_index_that_was_not_finished_is_finished_by_whoever_defines_next() {
    let store = Store::open().await;
    define(&store.backend, PLAIN).await.insert_many(&users(0..200)).await.unwrap();
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let breaking = open(&proxy.url(), &store.prefix).await;
    let served = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    proxy.on(move |request, _| match request.operation() {
        "UpdateItem" if served.fetch_add(1, Ordering::Relaxed) >= 50 => dynamodb::access_denied("UpdateItem").into(),
        _ => Fault::Pass,
    });
    let error = breaking.define::<Document>(definition(INDEXED)).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    // A version that does not know the index finishes it too, and keeps it.
    let older = define(&open(&endpoint(), &store.prefix).await, PLAIN).await;
    older.insert_many(&users(200..250)).await.unwrap();
    assert_eq!(all_by_logins(&older).await, by_logins(users(0..250)));
    let explained = older.find(Filter::all()).sort("logins", Order::Asc).explain().await.unwrap();
    assert_eq!(explained.access, Access::Index("logins".to_owned()));
    proxy.pass();
    let verified = breaking.define::<Document>(definition(INDEXED)).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!(all_by_logins(&verified).await.len(), 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_what_a_version_left_out_that_ran_on_is_put_in_when_the_caller_says_that_it_is_gone() {
    let store = Store::open().await;
    let running = define(&open(&endpoint(), &store.prefix).await, PLAIN).await;
    running.insert_many(&users(0..20)).await.unwrap();
    let newer = define(&store.backend, INDEXED).await;
    running.insert_many(&users(20..30)).await.unwrap();
    running.replace(&user(3)).await.unwrap();
    assert_eq!(all_by_logins(&newer).await.len(), 19, "as the page says");
    let again = store.backend.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!(all_by_logins(&again).await, by_logins(users(0..30)));
}

/// Creates an index as another program does.
async fn create_index(store: &Store, name: &str, field: &str, of_type: ScalarAttributeType) {
    let attribute = |name: &str, of_type| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(of_type).build().unwrap()
    };
    let element = KeySchemaElement::builder().attribute_name(field).key_type(KeyType::Hash).build().unwrap();
    let all = Projection::builder().projection_type(ProjectionType::All).build();
    let create = CreateGlobalSecondaryIndexAction::builder().index_name(name).key_schema(element).projection(all);
    let update = GlobalSecondaryIndexUpdate::builder().create(create.build().unwrap()).build();
    let table = store.other.update_table().table_name(store.table("users"));
    let table = table.attribute_definitions(attribute("id", ScalarAttributeType::S));
    table.attribute_definitions(attribute(field, of_type)).global_secondary_index_updates(update).send().await.unwrap();
}

#[tokio::test]
async fn c43_an_index_of_another_program_on_the_same_fields_is_taken_over() {
    let store = Store::open().await;
    store.create("users", "id", ScalarAttributeType::S).await;
    store.put("users", &[("id", s("go")), ("role", s("guest"))]).await;
    create_index(&store, "role-index", "role", ScalarAttributeType::S).await;
    let json = r#"{"name": "users", "idKind": "string", "GSI": {"role": {"readCapacity": 1, "writeCapacity": 1}}}"#;
    let records = define(&store.backend, json).await;
    assert_eq!(indexes(&store).await, ["role-index"]);
    let guests = records.find(field("role").eq("guest"));
    assert_eq!(guests.await.unwrap().len(), 1);
    let explained = records.find(field("role").eq("guest")).explain().await.unwrap();
    assert_eq!(explained.access, Access::Index("role".to_owned()));
}

#[tokio::test]
async fn c37_an_index_of_the_table_that_keeps_another_type_is_a_conflict() {
    let store = Store::open().await;
    store.create("users", "id", ScalarAttributeType::S).await;
    create_index(&store, "other", "logins", ScalarAttributeType::S).await;
    let json = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"}, "GSI": {"logins": {}}}"#;
    let error = store.backend.define::<Document>(definition(json)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`logins` as strings"), "{error}");
}

#[tokio::test]
async fn c37_stored_texts_that_an_index_does_not_take_are_a_conflict() {
    let store = Store::open().await;
    let records = define(&store.backend, PLAIN).await;
    let with = |id: &str, role: String| Document::from([("id", Value::from(id)), ("role", role.into())]);
    records.insert(&with("long", "x".repeat(1_025))).await.unwrap();
    records.insert(&with("empty", String::new())).await.unwrap();
    for _ in 0..2 {
        let error = store.backend.define::<Document>(definition(INDEXED)).await.unwrap_err();
        assert!(error.is_definition_conflict() && error.mistakes().len() == 2, "{error}");
    }
    assert_eq!(indexes(&store).await, Vec::<String>::new());
    for id in ["long", "empty"] {
        records.delete(id).await.unwrap();
    }
    define(&store.backend, INDEXED).await;
}

#[tokio::test]
async fn c37_trust_finds_out_at_the_first_read_that_an_index_is_missing() {
    let store = Store::open().await;
    define(&store.backend, PLAIN).await;
    let other = open(&endpoint(), &store.prefix).await;
    let trusted = other.define::<Document>(definition(INDEXED)).schema_mode(SchemaMode::Trust).await.unwrap();
    let error = trusted.find(field("role").eq("guest")).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("role"), "{error}");
}

#[tokio::test]
async fn l37_an_index_is_waited_for_until_it_is_there_whole() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    define(&store.backend, PLAIN).await.insert_many(&users(0..10)).await.unwrap();
    proxy.clear();
    let looks = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&looks);
    proxy.on(move |request, _| match request.operation() {
        // The service fills an index after its creation, which takes its time.
        "DescribeTable" if seen.fetch_add(1, Ordering::Relaxed) < 4 => Fault::change(|body| {
            let text = String::from_utf8(body).unwrap();
            text.replace("\"IndexStatus\":\"ACTIVE\"", "\"IndexStatus\":\"ACTIVE\",\"Backfilling\":true").into_bytes()
        }),
        _ => Fault::Pass,
    });
    let records = define(&store.backend, INDEXED).await;
    assert!(looks.load(Ordering::Relaxed) > 4, "{:?}", proxy.operations());
    proxy.pass();
    assert_eq!(all_by_logins(&records).await, by_logins(users(0..10)));
}

/// What each page of a walk sent, and the ids of all.
async fn walk(proxy: &Proxy, query: impl Fn() -> backends_core::action::Find<Document>) -> (Vec<usize>, Vec<String>) {
    let (mut sent, mut found, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        proxy.clear();
        let page = query().page(50).after(token).await.unwrap();
        assert!(proxy.operations().iter().all(|operation| operation == "Query"), "{:?}", proxy.operations());
        sent.push(proxy.operations().len());
        found.extend(ids(&page.records));
        token = page.next;
        if token.is_none() {
            return (sent, found);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_a_page_of_an_ordered_index_is_one_request_a_shard_at_any_size() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    for size in [1_000, 10_000] {
        let clean = define(&open(&endpoint(), &store.prefix).await, INDEXED).await;
        clean.insert_many(&users(if size == 1_000 { 0..1_000 } else { 1_000..size })).await.unwrap();
        for order in [Order::Asc, Order::Desc] {
            let (sent, found) = walk(&proxy, || records.find(Filter::all()).sort("logins", order)).await;
            assert!(sent.iter().all(|requests| *requests == 4), "{size} {order:?}: {sent:?}");
            let mut meant = by_logins(users(0..size));
            if order == Order::Desc {
                meant.reverse();
            }
            assert!(found == meant, "{size} {order:?}");
        }
    }
    let explained = records.find(Filter::all()).sort("logins", Order::Asc).page(50).explain().await.unwrap();
    assert!(explained.requests.starts_with("4, one for each shard"), "{explained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_values_and_keys_that_begin_the_same_are_told_apart() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let json =
        r#"{"name": "users", "idKind": "string", "indexes": [{"fields": ["text"], "unique": false, "ordered": true}]}"#;
    let records = define(&store.backend, json).await;
    let text = |common: usize, number: usize| format!("{}{number:03}", "x".repeat(common));
    let mut all = Vec::new();
    for number in 0..240 {
        // Told apart by the 500 first bytes; by the last ones; by nothing, and by the ends of long keys.
        let (id, value) = match number % 4 {
            0 => (format!("{number:03}"), Some(text(400, number))),
            1 => (format!("{number:03}"), Some(text(1_021, number))),
            2 => (text(900, number), Some(text(1_021, 0))),
            _ => (text(1_000, number), None),
        };
        let mut record = Document::from([("id", Value::from(id))]);
        value.map(|value| record.insert("text", value));
        all.push(record);
    }
    records.insert_many(&all).await.unwrap();
    let key = |record: &Document| {
        let text = match record.get("text") {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        (text, ids(std::slice::from_ref(record)).remove(0))
    };
    all.sort_by_key(key);
    for order in [Order::Asc, Order::Desc] {
        let (sent, found) = walk(&proxy, || records.find(Filter::all()).sort("text", order)).await;
        assert!(found == ids(&all), "{order:?}");
        assert!(sent.iter().all(|requests| *requests <= 4 * 4), "{sent:?}");
        all.reverse();
    }
    let all_x = field("text").starts_with("x".repeat(1_021));
    assert_eq!(records.count(&all_x).await.unwrap(), 120);
    let from = field("text").ge(text(1_021, 101));
    assert_eq!(records.find(&from).sort("text", Order::Asc).await.unwrap().len(), 35);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_what_stays_is_on_one_page_of_an_ordered_index_while_others_come_and_go() {
    let store = Store::open().await;
    let records = define(&store.backend, INDEXED).await;
    records.insert_many(&users(0..600)).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (records, is_over) = (records.clone(), Arc::clone(&is_over));
        writers.spawn(async move {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                let mut record = user(number % 90);
                record.insert("id", format!("visitor {writer} {}", number % 40));
                records.upsert(&record).await.unwrap();
                records.delete(format!("visitor {writer} {}", (number * 7) % 40)).await.unwrap();
            }
        });
    }
    for order in [Order::Asc, Order::Desc, Order::Asc] {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = records.find(Filter::all()).sort("logins", order).page(37).after(token).await.unwrap();
            found.extend(ids(&page.records));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        found.retain(|id| id.starts_with("user"));
        let mut meant = by_logins(users(0..600));
        if order == Order::Desc {
            meant.reverse();
        }
        assert!(found == meant, "{order:?}");
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c25_what_is_explained_is_what_is_sent() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    records.insert_many(&users(0..200)).await.unwrap();
    let guests = || field("role").eq("guest");
    for (find, index, requests) in [
        (records.find(guests()), Some("role"), "1,"),
        (records.find(field("role").is_in(["guest", "admin"])), Some("role"), "2, one for each value"),
        (records.find(field("logins").ge(3)), Some("logins"), "4, one for each shard"),
        (records.find(field("logins").is_in([1, 2])), Some("logins"), "8, one for each value and shard"),
        (records.find(Filter::all()).sort("logins", Order::Desc).limit(10), Some("logins"), "4, one for each shard"),
        (records.find(guests()).consistent(), None, "4 at once"),
    ] {
        proxy.clear();
        let plan = find.explain().await.unwrap();
        assert_eq!(proxy.operations(), Vec::<String>::new());
        match index {
            Some(name) => assert_eq!(plan.access, Access::Index(name.to_owned())),
            None => assert_eq!(plan.access, Access::Scan),
        }
        assert!(plan.requests.starts_with(requests), "{plan}");
    }
    let sent = async |find: backends_core::action::Find<Document>| {
        proxy.clear();
        find.await.unwrap();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for request in proxy.log() {
            let index = request.json()["IndexName"].as_str().unwrap_or("none").to_owned();
            *counts.entry(format!("{} {index}", request.operation())).or_default() += 1;
        }
        format!("{counts:?}")
    };
    assert_eq!(sent(records.find(guests())).await, r#"{"Query role": 1}"#);
    assert_eq!(sent(records.find(field("role").is_in(["guest", "admin"]))).await, r#"{"Query role": 2}"#);
    assert_eq!(sent(records.find(field("logins").ge(3))).await, r#"{"Query logins": 4}"#);
    assert_eq!(sent(records.find(field("logins").is_in([1, 2]))).await, r#"{"Query logins": 8}"#);
    let first = records.find(Filter::all()).sort("logins", Order::Desc).limit(10);
    assert_eq!(sent(first).await, r#"{"Query logins": 4}"#);
    assert_eq!(sent(records.find(guests()).consistent()).await, r#"{"Scan none": 4}"#);
}

#[tokio::test]
async fn c43_records_of_other_programs_have_their_place_once_they_are_filled_in() {
    let store = Store::open().await;
    store.create("users", "id", ScalarAttributeType::S).await;
    for (id, logins) in [("a", Some("7")), ("b", None), ("c", Some("-1")), ("d", Some("1.50E+1"))] {
        let mut item = vec![("id", s(id))];
        item.extend(logins.map(|logins| ("logins", n(logins))));
        store.put("users", &item).await;
    }
    let records = define(&store.backend, INDEXED).await;
    assert_eq!(all_by_logins(&records).await, ["b", "c", "a", "d"]);
    // Who writes without this library leaves an item without a place, as the page says, until it is filled in.
    store.put("users", &[("id", s("e")), ("logins", n("8"))]).await;
    assert_eq!(all_by_logins(&records).await.len(), 4);
    let again = store.backend.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!(all_by_logins(&again).await, ["b", "c", "a", "e", "d"]);
}
