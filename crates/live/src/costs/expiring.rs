//! What every call on records that expire sends.

use backends_core::{Document, ErrorKind, Filter, Repository, Result, Timestamp, Update, Value};

use super::Cost;
use super::reads::{Notes, SENDS};
use crate::Stage;
use crate::stage::EXPIRED;

/// How many records the call on many has.
const MANY: usize = 100;

/// Makes every call once, on records that have expired and on others, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let mut notes = Notes::new(stage);
    let json = r#"{"name": "costs_of_ends", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 60,
        "ttlHolds": "expiry"}"#;
    let pair = stage.define_ahead(json).await;
    let warm = pair.through.get("nothing").await;
    assert!(matches!(warm, Ok(None)), "the backend does not answer: {warm:?}");
    notes.of_keys(&pair.through, &pair.clean).await;
    let json = json.replace("costs_of_ends", "costs_of_guarded_ends");
    let pair = stage.define_ahead(&json.replacen('{', r#"{"indexes": ["email"], "#, 1)).await;
    notes.of_values(&pair.through, &pair.clean).await;
    notes.costs.into_iter().map(|cost| Cost { column: SENDS, ..cost }).collect()
}

/// A record that expires at this time.
fn record(id: &str, ends: &str) -> Document {
    let ends: Timestamp = ends.parse().unwrap_or_else(|error| panic!("{error}"));
    Document::from([("id", Value::from(id)), ("at", ends.into()), ("email", id.into())])
}

fn lives(id: &str) -> Document {
    record(id, "2100-01-01T00:00:00Z")
}

fn expired(id: &str) -> Document {
    record(id, EXPIRED)
}

async fn store(records: &Repository<Document>, record: Document) {
    assert!(records.insert(&record).await.is_ok());
}

/// What has to be refused as this, as what goes well.
async fn refused<A>(kind: ErrorKind, call: impl IntoFuture<Output = Result<A>>) -> Result<()> {
    assert!(call.await.is_err_and(|error| error.kind() == kind), "it is not refused as {kind:?}");
    Ok(())
}

impl Notes<'_> {
    async fn of_keys(&mut self, records: &Repository<Document>, clean: &Repository<Document>) {
        let later = || Update::new().set("at", "2100-01-02T00:00:00Z");
        self.note("`insert`", records.insert(&lives("a"))).await;
        let taken = refused(ErrorKind::AlreadyExists, records.insert(&lives("a")));
        self.note("`insert` of a taken key", taken).await;
        self.note("`get`", records.get("a")).await;
        self.note("`replace`", records.replace(&lives("a"))).await;
        assert!(!self.note("`upsert` that replaces", records.upsert(&lives("a"))).await.created);
        assert!(self.note("`upsert` that inserts", records.upsert(&lives("b"))).await.created);
        assert!(self.note("`update` of the time", records.update("a", later())).await.is_some());
        assert!(self.note("`delete`", records.delete("a")).await.is_some());
        let all: Vec<Document> = (0..MANY).map(|number| lives(&format!("many {number}"))).collect();
        self.note("`insert_many` of 100", records.insert_many(&all)).await;
        for number in 0..7 {
            store(clean, expired(&number.to_string())).await;
        }
        self.note("`insert` over what has expired", records.insert(&lives("0"))).await;
        assert!(self.note("`upsert` over what has expired", records.upsert(&lives("1"))).await.created);
        self.note("`insert_many` of 2 over what has expired", records.insert_many(&[lives("2"), lives("3")])).await;
        assert!(self.note("`get` of what has expired", records.get("4")).await.is_none());
        let missing = refused(ErrorKind::NotFound, records.replace(&lives("4")));
        self.note("`replace` of what has expired", missing).await;
        assert!(self.note("`update` of what has expired", records.update("4", later())).await.is_none());
        assert!(self.note("`delete` of what has expired", records.delete("4")).await.is_none());
        assert_eq!(self.note("`count` of everything", records.count(Filter::all())).await, 105);
    }

    async fn of_values(&mut self, records: &Repository<Document>, clean: &Repository<Document>) {
        let with = |id: &str, email: &str| {
            let mut record = lives(id);
            record.insert("email", email);
            record
        };
        for email in ["x", "y", "z"] {
            store(clean, expired(email)).await;
        }
        self.note("`insert` of a unique value of what has expired", records.insert(&with("a", "x"))).await;
        self.note("`insert` of its key and its value", records.insert(&lives("y"))).await;
        let moved = records.update("a", Update::new().set("email", "z"));
        assert!(self.note("`update` to a unique value of what has expired", moved).await.is_some());
    }
}
