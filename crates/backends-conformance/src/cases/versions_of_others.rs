//! C32: versions of types that have no field for them, of records of other programs, under races and lost answers.

use std::time::Duration;

use backends_core::driver::{self, DefineRequest, RepositoryDriver, SwapRequest};
use backends_core::{Document, ErrorKind, Key, RecordBuf, Repository, Timestamp, Token, Update, Value, field};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{failed, refused};
use crate::records::{document, id, stored};
use crate::wrapped::{Act, Faults};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Counter {
    id: String,
    n: i64,
    #[serde(default)]
    revision: u64,
}

impl Counter {
    fn new(number: usize) -> Self {
        Self { id: id(number), n: 0, revision: 0 }
    }
}

/// Has no field for the version, and takes none that it does not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    id: String,
    n: i64,
}

async fn counters(context: &Context) -> Repository<Counter> {
    context.define(context.definition("counters").version("revision")).await
}

pub async fn c32_a_type_need_not_have_the_version(context: &Context) {
    let closed = context.define::<Closed>(context.definition("counters").version("revision")).await;
    let one = Closed { id: id(1), n: 0 };
    assert_eq!(closed.insert(&one).await.unwrap(), one);
    closed.insert_many(&[Closed { id: id(2), n: 0 }]).await.unwrap();
    assert_eq!(closed.get(&one.id).await.unwrap(), Some(one.clone()));
    let updated = closed.update(&one.id, Update::new().inc("n", 1)).expect_version(1).await.unwrap();
    assert_eq!(updated, Some(Closed { n: 1, ..one.clone() }));
    assert_eq!(stored(&closed, &one.id).await, document(json!({"n": 1, "revision": 2})));
    // A record without a version is one of which nothing is known to be there.
    refused(closed.replace(&one).await, ErrorKind::Conflict, "replace");
    refused(closed.upsert(&one).await, ErrorKind::Conflict, "upsert");
    assert!(closed.upsert(&Closed { id: id(3), n: 0 }).await.unwrap().created);
    assert!(closed.delete(&one.id).expect_version(2).await.unwrap().is_some());
}

pub async fn c32_a_type_that_cannot_hold_the_version_is_refused(context: &Context) {
    #[derive(Debug, Serialize, Deserialize)]
    struct Small {
        id: String,
        n: i64,
        #[serde(default)]
        revision: u8,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Forgets {
        id: String,
        #[serde(default, skip_deserializing)]
        revision: u64,
    }
    let small = context.define::<Small>(context.definition("counters").version("revision")).await;
    let mut record = small.insert(&Small { id: id(1), n: 0, revision: 0 }).await.unwrap();
    while record.revision < u8::MAX {
        record = small.replace(&record).await.unwrap();
    }
    let error = refused(small.replace(&record).await, ErrorKind::InvalidInput, "replace");
    assert_eq!(error.path(), Some("revision"), "{error}");
    refused(small.update(id(1), Update::new().inc("n", 1)).await, ErrorKind::InvalidInput, "update");
    assert_eq!(stored(&small, id(1)).await, document(json!({"n": 0, "revision": 255})));
    let forgets = small.typed::<Forgets>().insert(&Forgets { id: id(2), revision: 0 }).await;
    let error = refused(forgets, ErrorKind::InvalidInput, "insert");
    assert_eq!(error.path(), Some("revision"), "{error}");
    assert!(small.get(id(2)).await.unwrap().is_none());
}

/// Stores a record of the counters as another program may have left it.
async fn foreign(context: &Context, number: usize, revision: Option<Token<'_>>) -> Counter {
    let counters = counters(context).await;
    let own = || driver::Context::new(Timestamp::now(), Duration::from_secs(30));
    let request = DefineRequest::new(own(), counters.definition());
    let (native, _) = context.driver().await.define(&request).await.unwrap().into_parts();
    let mut record = RecordBuf::new();
    record.set("id", Token::String(&id(number)));
    record.set("n", Token::Int(0));
    if let Some(revision) = revision {
        record.set("revision", revision);
    }
    let key = Key::new(Value::from(id(number)), None);
    put(&*native, SwapRequest::new(own(), key, None, Some(record))).await;
    Counter::new(number)
}

async fn put(native: &dyn RepositoryDriver, request: SwapRequest) {
    assert_eq!(native.swap(&request).await.unwrap(), driver::Swapped::Done);
}

pub async fn c32_c43_a_record_that_was_stored_without_a_version_has_0(context: &Context) {
    let counters = counters(context).await;
    let count = || Update::new().inc("n", 1);
    for (at, revision) in [None, Some(Token::Int(0))].into_iter().enumerate() {
        let [updated, replaced, counted, deleted] = [0, 1, 2, 3].map(|number| number + 10 * at);
        let record = foreign(context, updated, revision).await;
        refused(counters.update(&record.id, count()).expect_version(1).await, ErrorKind::Conflict, "update");
        let after = counters.update(&record.id, count()).expect_version(0).await.unwrap().unwrap();
        assert_eq!((after.n, after.revision), (1, 1));
        let record = foreign(context, replaced, revision).await;
        refused(counters.upsert(&record).await, ErrorKind::Conflict, "upsert");
        refused(counters.replace(&Counter { revision: 1, ..record.clone() }).await, ErrorKind::Conflict, "replace");
        assert_eq!(counters.replace(&record).await.unwrap().revision, 1);
        let record = foreign(context, counted, revision).await;
        assert_eq!(counters.update_many(field("id").eq(&record.id), count()).await.unwrap(), 1);
        assert_eq!(counters.get(&record.id).await.unwrap().unwrap().revision, 1);
        let record = foreign(context, deleted, revision).await;
        refused(counters.delete(&record.id).expect_version(1).await, ErrorKind::Conflict, "delete");
        assert!(counters.delete(&record.id).expect_version(0).await.unwrap().is_some());
    }
}

pub async fn c32_c43_a_version_that_is_no_integer_is_another_than_any(context: &Context) {
    let counters = counters(context).await;
    let count = || Update::new().inc("n", 1);
    for (at, revision) in [Token::String("1"), Token::Float(1.5), Token::Bool(true)].into_iter().enumerate() {
        let record = foreign(context, at, Some(revision)).await;
        for expected in [0, 1] {
            let brought = Counter { revision: expected, ..record.clone() };
            refused(counters.replace(&brought).await, ErrorKind::Conflict, "replace");
            refused(counters.upsert(&brought).await, ErrorKind::Conflict, "upsert");
            let updated = counters.update(&record.id, count()).expect_version(expected).await;
            refused(updated, ErrorKind::Conflict, "update");
            refused(counters.delete(&record.id).expect_version(expected).await, ErrorKind::Conflict, "delete");
            let one = || field("id").eq(&record.id);
            refused(
                counters.update_one(one(), count()).expect_version(expected).await,
                ErrorKind::Conflict,
                "update_one",
            );
            refused(counters.delete_one(one()).expect_version(expected).await, ErrorKind::Conflict, "delete_one");
        }
        assert_eq!(counters.count(field("id").eq(&record.id)).await.unwrap(), 1);
    }
}

pub async fn c32_the_last_version_has_no_next(context: &Context) {
    let counters = counters(context).await;
    let mut record = foreign(context, 1, Some(Token::Int(i64::MAX - 1))).await;
    record.revision = u64::try_from(i64::MAX).unwrap() - 1;
    let last = counters.replace(&record).await.unwrap();
    assert_eq!(last.revision, record.revision + 1);
    let count = || Update::new().inc("n", 1);
    let told = |error: backends_core::Error| assert_eq!(error.path(), Some("revision"), "{error}");
    told(refused(counters.replace(&last).await, ErrorKind::InvalidInput, "replace"));
    told(refused(counters.upsert(&last).await, ErrorKind::InvalidInput, "upsert"));
    told(refused(counters.update(&last.id, count()).await, ErrorKind::InvalidInput, "update"));
    counters.insert(&Counter::new(2)).await.unwrap();
    let some = counters.update_many(field("n").eq(0), count()).await;
    let error = refused(some, ErrorKind::InvalidInput, "update_many");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((1, 1)), "{error}");
    assert_eq!(counters.get(&last.id).await.unwrap().as_ref(), Some(&last));
    assert_eq!(counters.delete(&last.id).expect_version(last.revision).await.unwrap(), Some(last));
}

pub async fn c32_c37_another_version_field_is_a_definition_conflict(context: &Context) {
    let plain = || context.definition("counters");
    context.define::<Document>(plain().version("revision")).await;
    for backend in [context.backend().await.clone(), context.another_process().await] {
        for (wanted, told) in [(plain().version("count"), "count"), (plain(), "none")] {
            let wanted = wanted.build().unwrap();
            let error = refused(backend.define::<Document>(wanted).await, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains("version field") && error.to_string().contains(told), "{error}");
        }
        let same = plain().version("revision").build().unwrap();
        assert_eq!(backend.define::<Document>(same).await.unwrap().definition().version(), Some("revision"));
    }
    context.define::<Document>(context.definition("unversioned")).await;
    let wanted = context.definition("unversioned").version("revision").build().unwrap();
    let error = failed(context.backend().await.define::<Document>(wanted).await, ErrorKind::DefinitionConflict);
    assert!(error.to_string().contains("version field"), "{error}");
}

pub async fn c32_of_fifty_writes_of_one_version_one_wins(context: &Context) {
    let other = context.another_process().await;
    let here = counters(context).await;
    let there = other.define::<Counter>(here.definition()).await.unwrap();
    let handles = [here, there];
    for round in 0..4 {
        let counter = Counter::new(round);
        let racing: Vec<_> = (0..50)
            .map(|task| tokio::spawn(handles[task % 2].upsert(&Counter { n: 1, ..counter.clone() }).into_future()))
            .collect();
        let mut won = 0;
        for task in racing {
            match task.await.unwrap() {
                Ok(upserted) => won += usize::from(upserted.created),
                answer => drop(refused(answer, ErrorKind::Conflict, "upsert")),
            }
        }
        assert_eq!(won, 1, "one inserts");
        let first = handles[0].get(&counter.id).await.unwrap().unwrap();
        assert_eq!(first.revision, 1);
        let racing: Vec<_> = (0..50_i64)
            .zip(handles.iter().cycle())
            .map(|(task, handle)| tokio::spawn(handle.replace(&Counter { n: task, ..first.clone() }).into_future()))
            .collect();
        let mut won = Vec::new();
        for task in racing {
            match task.await.unwrap() {
                Ok(replaced) => won.push(replaced),
                answer => drop(refused(answer, ErrorKind::Conflict, "replace")),
            }
        }
        assert_eq!(won.len(), 1, "one replaces");
        let left = handles[1].get(&counter.id).await.unwrap();
        assert_eq!((left.as_ref(), won[0].revision), (won.first(), 2), "the one that won is there");
    }
}

pub async fn c32_whoever_meets_a_conflict_and_decides_anew_loses_nothing(context: &Context) {
    let counters = counters(context).await;
    counters.insert(&Counter::new(1)).await.unwrap();
    let racing: Vec<_> = (0..10)
        .map(|task| {
            let counters = counters.clone();
            tokio::spawn(async move {
                loop {
                    let seen = counters.get(id(1)).await.unwrap().unwrap();
                    let next = Counter { n: seen.n + 1, ..seen.clone() };
                    let written = if task % 2 == 0 {
                        counters.replace(&next).await.map(drop)
                    } else {
                        let set = Update::new().set("n", next.n);
                        counters.update(id(1), set).expect_version(seen.revision).await.map(drop)
                    };
                    match written {
                        Ok(()) => return,
                        Err(error) => assert!(error.is_conflict(), "{error}"),
                    }
                }
            })
        })
        .collect();
    for task in racing {
        task.await.unwrap();
    }
    let last = counters.get(id(1)).await.unwrap().unwrap();
    assert_eq!((last.n, last.revision), (10, 11));
}

pub async fn c32_c42_a_lost_answer_is_no_conflict(context: &Context) {
    let faults = Faults::default();
    let definition = context.definition("counters").version("revision").build().unwrap();
    let losing = context.wrapped(&faults).await.define::<Counter>(definition).await.unwrap();
    let counters = counters(context).await;
    let count = || Update::new().inc("n", 1);
    // What a driver does not compare, core writes by swaps.
    let by_core = !context.backend().await.capabilities().versions;
    let mut counter = counters.insert(&Counter::new(1)).await.unwrap();
    let calls = ["replace", "upsert", "update"].into_iter();
    for (operation, by_swap) in calls.flat_map(|operation| [(operation, by_core), (operation, true)]) {
        let called = if operation == "upsert" { "replace" } else { operation };
        if by_swap {
            faults.always(called, Act::BySwap);
            faults.once("swap", Act::LoseAnswer);
        } else {
            faults.once(called, Act::LoseAnswer);
        }
        let written = match operation {
            "replace" => losing.replace(&counter).await.map(drop),
            "upsert" => losing.upsert(&counter).await.map(drop),
            _ => losing.update(&counter.id, count()).expect_version(counter.revision).await.map(drop),
        };
        let error = refused(written, ErrorKind::Unavailable, operation);
        assert!(error.may_have_happened(), "{operation}, {by_swap}: {error}");
        let after = counters.get(&counter.id).await.unwrap().unwrap();
        assert_eq!(after.revision, counter.revision + 1, "{operation}, {by_swap}: it was written once");
        counter = after;
        faults.always(called, Act::Pass);
    }
}
