//! C35: from its millisecond on a record that expires is gone, for every call.

use std::collections::BTreeSet;

use backends_core::{
    DefinitionBuilder, Document, ErrorKind, Filter, Index, Kind, Order, Repository, Update, Value, field,
};

use super::unique::has_unique;
use crate::Context;
use crate::expect::{SECRET, refused};
use crate::expiring::{Sessions, count, sessions, sessions_with};
use crate::records::instant;

fn value(record: &Document, field: &str) -> Value {
    record.get(field).cloned().unwrap_or(Value::Null)
}

/// The keys of the records that are there, by every way to read them.
async fn seen(sessions: &Sessions, numbers: usize) -> BTreeSet<usize> {
    let (what, records) = (sessions.name, &sessions.records);
    let keys: Vec<String> = (0..numbers).map(|number| sessions.key(number)).collect();
    let mut by_key = BTreeSet::new();
    for (number, key) in keys.iter().enumerate() {
        by_key.extend(records.get(key).await.unwrap().map(|_| number));
        let one = || field(sessions.key).eq(key);
        let is_there = by_key.contains(&number);
        assert_eq!(records.find_one(one()).await.unwrap().is_some(), is_there, "{what}: find_one");
        assert_eq!(records.exists(one()).await.unwrap(), is_there, "{what}: exists");
        assert_eq!(records.count(one()).await.unwrap(), u64::from(is_there), "{what}: count of a key");
    }
    let numbers_of = |records: Vec<Document>| -> BTreeSet<usize> {
        let number = |record: &Document| match record.get(sessions.key) {
            Some(Value::String(key)) => keys.iter().position(|other| other == key).unwrap(),
            other => panic!("{other:?} is no key"),
        };
        records.iter().map(number).collect()
    };
    let many: Vec<Document> = records.get_many(&keys).await.unwrap().into_iter().flatten().collect();
    assert_eq!(numbers_of(many), by_key, "{what}: get_many");
    for filter in [Filter::all(), field("n").ge(0), field("n").lt(0) | field("n").is_set(), !field("n").eq(-1)] {
        assert_eq!(numbers_of(records.find(filter.clone()).await.unwrap()), by_key, "{what}: find");
        let sorted = records.find(filter.clone()).sort("n", Order::Desc).await.unwrap();
        assert_eq!(numbers_of(sorted), by_key, "{what}: sorted");
        assert_eq!(records.count(filter.clone()).await.unwrap(), by_key.len() as u64, "{what}: count");
        assert_eq!(records.exists(filter.clone()).await.unwrap(), !by_key.is_empty(), "{what}: exists");
        let mut streamed = Vec::new();
        let mut stream = records.find(filter.clone()).stream();
        while let Some(record) = stream.next().await {
            streamed.push(record.unwrap());
        }
        assert_eq!(numbers_of(streamed), by_key, "{what}: stream");
        let limited = records.find(filter.clone()).sort("n", Order::Asc).limit(2).await.unwrap();
        assert_eq!(numbers_of(limited), by_key.iter().copied().take(2).collect(), "{what}: limit");
        assert_eq!(numbers_of(in_pages(records, filter).await), by_key, "{what}: pages");
    }
    by_key
}

async fn in_pages(records: &Repository<Document>, filter: Filter) -> Vec<Document> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let page = records.find(filter.clone()).sort("n", Order::Asc).page(2).after(next).await.unwrap();
        all.extend(page.records);
        next = page.next;
        if next.is_none() {
            return all;
        }
    }
}

pub async fn c35_l29_a_record_is_read_until_its_millisecond_and_not_from_it_on(context: &Context) {
    for sessions in sessions(context).await {
        for (number, ends_in) in [1, 2, 1_000, 0, -1, 3].into_iter().enumerate() {
            sessions.insert(number, ends_in).await;
        }
        for left in [&[0, 1, 2, 5][..], &[1, 2, 5], &[2, 5], &[2], &[2]] {
            let left: BTreeSet<usize> = left.iter().copied().collect();
            assert_eq!(seen(&sessions, 6).await, left, "{}", sessions.name);
            sessions.hand.pass(1);
        }
    }
}

pub async fn c35_records_expire_between_two_pages(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        for number in 0..6 {
            sessions.insert(number, if number % 2 == 0 { 10 } else { 1_000 }).await;
        }
        let pages = || records.find(field("n").ge(0)).sort("n", Order::Asc).page(2);
        let first = pages().await.unwrap();
        assert_eq!(first.records.len(), 2, "{what}");
        sessions.hand.pass(10);
        let second = pages().after(first.next).await.unwrap();
        let numbers =
            |records: &[Document]| -> Vec<Value> { records.iter().map(|record| value(record, "n")).collect() };
        assert_eq!(numbers(&second.records), [Value::Int(3), Value::Int(5)], "{what}");
        assert!(second.next.is_none(), "{what}");
        let explained = records.find(field("n").ge(0)).explain().await.unwrap();
        assert!(!explained.requests.is_empty(), "{what}");
    }
}

pub async fn c35_what_has_expired_is_neither_changed_nor_deleted(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        sessions.insert(1, 1).await;
        sessions.insert(2, 1_000).await;
        let key = || sessions.key(1);
        assert!(records.update(key(), count()).await.unwrap().is_some(), "{what}: a millisecond before");
        sessions.hand.pass(1);
        assert!(records.update(key(), count()).await.unwrap().is_none(), "{what}");
        let by_key = || field(sessions.key).eq(key());
        assert!(records.update_one(by_key(), count()).await.unwrap().is_none(), "{what}");
        assert_eq!(records.update_many(by_key(), count()).await.unwrap(), 0, "{what}");
        assert_eq!(records.update_many(Filter::all(), count()).await.unwrap(), 1, "{what}");
        let error = refused(records.replace(&sessions.record(1, 5)).await, ErrorKind::NotFound, "replace");
        assert!(!error.may_have_happened(), "{what}: {error}");
        assert!(records.delete(key()).await.unwrap().is_none(), "{what}");
        assert!(records.delete_one(by_key()).await.unwrap().is_none(), "{what}");
        assert_eq!(records.delete_many(by_key()).await.unwrap(), 0, "{what}");
        assert_eq!(records.delete_many(Filter::all()).await.unwrap(), 1, "{what}");
        assert_eq!(records.count(Filter::all()).await.unwrap(), 0, "{what}");
    }
}

pub async fn c35_c15_every_record_has_still_to_be_said(context: &Context) {
    for sessions in sessions(context).await {
        sessions.insert(1, 1_000).await;
        let nothing: [i64; 0] = [];
        let every = || field("n").not_in(nothing);
        refused(sessions.records.delete_many(every()).await, ErrorKind::InvalidInput, "delete_many");
        refused(sessions.records.update_many(every(), count()).await, ErrorKind::InvalidInput, "update_many");
        assert!(sessions.get(1).await.is_some());
    }
}

pub async fn c35_what_has_expired_is_in_no_writes_way(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        for number in 1..=4 {
            sessions.insert(number, 1).await;
        }
        let before = sessions.get(3).await.unwrap();
        refused(records.insert(&sessions.record(1, 9)).await, ErrorKind::AlreadyExists, "insert");
        refused(records.insert_many(&[sessions.record(2, 9)]).await, ErrorKind::AlreadyExists, "insert_many");
        assert!(!records.upsert(&sessions.record(4, 1)).await.unwrap().created, "{what}: a millisecond before");
        sessions.hand.pass(1);
        let inserted = records.insert(&sessions.record(1, 9)).await.unwrap();
        assert_eq!(sessions.get(1).await, Some(inserted), "{what}");
        // The second of the two finds the first one, which has not expired.
        let twice = records.insert_many(&[sessions.record(2, 9), sessions.record(2, 9), sessions.record(5, 9)]).await;
        let error = refused(twice, ErrorKind::AlreadyExists, "insert_many");
        assert_eq!((error.position(), error.counts().unwrap().done), (Some(1), 2), "{what}: {error}");
        for number in [3, 4] {
            let upserted = records.upsert(&sessions.record(number, 9)).await.unwrap();
            assert!(upserted.created, "{what}");
            assert_eq!(sessions.get(number).await, Some(upserted.record), "{what}");
            assert!(!records.upsert(&sessions.record(number, 9)).await.unwrap().created, "{what}");
        }
        if sessions.key != "id" {
            let id = |record: &Document| value(record, "id");
            assert_ne!(id(&before), id(&sessions.get(3).await.unwrap()), "{what}: another record has another id");
        }
        assert_eq!(records.count(Filter::all()).await.unwrap(), 5, "{what}");
    }
}

pub async fn c35_c32_what_has_expired_has_no_version(context: &Context) {
    for sessions in sessions_with(context, |builder| builder.version("revision")).await {
        let (what, records) = (sessions.name, &sessions.records);
        let mut versions = Vec::new();
        for number in 1..=4 {
            sessions.insert(number, 1).await;
            let counted = records.update(sessions.key(number), count()).await.unwrap().unwrap();
            versions.push(value(&counted, "revision"));
        }
        assert!(versions.iter().all(|version| *version == Value::Int(2)), "{what}");
        sessions.hand.pass(1);
        let of = |number: usize, version: i64| {
            let mut record = sessions.record(number, 9);
            record.insert("revision", version);
            record
        };
        refused(records.replace(&of(1, 2)).await, ErrorKind::NotFound, "replace");
        refused(records.upsert(&of(1, 2)).await, ErrorKind::Conflict, "upsert");
        refused(records.delete(sessions.key(1)).expect_version(2).await, ErrorKind::Conflict, "delete");
        let updated = records.update(sessions.key(1), count()).expect_version(2).await.unwrap();
        assert!(updated.is_none(), "{what}");
        let one = field(sessions.key).eq(sessions.key(1));
        assert!(records.delete_one(one).expect_version(2).await.unwrap().is_none(), "{what}");
        let inserted = records.insert(&sessions.record(1, 9)).await.unwrap();
        assert_eq!(value(&inserted, "revision"), Value::Int(1), "{what}");
        let upserted = records.upsert(&of(2, 0)).await.unwrap();
        assert_eq!((upserted.created, value(&upserted.record, "revision")), (true, Value::Int(1)), "{what}");
        refused(records.upsert(&of(2, 0)).await, ErrorKind::Conflict, "upsert");
    }
}

pub async fn c35_of_many_that_take_the_place_of_what_has_expired_one_wins(context: &Context) {
    for sessions in sessions(context).await {
        let what = sessions.name;
        sessions.insert(1, 1).await;
        sessions.hand.pass(1);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let insert = sessions.records.insert(&sessions.record(1, 1_000));
            tasks.spawn(async move { insert.await });
        }
        let mut won = 0;
        while let Some(answer) = tasks.join_next().await {
            match answer.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert!(error.is_already_exists(), "{what}: {error}"),
            }
        }
        assert_eq!(won, 1, "{what}");
        assert!(sessions.get(1).await.is_some(), "{what}");
    }
}

pub async fn c35_c31_what_has_expired_has_no_unique_value(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for sessions in sessions_with(context, |builder| builder.index(Index::unique(["seat"]))).await {
        let (what, records) = (sessions.name, &sessions.records);
        let seated = |number: usize, ends_in: i64, seat: usize| {
            let mut record = sessions.record(number, ends_in);
            record.insert("seat", format!("{SECRET}-{seat}"));
            record
        };
        for number in 1..=4 {
            records.insert(&seated(number, 1, number)).await.unwrap();
        }
        records.insert(&seated(20, 1_000, 20)).await.unwrap();
        let error = refused(records.insert(&seated(11, 9, 1)).await, ErrorKind::AlreadyExists, "insert");
        assert_eq!(error.index(), Some("seat"), "{what}: {error}");
        sessions.hand.pass(1);
        records.insert(&seated(11, 1_000, 1)).await.unwrap();
        records.insert_many(&[seated(12, 1_000, 2)]).await.unwrap();
        assert!(records.upsert(&seated(13, 1_000, 3)).await.unwrap().created, "{what}");
        let moved = Update::new().set("seat", format!("{SECRET}-4"));
        assert!(records.update(sessions.key(20), moved).await.unwrap().is_some(), "{what}");
        for (number, seat) in [(31, 1), (32, 2), (33, 3), (34, 4)] {
            let error = refused(records.insert(&seated(number, 9, seat)).await, ErrorKind::AlreadyExists, "insert");
            assert_eq!(error.index(), Some("seat"), "{what}: {error}");
        }
        // The key and a value of two records that have both expired.
        records.insert(&seated(5, 1, 5)).await.unwrap();
        records.insert(&seated(6, 1, 6)).await.unwrap();
        sessions.hand.pass(1);
        records.insert(&seated(5, 1_000, 6)).await.unwrap();
        assert_eq!(records.count(Filter::all()).await.unwrap(), 5, "{what}");
    }
}

pub async fn c35_c31_what_has_expired_has_no_unique_instant(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let unique = Index::unique(["since", "seat"]);
    let unique = |builder: DefinitionBuilder| builder.field("since", Kind::Timestamp).index(unique.clone());
    for sessions in sessions_with(context, unique).await {
        let (what, records) = (sessions.name, &sessions.records);
        let seated = |number: usize, ends_in: i64, seat: &str| {
            let mut record = sessions.record(number, ends_in);
            record.insert("since", instant("2026-01-01T00:00:00Z"));
            record.insert("seat", seat);
            record
        };
        records.insert_many(&[seated(1, 1, "a"), seated(2, 1, "b"), seated(20, 1_000, "c")]).await.unwrap();
        sessions.hand.pass(1);
        // The instant is as it was stored.
        let moved = Update::new().set("seat", "a");
        assert!(records.update(sessions.key(20), moved).await.unwrap().is_some(), "{what}");
        records.insert(&seated(21, 1_000, "b")).await.unwrap();
        let over = Update::new().set("seat", "b");
        refused(records.update(sessions.key(20), over).await, ErrorKind::AlreadyExists, "update");
    }
}

pub async fn c35_c26_of_many_the_first_takes_the_place_of_what_has_expired(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for sessions in sessions_with(context, |builder| builder.index(Index::unique(["seat"]))).await {
        let (what, records) = (sessions.name, &sessions.records);
        let seated = |number: usize, ends_in: i64, seat: &str| {
            let mut record = sessions.record(number, ends_in);
            record.insert("seat", seat);
            record
        };
        records.insert_many(&[seated(1, 1, "a"), seated(2, 1, "b"), seated(3, 1_000, "c")]).await.unwrap();
        sessions.hand.pass(1);
        // The first of a seat, and the first of a key, wait for what has expired; the others of them come later.
        let all = [
            seated(1, 500, "x"),
            seated(4, 500, "x"),
            seated(5, 500, "b"),
            seated(5, 500, "y"),
            seated(6, 500, "c"),
            seated(7, 500, "z"),
        ];
        let error = refused(records.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
        let failed: Vec<_> = error.inserted().unwrap().failures().map(|(at, error)| (at, error.kind())).collect();
        let expected: Vec<_> = [1, 3, 4].map(|at| (at, ErrorKind::AlreadyExists)).into();
        assert_eq!(failed, expected, "{what}");
        assert_eq!(records.count(Filter::all()).await.unwrap(), 4, "{what}");
        assert_eq!(records.count(field("seat").is_in(["x", "b", "c", "z"])).await.unwrap(), 4, "{what}");
    }
}

pub async fn c35_c37_what_has_expired_is_in_no_new_kinds_way(context: &Context) {
    for sessions in sessions(context).await {
        let held = |number: usize, ends_in: i64, seat: Value| {
            let mut record = sessions.record(number, ends_in);
            record.insert("seat", seat);
            record
        };
        sessions.records.insert_many(&[held(1, 1, "text".into()), held(2, 1_000, 7.into())]).await.unwrap();
        sessions.hand.pass(1);
        let with_kind = || sessions.definition(context).field("seat", Kind::Integer).build().unwrap();
        let backend = sessions.hand.of(context.backend().await);
        let seats = backend.define::<Document>(with_kind()).await.unwrap();
        assert_eq!(seats.count(field("seat").eq(7)).await.unwrap(), 1, "{}", sessions.name);
        // What has not expired is.
        let with_more =
            sessions.definition(context).field("seat", Kind::Integer).field("n", Kind::Bool).build().unwrap();
        refused(backend.define::<Document>(with_more).await, ErrorKind::DefinitionConflict, "define");
    }
}

pub async fn c35_c37_what_has_expired_is_in_no_new_unique_indexs_way(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for sessions in sessions(context).await {
        let seated = |number: usize, ends_in: i64| {
            let mut record = sessions.record(number, ends_in);
            record.insert("seat", "the same");
            record
        };
        sessions.records.insert_many(&[seated(1, 1), seated(2, 1), seated(3, 1_000)]).await.unwrap();
        sessions.hand.pass(1);
        let with_index = sessions.definition(context).index(Index::unique(["seat"])).build().unwrap();
        let backend = sessions.hand.of(context.backend().await);
        let indexed = backend.define::<Document>(with_index).no_other_writers().await.unwrap();
        refused(indexed.insert(&seated(4, 9)).await, ErrorKind::AlreadyExists, "insert");
        assert_eq!(indexed.count(Filter::all()).await.unwrap(), 1, "{}", sessions.name);
    }
}
