//! A short run of writes through changes of the primary, on a replica set of its own: `cargo xtask integration`.
//! `TEST_ROUNDS` makes it longer, `TEST_SEED` makes one again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use model::Failover;

#[tokio::test(flavor = "multi_thread")]
async fn c24_c42_writes_through_changes_of_the_primary_are_there_once_or_their_errors_say_so() {
    let rounds = std::env::var("TEST_ROUNDS").unwrap_or_else(|_| "2".to_owned());
    let seed = std::env::var("TEST_SEED").ok().map(|seed| format!("--seed={seed}"));
    let failover = Failover::read([format!("--rounds={rounds}")].into_iter().chain(seed)).unwrap();
    assert_eq!(failover.run().await.unwrap(), 0, "what is lost, doubled or another error is printed above");
}
