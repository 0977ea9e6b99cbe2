//! Definitions against what other programs made, and what is stored of them.

use backends_core::{Document, Registry, SchemaMode, Value};
use backends_mongo::Mongodb;
use backends_mongo::mongodb::IndexModel;
use backends_mongo::mongodb::bson::{Bson, doc};
use backends_mongo::mongodb::options::IndexOptions;

use crate::store::{Store, all, definition, open, url};

#[tokio::test]
async fn c37_collections_that_cannot_keep_the_promises_are_conflicts() {
    let store = Store::open().await;
    for (name, command) in [
        ("seen", doc! { "create": "seen", "viewOn": "other", "pipeline": [] }),
        ("round", doc! { "create": "round", "capped": true, "size": 4096 }),
        ("german", doc! { "create": "german", "collation": { "locale": "de", "strength": 1 } }),
        ("series", doc! { "create": "series", "timeseries": { "timeField": "at" } }),
    ] {
        store.other.run_command(command).await.unwrap();
        for json in [format!(r#"{{"name": "{name}"}}"#), format!(r#"{{"name": "{name}", "hashKey": "key"}}"#)] {
            let error = store.backend.define::<Document>(definition(&json)).await.unwrap_err();
            assert!(error.is_definition_conflict() && error.to_string().contains(name), "{name}: {error}");
        }
    }
    assert_eq!(all(&store.collection("_backends_definitions")).await.len(), 0);
    store.remove().await;
}

#[tokio::test]
async fn c37_another_definition_is_a_conflict_and_the_same_is_none() {
    let store = Store::open().await;
    let json = r#"{"name": "teams", "hashKey": "tenant"}"#;
    store.backend.define::<Document>(definition(json)).await.unwrap();
    let second = open(&store.name).await;
    second.define::<Document>(definition(json)).await.unwrap();
    let third = open(&store.name).await;
    for json in [
        r#"{"name": "teams"}"#,
        r#"{"name": "teams", "hashKey": "tenant", "hashKeyType": "N"}"#,
        r#"{"name": "teams", "hashKey": "tenant", "idKind": "string"}"#,
        r#"{"name": "Teams", "hashKey": "tenant"}"#,
    ] {
        let error = third.define::<Document>(definition(json)).await.unwrap_err();
        assert!(error.is_definition_conflict(), "{json}: {error}");
    }
    second.close().await.unwrap();
    third.close().await.unwrap();
    store.remove().await;
}

#[tokio::test]
async fn l42_stored_records_with_the_same_key_are_a_conflict_and_stay() {
    let store = Store::open().await;
    let things = store.collection("things");
    things.insert_many([doc! { "key": "hunter2", "n": 1 }, doc! { "key": "hunter2", "n": 2 }]).await.unwrap();
    let json = r#"{"name": "things", "hashKey": "key"}"#;
    let error = store.backend.define::<Document>(definition(json)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.index() == Some("primary"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    things.delete_one(doc! { "n": 2 }).await.unwrap();
    let stored = store.backend.define::<Document>(definition(json)).await.unwrap();
    assert!(stored.get("hunter2").await.unwrap().unwrap().get("n") == Some(&Value::from(1)));
    store.remove().await;
}

#[tokio::test]
async fn c37_an_index_of_another_program_that_keeps_the_key_unique_will_do() {
    let store = Store::open().await;
    let options = IndexOptions::builder().unique(true).name("theirs".to_owned()).build();
    let index = IndexModel::builder().keys(doc! { "key": 1 }).options(options).build();
    store.collection("things").create_index(index).await.unwrap();
    let json = r#"{"name": "things", "hashKey": "key"}"#;
    let things = store.backend.define::<Document>(definition(json)).await.unwrap();
    assert_eq!(store.collection("things").list_index_names().await.unwrap(), ["_id_", "theirs"]);
    let record = Document::from([("key", Value::from("k"))]);
    things.insert(&record).await.unwrap();
    assert_eq!(things.insert(&record).await.unwrap_err().index(), Some("primary"));
    // One of our name on other fields is in the way.
    let index = IndexModel::builder()
        .keys(doc! { "other": 1 })
        .options(IndexOptions::builder().name("primary".to_owned()).build())
        .build();
    store.collection("others").create_index(index).await.unwrap();
    let json = r#"{"name": "others", "hashKey": "key"}"#;
    let error = store.backend.define::<Document>(definition(json)).await.unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    store.remove().await;
}

#[tokio::test]
async fn a_unique_index_of_another_program_is_named_when_it_refuses() {
    let store = Store::open().await;
    let options = IndexOptions::builder().unique(true).name("theirs".to_owned()).build();
    let index = IndexModel::builder().keys(doc! { "mail": 1 }).options(options).build();
    store.collection("things").create_index(index).await.unwrap();
    let things = store.backend.define::<Document>(definition(r#"{"name": "things"}"#)).await.unwrap();
    let record = Document::from([("mail", Value::from("hunter2"))]);
    let first = things.insert(&record).await.unwrap();
    for error in [
        things.insert(&record).await.unwrap_err(),
        things.upsert(&record).await.map(|_| ()).unwrap_err(),
        things.insert_many([&record]).await.unwrap_err(),
    ] {
        assert!(error.is_already_exists() && error.index() == Some("theirs"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert!(things.replace(&first).await.is_ok());
    store.remove().await;
}

#[tokio::test]
async fn c37_verify_changes_nothing_and_trust_asks_nothing() {
    let store = Store::open().await;
    let json = r#"{"name": "teams", "hashKey": "tenant"}"#;
    let missing = store.backend.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(missing.is_definition_conflict(), "{missing}");
    assert_eq!(store.other.list_collection_names().await.unwrap(), Vec::<String>::new());
    store.backend.define::<Document>(definition(json)).await.unwrap();
    let second = open(&store.name).await;
    second.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap();
    let more = r#"{"name": "teams", "hashKey": "tenant", "fields": {"n": "integer"}}"#;
    let third = open(&store.name).await;
    let added = third.define::<Document>(definition(more)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(added.is_definition_conflict(), "{added}");
    store.collection("teams").drop_index("primary").await.unwrap();
    let dropped = third.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(dropped.is_definition_conflict() && dropped.to_string().contains("index"), "{dropped}");
    store.collection("teams").drop().await.unwrap();
    let dropped = third.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(dropped.is_definition_conflict() && dropped.to_string().contains("collection"), "{dropped}");
    let trusted = third.define::<Document>(definition(json)).schema_mode(SchemaMode::Trust).await.unwrap();
    let team = Document::from([("tenant", Value::from("t"))]);
    let missing = trusted.insert(&team).await.unwrap_err();
    assert!(missing.is_definition_conflict() && missing.to_string().contains("SchemaMode::Ensure"), "{missing}");
    assert_eq!(store.other.list_collection_names().await.unwrap(), ["_backends_definitions"]);
    store.other.create_collection("teams").await.unwrap();
    trusted.insert(&team).await.unwrap();
    assert!(trusted.get("t").await.unwrap().is_some());
    second.close().await.unwrap();
    third.close().await.unwrap();
    store.remove().await;
}

#[tokio::test]
async fn l43_names_begin_with_the_prefix() {
    let store = Store::open().await;
    let config = backends_core::DatabaseConfig::from_uri(
        &url(&store.name, ""),
        &Registry::new().register(Mongodb).supported(),
        &[],
    );
    let config = config.unwrap().set("tablePrefix", "Shop.");
    let manager = Registry::new().register(Mongodb).manager(&config).unwrap();
    let backend = manager.backend("mongodb").await.unwrap();
    let teams = backend.define::<Document>(definition(r#"{"name": "teams"}"#)).await.unwrap();
    teams.insert(&Document::new()).await.unwrap();
    let mut names = store.other.list_collection_names().await.unwrap();
    names.sort_unstable();
    assert_eq!(names, ["Shop._backends_definitions", "Shop.teams"]);
    // Without a prefix it is another repository.
    let other = store.backend.define::<Document>(definition(r#"{"name": "teams", "idKind": "string"}"#)).await.unwrap();
    assert!(other.get("a").await.unwrap().is_none());
    assert!(
        matches!(all(&store.collection("Shop._backends_definitions")).await[0].get("_id"), Some(Bson::String(id)) if id == "teams")
    );
    manager.close().await.unwrap();
    store.remove().await;
}
