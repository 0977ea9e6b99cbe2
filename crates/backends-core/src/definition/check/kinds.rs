//! What each declared field of a definition holds.

use std::collections::BTreeSet;

use crate::definition::draft::{Draft, KeyKind};
use crate::definition::index::Index;
use crate::definition::kinds::{
    Declared, Kinds, Leaves, key_kind_mistake, report_paths_through_scalars, report_unique_texts,
};
use crate::definition::report::Report;
use crate::definition::rules::{path_mistake, shown};
use crate::definition::settings::IdKind;
use crate::{FieldKind, Kind};

impl Draft {
    /// Every declared place, and the kind of ids.
    pub(super) fn kinds(&self, key: &[String], indexes: &[Index], report: &mut Report) -> (Kinds, IdKind) {
        let mut kinds = self.declared_fields(report);
        let given = [&self.partition_key, &self.sort_key].map(|field| field.as_ref().and_then(|field| field.kind));
        for (field, kind) in key.iter().zip(given) {
            self.add_key_field(&mut kinds, field, kind, report);
        }
        let partial = self.partial_indexes.iter().filter_map(|index| index.fields.as_ref()).flatten();
        let in_indexes = indexes.iter().flat_map(|index| &index.fields).chain(partial);
        // That a path is none of them is told already.
        let in_indexes: BTreeSet<&String> = in_indexes.filter(|field| !field.contains('.')).collect();
        for field in &in_indexes {
            add_key_kind(&mut kinds, field, None, report);
        }
        // That the first two are neither key nor id is checked elsewhere.
        let is_free = |field: &&String| !key.contains(field) && *field != self.id_field();
        if let Some(field) = self.version.as_ref().filter(is_free) {
            add_key_kind(&mut kinds, field, Some(KeyKind::Kind(Kind::Integer)), report);
        }
        let ttl_field = self.ttl.as_ref().map(|(field, _)| field).filter(is_free);
        for field in ttl_field.into_iter().chain(&self.idle_ttl) {
            add_key_kind(&mut kinds, field, Some(KeyKind::Kind(Kind::Timestamp)), report);
        }
        let id_kind = self.settle_id_kind(&mut kinds, report);
        for (path, declared) in &kinds {
            check_options(path, declared.resolved(), key.contains(path), in_indexes.contains(path), report);
        }
        report_unique_texts(&kinds, indexes, report);
        report_paths_through_scalars(&kinds, report);
        (kinds, id_kind)
    }

    fn declared_fields(&self, report: &mut Report) -> Kinds {
        let mut kinds = Kinds::new();
        for (path, field) in &self.fields {
            if let Some(mistake) = path_mistake(path, self.custom_id) {
                report.add(|| format!("the declared field `{}` {mistake}", shown(path)));
            }
            let Some(field) = field else { continue };
            let declared = Declared::from(*field);
            match kinds.insert(path.clone(), declared) {
                Some(other) if other != declared => {
                    report.add(|| format!("field `{}` is declared in two ways: leave one", shown(path)));
                }
                _ => {}
            }
        }
        kinds
    }

    fn add_key_field(&self, kinds: &mut Kinds, field: &str, kind: Option<KeyKind>, report: &mut Report) {
        if field != self.id_field() {
            return add_key_kind(kinds, field, kind, report);
        }
        match kind {
            // An id is text whatever its kind.
            None | Some(KeyKind::Text) => {}
            Some(KeyKind::Numeric) => report.add(|| id_mistake(field)),
            Some(KeyKind::Kind(_)) => add_key_kind(kinds, field, kind, report),
        }
    }

    /// The kind of ids: as `idKind` says, else as the id is declared, else the default.
    fn settle_id_kind(&self, kinds: &mut Kinds, report: &mut Report) -> IdKind {
        let field = self.id_field();
        let declared = kinds.entry(field.to_owned()).or_insert(Declared::OPEN);
        let said = declared.kind.map(|kind| (kind, IdKind::from_kind(kind)));
        match (said, self.id_kind) {
            (Some((_, None)), _) => report.add(|| id_mistake(field)),
            (Some((kind, Some(own))), Some(id_kind)) if own != id_kind => report.add(|| {
                format!("`{field}` is declared `{kind}` and `idKind` is `{}`: leave one of them out", id_kind.name())
            }),
            _ => {}
        }
        let id_kind = self.id_kind.or(said.and_then(|(_, own)| own)).unwrap_or_default();
        *declared = Declared { kind: Some(id_kind.kind()), leaves: Leaves::None, ..*declared };
        id_kind
    }
}

fn id_mistake(field: &str) -> String {
    format!("`{field}` is the library's id, an `objectId` or a `string`: use `customId` for a field `id` of your own")
}

/// Adds what a role says of a field to what is declared.
fn add_key_kind(kinds: &mut Kinds, field: &str, wanted: Option<KeyKind>, report: &mut Report) {
    let declared = kinds.entry(field.to_owned()).or_insert(Declared::OPEN);
    let shown = shown(field);
    match (declared.kind, wanted) {
        (None, Some(wanted)) => {
            declared.kind = Some(wanted.kind());
            declared.leaves = if wanted == KeyKind::Numeric { Leaves::Numbers } else { Leaves::None };
        }
        (Some(kind), Some(wanted)) if !wanted.allows(kind) => {
            report.add(|| format!("field `{shown}` is declared `{kind}` and has to be `{}`: leave one", wanted.name()));
        }
        _ => {}
    }
    if let Some(mistake) = declared.kind.and_then(key_kind_mistake) {
        report.add(|| format!("field `{shown}`: {mistake}"));
    }
}

/// Checks that `emptyIsMissing` and `foreignText` stand where they mean something.
fn check_options(path: &str, field: FieldKind, is_key: bool, is_indexed: bool, report: &mut Report) {
    let shown = shown(path);
    if field.empty_is_missing && is_key {
        report.add(|| format!("`emptyIsMissing` on `{shown}`: a key field is never missing, leave it off"));
    } else if field.empty_is_missing && !(is_indexed && field.kind == Kind::String) {
        report.add(|| format!("`emptyIsMissing` on `{shown}` is for index fields of the kind `string`: leave it off"));
    }
    if field.foreign_text && field.kind != Kind::Timestamp {
        report.add(|| format!("`foreignText` on `{shown}` is for fields of the kind `timestamp`: leave it off"));
    } else if field.foreign_text && is_key {
        report.add(|| format!("`foreignText` on `{shown}`: a key is compared as it is stored, leave it off"));
    }
}
