//! Changing and deleting the records that a filter means.

use std::collections::BTreeSet;

use backends_core::{Document, ErrorKind, Filter, IdKind, Index, Kind, Order, Repository, Update, Value, field};
use serde_json::json;

use super::indexes::has_indexes;
use crate::Context;
use crate::expect::{SECRET, refused};
use crate::reading::is_refused;
use crate::reading::table::{few, names, names_in_order};
use crate::records::{User, text};
use crate::wrapped::{Act, Faults};

/// Six records, by name, whose ranks tie.
async fn ranked(context: &Context) -> Repository<Document> {
    few(
        context,
        json!([
            {"name": "a", "rank": 2, "text": "x"}, {"name": "b", "rank": 1}, {"name": "c", "rank": 2, "text": "y"},
            {"name": "d"}, {"name": "e", "rank": 1, "text": "z"}, {"name": "f", "rank": 3, "text": SECRET}
        ]),
    )
    .await
}

async fn named(repository: &Repository<Document>, name: &str) -> Document {
    repository.get(name).await.unwrap().unwrap()
}

pub async fn c27_update_one_changes_the_first_of_an_order(context: &Context) {
    let ranked = ranked(context).await;
    let mark = || Update::new().set("mark", true);
    for (order, expected) in [(Order::Asc, "a"), (Order::Desc, "c")] {
        let one = ranked.update_one(field("rank").eq(2), mark()).sort("rank", order).await.unwrap().unwrap();
        assert_eq!(text(one.get("name")), expected, "{order:?}");
        assert_eq!(one.get("mark"), Some(&Value::Bool(true)), "as it is after the update");
        assert!(named(&ranked, expected).await == one);
    }
    assert_eq!(names(&ranked, field("mark").is_set()).await, "a c");
    let one = ranked.update_one(field("rank").eq(1), mark()).await.unwrap().unwrap();
    assert!(["b", "e"].contains(&text(one.get("name"))));
    assert_eq!(ranked.count(field("mark").is_set()).await.unwrap(), 3);
}

pub async fn c27_update_one_of_nothing_is_none(context: &Context) {
    let ranked = ranked(context).await;
    let before = ranked.find(Filter::all()).sort("name", Order::Asc).await.unwrap();
    let mark = || Update::new().set("mark", true);
    for filter in [field("rank").eq(9), field("rank").is_in::<i64>([]), field("name").eq("")] {
        assert!(ranked.update_one(&filter, mark()).await.unwrap().is_none());
        assert_eq!(ranked.update_many(&filter, mark()).await.unwrap(), 0);
        assert!(ranked.delete_one(&filter).await.unwrap().is_none());
        assert_eq!(ranked.delete_many(&filter).await.unwrap(), 0);
    }
    assert!(ranked.find(Filter::all()).sort("name", Order::Asc).await.unwrap() == before);
}

pub async fn c27_delete_one_gives_the_first_of_an_order(context: &Context) {
    let ranked = ranked(context).await;
    let before = named(&ranked, "f").await;
    let gone = ranked.delete_one(Filter::all()).sort("rank", Order::Desc).await.unwrap();
    assert!(gone == Some(before));
    // Missing values are the smallest.
    let gone = ranked.delete_one(Filter::all()).sort("rank", Order::Asc).await.unwrap().unwrap();
    assert_eq!(text(gone.get("name")), "d");
    assert_eq!(names(&ranked, Filter::all()).await, "a b c e");
}

pub async fn c29_update_many_changes_each_that_is_meant_once(context: &Context) {
    let ranked = ranked(context).await;
    // What the update does decides whether the record is still meant.
    assert_eq!(ranked.update_many(field("rank").lt(3), Update::new().inc("rank", 1)).await.unwrap(), 4);
    let all = ranked.find(Filter::all()).sort("rank", Order::Asc).sort("name", Order::Asc).await.unwrap();
    assert_eq!(names_in_order(&all), ["d", "b", "e", "a", "c", "f"]);
    assert_eq!(ranked.update_many(Filter::all(), Update::new().set("all", 1)).await.unwrap(), 6);
    assert_eq!(ranked.count(field("all").eq(1)).await.unwrap(), 6);
    assert_eq!(ranked.update_many(field("text").is_set(), Update::new().unset("text")).await.unwrap(), 4);
    assert_eq!(ranked.count(field("text").is_missing()).await.unwrap(), 6);
}

pub async fn c29_s04_a_write_by_filter_does_not_follow_the_index_that_it_changes(context: &Context) {
    const MOST: i64 = 300;
    let definition = context.definition("ranks").id_kind(IdKind::String).field("rank", Kind::Integer);
    let has = has_indexes(context).await;
    let definition = if has { definition.index(Index::on(["rank"]).ordered()) } else { definition };
    let ranks = context.define::<Document>(definition).await;
    let record = |rank: i64| Document::from([("id", Value::from(format!("{rank}"))), ("rank", rank.into())]);
    ranks.insert_many(&(0..MOST).map(record).collect::<Vec<_>>()).await.unwrap();
    // Each moves to behind all that are still to come.
    let update = Update::new().inc("rank", 1_000);
    assert_eq!(ranks.update_many(field("rank").ge(0), update).await.unwrap(), MOST.unsigned_abs());
    let all = ranks.find(Filter::all()).sort("rank", Order::Asc).consistent().await.unwrap();
    let found: Vec<_> = all.iter().map(|record| record.get("rank").cloned()).collect();
    assert!(found == (0..MOST).map(|rank| Some(Value::Int(rank + 1_000))).collect::<Vec<_>>());
}

pub async fn c29_t05_an_update_by_an_index_goes_on_behind_the_first_megabyte(context: &Context) {
    const WIDE: usize = 40;
    let definition = context.definition("padded").id_kind(IdKind::String).field("group", Kind::String);
    let has = has_indexes(context).await;
    let definition = if has { definition.index(Index::on(["group"])) } else { definition };
    let padded = context.define::<Document>(definition).await;
    let record = |at: usize| {
        let (group, width) = if at < WIDE { ("wide", 40_000) } else { ("other", 10) };
        Document::from([("id", format!("{at:02}")), ("group", group.to_owned()), ("padding", "x".repeat(width))])
    };
    padded.insert_many(&(0..WIDE + 5).map(record).collect::<Vec<_>>()).await.unwrap();
    let count = || Update::new().inc("count", 1);
    assert_eq!(padded.update_many(field("group").eq("wide"), count()).await.unwrap(), WIDE as u64);
    for (group, expected, records) in [("wide", Some(1), WIDE), ("other", None, 5)] {
        let found = padded.find(field("group").eq(group)).consistent().await.unwrap();
        assert_eq!(found.len(), records, "{group}");
        let is_expected = |record: &Document| record.get("count").cloned() == expected.map(Value::Int);
        assert!(found.iter().all(is_expected), "each of {group} is changed {expected:?} times");
    }
    // Also where the update takes the records out of the index that finds them.
    let moved = count().set("group", "gone");
    assert_eq!(padded.update_many(field("group").eq("wide"), moved).await.unwrap(), WIDE as u64);
    let gone = padded.find(field("count").eq(2) & field("group").eq("gone")).consistent().await.unwrap();
    assert_eq!((gone.len(), padded.count(field("count").is_set()).await.unwrap()), (WIDE, WIDE as u64));
}

pub async fn c29_s03_what_an_update_does_not_apply_to_stays_and_is_counted(context: &Context) {
    let ranked = ranked(context).await;
    let error = refused(
        ranked.update_many(Filter::all(), Update::new().inc("text", 1)).await,
        ErrorKind::InvalidInput,
        "update_many",
    );
    let counts = error.counts().unwrap();
    assert_eq!((counts.done, counts.failed), (2, 4), "{error}");
    assert_eq!(error.path(), Some("text"));
    assert!(error.may_have_happened(), "some were changed: {error}");
    assert_eq!(names(&ranked, field("text").eq(1)).await, "b d");
    assert_eq!(text(named(&ranked, "a").await.get("text")), "x");
    let none = ranked.update_many(field("text").eq("x"), Update::new().push("text", 1)).await;
    let error = refused(none, ErrorKind::InvalidInput, "update_many");
    assert_eq!((error.counts().unwrap().done, error.counts().unwrap().failed), (0, 1));
    assert!(!error.may_have_happened(), "{error}");
}

/// Without a record that was written the write surely did not happen; with one, or with a lost answer, it may have.
pub async fn c29_c42_a_write_by_filter_that_ends_half_way_says_so(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let definition = context.definition("marks").id_kind(IdKind::String).build().unwrap();
    let marks = backend.define::<Document>(definition).await.unwrap();
    let six: Vec<_> = (0..6).map(|number| Document::from([("id", format!("{number}"))])).collect();
    let failed = || Act::Fail(ErrorKind::Unavailable);
    for (passed, act, may_have_happened) in [(0, failed(), false), (2, failed(), true), (0, Act::LoseAnswer, true)] {
        marks.insert_many(&six).await.unwrap();
        for operation in ["update", "delete"] {
            (0..passed).for_each(|_| faults.once(operation, Act::Pass));
            faults.always(operation, act.clone());
        }
        let lost = u64::from(matches!(act, Act::LoseAnswer));
        let mark = Update::new().set("mark", true);
        let updated = refused(marks.update_many(Filter::all(), mark).await, ErrorKind::Unavailable, "update_many");
        assert_eq!(marks.count(field("mark").is_set()).await.unwrap(), passed + lost, "{updated}");
        let deleted = refused(marks.delete_many(Filter::all()).await, ErrorKind::Unavailable, "delete_many");
        assert_eq!(marks.count(Filter::all()).await.unwrap(), 6 - passed - lost, "{deleted}");
        for error in [updated, deleted] {
            assert_eq!(error.counts().map_or(0, |counts| counts.done), passed, "{error}");
            assert_eq!(error.may_have_happened(), may_have_happened, "{error}");
        }
        faults.always("update", Act::Pass);
        faults.always("delete", Act::Pass);
        marks.delete_many(Filter::all()).await.unwrap();
    }
}

pub async fn c29_delete_many_deletes_what_is_meant(context: &Context) {
    let ranked = ranked(context).await;
    assert_eq!(ranked.delete_many(field("rank").is_in([1, 3])).await.unwrap(), 3);
    assert_eq!(names(&ranked, Filter::all()).await, "a c d");
    assert_eq!(ranked.delete_many(!field("rank").is_set()).await.unwrap(), 1);
    assert_eq!(ranked.delete_many(Filter::all()).await.unwrap(), 2);
    assert_eq!(ranked.delete_many(Filter::all()).await.unwrap(), 0);
    assert_eq!(ranked.count(Filter::all()).await.unwrap(), 0);
}

pub async fn c15_l19_every_record_has_to_be_said(context: &Context) {
    let ranked = ranked(context).await;
    let before = ranked.find(Filter::all()).sort("name", Order::Asc).await.unwrap();
    let none: [i64; 0] = [];
    for filter in [
        field("rank").not_in(none),
        field("rank").not_in(none) & field("name").not_in(none),
        field("rank").eq(1) | field("rank").not_in(none),
        !field("rank").is_in(none),
        Filter::all() | field("rank").eq(1),
    ] {
        let update = Update::new().set("mark", true);
        refused(ranked.update_many(&filter, update.clone()).await, ErrorKind::InvalidInput, "update_many");
        refused(ranked.delete_many(&filter).await, ErrorKind::InvalidInput, "delete_many");
        assert!(ranked.update_one(&filter, update).await.unwrap().is_some(), "one is one, whatever the filter means");
        ranked.update_many(Filter::all(), Update::new().unset("mark")).await.unwrap();
    }
    assert!(ranked.find(Filter::all()).sort("name", Order::Asc).await.unwrap() == before);
    // What is no more than true of every record is allowed.
    assert_eq!(ranked.update_many(field("id").is_set(), Update::new().set("mark", true)).await.unwrap(), 6);
    assert_eq!(ranked.delete_many(field("id").is_set()).await.unwrap(), 6);
}

pub async fn c09_a_filter_that_cannot_be_asked_writes_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for filter in [field("logins").like("a%"), field("nmae").eq(SECRET), field("name").eq(vec![1])] {
        is_refused(&users, &filter, None).await;
        let update = || Update::new().unset("nick");
        refused(users.update_one(&filter, update()).await, ErrorKind::InvalidInput, "update_one");
        refused(users.update_many(&filter, update()).await, ErrorKind::InvalidInput, "update_many");
        refused(users.delete_one(&filter).await, ErrorKind::InvalidInput, "delete_one");
        refused(users.delete_many(&filter).await, ErrorKind::InvalidInput, "delete_many");
    }
    let wrong = Update::new().set("nmae", "x");
    refused(users.update_one(Filter::all(), wrong.clone()).await, ErrorKind::InvalidInput, "update_one");
    refused(users.update_many(Filter::all(), wrong).await, ErrorKind::InvalidInput, "update_many");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c27_l24_racing_writes_by_filter_take_a_record_once(context: &Context) {
    let ranked = few(
        context,
        json!([{"name": "a", "state": "new"}, {"name": "b", "state": "new"}, {"name": "c", "state": "new"}]),
    )
    .await;
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let ranked = ranked.clone();
            tokio::spawn(async move {
                let take = Update::new().set("state", "taken").set("by", task);
                ranked.update_one(field("state").eq("new"), take).await.unwrap()
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    let distinct: BTreeSet<&str> = taken.iter().map(|record| text(record.get("name"))).collect();
    assert_eq!((taken.len(), distinct.len()), (3, 3), "each record is taken by one");
    for record in &taken {
        assert!(named(&ranked, text(record.get("name"))).await == *record, "nobody has taken it after that");
    }
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let ranked = ranked.clone();
            tokio::spawn(async move { ranked.delete_one(field("state").eq("taken")).await.unwrap() })
        })
        .collect();
    let mut gone = BTreeSet::new();
    let mut count = 0;
    for task in tasks {
        if let Some(record) = task.await.unwrap() {
            gone.insert(text(record.get("name")).to_owned());
            count += 1;
        }
    }
    assert_eq!((count, gone.len()), (3, 3));
}

pub async fn c27_l22_a_write_by_filter_brings_no_deleted_record_back(context: &Context) {
    let all: serde_json::Value = (0..20).map(|rank| json!({"name": format!("r{rank:02}"), "rank": rank})).collect();
    let ranked = few(context, all.clone()).await;
    for _ in 0..3 {
        let updates: Vec<_> = (0..4)
            .map(|task| {
                let ranked = ranked.clone();
                tokio::spawn(async move {
                    ranked.update_many(field("rank").is_set(), Update::new().set("mark", task)).await.unwrap();
                    ranked.update_one(field("rank").ge(10), Update::new().inc("rank", 1)).await.unwrap();
                })
            })
            .collect();
        assert_eq!(ranked.delete_many(field("rank").is_set()).await.unwrap(), 20);
        for update in updates {
            update.await.unwrap();
        }
        assert_eq!(ranked.count(Filter::all()).await.unwrap(), 0, "a deleted record came back");
        let again: Vec<Document> = serde_json::from_value(all.clone()).unwrap();
        ranked.insert_many(&again).await.unwrap();
    }
}

pub async fn c25_writes_by_filter_explain_how_they_find(context: &Context) {
    let ranked = ranked(context).await;
    let read = ranked.find(field("name").eq("a")).fields::<&str>([]).explain().await.unwrap();
    for plan in [
        ranked.update_one(field("name").eq("a"), Update::new().set("x", 1)).explain().await.unwrap(),
        ranked.update_many(field("name").eq("a"), Update::new().set("x", 1)).explain().await.unwrap(),
        ranked.delete_one(field("name").eq("a")).explain().await.unwrap(),
        ranked.delete_many(field("name").eq("a")).explain().await.unwrap(),
    ] {
        assert_eq!(plan.access, read.access);
    }
    assert_eq!(ranked.count(Filter::all()).await.unwrap(), 6);
}
