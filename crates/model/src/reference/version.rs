//! The versions of records: 1 when they are inserted, and 1 more with every write.

use backends::{Document, Value};

use super::Reference;
use crate::schema::VERSION;

impl Reference {
    /// The version of the record with a key; 0 if there is none.
    pub(crate) fn version(&self, key: Option<&[Value]>) -> i64 {
        key.and_then(|key| self.get(key)).map_or(0, brought)
    }

    /// The document that replaces what has this key: what it says of its version is how far it is from the stored one.
    pub(crate) fn with_version(&self, key: Option<&[Value]>, mut document: Document) -> Document {
        if self.schema.has_versions {
            let version = self.version(key) + brought(&document);
            document.insert(VERSION, version);
        }
        document
    }

    /// Whether a document may not take the place of what has this key, if something has.
    pub(crate) fn is_stale(&self, key: Option<&[Value]>, document: &Document) -> bool {
        self.schema.has_versions && brought(document) != self.version(key)
    }

    /// The record after one more write.
    pub(crate) fn counted(&self, mut record: Document, before: i64) -> Document {
        if self.schema.has_versions {
            record.insert(VERSION, before + 1);
        }
        record
    }
}

/// The version that a document brings.
pub(crate) fn brought(document: &Document) -> i64 {
    match document.get(VERSION) {
        Some(Value::Int(version)) => *version,
        _ => 0,
    }
}
