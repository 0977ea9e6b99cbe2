//! The records that most cases use.

use backends_core::{Document, Record, Repository, Timestamp, Value};
use serde::{Deserialize, Serialize};

use crate::expect::{DIGITS, SECRET};

/// A record that is keyed by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) logins: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nick: Option<String>,
}

impl User {
    /// A user without an id, whose values are those that nothing may show.
    pub(crate) fn new(name: &str) -> Self {
        Self { id: String::new(), name: format!("{SECRET}-{name}"), logins: DIGITS, nick: None }
    }

    pub(crate) fn with_id(&self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self.clone() }
    }

    pub(crate) fn with_logins(&self, logins: i64) -> Self {
        Self { logins, ..self.clone() }
    }

    pub(crate) fn with_nick(&self, nick: &str) -> Self {
        Self { nick: Some(nick.to_owned()), ..self.clone() }
    }
}

/// An id that the library did not give; others with another `number`.
pub(crate) fn id(number: usize) -> String {
    format!("{number:024x}")
}

/// A record with a key of two fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair<P, S> {
    pub(crate) p: P,
    pub(crate) s: S,
    pub(crate) text: String,
}

impl<P, S> Pair<P, S> {
    pub(crate) fn new(p: P, s: S, text: &str) -> Self {
        Self { p, s, text: format!("{SECRET}-{text}") }
    }
}

/// A record with a key of one field that is not the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keyed<K> {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) key: K,
    pub(crate) text: String,
}

impl<K> Keyed<K> {
    pub(crate) fn new(key: K, text: &str) -> Self {
        Self { id: String::new(), key, text: format!("{SECRET}-{text}") }
    }
}

/// A record with one value beside its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Holds<V> {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) value: V,
}

impl<V> Holds<V> {
    pub(crate) fn new(value: V) -> Self {
        Self { id: String::new(), value }
    }
}

/// An untyped record from JSON.
pub(crate) fn document(json: serde_json::Value) -> Document {
    serde_json::from_value(json).unwrap()
}

/// The instant of an RFC 3339 text.
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The record with this key, untyped, without the id that the library gave.
pub(crate) async fn stored<T: Record>(repository: &Repository<T>, key: impl Serialize) -> Document {
    let mut document = repository.untyped().get(key).await.unwrap().unwrap();
    document.remove(repository.definition().id_field());
    document
}

/// The text of an untyped value.
pub(crate) fn text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::String(text)) => text,
        other => panic!("{other:?} where text is expected"),
    }
}
