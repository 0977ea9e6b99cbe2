//! C31, C33: unique values in a batch are taken and left in the order of its writes.

use backends_core::{AtomicBatch, ErrorKind, Filter, Repository, Result, Update, WrittenBatch};

use super::batches::refused_at;
use super::batches_refused::has_batches;
use super::unique::{has_unique, users};
use crate::Context;
use crate::records::{User, id};

/// Three users with the nicks `a`, `b` and `c`; none where the backend has no batches, or no unique indexes.
async fn three(context: &Context) -> Option<Repository<User>> {
    if !has_batches(context).await || !has_unique(context).await {
        return None;
    }
    let users = users(context).await;
    for (number, nick) in ["a", "b", "c"].into_iter().enumerate() {
        users.insert(&user(number, nick)).await.unwrap();
    }
    Some(users)
}

fn user(number: usize, nick: &str) -> User {
    User::new(&format!("user {number}")).with_id(&id(number)).with_nick(nick)
}

fn set(nick: &str) -> Update {
    Update::new().set("nick", nick)
}

/// The nicks of the users by their numbers.
async fn nicks(users: &Repository<User>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for user in users.find(Filter::all()).await.unwrap() {
        let number = (0..100).find(|number| id(*number) == user.id).unwrap();
        found.push((number, user.nick.unwrap_or_default()));
    }
    found.sort();
    found
}

fn are(nicks: &[(usize, &str)]) -> Vec<(usize, String)> {
    nicks.iter().map(|(number, nick)| (*number, (*nick).to_owned())).collect()
}

pub async fn c31_c33_a_value_passes_from_one_record_to_another(context: &Context) {
    let Some(users) = three(context).await else { return };
    let batch = || users.backend().batch();
    batch().update(&users, id(0), set("x")).update(&users, id(1), set("a")).await.unwrap();
    assert_eq!(nicks(&users).await, are(&[(0, "x"), (1, "a"), (2, "c")]));
    // On and on.
    let chain = batch().update(&users, id(0), set("y")).replace(&users, &user(1, "x")).upsert(&users, &user(2, "a"));
    chain.upsert(&users, &user(3, "c")).await.unwrap();
    assert_eq!(nicks(&users).await, are(&[(0, "y"), (1, "x"), (2, "a"), (3, "c")]));
    batch().delete(&users, id(0)).insert(&users, &user(4, "y")).await.unwrap();
    let unset = batch().update(&users, id(1), Update::new().unset("nick")).update(&users, id(4), set("x"));
    unset.await.unwrap();
    assert_eq!(nicks(&users).await, are(&[(1, ""), (2, "a"), (3, "c"), (4, "x")]));
    // What was passed on is held, and what was left is free.
    let taken = users.insert(&User::new("other").with_nick("x")).await.unwrap_err();
    assert_eq!(taken.index(), Some("nick"), "{taken}");
    users.insert(&user(5, "y")).await.unwrap();
    // The record goes, and another one has its values, under the same key too.
    let moved = batch().delete(&users, id(5)).delete(&users, id(4)).insert(&users, &user(6, "y"));
    moved.insert(&users, &user(7, "x")).await.unwrap();
    assert_eq!(nicks(&users).await, are(&[(1, ""), (2, "a"), (3, "c"), (6, "y"), (7, "x")]));
}

/// That a batch is refused at this position by this index, and changed nothing.
async fn taken(users: &Repository<User>, batch: AtomicBatch, position: usize, index: &str) {
    let before = nicks(users).await;
    let answer: Result<WrittenBatch> = batch.await;
    let error = refused_at(answer, ErrorKind::AlreadyExists, position, users.name());
    assert_eq!(error.index(), Some(index), "{error}");
    assert_eq!(nicks(users).await, before);
}

pub async fn c31_c33_a_value_is_taken_until_it_was_left(context: &Context) {
    let Some(users) = three(context).await else { return };
    let batch = || users.backend().batch();
    taken(&users, batch().update(&users, id(1), set("a")).update(&users, id(0), set("x")), 0, "nick").await;
    taken(&users, batch().insert(&users, &user(4, "a")).delete(&users, id(0)), 0, "nick").await;
    // Two that change places need a third value on the way, and two batches.
    taken(&users, batch().update(&users, id(0), set("b")).update(&users, id(1), set("a")), 0, "nick").await;
    taken(&users, batch().insert(&users, &user(4, "x")).insert(&users, &user(5, "x")), 1, "nick").await;
    let left_to_one = batch().update(&users, id(0), set("y")).insert(&users, &user(4, "a"));
    taken(&users, left_to_one.insert(&users, &user(5, "a")), 2, "nick").await;
    // A record may keep its own.
    batch().replace(&users, &user(0, "a")).update(&users, id(1), set("b")).await.unwrap();
    assert_eq!(nicks(&users).await, are(&[(0, "a"), (1, "b"), (2, "c")]));
}

pub async fn c31_c33_what_is_taken_is_told_with_position_and_index(context: &Context) {
    let Some(users) = three(context).await else { return };
    let batch = || users.backend().batch().update(&users, id(2), set("z"));
    taken(&users, batch().insert(&users, &user(4, "a")), 1, "nick").await;
    taken(&users, batch().upsert(&users, &user(4, "b")), 1, "nick").await;
    taken(&users, batch().replace(&users, &user(1, "a")), 1, "nick").await;
    taken(&users, batch().update(&users, id(0), set("b")), 1, "nick").await;
    taken(&users, batch().insert(&users, &user(0, "new")), 1, "primary").await;
    taken(&users, batch().insert(&users, &user(0, "b")), 1, "primary").await;
    taken(
        &users,
        batch().delete(&users, id(1)).insert(&users, &User { id: id(4), ..user(0, "new") }),
        2,
        "name_logins",
    )
    .await;
    taken(&users, batch().insert(&users, &user(4, "new")).insert(&users, &user(5, "a")), 2, "nick").await;
    let both = batch().insert(&users, &user(4, "b")).insert(&users, &user(5, "a"));
    taken(&users, both, 1, "nick").await;
}
