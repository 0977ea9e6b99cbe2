//! C42: every call ends at its deadline, and says whether it may have happened.

use std::time::{Duration, Instant};

use backends_core::{Error, ErrorKind, Repository, Result};

use crate::Context;
use crate::expect::refused;
use crate::records::{User, id};
use crate::wrapped::{Act, Faults};

const LIMIT: Duration = Duration::from_millis(50);
/// What the slowest machine may need beyond a limit.
const SLACK: Duration = Duration::from_secs(20);

async fn users(context: &Context, faults: &Faults) -> Repository<User> {
    let backend = context.wrapped(faults).await;
    backend.define(context.definition("users").build().unwrap()).await.unwrap()
}

fn hang(faults: &Faults) {
    for operation in ["insert", "insert_many", "get", "replace", "delete", "swap", "ping", "define"] {
        faults.always(operation, Act::Hang);
    }
}

/// The error of a call that is not answered, which ends at its limit and not before.
async fn timed_out<T>(operation: &str, call: impl Future<Output = Result<T>>) -> Error {
    let start = Instant::now();
    let error = refused(call.await, ErrorKind::Timeout, operation);
    let took = start.elapsed();
    assert!(took >= LIMIT && took < LIMIT + SLACK, "{operation} took {took:?}");
    assert!(error.to_string().contains("timeout"), "the remedy is missing: {error}");
    error
}

pub async fn c42_l53_a_read_ends_at_its_deadline_and_surely_changed_nothing(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    hang(&faults);
    for error in [
        timed_out("get", users.get(id(1)).timeout(LIMIT).into_future()).await,
        timed_out("get_many", users.get_many([id(1)]).timeout(LIMIT).into_future()).await,
        timed_out("ping", users.backend().ping().timeout(LIMIT).into_future()).await,
    ] {
        assert!(!error.may_have_happened() && error.is_retryable(), "{error}");
    }
}

pub async fn c42_l53_a_write_ends_at_its_deadline_and_may_have_happened(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    hang(&faults);
    for error in [
        timed_out("insert", users.insert(&User::new("eve")).timeout(LIMIT).into_future()).await,
        timed_out("insert_many", users.insert_many([&User::new("eve")]).timeout(LIMIT).into_future()).await,
        timed_out("replace", users.replace(&ada).timeout(LIMIT).into_future()).await,
        timed_out("upsert", users.upsert(&ada).timeout(LIMIT).into_future()).await,
        timed_out("delete", users.delete(&ada.id).timeout(LIMIT).into_future()).await,
    ] {
        assert!(error.may_have_happened() && !error.is_retryable(), "{error}");
    }
}

pub async fn c42_the_deadline_of_a_backend_holds_where_none_is_given(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await.with_timeout(LIMIT);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    hang(&faults);
    timed_out("get", users.get(id(1)).into_future()).await;
    timed_out("insert", users.insert(&User::new("ada")).into_future()).await;
    timed_out("ping", backend.ping().into_future()).await;
}

pub async fn c42_define_has_a_limit_of_its_own(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await.with_timeout(Duration::ZERO);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    hang(&faults);
    refused(users.get(id(1)).await, ErrorKind::Timeout, "get");
}

pub async fn c42_define_ends_at_its_deadline(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    faults.always("define", Act::Hang);
    let definition = context.definition("users").build().unwrap();
    timed_out("define", backend.define::<User>(definition).timeout(LIMIT).into_future()).await;
}

pub async fn c42_a_define_that_waits_for_another_ends_at_its_own_deadline(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    faults.once("define", Act::Hang);
    let definition = context.definition("users").build().unwrap();
    let first = tokio::spawn(backend.define::<User>(definition.clone()).timeout(Duration::from_secs(60)).into_future());
    while faults.take_operations() != ["define"] {
        tokio::task::yield_now().await;
    }
    let second = backend.define::<User>(definition.clone()).timeout(LIMIT);
    let second = tokio::time::timeout(LIMIT + SLACK, second.into_future()).await;
    refused(second.expect("it waits without end"), ErrorKind::Timeout, "define");
    first.abort();
    assert!(first.await.is_err());
    backend.define::<User>(definition).timeout(SLACK).await.unwrap();
}

pub async fn c42_l46_a_call_that_hangs_holds_up_nobody(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    faults.take_seen();
    for operation in ["get", "insert", "replace", "delete", "define"] {
        faults.once(operation, Act::Hang);
    }
    let other = users.backend().define::<User>(context.definition("others").build().unwrap());
    let hanging = [
        tokio::spawn(drop_answer(users.get(&ada.id).into_future())),
        tokio::spawn(drop_answer(users.insert(&User::new("eve")).into_future())),
        tokio::spawn(drop_answer(users.replace(&ada).into_future())),
        tokio::spawn(drop_answer(users.delete(&ada.id).into_future())),
        tokio::spawn(drop_answer(other.into_future())),
    ];
    let mut seen = 0;
    while seen < hanging.len() {
        seen += faults.take_seen().len();
        tokio::task::yield_now().await;
    }
    let after = users.replace(&ada.with_logins(1)).timeout(SLACK).await.unwrap();
    assert_eq!(users.get(&ada.id).timeout(SLACK).await.unwrap(), Some(after));
    users.insert(&User::new("ivy")).timeout(SLACK).await.unwrap();
    users.delete(&ada.id).timeout(SLACK).await.unwrap();
    users.backend().ping().timeout(SLACK).await.unwrap();
    let third = users.backend().define::<User>(context.definition("third").build().unwrap());
    third.timeout(SLACK).await.unwrap();
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}

async fn drop_answer<T>(call: impl Future<Output = Result<T>>) {
    drop(call.await);
}

pub async fn c42_no_time_and_endless_time_are_no_panic(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).timeout(Duration::MAX).await.unwrap();
    assert_eq!(users.get(&ada.id).timeout(Duration::MAX).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(users.get_many([&ada.id]).timeout(Duration::MAX).await.unwrap(), [Some(ada.clone())]);
    users.insert_many([&User::new("eve")]).timeout(Duration::MAX).await.unwrap();
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    hang(&faults);
    let error = refused(users.get(&ada.id).timeout(Duration::ZERO).await, ErrorKind::Timeout, "get");
    assert!(!error.may_have_happened());
}

pub async fn c42_progress_renews_the_deadline_of_a_call_on_many_records(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    faults.always("insert_many", Act::BySwap);
    faults.always("swap", Act::Sleep(Duration::from_millis(60)));
    let all: Vec<_> = (0..8).map(|at| User::new("x").with_id(&id(at))).collect();
    let inserted = users.insert_many(&all).timeout(Duration::from_millis(400)).await.unwrap();
    assert_eq!(inserted.stored(), 8);
    faults.once("swap", Act::Pass);
    faults.once("swap", Act::Hang);
    let more: Vec<_> = (10..13).map(|at| User::new("x").with_id(&id(at))).collect();
    timed_out("insert_many", users.insert_many(&more).timeout(LIMIT * 4).into_future()).await;
}

pub async fn c42_a_write_that_is_too_late_may_still_be_done(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    faults.always("insert", Act::HangAfterwards);
    let ada = User::new("ada").with_id(&id(1));
    let error = timed_out("insert", users.insert(&ada).timeout(LIMIT).into_future()).await;
    assert!(error.may_have_happened());
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
