//! A record as JSON text: what backends that keep JSON store, and the walk that reads it.

use crate::{Error, RecordBuf, Result};

mod batch;
mod nesting;
mod number;
mod read;
mod scan;
pub(crate) mod tree;
mod unescape;
mod write;

pub use batch::JsonBatch;
pub(crate) use number::{HANDED_OUT, are_storable, handed_out};
pub use read::JsonTokens;
pub use write::{to_string, write};

/// How many arrays and maps may stand inside one another, the record counted; the library itself writes at most 31.
pub const LEVELS: usize = nesting::LEVELS;

/// The record that `text` is.
///
/// Instants come back as the text that they are in JSON. A name that stands twice is kept twice, for a type to judge.
///
/// ```
/// use backends_core::{Token, json};
///
/// let record = json::parse(r#"{"name": "Ada", "born": 1815.0, "died": null}"#)?;
/// assert!(record.get("born") == Some(Token::Int(1815)) && record.get("died").is_none());
/// assert_eq!(json::to_string(&record)?, r#"{"name":"Ada","born":1815}"#);
/// # Ok::<(), backends_core::Error>(())
/// ```
///
/// # Errors
/// [`Unreadable`](crate::ErrorKind::Unreadable) with the byte, if the text is not one map in JSON, or holds what no
/// record does.
pub fn parse(text: &str) -> Result<RecordBuf> {
    RecordBuf::from_tokens(&mut JsonTokens::new(text))
}

/// Something in the text that no record holds, and the byte where it was met.
#[cold]
fn unreadable(message: &'static str, byte: usize) -> Error {
    Error::unreadable(message).with_context("byte", byte)
}

#[cold]
fn malformed(byte: usize) -> Error {
    unreadable("the stored text is not well-formed JSON: repair the record, or delete it", byte)
}

#[cold]
fn too_deep(byte: usize) -> Error {
    unreadable("more than 256 arrays and maps are stored inside one another: flatten the record", byte)
}

#[cfg(test)]
mod tests;
