//! C31 under concurrency: of all who want a value at once one gets it, and one that is left is free for one.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, Filter, Index, Kind, Repository, Result, Update, Value};
use serde_json::json;

use super::concurrency::{TASKS, all};
use super::unique::has_unique;
use crate::Context;
use crate::expect::refused;
use crate::records::{document, id};

/// How often a race is run: `TEST_ROUNDS`, or a few times.
fn rounds() -> usize {
    std::env::var("TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(4)
}

/// Two handles of one repository: of the backend of the case, and of another process.
async fn handles(context: &Context) -> [Repository<Document>; 2] {
    let definition = context.definition("raced").index(Index::unique(["value"])).field("value", Kind::Integer);
    let records = context.define(definition.clone()).await;
    [records, context.another_process().await.define(definition.build().unwrap()).await.unwrap()]
}

fn holding(at: usize, v: usize) -> Document {
    document(json!({"id": id(at), "value": v}))
}

/// That each value is that of one record, and how many records there are.
async fn each_value_once(records: &Repository<Document>) -> usize {
    let stored = records.find(Filter::all()).await.unwrap();
    let mut owners = BTreeMap::new();
    for record in stored.iter().filter(|record| record.get("value").is_some()) {
        let Some(Value::Int(v)) = record.get("value") else { panic!("no integer") };
        assert!(owners.insert(*v, record.get("id").cloned()).is_none(), "two records have one value");
    }
    stored.len()
}

/// That one of the answers went well and the others were refused by the index.
fn one_of<T>(answers: Vec<Result<T>>, operation: &str) {
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    for answer in answers.into_iter().filter(Result::is_err) {
        assert_eq!(refused(answer, ErrorKind::AlreadyExists, operation).index(), Some("value"));
    }
    assert_eq!(won, 1);
}

pub async fn c31_of_fifty_inserts_of_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(round * TASKS + task, round);
            tokio::spawn(handles[task % 2].insert(&record).into_future())
        });
        one_of(all(racing.collect()).await, "insert");
        assert_eq!(each_value_once(&handles[0]).await, round + 1);
    }
}

pub async fn c31_of_fifty_updates_to_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    let records: Vec<_> = (0..TASKS).map(|task| holding(task, task)).collect();
    handles[0].insert_many(&records).await.unwrap();
    for round in 0..rounds() {
        let value = 1_000 + round;
        let racing = (0..TASKS).map(|task| {
            let update = Update::new().set("value", value);
            tokio::spawn(handles[task % 2].update(id(task), update).into_future())
        });
        one_of(all(racing.collect()).await, "update");
        assert_eq!(each_value_once(&handles[1]).await, TASKS);
    }
}

pub async fn c31_of_fifty_upserts_and_replaces_to_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(task, 1_000 + round);
            tokio::spawn(handles[task % 2].upsert(&record).into_future())
        });
        one_of(all(racing.collect()).await, "upsert");
    }
    let stored = each_value_once(&handles[0]).await;
    let records: Vec<_> = (0..TASKS).map(|task| holding(100 + task, task)).collect();
    handles[0].insert_many(&records).await.unwrap();
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(100 + task, 2_000 + round);
            tokio::spawn(handles[task % 2].replace(&record).into_future())
        });
        one_of(all(racing.collect()).await, "replace");
    }
    assert_eq!(each_value_once(&handles[1]).await, stored + TASKS);
}

pub async fn c31_values_that_are_left_and_taken_at_once_are_that_of_one(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    for round in 0..rounds() {
        // Each writes its own record again and again, over few values, and takes it away at times.
        let racing = (0..10).map(|task| {
            let records = handles[task % 2].clone();
            tokio::spawn(async move {
                for step in 0..10 {
                    let value = (task * 7 + step * 3 + round) % 5;
                    let answer = match (task + step) % 4 {
                        0 => records.delete(id(task)).await.map(drop),
                        1 => records.update(id(task), Update::new().set("value", value)).await.map(drop),
                        2 => records.update(id(task), Update::new().unset("value")).await.map(drop),
                        _ => records.upsert(&holding(task, value)).await.map(drop),
                    };
                    if let Err(error) = answer {
                        assert!(error.is_already_exists() && error.index() == Some("value"), "{error}");
                    }
                }
            })
        });
        all(racing.collect()).await;
        each_value_once(&handles[0]).await;
        // What nobody has is free, and what somebody has is not.
        let stored = handles[0].find(Filter::all()).await.unwrap();
        for value in 0..5 {
            let is_taken = stored.iter().any(|record| record.get("value") == Some(&Value::from(value)));
            let probe = handles[1].insert(&document(json!({"id": id(500), "value": value}))).await;
            assert_eq!(probe.is_err(), is_taken, "round {round}, value {value}");
            handles[1].delete(id(500)).await.unwrap();
        }
    }
}

pub async fn c31_insert_manys_at_once_share_the_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    let racing = (0..8).map(|task| {
        let records: Vec<_> = (0..40).map(|v| holding(task * 100 + v, v)).collect();
        tokio::spawn(handles[task % 2].insert_many(&records).into_future())
    });
    let stored: usize = all(racing.collect())
        .await
        .into_iter()
        .map(|answer| match answer {
            Ok(inserted) => inserted.stored(),
            Err(error) => {
                assert!(error.is_already_exists(), "{error}");
                error.inserted().unwrap().stored()
            }
        })
        .sum();
    assert_eq!((stored, each_value_once(&handles[0]).await), (40, 40));
}
