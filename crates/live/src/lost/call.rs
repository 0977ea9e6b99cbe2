//! The calls on one record, each with what it has to answer and to leave behind.

use std::time::Duration;

use backends_core::{Document, ErrorKind, Repository, Result, Update, Value};

use crate::stage::{LIST, NUMBER, number, record};

/// A call on one record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) name: &'static str,
    kind: Kind,
    /// The number in the record before the call; none if there is no record.
    pub(super) before: Option<i64>,
    /// The same after it.
    pub(super) after: Option<i64>,
    /// What it answers.
    pub(super) answer: Answer,
    /// The version that it brings or expects, if it is one of records with versions.
    version: Option<i64>,
    /// What of a record that has expired is in its way.
    pub(super) over: Over,
}

/// What of a record that has expired is in the way of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// There is none.
    Nothing,
    /// Its key.
    TheKey,
    /// The values that the call is to write.
    TheValues,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Insert,
    InsertTaken,
    Replace,
    ReplaceTaken,
    Upsert,
    Delete,
    Update,
    Push,
    Pull,
    /// An update that does not apply to what is there.
    Misfit,
    UpdateOne,
    DeleteOne,
    Get,
}

/// What a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A record with this number, and of an upsert whether it was created.
    Record(i64, Option<bool>),
    Nothing,
    Refused(ErrorKind),
}

/// The field of the version, where records have one.
pub(super) const VERSION: &str = "v";

/// What is pushed and pulled.
const MEMBER: &str = "x";

/// The field of a text, where a call is to find one.
const WORD: &str = "word";

/// The action, with the version that the call expects.
macro_rules! expect {
    ($call:ident, $action:expr) => {
        match $call.version {
            Some(version) => $action.expect_version(version),
            None => $action,
        }
    };
}

pub(super) const OLD: i64 = 1;
pub(super) const NEW: i64 = 2;

const fn call(name: &'static str, kind: Kind, before: Option<i64>, after: Option<i64>, answer: Answer) -> Call {
    Call { name, kind, before, after, answer, version: None, over: Over::Nothing }
}

const fn expecting(version: i64, call: Call) -> Call {
    Call { version: Some(version), ..call }
}

const fn over(over: Over, call: Call) -> Call {
    Call { over, ..call }
}

/// Every call on one record.
pub(super) const ALL: [Call; 19] = [
    call("insert", Kind::Insert, None, Some(NEW), Answer::Record(NEW, None)),
    call("insert of a taken key", Kind::Insert, Some(OLD), Some(OLD), Answer::Refused(ErrorKind::AlreadyExists)),
    call("replace", Kind::Replace, Some(OLD), Some(NEW), Answer::Record(NEW, None)),
    call("replace of what is missing", Kind::Replace, None, None, Answer::Refused(ErrorKind::NotFound)),
    call("upsert that creates", Kind::Upsert, None, Some(NEW), Answer::Record(NEW, Some(true))),
    call("upsert that replaces", Kind::Upsert, Some(OLD), Some(NEW), Answer::Record(NEW, Some(false))),
    call("delete", Kind::Delete, Some(OLD), None, Answer::Record(OLD, None)),
    call("delete of what is missing", Kind::Delete, None, None, Answer::Nothing),
    call("update", Kind::Update, Some(OLD), Some(NEW), Answer::Record(NEW, None)),
    call("update of what is missing", Kind::Update, None, None, Answer::Nothing),
    call("update by push", Kind::Push, Some(OLD), Some(NEW), Answer::Record(NEW, None)),
    call("update by push of what is missing", Kind::Push, None, None, Answer::Nothing),
    call("update by pull", Kind::Pull, Some(NEW), Some(OLD), Answer::Record(OLD, None)),
    call("update by pull of what is missing", Kind::Pull, None, None, Answer::Nothing),
    call("update that does not apply", Kind::Misfit, Some(OLD), Some(OLD), Answer::Refused(ErrorKind::InvalidInput)),
    call("update_one", Kind::UpdateOne, Some(OLD), Some(NEW), Answer::Record(NEW, None)),
    call("delete_one", Kind::DeleteOne, Some(OLD), None, Answer::Record(OLD, None)),
    call("get", Kind::Get, Some(OLD), Some(OLD), Answer::Record(OLD, None)),
    call("get of what is missing", Kind::Get, None, None, Answer::Nothing),
];

/// Every call whose values another record has.
pub(super) const TAKEN: [Call; 2] = [
    call("insert of a taken value", Kind::InsertTaken, None, None, Answer::Refused(ErrorKind::AlreadyExists)),
    call(
        "replace by a taken value",
        Kind::ReplaceTaken,
        Some(OLD),
        Some(OLD),
        Answer::Refused(ErrorKind::AlreadyExists),
    ),
];

/// Every call on the key of a record that has expired.
pub(super) const EXPIRED: [Call; 8] = [
    over(Over::TheKey, call("insert over a key", Kind::Insert, None, Some(NEW), Answer::Record(NEW, None))),
    over(Over::TheKey, call("upsert over a key", Kind::Upsert, None, Some(NEW), Answer::Record(NEW, Some(true)))),
    over(Over::TheKey, call("replace of what has expired", Kind::Replace, None, None, MISSING)),
    over(Over::TheKey, call("update of what has expired", Kind::Update, None, None, Answer::Nothing)),
    over(Over::TheKey, call("update_one of what has expired", Kind::UpdateOne, None, None, Answer::Nothing)),
    over(Over::TheKey, call("delete of what has expired", Kind::Delete, None, None, Answer::Nothing)),
    over(Over::TheKey, call("delete_one of what has expired", Kind::DeleteOne, None, None, Answer::Nothing)),
    over(Over::TheKey, call("get of what has expired", Kind::Get, None, None, Answer::Nothing)),
];

/// Every call that writes the values of a record that has expired.
pub(super) const EXPIRED_VALUES: [Call; 4] = [
    over(Over::TheValues, call("insert over values", Kind::Insert, None, Some(NEW), Answer::Record(NEW, None))),
    over(Over::TheValues, call("upsert over values", Kind::Upsert, None, Some(NEW), Answer::Record(NEW, Some(true)))),
    over(Over::TheValues, call("replace over values", Kind::Replace, Some(OLD), Some(NEW), Answer::Record(NEW, None))),
    over(Over::TheValues, call("update over values", Kind::Update, Some(OLD), Some(NEW), Answer::Record(NEW, None))),
];

/// The same with a version.
pub(super) const EXPIRED_VERSIONS: [Call; 1] = [expecting(
    0,
    over(Over::TheKey, call("upsert of version 0", Kind::Upsert, None, Some(NEW), Answer::Record(NEW, Some(true)))),
)];

const MISSING: Answer = Answer::Refused(ErrorKind::NotFound);

/// Every call that expects a version. A record that was inserted has the first.
pub(super) const EXPECTING: [Call; 12] = [
    expecting(1, call("replace of a version", Kind::Replace, Some(OLD), Some(NEW), Answer::Record(NEW, None))),
    expecting(2, call("stale replace", Kind::Replace, Some(OLD), Some(OLD), STALE)),
    expecting(0, call("upsert of version 0", Kind::Upsert, None, Some(NEW), Answer::Record(NEW, Some(true)))),
    expecting(0, call("upsert of version 0 of what is there", Kind::Upsert, Some(OLD), Some(OLD), STALE)),
    expecting(1, call("upsert of a version", Kind::Upsert, Some(OLD), Some(NEW), Answer::Record(NEW, Some(false)))),
    expecting(2, call("stale upsert", Kind::Upsert, Some(OLD), Some(OLD), STALE)),
    expecting(1, call("update of a version", Kind::Update, Some(OLD), Some(NEW), Answer::Record(NEW, None))),
    expecting(2, call("stale update", Kind::Update, Some(OLD), Some(OLD), STALE)),
    expecting(1, call("update_one of a version", Kind::UpdateOne, Some(OLD), Some(NEW), Answer::Record(NEW, None))),
    expecting(1, call("delete of a version", Kind::Delete, Some(OLD), None, Answer::Record(OLD, None))),
    expecting(2, call("stale delete", Kind::Delete, Some(OLD), Some(OLD), STALE)),
    expecting(1, call("delete_one of a version", Kind::DeleteOne, Some(OLD), None, Answer::Record(OLD, None))),
];

const STALE: Answer = Answer::Refused(ErrorKind::Conflict);

impl Call {
    /// Whether it may change something.
    pub(super) fn writes(self) -> bool {
        !matches!(self.kind, Kind::Get)
    }

    /// Whether another record has the values already that it is to write.
    pub(super) fn is_of_a_taken_value(self) -> bool {
        matches!(self.kind, Kind::InsertTaken | Kind::ReplaceTaken)
    }

    /// The record that is there before the call, if there is one.
    pub(super) fn record_before(self, field: &str, key: &str) -> Option<Document> {
        let before = self.before?;
        // What is pulled counts like one more of the number.
        let pulled = i64::from(matches!(self.kind, Kind::Pull));
        let mut record = record(field, key, before - pulled, 0);
        match self.kind {
            Kind::Pull => record.insert(LIST, vec![Value::from(MEMBER)]),
            Kind::Misfit => record.insert(WORD, MEMBER),
            _ => None,
        };
        Some(record)
    }

    /// Makes the call.
    pub(super) async fn make(
        self,
        records: &Repository<Document>,
        field: &str,
        key: &str,
        limit: Duration,
    ) -> Result<Answer> {
        let mut new = record(field, key, NEW, 0);
        if let Some(version) = self.version {
            new.insert(VERSION, version);
        }
        let found = |record: Option<Document>| match record {
            Some(record) => Answer::Record(number(&record), None),
            None => Answer::Nothing,
        };
        // Done twice it would be more; the filter means the record before the call only.
        let count = Update::new().inc(NUMBER, NEW - OLD);
        let is_old = backends_core::field(field).eq(key) & backends_core::field(NUMBER).eq(OLD);
        match self.kind {
            Kind::Insert | Kind::InsertTaken => {
                records.insert(&new).timeout(limit).await.map(|record| found(Some(record)))
            }
            Kind::Replace | Kind::ReplaceTaken => {
                records.replace(&new).timeout(limit).await.map(|record| found(Some(record)))
            }
            Kind::Upsert => {
                let upserted = records.upsert(&new).timeout(limit).await?;
                Ok(Answer::Record(number(&upserted.record), Some(upserted.created)))
            }
            Kind::Delete => expect!(self, records.delete(key).timeout(limit)).await.map(found),
            Kind::Update => expect!(self, records.update(key, count).timeout(limit)).await.map(found),
            Kind::Push => records.update(key, Update::new().push(LIST, MEMBER)).timeout(limit).await.map(found),
            Kind::Pull => records.update(key, Update::new().pull(LIST, MEMBER)).timeout(limit).await.map(found),
            Kind::Misfit => records.update(key, count.inc(WORD, 1)).timeout(limit).await.map(found),
            Kind::UpdateOne => expect!(self, records.update_one(is_old, count).timeout(limit)).await.map(found),
            Kind::DeleteOne => expect!(self, records.delete_one(is_old).timeout(limit)).await.map(found),
            Kind::Get => records.get(key).timeout(limit).await.map(found),
        }
    }
}
