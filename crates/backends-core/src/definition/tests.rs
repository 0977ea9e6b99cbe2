//! Definitions, rule by rule.

mod drift;
mod ids;
mod indexes;
mod json;
mod kinds;
mod random;
mod roles;
mod stored;
mod typed;

use super::*;
use crate::{Error, Result};

/// The definition that `text` means.
fn good(text: &str) -> Definition {
    Definition::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The mistakes of `result`, which has to be refused for its input.
fn mistakes<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error: Error = result.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    match error.mistakes() {
        [] => vec![error.message().to_owned()],
        list => list.to_vec(),
    }
}

/// Checks that JSON is refused with one mistake only, which holds `part`.
fn refused(text: &str, part: &str) {
    let list = mistakes(Definition::from_json(text));
    assert!(list.len() == 1 && list[0].contains(part), "{text}: {list:?}");
}

/// Names of the indexes, with what they are.
fn indexes(definition: &Definition) -> Vec<String> {
    let flag = |is: bool, text: &'static str| if is { text } else { "" };
    definition
        .indexes()
        .map(|index| {
            let fields = index.fields().collect::<Vec<_>>().join(",");
            let (unique, ordered) = (flag(index.is_unique(), " unique"), flag(index.is_ordered(), " ordered"));
            format!("{}({fields}){unique}{ordered}", index.name())
        })
        .collect()
}

#[test]
fn a_definition_is_one_pointer_and_crosses_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Definition>();
    crosses::<Reconciled>();
    assert_eq!(size_of::<Definition>(), size_of::<usize>());
}
