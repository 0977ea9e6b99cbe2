//! Reads of one moment: every answer is known, or one of some is allowed.

use std::ops::Range;

use backends::action::Find;
use backends::driver::Consistency;
use backends::{Document, Filter, Value};
use serde::Deserialize;

use super::{Check, KeyOf, Running, same, same_records, unexpected};
use crate::operation::{At, Query, value_shown};

/// A type that has some of the fields only.
#[derive(Debug, Deserialize)]
struct Part {
    a: Option<Value>,
    n: Option<Value>,
    m: Option<Value>,
}

impl Part {
    fn into_document(self) -> Document {
        let fields = [("a", self.a), ("n", self.n), ("m", self.m)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn document_of(record: &Document) -> Document {
        ["a", "n", "m"].into_iter().filter_map(|name| Some((name, record.get(name)?.clone()))).collect()
    }
}

impl Running {
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
        match query.consistency {
            Consistency::Consistent => find.consistent(),
            Consistency::Eventual => find.eventual(),
            _ => find,
        }
    }

    pub(super) async fn find(&self, query: &Query) -> Check {
        let answer = self.asking(query).await.map_err(unexpected)?;
        self.is_answer(query, answer)
    }

    /// What is read has no key, by which records without an order could be told apart.
    pub(super) async fn select(&self, query: &Query) -> Check {
        let answer = self.asking(query).select::<Part>().await.map_err(unexpected)?;
        let (expected, taken) = self.slice(query);
        same(&answer.len(), &taken.len(), "records")?;
        let is_open = query.sort.is_empty() && taken.len() < expected.len();
        let answer = answer.into_iter().map(Part::into_document).collect();
        let expected = expected[taken].iter().map(Part::document_of).collect();
        let in_order = |mut records: Vec<Document>| {
            if query.sort.is_empty() {
                records.sort_by_cached_key(|record| value_shown(&Value::Map(record.clone())));
            }
            records
        };
        if is_open { Ok(()) } else { same_records(&in_order(answer), &in_order(expected)) }
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

    /// The records that a query means, and which of them it takes if it has an order.
    fn slice(&self, query: &Query) -> (Vec<Document>, Range<usize>) {
        let meant = self.reference.meant(&query.filter, &query.sort);
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let skipped = size(query.offset).min(meant.len());
        let end = skipped.saturating_add(query.limit.map_or(usize::MAX, size)).min(meant.len());
        (meant, skipped..end)
    }

    /// With an order the records are known; without one any of those that match, each once.
    fn is_answer(&self, query: &Query, mut answer: Vec<Document>) -> Check {
        let (mut expected, taken) = self.slice(query);
        if query.sort.is_empty() {
            same(&answer.len(), &taken.len(), "records")?;
            if taken.len() < expected.len() {
                let keys: Vec<_> = answer.iter().map(|record| self.reference.key_of(record)).collect();
                expected.retain(|record| keys.contains(&self.reference.key_of(record)));
            }
            answer.sort_by(|left, right| self.reference.compare(&[], left, right));
        } else {
            expected = expected.drain(taken).collect();
        }
        let expected: Vec<_> = expected.iter().map(|record| self.reference.selected(query, record)).collect();
        same_records(&answer, &expected)
    }
}
