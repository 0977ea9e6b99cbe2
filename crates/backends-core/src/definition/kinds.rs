//! The declared places of a definition and what they hold.

use std::collections::BTreeMap;

use super::index::Index;
use super::report::Report;
use super::rules::{containers, shown};
use crate::{FieldKind, Kind};

/// What a definition says of one path. The kind of a key or index field may be left open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    pub(super) kind: Option<Kind>,
    pub(super) leaves: Leaves,
    pub(super) empty_is_missing: bool,
    pub(super) foreign_text: bool,
}

/// Which other kinds a definition leaves to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    None,
    /// `N`: a number of either kind.
    Numbers,
    /// Left open: any that the type of the records, if it says one, can be read from.
    All,
}

impl Declared {
    pub(super) const OPEN: Self =
        Self { kind: None, leaves: Leaves::All, empty_is_missing: false, foreign_text: false };

    /// What holds if nothing more is said.
    pub(super) fn resolved(self) -> FieldKind {
        FieldKind {
            kind: self.kind.unwrap_or(Kind::String),
            empty_is_missing: self.empty_is_missing,
            foreign_text: self.foreign_text,
        }
    }

    /// Whether it agrees with a place where this kind is stored.
    pub(super) fn agrees_with(self, stored: Kind) -> bool {
        match (self.leaves, self.kind) {
            (Leaves::None, _) => self.resolved().kind == stored,
            (Leaves::Numbers, _) => matches!(stored, Kind::Number | Kind::Integer),
            (Leaves::All, Some(of_type)) => reads(stored, of_type),
            (Leaves::All, None) => stored.is_key_kind(),
        }
    }
}

impl PartialEq for Declared {
    fn eq(&self, other: &Self) -> bool {
        self.resolved() == other.resolved()
    }
}

impl From<FieldKind> for Declared {
    fn from(field: FieldKind) -> Self {
        Self {
            kind: Some(field.kind),
            leaves: Leaves::None,
            empty_is_missing: field.empty_is_missing,
            foreign_text: field.foreign_text,
        }
    }
}

impl From<Kind> for Declared {
    fn from(kind: Kind) -> Self {
        FieldKind::from(kind).into()
    }
}

/// Declared places by path, in byte order.
pub(super) type Kinds = BTreeMap<String, Declared>;

/// Reports instants that may stand as text in unique indexes: databases that compare them as text, and those that keep
/// dates, would not find the same ones equal.
pub(super) fn report_unique_texts(kinds: &Kinds, indexes: &[Index], report: &mut Report) {
    let is_unique = |path: &String| indexes.iter().any(|index| index.unique && index.fields.contains(path));
    for (path, _) in kinds.iter().filter(|(path, declared)| declared.foreign_text && is_unique(path)) {
        report.add(|| {
            format!(
                "`foreignText` on `{}`: a unique index compares what is stored, leave it off, or the index out",
                shown(path)
            )
        });
    }
}

/// Reports each path that leads through a field that is declared to be a scalar.
pub(super) fn report_paths_through_scalars(kinds: &Kinds, report: &mut Report) {
    for path in kinds.keys() {
        for container in containers(path).into_iter().filter(|container| kinds.contains_key(*container)) {
            report.add(|| {
                format!(
                    "field `{}` lies inside `{}`, which is declared too: declare one of them",
                    shown(path),
                    shown(container)
                )
            });
        }
    }
}

/// Whether a field that is declared `declared` can be a `kind` in the type of the records.
pub(super) fn reads(declared: Kind, kind: Kind) -> bool {
    match (declared, kind) {
        // The last two are offered as text to a type that asks for text.
        (Kind::Number, Kind::Integer) | (Kind::Timestamp | Kind::ObjectId, Kind::String) => true,
        _ => declared == kind,
    }
}

/// What is wrong with a kind for a key or index field, if anything.
pub(super) fn key_kind_mistake(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Bool => Some("`bool` cannot be a key or index field: store a word as `string`, or 0 and 1 as `integer`"),
        Kind::Bytes => Some("`bytes` cannot be a key or index field: store them as text and declare `string`"),
        _ => None,
    }
}
