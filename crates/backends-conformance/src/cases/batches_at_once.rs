//! C33 under concurrency: batches that touch the same records are each done whole or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backends_core::{Backend, Document, ErrorKind, Filter, Index, Kind, Repository, Update, Value};
use serde_json::json;

use super::batches_refused::has_batches;
use super::concurrency::all;
use super::unique::has_unique;
use crate::Context;
use crate::records::{document, id};

const TASKS: usize = 20;
const ACCOUNTS: usize = 4;

/// One repository, through the backend of the case and through another process.
async fn handles(context: &Context, unique: bool) -> [(Backend, Repository<Document>); 2] {
    let mut definition = context.definition("raced").version("rev").field("n", Kind::Integer);
    if unique {
        definition = definition.index(Index::unique(["tag"]));
    }
    let (one, other) = (context.backend().await.clone(), context.another_process().await);
    let records = one.define(definition.clone().build().unwrap()).await.unwrap();
    let others = other.define(definition.build().unwrap()).await.unwrap();
    [(one, records), (other, others)]
}

fn record(number: usize, n: i64) -> Document {
    document(json!({"id": id(number), "n": n}))
}

async fn number_of(records: &Repository<Document>, number: usize) -> i64 {
    n_of(&records.get(id(number)).await.unwrap().unwrap())
}

fn n_of(record: &Document) -> i64 {
    match record.get("n") {
        Some(Value::Int(n)) => *n,
        other => panic!("{other:?} is no number"),
    }
}

fn add(n: i64) -> Update {
    Update::new().inc("n", n)
}

pub async fn c33_batches_that_meet_in_opposite_orders_are_all_done(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let handles = handles(context, false).await;
    handles[0].1.insert_many(&[record(1, 0), record(2, 0), record(3, 0)]).await.unwrap();
    let racing = (0..TASKS).map(|task| {
        let (backend, records) = &handles[task % 2];
        let order = if task % 2 == 0 { [1, 2, 3] } else { [3, 2, 1] };
        let batch = order.into_iter().fold(backend.batch(), |batch, number| batch.update(records, id(number), add(1)));
        tokio::spawn(batch.into_future())
    });
    for answer in all(racing.collect()).await {
        answer.unwrap();
    }
    for number in 1..=3 {
        assert_eq!(number_of(&handles[0].1, number).await, i64::try_from(TASKS).unwrap());
    }
}

pub async fn c33_of_many_batches_that_want_one_key_one_is_done_whole(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let handles = handles(context, false).await;
    for round in 0..3 {
        let base = round * 1_000;
        let racing = (1..=TASKS).map(|task| {
            let (backend, records) = &handles[task % 2];
            let own = record(base + task, 0);
            let batch = backend.batch().insert(records, &own).insert(records, &record(base, 0));
            tokio::spawn(batch.into_future())
        });
        let answers = all(racing.collect()).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        for error in answers.into_iter().filter_map(Result::err) {
            let told = (error.kind(), error.position(), error.index(), error.may_have_happened());
            assert_eq!(told, (ErrorKind::AlreadyExists, Some(1), Some("primary"), false), "{error}");
        }
        let stored = handles[0].1.count(Filter::all()).await.unwrap();
        assert_eq!((won, stored), (1, (round as u64 + 1) * 2));
    }
}

pub async fn c33_c32_transfers_that_expect_versions_lose_nothing(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let handles = handles(context, false).await;
    let accounts: Vec<_> = (0..ACCOUNTS).map(|number| record(number, 100)).collect();
    handles[0].1.insert_many(&accounts).await.unwrap();
    let racing = (0..TASKS).map(|task| {
        let (backend, records) = handles[task % 2].clone();
        tokio::spawn(async move {
            let (from, to) = (task % ACCOUNTS, (task + 1 + task / ACCOUNTS % (ACCOUNTS - 1)) % ACCOUNTS);
            loop {
                let pair = records.get_many([id(from), id(to)]).await.unwrap();
                let [from, to] = <[_; 2]>::try_from(pair).unwrap().map(Option::unwrap);
                let moved = |record: &Document, by: i64| {
                    let mut record = record.clone();
                    record.insert("n", n_of(&record) + by);
                    record
                };
                let batch = backend.batch().replace(&records, &moved(&from, -1)).replace(&records, &moved(&to, 1));
                match batch.await {
                    Ok(_) => return,
                    Err(error) => assert!(error.is_conflict() && error.position().is_some(), "{error}"),
                }
            }
        })
    });
    all(racing.collect()).await;
    let stored = handles[0].1.find(Filter::all()).await.unwrap();
    assert_eq!(stored.iter().map(n_of).sum::<i64>(), 100 * i64::try_from(ACCOUNTS).unwrap());
    let revisions: i64 = stored
        .iter()
        .map(|record| match record.get("rev") {
            Some(Value::Int(rev)) => rev - 1,
            other => panic!("{other:?} is no version"),
        })
        .sum();
    assert_eq!(revisions, 2 * i64::try_from(TASKS).unwrap(), "each transfer counted both accounts once");
}

pub async fn c31_c33_values_that_pass_on_at_once_are_that_of_one(context: &Context) {
    if !has_batches(context).await || !has_unique(context).await {
        return;
    }
    let handles = handles(context, true).await;
    let holder = |number: usize| document(json!({"id": id(number), "n": 0, "tag": "it"}));
    handles[0].1.insert(&holder(0)).await.unwrap();
    for number in 1..=TASKS {
        handles[0].1.insert(&record(number, 0)).await.unwrap();
    }
    let racing = (1..=TASKS).map(|task| {
        let (backend, records) = &handles[task % 2];
        let batch = backend.batch().update(records, id(0), Update::new().unset("tag").inc("n", 1));
        tokio::spawn(batch.update(records, id(task), Update::new().set("tag", "it")).into_future())
    });
    let answers = all(racing.collect()).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!((error.index(), error.position()), (Some("tag"), Some(1)), "{error}");
    }
    let stored = handles[0].1.find(Filter::all()).await.unwrap();
    let holders = stored.iter().filter(|record| record.get("tag").is_some()).count();
    assert_eq!((won, holders, number_of(&handles[0].1, 0).await), (1, 1, 1));
}

pub async fn c33_nobody_sees_what_a_batch_that_fails_would_have_written(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let [(backend, records), (_, seen_by_others)] = handles(context, false).await;
    records.insert_many(&[record(1, 0), record(2, 0)]).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_over);
    let looking = tokio::spawn(async move {
        let mut looks = 0;
        while !ended.load(Ordering::Relaxed) || looks == 0 {
            assert_eq!(number_of(&seen_by_others, 1).await, 0);
            assert!(seen_by_others.get(id(3)).await.unwrap().is_none());
            looks += 1;
        }
    });
    for _ in 0..TASKS {
        let batch = backend.batch().update(&records, id(1), add(1)).insert(&records, &record(3, 0));
        let error = batch.insert(&records, &record(2, 0)).await.unwrap_err();
        assert_eq!((error.kind(), error.position()), (ErrorKind::AlreadyExists, Some(2)), "{error}");
    }
    is_over.store(true, Ordering::Relaxed);
    looking.await.unwrap();
}
