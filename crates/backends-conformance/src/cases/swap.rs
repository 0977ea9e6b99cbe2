//! The one primitive: what core builds on a driver's compare-and-swap is the same as what the driver does itself.

use backends_core::{ErrorKind, Record, Repository};

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, Pair, User, id};
use crate::wrapped::{Act, Faults};

/// A repository whose every write core builds on `swap`.
async fn by_swap<T: Record>(
    context: &Context,
    faults: &Faults,
    definition: backends_core::DefinitionBuilder,
) -> Repository<T> {
    for operation in ["insert", "insert_many", "replace", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    context.wrapped(faults).await.define(definition.build().unwrap()).await.unwrap()
}

async fn users(context: &Context) -> Repository<User> {
    by_swap(context, &Faults::default(), context.definition("users")).await
}

pub async fn c26_t02_an_insert_by_swap_never_overwrites(context: &Context) {
    let users = users(context).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let error = refused(users.insert(&User::new("eve").with_id(&ada.id)).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(error.index(), Some("primary"));
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c26_s05_an_insert_many_by_swap_stores_what_it_can(context: &Context) {
    let users = users(context).await;
    users.insert(&User::new("before").with_id(&id(1))).await.unwrap();
    let all: Vec<_> = [0, 1, 2, 2, 3].map(|at| User::new("x").with_id(&id(at))).into();
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let positions: Vec<_> = error.inserted().unwrap().failures().map(|(position, _)| position).collect();
    assert_eq!(positions, [1, 3]);
}

pub async fn c30_replace_and_upsert_by_swap_do_what_they_say(context: &Context) {
    let users = users(context).await;
    let ada = User::new("ada").with_id(&id(1));
    refused(users.replace(&ada).await, ErrorKind::NotFound, "replace");
    assert!(users.upsert(&ada).await.unwrap().created);
    assert!(!users.upsert(&ada.with_logins(1)).await.unwrap().created);
    users.replace(&ada.with_logins(2)).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada.with_logins(2)));
}

pub async fn c11_c30_writes_by_swap_keep_the_stored_id(context: &Context) {
    let faults = Faults::default();
    let records = by_swap::<Keyed<String>>(context, &faults, context.definition("keyed").partition_key("key")).await;
    let inserted = records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let after = records.replace(&Keyed::new("a".to_owned(), "y")).await.unwrap();
    assert_eq!(after.id, inserted.id);
    let other = Keyed { id: id(1), ..after.clone() };
    refused(records.upsert(&other).await, ErrorKind::InvalidInput, "upsert");
    assert_eq!(records.get("a").await.unwrap(), Some(after));
}

pub async fn c27_a_delete_by_swap_gives_the_record(context: &Context) {
    let faults = Faults::default();
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let pairs = by_swap::<Pair<String, f64>>(context, &faults, definition).await;
    let one = pairs.insert(&Pair::new("a".to_owned(), 0.1, "x")).await.unwrap();
    assert_eq!(pairs.delete(("a", 0.1)).await.unwrap(), Some(one));
    assert!(pairs.delete(("a", 0.1)).await.unwrap().is_none());
}

pub async fn c30_l22_a_swap_sees_what_got_in_between(context: &Context) {
    let faults = Faults::default();
    let slow = by_swap::<User>(context, &faults, context.definition("users")).await;
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for round in 0..5 {
        let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
        faults.once("swap", Act::Wait(std::sync::Arc::clone(&gate)));
        faults.take_seen();
        let replace = tokio::spawn(slow.replace(&ada.with_logins(round)).into_future());
        while !faults.take_operations().contains(&"swap") {
            tokio::task::yield_now().await;
        }
        if round == 4 {
            users.delete(&ada.id).await.unwrap();
        } else {
            users.replace(&ada.with_logins(-1).with_nick("between")).await.unwrap();
        }
        gate.add_permits(1);
        let replaced = replace.await.unwrap();
        if round == 4 {
            refused(replaced, ErrorKind::NotFound, "replace");
            assert!(users.get(&ada.id).await.unwrap().is_none(), "a deleted record came back");
        } else {
            assert_eq!(Some(replaced.unwrap()), users.get(&ada.id).await.unwrap());
        }
    }
}

pub async fn c30_racing_writes_by_swap_lose_nothing(context: &Context) {
    let users = users(context).await;
    let racing: Vec<_> = (0..50)
        .map(|task| tokio::spawn(users.upsert(&User::new("x").with_id(&id(1)).with_logins(task)).into_future()))
        .collect();
    let mut created = 0;
    for task in racing {
        created += usize::from(task.await.unwrap().unwrap().created);
    }
    assert_eq!(created, 1);
    let racing: Vec<_> = (0..50).map(|_| tokio::spawn(users.delete(id(1)).into_future())).collect();
    let mut deleted = 0;
    for task in racing {
        deleted += usize::from(task.await.unwrap().unwrap().is_some());
    }
    assert_eq!(deleted, 1);
}
