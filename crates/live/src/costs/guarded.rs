//! What every write of a record with a unique value sends, and reads by one.

use backends_core::{Document, Error, Update, field};

use super::Cost;
use super::reads::{Notes, SENDS};
use crate::Stage;

/// How many records the call on many has.
const MANY: usize = 100;

/// Makes every call once, on records that are unique by one field, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let json = r#"{"name": "costs_guarded", "idKind": "string", "indexes": ["email"]}"#;
    let pair = stage.define(json).await;
    let warm = pair.through.get("nothing").await;
    assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
    let mut notes = Notes::new(stage);
    let records = &pair.through;
    let record = |id: &str, email: Option<&str>| {
        let mut record = Document::from([("id", id), ("other", "x")]);
        if let Some(email) = email {
            record.insert("email", email);
        }
        record
    };
    let set = |name: &str, value: &str| Update::new().set(name, value);
    notes.note("`insert`", records.insert(&record("a", Some("a")))).await;
    notes.note("`insert` without the field", records.insert(&record("b", None))).await;
    notes.refused("`insert` of a taken value", records.insert(&record("c", Some("a")))).await;
    notes.refused("`insert` of a taken key", records.insert(&record("a", Some("c")))).await;
    notes.note("`replace` that keeps the value", records.replace(&record("a", Some("a")))).await;
    notes.note("`replace` that changes the value", records.replace(&record("a", Some("d")))).await;
    notes.note("`upsert` that inserts", records.upsert(&record("e", Some("e")))).await;
    notes.note("`upsert` that changes the value", records.upsert(&record("e", Some("f")))).await;
    notes.note("`update` of another field", records.update("a", set("other", "y"))).await;
    notes.note("`update` of the value", records.update("a", set("email", "g"))).await;
    notes.refused("`update` to a taken value", records.update("a", set("email", "f"))).await;
    notes.note("`update` that unsets it", records.update("e", Update::new().unset("email"))).await;
    notes.note("`delete`", records.delete("a")).await;
    notes.note("`delete` without the field", records.delete("e")).await;
    let name = |at: usize| format!("many {at}");
    let all: Vec<Document> = (0..MANY).map(|at| record(&name(at), Some(&name(at)))).collect();
    notes.note("`insert_many` of 100", records.insert_many(&all)).await;
    let found = notes.note("`find` by the value", records.find(field("email").eq("many 7"))).await;
    assert_eq!(found.len(), 1);
    let two = field("id").is_in([name(1), name(2)]);
    notes.note("`update_many` that unsets it in 2", records.update_many(two, Update::new().unset("email"))).await;
    notes.costs.into_iter().map(|cost| Cost { column: SENDS, ..cost }).collect()
}

impl Notes<'_> {
    async fn refused<A>(
        &mut self,
        call: &'static str,
        future: impl IntoFuture<Output = backends_core::Result<A>>,
    ) -> Error {
        let refused = async {
            match future.await {
                Err(error) if error.is_already_exists() => Ok(error),
                Err(error) => Err(error),
                Ok(_) => Err(Error::unexpected("it is taken, and went well")),
            }
        };
        self.note(call, refused).await
    }
}
