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
    std::env::var("TEST_ROUNDS").map_or(4, |rounds| rounds.parse().expect("TEST_ROUNDS is a number"))
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

/// Races for one value, of which each has one winner.
struct Races {
    operation: &'static str,
    rounds: usize,
    refused: usize,
}

impl Races {
    fn of(operation: &'static str) -> Self {
        Self { operation, rounds: 0, refused: 0 }
    }

    /// That one of the answers went well and the others were refused by the index.
    fn one_of<T>(&mut self, answers: Vec<Result<T>>) {
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        for answer in answers.into_iter().filter(Result::is_err) {
            assert_eq!(refused(answer, ErrorKind::AlreadyExists, self.operation).index(), Some("value"));
            self.refused += 1;
        }
        assert_eq!(won, 1);
        self.rounds += 1;
    }

    #[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
    fn print(&self) {
        let Self { operation, rounds, refused } = self;
        println!("{TASKS} times `{operation}` for one value: {rounds} rounds, one won in each, {refused} refused");
    }
}

pub async fn c31_of_fifty_inserts_of_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    let mut races = Races::of("insert");
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(round * TASKS + task, round);
            tokio::spawn(handles[task % 2].insert(&record).into_future())
        });
        races.one_of(all(racing.collect()).await);
        assert_eq!(each_value_once(&handles[0]).await, round + 1);
    }
    races.print();
}

pub async fn c31_of_fifty_updates_to_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    let records: Vec<_> = (0..TASKS).map(|task| holding(task, task)).collect();
    handles[0].insert_many(&records).await.unwrap();
    let mut races = Races::of("update");
    for round in 0..rounds() {
        let value = 1_000 + round;
        let racing = (0..TASKS).map(|task| {
            let update = Update::new().set("value", value);
            tokio::spawn(handles[task % 2].update(id(task), update).into_future())
        });
        races.one_of(all(racing.collect()).await);
        assert_eq!(each_value_once(&handles[1]).await, TASKS);
    }
    races.print();
}

pub async fn c31_of_fifty_upserts_and_replaces_to_one_value_one_wins(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let handles = handles(context).await;
    let (mut upserts, mut replaces) = (Races::of("upsert"), Races::of("replace"));
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(task, 1_000 + round);
            tokio::spawn(handles[task % 2].upsert(&record).into_future())
        });
        upserts.one_of(all(racing.collect()).await);
    }
    let stored = each_value_once(&handles[0]).await;
    let records: Vec<_> = (0..TASKS).map(|task| holding(100 + task, task)).collect();
    handles[0].insert_many(&records).await.unwrap();
    for round in 0..rounds() {
        let racing = (0..TASKS).map(|task| {
            let record = holding(100 + task, 2_000 + round);
            tokio::spawn(handles[task % 2].replace(&record).into_future())
        });
        replaces.one_of(all(racing.collect()).await);
    }
    upserts.print();
    replaces.print();
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
