//! Batches of writes to two repositories: what they answer, and that all of it is stored or nothing.

use backends::{AtomicBatch, Document, Error, ErrorKind, Filter, Repository, Value, WrittenBatch};

use super::writes::is_put;
use super::{Check, Difference, KeyOf, Running, same, same_records, unexpected};
use crate::operation::{Operation, Side};
use crate::reference::{Came, Reference, Write};

/// How much the writes of a batch may count together, and how many bytes of JSON their records may have.
const MOST: usize = 100;
const LONGEST: usize = 4_194_304;

/// What a batch is refused for, and for which of its writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    kind: ErrorKind,
    position: Option<usize>,
}

/// The second repository of a program, which batches alone write to.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) repository: Repository<Document>,
    pub(super) reference: Reference,
}

impl Running {
    pub(super) async fn batch(&mut self, writes: &[(Side, Operation)]) -> Check {
        let chosen = self.of_batch(writes);
        let answer = self.make_batch(&chosen).await;
        let came = self.comes_to(&chosen, answer.as_ref().ok());
        match came {
            Ok((first, second)) => {
                answer.map_err(unexpected)?;
                self.reference = first;
                // What a batch brought may have been over already.
                self.reference.forget();
                if let (Some(known), Some(reference)) = (&mut self.second, second) {
                    known.reference = reference;
                    known.reference.forget();
                }
            }
            Err(Left::Refused(refused)) => is_refused(answer, &refused, &self.names(&chosen))?,
            Err(Left::Differs(difference)) => return Err(difference),
        }
        if self.harming.is_some() { Ok(()) } else { self.is_whole(&chosen).await }
    }

    /// Those writes of a batch that have a record.
    pub(super) fn of_batch(&self, writes: &[(Side, Operation)]) -> Vec<(Side, Write)> {
        let one = |(side, operation): &(Side, Operation)| Some((*side, self.of(*side)?.chosen(operation)?));
        writes.iter().filter_map(one).collect()
    }

    fn of(&self, side: Side) -> Option<&Reference> {
        match side {
            Side::First => Some(&self.reference),
            Side::Second => self.second.as_ref().map(|second| &second.reference),
        }
    }

    fn repository_of(&self, side: Side) -> &Repository<Document> {
        match (side, &self.second) {
            (Side::Second, Some(second)) => &second.repository,
            _ => &self.repository,
        }
    }

    fn names(&self, chosen: &[(Side, Write)]) -> Vec<String> {
        chosen.iter().map(|(side, _)| self.repository_of(*side).name().to_owned()).collect()
    }

    async fn make_batch(&self, chosen: &[(Side, Write)]) -> backends::Result<WrittenBatch> {
        let batch = self.backend().batch();
        chosen.iter().fold(batch, |batch, (side, write)| add(batch, self.repository_of(*side), write)).await
    }

    /// What is stored when the batch is done; `written` has the ids that the library gave.
    pub(super) fn comes_to(
        &self,
        chosen: &[(Side, Write)],
        written: Option<&WrittenBatch>,
    ) -> Result<(Reference, Option<Reference>), Left> {
        let refused = |kind, position| Left::Refused(Refused { kind, position });
        let is_mistake = |(side, write): &(Side, Write)| self.of(*side).is_some_and(|of| of.is_mistake(write));
        if let Some(at) = chosen.iter().position(is_mistake) {
            return Err(refused(ErrorKind::InvalidInput, Some(at)));
        }
        if self.counts(chosen) > MOST || self.meets_twice(chosen) || bytes(chosen) > LONGEST {
            return Err(refused(ErrorKind::InvalidInput, None));
        }
        if !chosen.is_empty() && !self.backend().capabilities().batches {
            return Err(refused(ErrorKind::Unsupported, None));
        }
        let (mut first, mut second) =
            (self.reference.clone(), self.second.as_ref().map(|second| second.reference.clone()));
        for (at, (side, write)) in chosen.iter().enumerate() {
            let reference = match (side, &mut second) {
                (Side::Second, Some(second)) => second,
                _ => &mut first,
            };
            let came = reference.write(write).map_err(|kind| refused(kind, Some(at)))?;
            if let (Came::Nothing, Write::Update(..)) = (&came, write) {
                return Err(refused(ErrorKind::NotFound, Some(at)));
            }
            if let Some(written) = written {
                let record = written.record(self.repository_of(*side), at).map_err(unexpected);
                record
                    .and_then(|record| is_written(reference, &came, record.as_ref(), written.created(at)))
                    .map_err(|difference| Left::Differs(format!("write {at} of the batch: {difference}").into()))?;
            }
        }
        Ok((first, second))
    }

    /// What the writes count together.
    fn counts(&self, chosen: &[(Side, Write)]) -> usize {
        let unique = |reference: &Reference| reference.schema.indexes.iter().filter(|index| index.is_unique).count();
        chosen.iter().filter_map(|(side, _)| self.of(*side)).map(|reference| 1 + 2 * unique(reference)).sum()
    }

    /// Whether two of the writes are about one record.
    fn meets_twice(&self, chosen: &[(Side, Write)]) -> bool {
        let keys: Vec<_> =
            chosen.iter().filter_map(|(side, write)| Some((*side, self.of(*side)?.normalised(write.key()?)))).collect();
        keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key))
    }

    /// Whether what is stored is what the model has: every record that the batch is about, and the whole of the second
    /// repository.
    async fn is_whole(&self, chosen: &[(Side, Write)]) -> Check {
        for key in chosen.iter().filter(|(side, _)| *side == Side::First).filter_map(|(_, write)| write.key()) {
            let answer = self.repository.get(KeyOf(key)).await.map_err(unexpected)?;
            same_records(answer.as_slice(), self.reference.get(key).cloned().as_slice())
                .map_err(|difference| format!("after the batch: {difference}"))?;
        }
        let Some(Second { repository, reference }) = &self.second else { return Ok(()) };
        let mut answer = repository.find(Filter::all()).consistent().await.map_err(unexpected)?;
        answer.sort_by(|left, right| reference.compare(&[], left, right));
        same_records(&answer, &reference.meant(&Filter::all(), &[]))
            .map_err(|difference| format!("the second repository after the batch: {difference}").into())
    }
}

/// Why a batch is not done.
#[derive(Debug)]
pub(super) enum Left {
    Refused(Refused),
    Differs(Difference),
}

/// The batch with one more write.
fn add(batch: AtomicBatch, repository: &Repository<Document>, write: &Write) -> AtomicBatch {
    match write {
        Write::Insert(_, document) => batch.insert(repository, document),
        Write::Replace(_, document) => batch.replace(repository, document),
        Write::Upsert(_, document) | Write::Mistake(document) => batch.upsert(repository, document),
        Write::Update(key, update, expected) => {
            let batch = batch.update(repository, KeyOf(key), update.clone());
            expected.iter().fold(batch, AtomicBatch::expect_version)
        }
        Write::Delete(key, expected) => {
            let batch = batch.delete(repository, KeyOf(key));
            expected.iter().fold(batch, AtomicBatch::expect_version)
        }
    }
}

/// A batch gives back what it has stored, and not what it has deleted.
fn is_written(reference: &mut Reference, came: &Came, record: Option<&Document>, is_new: bool) -> Check {
    match came {
        Came::Put { at, created } => {
            same(&is_new, created, "created")?;
            is_put(reference, *at, record)
        }
        Came::Gone(_) | Came::Nothing => {
            same(&is_new, &false, "created")?;
            same_records(record.cloned().as_slice(), &[])
        }
    }
}

fn is_refused(answer: backends::Result<WrittenBatch>, refused: &Refused, names: &[String]) -> Check {
    let error: Error = match answer {
        Ok(_) => return Err(format!("{refused:?} expected, but it went well").into()),
        Err(error) if error.kind() != refused.kind => return Err(unexpected(error)),
        Err(error) => error,
    };
    same(&error.position(), &refused.position, "the position of the error")?;
    if let Some(name) = refused.position.and_then(|position| names.get(position)) {
        same(&error.repository(), &Some(name.as_str()), "the repository of the error")?;
    }
    Ok(())
}

/// How many bytes the longest texts of the records have. Only a batch that is to be too large has any that count.
fn bytes(chosen: &[(Side, Write)]) -> usize {
    let texts = chosen.iter().filter_map(|(_, write)| write.document()).flat_map(Document::iter);
    let lengths = texts.map(|(name, value)| match value {
        // The quotes, the colon and the comma.
        Value::String(text) => text.len() + name.len() + 6,
        _ => 0,
    });
    lengths.sum()
}
