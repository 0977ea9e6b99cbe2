//! Unique indexes, which the service has none of: who has which values is an item of the companion table, a guard, that
//! is written together with the record.

use std::fmt::Write as _;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Definition, FieldKind, Index, Kind, Value};
use sha2::{Digest, Sha256};

use crate::codec::{Item, order};

/// The partition key of the companion table.
pub(crate) const KEY: &str = "key";
/// The attribute with the primary key of the record that has the values.
pub(crate) const OWNER: &str = "owner";
/// The attribute with the values, in the form by which they are compared.
pub(crate) const VALUES: &str = "values";

/// The unique indexes of a repository. One on all fields of the key needs no guard.
#[derive(Debug, Clone)]
pub(crate) struct Guards {
    repository: String,
    unique: Vec<Unique>,
}

#[derive(Debug, Clone)]
struct Unique {
    name: String,
    fields: Vec<(String, FieldKind)>,
}

/// What holds values of one index for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The name of the index.
    pub(crate) index: String,
    /// Its key: what is compared, as a hash.
    pub(crate) key: String,
    /// What is compared itself.
    pub(crate) values: Vec<u8>,
}

impl Guards {
    pub(crate) fn new(definition: &Definition) -> Self {
        let needs = |index: &&Index| index.is_unique() && !has_key(definition, index);
        let unique = definition.indexes().filter(needs).map(|index| Unique {
            name: index.name().to_owned(),
            fields: index.fields().map(|field| (field.to_owned(), kind_of(definition, field))).collect(),
        });
        // Names are unique without regard to case.
        Self { repository: definition.name().to_ascii_lowercase(), unique: unique.collect() }
    }

    /// Whether there are none, so that a record is written by itself.
    pub(crate) fn is_empty(&self) -> bool {
        self.unique.is_empty()
    }

    /// The same for these indexes only.
    pub(crate) fn only(&self, names: &[String]) -> Self {
        let unique = self.unique.iter().filter(|unique| names.contains(&unique.name)).cloned().collect();
        Self { repository: self.repository.clone(), unique }
    }

    /// The names of the indexes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.unique.iter().map(|unique| unique.name.as_str())
    }

    /// The fields of all indexes.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.unique.iter().flat_map(|unique| unique.fields.iter().map(|(field, _)| field.as_str()))
    }

    /// The fields of those indexes that have one of these.
    pub(crate) fn fields_beside<'g>(&'g self, changes: impl Fn(&str) -> bool + 'g) -> impl Iterator<Item = &'g str> {
        let touched = self.unique.iter().filter(move |unique| unique.fields.iter().any(|(field, _)| changes(field)));
        touched.flat_map(|unique| unique.fields.iter().map(|(field, _)| field.as_str()))
    }

    /// What holds the values of an item: a guard for each index of which it has every field.
    pub(crate) fn of(&self, item: &Item) -> Vec<Guard> {
        let guard = |unique: &Unique| {
            let mut values = Vec::new();
            for (field, kind) in &unique.fields {
                let start = values.len();
                order::push_attribute(&mut values, item.get(field), *kind);
                // What no record holds takes nothing.
                if order::is_no_scalar(&values[start..]) {
                    return None;
                }
            }
            Some(self.guard(&unique.name, values))
        };
        self.unique.iter().filter_map(guard).collect()
    }

    /// What holds these values, those of the fields of the index in their order.
    pub(crate) fn holding(&self, index: &str, values: &[Value]) -> Guard {
        let mut bytes = Vec::new();
        for value in values {
            order::push(&mut bytes, value);
        }
        self.guard(index, bytes)
    }

    fn guard(&self, index: &str, values: Vec<u8>) -> Guard {
        let mut key = start(&self.repository, index);
        for byte in Sha256::digest(&values) {
            let _ = write!(key, "{byte:02x}");
        }
        Guard { index: index.to_owned(), key, values }
    }

    /// The indexes with their fields, each as names.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.unique.iter().map(|unique| {
            let fields = unique.fields.iter().map(|(field, _)| field.as_str());
            (unique.name.as_str(), fields.collect())
        })
    }
}

impl Guard {
    /// The item that holds them for the record with this key.
    pub(crate) fn item(&self, owner: &Item) -> Item {
        Item::from([
            (KEY.to_owned(), AttributeValue::S(self.key.clone())),
            (OWNER.to_owned(), AttributeValue::M(owner.clone())),
            (VALUES.to_owned(), AttributeValue::B(Blob::new(self.values.clone()))),
        ])
    }

    /// Whether an item holds values for the record with this key.
    pub(crate) fn is_of(item: &Item, owner: &Item) -> bool {
        matches!(item.get(OWNER), Some(AttributeValue::M(key)) if key == owner)
    }

    /// Whether an item holds the same values, and not others of the same hash.
    pub(crate) fn is(&self, item: &Item) -> bool {
        matches!(item.get(VALUES), Some(AttributeValue::B(values)) if values.as_ref() == self.values)
    }
}

/// What the keys of the guards of an index begin with. Names of repositories are unique without regard to case.
pub(crate) fn start(repository: &str, index: &str) -> String {
    format!("unique:{}:{index}:", repository.to_ascii_lowercase())
}

/// Whether an index has every field of the key, which is unique already.
fn has_key(definition: &Definition, index: &Index) -> bool {
    definition.key_fields().all(|key| index.fields().any(|field| field == key))
}

fn kind_of(definition: &Definition, field: &str) -> FieldKind {
    definition.field(field).unwrap_or_else(|| Kind::String.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guards(json: &str) -> Guards {
        Guards::new(&Definition::from_json(json).unwrap())
    }

    fn item(attributes: &[(&str, AttributeValue)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn number(text: &str) -> AttributeValue {
        AttributeValue::N(text.to_owned())
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    #[test]
    fn c31_one_value_has_one_guard_whoever_wrote_it() {
        let guards = guards(
            r#"{"name": "Notes", "fields": {"num": "number", "when": "timestamp", "ref": {"kind": "string", "emptyIsMissing": true}},
                "indexes": ["num", "when", "ref", {"fields": ["num", "ref"], "unique": true}]}"#,
        );
        let of = |attributes: &[(&str, AttributeValue)]| guards.of(&item(attributes));
        for (one, other, same) in [
            (("num", number("1")), ("num", number("1.0")), true),
            (("num", number("100")), ("num", number("1E2")), true),
            (("num", number("9007199254740993")), ("num", number("9007199254740992")), false),
            (("when", text("2024-01-01T00:00:00.000Z")), ("when", text("2024-01-01T01:00:00+01:00")), true),
            (("ref", text("a")), ("ref", text("A")), false),
        ] {
            let (one, other) = (of(&[one]), of(&[other]));
            assert_eq!((one.len(), one == other), (1, same), "{one:?} {other:?}");
        }
        for exempt in [("ref", text("")), ("num", AttributeValue::Null(true)), ("num", AttributeValue::L(Vec::new()))] {
            assert_eq!(of(&[exempt]), []);
        }
        let both = of(&[("num", number("1")), ("ref", text("x"))]);
        let names: Vec<_> = both.iter().map(|guard| guard.index.as_str()).collect();
        assert_eq!(names, ["num", "num_ref", "ref"]);
        assert!(both[1].key.starts_with("unique:notes:num_ref:") && both[1].key.len() == 21 + 64, "{}", both[1].key);
        let held = guards.holding("num_ref", &[Value::Float(1.0), "x".into()]);
        assert_eq!(held, both[1]);
        assert!(held.is(&held.item(&Item::new())) && !held.is(&both[0].item(&Item::new())));
    }

    #[test]
    fn c31_an_index_on_the_whole_key_needs_no_guard() {
        let guards = guards(
            r#"{"name": "notes", "hashKey": "ppp", "rangeKey": "sss", "indexes": [{"fields": ["sss", "ppp"], "unique": true}, "sss",
                {"fields": ["xxx"], "unique": false}]}"#,
        );
        assert!(guards.names().eq(["sss"]));
        assert!(guards.fields_beside(|field| field == "xxx").next().is_none());
    }
}
