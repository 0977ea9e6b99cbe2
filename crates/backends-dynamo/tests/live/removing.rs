//! Removing a unique index: what becomes of its guards, whoever stops half-way or goes on to write them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backends_core::{Backend, Document, Order, Repository, Update, field};
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::indexes::{define, ids};
use crate::store::{Store, definition, endpoint, open};
use crate::unique::{UNIQUE, guards, user, wanted};

const PLAIN: &str = r#"{"name": "users", "idKind": "string", "fields": {"number": "integer"},
    "indexes": [{"fields": ["number", "city"], "unique": true}]}"#;

/// The repository with both indexes and so many records, and a backend behind a proxy.
async fn stage(records: usize) -> (Store, Proxy, Backend) {
    let store = Store::open().await;
    let all: Vec<Document> = (0..records).map(user).collect();
    define(&store.backend, UNIQUE).await.insert_many(&all).await.unwrap();
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let backend = open(&proxy.url(), &store.prefix).await;
    (store, proxy, backend)
}

/// The indexes of which there are guards.
async fn guarded(store: &Store) -> BTreeSet<String> {
    guards(store).await.into_iter().map(|(index, _)| index).collect()
}

/// A user with the email of another.
fn twin(number: usize, of: usize) -> Document {
    let mut twin = user(number);
    twin.insert("email", format!("user {of:05}@example.org"));
    twin
}

/// The ids of the users with the email of this one.
async fn with_email_of(records: &Repository<Document>, number: usize) -> Vec<String> {
    let filter = field("email").eq(format!("user {number:05}@example.org"));
    ids(&records.find(filter).sort("id", Order::Asc).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_a_unique_index_is_removed_with_its_guards() {
    let (store, proxy, backend) = stage(250).await;
    let records = define(&backend, UNIQUE).await;
    let error = backend.remove_index("users", "email").await.unwrap_err();
    assert!(error.is_unsupported() && error.message().contains("no_other_writers"), "{error}");
    assert!(records.insert(&twin(1_000, 7)).await.unwrap_err().is_already_exists());
    proxy.clear();
    backend.remove_index("users", "email").no_other_writers().await.unwrap();
    let deletes = proxy.operations().iter().filter(|operation| *operation == "TransactWriteItems").count();
    assert_eq!(deletes, 3, "99 guards a transaction");
    assert_eq!(guarded(&store).await, BTreeSet::from(["number_city".to_owned()]));
    // Handles follow, and find all that are equal now.
    records.insert(&twin(1_000, 7)).await.unwrap();
    assert_eq!(with_email_of(&records, 7).await, ["user 00007", "user 01000"]);
    let mut other = user(7);
    other.insert("id", "other");
    assert_eq!(records.insert(&other).await.unwrap_err().index(), Some("number_city"));
    assert!(backend.remove_index("users", "email").no_other_writers().await.unwrap_err().is_not_found());
    let definition = store.all("_backends").await.into_iter().find(|item| item.contains_key("definition")).unwrap();
    assert!(!definition.contains_key("leaving"), "{definition:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_c42_a_removal_that_was_stopped_goes_on_when_it_is_called_again() {
    let (store, proxy, backend) = stage(250).await;
    let served = AtomicUsize::new(0);
    proxy.on(move |request, _| match request.operation() {
        "TransactWriteItems" if served.fetch_add(1, Ordering::Relaxed) >= 1 => {
            dynamodb::access_denied("TransactWriteItems").into()
        }
        _ => Fault::Pass,
    });
    let error = backend.remove_index("users", "email").no_other_writers().await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    proxy.pass();
    assert!(guarded(&store).await.contains("email"), "some are left");
    // Who defines meanwhile has no such index, and nothing that is left is in its way.
    let other = open(&endpoint(), &store.prefix).await;
    let records = define(&other, PLAIN).await;
    assert!(records.warnings().iter().all(|warning| !warning.contains("index")), "{:?}", records.warnings());
    for at in 0..250 {
        records.insert(&twin(1_000 + at, at)).await.unwrap();
    }
    other.remove_index("users", "email").no_other_writers().await.unwrap();
    assert_eq!(guarded(&store).await, BTreeSet::from(["number_city".to_owned()]));
    assert_eq!(with_email_of(&records, 249).await, ["user 00249", "user 01249"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c37_guards_of_the_past_are_in_nobodys_way_when_the_index_comes_again() {
    let (store, _proxy, backend) = stage(3).await;
    // Against the word, a process that has the index goes on.
    let late = define(&open(&endpoint(), &store.prefix).await, UNIQUE).await;
    backend.remove_index("users", "email").no_other_writers().await.unwrap();
    let records = define(&backend, PLAIN).await;
    late.insert_many(&[user(10), user(11), user(12)]).await.unwrap();
    // What it holds, it holds against those that have it too.
    assert!(late.insert(&twin(20, 10)).await.unwrap_err().is_already_exists());
    assert_eq!(guards(&store).await.iter().filter(|(index, _)| index == "email").count(), 3);
    records.delete("user 00010").await.unwrap().unwrap();
    records.update("user 00011", Update::new().set("email", "another")).await.unwrap().unwrap();
    let error = backend.define::<Document>(definition(UNIQUE)).await.unwrap_err();
    assert!(error.is_unsupported(), "{error}");
    let again = backend.define::<Document>(definition(UNIQUE)).no_other_writers().await.unwrap();
    again.insert_many(&[twin(30, 10), twin(31, 11)]).await.unwrap();
    assert_eq!(again.insert(&twin(32, 12)).await.unwrap_err().index(), Some("email"));
    assert_eq!(with_email_of(&again, 10).await, ["user 00030"]);
    assert_eq!(ids(&again.find(field("email").eq("another")).await.unwrap()), ["user 00011"]);
    assert_eq!(guards(&store).await, wanted(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c37_a_removal_takes_no_guard_of_an_index_that_came_again_meanwhile() {
    let (store, proxy, backend) = stage(150).await;
    proxy.clear();
    proxy.on(|request, _| match request.operation() {
        "TransactWriteItems" => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let meanwhile = async {
        while !proxy.operations().iter().any(|operation| operation == "TransactWriteItems") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let other = open(&endpoint(), &store.prefix).await;
        other.define::<Document>(definition(UNIQUE)).no_other_writers().await.unwrap()
    };
    let removal = backend.remove_index("users", "email").no_other_writers().into_future();
    let (removed, again) = tokio::join!(removal, meanwhile);
    removed.unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
    assert_eq!(again.definition().indexes().len(), 2);
    assert_eq!(again.insert(&twin(1_000, 7)).await.unwrap_err().index(), Some("email"));
    assert_eq!(with_email_of(&again, 7).await, ["user 00007"]);
}
