//! What every write sends that expects a version.

use backends_core::{Document, Error, ErrorKind, Result, Update};

use super::{BY_ID, BY_KEY, Cost, Notes};
use crate::Stage;
use crate::stage::{Pair, record};

const VERSION: &str = "v";

/// Makes every write once, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let mut costs = Vec::new();
    for (column, field, json) in [
        (BY_ID, "id", r#"{"name": "costs_of_versions_by_id", "idKind": "string", "version": "v"}"#),
        (BY_KEY, "key", r#"{"name": "costs_of_versions_by_key", "hashKey": "key", "version": "v"}"#),
    ] {
        let pair = stage.define(json).await;
        let warm = pair.through.get("nothing").await;
        assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
        calls(&mut Notes { stage, column, costs: &mut costs }, &pair, field).await;
    }
    costs
}

async fn calls(notes: &mut Notes<'_>, pair: &Pair, field: &str) {
    let records = &pair.through;
    let record = |key, version: i64| {
        let mut record = record(field, key, 1, 0);
        record.insert(VERSION, version);
        record
    };
    let count = || Update::new().inc("count", 1);
    let created = notes.note("`upsert` of version 0 that inserts", records.upsert(&record("one", 0))).await;
    assert!(created.is_ok_and(|upserted| upserted.created));
    stale(notes.note("`upsert` of version 0 of what is there", records.upsert(&record("one", 0))).await);
    has(2, notes.note("`replace`", records.replace(&record("one", 1))).await.map(Some));
    stale(notes.note("stale `replace`", records.replace(&record("one", 1))).await);
    let missing = notes.note("`replace` of what is missing", records.replace(&record("two", 1))).await;
    assert!(missing.is_err_and(|error| error.is_not_found()));
    let upserted = notes.note("`upsert` of a version that is there", records.upsert(&record("one", 2))).await;
    has(3, upserted.map(|upserted| Some(upserted.record)));
    stale(notes.note("stale `upsert`", records.upsert(&record("one", 2))).await);
    has(4, notes.note("`update` with `.expect_version`", records.update("one", count()).expect_version(3)).await);
    stale(notes.note("stale `update`", records.update("one", count()).expect_version(3)).await);
    stale(notes.note("stale `delete`", records.delete("one").expect_version(3)).await);
    has(4, notes.note("`delete` with `.expect_version`", records.delete("one").expect_version(4)).await);
}

#[track_caller]
fn stale<R>(answer: Result<R>) {
    assert!(answer.is_err_and(|error: Error| error.kind() == ErrorKind::Conflict));
}

#[track_caller]
fn has(version: i64, answer: Result<Option<Document>>) {
    let record = answer.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(record.and_then(|record| record.get(VERSION).cloned()), Some(version.into()));
}
