//! Batches beside other writes and beside readers, of this process and of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backends_core::{Filter, Update};

use crate::support::{count, define, fresh, open, user};
use crate::turns::busy;

fn pay(logins: i64) -> Update {
    Update::new().inc("logins", logins)
}

#[tokio::test(flavor = "multi_thread")]
async fn c33_a_reader_sees_all_of_a_batch_or_nothing() {
    let (directory, backend, users) = fresh().await;
    users.insert_many(&[user("ada", 50), user("bo", 50)]).await.unwrap();
    let another = open(&directory.path().join("app.db")).await;
    let seen = [define(&backend).await, define(&another).await];
    let is_over = Arc::new(AtomicBool::new(false));
    let looking = seen.map(|users| {
        let is_over = Arc::clone(&is_over);
        tokio::spawn(async move {
            let mut looks = 0;
            while !is_over.load(Ordering::Relaxed) || looks == 0 {
                let found = users.find(Filter::all()).await.unwrap();
                assert_eq!(found.iter().map(|user| user.logins).sum::<u32>(), 100);
                looks += 1;
            }
        })
    });
    for round in 0..100 {
        let by = if round % 2 == 0 { 7 } else { -7 };
        backend.batch().update(&users, "ada", pay(by)).update(&users, "bo", pay(-by)).await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    for task in looking {
        task.await.unwrap();
    }
    another.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn c33_a_batch_that_fails_undoes_nothing_of_those_that_share_its_transaction() {
    let (_directory, backend, users) = fresh().await;
    users.insert_many(&[user("ada", 1), user("eve", 1)]).await.unwrap();
    let (end, busy) = busy(&backend).await;
    let before = tokio::spawn(users.insert(&user("before", 1)).into_future());
    let batch = backend.batch().insert(&users, &user("new", 1)).delete(&users, "ada").insert(&users, &user("eve", 1));
    let failing = tokio::spawn(batch.into_future());
    let good = backend.batch().insert(&users, &user("with", 1)).update(&users, "ada", pay(1));
    let good = tokio::spawn(good.into_future());
    let after = tokio::spawn(users.insert(&user("after", 1)).into_future());
    end.send(()).unwrap();
    busy.await.unwrap().unwrap();
    let stored = [before.await.unwrap().is_ok(), good.await.unwrap().is_ok(), after.await.unwrap().is_ok()];
    let error = failing.await.unwrap().unwrap_err();
    assert_eq!((stored, error.position()), ([true; 3], Some(2)), "{error}");
    assert_eq!(count(&backend).await, 5);
    assert_eq!(users.get("ada").await.unwrap().unwrap().logins, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn c33_c42_a_batch_whose_turn_comes_too_late_surely_did_not_happen() {
    let (_directory, backend, users) = fresh().await;
    let (end, busy) = busy(&backend).await;
    let late = backend.batch().insert(&users, &user("late", 1)).timeout(Duration::from_millis(100)).await;
    let error = late.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && !error.may_have_happened(), "{error}");
    end.send(()).unwrap();
    busy.await.unwrap().unwrap();
    users.insert(&user("next", 1)).await.unwrap();
    assert_eq!(count(&backend).await, 1);
}
