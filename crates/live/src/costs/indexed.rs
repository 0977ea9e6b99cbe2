//! What every read by a declared index sends.

use backends_core::{Document, Filter, Order, Repository, Value, field};

use super::Cost;
use super::reads::{Notes, SENDS};
use crate::Stage;

/// Makes every read once, on 1,000 small records, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let json = r#"{"name": "costs_of_indexes", "fields": {"n": "integer", "at": "integer"}, "indexes": [
        {"fields": ["role"], "unique": false}, {"fields": ["role", "at"], "unique": false},
        {"name": "by_n", "fields": ["n"], "unique": false, "ordered": true}]}"#;
    let pair = stage.define(json).await;
    let roles = ["admin", "guest", "member"];
    let record = |number: i64| {
        let role = roles[usize::try_from(number % 3).unwrap_or_default()];
        Document::from([("role", Value::from(role)), ("n", (number % 400).into()), ("at", number.into())])
    };
    let all: Vec<Document> = (0..1_000).map(record).collect();
    assert!(pair.clean.insert_many(&all).await.is_ok());
    let mut notes = Notes::new(stage);
    calls(&mut notes, &pair.through).await;
    notes.costs.into_iter().map(|cost| Cost { column: SENDS, ..cost }).collect()
}

async fn calls(notes: &mut Notes<'_>, records: &Repository<Document>) {
    let role = field("role").eq("guest");
    let roles = field("role").is_in(["admin", "guest"]);
    let dated = role.clone() & field("at").ge(0);
    let everything = Filter::all;
    let by_n = |filter: Filter| records.find(filter).sort("n", Order::Desc);
    assert_eq!(notes.note("`find` by an index", records.find(&role)).await.len(), 333);
    assert_eq!(notes.note("`find` by 2 values of its first field", records.find(&roles)).await.len(), 667);
    let found =
        notes.note("`find` by it, sorted by its next field", records.find(&dated).sort("at", Order::Desc)).await;
    assert_eq!(found.len(), 333);
    assert_eq!(notes.note("`find` by it, sorted by another field", by_n(role.clone())).await.len(), 333);
    assert!(notes.note("`find_one` by an index", records.find_one(&role)).await.is_some());
    assert_eq!(notes.note("`count` by an index", records.count(&role)).await, 333);
    assert!(notes.note("a page of 50 by an index", records.find(&role).page(50)).await.next.is_some());
    let page = records.find(&dated).sort("at", Order::Asc).page(50);
    assert!(notes.note("a page of 50 by it, sorted by its next field", page).await.next.is_some());
    assert_eq!(notes.note("`find` by an index, `.consistent()`", records.find(&role).consistent()).await.len(), 333);
    assert_eq!(notes.note("`find` of everything, by an ordered index", by_n(everything())).await.len(), 1_000);
    let page = notes.note("a page of 50 by an ordered index", by_n(everything()).page(50)).await;
    assert_eq!((page.records.len(), page.next.is_some()), (50, true));
    let next = notes.note("the page after it", by_n(everything()).page(50).after(page.next)).await;
    assert!(next.next.is_some());
    let range = field("n").ge(300);
    assert_eq!(notes.note("`find` by a range of an ordered index", records.find(&range)).await.len(), 200);
    assert_eq!(notes.note("`count` by a range of an ordered index", records.count(&range)).await, 200);
    assert!(
        notes
            .note("`find_one` of an ordered index, sorted", records.find_one(everything()).sort("n", Order::Asc))
            .await
            .is_some()
    );
}
