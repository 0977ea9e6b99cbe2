//! A short run on the backends that need no server. `TEST_SEED` makes one again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use model::Options;

fn needing_no_server() -> impl Iterator<Item = &'static str> {
    let known = backends::registry().supported().into_iter().map(|info| info.name);
    known.filter(|name| ["memory", "sqlite"].contains(name))
}

async fn the_answers_are_those_of_the_model(writers: u8) {
    for backend in needing_no_server() {
        let differing = model::run(Options::short(backend, 3_000, writers).unwrap()).await.unwrap();
        assert_eq!(differing, 0, "{backend}: what differs is printed above");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_random_programs_have_the_answers_of_the_model() {
    the_answers_are_those_of_the_model(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_random_programs_that_run_at_once_have_the_answers_of_the_model() {
    the_answers_are_those_of_the_model(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_random_programs_whose_requests_are_harmed_store_all_that_is_acknowledged_once() {
    for backend in needing_no_server() {
        let differing = model::run(Options::harmed(backend, 1_000, 30).unwrap()).await.unwrap();
        assert_eq!(differing, 0, "{backend}: what differs is printed above");
    }
}
