//! Records through the handles, and what is stored for them.

use backends_core::{Document, Timestamp};
use backends_dynamo::DynamoTable;
use backends_dynamo::aws_sdk_dynamodb::Client;
use serde::{Deserialize, Serialize};

use crate::store::{Item, Store, definition, n, s};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    #[serde(default)]
    pub id: String,
    pub email: String,
    pub logins: u32,
    pub created_at: Option<Timestamp>,
}

pub fn user(email: &str, logins: u32) -> User {
    User { id: String::new(), email: email.into(), logins, created_at: None }
}

/// An item without the mark of the library.
fn unmarked(mut item: Item) -> Item {
    assert!(item.remove("_backends_write").is_some_and(|mark| mark.is_b()));
    item
}

#[tokio::test]
async fn a_record_goes_in_and_out_as_attributes() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "Users"}"#)).await.unwrap();
    let at = Timestamp::from_millis(1).unwrap();
    let ada = users.insert(&User { created_at: Some(at), ..user("ada@example.org", 1) }).await.unwrap();
    let stored = store.all("Users").await.into_iter().map(unmarked).collect::<Vec<_>>();
    let expected = [
        ("id", s(&ada.id)),
        ("email", s("ada@example.org")),
        ("logins", n("1")),
        ("createdAt", s("1970-01-01T00:00:00.001Z")),
    ];
    assert_eq!(stored, [expected.map(|(name, value)| (name.to_owned(), value)).into()]);
    let document: Document = users.untyped().get(&ada.id).await.unwrap().unwrap();
    assert_eq!(document.keys().collect::<Vec<_>>(), ["createdAt", "email", "id", "logins"]);
}

#[tokio::test]
async fn c30_replace_and_upsert_keep_the_stored_id_of_whatever_program() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "users", "hashKey": "email"}"#)).await.unwrap();
    let stored = users.insert(&user("ada", 1)).await.unwrap();
    assert_eq!(users.replace(&user("ada", 2)).await.unwrap().id, stored.id);
    let again = users.upsert(&user("ada", 3)).await.unwrap();
    assert!(!again.created && again.record.id == stored.id);
    // What another program put there has no mark, and is replaced all the same.
    store.put("users", &[("email", s("eve")), ("id", s("0123456789abcdef01234567")), ("logins", n("1"))]).await;
    let eve = users.replace(&user("eve", 2)).await.unwrap();
    assert_eq!((eve.id.as_str(), eve.logins), ("0123456789abcdef01234567", 2));
    assert_eq!(users.delete("eve").await.unwrap(), Some(eve));
}

#[tokio::test]
async fn c44_the_native_client_and_table_are_reached_by_type() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "users"}"#)).await.unwrap();
    assert!(store.backend.native::<Client>().is_some());
    let table = users.native(|table: &DynamoTable| table.clone()).unwrap();
    assert_eq!(table.name, store.table("users"));
    let described = table.client.describe_table().table_name(&table.name).send().await.unwrap();
    assert_eq!(described.table.unwrap().table_name.as_deref(), Some(table.name.as_str()));
    assert!(!format!("{table:?} {:?} {users:?}", store.backend).contains("hunter2"));
}
