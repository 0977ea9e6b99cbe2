//! Answers that are lost, on a replica set: the driver asks again, and the server knows what it has done.

use live::Stage;
use live::lost::{KeyIs, Report};

use crate::stage::stage;

/// One lost answer is made good by the driver, whichever it is; but for an update that the server could not apply. What it
/// has not done it does not know again, so that an error of the second try leaves the first in doubt.
fn assert_all_answered(report: &Report) {
    let unanswered: Vec<String> =
        report.unanswered().filter(|line| line.call != "update that does not apply").map(ToString::to_string).collect();
    assert!(unanswered.is_empty(), "not asked again:\n{}", unanswered.join("\n"));
}

async fn lose_every_answer(stage: &Stage, key: KeyIs) -> Report {
    let report = live::lost::run(stage, key).await;
    assert_all_answered(&report);
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_no_lost_answer_is_a_second_effect_a_conflict_or_a_false_success() {
    let (stage, store) = stage().await;
    // MongoDB: 48,000,000 bytes a message, so that the inserts are two.
    let stage = stage.with_large(5, 12_000_000);
    let report = lose_every_answer(&stage, KeyIs::TheId).await;
    for call in ["insert_many of large records", "get_many of large records"] {
        assert!(report.lines().any(|line| line.call == call && line.request.0 == 2), "{call}: it is one request");
    }
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_nor_where_a_replace_keeps_the_stored_id() {
    let (stage, store) = stage().await;
    lose_every_answer(&stage, KeyIs::AnotherField).await;
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c35_c42_nor_where_a_record_has_expired() {
    let (stage, store) = stage().await;
    for key in [KeyIs::TheId, KeyIs::AnotherField, KeyIs::TheIdWithGuards] {
        let report = live::lost::run_expiring(&stage, key).await;
        assert_all_answered(&report);
        // It takes the place by three requests, and each of their answers was lost.
        assert!(report.lines().any(|line| line.call == "insert over a key" && line.request == (3, 3)), "{key:?}");
    }
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c31_c42_nor_where_values_are_unique() {
    let (stage, store) = stage().await;
    lose_every_answer(&stage, KeyIs::TheIdWithGuards).await;
    stage.close().await;
    store.remove().await;
}
