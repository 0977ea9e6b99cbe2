//! A short run on the server that the environment names: `cargo xtask integration`. `TEST_SEED` makes one again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use model::Options;

#[tokio::test(flavor = "multi_thread")]
async fn c18_random_programs_have_the_answers_of_the_model() {
    let mut tried = 0;
    for (backend, variable) in [("mongodb", "TEST_MONGODB_URL"), ("dynamodb", "TEST_DYNAMODB_ENDPOINT")] {
        let is_there = backends::registry().supported().iter().any(|info| info.name == backend);
        if !is_there || std::env::var(variable).is_err() {
            continue;
        }
        let differing = model::run(Options::short(backend, 2_000).unwrap()).await.unwrap();
        assert_eq!(differing, 0, "{backend}: what differs is printed above");
        tried += 1;
    }
    assert!(tried > 0, "no variable names a server of a backend that is compiled in; call `cargo xtask integration`");
}
