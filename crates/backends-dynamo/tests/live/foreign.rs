//! What other programs stored, and changes that they make meanwhile.

use std::collections::HashMap;

use backends_core::{Document, Repository, Timestamp, Value};
use backends_dynamo::aws_sdk_dynamodb::primitives::Blob;
use backends_dynamo::aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use serde::{Deserialize, Serialize};

use crate::records::{User, user};
use crate::store::{Store, definition, n, s};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Loose {
    id: String,
    whole: Option<i64>,
    tags: Option<Vec<String>>,
    counts: Option<Vec<f64>>,
    gone: Option<String>,
    at: Option<Timestamp>,
    map: Option<HashMap<String, i64>>,
}

async fn notes(store: &Store) -> Repository<Loose> {
    store.create("notes", "id", ScalarAttributeType::S).await;
    let at = [("id", s("a")), ("at", s("2026-07-01T14:00:00+02:00"))];
    store.put("notes", &at).await;
    let json = r#"{"name": "notes", "idKind": "string", "fields": {"at": "timestamp"}}"#;
    store.backend.define(definition(json)).await.unwrap()
}

#[tokio::test]
async fn c43_what_has_a_counterpart_reads_as_it() {
    let store = Store::open().await;
    let notes = notes(&store).await;
    assert_eq!(notes.get("a").await.unwrap().unwrap().at.unwrap().to_string(), "2026-07-01T12:00:00.000Z");
    store
        .put(
            "notes",
            &[
                ("id", s("b")),
                ("whole", n("7.000")),
                ("tags", AttributeValue::Ss(vec!["x".into()])),
                ("counts", AttributeValue::Ns(vec!["0.5".into()])),
                ("gone", AttributeValue::Null(true)),
                ("more", AttributeValue::Bs(vec![Blob::new([1])])),
                (
                    "map",
                    AttributeValue::M(
                        [("a".to_owned(), n("1e2")), ("b".to_owned(), AttributeValue::Null(true))].into(),
                    ),
                ),
                ("_backends_other", s("not a field")),
            ],
        )
        .await;
    let read = notes.get("b").await.unwrap().unwrap();
    let expected = Loose {
        id: "b".into(),
        whole: Some(7),
        tags: Some(vec!["x".into()]),
        counts: Some(vec![0.5]),
        gone: None,
        at: None,
        map: Some([("a".to_owned(), 100)].into()),
    };
    assert_eq!(read, expected);
    let document: Document = notes.untyped().get("b").await.unwrap().unwrap();
    assert!(document.get("_backends_other").is_none() && document.get("gone").is_none());
    assert_eq!(document.get("more"), Some(&Value::Array(vec![Value::Bytes(vec![1])])));
}

#[tokio::test]
async fn c43_what_has_none_is_unreadable_with_its_place_and_the_rest_is_read() {
    let store = Store::open().await;
    let notes = notes(&store).await;
    store.put("notes", &[("id", s("b")), ("whole", n("12345678901234567890")), ("unknown", n("0.1"))]).await;
    store.put("notes", &[("id", s("c")), ("aside", n("12345678901234567890123"))]).await;
    let error = notes.get("b").await.unwrap_err();
    assert!(error.is_unreadable() && error.path() == Some("whole"), "{error}");
    assert!(!format!("{error} {error:?}").contains("1234567890"), "{error:?}");
    assert!(notes.get("c").await.unwrap().is_some(), "nobody asks for the field");
    assert!(notes.untyped().get("c").await.unwrap_err().is_unreadable());
}

#[tokio::test]
async fn t01_a_change_of_another_program_between_two_requests_is_not_lost() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "users", "hashKey": "email"}"#)).await.unwrap();
    let ada = users.insert(&user("ada", 1)).await.unwrap();
    // The mark stays, the content does not.
    let update = store.other.update_item().table_name(store.table("users")).key("email", s("ada"));
    let update = update.update_expression("SET #l = :l").expression_attribute_names("#l", "logins");
    update.expression_attribute_values(":l", n("9")).send().await.unwrap();
    assert_eq!(users.get("ada").await.unwrap().unwrap().logins, 9);
    assert_eq!(users.replace(&user("ada", 10)).await.unwrap(), User { logins: 10, ..ada });
}
