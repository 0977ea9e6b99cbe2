//! Definitions written in Rust.

use std::time::Duration;

use super::Definition;
use super::draft::{Draft, KeyField, KeyKind};
use super::index::Index;
use super::report::Report;
use super::settings::{IdKind, Throughput, TtlHolds};
use crate::{ErrorKind, FieldKind, Kind, Result};

/// Builds a [`Definition`]; everything is checked by [`build`](Self::build).
///
/// ```
/// use std::time::Duration;
/// use backends_core::{Definition, FieldKind, IdKind, Index, Kind};
///
/// # fn main() -> backends_core::Result<()> {
/// let orders = Definition::builder("orders")
///     .partition_key("customer")
///     .sort_key_of("number", Kind::Integer)
///     .index(Index::unique(["invoice"]))
///     .index(Index::on(["state", "placedAt"]).ordered())
///     .field("placedAt", Kind::Timestamp)
///     .field("events[].at", Kind::Timestamp)
///     .field("invoice", FieldKind::new(Kind::String).empty_is_missing())
///     .id_kind(IdKind::String)
///     .version("revision")
///     .ttl("createdAt", Duration::from_secs(86_400))
///     .build()?;
/// assert_eq!(orders.key_fields().collect::<Vec<_>>(), ["customer", "number"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a definition is checked and made by `build`"]
pub struct DefinitionBuilder(Draft);

impl DefinitionBuilder {
    pub(super) fn new(name: String) -> Self {
        Self(Draft { name: Some(name), ..Draft::default() })
    }

    /// The field that records are found by; its kind is that of the record's type, or `string`.
    #[doc(alias = "hashKey")]
    pub fn partition_key(mut self, field: impl Into<String>) -> Self {
        self.0.partition_key = Some(KeyField { name: field.into(), kind: None });
        self
    }

    /// The field that records are found by, and its kind.
    #[doc(alias = "hashKeyType")]
    pub fn partition_key_of(mut self, field: impl Into<String>, kind: Kind) -> Self {
        self.0.partition_key = Some(KeyField { name: field.into(), kind: Some(KeyKind::Kind(kind)) });
        self
    }

    /// The second field of the key, which orders the records of one partition key.
    #[doc(alias = "rangeKey")]
    pub fn sort_key(mut self, field: impl Into<String>) -> Self {
        self.0.sort_key = Some(KeyField { name: field.into(), kind: None });
        self
    }

    /// The second field of the key, and its kind.
    #[doc(alias = "rangeKeyType")]
    pub fn sort_key_of(mut self, field: impl Into<String>, kind: Kind) -> Self {
        self.0.sort_key = Some(KeyField { name: field.into(), kind: Some(KeyKind::Kind(kind)) });
        self
    }

    /// Adds an index. One on exactly the primary key is the primary key, unless it is ordered.
    pub fn index(mut self, index: Index) -> Self {
        self.0.indexes.push(index);
        self
    }

    /// Declares what the place at `path` holds: `address.city` in a map, `events[].at` in the elements of an array.
    pub fn field(mut self, path: impl Into<String>, kind: impl Into<FieldKind>) -> Self {
        self.0.fields.push((path.into(), Some(kind.into())));
        self
    }

    /// What ids are; `objectId` unless said.
    #[doc(alias = "idKind")]
    pub fn id_kind(mut self, kind: IdKind) -> Self {
        self.0.id_kind = Some(kind);
        self
    }

    /// Whether the library's id is named `_id`, which leaves `id` an ordinary field.
    #[doc(alias = "customId")]
    pub fn custom_id(mut self, custom: bool) -> Self {
        self.0.custom_id = custom;
        self
    }

    /// The integer field in which the library counts the writes of a record: 1 after an insert, and one more by every
    /// write.
    ///
    /// `replace` and `upsert` compare the version in the record with the stored one, other writes where `expect_version`
    /// says so; a stale one is a `Conflict`.
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Registry, Repository, Update, Value, memory};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// let definition = Definition::builder("pages").partition_key("name").version("revision").build()?;
    /// let pages: Repository = backend.define(definition).await?;
    /// let page = pages.insert(&Document::from([("name", "start")])).await?;
    /// assert_eq!(page.get("revision"), Some(&Value::Int(1)));
    ///
    /// pages.update("start", Update::new().set("text", "Hello")).expect_version(1).await?;
    /// assert!(pages.replace(&page).await.unwrap_err().is_conflict());
    /// # Ok(())
    /// # }
    /// ```
    pub fn version(mut self, field: impl Into<String>) -> Self {
        self.0.version = Some(field.into());
        self
    }

    /// Lets records expire `after` the timestamp in `field`, in whole seconds.
    #[doc(alias = "enableTtl")]
    #[doc(alias = "ttlAttribute")]
    pub fn ttl(mut self, field: impl Into<String>, after: Duration) -> Self {
        self.0.ttl = Some((field.into(), after));
        self
    }

    /// What the TTL field holds; the start unless said.
    #[doc(alias = "ttlHolds")]
    pub fn ttl_holds(mut self, holds: TtlHolds) -> Self {
        self.0.ttl_holds = Some(holds);
        self
    }

    /// The capacity reserved for the repository.
    #[doc(alias = "readCapacity")]
    #[doc(alias = "writeCapacity")]
    pub fn throughput(mut self, throughput: Throughput) -> Self {
        self.0.throughput = Some(throughput);
        self
    }

    /// The capacity reserved for reading by an index, named by its only field or by its name.
    ///
    /// A field that is no index becomes one that is not unique.
    #[doc(alias = "GSI")]
    pub fn index_throughput(mut self, field_or_index: impl Into<String>, throughput: Throughput) -> Self {
        self.0.read_indexes.push((field_or_index.into(), Some(throughput)));
        self
    }

    /// The definition.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with every mistake at once.
    pub fn build(self) -> Result<Definition> {
        let mut report = Report::new(ErrorKind::InvalidInput);
        if self.0.ttl.is_none() && self.0.ttl_holds.is_some() {
            report.add(|| "`ttl_holds` is given without `ttl`: add `.ttl(field, duration)`");
        }
        self.0.build(report)
    }
}
