//! What every update by key sends.

use backends_core::{Document, ErrorKind, Repository, Update, Value, field};

use super::Cost;
use super::reads::{Notes, SENDS};
use crate::Stage;

/// Makes every update once, on a record with a declared integer, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let json = r#"{"name": "costs_of_updates", "idKind": "string", "fields": {"count": "integer"}}"#;
    let pair = stage.define(json).await;
    let record =
        Document::from([("id", Value::from("a")), ("count", i64::MAX.into()), ("map", Document::new().into())]);
    assert!(pair.clean.insert(&record).await.is_ok());
    let warm = pair.through.get("nothing").await;
    assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
    let mut notes = Notes::new(stage);
    notes.updates(&pair.through).await;
    notes.costs.into_iter().map(|cost| Cost { column: SENDS, ..cost }).collect()
}

impl Notes<'_> {
    async fn updates(&mut self, records: &Repository<Document>) {
        let new = Update::new;
        let refused = async {
            let answer = records.update("a", new().inc("count", 1)).await;
            assert!(answer.is_err_and(|error| error.kind() == ErrorKind::InvalidInput), "it is not refused");
            Ok(())
        };
        self.note("`inc` of a declared integer beyond 64 bits", refused).await;
        for (call, update) in [
            ("`set`, `unset`", new().set("name", "x").unset("gone")),
            ("`inc` of a declared integer", new().inc("count", -1)),
            ("`push`", new().push("list", "x")),
            ("all of these", new().set("name", "y").unset("gone").inc("count", -1).push("list", "y")),
            ("`set` in a map", new().set("map.a", 1)),
            ("`set` in a map that is missing", new().set("other.a", 1)),
            ("`inc` of another field, in a map", new().inc("other.n", 1)),
            ("`pull`", new().pull("list", "x")),
        ] {
            assert!(self.note(call, records.update("a", update)).await.is_some(), "{call}");
        }
        assert!(self.note("`set` of what is missing", records.update("b", new().set("name", "x"))).await.is_none());
        let filter = field("name").eq("y") & field("id").eq("a");
        let updated = records.update_one(&filter, new().inc("count", -1));
        assert!(self.note("`update_one` by the key and another field", updated).await.is_some());
    }
}
