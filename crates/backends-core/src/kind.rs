//! What a declared field holds.

use std::fmt;

/// What a key, index or declared field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Text; the default of keys and index fields.
    String,
    /// An integer or a float.
    Number,
    /// An integer of 64 bits.
    Integer,
    /// An instant, UTC, to the millisecond.
    Timestamp,
    /// 24 lower-case hexadecimal digits, an `ObjectId` where the database has one.
    ObjectId,
    /// True or false; not for keys and indexes.
    Bool,
    /// Bytes; not for keys and indexes.
    Bytes,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::String, Self::Number, Self::Integer, Self::Timestamp, Self::ObjectId, Self::Bool, Self::Bytes];

    /// The name that definitions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Timestamp => "timestamp",
            Self::ObjectId => "objectId",
            Self::Bool => "bool",
            Self::Bytes => "bytes",
        }
    }

    /// The kind of this name, as definitions write it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether a key or an index may hold it.
    pub fn is_key_kind(self) -> bool {
        !matches!(self, Self::Bool | Self::Bytes)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The kind of a declared field, and how values of other programs are taken there.
///
/// ```
/// use backends_core::{FieldKind, Kind};
///
/// let nickname = FieldKind::new(Kind::String).empty_is_missing();
/// assert!(nickname.empty_is_missing && !nickname.foreign_text);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldKind {
    /// What the field holds.
    pub kind: Kind,
    /// Whether `""` counts as missing; for index fields of the kind `string`.
    pub empty_is_missing: bool,
    /// Whether text that another program stored is compared as an instant; for the kind `timestamp`.
    pub foreign_text: bool,
}

impl From<Kind> for FieldKind {
    fn from(kind: Kind) -> Self {
        Self { kind, empty_is_missing: false, foreign_text: false }
    }
}

impl FieldKind {
    /// A field of this kind.
    pub fn new(kind: Kind) -> Self {
        kind.into()
    }

    /// The same, with `""` counted as missing; for index fields of the kind `string`.
    #[must_use]
    pub fn empty_is_missing(mut self) -> Self {
        self.empty_is_missing = true;
        self
    }

    /// The same, with the text of other programs compared as instants; for the kind `timestamp`.
    #[must_use]
    pub fn foreign_text(mut self) -> Self {
        self.foreign_text = true;
        self
    }
}
