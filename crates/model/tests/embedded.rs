//! A short run on the backends that need no server. `TEST_SEED` makes one again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use model::Options;

async fn the_answers_are_those_of_the_model(writers: u8) {
    let registry = backends::registry();
    for backend in registry.supported().iter().map(|info| info.name).filter(|name| ["memory", "sqlite"].contains(name))
    {
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
