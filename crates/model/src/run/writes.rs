//! Writes by key, what they answer, and what is stored then.

use backends::{Document, Repository, Value};

use super::{Check, KeyOf, Running, is_error, is_of_the_way, same, same_records, unexpected};
use crate::operation::{At, Operation};
use crate::reference::{Came, Reference, Write};

/// What a write by key answers.
#[derive(Debug)]
struct Answer {
    record: Option<Document>,
    /// Of an upsert, whether there was none before.
    created: Option<bool>,
}

impl Running {
    pub(super) async fn write(&mut self, operation: &Operation) -> Check {
        let Some(write) = self.reference.chosen(operation) else { return Ok(()) };
        let answer = make(&self.repository, &write).await;
        match self.reference.write(&write) {
            Err(kind) => is_error(answer, kind),
            Ok(Came::Nothing) => same_records(answer.map_err(unexpected)?.record.as_slice(), &[]),
            Ok(Came::Gone(record)) => same_records(answer.map_err(unexpected)?.record.as_slice(), &[record]),
            Ok(Came::Put { at, created }) => {
                let answer = answer.map_err(unexpected)?;
                same(&answer.created.unwrap_or(created), &created, "created")?;
                is_put(&mut self.reference, at, answer.record.as_ref())
            }
        }
    }

    pub(super) async fn insert_many(&mut self, records: &[(At, Document)]) -> Check {
        // All of them are chosen before any is stored, as the call has them.
        let chosen = self.inserts(records);
        let answer = self.repository.insert_many(chosen.iter().filter_map(Write::document)).await;
        let inserted = match &answer {
            Ok(inserted) => inserted,
            Err(error) => error.inserted().ok_or_else(|| format!("no answer for each record: {error}"))?,
        };
        if self.harming.is_some() && inserted.failures().any(|(_, error)| is_of_the_way(error)) {
            return Box::pin(self.inserted_in_part(&chosen, inserted)).await;
        }
        let failures: Vec<_> = inserted.failures().map(|(at, error)| (at, error.kind())).collect();
        let mut expected = Vec::new();
        for (at, write) in chosen.iter().enumerate() {
            match self.reference.write(write) {
                Err(kind) => expected.push((at, kind)),
                Ok(_) => self.give_id(inserted.id(at)),
            }
        }
        same(&failures, &expected, "what was not inserted")
    }

    /// Those inserts of a call that have a record.
    pub(super) fn inserts(&self, records: &[(At, Document)]) -> Vec<Write> {
        let one = |(at, body): &(At, Document)| {
            let (key, document) = self.reference.document(at, body)?;
            Some(Write::Insert(key, document))
        };
        records.iter().filter_map(one).collect()
    }

    /// Gives the record that was inserted last its id, if it brought none.
    pub(super) fn give_id(&mut self, id: Option<&str>) {
        let id_field = self.reference.schema.id_field();
        if let (Some(id), Some(stored)) = (id, self.reference.records.last_mut())
            && stored.get(id_field).is_none()
        {
            stored.insert(id_field, id);
        }
        self.reference.forget();
    }
}

/// Makes the call that a write is.
async fn make(repository: &Repository<Document>, write: &Write) -> backends::Result<Answer> {
    let record = |record| Answer { record, created: None };
    match write {
        Write::Insert(_, document) => repository.insert(document).await.map(Some).map(record),
        Write::Replace(_, document) => repository.replace(document).await.map(Some).map(record),
        Write::Upsert(_, document) | Write::Mistake(document) => {
            let upserted = repository.upsert(document).await?;
            Ok(Answer { record: Some(upserted.record), created: Some(upserted.created) })
        }
        Write::Update(key, update, None) => repository.update(KeyOf(key), update.clone()).await.map(record),
        Write::Update(key, update, Some(version)) => {
            repository.update(KeyOf(key), update.clone()).expect_version(*version).await.map(record)
        }
        Write::Delete(key, None) => repository.delete(KeyOf(key)).await.map(record),
        Write::Delete(key, Some(version)) => repository.delete(KeyOf(key)).expect_version(*version).await.map(record),
    }
}

/// The answer of a write is the record as it is stored, with the id that the library gave if it brought none.
pub(super) fn is_put(reference: &mut Reference, at: usize, answer: Option<&Document>) -> Check {
    let answer = answer.ok_or("no record was handed over")?;
    let (id_field, has_text_ids) = (reference.schema.id_field(), reference.schema.has_text_ids);
    let stored = &mut reference.records[at];
    if stored.get(id_field).is_none() {
        let Some(Value::String(id)) = answer.get(id_field) else { return Err("no id was given".into()) };
        let is_digits = |id: &str| id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let is_fit = if has_text_ids { id.len() == 36 } else { id.len() == 24 && is_digits(id) };
        if !is_fit {
            return Err(format!("an id of another form was given: {id}").into());
        }
        stored.insert(id_field, id.as_str());
    }
    same_records(std::slice::from_ref(answer), std::slice::from_ref(stored))
}
