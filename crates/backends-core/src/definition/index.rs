//! An index: which fields, unique or not, ordered or not, and its name.

use super::rules;
use super::settings::Throughput;

/// An index over one to four top-level fields.
///
/// Without [`named`](Self::named) the name is the fields joined by `_`, where that is a valid name that no other index
/// has, else `ix_` and a hash of the fields that is the same in every version and on every platform.
///
/// ```
/// use backends_core::Index;
///
/// assert_eq!(Index::unique(["tenant", "email"]).name(), "tenant_email");
/// assert_eq!(Index::on(["role"]).ordered().named("by_role").name(), "by_role");
/// assert_eq!(Index::on(["ü"]).name(), "ix_5fbf001c1dd5854f");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent fact, and any combination has a meaning")]
pub struct Index {
    pub(super) name: String,
    /// Whether the caller gave the name; of no meaning once the definition is built.
    pub(super) named: bool,
    pub(super) fields: Vec<String>,
    pub(super) unique: bool,
    pub(super) ordered: bool,
    pub(super) for_reading: bool,
    pub(super) throughput: Option<Throughput>,
}

impl Index {
    /// Fields of one index, at most.
    pub const MAX_FIELDS: usize = 4;

    /// An index that also keeps two records from having the same values; a record without one of the fields is exempt.
    #[doc(alias = "NewUniqueIndex")]
    pub fn unique<S: Into<String>>(fields: impl IntoIterator<Item = S>) -> Self {
        Self { unique: true, for_reading: false, ..Self::on(fields) }
    }

    /// An index that only serves reading.
    #[doc(alias = "NewNonUniqueIndex")]
    pub fn on<S: Into<String>>(fields: impl IntoIterator<Item = S>) -> Self {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        let name = joined_name(&fields).unwrap_or_else(|| hashed_name(&fields));
        Self { name, named: false, fields, unique: false, ordered: false, for_reading: true, throughput: None }
    }

    /// The same index, which also serves a sort that no filter narrows, missing values included.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// The same index with a name of the caller's.
    #[doc(alias = "NewIndex")]
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self.named = true;
        self
    }

    /// The same index, which serves reading also where a unique one would only guard.
    ///
    /// # Backends
    /// DynamoDB keeps a secondary index for it besides the guards. The others read by every index anyway.
    #[doc(alias = "GSI")]
    #[must_use]
    pub fn for_reading(mut self) -> Self {
        self.for_reading = true;
        self
    }

    /// The name that errors and plans show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields, the most significant first.
    #[doc(alias = "GetFields")]
    pub fn fields(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.fields.iter().map(String::as_str)
    }

    /// Whether it keeps two records from having the same values.
    #[doc(alias = "Unique")]
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// Whether it serves a sort that no filter narrows.
    pub fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// Whether it is kept to be read by: always if it is not unique, else where [`for_reading`](Self::for_reading) or
    /// `GSI` says so.
    pub fn is_for_reading(&self) -> bool {
        self.for_reading
    }

    /// The capacity reserved for it, if any.
    #[doc(alias = "GetGSI")]
    pub fn throughput(&self) -> Option<Throughput> {
        self.throughput
    }

    /// Whether two indexes on the same fields are one.
    pub(super) fn means(&self, other: &Self) -> bool {
        (self.unique, self.ordered, &self.name) == (other.unique, other.ordered, &other.name)
    }
}

/// The fields joined by `_`, if that is a name that an index may be given.
fn joined_name(fields: &[String]) -> Option<String> {
    let name = fields.join("_");
    rules::given_name_mistake(&name).is_none().then_some(name)
}

/// `ix_` and the FNV-1a hash of the fields, each ended by U+001F, which no field name holds.
///
/// It is stored: never change it.
pub(super) fn hashed_name(fields: &[String]) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = fields.iter().flat_map(|field| field.bytes().chain([0x1f]));
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{}{hash:016x}", rules::GENERATED_PREFIX)
}
