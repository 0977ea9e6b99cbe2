//! What batches send.

use backends_core::{AtomicBatch, Document, ErrorKind, Update, Value, WrittenBatch};

use super::Cost;
use super::reads::{Notes, SENDS};
use crate::Stage;

/// Makes each batch once, on two repositories of which one has a unique index, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let plain = stage.define(r#"{"name": "costs_batched", "idKind": "string"}"#).await;
    let unique = stage.define(r#"{"name": "costs_batched_unique", "idKind": "string", "indexes": ["email"]}"#).await;
    for pair in [&plain, &unique] {
        let warm = pair.through.get("nothing").await;
        assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
    }
    let mut notes = Notes::new(stage);
    let (records, users) = (&plain.through, &unique.through);
    let batch = || records.backend().batch();
    let record = |id: &str| Document::from([("id", id.into()), ("n", Value::Int(1))]);
    let user = |id: &str, email: &str| Document::from([("id", id), ("email", email)]);
    let count = || Update::new().inc("n", 1);
    notes.note("no write", batch()).await;
    notes
        .note(
            "`insert` of 3",
            batch().insert(records, &record("a")).insert(records, &record("b")).insert(records, &record("c")),
        )
        .await;
    notes.note("`update` of 1", batch().update(records, "a", count())).await;
    notes.note("`update` of 2", batch().update(records, "a", count()).update(records, "b", count())).await;
    let mixed = batch().replace(records, &record("a")).upsert(records, &record("d")).delete(records, "b");
    notes.note("`replace`, `upsert` and `delete`", mixed).await;
    notes.note("`delete` of what is missing", batch().delete(records, "b")).await;
    let both = batch().insert(records, &record("e")).insert(users, &user("a", "a"));
    notes.note("`insert` of 1 and of 1 with a unique value", both).await;
    let both = batch().update(records, "e", count()).update(users, "a", Update::new().set("other", "x"));
    notes.note("`update` of 1 and of 1 that keeps its unique value", both).await;
    let passed = batch().update(users, "a", Update::new().set("email", "b")).insert(users, &user("b", "a"));
    notes.note("`update` and `insert` that pass a unique value on", passed).await;
    notes
        .taken(
            "`update` of 1 and `insert` of a taken key",
            batch().update(records, "a", count()).insert(records, &record("c")),
        )
        .await;
    notes.taken("`insert` of a taken unique value", batch().insert(users, &user("c", "b"))).await;
    notes.missing("`update` of what is missing", batch().update(records, "b", count())).await;
    notes.costs.into_iter().map(|cost| Cost { column: SENDS, ..cost }).collect()
}

impl Notes<'_> {
    async fn taken(&mut self, call: &'static str, batch: AtomicBatch) {
        self.failing(call, batch, ErrorKind::AlreadyExists).await;
    }

    async fn missing(&mut self, call: &'static str, batch: AtomicBatch) {
        self.failing(call, batch, ErrorKind::NotFound).await;
    }

    async fn failing(&mut self, call: &'static str, batch: AtomicBatch, kind: ErrorKind) {
        let refused = async {
            match batch.await {
                Err(error) if error.kind() == kind => Ok(WrittenBatch::default()),
                answer => answer.and(Err(backends_core::Error::unexpected("it has to be refused, and went well"))),
            }
        };
        self.note(call, refused).await;
    }
}
