//! Reads of one moment: every answer is known, or one of some is allowed.

use backends::action::Find;
use backends::{Document, Filter};

use super::{Check, KeyOf, Running, same, same_records, unexpected};
use crate::operation::{At, Query};

impl Running<'_> {
    pub(super) async fn get(&self, at: &At) -> Check {
        let Some(key) = self.reference.key(at) else { return Ok(()) };
        let answer = self.repository.get(KeyOf(&key)).await.map_err(unexpected)?;
        same_records(answer.as_slice(), self.reference.get(&key).cloned().as_slice())
    }

    pub(super) async fn get_many(&self, all: &[At]) -> Check {
        let keys: Vec<_> = all.iter().filter_map(|at| self.reference.key(at)).collect();
        let answer = self.repository.get_many(keys.iter().map(|key| KeyOf(key))).await.map_err(unexpected)?;
        same(&answer.len(), &keys.len(), "answers")?;
        keys.iter()
            .zip(answer)
            .try_for_each(|(key, answer)| same_records(answer.as_slice(), self.reference.get(key).cloned().as_slice()))
    }

    /// The call that a query is.
    pub(super) fn asking(&self, query: &Query) -> Find<Document> {
        let find = self.repository.find(&query.filter).offset(query.offset);
        let mut find = query.sort.iter().fold(find, |find, field| find.sort(field.path.clone(), field.order));
        if let Some(limit) = query.limit {
            find = find.limit(limit);
        }
        if let Some(fields) = &query.fields {
            find = find.fields(fields.iter().copied());
        }
        if query.is_consistent { find.consistent() } else { find }
    }

    pub(super) async fn find(&self, query: &Query) -> Check {
        let answer = self.asking(query).await.map_err(unexpected)?;
        self.is_answer(query, answer)
    }

    pub(super) async fn stream(&self, query: &Query) -> Check {
        let mut stream = self.asking(query).stream();
        let mut answer = Vec::new();
        while let Some(record) = stream.next().await {
            answer.push(record.map_err(unexpected)?);
        }
        self.is_answer(query, answer)
    }

    pub(super) async fn find_one(&self, query: &Query) -> Check {
        let find = self.repository.find_one(&query.filter);
        let find = query.sort.iter().fold(find, |find, field| find.sort(field.path.clone(), field.order));
        let answer = find.await.map_err(unexpected)?;
        let query = Query { limit: Some(1), offset: 0, fields: None, ..query.clone() };
        self.is_answer(&query, answer.into_iter().collect())
    }

    pub(super) async fn count(&self, filter: &Filter) -> Check {
        let answer = self.repository.count(filter).await.map_err(unexpected)?;
        same(&answer, &(self.reference.meant(filter, &[]).len() as u64), "count")
    }

    pub(super) async fn exists(&self, filter: &Filter) -> Check {
        let answer = self.repository.exists(filter).await.map_err(unexpected)?;
        same(&answer, &!self.reference.meant(filter, &[]).is_empty(), "exists")
    }

    /// With an order the records are known; without one any of those that match, each once.
    fn is_answer(&self, query: &Query, mut answer: Vec<Document>) -> Check {
        let mut expected = self.reference.meant(&query.filter, &query.sort);
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let skipped = size(query.offset).min(expected.len());
        let taken = (expected.len() - skipped).min(query.limit.map_or(usize::MAX, size));
        if query.sort.is_empty() {
            same(&answer.len(), &taken, "records")?;
            if taken < expected.len() {
                let keys: Vec<_> = answer.iter().map(|record| self.reference.key_of(record)).collect();
                expected.retain(|record| keys.contains(&self.reference.key_of(record)));
            }
            answer.sort_by(|left, right| self.reference.compare(&[], left, right));
        } else {
            expected.drain(..skipped);
            expected.truncate(taken);
        }
        let expected: Vec<_> = expected.iter().map(|record| self.reference.selected(query, record)).collect();
        same_records(&answer, &expected)
    }
}
