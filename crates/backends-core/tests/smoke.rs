//! The handles, end to end on the memory backend.

use backends_core::{Definition, Document, Kind, Registry, Timestamp, memory};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(default)]
    id: String,
    email: String,
    logins: u32,
    created_at: Option<Timestamp>,
}

#[tokio::test]
async fn a_record_goes_in_and_out() {
    let backend = Registry::new().register(memory::Memory).open("memory:").await.unwrap();
    let users = backend.define::<User>(Definition::builder("users").build().unwrap()).await.unwrap();
    assert_eq!(users.definition().kind_of("createdAt"), Some(Kind::Timestamp));
    let ada = User { id: String::new(), email: "ada@example.org".into(), logins: 1, created_at: Some(Timestamp::MAX) };
    let ada = users.insert(&ada).await.unwrap();
    assert_eq!(ada.id.len(), 24);
    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    assert!(users.insert(&ada).await.unwrap_err().is_already_exists());
    let document: Document = users.untyped().get(&ada.id).await.unwrap().unwrap();
    assert_eq!(document.keys().collect::<Vec<_>>(), ["createdAt", "email", "id", "logins"]);
    let upserted = users.upsert(&User { logins: 2, ..ada.clone() }).await.unwrap();
    assert!(!upserted.created);
    assert_eq!(users.delete(&ada.id).await.unwrap().unwrap().logins, 2);
    assert_eq!(users.get_many([ada.id.as_str(), "000000000000000000000000"]).await.unwrap(), [None, None]);
}

#[tokio::test]
async fn an_email_as_key_keeps_the_id() {
    let backend = Registry::new().register(memory::Memory).open("memory:").await.unwrap();
    let definition = Definition::from_json(r#"{"name": "users", "indexes": ["email"], "hashKey": "email", "readCapacity": 5, "writeCapacity": 5, "GSI": {"email": {"readCapacity": 1, "writeCapacity": 1}}}"#).unwrap();
    let users = backend.define::<User>(definition).await.unwrap();
    let ada = User { id: String::new(), email: "ada@example.org".into(), logins: 1, created_at: None };
    let stored = users.insert(&ada).await.unwrap();
    let replaced = users.replace(&User { logins: 7, ..ada.clone() }).await.unwrap();
    assert_eq!(replaced.id, stored.id);
    let error = users.replace(&User { id: "f".repeat(24), ..ada.clone() }).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    println!("{error}");
    println!("{}", users.insert(&ada).await.unwrap_err());
    println!("{}", users.insert(&stored).await.unwrap_err());
    println!("{}", users.get(7).await.unwrap_err());
    println!("{}", users.insert_many([&User { email: "x".into(), ..ada.clone() }, &ada]).await.unwrap_err());
}
