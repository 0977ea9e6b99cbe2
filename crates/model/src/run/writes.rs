//! Writes, what they answer, and what is stored then.

use backends::{Document, ErrorKind, Value};

use super::{Check, KeyOf, Running, is_error, same, same_records, unexpected};
use crate::operation::At;
use crate::reference::brought;

impl Running {
    pub(super) async fn insert(&mut self, at: &At, body: &Document) -> Check {
        let Some((key, document)) = self.reference.document(at, body) else { return Ok(()) };
        let answer = self.repository.insert(&document).await;
        if self.brings_version(&document) {
            return is_error(answer, ErrorKind::InvalidInput);
        }
        if self.is_taken(key.as_deref()) || self.is_held(&document, None) {
            return is_error(answer, ErrorKind::AlreadyExists);
        }
        self.is_stored(&document, answer.map_err(unexpected)?)
    }

    pub(super) async fn insert_many(&mut self, records: &[(At, Document)]) -> Check {
        // All of them are chosen before any is stored, as the call has them.
        let chosen: Vec<_> = records.iter().filter_map(|(at, body)| self.reference.document(at, body)).collect();
        let answer = self.repository.insert_many(chosen.iter().map(|(_, document)| document)).await;
        let inserted = match &answer {
            Ok(inserted) => inserted,
            Err(error) => error.inserted().ok_or_else(|| format!("no answer for each record: {error}"))?,
        };
        let failures: Vec<_> = inserted.failures().map(|(at, error)| (at, error.kind())).collect();
        let mut expected = Vec::new();
        for (at, (key, document)) in chosen.iter().enumerate() {
            if self.brings_version(document) {
                expected.push((at, ErrorKind::InvalidInput));
                continue;
            }
            if self.is_taken(key.as_deref()) || self.is_held(document, None) {
                expected.push((at, ErrorKind::AlreadyExists));
                continue;
            }
            let mut stored = self.reference.counted(self.reference.written(document), 0);
            let id_field = self.reference.schema.id_field();
            if let (None, Some(id)) = (stored.get(id_field), inserted.id(at)) {
                stored.insert(id_field, id);
            }
            self.reference.records.push(stored);
            self.reference.forget();
        }
        same(&failures, &expected, "what was not inserted")
    }

    pub(super) async fn replace(&mut self, at: &At, body: &Document) -> Check {
        let Some((Some(key), document)) = self.reference.document(at, body) else { return Ok(()) };
        let document = self.reference.with_version(Some(&key), document);
        let answer = self.repository.replace(&document).await;
        match self.reference.position(&key) {
            None => is_error(answer, ErrorKind::NotFound),
            Some(_) if self.reference.is_stale(Some(&key), &document) => is_error(answer, ErrorKind::Conflict),
            Some(position) if self.is_held(&document, Some(position)) => is_error(answer, ErrorKind::AlreadyExists),
            Some(position) => self.is_replaced(position, &document, answer.map_err(unexpected)?),
        }
    }

    pub(super) async fn upsert(&mut self, at: &At, body: &Document) -> Check {
        let Some((key, document)) = self.reference.document(at, body) else { return Ok(()) };
        let document = self.reference.with_version(key.as_deref(), document);
        let answer = self.repository.upsert(&document).await;
        if self.reference.is_stale(key.as_deref(), &document) {
            return is_error(answer, ErrorKind::Conflict);
        }
        let position = key.and_then(|key| self.reference.position(&key));
        if self.is_held(&document, position) {
            return is_error(answer, ErrorKind::AlreadyExists);
        }
        let answer = answer.map_err(unexpected)?;
        same(&answer.created, &position.is_none(), "created")?;
        match position {
            None => self.is_stored(&document, answer.record),
            Some(position) => self.is_replaced(position, &document, answer.record),
        }
    }

    /// With a version, of that which is so much above the one that is there.
    pub(super) async fn delete(&mut self, at: &At, off: Option<i64>) -> Check {
        let Some(key) = self.reference.key(at) else { return Ok(()) };
        let off = off.filter(|_| self.reference.schema.has_versions);
        let delete = self.repository.delete(KeyOf(&key));
        let answer = match self.expected(&key, off) {
            None => delete.await,
            Some(version) => delete.expect_version(version).await,
        };
        if off.is_some_and(|off| off != 0) || off.is_some() && !self.is_taken(Some(&key)) {
            return is_error(answer, ErrorKind::Conflict);
        }
        let answer = answer.map_err(unexpected)?;
        let expected = self.reference.position(&key).map(|position| self.reference.records.remove(position));
        same_records(answer.as_slice(), expected.as_slice())
    }

    /// The version that is so much above the one that is there, as a write expects it.
    pub(super) fn expected(&self, key: &[Value], off: Option<i64>) -> Option<i64> {
        off.map(|off| self.reference.version(Some(key)) + off)
    }

    fn brings_version(&self, document: &Document) -> bool {
        self.reference.is_stale(None, document)
    }

    fn is_taken(&self, key: Option<&[Value]>) -> bool {
        key.is_some_and(|key| self.reference.position(key).is_some())
    }

    fn is_held(&self, document: &Document, at: Option<usize>) -> bool {
        self.reference.is_held(&self.reference.stored(document), at)
    }

    /// The answer of an insert is the record as it is stored, with the id that the library gave.
    fn is_stored(&mut self, document: &Document, answer: Document) -> Check {
        let mut stored = self.reference.counted(self.reference.written(document), 0);
        let id_field = self.reference.schema.id_field();
        if stored.get(id_field).is_none() {
            let Some(Value::String(id)) = answer.get(id_field) else { return Err("no id was given".to_owned()) };
            let is_digits = |id: &str| id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
            let is_fit =
                if self.reference.schema.has_text_ids { id.len() == 36 } else { id.len() == 24 && is_digits(id) };
            if !is_fit {
                return Err(format!("an id of another form was given: {id}"));
            }
            stored.insert(id_field, id.as_str());
        }
        self.reference.records.push(stored.clone());
        same_records(&[answer], &[stored])
    }

    /// The answer of what replaces is the record as it is stored, with the id that was there.
    fn is_replaced(&mut self, position: usize, document: &Document, answer: Document) -> Check {
        let mut stored = self.reference.counted(self.reference.written(document), brought(document));
        let id_field = self.reference.schema.id_field();
        if let Some(id) = self.reference.records[position].get(id_field) {
            stored.insert(id_field, id.clone());
        }
        self.reference.records[position] = stored.clone();
        same_records(&[answer], &[stored])
    }
}
