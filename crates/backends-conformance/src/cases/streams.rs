//! C22: streams of records, and collecting them.

use std::time::Duration;

use backends_core::{Document, ErrorKind, Filter, Order, Records, SchemaMode, field};

use crate::Context;
use crate::expect::refused;
use crate::records::{User, id};
use crate::wrapped::{Act, Faults};

fn user(at: usize) -> User {
    User::new(&format!("n{at}")).with_id(&id(at)).with_logins(i64::try_from(at).unwrap())
}

async fn all<T>(mut records: Records<T>) -> Vec<backends_core::Result<T>> {
    let mut all = Vec::new();
    while let Some(record) = records.next().await {
        all.push(record);
        assert!(all.len() < 100_000, "a stream without an end");
    }
    assert!(records.next().await.is_none(), "an ended stream stays ended");
    all
}

pub async fn c22_a_stream_has_every_record_once(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert_many(&(0..2_500).map(user).collect::<Vec<_>>()).await.unwrap();
    let mut any: Vec<_> =
        all(users.find(Filter::all()).stream()).await.into_iter().map(|user| user.unwrap().logins).collect();
    any.sort_unstable();
    assert_eq!(any, (0..2_500).collect::<Vec<_>>());
    let sorted = users.find(field("logins").lt(1_000)).sort("logins", Order::Desc).offset(10).limit(100).stream();
    let sorted: Vec<_> = all(sorted).await.into_iter().map(|user| user.unwrap().logins).collect();
    assert_eq!(sorted, (890..990).rev().collect::<Vec<_>>());
    assert_eq!(all(users.find(Filter::all()).limit(0).stream()).await.len(), 0);
    assert_eq!(all(users.find(field("logins").eq(-1)).stream()).await.len(), 0);
    assert_eq!(all(users.find(Filter::all()).limit(1_700).stream()).await.len(), 1_700);
}

/// Users of whom the 3rd, 4th and last lack a field, and another is of another kind.
async fn broken(context: &Context) -> backends_core::Repository<User> {
    let users = context.repository::<User>("users").await;
    users.insert_many(&(0..10).map(user).collect::<Vec<_>>()).await.unwrap();
    let untyped = users.untyped();
    for at in [3, 4, 9] {
        let mut record = untyped.get(id(at)).await.unwrap().unwrap();
        record.remove("name");
        untyped.replace(&record).await.unwrap();
    }
    users
}

pub async fn c22_a_stream_goes_on_after_a_record_that_the_type_cannot_read(context: &Context) {
    let users = broken(context).await;
    for sorted in [false, true] {
        let find = users.find(Filter::all());
        let find = if sorted { find.sort("logins", Order::Asc) } else { find };
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for record in all(find.stream()).await {
            match record {
                Ok(user) => good.push(user.logins),
                Err(error) => {
                    let error = refused(Err::<(), _>(error), ErrorKind::Unreadable, "find");
                    assert_eq!(error.path(), Some("name"), "{error}");
                    bad.push(error.context().find(|(name, _)| *name == "id").unwrap().1.to_owned());
                }
            }
        }
        good.sort_unstable();
        bad.sort();
        assert_eq!((good, bad), (vec![0, 1, 2, 5, 6, 7, 8], [3, 4, 9].map(id).to_vec()));
    }
}

pub async fn c22_find_fails_with_a_record_that_the_type_cannot_read(context: &Context) {
    let users = broken(context).await;
    let error = refused(users.find(Filter::all()).await, ErrorKind::Unreadable, "find");
    assert_eq!(error.path(), Some("name"), "{error}");
    assert!(error.context().any(|(name, _)| name == "id"), "{error}");
    let error = refused(users.find_one(field("id").eq(id(4))).await, ErrorKind::Unreadable, "find_one");
    assert_eq!(error.context().find(|(name, _)| *name == "id"), Some(("id", &*id(4))), "{error}");
    // What the filter leaves out, and what is not read as the type, fails nothing.
    assert_eq!(users.find(field("name").is_set()).await.unwrap().len(), 7);
    assert_eq!(users.count(Filter::all()).await.unwrap(), 10);
    assert!(users.exists(field("name").is_missing()).await.unwrap());
    assert_eq!(users.untyped().find(Filter::all()).await.unwrap().len(), 10);
}

pub async fn c22_c43_what_a_filter_cannot_read_is_told_with_its_place(context: &Context) {
    let open = context.repository::<Document>("events").await;
    open.insert(&Document::from([("id", id(7)), ("at", "s3cret".to_owned())])).await.unwrap();
    let definition = context.definition("events").field("at", backends_core::Kind::Timestamp).build().unwrap();
    let process = context.another_process().await;
    let declared = process.define::<Document>(definition).schema_mode(SchemaMode::Trust).await.unwrap();
    let found = declared.find(field("at").eq("2024-01-01T00:00:00Z")).await;
    let error = refused(found, ErrorKind::Unreadable, "find");
    assert_eq!(error.path(), Some("at"), "{error}");
    assert_eq!(error.context().find(|(name, _)| *name == "id"), Some(("id", &*id(7))), "{error}");
    let sorted = declared.find(Filter::all()).sort("at", Order::Asc).await;
    assert_eq!(refused(sorted, ErrorKind::Unreadable, "find").path(), Some("at"));
    assert_eq!(declared.count(Filter::all()).await.unwrap(), 1);
    assert_eq!(declared.count(field("other").is_missing()).await.unwrap(), 1, "what nobody asks for is not looked at");
}

pub async fn c22_a_stream_ends_after_an_error_of_the_database(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    users.insert_many(&(0..10).map(user).collect::<Vec<_>>()).await.unwrap();
    faults.once("find", Act::Fail(ErrorKind::Throttled));
    let mut stream = users.find(Filter::all()).stream();
    refused(stream.next().await.unwrap(), ErrorKind::Throttled, "find");
    assert!(stream.next().await.is_none() && stream.next().await.is_none());
    assert_eq!(all(users.find(Filter::all()).stream()).await.len(), 10, "another one begins anew");
}

pub async fn c42_l53_a_read_by_filter_ends_at_its_deadline(context: &Context) {
    const LIMIT: Duration = Duration::from_millis(50);
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    faults.always("find", Act::Hang);
    faults.always("count", Act::Hang);
    let find = || users.find(Filter::all()).timeout(LIMIT);
    for error in [
        refused(find().await.map(drop), ErrorKind::Timeout, "find"),
        refused(find().page(5).await.map(drop), ErrorKind::Timeout, "find"),
        refused(find().stream().next().await.unwrap().map(drop), ErrorKind::Timeout, "find"),
        refused(users.find_one(Filter::all()).timeout(LIMIT).await.map(drop), ErrorKind::Timeout, "find_one"),
        refused(users.count(Filter::all()).timeout(LIMIT).await.map(drop), ErrorKind::Timeout, "count"),
        refused(users.exists(Filter::all()).timeout(LIMIT).await.map(drop), ErrorKind::Timeout, "exists"),
    ] {
        assert!(!error.may_have_happened() && error.is_retryable(), "{error}");
    }
}

pub async fn c22_a_stream_that_is_dropped_half_way_leaves_nothing_behind(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert_many(&(0..1_500).map(user).collect::<Vec<_>>()).await.unwrap();
    for taken in [0, 1, 2, 700] {
        for _ in 0..8 {
            let mut stream = users.find(Filter::all()).stream();
            for _ in 0..taken {
                stream.next().await.unwrap().unwrap();
            }
            drop(stream);
        }
    }
    users.insert(&user(1_500)).await.unwrap();
    assert_eq!(users.count(Filter::all()).await.unwrap(), 1_501);
}

pub async fn c22_streams_stand_side_by_side_and_leave_writers_alone(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert_many(&(0..1_200).map(user).collect::<Vec<_>>()).await.unwrap();
    let mut first = users.find(Filter::all()).stream();
    let mut second = users.find(Filter::all()).sort("logins", Order::Asc).stream();
    let (mut left, mut right) = (0, 0);
    loop {
        match (first.next().await, second.next().await) {
            (None, None) => break,
            (one, other) => {
                left += usize::from(one.transpose().unwrap().is_some());
                right += usize::from(other.transpose().unwrap().is_some());
            }
        }
        if left == 600 {
            // While both are open.
            users.insert(&user(5_000)).await.unwrap();
            users.delete(id(5_000)).await.unwrap();
        }
    }
    assert!((1_200..=1_201).contains(&left) && (1_200..=1_201).contains(&right), "{left} {right}");
}

pub async fn c22_a_stream_is_moved_and_kept(context: &Context) {
    let users = context.repository::<User>("users").await;
    users.insert_many(&(0..50).map(user).collect::<Vec<_>>()).await.unwrap();
    let mut stream = Box::new(users.find(Filter::all()).stream());
    drop(users);
    stream.next().await.unwrap().unwrap();
    let rest = tokio::spawn(async move { all(*stream).await.len() }).await.unwrap();
    assert_eq!(rest, 49);
}

pub async fn c22_more_than_a_server_answers_at_once_is_read_to_the_end(context: &Context) {
    let records = context.repository::<Document>("large").await;
    let large =
        |at: usize| Document::from([("id", id(at)), ("text", "x".repeat(200_000)), ("even", (at % 2).to_string())]);
    for chunk in (0..60).collect::<Vec<_>>().chunks(20) {
        records.insert_many(&chunk.iter().map(|at| large(*at)).collect::<Vec<_>>()).await.unwrap();
    }
    assert_eq!(all(records.find(Filter::all()).stream()).await.len(), 60);
    assert_eq!(records.count(field("even").eq("1")).await.unwrap(), 30);
    // Matches stand in the last answers only.
    assert_eq!(records.find(field("id").is_in([58, 59].map(id))).await.unwrap().len(), 2);
    assert_eq!(records.find(field("even").eq("0")).limit(29).offset(1).await.unwrap().len(), 29);
    let paged = super::pages::pages(|| records.find(field("even").eq("0")), &[7]).await;
    assert_eq!(paged.len(), 30);
}

pub async fn c22_c24_reads_see_what_was_acknowledged(context: &Context) {
    let users = context.repository::<User>("users").await;
    let another = context.another_process().await;
    let other = another.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    for at in 0..20 {
        users.insert(&user(at)).await.unwrap();
        let count = u64::try_from(at).unwrap() + 1;
        assert_eq!(other.count(Filter::all()).await.unwrap(), count);
        assert_eq!(other.find(field("logins").eq(at)).consistent().await.unwrap().len(), 1);
        assert!(users.find(Filter::all()).eventual().await.unwrap().len() <= at + 1);
    }
    users.delete(id(3)).await.unwrap();
    assert!(other.find_one(field("logins").eq(3)).await.unwrap().is_none());
}
