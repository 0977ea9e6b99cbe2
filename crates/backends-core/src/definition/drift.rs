//! What is stored and what is wanted: every difference, or what there is to add.

mod merge;

use super::index::Index;
use super::kinds::Leaves;
use super::report::Report;
use super::rules::shown;
use super::{Definition, Ttl};
use crate::{ErrorKind, FieldKind, Result};

/// What a definition adds to the stored one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reconciled {
    /// What holds from now on: everything that is stored, and everything that is added.
    pub merged: Definition,
    /// Indexes to create, by name.
    pub added_indexes: Vec<Index>,
    /// Unique indexes that are stored to guard, and are to be read by as well, by name.
    pub added_reads: Vec<Index>,
    /// Kinds that the stored records have to be checked against, by path.
    pub added_kinds: Vec<(String, FieldKind)>,
    /// Warnings: each names an index or a kind that is stored, not wanted, and stays.
    pub kept: Vec<String>,
    /// The time to live, if it changes.
    pub ttl_change: Option<TtlChange>,
}

impl Reconciled {
    /// What a definition adds where none is stored, for drivers that look at what other programs made before they say
    /// that it was never defined.
    pub fn created(definition: &Definition) -> Self {
        Self {
            merged: definition.clone(),
            added_indexes: definition.indexes().cloned().collect(),
            added_reads: Vec::new(),
            added_kinds: Vec::new(),
            kept: Vec::new(),
            ttl_change: None,
        }
    }

    /// Whether nothing has to be done.
    pub fn is_unchanged(&self) -> bool {
        self.added_indexes.is_empty()
            && self.added_reads.is_empty()
            && self.added_kinds.is_empty()
            && self.ttl_change.is_none()
    }
}

/// A time to live that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlChange {
    /// The stored one, in seconds.
    pub from_seconds: u32,
    /// The wanted one, in seconds.
    pub to_seconds: u32,
}

/// Compares the stored definition of a repository with the one that is wanted.
///
/// Indexes and kinds may be added, and a changed time to live is applied. What is stored and not wanted stays, with a
/// warning. A stored index keeps its name. A kind that is left open is the stored one. Capacities are not compared.
///
/// ```
/// use backends_core::{Definition, Index, reconcile};
///
/// # fn main() -> backends_core::Result<()> {
/// let stored = Definition::builder("users").index(Index::unique(["email"])).build()?;
/// let wanted = Definition::builder("users").index(Index::on(["role"])).build()?;
/// let reconciled = reconcile(&stored, &wanted)?;
/// assert_eq!(reconciled.added_indexes[0].name(), "role");
/// assert_eq!(reconciled.merged.indexes().len(), 2);
/// assert!(reconciled.kept[0].contains("email"));
///
/// let changed = Definition::builder("users").index(Index::on(["email"])).build()?;
/// assert!(reconcile(&stored, &changed).unwrap_err().is_definition_conflict());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`DefinitionConflict`](ErrorKind::DefinitionConflict) that lists every difference: key fields and kinds, id kind,
/// `customId`, version field, TTL field and what it holds, an index on the same fields that is unique or ordered in
/// one of them only, and another kind of any declared field.
pub fn reconcile(stored: &Definition, wanted: &Definition) -> Result<Reconciled> {
    let mut report = Report::new(ErrorKind::DefinitionConflict);
    compare_settings(stored, wanted, &mut report);
    compare_indexes(stored, wanted, &mut report);
    compare_kinds(stored, wanted, &mut report);
    let reconciled = merge::merge(stored, wanted, &mut report);
    report.into_result().map_err(|error| error.with_repository(stored.name()))?;
    Ok(Reconciled { merged: reconciled.merged.within_limits()?, ..reconciled })
}

fn compare_settings(stored: &Definition, wanted: &Definition, report: &mut Report) {
    let settings: [(&str, String, String); 8] = [
        ("name", quoted(stored.name()), quoted(wanted.name())),
        ("partition key", quoted(stored.partition_key()), quoted(wanted.partition_key())),
        ("sort key", or_none(stored.sort_key()), or_none(wanted.sort_key())),
        ("`idKind`", quoted(stored.id_kind().name()), quoted(wanted.id_kind().name())),
        ("`customId`", stored.custom_id().to_string(), wanted.custom_id().to_string()),
        ("version field", or_none(stored.version()), or_none(wanted.version())),
        ("TTL field", or_none(stored.ttl().map(Ttl::field)), or_none(wanted.ttl().map(Ttl::field))),
        ("`ttlHolds`", holds(stored, wanted), holds(wanted, stored)),
    ];
    for (what, is, shall) in settings {
        if is != shall {
            report.add(|| {
                format!("the {what} is {is} in what is stored and {shall} in the definition: keep what is stored")
            });
        }
    }
}

/// What the TTL field of `one` holds, where both have one.
fn holds(one: &Definition, other: &Definition) -> String {
    let holds = one.ttl().filter(|_| other.ttl().is_some()).map(|ttl| ttl.holds().name());
    or_none(holds)
}

fn compare_indexes(stored: &Definition, wanted: &Definition, report: &mut Report) {
    let not = |is: bool| if is { "" } else { "not " };
    for index in wanted.indexes() {
        let Some(other) = stored.indexes().find(|other| other.fields == index.fields) else { continue };
        let fields = index.fields().map(quoted).collect::<Vec<_>>().join(", ");
        for (what, is, shall) in [("unique", other.unique, index.unique), ("ordered", other.ordered, index.ordered)] {
            if is != shall {
                report.add(|| {
                    format!(
                        "index `{}` on {fields} is {}{what} in what is stored and {}{what} in the definition: \
                         keep what is stored, or remove the index first",
                        other.name,
                        not(is),
                        not(shall)
                    )
                });
            }
        }
    }
}

fn compare_kinds(stored: &Definition, wanted: &Definition, report: &mut Report) {
    for (path, declared) in wanted.0.kinds.iter().filter(|(path, _)| *path != wanted.id_field()) {
        let Some(other) = stored.field(path).filter(|_| path != stored.id_field()) else { continue };
        let path_text = shown(path);
        let field = declared.resolved();
        if !declared.agrees_with(other.kind) {
            let place = if declared.leaves == Leaves::All { "the type of the records" } else { "the definition" };
            report.add(|| {
                format!(
                    "field `{path_text}` is `{}` in what is stored and `{}` in {place}: keep what is stored",
                    other.kind, field.kind
                )
            });
        } else if other.empty_is_missing != field.empty_is_missing
            && is_indexed(stored, path)
            && is_indexed(wanted, path)
        {
            report
                .add(|| format!("`emptyIsMissing` of `{path_text}` is another in what is stored: keep what is stored"));
        }
    }
}

fn is_indexed(definition: &Definition, path: &str) -> bool {
    definition.indexes().any(|index| index.fields().any(|field| field == path))
}

fn quoted(name: &str) -> String {
    format!("`{}`", shown(name))
}

fn or_none(name: Option<&str>) -> String {
    name.map_or_else(|| "none".to_owned(), quoted)
}
