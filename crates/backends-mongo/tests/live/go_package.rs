//! Collections of the Go package: documents and indexes just as it writes them, taken over, used by both, given back.

use backends_core::{Definition, Document, Error, Filter, Repository, SchemaMode, Timestamp, Update, Value, field};
use backends_mongo::mongodb::bson::{self, Bson, DateTime, doc, oid::ObjectId};
use backends_mongo::mongodb::error::ErrorKind;
use serde::{Deserialize, Serialize};

use crate::store::{Store, all, definition};

/// A record as a service has it that moves over: the names are those that the Go package stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    #[serde(default)]
    id: String,
    email: String,
    fullname: Option<String>,
    logins: i64,
    score: f64,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(rename = "createdAt")]
    created_at: Option<Timestamp>,
}

/// A document as its `Save` inserts it: an id of its own, small integers in 32 bits, empty values, nulls for nil.
fn saved(email: &str) -> bson::Document {
    doc! {
        "_id": ObjectId::new(), "email": email, "fullname": "", "logins": 3_i32, "score": 2.0, "roles": Bson::Null,
        "createdAt": DateTime::from_millis(1_700_000_000_123),
    }
}

/// An index as it makes one: by the name that its driver gives, sparse in any case.
fn sparse(fields: &[&str], more: bson::Document) -> bson::Document {
    let keys: bson::Document = fields.iter().map(|field| ((*field).to_owned(), Bson::Int32(1))).collect();
    let name = fields.iter().map(|field| format!("{field}_1")).collect::<Vec<_>>().join("_");
    let mut index = doc! { "key": keys, "name": name, "sparse": true, "background": true };
    index.extend(more);
    index
}

/// Makes an index, or gives the code of the refusal.
async fn make(store: &Store, collection: &str, index: bson::Document) -> Result<(), i32> {
    let made = store.other.run_command(doc! { "createIndexes": collection, "indexes": [index] }).await;
    made.map(drop).map_err(|error| match error.kind.as_ref() {
        ErrorKind::Command(refusal) => refusal.code,
        other => panic!("{other:?}"),
    })
}

/// The indexes of a collection as the server tells them, by name.
async fn indexes(store: &Store, collection: &str) -> Vec<(String, bson::Document)> {
    let answer = store.other.run_command(doc! { "listIndexes": collection }).await.unwrap();
    let all = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let all = all.iter().filter_map(Bson::as_document);
    let mut all: Vec<_> = all.map(|index| (index.get_str("name").unwrap().to_owned(), index.clone())).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

async fn names(store: &Store, collection: &str) -> Vec<String> {
    indexes(store, collection).await.into_iter().map(|(name, _)| name).collect()
}

async fn users(store: &Store, json: &str) -> Result<Repository<User>, Error> {
    store.backend.define(definition(json)).await
}

/// What `Verify` says that there is not.
async fn missing(store: &Store, definition: Definition) -> String {
    let error = store.backend.define::<Document>(definition).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    let (_, missing) = error.message().split_once("not there: ").unwrap_or_else(|| panic!("{error}"));
    missing.split_once(';').unwrap().0.to_owned()
}

const BY_ID: &str = r#"{"name": "users", "indexes": ["email"]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c43_a_collection_of_the_go_package_is_used_as_it_is() {
    let store = Store::open().await;
    let unique = || sparse(&["email"], doc! { "unique": true, "dropDups": true });
    make(&store, "users", unique()).await.unwrap();
    let collection = store.collection("users");
    // Its second `Save` sets every field of the object, the id too.
    let ada = saved("ada");
    let mut bob = saved("bob");
    bob.insert("id", bob.get_object_id("_id").unwrap().to_hex());
    // The zero time of Go.
    bob.insert("createdAt", DateTime::from_millis(-62_135_596_800_000));
    collection.insert_many([&ada, &bob]).await.unwrap();
    let before = indexes(&store, "users").await;

    // To look first changes nothing, and misses what the library keeps for itself alone.
    assert_eq!(missing(&store, definition(BY_ID)).await, "the definition");
    let trusted = store.backend.define::<User>(definition(BY_ID)).schema_mode(SchemaMode::Trust).await.unwrap();
    assert_eq!(trusted.find(Filter::all()).await.unwrap().len(), 2);
    assert_eq!(store.other.list_collection_names().await.unwrap(), ["users"]);
    assert_eq!(indexes(&store, "users").await, before);

    let users = users(&store, BY_ID).await.unwrap();
    assert_eq!(indexes(&store, "users").await, before);
    let id = ada.get_object_id("_id").unwrap().to_hex();
    let read = users.get(&id).await.unwrap().unwrap();
    let expected = User {
        id,
        email: "ada".into(),
        fullname: Some(String::new()),
        logins: 3,
        score: 2.0,
        roles: Vec::new(),
        created_at: Some("2023-11-14T22:13:20.123Z".parse().unwrap()),
    };
    assert_eq!(read, expected);
    let bob_id = bob.get_object_id("_id").unwrap().to_hex();
    let read = users.find_one(field("email").eq("bob")).await.unwrap().unwrap();
    assert_eq!(
        (read.id, read.created_at.unwrap().to_string()),
        (bob_id.clone(), "0001-01-01T00:00:00.000Z".to_owned())
    );
    let error = users.insert(&User { id: String::new(), ..expected.clone() }).await.unwrap_err();
    assert!(error.is_already_exists() && error.index() == Some("email"), "{error}");

    // What this library writes is what the Go package's driver reads: an ObjectId, integers, dates, no nulls.
    let cy = User { id: String::new(), email: "cy".into(), fullname: None, ..expected };
    let cy = users.insert(&cy).await.unwrap();
    assert!(users.update(&bob_id, Update::new().inc("logins", 1)).await.unwrap().is_some());
    let stored = collection.find_one(doc! { "email": "cy" }).await.unwrap().unwrap();
    assert_eq!(stored.get_object_id("_id").unwrap().to_hex(), cy.id);
    assert_eq!(stored.get_datetime("createdAt").unwrap().timestamp_millis(), 1_700_000_000_123);
    assert!(!stored.contains_key("fullname") && !stored.contains_key("id"), "{stored}");
    let mut expected = bob;
    expected.insert("logins", 4_i64);
    assert_eq!(collection.find_one(doc! { "email": "bob" }).await.unwrap(), Some(expected));

    // It starts again beside this library, and all that has to go for the way back is one collection.
    make(&store, "users", unique()).await.unwrap();
    assert_eq!(indexes(&store, "users").await, before);
    let mut left = store.other.list_collection_names().await.unwrap();
    left.sort();
    assert_eq!(left, ["_backends_definitions", "users"]);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_c43_a_hash_key_is_the_key_here_which_the_go_package_did_not_look_at() {
    let store = Store::open().await;
    make(&store, "users", sparse(&["email"], doc! { "unique": true })).await.unwrap();
    let collection = store.collection("users");
    let mut without = [saved(""), saved("")];
    for user in &mut without {
        drop(user.remove("email"));
    }
    collection.insert_many(without.iter().chain([&saved("ada")])).await.unwrap();
    let json = r#"{"name": "users", "indexes": ["email"], "hashKey": "email", "readCapacity": 5, "writeCapacity": 5,
        "GSI": {"email": {"readCapacity": 1, "writeCapacity": 1}}}"#;
    let error = users(&store, json).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.index() == Some("primary"), "{error}");
    assert_eq!(names(&store, "users").await, ["_id_", "email_1"]);

    collection.delete_many(doc! { "email": { "$exists": false } }).await.unwrap();
    assert_eq!(missing(&store, definition(json)).await, "the unique index on the key");
    let users = users(&store, json).await.unwrap();
    assert_eq!(names(&store, "users").await, ["_id_", "email_1", "primary"]);
    let ada = users.get("ada").await.unwrap().unwrap();
    assert_eq!(users.find_one(field("id").eq(&ada.id)).await.unwrap(), Some(ada.clone()));
    let error = users.insert(&User { id: String::new(), ..ada }).await.unwrap_err();
    assert!(error.is_already_exists() && error.index() == Some("primary"), "{error}");
    let error = users.update("ada", Update::new().set("email", "eve")).await.unwrap_err();
    assert!(error.is_invalid_input() && error.path() == Some("email"), "{error}");
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c39_c43_indexes_that_leave_documents_out_get_others_beside_them() {
    let store = Store::open().await;
    make(&store, "users", sparse(&["role"], doc! {})).await.unwrap();
    make(&store, "users", sparse(&["tenant", "badge"], doc! { "unique": true })).await.unwrap();
    let json = r#"{"name": "users", "indexes": [{"fields": ["role"], "unique": false},
        {"fields": ["tenant", "badge"], "unique": true}]}"#;
    let users = store.backend.define::<Document>(definition(json)).await.unwrap();
    assert_eq!(names(&store, "users").await, ["_id_", "role", "role_1", "tenant_1_badge_1", "tenant_badge"]);
    // The old one counts two missing values as one; the one of this library exempts them.
    let user = || Document::from([("tenant", "acme")]);
    users.insert(&user()).await.unwrap();
    let error = users.insert(&user()).await.unwrap_err();
    assert!(error.is_already_exists() && error.index() == Some("tenant_1_badge_1"), "{error}");
    store.collection("users").drop_index("tenant_1_badge_1").await.unwrap();
    users.insert(&user()).await.unwrap();
    store.remove().await;
}

fn tokens(ttl: u32, more: &str) -> Definition {
    definition(&format!(
        r#"{{"name": "tokens", "indexes": ["token"], "enableTtl": true, "ttlAttribute": "created_at", "ttl": {ttl} {more}}}"#
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c43_records_of_the_go_package_expire_as_they_did() {
    let store = Store::open().await;
    make(&store, "tokens", sparse(&["token"], doc! { "unique": true })).await.unwrap();
    let ttl = || sparse(&["created_at"], doc! { "expireAfterSeconds": 86_400 });
    make(&store, "tokens", ttl()).await.unwrap();
    let now = Timestamp::now().millis();
    let token = |token: &str, at: Bson| doc! { "_id": ObjectId::new(), "token": token, "created_at": at };
    let (fresh, old) = (DateTime::from_millis(now), DateTime::from_millis(now - 86_400_001));
    store
        .collection("tokens")
        .insert_many([token("fresh", fresh.into()), token("old", old.into()), token("never", Bson::Null)])
        .await
        .unwrap();
    let before = indexes(&store, "tokens").await;
    assert_eq!(missing(&store, tokens(86_400, "")).await, "the definition");
    let records = store.backend.define::<Document>(tokens(86_400, "")).await.unwrap();
    assert_eq!(indexes(&store, "tokens").await, before);
    let mut left: Vec<_> = records.find(field("token").is_set()).await.unwrap();
    left.retain(|record| record.get("token") != Some(&Value::from("never")));
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(records.count(field("token").eq("never")).await.unwrap(), 1);
    assert_eq!(records.count(field("token").eq("old")).await.unwrap(), 0);

    // Another time to live is applied to the index, with which the Go package does not start any more.
    store.backend.define::<Document>(tokens(90_000, "")).await.unwrap();
    // MongoDB: IndexOptionsConflict.
    assert_eq!(make(&store, "tokens", ttl()).await, Err(85));
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c43_what_has_expired_makes_room_where_the_go_package_kept_the_key_apart_too() {
    let store = Store::open().await;
    make(&store, "tokens", sparse(&["token"], doc! { "unique": true })).await.unwrap();
    let old = || doc! { "_id": ObjectId::new(), "token": "t", "created_at": DateTime::from_millis(0) };
    store.collection("tokens").insert_one(old()).await.unwrap();
    let keyed = tokens(86_400, r#", "hashKey": "token""#);
    let records = store.backend.define::<Document>(keyed).await.unwrap();
    assert_eq!(names(&store, "tokens").await, ["_backends_ttl", "_id_", "primary", "token_1"]);
    let token = Document::from([("token", "t")]);
    records.insert(&token).await.unwrap();
    assert_eq!(records.insert(&token).await.unwrap_err().index(), Some("primary"));
    store.collection("tokens").delete_many(doc! {}).await.unwrap();
    store.collection("tokens").insert_one(old()).await.unwrap();
    assert!(records.upsert(&token).await.unwrap().created);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_c43_a_time_that_is_no_date_is_told_before_anything_expires_by_it() {
    for (at, more, fits) in [
        (Bson::from("2026-07-01T14:00:00+02:00"), "", false),
        (
            Bson::from("2026-07-01T14:00:00+02:00"),
            r#", "fields": {"created_at": {"kind": "timestamp", "foreignText": true}}"#,
            true,
        ),
        (Bson::from(1_700_000_000_i64), "", false),
    ] {
        let store = Store::open().await;
        let token = doc! { "_id": ObjectId::new(), "token": "t", "created_at": at };
        store.collection("tokens").insert_one(token).await.unwrap();
        match store.backend.define::<Document>(tokens(86_400, more)).await {
            Ok(_) => assert!(fits),
            Err(error) => {
                assert!(!fits && error.is_definition_conflict(), "{error}");
                assert!(error.message().contains("`created_at`"), "{error}");
            }
        }
        store.remove().await;
    }
}

/// With `customId` the Go package leaves `id` to the service, and gives the `ObjectId` back as `_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct App {
    #[serde(rename = "_id", default)]
    own: String,
    id: String,
    name: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c11_c43_a_custom_id_stays_a_field_of_the_service() {
    let store = Store::open().await;
    let stored = doc! { "_id": ObjectId::new(), "id": "app-1", "name": "one" };
    store.collection("apps").insert_one(&stored).await.unwrap();
    let json = r#"{"name": "apps", "customId": true}"#;
    let apps = store.backend.define::<App>(definition(json)).await.unwrap();
    let own = stored.get_object_id("_id").unwrap().to_hex();
    let app = App { own, id: "app-1".into(), name: "one".into() };
    assert_eq!(apps.get("app-1").await.unwrap(), Some(app.clone()));
    let renamed = apps.replace(&App { name: "two".into(), ..app.clone() }).await.unwrap();
    assert_eq!(renamed, App { name: "two".into(), ..app });
    let mut expected = stored;
    expected.insert("name", "two");
    assert_eq!(all(&store.collection("apps")).await, [expected]);
    // Here it is the key, so that no two may have it.
    store.remove().await;
    let store = Store::open().await;
    let twice = [doc! { "id": "app-1" }, doc! { "id": "app-1" }];
    store.collection("apps").insert_many(twice).await.unwrap();
    let error = store.backend.define::<App>(definition(json)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.index() == Some("primary"), "{error}");
    store.remove().await;
}
