//! C42: a call that is dropped half-way leaves nothing half done.

use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use backends_core::action::Pending;
use backends_core::{ErrorKind, Filter, Repository};
use tokio::sync::Semaphore;

use crate::Context;
use crate::expect::refused;
use crate::records::{User, id};
use crate::wrapped::{Act, Faults};

/// How long a write may take to be seen.
const PATIENCE: Duration = Duration::from_secs(20);

async fn users(context: &Context, faults: &Faults) -> Repository<User> {
    let backend = context.wrapped(faults).await;
    backend.define(context.definition("users").build().unwrap()).await.unwrap()
}

/// Polls the call this often, then drops it; it has to be under way still.
fn drop_after<R>(polls: usize, mut call: Pending<R>) {
    let mut task = Task::from_waker(Waker::noop());
    for _ in 0..polls {
        assert!(matches!(call.as_mut().poll(&mut task), Poll::Pending), "it was done before it could be dropped");
    }
}

/// Waits until the record is as it should be.
async fn becomes(users: &Repository<User>, id: &str, is_right: impl Fn(Option<&User>) -> bool) {
    let seen = async {
        while !is_right(users.get(id).await.unwrap().as_ref()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("the write was lost");
}

/// Keeps every write under way for more polls than a case makes.
fn slow(faults: &Faults) {
    for operation in ["insert", "insert_many", "replace", "delete"] {
        faults.always(operation, Act::After(5));
    }
}

pub async fn c42_an_insert_that_is_dropped_half_way_is_stored(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    slow(&faults);
    for polls in 1..=3 {
        for at in 0..16 {
            drop_after(polls, users.insert(&User::new("x").with_id(&id(polls * 100 + at))).into_future());
        }
        for at in 0..16 {
            becomes(&users, &id(polls * 100 + at), |user| user.is_some()).await;
        }
    }
}

pub async fn c42_an_insert_many_that_is_dropped_half_way_is_stored(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    slow(&faults);
    for polls in 1..=3 {
        let all: Vec<_> = (0..30).map(|at| User::new("x").with_id(&id(polls * 100 + at))).collect();
        drop_after(polls, users.insert_many(&all).into_future());
        for user in &all {
            becomes(&users, &user.id, |user| user.is_some()).await;
        }
    }
}

pub async fn c42_a_replace_and_an_upsert_that_are_dropped_half_way_are_stored(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    slow(&faults);
    for polls in 1..=3 {
        let logins = i64::try_from(polls).unwrap();
        drop_after(polls, users.replace(&ada.with_logins(logins)).into_future());
        becomes(&users, &ada.id, |user| user.unwrap().logins == logins).await;
        let fresh = User::new("x").with_id(&id(polls));
        drop_after(polls, users.upsert(&fresh).into_future());
        becomes(&users, &fresh.id, |user| user == Some(&fresh)).await;
    }
}

pub async fn c42_a_delete_that_is_dropped_half_way_is_done(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    slow(&faults);
    for polls in 1..=3 {
        let ada = users.insert(&User::new("ada")).await.unwrap();
        drop_after(polls, users.delete(&ada.id).into_future());
        becomes(&users, &ada.id, |user| user.is_none()).await;
    }
}

pub async fn c42_writes_by_swap_that_are_dropped_half_way_are_done(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for operation in ["insert", "insert_many", "replace", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    faults.always("swap", Act::After(5));
    for polls in 1..=3 {
        let fresh = User::new("x").with_id(&id(polls));
        drop_after(polls, users.insert(&fresh).into_future());
        becomes(&users, &fresh.id, |user| user.is_some()).await;
        let all = [10, 20].map(|at| User::new("x").with_id(&id(at + polls)));
        drop_after(polls, users.insert_many(&all).into_future());
        becomes(&users, &all[1].id, |user| user.is_some()).await;
    }
    drop_after(1, users.delete(&ada.id).into_future());
    becomes(&users, &ada.id, |user| user.is_none()).await;
}

pub async fn c42_a_call_that_was_never_polled_does_nothing(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    faults.take_seen();
    drop_after(0, users.insert(&User::new("x").with_id(&id(1))).into_future());
    drop_after(0, users.insert_many([&User::new("x").with_id(&id(2))]).into_future());
    drop_after(0, users.upsert(&User::new("x").with_id(&id(3))).into_future());
    drop_after(0, users.delete(id(4)).into_future());
    drop_after(0, users.get(id(4)).into_future());
    // Behind whatever was handed to the runtime.
    tokio::spawn(users.get(id(5)).into_future()).await.unwrap().unwrap();
    assert_eq!(faults.take_operations(), ["get"]);
}

pub async fn c42_a_read_that_is_dropped_is_over(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    for operation in ["get", "find"] {
        faults.always(operation, Act::Wait(Arc::clone(&gate)));
    }
    faults.take_seen();
    for polls in 1..=3 {
        drop_after(polls, users.get(&ada.id).into_future());
        drop_after(polls, users.get_many([&ada.id]).into_future());
        drop_after(polls, users.find(Filter::all()).into_future());
    }
    assert_eq!(faults.take_operations(), ["get", "get", "find"].repeat(3), "each has come to the driver");
    // Whoever still waited at the gate would have the permit at once.
    gate.add_permits(1);
    assert_eq!(gate.available_permits(), 1, "a read goes on that nobody waits for");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c42_a_write_that_was_given_up_is_done_whole_or_not_at_all(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let gate = Arc::new(Semaphore::new(0));
    faults.always("insert", Act::Wait(Arc::clone(&gate)));
    let ada = User::new("ada").with_id(&id(1));
    let error = refused(users.insert(&ada).timeout(Duration::from_millis(30)).await, ErrorKind::Timeout, "insert");
    assert!(error.may_have_happened());
    assert!(users.get(&ada.id).await.unwrap().is_none());
    gate.add_permits(2);
    // A driver may refuse what comes to it too late. Whichever it was, the same write made again settles it.
    match users.insert(&ada).await {
        Ok(stored) => assert_eq!(stored, ada),
        Err(error) => assert!(error.is_already_exists(), "{error}"),
    }
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c42_a_define_that_is_dropped_half_way_can_be_made_again(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    faults.always("define", Act::After(5));
    let definition = context.definition("users").build().unwrap();
    for polls in 1..=3 {
        drop_after(polls, backend.define::<User>(definition.clone()).into_future());
    }
    let users = backend.define::<User>(definition).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
