//! The indexes of a repository as the service has them, and the form in which they are created.

use backends_core::{Definition, Index, Kind};

use crate::codec::{KeyField, OrderOf, SHARD};

/// An index of the definition as the service has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableIndex {
    /// Its name in the definition.
    pub(crate) name: String,
    /// Its name on the service: another one, if somebody else created it.
    pub(crate) native: String,
    /// The fields that are declared.
    pub(crate) fields: Vec<String>,
    pub(crate) form: Form,
    /// Whether nothing is read by it yet, since others may write that do not know it.
    pub(crate) waits: bool,
}

/// What the key of an index consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Fields of the record, so that a record without one of them is not in it.
    Fields(FieldKeys),
    /// The shard and the place in an order, so that every record is in it.
    Order(OrderOf),
}

/// Attributes that have all to be equal to something, and those by which the others are in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldKeys {
    pub(crate) hash: Vec<KeyField>,
    /// Those of the primary key may stand at the end.
    pub(crate) range: Vec<KeyField>,
}

// DynamoDB: the attributes of a sort key have together at most 1,024 bytes, and are at most 4.
const RANGE_BYTES: usize = 1_024;
const RANGE_FIELDS: usize = 4;

impl TableIndex {
    /// The index as it is created.
    pub(crate) fn new(definition: &Definition, index: &Index) -> Self {
        let form = if index.is_ordered() {
            Form::Order(OrderOf::new(definition, index))
        } else {
            Form::Fields(FieldKeys::new(definition, index))
        };
        let name = index.name().to_owned();
        Self { native: name.clone(), name, fields: index.fields().map(str::to_owned).collect(), form, waits: false }
    }

    /// The attributes of its key: those of the partition, and those of the sort key.
    pub(crate) fn attributes(&self) -> (Vec<KeyAttribute>, Vec<KeyAttribute>) {
        match &self.form {
            Form::Fields(keys) => {
                let all = |fields: &[KeyField]| fields.iter().map(KeyAttribute::from).collect();
                (all(&keys.hash), all(&keys.range))
            }
            Form::Order(order) => {
                let of = |name: &str, of_type| KeyAttribute { name: name.to_owned(), of_type };
                (vec![of(SHARD, KeyType::Number)], vec![of(&order.attribute, KeyType::Bytes)])
            }
        }
    }
}

/// An attribute of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyAttribute {
    pub(crate) name: String,
    pub(crate) of_type: KeyType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Text,
    Number,
    Bytes,
}

impl From<&KeyField> for KeyAttribute {
    fn from(field: &KeyField) -> Self {
        let of_type = match field.kind {
            Kind::Number | Kind::Integer => KeyType::Number,
            _ => KeyType::Text,
        };
        Self { name: field.name.clone(), of_type }
    }
}

impl FieldKeys {
    /// As many of the fields from the end as surely fit make the order, so that the index serves as many beginnings of
    /// its fields as it can; behind them stands the primary key, where it fits, so that no two records are equal.
    fn new(definition: &Definition, index: &Index) -> Self {
        let mut hash: Vec<KeyField> = index.fields().map(|field| KeyField::of(definition, field)).collect();
        let mut range = Vec::new();
        let mut room = RANGE_BYTES;
        while hash.len() > 1
            && let Some(bytes) = hash.last().map(longest)
            && (range.is_empty() || bytes <= room)
        {
            room = room.saturating_sub(bytes);
            range.splice(0..0, hash.pop());
        }
        let is_new = |key: &KeyField| hash.iter().chain(&range).all(|field| field.name != key.name);
        let rest: Vec<_> =
            definition.key_fields().map(|field| KeyField::of(definition, field)).filter(is_new).collect();
        if rest.iter().map(longest).sum::<usize>() <= room && range.len() + rest.len() <= RANGE_FIELDS {
            range.extend(rest);
        }
        Self { hash, range }
    }
}

/// How many bytes a value of the field has at most.
fn longest(field: &KeyField) -> usize {
    match field.kind {
        // DynamoDB: 38 digits and what goes with them.
        Kind::Number | Kind::Integer => 21,
        Kind::Timestamp | Kind::ObjectId => 24,
        _ => 1_024,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(key: &str, fields: &str) -> String {
        let json = format!(
            r#"{{"name": "notes", {key} "fields": {{"n": "number", "i": "integer", "t": "timestamp", "o": "objectId"}},
            "indexes": [{{"fields": {fields}, "unique": false}}]}}"#
        );
        let definition = Definition::from_json(&json).unwrap();
        let index = TableIndex::new(&definition, definition.indexes().next().unwrap());
        let names = |all: Vec<KeyAttribute>| all.into_iter().map(|one| one.name).collect::<Vec<_>>().join(",");
        let (hash, range) = index.attributes();
        format!("{} / {}", names(hash), names(range))
    }

    #[test]
    fn c39_the_fields_of_an_index_are_split_so_that_every_value_fits() {
        let text = r#""idKind": "string","#;
        let two = r#""hashKey": "p", "rangeKey": "s","#;
        for (key, fields, is) in [
            ("", r#"["a"]"#, "a / id"),
            (text, r#"["a"]"#, "a / id"),
            (two, r#"["a"]"#, "a / "),
            (r#""hashKey": "p", "rangeKey": "s", "rangeKeyType": "N","#, r#"["a"]"#, "a / "),
            (r#""hashKey": "o", "rangeKey": "i","#, r#"["a"]"#, "a / o,i"),
            ("", r#"["a", "b"]"#, "a / b"),
            ("", r#"["a", "t"]"#, "a / t,id"),
            (text, r#"["a", "t"]"#, "a / t"),
            ("", r#"["a", "b", "c"]"#, "a,b / c"),
            ("", r#"["a", "b", "t"]"#, "a,b / t,id"),
            ("", r#"["a", "t", "n"]"#, "a / t,n,id"),
            ("", r#"["a", "t", "n", "i"]"#, "a / t,n,i,id"),
            (r#""hashKey": "o", "rangeKey": "g","#, r#"["a", "t", "n", "i"]"#, "a / t,n,i"),
            (two, r#"["s", "p"]"#, "s / p"),
            (two, r#"["p", "a"]"#, "p / a"),
            ("", r#"["a", "id"]"#, "a / id"),
        ] {
            assert_eq!(form(key, fields), is, "{key} {fields}");
        }
    }
}
