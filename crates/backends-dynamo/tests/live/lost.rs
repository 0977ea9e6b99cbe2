//! Answers that are lost: this backend asks again where that is harmless, and says so where nobody knows.

use std::collections::BTreeSet;

use backends_core::{Document, Value};
use live::lost::KeyIs;
use proxy::{Fault, Protocol, Proxy};

use crate::stage::{stage, stage_on};
use crate::store::{Store, definition, endpoint, fresh_prefix, remove};

/// The calls of which one lost answer is an error. Of `insert_many`, one of whose keys is taken, the order of its requests
/// says whether that answer is lost.
async fn unanswered(key: KeyIs) -> BTreeSet<&'static str> {
    let stage = stage().await.with_records(5);
    let report = live::lost::run(&stage, key).await;
    assert!(report.lines().count() > 40);
    stage.close().await;
    report.unanswered().map(|line| line.call).filter(|call| *call != "insert_many").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_no_lost_answer_is_a_second_effect_a_conflict_or_a_false_success() {
    let expected = [
        "batch with an insert of a taken key",
        "delete",
        "delete of what is missing",
        "delete of a version",
        "delete_one",
        "delete_one of a version",
        "insert of a taken key",
        "replace of what is missing",
        "stale delete",
        "stale replace",
        "stale update",
        "stale upsert",
        "update by push of what is missing",
        "update of what is missing",
        "upsert of version 0 of what is there",
        "upsert that creates",
        "upsert that replaces",
    ];
    assert_eq!(unanswered(KeyIs::TheId).await, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_nor_where_a_replace_keeps_the_stored_id() {
    let expected = [
        "batch with an insert of a taken key",
        "delete",
        "delete of what is missing",
        "delete of a version",
        "delete_one",
        "delete_one of a version",
        "insert of a taken key",
        "stale delete",
        "update by push of what is missing",
        "upsert of version 0 of what is there",
    ];
    assert_eq!(unanswered(KeyIs::AnotherField).await, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c31_c42_nor_where_values_are_unique() {
    // What a transaction has done the service knows again, and the stamp tells it where nobody does.
    let expected = [
        "batch with an insert of a taken key",
        "insert of a taken key",
        "insert of a taken value",
        "replace by a taken value",
        "update by push of what is missing",
    ];
    assert_eq!(unanswered(KeyIs::TheIdWithGuards).await, BTreeSet::from(expected));
}

/// The calls that meet what has expired, of which one lost answer is an error.
async fn unanswered_over_expired(key: KeyIs) -> BTreeSet<&'static str> {
    let prefix = fresh_prefix();
    let stage = stage_on(prefix.clone()).await;
    let report = live::lost::run_expiring(&stage, key).await;
    assert!(report.lines().count() > 20);
    stage.close().await;
    remove(&prefix).await;
    report.unanswered().map(|line| line.call).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c35_c42_nor_where_a_record_has_expired() {
    let unclear = [
        "delete of what has expired",
        "replace of what has expired",
        "update of what has expired",
        "upsert over a key",
    ];
    assert_eq!(unanswered_over_expired(KeyIs::TheId).await, BTreeSet::from(unclear));
    assert_eq!(unanswered_over_expired(KeyIs::AnotherField).await, BTreeSet::from(["delete of what has expired"]));
    assert_eq!(unanswered_over_expired(KeyIs::TheIdWithGuards).await, BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_nor_of_a_batch_of_records_whose_keys_the_library_drew() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap();
    let records: Vec<_> = (0..60).map(|number| Document::from([("n", Value::from(number))])).collect();
    let mut stored = 0;
    for fault in [Fault::LoseAnswer, Fault::CutAnswer, Fault::Cut] {
        for lost in 1..=3 {
            let fault = fault.clone();
            proxy.on(move |request, n| match (request.operation(), n) {
                ("BatchWriteItem", n) if n == lost => fault.clone(),
                _ => Fault::Pass,
            });
            let inserted = notes.insert_many(&records).await.unwrap();
            stored += inserted.stored();
            assert_eq!((inserted.stored(), store.all("notes").await.len()), (60, stored));
        }
    }
}
