//! Places that a definition declares, held against what the type has there.

use std::iter;

use super::{AskedKind, paths};
use crate::definition::shown;
use crate::names::unknown;

/// What is wrong with the place at `path`, if the type says what is there: no such place, or what is no scalar.
/// Top-level names are checked elsewhere.
pub(super) fn mistake(whole: &AskedKind, path: &str) -> Option<String> {
    let mut kind = whole;
    let mut is_shared = false;
    for (position, step) in steps(path).enumerate() {
        kind = match (kind, step) {
            (AskedKind::Struct(fields), Step::Field(name)) => {
                match fields.iter().find(|field| field.name == name && field.alias_of.is_none()) {
                    Some(field) => &field.kind,
                    None if position == 0 => return None,
                    None => return Some(no_such_place(whole, path)),
                }
            }
            (AskedKind::Array(elements), Step::Elements) => {
                is_shared = true;
                elements
            }
            (AskedKind::Struct(_), Step::Elements) | (AskedKind::Array(_), Step::Field(_)) => {
                return Some(no_such_place(whole, path));
            }
            // Places inside the other scalars contradict the kinds of the type.
            (scalar, _) if scalar.kind().is_some_and(|kind| !paths::is_told(kind, is_shared)) => {
                return Some(no_such_place(whole, path));
            }
            _ => return None,
        };
    }
    let what = match kind {
        // Scalars inside it contradict the definition, which is told of each.
        AskedKind::Struct(_) | AskedKind::Array(_) if paths::tells(kind, is_shared) => return None,
        AskedKind::Struct(_) => "a struct",
        AskedKind::Array(_) => "an array or a tuple",
        AskedKind::Map => "a map",
        AskedKind::Unit => "nothing, as `()` is",
        _ => return None,
    };
    Some(format!(
        "field `{}` is declared and holds one value, which is {what} in the type: use another type or another field",
        shown(path)
    ))
}

enum Step<'a> {
    Field(&'a str),
    Elements,
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|segment| {
        let name = segment.trim_end_matches(paths::ELEMENTS);
        let arrays = (segment.len() - name.len()) / paths::ELEMENTS.len();
        iter::once(Step::Field(name)).chain(iter::repeat_with(|| Step::Elements).take(arrays))
    })
}

fn no_such_place(whole: &AskedKind, path: &str) -> String {
    let top = |path: &str| path.split('.').next().map(|segment| segment.trim_end_matches(paths::ELEMENTS).to_owned());
    let mut known = paths::of_values(whole);
    known.retain(|known| top(known) == top(path));
    let mistake = unknown("field", path, known.iter().map(String::as_str));
    format!("the definition names what the type of the records does not have: {mistake}")
}
