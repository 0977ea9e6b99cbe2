//! What a caller said of a repository, before it is checked.

use std::time::Duration;

use super::index::Index;
use super::settings::{IdKind, Throughput, TtlHolds};
use crate::{FieldKind, Kind};

/// A definition as the builder or the JSON form gives it.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// Missing only where JSON had none, which is reported there.
    pub(super) name: Option<String>,
    pub(super) partition_key: Option<KeyField>,
    /// Whether JSON has one that is none, which is reported there: that it is missing would be a second mistake of the same
    /// cause.
    pub(super) partition_key_is_reported: bool,
    pub(super) sort_key: Option<KeyField>,
    pub(super) indexes: Vec<Index>,
    /// Those that JSON says in part, what is missing being reported there: names and fields are still checked.
    pub(super) partial_indexes: Vec<PartialIndex>,
    /// Fields or names of indexes that are to be read by.
    pub(super) read_indexes: Vec<(String, Option<Throughput>)>,
    /// Without a kind only where JSON had none that is one, which is reported there.
    pub(super) fields: Vec<(String, Option<FieldKind>)>,
    pub(super) id_kind: Option<IdKind>,
    pub(super) custom_id: bool,
    pub(super) version: Option<String>,
    pub(super) ttl: Option<(String, Duration)>,
    pub(super) ttl_holds: Option<TtlHolds>,
    /// The TTL field of a definition that does not enable it: an ordinary timestamp.
    pub(super) idle_ttl: Option<String>,
    pub(super) throughput: Option<Throughput>,
    /// Whether it was written by the library, which may use the names that it reserves.
    pub(super) stored: bool,
}

/// What could be read of an index.
#[derive(Debug, Clone)]
pub(super) struct PartialIndex {
    pub(super) name: Option<String>,
    pub(super) fields: Option<Vec<String>>,
}

/// A key field and what was said of its kind.
#[derive(Debug, Clone)]
pub(super) struct KeyField {
    pub(super) name: String,
    pub(super) kind: Option<KeyKind>,
}

/// The kind of a key field, or the letter of the type that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Kind(Kind),
    /// `S`: a string, unless `fields` or `idKind` names another kind that is kept as text.
    Text,
    /// `N`: a number, unless `fields` says `integer`.
    Numeric,
}

impl KeyKind {
    /// The kind if nothing else is said.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Kind(kind) => kind,
            Self::Text => Kind::String,
            Self::Numeric => Kind::Number,
        }
    }

    /// Whether `kind` does not contradict it.
    pub(super) fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Kind(own) => own == kind,
            Self::Text => matches!(kind, Kind::String | Kind::Timestamp | Kind::ObjectId),
            Self::Numeric => matches!(kind, Kind::Number | Kind::Integer),
        }
    }

    /// As the caller wrote it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Text => "S",
            Self::Numeric => "N",
        }
    }
}
