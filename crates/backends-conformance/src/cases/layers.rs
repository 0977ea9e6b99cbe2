//! Layers: what they see of a call, in which order they stand, and that none can pretend.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Waker};
use std::time::Duration;

use async_trait::async_trait;
use backends_core::{Call, Error, ErrorKind, Layer, Next, Repository, Result, Timestamp, driver};

use tokio::sync::Semaphore;

use crate::Context;
use crate::expect::{debug_tells_nothing, refused};
use crate::records::{User, id};
use crate::wrapped::{Act, Faults, Seen};

type Log = Arc<Mutex<Vec<(&'static str, Call)>>>;

/// Notes what it sees, then does to the call what it is told.
#[derive(Debug, Clone)]
struct Noting {
    name: &'static str,
    log: Log,
    does: Does,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    Run,
    RunTwice,
    RunUntilItGoesWell,
    RunThriceWhateverComes,
    GiveUpThenRun,
    Nothing,
    Refuse,
}

#[async_trait]
impl Layer for Noting {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        self.log.lock().unwrap().push((self.name, call.clone()));
        if call.operation == "define" {
            return next.run().await;
        }
        match self.does {
            Does::Run => next.run().await,
            Does::RunTwice => {
                next.run().await?;
                next.run().await
            }
            Does::RunUntilItGoesWell => loop {
                match next.run().await {
                    Err(error) if error.is_retryable() => {}
                    answer => return answer,
                }
            },
            Does::RunThriceWhateverComes => {
                let _ = next.run().await;
                let _ = next.run().await;
                next.run().await
            }
            Does::GiveUpThenRun => {
                {
                    let mut given_up = pin!(next.run());
                    let _ = given_up.as_mut().poll(&mut Task::from_waker(Waker::noop()));
                }
                next.run().await
            }
            Does::Nothing => Ok(()),
            Does::Refuse => Err(Error::throttled("refused by a layer: ask later")),
        }
    }
}

fn noting(name: &'static str, does: Does) -> (Noting, Log) {
    let log = Log::default();
    (Noting { name, log: Arc::clone(&log), does }, log)
}

fn take(log: &Log) -> Vec<(&'static str, Call)> {
    std::mem::take(&mut *log.lock().unwrap())
}

async fn users(context: &Context, layer: Noting) -> Repository<User> {
    // What a layer does, it does to the calls on the repository.
    let backend = context.backend().await.with_layer(layer);
    backend.define(context.definition("users").build().unwrap()).await.unwrap()
}

pub async fn c42_layers_see_every_call_and_none_of_its_values(context: &Context) {
    let (layer, log) = noting("a", Does::Run);
    let users = users(context, layer).await;
    take(&log);
    let ada = users.insert(&User::new("ada")).await.unwrap();
    users.get(&ada.id).await.unwrap();
    users.get_many([&ada.id, &id(1)]).await.unwrap();
    users.insert_many([&User::new("eve"), &User::new("ivy"), &User::new("joy")]).await.unwrap();
    users.replace(&ada).await.unwrap();
    users.upsert(&ada).await.unwrap();
    users.delete(&ada.id).await.unwrap();
    users.backend().ping().await.unwrap();
    let seen = take(&log);
    let operations: Vec<_> = seen.iter().map(|(_, call)| (call.operation, call.batch_size)).collect();
    let expected = [
        ("insert", None),
        ("get", None),
        ("get_many", Some(2)),
        ("insert_many", Some(3)),
        ("replace", None),
        ("upsert", None),
        ("delete", None),
        ("ping", None),
    ];
    assert_eq!(operations, expected);
    for (_, call) in &seen {
        let repository = (call.operation != "ping").then_some(users.name());
        assert_eq!((call.repository.as_deref(), call.backend), (repository, users.backend().name()));
        debug_tells_nothing(call);
    }
    let mut ids: Vec<_> = seen.iter().map(|(_, call)| call.write_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), seen.len(), "two calls have one write id");
}

pub async fn c42_the_layer_added_last_stands_outside(context: &Context) {
    let (inner, log) = noting("inner", Does::Run);
    let (outer, _) = noting("outer", Does::Run);
    let outer = Noting { log: Arc::clone(&log), ..outer };
    let backend = context.backend().await.with_layer(inner).with_layer(outer);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    take(&log);
    users.get(id(1)).await.unwrap();
    assert_eq!(take(&log).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["outer", "inner"]);
}

pub async fn c42_a_layer_stands_around_what_is_defined_through_it(context: &Context) {
    let before = context.repository::<User>("users").await;
    let (layer, log) = noting("a", Does::Run);
    let after = users(context, layer).await;
    take(&log);
    let ada = before.insert(&User::new("ada")).await.unwrap();
    assert_eq!(take(&log).len(), 0);
    assert_eq!(after.typed::<User>().get(&ada.id).await.unwrap(), Some(ada));
    assert_eq!(take(&log).len(), 1);
}

pub async fn c42_a_call_may_be_run_twice(context: &Context) {
    let (layer, _) = noting("a", Does::RunTwice);
    let users = users(context, layer).await;
    let ada = User::new("ada").with_id(&id(1));
    let upserted = users.upsert(&ada).await.unwrap();
    assert!(upserted.created && upserted.record == ada);
    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(users.get_many([&ada.id]).await.unwrap(), [Some(ada.clone())]);
    let changed = ada.with_logins(1);
    assert_eq!(users.replace(&changed).await.unwrap(), changed);
    assert_eq!(users.delete(&ada.id).await.unwrap(), Some(changed));
    assert_eq!(users.insert(&ada).await.unwrap(), ada);
    let many = [User::new("eve").with_id(&id(2)), User::new("ivy").with_id(&id(3))];
    assert_eq!(users.insert_many(&many).await.unwrap().stored(), 2);
    refused(users.insert(&ada).await, ErrorKind::AlreadyExists, "insert");
    users.backend().ping().await.unwrap();
}

/// Every write of a record that is there, and of one that is not: what came of each.
async fn all_writes(users: &Repository<User>, there: &User) -> [(Result<()>, &'static str); 5] {
    [
        (users.insert(&User::new("eve").with_id(&id(7))).await.map(drop), "insert"),
        (users.insert_many([&User::new("ivy").with_id(&id(8))]).await.map(drop), "insert_many"),
        (users.replace(&there.with_logins(1)).await.map(drop), "replace"),
        (users.upsert(&there.with_logins(2)).await.map(drop), "upsert"),
        (users.delete(&there.id).await.map(drop), "delete"),
    ]
}

pub async fn c42_a_write_that_may_have_happened_is_not_run_again(context: &Context) {
    let faults = Faults::default();
    let (layer, _) = noting("a", Does::RunThriceWhateverComes);
    let backend = context.wrapped(&faults).await.with_layer(layer);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for operation in WRITES {
        faults.always(operation, Act::LoseAnswer);
    }
    faults.take_seen();
    for (result, operation) in all_writes(&users, &ada).await {
        let error = refused(result, ErrorKind::Unavailable, operation);
        assert!(error.may_have_happened(), "{error}");
    }
    assert_eq!(writes_of(&faults), ["insert", "insert_many", "replace", "replace", "delete"]);
    assert_eq!(users.get_many([id(7), id(8)]).await.unwrap().into_iter().flatten().count(), 2);
    assert_eq!(users.get(&ada.id).await.unwrap(), None);
}

pub async fn c42_a_write_that_a_layer_gave_up_is_not_run_again(context: &Context) {
    let faults = Faults::default();
    let (layer, _) = noting("a", Does::GiveUpThenRun);
    let backend = context.wrapped(&faults).await.with_layer(layer);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = User::new("ada").with_id(&id(1));
    context.repository::<User>("users").await.insert(&ada).await.unwrap();
    for operation in WRITES.into_iter().chain(["get"]) {
        faults.always(operation, Act::After(2));
    }
    faults.take_seen();
    for (result, operation) in all_writes(&users, &ada).await {
        let error = refused(result, ErrorKind::Timeout, operation);
        assert!(error.may_have_happened(), "{error}");
    }
    assert_eq!(writes_of(&faults), ["insert", "insert_many", "replace", "replace", "delete"]);
    assert!(users.get(&ada.id).await.unwrap().is_some(), "a read is asked again");
}

/// Lets the time of a call pass before it is made, and tells when that is over.
#[derive(Debug, Clone)]
struct Late {
    over: Arc<Semaphore>,
}

#[async_trait]
impl Layer for Late {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        if call.operation == "define" {
            return next.run().await;
        }
        tokio::time::sleep(LIMIT * 3).await;
        let outcome = next.run().await;
        self.over.add_permits(1);
        outcome
    }
}

const LIMIT: Duration = Duration::from_millis(50);

pub async fn c42_a_call_that_a_layer_holds_beyond_its_deadline_is_not_made(context: &Context) {
    let faults = Faults::default();
    let over = Arc::new(Semaphore::new(0));
    let backend = context.wrapped(&faults).await.with_layer(Late { over: Arc::clone(&over) }).with_timeout(LIMIT);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let plain = context.repository::<User>("users").await;
    let ada = User::new("ada").with_id(&id(1));
    plain.insert(&ada).await.unwrap();
    faults.take_seen();
    for (result, operation) in all_writes(&users, &ada).await {
        let error = refused(result, ErrorKind::Timeout, operation);
        assert!(!error.may_have_happened() && error.is_retryable(), "{error}");
    }
    // Each goes on by itself, and finds that it is too late.
    over.acquire_many(5).await.unwrap().forget();
    assert_eq!(writes_of(&faults), Vec::<&str>::new());
    assert_eq!(plain.get_many([id(1), id(7), id(8)]).await.unwrap(), [Some(ada), None, None]);
    refused(users.get(id(1)).await, ErrorKind::Timeout, "get");
}

const WRITES: [&str; 4] = ["insert", "insert_many", "replace", "delete"];

/// The writes that came to the driver, without what core does for one that leaves them to it.
fn writes_of(faults: &Faults) -> Vec<&'static str> {
    faults.take_operations().into_iter().filter(|operation| WRITES.contains(operation)).collect()
}

pub async fn c42_every_try_of_a_call_has_one_write_id(context: &Context) {
    let faults = Faults::default();
    let (layer, log) = noting("a", Does::RunUntilItGoesWell);
    let backend = context.wrapped(&faults).await.with_layer(layer);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    for operation in ["insert", "get", "replace", "insert_many"] {
        faults.once(operation, Act::Fail(ErrorKind::Unavailable));
        faults.once(operation, Act::Fail(ErrorKind::Throttled));
    }
    faults.take_seen();
    take(&log);
    let ada = users.insert(&User::new("ada")).await.unwrap();
    users.get(&ada.id).await.unwrap();
    users.replace(&ada).await.unwrap();
    users.insert_many([&User::new("eve")]).await.unwrap();
    let seen = faults.take_seen();
    let calls = take(&log);
    assert_eq!(calls.len(), 4);
    for (_, call) in &calls {
        let tries = seen.iter().filter(|one| one.operation == call.operation && one.write_id == call.write_id);
        assert_eq!(tries.count(), 3, "{}", call.operation);
    }
    // Of what core builds on swaps, the one record of `insert_many` has an id of its own.
    let id_in = |call: &Call, one: &Seen| match (call.operation, one.operation) {
        ("insert_many", "swap") => write_id_at(call, 0),
        _ => call.write_id,
    };
    assert!(seen.iter().all(|one| calls.iter().any(|(_, call)| id_in(call, one) == one.write_id)));
}

/// The id of the write at this position of a call on many records.
fn write_id_at(call: &Call, position: usize) -> [u8; 16] {
    let mut context = driver::Context::new(Timestamp::MIN, Duration::ZERO);
    context.write_id = call.write_id;
    context.write_id_at(position)
}

pub async fn c42_each_record_of_insert_many_has_a_write_id_of_its_own(context: &Context) {
    let faults = Faults::default();
    let (layer, log) = noting("a", Does::Run);
    let backend = context.wrapped(&faults).await.with_layer(layer);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    faults.always("insert_many", Act::BySwap);
    faults.take_seen();
    take(&log);
    users.insert_many([&User::new("eve"), &User::new("ivy")]).await.unwrap();
    let swaps = faults.take_seen().into_iter().filter(|one| one.operation == "swap");
    let ids: Vec<_> = swaps.map(|one| one.write_id).collect();
    let [(_, call)] = &take(&log)[..] else { panic!("one call is not one to the layer") };
    assert_eq!(ids, [write_id_at(call, 0), write_id_at(call, 1)]);
    assert!(ids[0] != ids[1] && !ids.contains(&call.write_id), "two writes have one id");
}

pub async fn c42_a_layer_that_says_ok_without_running_is_an_error(context: &Context) {
    let (layer, _) = noting("a", Does::Nothing);
    let users = users(context, layer).await;
    let ada = User::new("ada").with_id(&id(1));
    refused(users.insert(&ada).await, ErrorKind::Unexpected, "insert");
    refused(users.get(&ada.id).await, ErrorKind::Unexpected, "get");
    refused(users.get_many([&ada.id]).await, ErrorKind::Unexpected, "get_many");
    refused(users.insert_many([&ada]).await, ErrorKind::Unexpected, "insert_many");
    refused(users.upsert(&ada).await, ErrorKind::Unexpected, "upsert");
    refused(users.replace(&ada).await, ErrorKind::Unexpected, "replace");
    let error = refused(users.delete(&ada.id).await, ErrorKind::Unexpected, "delete");
    assert!(error.to_string().contains("next.run()"), "the remedy is missing: {error}");
    refused(users.backend().ping().await, ErrorKind::Unexpected, "ping");
    assert!(context.repository::<User>("users").await.get(&ada.id).await.unwrap().is_none());
}

pub async fn c40_the_error_of_a_layer_has_its_place(context: &Context) {
    let (layer, _) = noting("a", Does::Refuse);
    let users = users(context, layer).await;
    let error = refused(users.insert(&User::new("ada")).await, ErrorKind::Throttled, "insert");
    assert!(error.is_retryable() && error.repository() == Some(users.name()));
    refused(users.get(id(1)).await, ErrorKind::Throttled, "get");
}

pub async fn c35_the_clock_can_be_given(context: &Context) {
    let clock = || Timestamp::from_millis(0x0102_0304 * 1_000).unwrap();
    let backend = context.backend().await.with_clock(clock);
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    assert!(ada.id.starts_with("01020304"), "an id begins with the seconds of its clock");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
