//! Tables of the Go package: keys, indexes and items just as it makes them, taken over, used by both, given back.

use backends_core::driver::Access;
use backends_core::{Definition, Document, Filter, Repository, SchemaMode, Timestamp, Update, Value, field};
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ProvisionedThroughput, ScalarAttributeType, TableDescription,
};
use serde::{Deserialize, Serialize};

use crate::store::{Item, Store, definition, n, s};

const UUID: &str = "54acb6c5-baeb-4213-b10f-e707a6055e64";
/// As Go writes a time: with its zone, to the nanosecond.
const GO_TIME: &str = "2026-07-01T14:00:00.123456789+02:00";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    #[serde(default)]
    id: String,
    email: String,
    fullname: Option<String>,
    logins: i64,
    #[serde(default)]
    roles: Vec<String>,
    created_at: Option<Timestamp>,
}

/// An item as its `Save` puts it: a UUID, text for times, null for empty text.
fn ada() -> Vec<(&'static str, AttributeValue)> {
    vec![
        ("id", s(UUID)),
        ("email", s("ada")),
        ("fullname", AttributeValue::Null(true)),
        ("logins", n("3")),
        ("roles", AttributeValue::L(vec![s("user")])),
        ("created_at", s(GO_TIME)),
    ]
}

fn key(name: &str, role: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap()
}

/// A table with one index on its partition key, under the name that the Go package gives it.
async fn create(store: &Store, name: &str, partition: &str, sort: Option<&str>) {
    let capacity = |units| {
        let capacity = ProvisionedThroughput::builder().read_capacity_units(units).write_capacity_units(units);
        capacity.build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name(format!("{partition}-index"))
        .key_schema(key(partition, KeyType::Hash))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .provisioned_throughput(capacity(1))
        .build();
    let mut create = store.other.create_table().table_name(store.table(name)).provisioned_throughput(capacity(5));
    for (field, role) in [(Some(partition), KeyType::Hash), (sort, KeyType::Range)] {
        let Some(field) = field else { continue };
        let attribute = AttributeDefinition::builder().attribute_name(field).attribute_type(ScalarAttributeType::S);
        create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key(field, role));
    }
    create.global_secondary_indexes(index.unwrap()).send().await.unwrap();
}

async fn describe(store: &Store, name: &str) -> TableDescription {
    store.other.describe_table().table_name(store.table(name)).send().await.unwrap().table.unwrap()
}

fn indexes(table: &TableDescription) -> Vec<&str> {
    table.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect()
}

async fn tables(store: &Store) -> Vec<String> {
    let listed = store.other.list_tables().exclusive_start_table_name(&store.prefix).limit(9).send().await.unwrap();
    let own = listed.table_names().iter().filter_map(|name| name.strip_prefix(&store.prefix));
    own.map(str::to_owned).collect()
}

async fn item(store: &Store, name: &str, field: &str, value: &str) -> Item {
    let all = store.all(name).await;
    all.into_iter().find(|item| item[field] == s(value)).unwrap()
}

fn users(more: &str) -> Definition {
    definition(&format!(
        r#"{{"name": "users", "indexes": ["email"], "hashKey": "email", "readCapacity": 5, "writeCapacity": 5,
            "GSI": {{"email": {{"readCapacity": 1, "writeCapacity": 1}}}} {more}}}"#
    ))
}

const UUIDS: &str = r#", "idKind": "string""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c43_a_table_of_the_go_package_is_used_as_it_is() {
    let store = Store::open().await;
    create(&store, "users", "email", None).await;
    store.put("users", &ada()).await;
    // An object with an empty `ID` is put with null.
    let zero = ("created_at", s("0001-01-01T00:00:00Z"));
    store.put("users", &[("id", AttributeValue::Null(true)), ("email", s("bob")), ("logins", n("1")), zero]).await;
    let error = store.backend.define::<User>(users("")).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`id`"), "{error}");

    // To look first changes nothing, and misses what the library keeps for itself alone.
    let verified = store.backend.define::<User>(users(UUIDS)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(
        verified.is_definition_conflict() && verified.message().contains("not there: the definition;"),
        "{verified}"
    );
    let trusted = store.backend.define::<User>(users(UUIDS)).schema_mode(SchemaMode::Trust).await.unwrap();
    assert_eq!(trusted.find(Filter::all()).await.unwrap().len(), 2);
    assert_eq!(tables(&store).await, ["users"]);

    let records: Repository<User> = store.backend.define(users(UUIDS)).await.unwrap();
    let table = describe(&store, "users").await;
    assert_eq!(indexes(&table), ["email-index"]);
    assert_eq!(table.provisioned_throughput.unwrap().read_capacity_units, Some(5));
    let read = records.get("ada").await.unwrap().unwrap();
    let expected = User {
        id: UUID.into(),
        email: "ada".into(),
        fullname: None,
        logins: 3,
        roles: vec!["user".into()],
        created_at: Some("2026-07-01T12:00:00.123Z".parse().unwrap()),
    };
    assert_eq!(read, expected);
    let bob = records.get("bob").await.unwrap().unwrap();
    assert_eq!((bob.id.as_str(), bob.created_at.unwrap().to_string()), ("", "0001-01-01T00:00:00.000Z".to_owned()));

    // A write that knows only some places leaves the others as the Go package has put them; a whole one gives the id.
    records.update("ada", Update::new().inc("logins", 1)).await.unwrap();
    let mut stored = item(&store, "users", "email", "ada").await;
    assert!(stored.remove("_backends_write").is_some());
    let mut expected: Item = ada().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    expected.insert("logins".to_owned(), n("4"));
    assert_eq!(stored, expected);
    assert_eq!(records.replace(&bob).await.unwrap().id.len(), 36);

    // What is new: text in UTC to the millisecond, ids of the form of the old ones.
    let cy = User { id: String::new(), email: "cy".into(), ..read };
    let cy = records.insert(&cy).await.unwrap();
    assert_eq!(cy.id.len(), 36);
    let stored = item(&store, "users", "email", "cy").await;
    assert_eq!((&stored["created_at"], &stored["id"]), (&s("2026-07-01T12:00:00.123Z"), &s(&cy.id)));
    assert!(!stored.contains_key("fullname"));
    // All that has to go for the way back is one table.
    assert_eq!(tables(&store).await, ["_backends", "users"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_c43_an_id_behind_the_hash_key_is_a_custom_one_or_unique() {
    let store = Store::open().await;
    create(&store, "users", "email", Some("id")).await;
    store.put("users", &ada()).await;
    let keys = r#""name": "users", "hashKey": "email", "rangeKey": "id", "GSI": {"email": {}}"#;
    let refused = Definition::from_json(&format!("{{{keys}}}")).unwrap_err();
    assert!(refused.is_invalid_input() && refused.to_string().contains("`customId`"), "{refused}");

    // With an id of the service's own nothing is added to what is there.
    let custom = definition(&format!(r#"{{{keys}, "customId": true}}"#));
    let records = store.backend.define::<User>(custom).await.unwrap();
    assert_eq!(indexes(&describe(&store, "users").await), ["email-index"]);
    assert!(records.get(("ada", UUID)).await.unwrap().is_some());
    let by_email = records.find(field("email").eq("ada")).explain().await.unwrap();
    assert_eq!(by_email.access, Access::KeyRange);
    let written = records.update(("ada", UUID), Update::new().set("fullname", "Ada")).await.unwrap().unwrap();
    assert_eq!(written.fullname.as_deref(), Some("Ada"));

    // One that the library gives has to be unique.
    let store = Store::open().await;
    create(&store, "users", "email", Some("id")).await;
    store.put("users", &ada()).await;
    let unique = || definition(&format!(r#"{{{keys}, "idKind": "string", "indexes": ["id"]}}"#));
    assert!(store.backend.define::<User>(unique()).await.unwrap_err().is_unsupported());
    let records = store.backend.define::<User>(unique()).no_other_writers().await.unwrap();
    let user = records.get(("ada", UUID)).await.unwrap().unwrap();
    assert_eq!(records.find_one(field("id").eq(UUID)).await.unwrap(), Some(user));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c11_c43_a_custom_id_needs_no_other_in_what_is_stored() {
    let store = Store::open().await;
    create(&store, "apps", "id", None).await;
    store.put("apps", &[("id", s("app-1")), ("name", s("one"))]).await;
    let json = r#"{"name": "apps", "hashKey": "id", "customId": true}"#;
    let apps = store.backend.define::<Document>(definition(json)).await.unwrap();
    let mut app = apps.get("app-1").await.unwrap().unwrap();
    assert!(app.get("_id").is_none() && app.get("name") == Some(&Value::from("one")));
    let renamed = apps.update("app-1", Update::new().set("name", "two")).await.unwrap().unwrap();
    assert!(renamed.get("_id").is_none());
    app.insert("name", "three");
    assert!(apps.replace(&app).await.unwrap().get("_id").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_c43_an_index_serves_what_was_a_scan_and_refuses_the_nulls_of_the_go_package() {
    let store = Store::open().await;
    create(&store, "users", "email", None).await;
    store.put("users", &ada()).await;
    let by_id = field("id").eq(UUID);
    let records: Repository<User> = store.backend.define(users(UUIDS)).await.unwrap();
    assert_eq!(records.find(&by_id).explain().await.unwrap().access, Access::Scan);
    let more = format!(r#"{UUIDS}, "GSI": {{"id": {{"readCapacity": 1, "writeCapacity": 1}}}}"#);
    let json = format!(r#"{{"name": "users", "hashKey": "email", "readCapacity": 5, "writeCapacity": 5{more}}}"#);
    let records: Repository<User> = store.backend.define(definition(&json)).await.unwrap();
    let access = records.find(&by_id).explain().await.unwrap().access;
    assert!(matches!(access, Access::Index(_)), "{access:?}");
    assert_eq!(records.find(&by_id).await.unwrap().len(), 1);
    let item = [("id", AttributeValue::Null(true)), ("email", s("bob"))];
    let item = item.map(|(name, value)| (name.to_owned(), value)).into();
    let put = store.other.put_item().table_name(store.table("users")).set_item(Some(item));
    assert!(put.send().await.unwrap_err().into_service_error().to_string().contains("ValidationException"));
}
