//! Tables that take their time to be there and to be gone, as those of the real service do. A local one has them at once,
//! so a proxy says what the service says meanwhile.

use std::time::Duration;

use backends_core::Document;
use backends_dynamo::aws_sdk_dynamodb::types::ScalarAttributeType;
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, definition, endpoint};

/// The answer of the service, which says another status of the table.
fn with_status(status: &'static str) -> Fault {
    Fault::change(move |body| {
        let text = String::from_utf8(body).unwrap();
        text.replace("\"TableStatus\":\"ACTIVE\"", &format!("\"TableStatus\":\"{status}\"")).into_bytes()
    })
}

async fn proxied() -> (Proxy, Store) {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    proxy.clear();
    (proxy, store)
}

#[tokio::test]
async fn l37_a_table_is_waited_for_until_it_can_be_used() {
    let (proxy, store) = proxied().await;
    let users = store.table("users");
    proxy.on(move |request, n| match (request.operation(), request.target()) {
        // The first finds none, the next three one that is being created; all requests count.
        ("DescribeTable", Some(table)) if table == users && n < 5 => with_status("CREATING"),
        _ => Fault::Pass,
    });
    let define = store.backend.define::<Document>(definition(r#"{"name": "users"}"#));
    define.await.unwrap().insert(&Document::new()).await.unwrap();
    let on_users = |operation: &str| {
        let of_users = |request: &&proxy::Request| request.target() == Some(store.table("users").as_str());
        proxy.log().iter().filter(of_users).filter(|request| request.operation() == operation).count()
    };
    assert_eq!((on_users("DescribeTable"), on_users("CreateTable")), (5, 1), "{:?}", proxy.operations());
}

#[tokio::test]
async fn l37_a_table_that_is_being_deleted_is_created_again() {
    let (proxy, store) = proxied().await;
    store.create("users", "other", ScalarAttributeType::S).await;
    let (users, gone) = (store.table("users"), std::sync::Arc::new(tokio::sync::Notify::new()));
    let rung = std::sync::Arc::clone(&gone);
    proxy.on(move |request, n| match (request.operation(), request.target()) {
        ("DescribeTable", Some(table)) if table == users && n < 4 => {
            if n == 2 {
                rung.notify_one();
            }
            with_status("DELETING")
        }
        _ => Fault::Pass,
    });
    let (other, table) = (store.other.clone(), store.table("users"));
    let deletion = tokio::spawn(async move {
        gone.notified().await;
        other.delete_table().table_name(table).send().await.unwrap();
    });
    let users = store.backend.define::<Document>(definition(r#"{"name": "users"}"#)).await.unwrap();
    deletion.await.unwrap();
    users.insert(&Document::new()).await.unwrap();
    assert_eq!(store.all("users").await.len(), 1);
}

#[tokio::test]
async fn c42_a_define_that_waits_too_long_says_so_and_goes_on_when_called_again() {
    let (proxy, store) = proxied().await;
    proxy.on(|request, _| match request.operation() {
        "DescribeTable" => with_status("CREATING"),
        _ => Fault::Pass,
    });
    let define = || store.backend.define::<Document>(definition(r#"{"name": "users"}"#));
    let error = define().timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("again"), "{error}");
    proxy.pass();
    define().await.unwrap();
}

#[tokio::test]
async fn l38_a_table_that_cannot_be_created_or_used_is_said_so() {
    let (proxy, store) = proxied().await;
    let define =
        || store.backend.define::<Document>(definition(r#"{"name": "users"}"#)).timeout(Duration::from_secs(1));
    proxy.on(|request, _| match request.operation() {
        "CreateTable" => {
            dynamodb::error(400, "com.amazonaws.dynamodb.v20120810", "LimitExceededException", "too many tables").into()
        }
        _ => Fault::Pass,
    });
    let error = define().await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    proxy.pass();
    define().await.unwrap();
    proxy.on(|_, _| with_status("INACCESSIBLE_ENCRYPTION_CREDENTIALS"));
    let error = define().await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("restore"), "{error}");
}
