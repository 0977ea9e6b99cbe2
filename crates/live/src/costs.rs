//! What every call sends, as the proxy's log has it, and as the page of a backend says it.

use std::fmt::Write as _;

use backends_core::{Document, Error, Update};
use proxy::Request;

use crate::stage::{Pair, record};
use crate::{Stage, Table};

pub mod batches;
pub mod expiring;
pub mod guarded;
pub mod indexed;
pub mod reads;
pub mod updates;
pub mod versioned;

/// How many records the calls on many have.
const MANY: usize = 1_000;

/// What one call sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cost {
    /// The call, as the first column of the table names it.
    pub call: &'static str,
    /// The heading of the column that tells of it.
    pub column: &'static str,
    /// Its requests, without those that the driver makes on its own account.
    pub requests: Vec<Request>,
}

/// The heading of the column for definitions whose key is the id.
pub const BY_ID: &str = "The key is the id";
/// The heading of the column for definitions whose key is other fields.
pub const BY_KEY: &str = "The key is other fields";

impl Cost {
    /// What it sent, as the table says it: ``1 `find`, 2 `getMore` ``.
    pub fn sends(&self) -> String {
        let mut parts: Vec<(usize, &str)> = Vec::new();
        for request in &self.requests {
            match parts.last_mut() {
                Some((count, operation)) if *operation == request.operation() => *count += 1,
                _ => parts.push((1, request.operation())),
            }
        }
        let parts: Vec<String> = parts.iter().map(|(count, operation)| format!("{count} `{operation}`")).collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

/// Makes every call once, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let mut costs = Vec::new();
    for (column, field, json) in [
        (BY_ID, "id", r#"{"name": "costs_by_id", "idKind": "string"}"#),
        (BY_KEY, "key", r#"{"name": "costs_by_key", "hashKey": "key"}"#),
    ] {
        let mut notes = Notes { stage, column, costs: &mut costs };
        let pair = stage.define(json).await;
        // The connections and what the driver asks on each are not part of a call.
        let warm = pair.through.get("nothing").await;
        assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
        notes.calls(&pair, field).await;
    }
    costs
}

struct Notes<'a> {
    stage: &'a Stage,
    column: &'static str,
    costs: &'a mut Vec<Cost>,
}

impl Notes<'_> {
    async fn note<A>(&mut self, call: &'static str, future: impl IntoFuture<Output = A>) -> A {
        self.stage.proxy.clear();
        let answer = future.await;
        let log = self.stage.proxy.log();
        let requests = log.into_iter().filter(|request| !request.is_drivers_own()).collect();
        self.costs.push(Cost { call, column: self.column, requests });
        answer
    }

    async fn calls(&mut self, pair: &Pair, field: &str) {
        let records = &pair.through;
        let one = |n| record(field, "one", n, 0);
        let told = |error: Error| -> Document { panic!("{error}") };
        self.note("`insert`", records.insert(&one(1))).await.unwrap_or_else(told);
        let taken = self.note("`insert` of a taken key", records.insert(&one(2))).await;
        assert!(taken.is_err_and(|error| error.is_already_exists()));
        assert!(self.note("`get`", records.get("one")).await.is_ok_and(|found| found.is_some()));
        assert!(self.note("`get` of what is missing", records.get("two")).await.is_ok_and(|found| found.is_none()));
        self.note("`replace`", records.replace(&one(3))).await.unwrap_or_else(told);
        let missing = self.note("`replace` of what is missing", records.replace(&record(field, "two", 1, 0))).await;
        assert!(missing.is_err_and(|error| error.is_not_found()));
        let upserted = self.note("`upsert` that replaces", records.upsert(&one(4))).await;
        assert!(upserted.is_ok_and(|upserted| !upserted.created));
        let upserted = self.note("`upsert` that inserts", records.upsert(&record(field, "two", 1, 0))).await;
        assert!(upserted.is_ok_and(|upserted| upserted.created));
        let count = || Update::new().inc("count", 1);
        assert!(self.note("`update`", records.update("one", count())).await.is_ok_and(|updated| updated.is_some()));
        let missing = self.note("`update` of what is missing", records.update("three", count())).await;
        assert!(missing.is_ok_and(|missing| missing.is_none()));
        let both = backends_core::field(field).is_in(["one", "two"]);
        let updated = self.note("`update_many` of 2 by their keys", records.update_many(both, count())).await;
        assert!(updated.is_ok_and(|updated| updated == 2));
        assert!(self.note("`delete`", records.delete("two")).await.is_ok_and(|deleted| deleted.is_some()));
        assert!(self.note("`delete` of what is missing", records.delete("two")).await.is_ok_and(|none| none.is_none()));
        let keys: Vec<String> = (0..MANY).map(|number| format!("many {number:04}")).collect();
        let many: Vec<Document> = keys.iter().map(|key| record(field, key, 1, 0)).collect();
        assert!(self.note("`insert_many` of 1,000", records.insert_many(&many)).await.is_ok());
        let found = self.note("`get_many` of 1,000", records.get_many(&keys)).await;
        assert!(found.is_ok_and(|found| found.iter().all(Option::is_some)));
    }
}

/// Prints a line for each call.
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
fn print(costs: &[Cost]) {
    for cost in costs {
        println!("{} · {}: {}", cost.call, cost.column, cost.sends());
    }
}

/// Prints what was sent, and holds a table against it, in both directions; other columns are the backend's own.
///
/// # Panics
/// When a cell says something else, a call has no row, or a row no call; with the table as it should be.
pub fn assert_table(table: &Table, costs: &[Cost]) {
    let mut wrong = String::new();
    print(costs);
    for cost in costs {
        let (said, sent) = (table.cell(cost.call, cost.column), cost.sends());
        if said != Some(sent.as_str()) {
            let _ = writeln!(
                wrong,
                "{} · {}: sent {sent}, the table says {}",
                cost.call,
                cost.column,
                said.unwrap_or("nothing")
            );
        }
    }
    for call in table.rows().filter(|call| costs.iter().all(|cost| cost.call != *call)) {
        let _ = writeln!(wrong, "{call}: a row of the table that no call stands for");
    }
    assert!(wrong.is_empty(), "the table and the log of requests differ:\n{wrong}");
}
