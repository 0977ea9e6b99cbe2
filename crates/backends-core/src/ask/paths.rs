//! The paths of a type, in the notation of definitions.

use super::{AskedField, AskedKind};
use crate::Kind;
use crate::encode::check_name;

/// The kind of each scalar; in arrays and enums, of which one path is several values or none, only of instants.
pub(super) fn kinds(whole: &AskedKind) -> Vec<(String, Kind)> {
    let mut kinds = Vec::new();
    walk(whole, &mut String::new(), false, &mut |path, kind, is_shared| {
        if let Some(kind) = kind.kind()
            && is_told(kind, is_shared)
        {
            kinds.push((path.to_owned(), kind));
        }
    });
    kinds
}

/// Whether the kind of a scalar is among [`kinds`], which below an array or an enum tells of instants only.
pub(super) fn is_told(kind: Kind, is_shared: bool) -> bool {
    kind == Kind::Timestamp || !is_shared
}

/// Whether [`kinds`] tells of anything at or below `kind`.
pub(super) fn tells(kind: &AskedKind, is_shared: bool) -> bool {
    let mut tells = false;
    walk(kind, &mut String::from(ELEMENTS), is_shared, &mut |_, kind, is_shared| {
        tells |= kind.kind().is_some_and(|kind| is_told(kind, is_shared));
    });
    tells
}

/// The paths at which a definition may declare what stands there.
pub(super) fn of_values(whole: &AskedKind) -> Vec<String> {
    let mut paths = Vec::new();
    walk(whole, &mut String::new(), false, &mut |path, kind, _| {
        if !matches!(kind, AskedKind::Struct(_) | AskedKind::Array(_)) {
            paths.push(path.to_owned());
        }
    });
    paths
}

/// What stands for the elements of an array.
pub(super) const ELEMENTS: &str = "[]";

/// Calls `visit` with every path below `kind`, what is there, and whether an array or an enum is above.
fn walk(kind: &AskedKind, path: &mut String, is_shared: bool, visit: &mut dyn FnMut(&str, &AskedKind, bool)) {
    if !path.is_empty() {
        visit(path, kind, is_shared);
    }
    let length = path.len();
    match kind {
        AskedKind::Struct(fields) => walk_fields(fields, path, is_shared, visit),
        AskedKind::Enum(variants) => walk_fields(variants, path, true, visit),
        AskedKind::Array(elements) if length > 0 => {
            path.push_str(ELEMENTS);
            walk(elements, path, true, visit);
            path.truncate(length);
        }
        _ => {}
    }
}

fn walk_fields(
    fields: &[AskedField],
    path: &mut String,
    is_shared: bool,
    visit: &mut dyn FnMut(&str, &AskedKind, bool),
) {
    let length = path.len();
    for field in fields {
        // A name that no backend stores, or that reads as elements, is no segment of a path.
        if field.alias_of.is_some() || check_name(field.name).is_err() || field.name.ends_with(ELEMENTS) {
            continue;
        }
        if length > 0 {
            path.push('.');
        }
        path.push_str(field.name);
        walk(&field.kind, path, is_shared, visit);
        path.truncate(length);
    }
}
