//! What holds of every error, whatever the input.

use backends_core::{Error, ErrorKind};

/// A value that no message and no `Debug` may show.
pub(crate) const SECRET: &str = "hunter2";

/// An error says what is wrong in one line, is of the kind that the caller expects, and shows no value.
pub(crate) fn of_error(error: &Error, kinds: &[ErrorKind], hides: bool) -> Result<(), String> {
    let (text, debug) = (error.to_string(), format!("{error:?}"));
    if !kinds.contains(&error.kind()) {
        return Err(format!("an error of another kind than {kinds:?}: {text}"));
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("an error that is not one line: {text:?}"));
    }
    if hides { hidden(&text).and_then(|()| hidden(&debug)) } else { Ok(()) }
}

/// The text shows no value.
pub(crate) fn hidden(text: &str) -> Result<(), String> {
    if text.contains(SECRET) { Err(format!("a value is shown: {text}")) } else { Ok(()) }
}

/// Says what does not hold if it does not.
pub(crate) fn holds(condition: bool, property: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(property.to_owned()) }
}

/// An input that is text, as a person reads it.
pub(crate) fn show_text(input: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(input))
}
