//! What a repository is: its key, indexes, kinds, time to live and versions, checked and in one normal form.

mod builder;
mod check;
mod draft;
mod drift;
mod index;
mod json;
mod kinds;
mod report;
mod rules;
mod settings;
mod stored;
mod typed;

use std::sync::Arc;

pub use builder::DefinitionBuilder;
pub use drift::{Reconciled, TtlChange, reconcile};
pub use index::Index;
pub(crate) use rules::{PRIMARY, path_mistake, shown};
pub use settings::{IdKind, Throughput, Ttl, TtlHolds};

use crate::{FieldKind, Kind};
use kinds::Kinds;

/// The name of the library's id with `customId`.
pub(crate) const CUSTOM_ID: &str = "_id";

/// What a repository is: its name, key, indexes, declared fields, time to live and version field.
///
/// Immutable, and cheap to clone. Two definitions are equal if they mean the same, whichever way they were written; a
/// kind that was left open counts as its default.
///
/// ```
/// use backends_core::{Definition, Index, Kind};
///
/// # fn main() -> backends_core::Result<()> {
/// let users = Definition::builder("users").index(Index::unique(["email"])).index(Index::on(["role"])).build()?;
/// assert_eq!(users, Definition::from_json(r#"{"name": "users", "indexes": ["email", {"fields": ["role"], "unique": false}]}"#)?);
/// assert_eq!(users.kind_of("email"), Some(Kind::String));
///
/// let error = Definition::builder("u").sort_key("at").build().unwrap_err();
/// assert_eq!(error.mistakes().len(), 2);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "RepositoryDefinition")]
#[derive(Debug, Clone, PartialEq)]
pub struct Definition(Arc<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    name: String,
    /// The partition key, and the sort key if there is one.
    key: Vec<String>,
    id_field: &'static str,
    id_kind: IdKind,
    /// By name.
    indexes: Vec<Index>,
    kinds: Kinds,
    version: Option<String>,
    ttl: Option<Ttl>,
    throughput: Option<Throughput>,
}

impl Definition {
    /// Starts the definition of the repository `name`.
    pub fn builder(name: impl Into<String>) -> DefinitionBuilder {
        DefinitionBuilder::new(name.into())
    }

    /// The name of the repository.
    #[doc(alias = "GetName")]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The field that records are found by; `id` unless the definition names another.
    #[doc(alias = "hashKey")]
    #[doc(alias = "GetHashKey")]
    pub fn partition_key(&self) -> &str {
        &self.0.key[0]
    }

    /// The second field of the key, if there is one.
    #[doc(alias = "rangeKey")]
    #[doc(alias = "GetRangeKey")]
    pub fn sort_key(&self) -> Option<&str> {
        self.0.key.get(1).map(String::as_str)
    }

    /// The fields of the primary key: the partition key, then the sort key if there is one.
    pub fn key_fields(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.key.iter().map(String::as_str)
    }

    /// The field that holds the library's id: `id`, or `_id` with `customId`.
    pub fn id_field(&self) -> &str {
        self.0.id_field
    }

    /// What ids are.
    pub fn id_kind(&self) -> IdKind {
        self.0.id_kind
    }

    /// Whether the library's id is named `_id`, and `id` is an ordinary field.
    #[doc(alias = "IsCustomID")]
    pub fn custom_id(&self) -> bool {
        self.0.id_field == CUSTOM_ID
    }

    /// Whether the library's id is the whole primary key.
    pub fn id_is_key(&self) -> bool {
        self.0.key == [self.0.id_field]
    }

    /// Whether a record may bring its id with it: where the id is the key or a unique index.
    pub fn accepts_own_id(&self) -> bool {
        self.id_is_key() || self.0.indexes.iter().any(|index| index.unique && index.fields == [self.0.id_field])
    }

    /// The indexes besides the primary key, by name.
    #[doc(alias = "GetIndexes")]
    pub fn indexes(&self) -> impl ExactSizeIterator<Item = &Index> + Clone {
        self.0.indexes.iter()
    }

    /// The same without the index of this name.
    pub(crate) fn without_index(&self, name: &str) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.indexes.retain(|index| index.name != name);
        Self(Arc::new(parts))
    }

    /// The index of this name, regardless of case.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.0.indexes.iter().find(|index| index.name.eq_ignore_ascii_case(name))
    }

    /// Every declared place with what it holds, by path: key, id, index, version, TTL and other declared fields.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, FieldKind)> + Clone {
        self.0.kinds.iter().map(|(path, declared)| (path.as_str(), declared.resolved()))
    }

    /// What the place at `path` is declared to hold, if it is declared.
    pub fn field(&self, path: &str) -> Option<FieldKind> {
        self.0.kinds.get(path).map(|declared| declared.resolved())
    }

    /// The kind of the place at `path`, if it is declared: a key or index field whose kind is left open is a `string`.
    #[doc(alias = "GetHashKeyType")]
    #[doc(alias = "GetRangeKeyType")]
    pub fn kind_of(&self, path: &str) -> Option<Kind> {
        self.field(path).map(|field| field.kind)
    }

    /// Whether `path` is a key or index field whose kind was left to the type of the records.
    pub fn is_open(&self, path: &str) -> bool {
        self.0.kinds.get(path).is_some_and(|declared| declared.kind.is_none())
    }

    /// How records expire, if they do.
    #[doc(alias = "EnableTTL")]
    #[doc(alias = "GetTTL")]
    #[doc(alias = "GetTTLAttribute")]
    pub fn ttl(&self) -> Option<&Ttl> {
        self.0.ttl.as_ref()
    }

    /// The field in which the library counts the writes of a record, if there is one.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The capacity reserved for the repository, if any.
    #[doc(alias = "readCapacity")]
    #[doc(alias = "writeCapacity")]
    #[doc(alias = "GetReadCapacity")]
    #[doc(alias = "GetWriteCapacity")]
    pub fn throughput(&self) -> Option<Throughput> {
        self.0.throughput
    }
}

#[cfg(test)]
mod tests;
