//! The records, the calls that write them, and what an answer says.

use std::time::Duration;

use backends::{Error, ErrorKind, Repository, Result, Update};
use serde::{Deserialize, Serialize};

use super::pair::{Outcome, Write, value};

/// A record of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) version: u64,
    /// Unique.
    pub(super) value: Option<String>,
    /// What tells a record that is torn.
    text: String,
}

/// A record of sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) id: String,
    /// Only incremented.
    pub(super) count: u64,
    /// Only incremented together with a push.
    pub(super) members_count: u64,
    pub(super) members: Vec<u64>,
}

impl Entry {
    /// What is written of a version.
    pub(super) fn new(pair: &str, at: usize, version: u64) -> Self {
        let value = value(Some(version)).map(|value| format!("{pair}={value}"));
        Self { id: key(pair, at), version, value, text: format!("{version:x}.").repeat(20) }
    }

    fn update(&self) -> Update {
        let update = Update::new().set("version", self.version).set("text", self.text.as_str());
        match &self.value {
            Some(value) => update.set("value", value.as_str()),
            None => update.unset("value"),
        }
    }

    /// Writes it, or deletes the record with its key; whether there was one before, or `None` for want of one.
    pub(super) async fn write(
        &self,
        entries: &Repository<Self>,
        write: Write,
        limit: Duration,
    ) -> Result<Option<bool>> {
        match write {
            Write::Insert => entries.insert(self).timeout(limit).await.map(|_| Some(false)),
            Write::Replace => entries.replace(self).timeout(limit).await.map(|_| Some(true)),
            Write::Upsert => entries.upsert(self).timeout(limit).await.map(|upserted| Some(!upserted.created)),
            Write::Update => Ok(entries.update(&self.id, self.update()).timeout(limit).await?.map(|_| true)),
            Write::Delete => Ok(entries.delete(&self.id).timeout(limit).await?.map(|_| true)),
        }
    }
}

/// One of the two keys of a pair.
pub(super) fn key(pair: &str, at: usize) -> String {
    format!("{pair}.{at}")
}

impl Sums {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), count: 0, members_count: 0, members: Vec::new() }
    }
}

impl Outcome {
    /// What an answer says; the error besides, if no change of the primary explains it.
    pub(super) fn of(answer: Result<Option<bool>>) -> (Self, Option<Error>) {
        match answer {
            Ok(Some(was_there)) => (Self::Done { was_there }, None),
            Ok(None) => (Self::KeyInTheWay, None),
            Err(error) => {
                let outcome = match (error.kind(), error.may_have_happened()) {
                    (ErrorKind::AlreadyExists, _) if error.index() == Some("value") => Self::ValueInTheWay,
                    (ErrorKind::AlreadyExists | ErrorKind::NotFound, _) => Self::KeyInTheWay,
                    (_, true) => Self::Unclear,
                    (_, false) => Self::Not,
                };
                let is_explained = outcome != Self::Unclear && outcome != Self::Not
                    || [ErrorKind::Unavailable, ErrorKind::Timeout].contains(&error.kind());
                (outcome, (!is_explained).then_some(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let of = |error: Error| {
            let (outcome, other) = Outcome::of(Err(error));
            (outcome, other.is_some())
        };
        assert_eq!(of(Error::key_taken()), (Outcome::KeyInTheWay, false));
        assert_eq!(of(Error::value_taken("value")), (Outcome::ValueInTheWay, false));
        assert_eq!(of(Error::unavailable("x")), (Outcome::Not, false));
        assert_eq!(of(Error::timeout("x").with_may_have_happened(true)), (Outcome::Unclear, false));
        assert_eq!(of(Error::conflict("x")), (Outcome::Not, true));
        assert_eq!(Outcome::of(Ok(None)).0, Outcome::KeyInTheWay);
    }
}
