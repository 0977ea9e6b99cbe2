//! C26 for many records: as if one after another, all that can be stored, the rest by position.

use std::collections::HashSet;

use backends_core::{Document, ErrorKind, Value};

use crate::Context;
use crate::expect::{DIGITS, SECRET, refused};
use crate::records::{Pair, User, id, text};

fn numbered(count: usize) -> Vec<User> {
    (0..count).map(|at| User::new(&at.to_string()).with_id(&id(at))).collect()
}

pub async fn c26_insert_many_answers_by_position(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all = [User::new("a"), User::new("b").with_id(&id(7)), User::new("c")];
    let inserted = users.insert_many(&all).await.unwrap();
    assert_eq!((inserted.len(), inserted.stored(), inserted.is_empty()), (3, 3, false));
    assert_eq!(inserted.failures().count(), 0);
    assert_eq!(inserted.id(1), Some(id(7).as_str()));
    assert_eq!((inserted.id(3), inserted.key(3).is_none()), (None, true));
    for (position, user) in all.iter().enumerate() {
        let id = inserted.id(position).unwrap();
        assert_eq!(inserted.key(position).unwrap().partition(), &Value::from(id));
        assert_eq!(users.get(id).await.unwrap(), Some(user.with_id(id)));
    }
}

pub async fn c26_insert_many_of_none_is_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let inserted = users.insert_many([]).await.unwrap();
    assert_eq!((inserted.len(), inserted.stored(), inserted.is_empty()), (0, 0, true));
}

pub async fn c26_p04_bad_records_do_not_stop_the_others(context: &Context) {
    let users = context.repository::<User>("users").await;
    let mut all = numbered(7);
    all[1].name.push('\0');
    SECRET.clone_into(&mut all[4].id);
    let error = refused(users.insert_many(&all).await, ErrorKind::InvalidInput, "insert_many");
    assert_eq!((error.position(), error.path()), (Some(1), Some("name")), "{error}");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((5, 2)), "{error}");
    assert!(!error.may_have_happened() && !error.is_retryable());
    let inserted = error.inserted().unwrap();
    let failures: Vec<_> = inserted.failures().map(|(at, error)| (at, error.position(), error.path())).collect();
    assert_eq!(failures, [(1, Some(1), Some("name")), (4, Some(4), Some("id"))]);
    for (position, user) in all.iter().enumerate() {
        let is_good = ![1, 4].contains(&position);
        assert_eq!(inserted.id(position), is_good.then_some(user.id.as_str()));
        assert_eq!(inserted.key(position).is_some(), is_good);
        if position != 4 {
            assert_eq!(users.get(&user.id).await.unwrap().is_some(), is_good);
        }
    }
}

pub async fn c26_s05_insert_many_overwrites_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let before = users.insert(&User::new("before").with_id(&id(2))).await.unwrap();
    let all = numbered(5);
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    assert_eq!((error.position(), error.index()), (Some(2), Some("primary")), "{error}");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((4, 1)));
    assert_eq!(users.get(id(2)).await.unwrap(), Some(before));
    let read = users.get_many(all.iter().map(|user| &user.id)).await.unwrap();
    assert!(read.iter().all(Option::is_some));
}

pub async fn c26_of_records_with_one_key_the_first_is_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all = ["a", "b", "c"].map(|name| User::new(name).with_id(&id(1)));
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let positions: Vec<_> = error.inserted().unwrap().failures().map(|(position, _)| position).collect();
    assert_eq!(positions, [1, 2]);
    assert_eq!(users.get(id(1)).await.unwrap().as_ref(), Some(&all[0]));
}

pub async fn c26_every_reason_is_reported_with_its_position(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert(&User::new("before").with_id(&id(1))).await.unwrap();
    let mut all = numbered(6);
    all[3].name.push('\0');
    all[5].id = id(4);
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let failures: Vec<_> = error.inserted().unwrap().failures().map(|(at, error)| (at, error.kind())).collect();
    let expected = [(1, ErrorKind::AlreadyExists), (3, ErrorKind::InvalidInput), (5, ErrorKind::AlreadyExists)];
    assert_eq!(failures, expected);
    for (_, error) in error.inserted().unwrap().failures() {
        assert_eq!((error.operation(), error.repository()), (Some("insert_many"), Some(users.name())));
    }
}

pub async fn c26_where_all_are_bad_nothing_is_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let mut all = numbered(3);
    for user in &mut all {
        user.name.push('\0');
    }
    let error = refused(users.insert_many(&all).await, ErrorKind::InvalidInput, "insert_many");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((0, 3)));
    assert_eq!(users.get_many(all.iter().map(|user| &user.id)).await.unwrap(), [None, None, None]);
}

pub async fn c26_t04_any_number_of_records_is_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all = numbered(2_500);
    let inserted = users.insert_many(&all).await.unwrap();
    assert_eq!(inserted.stored(), all.len());
    let read = users.get_many(all.iter().map(|user| &user.id)).await.unwrap();
    assert!(read.iter().zip(&all).all(|(read, user)| read.as_ref() == Some(user)));
    let error = refused(users.insert_many(&all[..300]).await, ErrorKind::AlreadyExists, "insert_many");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((0, 300)));
}

pub async fn c26_t04_one_bad_record_among_many_is_found(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert(&User::new("before").with_id(&id(777))).await.unwrap();
    let all = numbered(1_000);
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let positions: Vec<_> = error.inserted().unwrap().failures().map(|(position, _)| position).collect();
    assert_eq!(positions, [777]);
}

pub async fn c26_large_records_are_stored_together(context: &Context) {
    let records = context.repository::<Document>("large").await;
    let all: Vec<_> =
        (0..60).map(|at| Document::from([("id", Value::from(id(at))), ("text", "ä".repeat(100_000).into())])).collect();
    assert_eq!(records.insert_many(&all).await.unwrap().stored(), 60);
    let read = records.get_many((0..60).map(id)).await.unwrap();
    assert!(read.iter().zip(&all).all(|(read, written)| read.as_ref() == Some(written)));
}

pub async fn c26_insert_many_takes_records_of_many_shapes(context: &Context) {
    let records = context.repository::<Document>("shapes").await;
    let all: Vec<Document> = (0..50_i64)
        .map(|at| (0..=at % 7).map(|field| (format!("f{field}"), Value::Int(at + DIGITS))).collect())
        .collect();
    let inserted = records.insert_many(&all).await.unwrap();
    let ids: HashSet<_> = (0..50).map(|position| inserted.id(position).unwrap()).collect();
    assert_eq!(ids.len(), 50);
    for (position, written) in all.iter().enumerate() {
        let mut read = records.get(inserted.id(position).unwrap()).await.unwrap().unwrap();
        assert_eq!(text(read.get("id")), inserted.id(position).unwrap());
        read.remove("id");
        assert_eq!(&read, written);
    }
}

pub async fn c26_insert_many_gives_the_keys_of_pairs(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, i64>>(definition).await;
    let inserted = records.insert_many([&Pair::new("a".to_owned(), 1, "x")]).await.unwrap();
    let key = inserted.key(0).unwrap();
    assert_eq!((key.partition(), key.sort()), (&Value::from("a"), Some(&Value::Int(1))));
    assert!(inserted.id(0).is_some());
}
