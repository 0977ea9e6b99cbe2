//! Indexes that only serve reads: created, found again, and refused where another one is in the way.

use std::collections::BTreeMap;

use backends_core::{Document, Order, SchemaMode, Value, field};
use backends_mongo::mongodb::IndexModel;
use backends_mongo::mongodb::bson::{self, Bson, doc};
use backends_mongo::mongodb::options::IndexOptions;

use crate::store::{Store, definition, open};

const TEAMS: &str = r#"{"name": "teams", "hashKey": "tenant", "rangeKey": "number", "rangeKeyType": "integer", "indexes": [
    {"fields": ["city"], "unique": false}, {"fields": ["city", "founded"], "unique": false, "ordered": true, "name": "by_city"},
    {"fields": ["tenant", "number", "city"], "unique": false}], "fields": {"founded": "timestamp"}}"#;

/// The keys of all indexes of a collection in their order, by name.
async fn indexes(store: &Store, collection: &str) -> BTreeMap<String, String> {
    let mut cursor = store.collection(collection).list_indexes().await.unwrap();
    let mut all = BTreeMap::new();
    while cursor.advance().await.unwrap() {
        let index = cursor.deserialize_current().unwrap();
        all.insert(index.options.unwrap().name.unwrap(), index.keys.to_string());
    }
    all
}

fn index(name: &str, keys: bson::Document) -> IndexModel {
    IndexModel::builder().keys(keys).options(IndexOptions::builder().name(name.to_owned()).build()).build()
}

#[tokio::test]
async fn c39_indexes_are_created_with_the_key_at_their_end() {
    let store = Store::open().await;
    for _ in 0..2 {
        store.backend.define::<Document>(definition(TEAMS)).await.unwrap();
        let wanted = [
            ("_id_", doc! { "_id": 1 }),
            ("by_city", doc! { "city": 1, "founded": 1, "tenant": 1, "number": 1 }),
            ("city", doc! { "city": 1, "tenant": 1, "number": 1 }),
            ("primary", doc! { "tenant": 1, "number": 1 }),
            ("tenant_number_city", doc! { "tenant": 1, "number": 1, "city": 1 }),
        ];
        let wanted: BTreeMap<_, _> = wanted.map(|(name, keys)| (name.to_owned(), keys.to_string())).into();
        assert_eq!(indexes(&store, "teams").await, wanted);
    }
    store.remove().await;
}

#[tokio::test]
async fn c36_many_processes_create_the_same_indexes_at_once() {
    let store = Store::open().await;
    let documents: Vec<_> = (0..5_000).map(|n| doc! { "tenant": "t", "number": n, "city": "c" }).collect();
    store.collection("teams").insert_many(documents).await.unwrap();
    let mut processes = Vec::new();
    for _ in 0..8 {
        processes.push(open(&store.name).await);
    }
    let defined: Vec<_> = processes
        .iter()
        .cloned()
        .map(|process| tokio::spawn(async move { process.define::<Document>(definition(TEAMS)).await.map(|_| ()) }))
        .collect();
    for defined in defined {
        defined.await.unwrap().unwrap();
    }
    assert_eq!(indexes(&store, "teams").await.len(), 5);
    for process in processes {
        process.close().await.unwrap();
    }
    store.remove().await;
}

#[tokio::test]
async fn c39_an_index_of_another_program_on_the_same_fields_serves() {
    let store = Store::open().await;
    let teams = store.collection("teams");
    let foreign = [index("theirs", doc! { "city": 1, "tenant": 1, "number": 1 }), index("short", doc! { "city": 1 })];
    teams.create_indexes(foreign).await.unwrap();
    let records = store.backend.define::<Document>(definition(TEAMS)).await.unwrap();
    let names: Vec<_> = indexes(&store, "teams").await.into_keys().collect();
    assert_eq!(names, ["_id_", "by_city", "primary", "short", "tenant_number_city", "theirs"]);
    // Plans name an index as the definition does.
    let sorted = records.find(field("city").eq("c")).sort("tenant", Order::Asc).explain().await.unwrap();
    assert!(sorted.to_string().contains("the index `city`"), "{sorted}");
    store.remove().await;
}

#[tokio::test]
async fn c37_an_index_of_another_program_that_will_do_may_have_the_name_of_the_definition() {
    let store = Store::open().await;
    let mut sparse = index("email", doc! { "email": 1 });
    sparse.options.as_mut().unwrap().unique = Some(true);
    sparse.options.as_mut().unwrap().sparse = Some(true);
    let descending = index("role", doc! { "role": -1, "_id": -1 });
    store.collection("people").create_indexes([sparse, descending]).await.unwrap();
    let before = indexes(&store, "people").await;
    let json = r#"{"name": "people", "indexes": ["email", {"fields": ["role"], "unique": false}]}"#;
    for mode in [SchemaMode::Ensure, SchemaMode::Verify] {
        let people = store.backend.define::<Document>(definition(json)).schema_mode(mode).await.unwrap();
        let plan = people.find(field("role").eq("x")).explain().await.unwrap();
        assert!(plan.to_string().contains("the index `role`"), "{plan}");
        assert_eq!(indexes(&store, "people").await, before);
    }
    let people = store.backend.define::<Document>(definition(json)).await.unwrap();
    people.insert(&Document::from([("email", "x")])).await.unwrap();
    let taken = people.insert(&Document::from([("email", "x")])).await.unwrap_err();
    assert!(taken.is_already_exists() && taken.index() == Some("email"), "{taken}");
    store.remove().await;
}

#[tokio::test]
async fn c37_an_index_of_the_same_name_on_other_fields_is_a_conflict() {
    let store = Store::open().await;
    store.collection("teams").create_index(index("city", doc! { "other": 1 })).await.unwrap();
    let conflict = store.backend.define::<Document>(definition(TEAMS)).await.unwrap_err();
    assert!(conflict.is_definition_conflict() && conflict.to_string().contains("another name"), "{conflict}");
    assert_eq!(indexes(&store, "teams").await["city"], doc! { "other": 1 }.to_string());
    store.remove().await;
}

#[tokio::test]
async fn c37_a_missing_index_is_a_conflict_where_nothing_may_be_created() {
    let store = Store::open().await;
    let define = async |mode| store.backend.define::<Document>(definition(TEAMS)).schema_mode(mode).await;
    define(SchemaMode::Ensure).await.unwrap();
    store.collection("teams").drop_index("by_city").await.unwrap();
    let other = open(&store.name).await;
    let verified = other.define::<Document>(definition(TEAMS)).schema_mode(SchemaMode::Verify).await;
    let missing = verified.unwrap_err();
    assert!(missing.is_definition_conflict() && missing.to_string().contains("the index `by_city`"), "{missing}");
    assert_eq!(indexes(&store, "teams").await.len(), 4);
    define(SchemaMode::Ensure).await.unwrap();
    other.define::<Document>(definition(TEAMS)).schema_mode(SchemaMode::Verify).await.unwrap();
    other.close().await.unwrap();
    store.remove().await;
}

#[tokio::test]
async fn c37_an_index_that_is_not_wanted_any_longer_stays() {
    let store = Store::open().await;
    store.backend.define::<Document>(definition(TEAMS)).await.unwrap();
    let older = r#"{"name": "teams", "hashKey": "tenant", "rangeKey": "number", "rangeKeyType": "integer", "indexes": [
        {"fields": ["motto"], "unique": false}]}"#;
    let other = open(&store.name).await;
    let teams = other.define::<Document>(definition(older)).await.unwrap();
    assert_eq!(teams.definition().indexes().len(), 4);
    assert_eq!(indexes(&store, "teams").await.len(), 6);
    other.close().await.unwrap();
    store.remove().await;
}

#[tokio::test]
async fn c43_what_indexes_of_other_programs_serve_is_not_merged() {
    let store = Store::open().await;
    let json = r#"{"name": "notes", "idKind": "string", "fields": {"age": "integer", "note": "integer", "memo": "integer",
        "mark": "integer"}, "indexes": [{"fields": ["age"], "unique": false, "ordered": true}]}"#;
    let collection = store.collection("notes");
    let one = |n: i64| {
        let mut one = doc! { "_id": format!("id {n:03}"), "note": n % 2, "memo": n % 3, "mark": n };
        match n % 5 {
            0 => {}
            1 => _ = one.insert("age", Bson::Null),
            age => _ = one.insert("age", age),
        }
        one
    };
    collection.insert_many((0..100).map(one)).await.unwrap();
    for name in ["note", "memo"] {
        collection
            .create_index(IndexModel::builder().keys(doc! { name: 1, "age": 1, "_id": 1 }).build())
            .await
            .unwrap();
    }
    let notes = store.backend.define::<Document>(definition(json)).await.unwrap();
    // Each part looks at documents, where a stored null and a missing field are two.
    let either = (field("note").eq(1) & field("mark").ge(0)) | (field("memo").eq(1) & field("mark").ge(0));
    for order in [Order::Asc, Order::Desc] {
        let mut expected: Vec<i64> = (0..100).filter(|n| n % 2 == 1 || n % 3 == 1).collect();
        expected.sort_by_key(|n| (if n % 5 < 2 { 0 } else { n % 5 }, *n));
        if order == Order::Desc {
            expected.reverse();
        }
        let found = notes.find(&either).sort("age", order).await.unwrap();
        let found: Vec<_> = found.iter().map(|note| note.get("mark").cloned().unwrap()).collect();
        assert_eq!(found, expected.into_iter().map(Value::from).collect::<Vec<_>>(), "{order:?}");
    }
    store.remove().await;
}
