//! An untyped record.

use std::collections::btree_map::{self, BTreeMap};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Value;

/// An untyped record, or a map inside one: field names and their values, in byte order of the names.
///
/// ```
/// use backends_core::{Document, Value};
///
/// let ada = Document::from([("name", Value::from("Ada")), ("born", Value::from(1815))]);
/// assert_eq!(ada.get("born"), Some(&Value::Int(1815)));
/// assert_eq!(ada.keys().collect::<Vec<_>>(), ["born", "name"]);
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Document(BTreeMap<String, Value>);

impl Document {
    /// A document without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// Puts a value into a field; what was there comes back.
    pub fn insert(&mut self, field: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(field.into(), value.into())
    }

    /// Takes a field away; its value comes back.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field)
    }

    /// The value of a field, to change it.
    pub(crate) fn get_mut(&mut self, field: &str) -> Option<&mut Value> {
        self.0.get_mut(field)
    }

    /// The value of a field, to change it; null where there was none.
    pub(crate) fn entry(&mut self, field: &str) -> &mut Value {
        self.0.entry(field.to_owned()).or_insert(Value::Null)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the fields, in byte order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The fields, in byte order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Document {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<N: Into<String>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Document {
    fn from(fields: [(N, V); COUNT]) -> Self {
        fields.into_iter().collect()
    }
}

impl IntoIterator for Document {
    type Item = (String, Value);
    type IntoIter = btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }
}
