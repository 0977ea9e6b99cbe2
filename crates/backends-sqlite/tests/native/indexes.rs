//! Indexes besides the key: on records that are there already, and with the answers of a read without them.

use backends_core::driver::Access;
use backends_core::{
    Backend, Definition, Document, Filter, Order, Registry, Repository, SchemaMode, Value, field, memory,
};
use backends_sqlite::SqliteBackend;
use rusqlite::Connection;

use crate::support::{directory, open};

const PLAIN: &str =
    r#"{"name": "people", "hashKey": "email", "fields": {"role": "string", "age": "integer", "weight": "number"}}"#;
const INDEXED: &str = r#"{"name": "people", "hashKey": "email", "fields": {"age": "integer", "weight": "number"},
    "indexes": [{"fields": ["role", "age"], "unique": false}, {"fields": ["weight"], "unique": false, "ordered": true}]}"#;

async fn define(backend: &Backend, json: &str) -> Repository {
    backend.define(Definition::from_json(json).unwrap()).await.unwrap()
}

async fn execute(backend: &Backend, sql: &'static str) {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(move |file: &mut Connection| file.execute_batch(sql)).await.unwrap();
}

/// Records with values that are equal, missing, near to one another and at the edges of what numbers are.
fn people(random: &mut fastrand::Rng) -> Vec<Document> {
    let roles = ["admin", "guest", "admin'--", "ä", ""];
    let weights = [0.1, 0.1 + f64::EPSILON, 1e-130, -1e125, 9e15, 9.5, 1e22, 123_456_789.123_456_78];
    (0..300)
        .map(|number| {
            let mut person = Document::from([("email", Value::from(format!("{number:03}@example.org")))]);
            if let Some(role) = roles.get(random.usize(..7)).filter(|role| !role.is_empty()) {
                person.insert("role", *role);
            }
            if random.bool() {
                person.insert("age", [0_i64, 1, 7, i64::MAX, i64::MIN, 9_007_199_254_740_993][random.usize(..6)]);
            }
            match random.u8(..3) {
                0 => drop(person.insert("weight", weights[random.usize(..weights.len())])),
                1 => drop(person.insert("weight", random.i64(-3..3))),
                _ => {}
            }
            person
        })
        .collect()
}

fn test(random: &mut fastrand::Rng) -> Filter {
    let weight = [0.1, 1e-130, -1e125, 9e15, 9.5, 1e22, 123_456_789.123_456_78, 2.0][random.usize(..8)];
    let age = [0_i64, 1, 7, i64::MAX, i64::MIN, 9_007_199_254_740_993][random.usize(..6)];
    let role = ["admin", "guest", "a", "ä", "admin'--"][random.usize(..5)];
    match random.u8(..14) {
        0 => field("role").eq(role),
        1 => field("role").is_in([role, "guest", "nobody"]),
        2 => field("role").starts_with(role),
        3 => field("role").is_missing(),
        4 => field("role").ne(role),
        5 => field("age").eq(age),
        6 => field("age").between(0, age),
        7 => field("age").lt(weight),
        8 => field("weight").eq(weight),
        9 => field("weight").lt(weight),
        10 => field("weight").gt(age),
        11 => field("weight").is_in([weight, 0.1, 1.0]),
        12 => field("weight").between(-3, weight),
        _ => field("weight").is_set(),
    }
}

/// The keys: ids are given by each backend.
fn keys(documents: &[Document]) -> Vec<String> {
    let key = |document: &Document| match document.get("email") {
        Some(Value::String(email)) => email.clone(),
        other => panic!("{other:?}"),
    };
    documents.iter().map(key).collect()
}

fn sorted(documents: &[Document]) -> Vec<String> {
    let mut keys = keys(documents);
    keys.sort();
    keys
}

#[tokio::test]
async fn c18_c39_an_index_changes_no_answer() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let reference = Registry::new().register(memory::Memory).open("memory:").await.unwrap();
    let people = people(&mut random);
    // The index comes when the records are there already.
    define(&backend, PLAIN).await.insert_many(&people).await.unwrap();
    let (indexed, reference) = (define(&backend, INDEXED).await, define(&reference, INDEXED).await);
    reference.insert_many(&people).await.unwrap();
    for _ in 0..150 {
        let mut filter = test(&mut random);
        if random.bool() {
            filter = if random.bool() { filter & test(&mut random) } else { filter | test(&mut random) };
        }
        let expected = sorted(&reference.find(&filter).await.unwrap());
        assert_eq!(sorted(&indexed.find(&filter).await.unwrap()), expected, "seed {seed}: {filter:?}");
        assert_eq!(indexed.count(&filter).await.unwrap(), expected.len() as u64, "seed {seed}: {filter:?}");
        let order = if random.bool() { Order::Asc } else { Order::Desc };
        let fields = [&["role", "age"][..], &["age"], &["weight"], &["role"]][random.usize(..4)];
        let ask = |repository: &Repository| {
            fields.iter().fold(repository.find(&filter), |find, field| find.sort(*field, order))
        };
        let expected = keys(&ask(&reference).await.unwrap());
        assert_eq!(
            keys(&ask(&indexed).limit(1_000).await.unwrap()),
            expected,
            "seed {seed}: {filter:?} {fields:?} {order:?}"
        );
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = ask(&indexed).page(random.u32(1..100)).after(after).await.unwrap();
            read.extend(keys(&page.records));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, expected, "seed {seed}: {filter:?} {fields:?} {order:?}");
    }
}

#[tokio::test]
async fn c25_c37_indexes_are_kept_missed_and_done_without() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let admins = || field("role").eq("admin");
    let people = define(&backend, INDEXED).await;
    people.insert(&Document::from([("email", "a"), ("role", "admin")])).await.unwrap();
    let by_role = Access::Index("role_age".to_owned());
    assert_eq!(people.find(admins()).explain().await.unwrap().access, by_role);
    // An older version of the service starts, and the index stays and is used.
    let older = define(&backend, PLAIN).await;
    assert_eq!(older.warnings().len(), 2, "{:?}", older.warnings());
    assert_eq!(older.find(admins()).explain().await.unwrap().access, by_role);
    // Every reader keeps the statement that names the index.
    for _ in 0..8 {
        assert_eq!(people.find(admins()).await.unwrap().len(), 1);
    }
    execute(&backend, "DROP INDEX \"people:role_age\"").await;
    for _ in 0..8 {
        assert_eq!(people.find(admins()).await.unwrap().len(), 1);
        assert_eq!(people.count(admins()).await.unwrap(), 1);
    }
    let definition = Definition::from_json(INDEXED).unwrap();
    let verified = backend.define::<Document>(definition.clone()).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(verified.is_definition_conflict() && verified.message().contains("`role_age`"), "{verified}");
    define(&backend, INDEXED).await;
    backend.define::<Document>(definition).schema_mode(SchemaMode::Verify).await.unwrap();
}

#[tokio::test]
async fn c37_stored_values_that_an_index_cannot_hold_are_a_conflict() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let people = define(&backend, r#"{"name": "people", "hashKey": "email"}"#).await;
    people.insert(&Document::from([("email", Value::from("a")), ("role", Value::from(7))])).await.unwrap();
    let definition = Definition::from_json(INDEXED).unwrap();
    let error = backend.define::<Document>(definition).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("`role`"), "{error}");
}

#[tokio::test]
async fn c37_an_index_that_is_made_of_something_else_is_made_anew() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let json = r#"{"name": "people", "hashKey": "email", "indexes": ["nick"],
        "fields": {"nick": {"kind": "string", "emptyIsMissing": true}}}"#;
    let people = define(&backend, json).await;
    people.insert(&Document::from([("email", "a@example.org")])).await.unwrap();
    execute(
        &backend,
        "DROP INDEX \"people:nick\"; DROP INDEX \"people:nick:unique\";
        CREATE INDEX \"people:nick\" ON people (ifnull(json_extract(record, '$.\"nick\"'), -9e999));
        CREATE INDEX \"people:nick:unique\" ON people (json_extract(record, '$.\"nick\"'));
        UPDATE people SET record = json_set(record, '$.nick', '')",
    )
    .await;
    let missing = || people.find(field("nick").is_missing());
    assert_eq!(missing().await.unwrap().len(), 1, "without an index of what is asked for");
    let definition = || Definition::from_json(json).unwrap();
    let other = open(&path).await;
    let error = other.define::<Document>(definition()).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`nick`"), "{error}");
    other.define::<Document>(definition()).await.unwrap();
    other.define::<Document>(definition()).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!(missing().await.unwrap().len(), 1);
    assert_eq!(missing().explain().await.unwrap().access, Access::Index("nick".to_owned()));
}

#[tokio::test]
async fn c43_an_index_of_foreign_text_is_not_compared_with() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let plain = define(&backend, r#"{"name": "events", "hashKey": "n", "hashKeyType": "integer"}"#).await;
    let texts = ["2024-01-01T02:30:00+02:00", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00.000+01:00"];
    let event = |(n, at): (i64, &str)| Document::from([("n", Value::from(n)), ("at", at.into())]);
    plain.insert_many(&(0..).zip(texts).map(event).collect::<Vec<_>>()).await.unwrap();
    plain.insert(&Document::from([("n", 3)])).await.unwrap();
    let json = r#"{"name": "events", "hashKey": "n", "hashKeyType": "integer",
        "fields": {"at": {"kind": "timestamp", "foreignText": true}}, "indexes": [{"fields": ["at"], "unique": false, "name": "by_at"}]}"#;
    let events = define(&backend, json).await;
    let numbers = |found: Vec<Document>| found.iter().map(|found| found.get("n").cloned().unwrap()).collect::<Vec<_>>();
    let ints = |ints: &[i64]| ints.iter().map(|int| Value::from(*int)).collect::<Vec<_>>();
    let start = || field("at").eq("2024-01-01T00:00:00Z");
    assert_eq!(numbers(events.find(start()).sort("n", Order::Asc).await.unwrap()), ints(&[1, 2]));
    assert_eq!(numbers(events.find(field("at").gt("2024-01-01T00:00:00Z")).await.unwrap()), ints(&[0]));
    assert_eq!(numbers(events.find(Filter::all()).sort("at", Order::Asc).await.unwrap()), ints(&[3, 1, 2, 0]));
    let page = events.find(Filter::all()).sort("at", Order::Desc).page(2).await.unwrap();
    assert_eq!(numbers(page.records), ints(&[0, 2]));
    let page = events.find(Filter::all()).sort("at", Order::Desc).page(2).after(page.next).await.unwrap();
    assert_eq!(numbers(page.records), ints(&[1, 3]));
    assert_eq!(events.find(start()).explain().await.unwrap().access, Access::Scan);
    let missing = events.find(field("at").is_missing()).explain().await.unwrap();
    assert_eq!(missing.access, Access::Index("by_at".to_owned()));
    let native: &SqliteBackend = backend.native().unwrap();
    let count = "SELECT count(*) FROM events WHERE record ->> '$.at' LIKE '%+0_:00'";
    let kept: i64 = native.with_reader(move |file| file.query_row(count, [], |row| row.get(0))).await.unwrap();
    assert_eq!(kept, 2, "what another program wrote stays as it is");
}
