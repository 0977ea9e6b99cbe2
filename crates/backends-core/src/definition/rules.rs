//! Which names repositories, indexes and fields may have.

use std::borrow::Cow;

use crate::RecordBuf;

/// Bytes of a field name.
const MAX_FIELD_NAME: usize = 255;
/// What the library keeps for fields of its own.
const RESERVED_PREFIX: &str = "_backends";
/// The name of the primary key in errors.
pub(crate) const PRIMARY: &str = "primary";
/// How generated index names begin that are not the fields themselves.
pub(super) const GENERATED_PREFIX: &str = "ix_";

/// What is wrong with the name of a repository or an index, given or generated, if anything.
pub(super) fn name_mistake(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if !(3..=48).contains(&name.len()) {
        Some("has to have 3 to 48 characters")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
        Some("may hold letters, digits, `_`, `.` and `-` only")
    } else if !name.as_bytes()[0].is_ascii_alphabetic() {
        Some("has to start with a letter")
    } else if lower.starts_with("system.") || lower.starts_with("sqlite_") {
        Some("starts with `system.` or `sqlite_`, which databases keep for themselves: choose another")
    } else {
        None
    }
}

/// What is wrong with a name that is given to a repository or an index, if anything.
pub(super) fn given_name_mistake(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower == PRIMARY || lower.starts_with(GENERATED_PREFIX) {
        Some("is reserved (`primary`, `ix_…`): choose another")
    } else {
        name_mistake(name)
    }
}

/// What is wrong with the name of a field at any depth, if anything.
pub(crate) fn field_name_mistake(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > MAX_FIELD_NAME {
        Some("is longer than 255 bytes")
    } else if name.bytes().any(|byte| byte < 0x20 || byte == 0x7f || b".\"\\".contains(&byte)) {
        Some("may not hold `.`, `\"`, `\\` or control characters")
    } else if name.starts_with('$') {
        Some("may not start with `$`")
    } else if name.starts_with(RESERVED_PREFIX) {
        Some("may not start with `_backends`, which is reserved")
    } else {
        None
    }
}

/// What is wrong with a key, index, version or TTL field, if anything.
pub(super) fn top_level_mistake(name: &str, custom_id: bool) -> Option<&'static str> {
    if name.ends_with("[]") {
        Some("stands for the elements of an array: name a top-level field")
    } else if name.contains('.') {
        Some("is a path: name a top-level field")
    } else {
        field_name_mistake(name).or_else(|| underscore_id_mistake(name, custom_id))
    }
}

/// What is wrong with a path such as `address.city` or `events[].at`, if anything.
pub(crate) fn path_mistake(path: &str, custom_id: bool) -> Option<&'static str> {
    let mut depth = 0;
    for (position, segment) in path.split('.').enumerate() {
        let name = segment.trim_end_matches("[]");
        depth += usize::from(position > 0) + (segment.len() - name.len()) / 2;
        let mistake = field_name_mistake(name)
            .or_else(|| if position == 0 { underscore_id_mistake(name, custom_id) } else { None });
        if mistake.is_some() {
            return mistake;
        }
    }
    (depth > RecordBuf::MAX_DEPTH).then_some("leads through more than 30 arrays and maps")
}

fn underscore_id_mistake(name: &str, custom_id: bool) -> Option<&'static str> {
    (name == super::CUSTOM_ID && !custom_id).then_some("is a name of the library's own: use `customId`, or `id`")
}

/// The containers that a path leads through, outermost first: `a` and `a[]` for `a[].b`.
pub(super) fn containers(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for segment in path.split('.') {
        let name = segment.trim_end_matches("[]");
        let end = start + segment.len();
        found.extend((start + name.len()..=end).step_by(2).map(|at| &path[..at]));
        start = end + 1;
    }
    found.pop();
    found
}

/// The first segment of a path, without `[]`.
pub(super) fn first_segment(path: &str) -> &str {
    path.split('.').next().unwrap_or(path).trim_end_matches("[]")
}

/// A name as messages show it: cut where no one reads on.
pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    const LENGTH: usize = 64;
    match name.char_indices().nth(LENGTH) {
        Some((at, _)) => Cow::Owned(format!("{}…", &name[..at])),
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_what_a_path_leads_through() {
        let table: &[(&str, &[&str])] = &[
            ("a", &[]),
            ("a.b", &["a"]),
            ("a[]", &["a"]),
            ("a[].b", &["a", "a[]"]),
            ("a[][].b.c", &["a", "a[]", "a[][]", "a[][].b"]),
            ("", &[]),
            ("..", &["", "."]),
        ];
        for (path, expected) in table {
            assert_eq!(containers(path), *expected, "{path}");
        }
    }

    #[test]
    fn c05_paths_have_the_rules_of_field_names() {
        let deep = |segments: usize| vec!["a"; segments].join(".");
        for good in ["a", "address.city", "events[].at", "tags[]", "a.0", "größe", "a b", &deep(31)] {
            assert_eq!(path_mistake(good, false), None, "{good}");
        }
        for bad in [
            "",
            ".",
            "a.",
            "a..b",
            "[]",
            "a.[]",
            "a\"b",
            "a\\b",
            "a\u{1}",
            "a\u{7f}",
            "$a",
            "a.$b",
            "_backends",
            "a._backendsX",
            "_id",
            "_id.x",
            &deep(32),
            &format!("{}[]", deep(31)),
            &"x".repeat(256),
        ] {
            assert!(path_mistake(bad, false).is_some(), "{bad}");
        }
        assert_eq!(path_mistake("_id", true), None);
        assert_eq!(path_mistake("a._id", false), None);
    }

    #[test]
    fn c38_names_have_3_to_48_plain_characters() {
        for good in ["abc", "A-b_c.d9", &"x".repeat(48), "systems", "primary_key"] {
            assert_eq!(given_name_mistake(good), None, "{good}");
        }
        for bad in [
            "",
            "ab",
            &"x".repeat(49),
            "1ab",
            "_ab",
            "a b",
            "aé b",
            "éab",
            "system.x",
            "System.x",
            "sqlite_x",
            "SQLITE_x",
        ] {
            assert!(name_mistake(bad).is_some(), "{bad}");
        }
        for reserved in ["primary", "PRIMARY", "ix_", "ix_abc", "IX_abc"] {
            assert!(given_name_mistake(reserved).is_some(), "{reserved}");
        }
    }
}
