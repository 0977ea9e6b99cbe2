//! The union of what is stored and what is wanted.

use std::sync::Arc;

use super::{Reconciled, TtlChange, is_indexed};
use crate::FieldKind;
use crate::definition::check::MAX_INDEXES;
use crate::definition::index::{Index, hashed_name};
use crate::definition::kinds::{Declared, Kinds, report_paths_through_scalars, report_unique_texts};
use crate::definition::report::Report;
use crate::definition::rules::shown;
use crate::definition::{Definition, Parts};

/// What is to be added to `stored`, as far as the two go together.
pub(super) fn merge(stored: &Definition, wanted: &Definition, report: &mut Report) -> Reconciled {
    let mut merged = (*stored.0).clone();
    for declared in merged.kinds.values_mut() {
        *declared = Declared::from(declared.resolved());
    }
    let mut added = merge_indexes(&mut merged.indexes, wanted, report);
    let added_kinds = merge_kinds(&mut merged.kinds, stored, wanted);
    report_paths_through_scalars(&merged.kinds, report);
    report_unique_texts(&merged.kinds, &merged.indexes, report);
    let ttl_change = merge_ttl(&mut merged, wanted);
    added.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    merged.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    Reconciled {
        merged: Definition(Arc::new(merged)),
        added_indexes: added.indexes,
        added_reads: added.reads,
        added_kinds,
        kept: kept(stored, wanted),
        ttl_change,
    }
}

#[derive(Default)]
struct Added {
    indexes: Vec<Index>,
    reads: Vec<Index>,
}

fn merge_indexes(merged: &mut Vec<Index>, wanted: &Definition, report: &mut Report) -> Added {
    let mut added = Added::default();
    let mut new = Vec::new();
    for index in wanted.indexes() {
        match merged.iter_mut().find(|stored| stored.fields == index.fields) {
            None => new.push(index.clone()),
            Some(stored) if index.for_reading && !stored.for_reading => {
                stored.for_reading = true;
                stored.throughput = index.throughput;
                added.reads.push(stored.clone());
            }
            Some(_) => {}
        }
    }
    for mut index in new {
        if !has_free_name(&mut index, merged) {
            report.add(|| {
                format!("the name of index `{}` belongs to a stored index on other fields: choose another", index.name)
            });
        }
        merged.push(index.clone());
        added.indexes.push(index);
    }
    if merged.len() > MAX_INDEXES {
        report.add(|| {
            format!(
                "the stored and the new indexes are {} together, more than {MAX_INDEXES}: remove stored ones first",
                merged.len()
            )
        });
    }
    added
}

/// Whether no index of `others` has the name; a generated one that is taken becomes the other generated one.
fn has_free_name(index: &mut Index, others: &[Index]) -> bool {
    let is_free = |name: &str| !others.iter().any(|other| other.name.eq_ignore_ascii_case(name));
    if !is_free(&index.name) && index.name == index.fields.join("_") {
        index.name = hashed_name(&index.fields);
    }
    is_free(&index.name)
}

fn merge_kinds(merged: &mut Kinds, stored: &Definition, wanted: &Definition) -> Vec<(String, FieldKind)> {
    let mut added = Vec::new();
    for (path, declared) in &wanted.0.kinds {
        let mut field = declared.resolved();
        if let Some(old) = stored.field(path) {
            if declared.agrees_with(old.kind) {
                field.kind = old.kind;
            }
            field.foreign_text |= old.foreign_text;
            if is_indexed(stored, path) || !is_indexed(wanted, path) {
                field.empty_is_missing = old.empty_is_missing;
            }
            if field == old {
                continue;
            }
        }
        merged.insert(path.clone(), Declared::from(field));
        added.push((path.clone(), field));
    }
    added
}

fn merge_ttl(merged: &mut Parts, wanted: &Definition) -> Option<TtlChange> {
    let (ttl, wanted) = (merged.ttl.as_mut()?, wanted.ttl()?);
    let change = TtlChange { from_seconds: ttl.seconds, to_seconds: wanted.seconds };
    ttl.seconds = wanted.seconds;
    (change.from_seconds != change.to_seconds).then_some(change)
}

/// Warnings for what is stored and not wanted.
fn kept(stored: &Definition, wanted: &Definition) -> Vec<String> {
    let is_wanted = |index: &Index| wanted.indexes().any(|other| other.fields == index.fields);
    let indexes: Vec<_> = stored.indexes().filter(|index| !is_wanted(index)).collect();
    let of_index = |path: &str| indexes.iter().any(|index| index.fields().any(|field| field == path));
    let fields = stored.fields().filter(|(path, _)| wanted.field(path).is_none() && !of_index(path));
    let index_warnings = indexes.iter().map(|index| {
        format!("index `{}` is stored and not in the definition: it stays, until it is removed by its name", index.name)
    });
    let field_warnings = fields.map(|(path, field)| {
        format!(
            "field `{}` is stored as `{}` and not in the definition: it stays so, and is enforced",
            shown(path),
            field.kind
        )
    });
    index_warnings.chain(field_warnings).collect()
}
