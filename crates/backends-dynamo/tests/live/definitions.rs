//! Tables: created, found, waited for, refused.

use backends_core::{Document, SchemaMode, Timestamp, field};
use backends_dynamo::aws_sdk_dynamodb::types::{BillingMode, ScalarAttributeType};

use crate::records::User;
use crate::store::{Store, definition, endpoint, n, open, s};

#[tokio::test]
async fn c36_capacities_are_those_of_the_definition_or_none() {
    let store = Store::open().await;
    let with = definition(r#"{"name": "with", "readCapacity": 5, "writeCapacity": 6}"#);
    store.backend.define::<Document>(with).await.unwrap();
    store.backend.define::<Document>(definition(r#"{"name": "without"}"#)).await.unwrap();
    let describe = async |name: &str| {
        let answer = store.other.describe_table().table_name(store.table(name)).send().await.unwrap();
        answer.table.unwrap()
    };
    let capacity = describe("with").await.provisioned_throughput.unwrap();
    assert_eq!((capacity.read_capacity_units, capacity.write_capacity_units), (Some(5), Some(6)));
    let billing = describe("without").await.billing_mode_summary.and_then(|summary| summary.billing_mode);
    assert_eq!(billing, Some(BillingMode::PayPerRequest));
    let companion = describe("_backends").await;
    assert_eq!(companion.key_schema()[0].attribute_name(), "key");
}

#[tokio::test]
async fn c36_the_index_and_the_gsi_of_the_primary_key_create_nothing() {
    let store = Store::open().await;
    let json = r#"{"name": "users", "indexes": ["email"], "hashKey": "email", "readCapacity": 5, "writeCapacity": 5,
        "GSI": {"email": {"readCapacity": 1, "writeCapacity": 1}}}"#;
    store.backend.define::<User>(definition(json)).await.unwrap();
    let table = store.other.describe_table().table_name(store.table("users")).send().await.unwrap().table.unwrap();
    assert_eq!(table.key_schema()[0].attribute_name(), "email");
    assert!(table.global_secondary_indexes().is_empty());
}

#[tokio::test]
async fn l36_more_than_a_hundred_tables_are_no_matter() {
    let store = Store::open().await;
    for number in 0..101 {
        store.create(&format!("other{number}"), "id", ScalarAttributeType::S).await;
    }
    store.create("zebras", "id", ScalarAttributeType::S).await;
    store.put("zebras", &[("id", s("0123456789abcdef01234567"))]).await;
    let zebras = store.backend.define::<Document>(definition(r#"{"name": "zebras"}"#)).await.unwrap();
    assert!(zebras.get("0123456789abcdef01234567").await.unwrap().is_some());
    let again = open(&endpoint(), &store.prefix).await;
    again.define::<Document>(definition(r#"{"name": "zebras"}"#)).await.unwrap();
}

#[tokio::test]
async fn c37_a_table_with_another_key_is_refused_with_every_difference() {
    let store = Store::open().await;
    store.create("users", "email", ScalarAttributeType::N).await;
    for (json, mistakes) in [
        (r#"{"name": "users", "hashKey": "email"}"#, 1),
        (r#"{"name": "users"}"#, 1),
        (r#"{"name": "users", "hashKey": "name", "rangeKey": "at"}"#, 2),
    ] {
        let error = store.backend.define::<Document>(definition(json)).await.unwrap_err();
        assert!(error.is_definition_conflict(), "{json}: {error}");
        assert_eq!(error.mistakes().len(), mistakes, "{json}: {error}");
    }
    let right = definition(r#"{"name": "users", "hashKey": "email", "hashKeyType": "N"}"#);
    store.backend.define::<Document>(right).await.unwrap();
}

#[tokio::test]
async fn c37_stored_values_of_another_kind_are_refused_with_their_path() {
    let store = Store::open().await;
    store.create("users", "id", ScalarAttributeType::S).await;
    store
        .put(
            "users",
            &[("id", s("0123456789abcdef01234567")), ("age", s("ancient")), ("any", n("12345678901234567890.5"))],
        )
        .await;
    let json = r#"{"name": "users", "fields": {"age": "integer"}}"#;
    let error = store.backend.define::<Document>(definition(json)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`age`"), "{error}");
    assert!(!error.to_string().contains("ancient"), "{error}");
}

#[tokio::test]
async fn c37_every_declared_field_of_a_table_that_is_there_is_looked_at() {
    let store = Store::open().await;
    let fields: Vec<String> = (0..1_000).map(|number| format!("f{number}")).chain(["x[y".to_owned()]).collect();
    let json = |name: &str| {
        let kinds: Vec<_> = fields.iter().map(|field| format!(r#""{field}": "integer""#)).collect();
        format!(r#"{{"name": "{name}", "idKind": "string", "fields": {{{}}}}}"#, kinds.join(", "))
    };
    for (name, field) in [("first", "f0"), ("last", "f999"), ("bracket", "x[y")] {
        store.create(name, "id", ScalarAttributeType::S).await;
        store.put(name, &[("id", s("a")), (field, s("ancient"))]).await;
        let error = store.backend.define::<Document>(definition(&json(name))).await.unwrap_err();
        assert!(error.is_definition_conflict() && error.to_string().contains(&format!("`{field}`")), "{error}");
    }
    store.create("good", "id", ScalarAttributeType::S).await;
    store.put("good", &[("id", s("a")), ("f999", n("1"))]).await;
    store.backend.define::<Document>(definition(&json("good"))).await.unwrap();
}

#[tokio::test]
async fn c37_ids_of_another_form_are_refused() {
    let store = Store::open().await;
    store.create("users", "id", ScalarAttributeType::S).await;
    store.put("users", &[("id", s("ada"))]).await;
    let error = store.backend.define::<Document>(definition(r#"{"name": "users"}"#)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`id`"), "{error}");
    let text = definition(r#"{"name": "users", "idKind": "string"}"#);
    store.backend.define::<Document>(text).await.unwrap();
}

#[tokio::test]
async fn c08_c43_instants_in_the_key_are_refused_in_another_form_than_that_of_calls() {
    let store = Store::open().await;
    let (at, who) = (("at", ScalarAttributeType::S), ("who", ScalarAttributeType::S));
    for (keys, json) in [
        (&[at.clone()][..], r#""hashKey": "at""#),
        (&[at.clone(), who.clone()], r#""hashKey": "at", "rangeKey": "who""#),
        (&[who, at], r#""hashKey": "who", "rangeKey": "at""#),
    ] {
        for (number, form) in
            ["2024-01-01T00:00:00Z", "2024-01-01 00:00:00.000Z", "2024-01-01T00:00:00.000Z"].into_iter().enumerate()
        {
            let name = format!("events{}{}{number}", keys.len(), keys[0].0);
            store.create_keyed(&name, keys).await;
            store.put(&name, &[("who", s("ada")), ("at", s(form))]).await;
            let json = format!(r#"{{"name": "{name}", {json}, "fields": {{"at": "timestamp"}}}}"#);
            let defined = store.backend.define::<Document>(definition(&json)).await;
            if number < 2 {
                let error = defined.unwrap_err();
                assert!(error.is_definition_conflict() && error.to_string().contains("key `at`"), "{json}: {error}");
                assert!(error.to_string().contains("2024-01-01T00:00:00.000Z"), "{json}: {error}");
                continue;
            }
            let events = defined.unwrap();
            let record = events.find_one(field("who").eq("ada")).await.unwrap().unwrap();
            assert!(events.insert(&record).await.unwrap_err().is_already_exists());
            assert_eq!(events.delete_many(field("at").le(Timestamp::now())).await.unwrap(), 1, "{json}");
        }
    }
}

#[tokio::test]
async fn c36_many_processes_at_once_define_one_repository() {
    let store = Store::open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let prefix = store.prefix.clone();
        tasks.spawn(async move {
            let backend = open(&endpoint(), &prefix).await;
            let users =
                backend.define::<Document>(definition(r#"{"name": "users", "idKind": "string"}"#)).await.unwrap();
            users.upsert(&Document::from([("id", "x")])).await.unwrap();
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(store.all("users").await.len(), 1);
}

#[tokio::test]
async fn c37_verify_creates_nothing() {
    let store = Store::open().await;
    let define = store.backend.define::<Document>(definition(r#"{"name": "users"}"#));
    let error = define.schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    let tables = store.other.list_tables().exclusive_start_table_name(&store.prefix).limit(1).send().await.unwrap();
    assert!(!tables.table_names().iter().any(|name| name.starts_with(&store.prefix)));
    store.backend.define::<Document>(definition(r#"{"name": "users"}"#)).await.unwrap();
    let other = open(&endpoint(), &store.prefix).await;
    let define = other.define::<Document>(definition(r#"{"name": "users"}"#));
    let users = define.schema_mode(SchemaMode::Verify).await.unwrap();
    assert!(users.get("0123456789abcdef01234567").await.unwrap().is_none());
}
