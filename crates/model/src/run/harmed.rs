//! Operations whose requests are harmed: they may fail, and what they have done then is looked for by a clean way.
//!
//! A write that surely did not happen has left everything as it was. One that may have happened has left it as it was or
//! as it is meant to be, and the model follows. What is acknowledged is there once.

use std::time::Duration;

use backends::{Document, Error, Filter, InsertedMany, Repository};
use tokio::time::sleep;

use super::{Check, Difference, Running, is_of_the_way, same_records};
use crate::harm::Harm;
use crate::operation::{Operation, Query, Side};
use crate::reference::{Came, Reference, Write, is_same};

/// What a call leaves behind at its deadline goes on by itself, and has so long to end when its connections are cut: a
/// driver may make a request again that was let hang.
const REST: Duration = Duration::from_secs(2);

/// How many records a write by filter has on their way at a time.
const AT_ONCE: u64 = 32;

/// What harms a program, and the way round it.
#[derive(Debug)]
pub(super) struct Harming {
    pub(super) harm: Harm,
    pub(super) seed: u64,
    pub(super) clean: Repository<Document>,
    pub(super) second: Option<Repository<Document>>,
    /// How many operations failed.
    pub(super) failed: u64,
    /// What was told of each record of the last call on many, where some failed.
    pub(super) told: String,
}

impl Running {
    pub(super) async fn harmed(&mut self, operation: &Operation) -> Check {
        let before = (self.reference.clone(), self.second.as_ref().map(|second| second.reference.clone()));
        if let Some(harming) = &self.harming {
            harming.harm.begin(harming.seed, operation);
        }
        let outcome = match operation {
            // Writes between pages would be harmed apart.
            Operation::Pages(query, sizes, _) => self.pages(query, sizes, &[]).await,
            other => self.step(other).await,
        };
        let mut met = String::new();
        if let Some(Harming { harm, failed, told, .. }) = &mut self.harming {
            harm.end();
            met = harm.met();
            met.push_str(&std::mem::take(told));
            *failed += u64::from(matches!(&outcome, Err(Difference::Failed(error)) if is_of_the_way(error)));
        }
        let followed = match outcome {
            Err(Difference::Failed(error)) if is_of_the_way(&error) => {
                self.reference = before.0;
                if let (Some(second), Some(before)) = (&mut self.second, before.1) {
                    second.reference = before;
                }
                Box::pin(self.follow(operation, &error)).await
            }
            Err(difference) => Err(difference),
            Ok(()) if is_read(operation) => Ok(()),
            Ok(()) => Box::pin(self.is_there()).await,
        };
        followed.map_err(|difference| format!("{difference}\n    harmed: {met}").into())
    }

    /// What is stored.
    async fn stored(&self, side: Side) -> Check<Vec<Document>> {
        let Some(harming) = &self.harming else { return Ok(Vec::new()) };
        let repository = match side {
            Side::First => Some(&harming.clean),
            Side::Second => harming.second.as_ref(),
        };
        let Some(repository) = repository else { return Ok(Vec::new()) };
        let all = repository.find(Filter::all()).consistent().unbounded().await;
        all.map_err(|error| format!("the clean way is not: {error}").into())
    }

    /// Whether what is stored is what the model has.
    async fn is_there(&mut self) -> Check {
        self.reference.forget();
        let stored = self.stored(Side::First).await?;
        adopt(&mut self.reference, &stored)?;
        let stored = self.stored(Side::Second).await?;
        self.second.as_mut().map_or(Ok(()), |second| adopt(&mut second.reference, &stored))
    }

    /// Waits for what goes on of a call, if its time was over while it was on its way.
    async fn rest_of<'e>(&self, errors: impl IntoIterator<Item = &'e Error>) {
        let goes_on = errors.into_iter().any(|error| error.is_timeout() && error.may_have_happened());
        if let Some(harming) = self.harming.as_ref().filter(|_| goes_on) {
            harming.harm.cut();
            sleep(REST).await;
        }
    }

    /// Looks for what a call has done that failed.
    async fn follow(&mut self, operation: &Operation, error: &Error) -> Check {
        self.rest_of(Some(error)).await;
        let as_it_was = match self.is_there().await {
            Ok(()) if is_read(operation) && error.may_have_happened() => {
                return Err(format!("a read that may have happened: {error}").into());
            }
            Ok(()) => return Ok(()),
            Err(difference) if !error.may_have_happened() => {
                return Err(format!("it surely did not happen ({error}), but is stored: {difference}").into());
            }
            Err(difference) => difference,
        };
        let done = match operation {
            Operation::UpdateOne(..)
            | Operation::UpdateMany(..)
            | Operation::DeleteOne(_)
            | Operation::DeleteMany(_) => {
                let stored = self.stored(Side::First).await?;
                self.in_part(operation, error, &stored)
            }
            Operation::Batch(writes) => {
                let chosen = self.of_batch(writes);
                if let Ok((first, second)) = self.comes_to(&chosen, None) {
                    self.reference = first;
                    if let (Some(known), Some(reference)) = (&mut self.second, second) {
                        known.reference = reference;
                    }
                }
                self.is_there().await
            }
            by_key => {
                if let Some(write) = self.reference.chosen(by_key) {
                    // What the model refuses has changed nothing, which it was not.
                    drop(self.reference.write(&write));
                }
                self.is_there().await
            }
        };
        done.map_err(|difference| {
            format!("it may have happened ({error}), but is not as it was: {as_it_was}\n    nor done: {difference}")
                .into()
        })
    }

    /// Whether a write by filter has done nothing but what it is for, to no more records than it says and those that were
    /// on their way.
    fn in_part(&mut self, operation: &Operation, error: &Error, stored: &[Document]) -> Check {
        let (meant, most) = match operation {
            Operation::UpdateOne(query, _) | Operation::DeleteOne(query) => (self.candidates(query), 1),
            Operation::UpdateMany(filter, _) | Operation::DeleteMany(filter) => {
                (self.reference.meant(filter, &[]), error.counts().map_or(0, |counts| counts.done) + AT_ONCE)
            }
            _ => return Err("it is no write by filter".into()),
        };
        let update = match operation {
            Operation::UpdateOne(_, update) | Operation::UpdateMany(_, update) => Some(update),
            _ => None,
        };
        let (mut after, mut changed) = (self.reference.clone(), 0);
        after.records.clear();
        for record in &self.reference.records {
            let key = self.reference.key_of(record);
            let now = stored.iter().find(|stored| self.reference.key_of(stored) == key);
            if now.is_some_and(|now| is_same(now, record)) {
                after.records.push(record.clone());
                continue;
            }
            changed += 1;
            if !meant.iter().any(|meant| is_same(meant, record)) {
                return Err(format!("the record of {key:?} is not meant").into());
            }
            after.records.extend(update.and_then(|update| self.reference.updated(record, update)));
        }
        if changed > most {
            return Err(format!("{changed} records are changed, but {most} at most can be").into());
        }
        after.forget();
        adopt(&mut after, stored)?;
        self.reference = after;
        Ok(())
    }

    /// The records of which a write may take one.
    fn candidates(&self, query: &Query) -> Vec<Document> {
        let mut meant = self.reference.meant(&query.filter, &query.sort);
        if !query.sort.is_empty() {
            meant.truncate(1);
        }
        meant
    }

    /// Follows a call on many records of which some failed, each by itself.
    pub(super) async fn inserted_in_part(&mut self, chosen: &[Write], inserted: &InsertedMany) -> Check {
        if let Some(harming) = &mut self.harming {
            harming.harm.end();
            let told = inserted.failures().map(|(at, error)| format!("record {at}: {error}"));
            harming.told = format!("\n    told: {}", told.collect::<Vec<_>>().join("\n          "));
        }
        self.rest_of(inserted.failures().map(|(_, error)| error)).await;
        let stored = self.stored(Side::First).await?;
        let error_at = |at: usize| inserted.failures().find(|(position, _)| *position == at).map(|(_, error)| error);
        let mut failed = 0;
        for (at, write) in chosen.iter().enumerate() {
            match error_at(at) {
                Some(error) if is_of_the_way(error) => {
                    failed = 1;
                    // One behind it that is stored has the key, so that this one is not.
                    let is_taken = (at + 1..chosen.len()).any(|other| {
                        error_at(other).is_none() && write.key().is_some() && write.key() == chosen[other].key()
                    });
                    let known = (0..chosen.len()).filter_map(|at| inserted.id(at)).collect::<Vec<_>>();
                    let found = found(&self.reference, write, &stored, &known);
                    let found = found.filter(|_| error.may_have_happened() && !is_taken);
                    if let Some(record) = found {
                        self.reference.records.push(record);
                    }
                }
                Some(error) => match self.reference.write(write) {
                    Err(kind) if kind == error.kind() => {}
                    came => return Err(format!("record {at}: {error}, but expected {came:?}").into()),
                },
                None => match self.reference.write(write) {
                    Ok(_) => self.give_id(inserted.id(at)),
                    Err(kind) => return Err(format!("record {at} is inserted, but expected {kind:?}").into()),
                },
            }
            self.reference.forget();
        }
        if let Some(harming) = &mut self.harming {
            harming.failed += failed;
        }
        Ok(())
    }
}

/// The stored record that an insert may have made, and nobody knows of yet.
fn found(reference: &Reference, write: &Write, stored: &[Document], known: &[&str]) -> Option<Document> {
    let mut after = reference.clone();
    let Ok(Came::Put { at, .. }) = after.write(write) else { return None };
    let (expected, id_field) = (&after.records[at], reference.schema.id_field());
    let id = |record: &Document| record.get(id_field).cloned();
    // An id that the record brings may be told of an earlier one that has expired.
    let told: &[&str] = if id(expected).is_some() { &[] } else { known };
    let is_known = |record: &Document| {
        let is_told = told.iter().any(|told| id(record) == Some((*told).into()));
        is_told || reference.records.iter().any(|other| id(other) == id(record))
    };
    stored.iter().find(|record| is_but_for_id(expected, record, id_field) && !is_known(record)).cloned()
}

fn is_read(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Get(_)
            | Operation::GetMany(_)
            | Operation::Find(_)
            | Operation::Select(_)
            | Operation::Stream(_)
            | Operation::FindOne(_)
            | Operation::Count(_)
            | Operation::Exists(_)
            | Operation::Pages(..)
            | Operation::Outside(_)
    )
}

/// Whether a stored record is the expected one, which has no id yet if the library has given it.
fn is_but_for_id(expected: &Document, stored: &Document, id_field: &str) -> bool {
    if expected.get(id_field).is_some() {
        return is_same(expected, stored);
    }
    let mut without = stored.clone();
    without.remove(id_field).is_some() && is_same(expected, &without)
}

/// Compares what is stored with what the model has, each record once, and takes over the ids that nobody knew.
fn adopt(reference: &mut Reference, stored: &[Document]) -> Check {
    let id_field = reference.schema.id_field();
    let mut left: Vec<&Document> = stored.iter().collect();
    let mut adopted = Vec::with_capacity(stored.len());
    for expected in &reference.records {
        match left.iter().position(|stored| is_but_for_id(expected, stored, id_field)) {
            Some(at) => adopted.push(left.swap_remove(at).clone()),
            None => break,
        }
    }
    if left.is_empty() && adopted.len() == reference.records.len() {
        reference.records = adopted;
        return Ok(());
    }
    let in_order = |records: &[Document]| {
        let mut records = records.to_vec();
        records.sort_by(|left, right| reference.compare(&[], left, right));
        records
    };
    same_records(&in_order(stored), &in_order(&reference.records))
}

#[cfg(test)]
mod tests {
    use backends::{Kind, Timestamp, TtlHolds, Value};

    use super::*;
    use crate::schema::{Place, Role, Schema, TIME};

    fn by_id() -> Reference {
        Reference::new(Schema {
            name: "by_id".to_owned(),
            key: Vec::new(),
            places: vec![Place::new(TIME, Some(Kind::Timestamp), Role::Other)],
            indexes: Vec::new(),
            has_text_ids: true,
            has_custom_id: false,
            has_versions: false,
            is_shared: false,
            time: Some(TtlHolds::Expiry),
        })
    }

    fn insert(reference: &Reference, id: Option<&str>, millis: i64) -> Write {
        let at = Timestamp::from_millis(reference.now + millis).unwrap();
        let mut document = Document::from([(TIME, Value::from(at))]);
        if let Some(id) = id {
            document.insert("id", id);
        }
        Write::Insert(id.map(|id| vec![Value::from(id)]), document)
    }

    #[test]
    fn an_insert_over_one_that_was_told_and_has_expired_is_found() {
        let mut reference = by_id();
        reference.write(&insert(&reference, Some("x"), -1)).unwrap();
        reference.forget();
        let lost = insert(&reference, Some("x"), 1);
        let stored = [lost.document().unwrap().clone()];
        assert!(found(&reference, &lost, &stored, &["x"]).is_some());
        assert!(found(&reference, &lost, &[], &["x"]).is_none());
    }

    #[test]
    fn a_record_that_was_told_is_no_other_whose_answer_was_lost() {
        let reference = by_id();
        let lost = insert(&reference, None, 1);
        let mut stored = [lost.document().unwrap().clone()];
        stored[0].insert("id", "given");
        assert!(found(&reference, &lost, &stored, &[]).is_some());
        assert!(found(&reference, &lost, &stored, &["given"]).is_none());
    }
}
