//! Fifty tasks increment one counter at once: what it comes to, and what is sent for it.

use backends_core::{Document, Update, Value};
use tokio::task::JoinSet;

use crate::Stage;

/// How many tasks there are, each with one increment.
pub const TASKS: usize = 50;

/// The requests of increments of a declared integer, by their names.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sent {
    /// Those of one increment alone.
    pub alone: Vec<String>,
    /// Those of [`TASKS`] at once.
    pub at_once: Vec<String>,
}

/// Increments a counter once, and then by many tasks at once; every one of them is answered, and the sum is exact.
///
/// # Panics
/// When an increment fails, or one is lost or done twice.
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
pub async fn run(stage: &Stage) -> Sent {
    let pair = stage.define(r#"{"name": "counter", "idKind": "string", "fields": {"count": "integer"}}"#).await;
    let counter = Document::from([("id", Value::from("it")), ("count", Value::from(0))]);
    pair.clean.insert(&counter).await.unwrap_or_else(|error| panic!("{error}"));
    let increment = || pair.through.update("it", Update::new().inc("count", 1)).into_future();
    // The connections are there.
    assert!(matches!(pair.through.get("it").await, Ok(Some(_))));
    let sent = async |count: usize| {
        stage.proxy.clear();
        let mut tasks = JoinSet::new();
        (0..count).for_each(|_| _ = tasks.spawn(increment()));
        for answer in tasks.join_all().await {
            assert!(matches!(&answer, Ok(Some(_))), "an increment is not done: {:?}", answer.err());
        }
        stage.proxy.operations()
    };
    let sent = Sent { alone: sent(1).await, at_once: sent(TASKS).await };
    let stored = pair.clean.get("it").await.unwrap_or_else(|error| panic!("{error}"));
    let count = stored.as_ref().and_then(|stored| stored.get("count"));
    assert_eq!(count, i64::try_from(1 + TASKS).ok().map(Value::Int).as_ref(), "the sum is not exact");
    println!("one increment sends {:?}; {TASKS} at once send {}", sent.alone, sent.at_once.len());
    sent
}
