//! Triggers that a service has made itself, and that roll back a whole transaction.

use backends_core::{Backend, ErrorKind};
use backends_sqlite::SqliteBackend;

use crate::support::{User, count, fresh, user};
use crate::turns::busy;

/// Refuses records with more than 99 logins, and what shares their transaction.
const STRICT: &str = "CREATE TRIGGER strict BEFORE INSERT ON users WHEN json_extract(new.record, '$.logins') > 99
                      BEGIN SELECT RAISE(ROLLBACK, 'too many'); END";

async fn strict(backend: &Backend) {
    backend.native::<SqliteBackend>().unwrap().with_writer(|file| file.execute_batch(STRICT)).await.unwrap();
}

fn numbered(refused: u32, number: u32) -> User {
    user(&format!("u{number}"), if number == refused { 100 } else { number })
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_writes_beside_one_that_a_trigger_rolls_back_are_stored_and_said_to_be() {
    let (_directory, backend, users) = fresh().await;
    strict(&backend).await;
    let (end, busy) = busy(&backend).await;
    let insert = |number: u32| {
        let users = users.clone();
        tokio::spawn(async move { users.insert(&numbered(2, number)).await })
    };
    let calls: Vec<_> = (0..6).map(insert).collect();
    // All of them are in the queue, to share a transaction.
    while !format!("{:?}", backend.native::<SqliteBackend>().unwrap()).contains("jobs: 6") {
        tokio::task::yield_now().await;
    }
    end.send(()).unwrap();
    busy.await.unwrap().unwrap();
    for (number, call) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(_) => assert_ne!(number, 2),
            Err(error) => {
                assert_eq!((number, error.kind()), (2, ErrorKind::InvalidInput), "{error}");
                assert!(!error.may_have_happened(), "{error}");
            }
        }
    }
    assert_eq!(count(&backend).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_insert_many_stores_what_a_trigger_does_not_refuse() {
    let (_directory, backend, users) = fresh().await;
    strict(&backend).await;
    let all: Vec<_> = (0..20).map(|number| numbered(7, number)).collect();
    let error = users.insert_many(&all).await.unwrap_err();
    let inserted = error.inserted().unwrap();
    let failures: Vec<_> = inserted.failures().map(|(position, error)| (position, error.kind())).collect();
    assert_eq!(failures, [(7, ErrorKind::InvalidInput)]);
    assert_eq!(count(&backend).await, 19);
    let error = users.upsert(&numbered(30, 30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(count(&backend).await, 19);
}
