//! The same text as another reader of JSON reads it.

use backends_core::{Document, Error, RecordBuf, Result as Read, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Tree;

use super::twice;
use crate::properties::holds;

/// What both read is the same; what only the other reads is JSON that no record is.
pub(super) fn compare(text: &str, read: &Read<RecordBuf>, document: &Read<Document>) -> Result<(), String> {
    match (serde_json::from_str::<Tree>(text), read) {
        (Err(_), Err(_)) => Ok(()),
        // The other reader stops at 128 levels, this one at 256.
        (Err(other), Ok(_)) => {
            holds(other.to_string().contains("recursion limit"), "what no other reader reads is read")
        }
        (Ok(tree), Err(error)) => {
            holds(!is_malformed(error) && is_no_record(text, &tree), "a record in JSON is refused")
        }
        // Kept twice here, the last one there.
        (Ok(_), Ok(_)) if twice::stands(text) => Ok(()),
        (Ok(tree), Ok(_)) => match document {
            Ok(document) => holds(Value::Map(document.clone()) == value(&tree), "both readers read the same"),
            Err(error) => Err(format!("what is read is no document: {error}")),
        },
    }
}

fn is_malformed(error: &Error) -> bool {
    error.message().contains("well-formed")
}

/// Whether something in it is no record's: no map outside, `$binary` as a field or around something else than base64,
/// a number so small that the other reader takes it for 0, an integer outside i64.
fn is_no_record(text: &str, tree: &Tree) -> bool {
    !tree.is_object() || names_bytes(tree) || numbers(text).any(|number| vanishes(number) || is_outside(number))
}

fn is_outside(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer && number.parse::<i64>().is_err()
}

fn names_bytes(tree: &Tree) -> bool {
    match tree {
        Tree::Object(map) => map.contains_key("$binary") || map.values().any(names_bytes),
        Tree::Array(items) => items.iter().any(names_bytes),
        _ => false,
    }
}

/// What looks like a number, wherever it stands.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !matches!(char, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
}

fn vanishes(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    number.parse() == Ok(0.0) && mantissa.contains(|char| matches!(char, '1'..='9'))
}

/// The value that a tree is: numbers are one kind, null is absence, a map of `$binary` alone is bytes.
fn value(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Bool(bool) => Value::Bool(*bool),
        Tree::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Tree::String(text) => Value::String(text.clone()),
        Tree::Array(items) => Value::Array(items.iter().map(value).collect()),
        Tree::Object(map) => match map.get("$binary") {
            Some(Tree::String(text)) if map.len() == 1 => BASE64.decode(text).map_or(Value::Null, Value::Bytes),
            _ => Value::Map(
                map.iter()
                    .filter(|(_, tree)| !tree.is_null())
                    .map(|(name, tree)| (name.clone(), value(tree)))
                    .collect(),
            ),
        },
    }
}
