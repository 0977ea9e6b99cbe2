//! The normal form as text, which every backend keeps and a second process is compared with.

use serde_json::{Map, Value, json};

use super::json::parse_stored;
use super::{Definition, Throughput};
use crate::{Error, FieldKind, Result};

/// The format that this version writes.
const FORMAT: u64 = 1;

impl Definition {
    /// The definition as canonical JSON: sorted keys, every default and generated name written out.
    ///
    /// Equal definitions with the same capacities give the same text.
    ///
    /// ```
    /// use backends_core::Definition;
    ///
    /// # fn main() -> backends_core::Result<()> {
    /// let users = Definition::from_json(r#"{"name": "users", "indexes": ["email"]}"#)?;
    /// assert_eq!(Definition::from_stored(&users.to_json())?, users);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_json(&self) -> String {
        let parts = &*self.0;
        let read_indexes = parts.indexes.iter().filter(|index| index.for_reading).map(|index| {
            let throughput = index.throughput.map_or_else(|| json!({}), capacities);
            (index.name.clone(), throughput)
        });
        let indexes: Vec<_> = parts
            .indexes
            .iter()
            .map(|index| {
                json!({"fields": index.fields, "name": index.name, "ordered": index.ordered, "unique": index.unique})
            })
            .collect();
        let fields = self.fields().map(|(path, field)| (path.to_owned(), field_json(field)));
        let ttl = parts.ttl.as_ref();
        // The keys stand in byte order: whether a `Map` sorts them is not for this crate to decide.
        json!({
            "GSI": read_indexes.collect::<Map<_, _>>(),
            "customId": self.custom_id(),
            "enableTtl": ttl.is_some(),
            "fields": fields.collect::<Map<_, _>>(),
            "formatVersion": FORMAT,
            "hashKey": self.partition_key(),
            "idKind": parts.id_kind.name(),
            "indexes": indexes,
            "name": parts.name,
            "rangeKey": self.sort_key(),
            "readCapacity": parts.throughput.map(|units| units.read),
            "ttl": ttl.map(|ttl| ttl.seconds),
            "ttlAttribute": ttl.map(|ttl| &ttl.field),
            "ttlHolds": ttl.map(|ttl| ttl.holds.name()),
            "version": parts.version,
            "writeCapacity": parts.throughput.map(|units| units.write),
        })
        .to_string()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`Unreadable`](crate::ErrorKind::Unreadable) if this version did not write it.
    pub fn from_stored(text: &str) -> Result<Self> {
        parse_stored(text, FORMAT).map_err(|error| {
            Error::unreadable(format!(
                "the stored definition cannot be read: {}: use the version of the library that wrote it, or a newer one",
                error.message()
            ))
        })
    }
}

fn capacities(units: Throughput) -> Value {
    json!({"readCapacity": units.read, "writeCapacity": units.write})
}

fn field_json(field: FieldKind) -> Value {
    json!({
        "emptyIsMissing": field.empty_is_missing,
        "foreignText": field.foreign_text,
        "kind": field.kind.name(),
    })
}
