//! Declared indexes: how they come to be, on tables with and without records.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use backends_core::driver::Access;
use backends_core::{Backend, Document, Filter, Order, Repository, SchemaMode, Value, field};
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType,
};
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, config, definition, endpoint, n, open, open_with, s};

const PLAIN: &str = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"}}"#;
pub const INDEXED: &str = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"}, "indexes": [
    {"fields": ["role"], "unique": false}, {"fields": ["logins"], "unique": false, "ordered": true}]}"#;

pub fn user(number: usize) -> Document {
    let mut user = Document::from([("id", Value::from(format!("user {number:05}")))]);
    if !number.is_multiple_of(5) {
        user.insert("logins", i64::try_from(number % 7).unwrap());
        user.insert("role", ["admin", "guest"][number % 2]);
    }
    user
}

pub fn users(numbers: std::ops::Range<usize>) -> Vec<Document> {
    numbers.map(user).collect()
}

pub fn ids(records: &[Document]) -> Vec<String> {
    let id = |record: &Document| match record.get("id") {
        Some(Value::String(id)) => id.clone(),
        other => panic!("{other:?} where an id is expected"),
    };
    records.iter().map(id).collect()
}

/// The ids of these records in the order by logins.
pub fn by_logins(mut records: Vec<Document>) -> Vec<String> {
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

pub async fn define(backend: &Backend, json: &str) -> Repository<Document> {
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
    assert!(store.all("users").await.iter().all(|item| item.contains_key("_backends_shard")));
    proxy.pass();
    let verified = breaking.define::<Document>(definition(INDEXED)).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!(all_by_logins(&verified).await.len(), 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_what_a_version_left_out_that_ran_on_is_put_in_when_the_caller_says_that_it_is_gone() {
    let store = Store::open().await;
    let running = define(&open(&endpoint(), &store.prefix).await, PLAIN).await;
    running.insert_many(&users(0..20)).await.unwrap();
    let access = async |records: &Repository<Document>| {
        let find = records.find(Filter::all()).sort("logins", Order::Asc).limit(5);
        find.explain().await.unwrap().access
    };
    for backend in [&store.backend, &open(&endpoint(), &store.prefix).await] {
        let newer = define(backend, INDEXED).await;
        running.upsert(&user(21)).await.unwrap();
        running.replace(&user(3)).await.unwrap();
        let changed = field("id").eq("user 00004");
        running.update_one(changed, backends_core::Update::new().set("logins", 5)).await.unwrap();
        let mut meant = users(0..20);
        meant[4].insert("logins", 5);
        meant.push(user(21));
        // What it leaves out is not missing, since nothing is read by the index yet.
        assert_eq!(all_by_logins(&newer).await, by_logins(meant));
        assert_eq!(access(&newer).await, Access::Scan);
    }
    let denying = open_with(config(&endpoint(), &store.prefix).set("scan", "deny")).await.unwrap();
    let newer = define(&denying, INDEXED).await;
    let error = newer.find(field("logins").ge(3)).await.unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("`.no_other_writers()`"), "{error}");
    let again = denying.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!(all_by_logins(&again).await.len(), 21);
    let newer = define(&open(&endpoint(), &store.prefix).await, INDEXED).await;
    assert_eq!(access(&newer).await, Access::Index("logins".to_owned()));
    let older = define(&open(&endpoint(), &store.prefix).await, PLAIN).await;
    assert_eq!(access(&older).await, Access::Index("logins".to_owned()));
    assert_eq!(newer.count(field("logins").eq(5)).await.unwrap(), 3);
}

#[tokio::test]
async fn c39_an_ordered_index_of_a_table_without_records_needs_no_word() {
    let store = Store::open().await;
    define(&store.backend, PLAIN).await;
    let records = define(&store.backend, INDEXED).await;
    let explained = records.find(field("logins").ge(3)).explain().await.unwrap();
    assert_eq!(explained.access, Access::Index("logins".to_owned()));
}

#[tokio::test]
async fn c37_stored_instants_that_an_index_does_not_find_are_a_conflict() {
    let store = Store::open().await;
    for (name, at) in [
        ("own", "2024-01-01T00:00:00.000Z"),
        ("short", "2024-01-01T00:00:00Z"),
        ("offset", "2024-01-01T01:00:00.000+01:00"),
    ] {
        store.create(name, "id", ScalarAttributeType::S).await;
        store.put(name, &[("id", s("a")), ("role", s("guest")), ("at", s(at))]).await;
        let json = |at: &str, indexes: &str| {
            definition(&format!(
                r#"{{"name": "{name}", "idKind": "string", "fields": {{"at": {at}}}, "indexes": [{indexes}]}}"#
            ))
        };
        let own = r#""timestamp""#;
        let pair = r#"{"fields": ["role", "at"], "unique": false}"#;
        let is_own = name == "own";
        // At once, and when an index comes to what was accepted without it.
        for indexes in [pair, "", pair] {
            let defined = store.backend.define::<Document>(json(own, indexes)).await;
            match defined {
                Ok(records) => {
                    assert!(is_own || indexes.is_empty(), "{name}");
                    let at = at.parse::<backends_core::Timestamp>().unwrap();
                    assert_eq!(
                        records.count(field("role").eq("guest") & field("at").eq(at)).await.unwrap(),
                        1,
                        "{name}"
                    );
                }
                Err(error) => {
                    assert!(!is_own && !indexes.is_empty(), "{name}: {error}");
                    assert!(error.is_definition_conflict() && error.to_string().contains("`at`"), "{error}");
                }
            }
        }
        // An order is kept by this library, from the instants.
        let ordered = r#"{"fields": ["at"], "unique": false, "ordered": true}"#;
        store.backend.define::<Document>(json(own, ordered)).no_other_writers().await.unwrap();
    }
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
    store.put("users", &[("id", s("e")), ("logins", n("8"))]).await;
    assert_eq!(all_by_logins(&records).await, ["b", "c", "a", "e", "d"]);
    let again = store.backend.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!(all_by_logins(&again).await, ["b", "c", "a", "e", "d"]);
    // Who writes without this library leaves an item without a place, as the page says, until it is filled in.
    store.put("users", &[("id", s("f")), ("logins", n("8"))]).await;
    assert_eq!(all_by_logins(&again).await.len(), 5);
    let again = store.backend.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!(all_by_logins(&again).await, ["b", "c", "a", "e", "f", "d"]);
}

#[tokio::test]
async fn c43_a_place_that_another_program_made_stale_is_put_right_at_the_callers_word() {
    let store = Store::open().await;
    let records = define(&store.backend, INDEXED).await;
    for (id, logins) in [("a", 1), ("b", 5), ("c", 9), ("d", 5)] {
        let record = Document::from([("id", Value::from(id)), ("logins", Value::from(logins))]);
        records.insert(&record).await.unwrap();
    }
    for id in ["b", "d"] {
        let update = store.other.update_item().table_name(store.table("users")).key("id", s(id));
        let update = update.update_expression("SET logins = :l").expression_attribute_values(":l", n("10"));
        update.send().await.unwrap();
    }
    let count =
        async |records: &Repository<Document>, logins: i64| records.count(field("logins").eq(logins)).await.unwrap();
    // It stands where it stood, as the page says, and who looks past the index sees what it is.
    assert_eq!((count(&records, 5).await, count(&records, 10).await), (2, 0));
    assert_eq!(records.find(field("logins").eq(10)).consistent().await.unwrap().len(), 2);
    // A write of this library puts right what it writes, the word everything.
    records.update("d", backends_core::Update::new().set("role", "guest")).await.unwrap();
    assert_eq!((count(&records, 5).await, count(&records, 10).await), (1, 1));
    let again = store.backend.define::<Document>(definition(INDEXED)).no_other_writers().await.unwrap();
    assert_eq!((count(&again, 5).await, count(&again, 10).await), (0, 2));
    assert_eq!(all_by_logins(&again).await, ["a", "c", "b", "d"]);
}
