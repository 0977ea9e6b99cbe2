//! The primary key of a record.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::order::{compare, hash};
use crate::{Token, Value};

/// The primary key of a record: the value of the partition key, and of the sort key where the definition has one.
///
/// Keys are ordered: numbers exactly, strings by bytes, timestamps in time. `Debug` shows no value.
#[derive(Clone)]
pub struct Key {
    partition: Value,
    sort: Option<Value>,
}

impl Key {
    /// A key of scalars in the form in which records hold them.
    pub fn new(partition: Value, sort: Option<Value>) -> Self {
        Self { partition, sort }
    }

    /// The value of the partition key.
    pub fn partition(&self) -> &Value {
        &self.partition
    }

    /// The value of the sort key, if the definition has one.
    pub fn sort(&self) -> Option<&Value> {
        self.sort.as_ref()
    }

    fn sort_token(&self) -> Token<'_> {
        self.sort.as_ref().map_or(Token::Null, Value::token)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.partition.token(), other.partition.token())
            .then_with(|| compare(self.sort_token(), other.sort_token()))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(self.partition.token(), state);
        hash(self.sort_token(), state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("partition", &self.partition).field("sort", &self.sort).finish()
    }
}
