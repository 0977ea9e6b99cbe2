//! What a single server does without a replica set, on the one that `TEST_MONGODB_URL` names: the contract, and what is
//! told of lost answers.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "a module of several programs of tests")]

#[path = "common/contract.rs"]
mod contract;
#[path = "common/stage.rs"]
mod stage;
#[allow(dead_code, reason = "other programs of tests use more of it")]
#[path = "common/store.rs"]
mod store;

use live::lost::{KeyIs, Line, Outcome};
use store::Store;

mod conformance {
    backends_conformance::suite!(crate::contract::open);
}

#[tokio::test]
async fn this_is_a_single_server() {
    let store = Store::open().await;
    let hello = store.other.run_command(backends_mongo::mongodb::bson::doc! { "hello": 1 }).await.unwrap();
    assert!(!hello.contains_key("setName"), "this is a replica set: run these tests against a single server");
    store.remove().await;
}

/// The driver repeats reads here, and no write.
async fn lose_every_answer(key: KeyIs) {
    let (stage, store) = stage::stage().await;
    for (report, insert) in [
        (live::lost::run(&stage, key).await, "insert"),
        (live::lost::run_expiring(&stage, key).await, "insert over a key"),
    ] {
        let is_read = |line: &&Line| line.call.starts_with("get");
        let unanswered: Vec<String> = report.unanswered().filter(is_read).map(ToString::to_string).collect();
        assert!(unanswered.is_empty(), "a read is repeated:\n{}", unanswered.join("\n"));
        assert!(report.unanswered().any(|line| line.call == insert && line.outcome == Outcome::Happened));
    }
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_a_lost_answer_of_a_single_server_is_told_and_never_guessed() {
    lose_every_answer(KeyIs::TheId).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c42_nor_where_a_replace_keeps_the_stored_id() {
    lose_every_answer(KeyIs::AnotherField).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_c31_c42_nor_where_values_are_unique() {
    lose_every_answer(KeyIs::TheIdWithGuards).await;
}
