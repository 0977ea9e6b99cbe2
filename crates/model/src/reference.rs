//! The model: what is stored, as a list, and what the contract says of it, said a second time.

use std::cmp::Ordering;

use backends::{Change, Document, Filter, Kind, Order, SortField, Timestamp, Update, Value};
use backends_conformance::oracle;

use crate::generate::{INSTANTS, START};
use crate::operation::{At, Query};
use crate::schema::Schema;

mod edit;
mod expiry;
mod version;
mod write;

pub(crate) use write::{Came, Write};

/// What a repository holds.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) schema: Schema,
    /// As they are read.
    pub(crate) records: Vec<Document>,
    /// The time, in milliseconds.
    pub(crate) now: i64,
}

impl Reference {
    pub(crate) fn new(schema: Schema) -> Self {
        Self { schema, records: Vec::new(), now: START }
    }

    /// The key that a call is about; none if the library gives it, or nothing is stored.
    pub(crate) fn key(&self, at: &At) -> Option<Vec<Value>> {
        match at {
            At::Given => None,
            At::Made(values) => Some(values.clone()),
            At::Stored(_) if self.records.is_empty() => None,
            At::Stored(number) => Some(self.key_of(&self.records[number % self.records.len()])),
        }
    }

    /// The key of a record.
    pub(crate) fn key_of(&self, record: &Document) -> Vec<Value> {
        let fields = self.schema.key_fields().into_iter();
        fields.map(|field| record.get(field).cloned().unwrap_or(Value::Null)).collect()
    }

    /// A key as it stands in a record.
    pub(crate) fn normalised(&self, key: &[Value]) -> Vec<Value> {
        self.schema.key_fields().iter().zip(key).map(|(path, value)| self.stored_at(path, value)).collect()
    }

    /// Where the record with a key stands.
    pub(crate) fn position(&self, key: &[Value]) -> Option<usize> {
        let key = self.normalised(key);
        self.records.iter().position(|record| self.key_of(record) == key)
    }

    /// Whether another record than the one at a place has the values of this one in a unique index.
    pub(crate) fn is_held(&self, record: &Document, at: Option<usize>) -> bool {
        let unique = self.schema.indexes.iter().filter(|index| index.is_unique);
        unique.into_iter().any(|index| {
            let values = |record: &Document| -> Option<Vec<Value>> {
                index.fields.iter().map(|field| record.get(field).cloned()).collect()
            };
            let wanted = values(record);
            let others = self.records.iter().enumerate().filter(|(place, _)| Some(*place) != at);
            wanted.is_some() && others.into_iter().any(|(_, other)| values(other) == wanted)
        })
    }

    /// Whether an update does anything but `unset` to a field of a unique index.
    pub(crate) fn gives_unique(&self, update: &Update) -> bool {
        let is_unique =
            |field: &str| self.schema.indexes.iter().any(|index| index.is_unique && index.fields.contains(&field));
        update.changes().iter().any(|change| {
            let takes_away = match change {
                Change::Unset(_) => true,
                Change::Set(path, value) => self.schema.is_missing(path.as_str(), value),
                _ => false,
            };
            !takes_away && is_unique(change.path().first())
        })
    }

    /// The record with a key.
    pub(crate) fn get(&self, key: &[Value]) -> Option<&Document> {
        self.position(key).map(|at| &self.records[at])
    }

    /// A document to write, and its key if it brings one; nothing where there is no record to write it for.
    pub(crate) fn document(&self, at: &At, body: &Document) -> Option<(Option<Vec<Value>>, Document)> {
        let key = self.key(at);
        if key.is_none() && !self.schema.is_by_id() {
            return None;
        }
        let mut document = body.clone();
        for (field, value) in self.schema.key_fields().into_iter().zip(key.iter().flatten()) {
            document.insert(field, value.clone());
        }
        Some((key, document))
    }

    /// What is read of a document that was written.
    pub(crate) fn stored(&self, document: &Document) -> Document {
        self.stored_map("", document)
    }

    fn stored_map(&self, path: &str, map: &Document) -> Document {
        let stored = map.iter().filter_map(|(name, value)| {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            (!self.schema.is_missing(&path, value)).then(|| (name, self.stored_at(&path, value)))
        });
        stored.collect()
    }

    fn stored_at(&self, path: &str, value: &Value) -> Value {
        match value {
            Value::Float(float) => number(*float),
            Value::String(text) if self.schema.kind(path) == Some(Kind::Timestamp) => instant(text),
            Value::Array(members) => {
                let path = format!("{path}[]");
                Value::Array(members.iter().map(|member| self.stored_at(&path, member)).collect())
            }
            Value::Map(map) => Value::Map(self.stored_map(path, map)),
            other => other.clone(),
        }
    }

    /// The records that a filter means, in the order of a query, the key last.
    pub(crate) fn meant(&self, filter: &Filter, sort: &[SortField]) -> Vec<Document> {
        let mut meant: Vec<_> = self.records.iter().filter(|record| oracle::matches(filter, record)).cloned().collect();
        meant.sort_by(|left, right| self.compare(sort, left, right));
        meant
    }

    /// How two records stand in an order, the key last, in the direction of the last field.
    pub(crate) fn compare(&self, sort: &[SortField], left: &Document, right: &Document) -> Ordering {
        let last = sort.last().map_or(Order::Asc, |field| field.order);
        let key = self.schema.key_fields().into_iter().map(|field| SortField::new(field, last));
        let fields: Vec<_> = sort.iter().cloned().chain(key).collect();
        oracle::compare(&fields, left, right)
    }

    /// What a query reads of a record.
    pub(crate) fn selected(&self, query: &Query, record: &Document) -> Document {
        let Some(fields) = &query.fields else { return record.clone() };
        let always = self.schema.key_fields().into_iter().chain([self.schema.id_field()]);
        let named: Vec<&str> = always.chain(fields.iter().copied()).collect();
        record.iter().filter(|(name, _)| named.contains(name)).map(|(name, value)| (name, value.clone())).collect()
    }
}

/// A float with an integral value is that integer.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is an integer of 64 bits")]
fn number(float: f64) -> Value {
    let is_integer =
        float.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    if is_integer { Value::Int(float as i64) } else { Value::Float(float) }
}

/// The generator makes a few texts of instants only.
fn instant(text: &str) -> Value {
    let known = INSTANTS.iter().find(|(known, _)| *known == text);
    let at = known.and_then(|(_, millis)| Timestamp::from_millis(*millis).ok());
    at.map_or_else(|| Value::from(text), Value::Timestamp)
}

/// Whether two records are the same to the last bit, where numbers are equal as integers and floats elsewhere.
pub(crate) fn is_same(left: &Document, right: &Document) -> bool {
    left.len() == right.len()
        && left.iter().zip(right.iter()).all(|(left, right)| left.0 == right.0 && is_same_value(left.1, right.1))
}

fn is_same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => false,
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same_value(left, right))
        }
        (Value::Map(left), Value::Map(right)) => is_same(left, right),
        (left, right) => left == right,
    }
}
