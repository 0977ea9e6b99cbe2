//! Records through the handles, and what is stored for them.

use backends_core::{Document, Kind, Timestamp, Value};
use backends_mongo::mongodb::bson::{Bson, DateTime, RawDocumentBuf, doc, oid::ObjectId};
use backends_mongo::mongodb::{Client, Collection};
use serde::{Deserialize, Serialize};

use crate::store::{Store, all, definition};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    #[serde(default)]
    pub id: String,
    pub email: String,
    pub logins: u32,
    pub created_at: Option<Timestamp>,
}

pub fn user(id: &str, logins: u32) -> User {
    User { id: id.into(), email: format!("{id}@example.org"), logins, created_at: Some(Timestamp::MAX) }
}

#[tokio::test]
async fn a_record_goes_in_and_out_as_bson() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "Users"}"#)).await.unwrap();
    assert_eq!(users.definition().kind_of("createdAt"), Some(Kind::Timestamp));
    let ada = users.insert(&user("", 1)).await.unwrap();
    let id = ObjectId::parse_str(&ada.id).unwrap();
    let stored = all(&store.collection("Users")).await;
    let at = DateTime::from_millis(Timestamp::MAX.millis());
    assert_eq!(stored, [doc! { "_id": id, "createdAt": at, "email": "@example.org", "logins": 1_i64 }]);
    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    let taken = users.insert(&ada).await.unwrap_err();
    assert!(taken.is_already_exists() && taken.index() == Some("primary") && !taken.may_have_happened(), "{taken}");
    assert!(!format!("{taken} {taken:?}").contains(&ada.id));
    assert!(!users.upsert(&User { logins: 2, ..ada.clone() }).await.unwrap().created);
    assert!(users.upsert(&user("0123456789abcdef01234567", 1)).await.unwrap().created);
    assert_eq!(users.replace(&User { logins: 3, ..ada.clone() }).await.unwrap().logins, 3);
    assert!(users.replace(&user("ffffffffffffffffffffffff", 1)).await.unwrap_err().is_not_found());
    let document: Document = users.untyped().get(&ada.id).await.unwrap().unwrap();
    assert_eq!(document.keys().collect::<Vec<_>>(), ["createdAt", "email", "id", "logins"]);
    assert_eq!(document.get("createdAt"), Some(&Value::Timestamp(Timestamp::MAX)));
    assert_eq!(users.delete(&ada.id).await.unwrap().unwrap().logins, 3);
    assert_eq!(users.delete(&ada.id).await.unwrap(), None);
    assert!(users.replace(&ada).await.unwrap_err().is_not_found());
    store.remove().await;
}

#[tokio::test]
async fn c30_replace_and_upsert_keep_the_stored_id() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "users", "hashKey": "email"}"#)).await.unwrap();
    let ada = user("", 1);
    let stored = users.insert(&ada).await.unwrap();
    assert_eq!(users.replace(&User { logins: 7, ..ada.clone() }).await.unwrap().id, stored.id);
    let same = User { id: stored.id.clone(), logins: 8, ..ada.clone() };
    assert_eq!(users.replace(&same).await.unwrap(), same);
    let again = users.upsert(&User { logins: 9, ..ada.clone() }).await.unwrap();
    assert!(!again.created && again.record.id == stored.id && again.record.logins == 9);
    let other = User { id: "0123456789abcdef01234567".into(), logins: 10, ..ada.clone() };
    let refused = users.upsert(&other).await.unwrap_err();
    assert!(refused.is_invalid_input() && refused.path() == Some("id"), "{refused}");
    assert_eq!(users.get(&ada.email).await.unwrap().unwrap().logins, 9);
    let new = users.upsert(&User { email: "new".into(), ..ada.clone() }).await.unwrap();
    assert!(new.created && new.record.id.len() == 24);
    let brings = User { email: "brings".into(), id: "0123456789abcdef01234567".into(), ..ada.clone() };
    let brought = users.upsert(&brings).await.unwrap();
    assert!(brought.created && brought.record == brings);
    assert!(users.replace(&User { email: "none".into(), ..ada.clone() }).await.unwrap_err().is_not_found());
    let taken = users.insert(&ada).await.unwrap_err();
    assert!(taken.is_already_exists() && taken.index() == Some("primary"), "{taken}");
    assert!(!format!("{taken} {taken:?}").contains("example.org"));
    assert_eq!(users.delete("new").await.unwrap().unwrap().id, new.record.id);
    store.remove().await;
}

#[tokio::test]
async fn s07_values_that_look_like_expressions_stay_values() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "name"}"#)).await.unwrap();
    let note = Document::from([
        ("name", Value::from("$name")),
        ("other", Value::from("$$ROOT")),
        ("map", Value::from(Document::from([("a", Value::from("$other"))]))),
        ("list", Value::from(vec![Value::from("$list"), Value::Null])),
    ]);
    for _ in 0..2 {
        let mut stored = notes.upsert(&note).await.unwrap().record;
        stored.remove("id");
        assert!(stored == note);
    }
    let mut stored = notes.get("$name").await.unwrap().unwrap();
    stored.remove("id");
    assert!(stored == note);
    store.remove().await;
}

#[tokio::test]
async fn c08_keys_of_every_kind_are_found_again() {
    let store = Store::open().await;
    for (kind, keys) in [
        ("string", [Value::from("a"), Value::from("ü\u{1f980}$.")]),
        ("number", [Value::from(9_007_199_254_740_993_i64), Value::from(0.1)]),
        ("integer", [Value::from(i64::MIN), Value::from(i64::MAX)]),
        ("timestamp", [Value::from(Timestamp::MIN), Value::from(Timestamp::MAX)]),
        ("objectId", [Value::from("0123456789abcdef01234567"), Value::from("ffffffffffffffffffffffff")]),
    ] {
        let json = format!(r#"{{"name": "by_{kind}", "hashKey": "key", "hashKeyType": "{kind}"}}"#);
        let notes = store.backend.define::<Document>(definition(&json)).await.unwrap();
        for key in &keys {
            let stored = notes.insert(&Document::from([("key", key.clone())])).await.unwrap();
            assert!(notes.get(key).await.unwrap().unwrap() == stored, "{kind}");
            assert!(notes.insert(&Document::from([("key", key.clone())])).await.unwrap_err().is_already_exists());
        }
        let many = notes.get_many(keys.iter().rev()).await.unwrap();
        let found: Vec<_> = many.iter().map(|record| record.as_ref().unwrap().get("key").unwrap().clone()).collect();
        assert!(found == [keys[1].clone(), keys[0].clone()], "{kind}");
        assert!(notes.delete(&keys[0]).await.unwrap().is_some() && notes.get(&keys[0]).await.unwrap().is_none());
    }
    store.remove().await;
}

#[tokio::test]
async fn c11_custom_ids_leave_id_an_ordinary_field() {
    let store = Store::open().await;
    let json = r#"{"name": "own", "customId": true, "idKind": "string", "fields": {"id": "integer"}}"#;
    let own = store.backend.define::<Document>(definition(json)).await.unwrap();
    let first = own.insert(&Document::from([("id", Value::from(7))])).await.unwrap();
    let Some(Value::String(id)) = first.get("_id") else { panic!("no id") };
    assert_eq!(all(&store.collection("own")).await, [doc! { "_id": id, "id": 7_i64 }]);
    assert!(own.get(7).await.unwrap().unwrap() == first);
    let taken = own.insert(&Document::from([("id", Value::from(7))])).await.unwrap_err();
    assert!(taken.is_already_exists() && taken.index() == Some("primary"), "{taken}");
    store.remove().await;
}

#[tokio::test]
async fn c44_the_native_client_and_collection_are_there() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    let client: &Client = store.backend.native().unwrap();
    assert!(client.list_database_names().await.unwrap().contains(&store.name));
    let native = notes.native(|collection: &Collection<RawDocumentBuf>| collection.clone()).unwrap();
    native.clone_with_type().insert_one(doc! { "by": "another" }).await.unwrap();
    assert_eq!(native.count_documents(doc! {}).await.unwrap(), 1);
    assert!(matches!(all(&store.collection("notes")).await[0].get("by"), Some(Bson::String(_))));
    store.remove().await;
}
