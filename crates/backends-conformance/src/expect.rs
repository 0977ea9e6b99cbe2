//! What every error of the contract has to be, whatever else a case wants of it.

use std::error::Error as _;
use std::fmt::Debug;

use backends_core::{Error, ErrorKind, Result};

/// A word that stands in the text of the values that the cases use, so that it is found where no value may be.
pub(crate) const SECRET: &str = "s3cret";
/// Digits that stand in their numbers.
pub(crate) const DIGITS: i64 = 471_147;

/// The error of a call that has to fail, looked at.
///
/// # Panics
/// If it did not fail, with another kind, or with an error that is not as every error is.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, operation: &str) -> Error {
    let error = failed(result, kind);
    assert_eq!(error.operation(), Some(operation), "{error}");
    assert!(error.backend().is_some_and(|name| !name.is_empty()), "no backend: {error}");
    if !matches!(operation, "ping" | "close" | "open" | "backend" | "batch") {
        assert!(error.repository().is_some_and(|name| !name.is_empty()), "no repository: {error}");
    }
    error
}

/// The same for an error that arises before anything is called.
#[track_caller]
pub(crate) fn failed<T>(result: Result<T>, kind: ErrorKind) -> Error {
    let Err(error) = result else { panic!("what has to fail as `{kind}` went well") };
    assert_eq!(error.kind(), kind, "{error}");
    looks_right(&error);
    error
}

/// One line, no full stop, and no value of the cases.
#[track_caller]
pub(crate) fn looks_right(error: &Error) {
    let text = error.to_string();
    assert!(!text.contains(['\n', '\r']), "more than one line: {text:?}");
    assert!(text.starts_with(&format!("{}: ", error.kind())), "the kind stands first: {text}");
    assert!(!error.message().trim().is_empty() && !error.message().ends_with('.'), "{text}");
    for shown in [text.clone(), format!("{error:?}"), format!("{error:#?}")] {
        tells_nothing(&shown);
    }
    error.mistakes().iter().for_each(|mistake| tells_nothing(mistake));
    error.context().for_each(|(_, value)| tells_nothing(value));
    if let Some(inserted) = error.inserted() {
        tells_nothing(&format!("{inserted:?}"));
        inserted.failures().for_each(|(_, error)| looks_right(error));
    }
}

/// Whether the text from a type's own implementation is reached by the source, and only there.
#[track_caller]
pub(crate) fn has_source(error: &Error) {
    assert!(error.source().is_some(), "no source: {error}");
}

/// Looks for the values of the cases in what is printed.
#[track_caller]
pub(crate) fn tells_nothing(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(&DIGITS.to_string()), "a value is shown: {text}");
}

/// Looks for the values of the cases in what `Debug` prints.
#[track_caller]
pub(crate) fn debug_tells_nothing(what: &impl Debug) {
    tells_nothing(&format!("{what:?}"));
    tells_nothing(&format!("{what:#?}"));
}
