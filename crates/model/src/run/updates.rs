//! Updates and deletes by filter.

use backends::{Document, ErrorKind, Filter, Update};

use super::{Check, Running, is_error, same, same_records, unexpected};
use crate::operation::Query;

impl Running {
    /// Of those that come first in the order any may be taken where there is no order, and the answer says which.
    pub(super) async fn update_one(&mut self, query: &Query, update: &Update) -> Check {
        let write = self.repository.update_one(&query.filter, update.clone());
        let write = query.sort.iter().fold(write, |write, field| write.sort(field.path.clone(), field.order));
        let answer = write.await;
        let meant = self.reference.meant(&query.filter, &query.sort);
        let Some(first) = meant.first() else {
            return same_records(answer.map_err(unexpected)?.as_slice(), &[]);
        };
        if query.sort.is_empty() {
            return match &answer {
                // The one that was taken is not said.
                Err(error) if meant.iter().any(|record| self.refusal(record, update) == Some(error.kind())) => Ok(()),
                Err(_) => answer.map(drop).map_err(unexpected),
                Ok(taken) => {
                    let key = taken.as_ref().map(|record| self.reference.key_of(record));
                    let is_meant = |key: &Vec<_>| meant.iter().any(|record| self.reference.key_of(record) == *key);
                    match key.filter(is_meant).and_then(|key| self.reference.position(&key)) {
                        Some(position) => self.is_updated(position, update, answer),
                        None => Err("a record was taken that is not meant, or none".into()),
                    }
                }
            };
        }
        let position = self.reference.position(&self.reference.key_of(first));
        position.map_or(Ok(()), |position| self.is_updated(position, update, answer))
    }

    pub(super) async fn update_many(&mut self, filter: &Filter, update: &Update) -> Check {
        let answer = self.repository.update_many(filter, update.clone()).await;
        let meant = self.reference.meant(filter, &[]);
        if self.reference.gives_unique(update) {
            return is_error(answer, ErrorKind::InvalidInput);
        }
        if self.is_unsaid(filter, &answer) {
            return Ok(());
        }
        let (mut done, mut failed) = (0, 0);
        for record in meant {
            let position = self.reference.position(&self.reference.key_of(&record));
            match (self.reference.updated(&record, update), position) {
                (Some(updated), Some(position)) => {
                    self.reference.records[position] = updated;
                    done += 1;
                }
                _ => failed += 1,
            }
        }
        if failed == 0 {
            return same(&answer.map_err(unexpected)?, &done, "updated");
        }
        let counts = answer.as_ref().err().and_then(backends::Error::counts).map(|counts| (counts.done, counts.failed));
        is_error(answer, ErrorKind::InvalidInput)?;
        same(&counts, &Some((done, failed)), "done and failed")
    }

    pub(super) async fn delete_one(&mut self, query: &Query) -> Check {
        let write = self.repository.delete_one(&query.filter);
        let write = query.sort.iter().fold(write, |write, field| write.sort(field.path.clone(), field.order));
        let answer = write.await.map_err(unexpected)?;
        let meant = self.reference.meant(&query.filter, &query.sort);
        let expected = match (&answer, query.sort.is_empty()) {
            (Some(gone), true) => {
                let key = self.reference.key_of(gone);
                meant.into_iter().find(|record| self.reference.key_of(record) == key)
            }
            _ => meant.into_iter().next(),
        };
        same_records(answer.as_slice(), expected.as_slice())?;
        let key = expected.map(|record| self.reference.key_of(&record));
        if let Some(position) = key.and_then(|key| self.reference.position(&key)) {
            self.reference.records.remove(position);
        }
        Ok(())
    }

    pub(super) async fn delete_many(&mut self, filter: &Filter) -> Check {
        let answer = self.repository.delete_many(filter).await;
        if self.is_unsaid(filter, &answer) {
            return Ok(());
        }
        let meant = self.reference.meant(filter, &[]);
        for record in &meant {
            if let Some(position) = self.reference.position(&self.reference.key_of(record)) {
                self.reference.records.remove(position);
            }
        }
        same(&answer.map_err(unexpected)?, &(meant.len() as u64), "deleted")
    }

    /// Whether the filter was refused since it folds to every record, which it does if it means all that are there.
    fn is_unsaid(&self, filter: &Filter, answer: &backends::Result<u64>) -> bool {
        let is_refused = |error: &backends::Error| error.is_invalid_input() && error.counts().is_none();
        let means_all = || self.reference.meant(filter, &[]).len() == self.reference.records.len();
        answer.as_ref().err().is_some_and(is_refused) && !filter.is_all() && means_all()
    }

    fn is_updated(&mut self, position: usize, update: &Update, answer: backends::Result<Option<Document>>) -> Check {
        if let Some(refusal) = self.refusal(&self.reference.records[position], update) {
            return is_error(answer, refusal);
        }
        match self.reference.updated(&self.reference.records[position], update) {
            None => is_error(answer, ErrorKind::InvalidInput),
            Some(updated) => {
                self.reference.records[position] = updated.clone();
                same_records(answer.map_err(unexpected)?.as_slice(), &[updated])
            }
        }
    }

    /// Why a record stays as it is.
    fn refusal(&self, record: &Document, update: &Update) -> Option<ErrorKind> {
        let position = self.reference.position(&self.reference.key_of(record));
        match self.reference.updated(record, update) {
            None => Some(ErrorKind::InvalidInput),
            Some(updated) => self.reference.is_held(&updated, position).then_some(ErrorKind::AlreadyExists),
        }
    }
}
