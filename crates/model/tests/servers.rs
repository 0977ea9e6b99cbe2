//! A short run on the server that the environment names: `cargo xtask integration`. `TEST_SEED` makes one again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use model::Options;
use servers::Backend;

async fn the_answers_are_those_of_the_model(short: impl Fn(&str) -> Result<Options, String>) {
    let registry = backends::registry();
    let is_there = |name: &str| registry.supported().iter().any(|info| info.name == name);
    let named = Backend::ALL.iter().filter(|backend| servers::uri(**backend, "any").unwrap().is_some());
    let mut tried = 0;
    for name in named.map(|backend| backend.name()).filter(|name| is_there(name)) {
        let differing = model::run(short(name).unwrap()).await.unwrap();
        assert_eq!(differing, 0, "{name}: what differs is printed above");
        tried += 1;
    }
    assert!(tried > 0, "no variable names a server of a backend that is compiled in; call `cargo xtask integration`");
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_random_programs_have_the_answers_of_the_model() {
    the_answers_are_those_of_the_model(|name| Options::short(name, 2_000, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_random_programs_that_run_at_once_have_the_answers_of_the_model() {
    the_answers_are_those_of_the_model(|name| Options::short(name, 2_000, 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_random_programs_whose_requests_are_harmed_store_all_that_is_acknowledged_once() {
    // MongoDB's driver takes half a second to find a server again behind each connection that is cut.
    let operations = |name: &str| if name == "mongodb" { 120 } else { 500 };
    the_answers_are_those_of_the_model(|name| Options::harmed(name, operations(name), 30)).await;
}
