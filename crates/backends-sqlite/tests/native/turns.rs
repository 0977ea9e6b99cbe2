//! Writes that wait for their turn: what is done of them, and what their callers are told.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use backends_core::{Backend, Error, Result};
use backends_sqlite::{SqliteBackend, SqliteOptions};
use tokio::task::JoinHandle;

use super::support::{PATIENCE, User, define, directory, fresh, user};

/// Keeps the writer busy until it is told to end.
pub(crate) async fn busy(backend: &Backend) -> (mpsc::Sender<()>, JoinHandle<Result<()>>) {
    let native: SqliteBackend = backend.native::<SqliteBackend>().unwrap().clone();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (end, may_end) = mpsc::channel();
    let busy = tokio::spawn(async move {
        let wait = move |_: &mut rusqlite::Connection| {
            let _ = begun.send(());
            let _ = may_end.recv_timeout(PATIENCE);
            Ok(())
        };
        native.with_writer(wait).await
    });
    has_begun.await.unwrap();
    (end, busy)
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_a_write_whose_turn_comes_too_late_surely_did_not_happen() {
    let (_directory, backend, users) = fresh().await;
    let ada = users.insert(&user("ada", 1)).await.unwrap();
    let (end, busy) = busy(&backend).await;
    let limit = Duration::from_millis(150);
    let calls: Vec<JoinHandle<(Error, Duration)>> = (0..5)
        .map(|call| {
            let (users, start) = (users.clone(), Instant::now());
            tokio::spawn(async move {
                let outcome = match call {
                    0 => users.insert(&user("late", 1)).timeout(limit).await.map(drop),
                    1 => users.insert_many(&[user("late", 1)]).timeout(limit).await.map(drop),
                    2 => users.replace(&user("ada", 2)).timeout(limit).await.map(drop),
                    3 => users.upsert(&user("ada", 3)).timeout(limit).await.map(drop),
                    _ => users.delete("ada").timeout(limit).await.map(drop),
                };
                (outcome.unwrap_err(), start.elapsed())
            })
        })
        .collect();
    for call in calls {
        let (error, elapsed) = call.await.unwrap();
        assert!(error.is_timeout() && error.is_retryable() && !error.may_have_happened(), "{error}");
        assert!(elapsed < Duration::from_millis(450), "{elapsed:?}");
    }
    end.send(()).unwrap();
    busy.await.unwrap().unwrap();
    users.insert(&user("next", 1)).await.unwrap();
    assert!(users.get("late").await.unwrap().is_none(), "it was not done later");
    assert_eq!(users.get("ada").await.unwrap(), Some(ada));
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_what_surely_did_not_happen_is_not_there_however_the_turn_falls() {
    let (_directory, backend, users) = fresh().await;
    let (mut stored, mut late) = (0, 0);
    for round in 0..60_u64 {
        let (end, busy) = busy(&backend).await;
        let limit = Duration::from_millis(5);
        let start = Instant::now();
        let calls: Vec<JoinHandle<(User, Result<User>)>> = (0..8)
            .map(|n| {
                let (users, one) = (users.clone(), user(&format!("u{round}-{n}"), 1));
                tokio::spawn(async move {
                    let outcome = users.insert(&one).timeout(limit).await;
                    (one, outcome)
                })
            })
            .collect();
        // Their turn comes around their deadline.
        let turn = Duration::from_micros(3_500 + 50 * round);
        while start.elapsed() < turn {
            tokio::task::yield_now().await;
        }
        end.send(()).unwrap();
        busy.await.unwrap().unwrap();
        for call in calls {
            let (one, outcome) = call.await.unwrap();
            // Behind everything that is still in the queue.
            users.insert(&user(&format!("then-{}", one.id), 1)).await.unwrap();
            let is_there = users.get(&one.id).await.unwrap().is_some();
            match outcome {
                Ok(_) => assert!(is_there, "{}", one.id),
                Err(error) => {
                    assert!(error.is_timeout(), "{error}");
                    assert!(error.may_have_happened() || !is_there, "{}: {error}", one.id);
                    late += 1;
                }
            }
            stored += usize::from(is_there);
        }
    }
    assert!(stored > 0 && late > 0, "{stored} stored, {late} late");
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_all_in_the_queue_wait_for_a_lock_at_once_and_not_one_after_another() {
    let (_directory, path) = directory();
    let options = SqliteOptions::new(&path).busy_timeout(Duration::from_millis(200));
    let users = define(&Backend::new(Arc::new(SqliteBackend::open(options).await.unwrap()))).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let insert = |number: u32| {
        let users = users.clone();
        tokio::spawn(async move { users.insert(&user(&format!("u{number}"), number)).await })
    };
    let calls: Vec<_> = (0..16).map(insert).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_unavailable() && !error.may_have_happened(), "{error}");
    }
    // One after another would be 3.2 s.
    assert!(start.elapsed() < Duration::from_millis(1_600), "{:?}", start.elapsed());
    other.execute_batch("COMMIT").unwrap();
    users.insert(&user("u0", 0)).await.unwrap();
}
