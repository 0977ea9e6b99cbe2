//! Processes that are killed (`SIGKILL`) at many moments of a call, in a database that is a file. `TEST_ROUNDS` says at how
//! many.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use model::{Backfill, Operation, define_killed};

#[path = "common/child.rs"]
mod child;

use child::Victim;

/// How much later the next process is killed than the one before.
const STEP: Duration = Duration::from_micros(150);

/// How many processes are killed in each call.
fn rounds() -> u32 {
    std::env::var("TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8)
}

/// Starts a process, and kills it so much later than it was told to go; whether it had said that it was done.
async fn kill_after(time: Duration, words: &[String]) -> bool {
    let mut victim = Victim::start(words).await;
    victim.go();
    tokio::time::sleep(time).await;
    victim.kill().await
}

#[tokio::test(flavor = "multi_thread")]
async fn c31_c33_a_write_that_is_killed_blocks_no_value_and_lets_no_duplicate_in() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:{}", folder.path().join("killed").display());
    let backend = backends::open(&uri).await.unwrap();
    let records = define_killed(&backend).await.unwrap();
    for operation in Operation::ALL {
        for round in 0..rounds() {
            let case = format!("{operation:?}-{round}");
            operation.prepare(&records, &case).await.unwrap();
            let is_done = kill_after(STEP * round, &model::Victim::writes(&uri, operation, &case)).await;
            let left = operation.check(&backend, &records, &case, is_done).await;
            assert_eq!(left, Ok(()), "{operation:?}, killed {:?} after its beginning", STEP * round);
        }
    }
    backend.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn c31_c36_a_definition_that_is_killed_is_finished_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:{}", folder.path().join("filled").display());
    for round in 0..rounds() {
        let case = format!("filled-{round}");
        let (backfill, older) = (Backfill::new(&case), backends::open(&uri).await.unwrap());
        let newer = backends::open(&uri).await.unwrap();
        backfill.prepare(&older).await.unwrap();
        kill_after(STEP * round, &model::Victim::defines(&uri, &case)).await;
        assert_eq!(backfill.check(&older, &newer).await, Ok(()), "killed {:?} after its beginning", STEP * round);
        older.close().await.unwrap();
        newer.close().await.unwrap();
    }
}
