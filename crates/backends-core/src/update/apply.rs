//! Changes done to a record, all of them or none.

use super::Change;
use crate::{Document, Error, Path, Result, Timestamp, Value};

/// Does the changes, in their order.
///
/// # Errors
/// `InvalidInput` with the path, for a change that does not apply; then the document is of no use.
pub(crate) fn apply(changes: &[Change], document: &mut Document) -> Result<()> {
    changes.iter().try_for_each(|change| one(change, document).map_err(|error| error.with_path(change.path().as_str())))
}

fn one(change: &Change, document: &mut Document) -> Result<()> {
    match change {
        Change::Set(path, value) => *place(document, path)? = value.clone(),
        Change::Unset(path) => unset(document, path),
        Change::Inc(path, by) => {
            let place = place(document, path)?;
            *place = match place {
                Value::Null => Value::Int(*by),
                Value::Int(int) => Value::Int(int.checked_add(*by).ok_or_else(overflow)?),
                Value::Float(_) => {
                    let message = "`inc` of a fraction, and it adds to integers only: read it, and `set` the sum";
                    return Err(Error::invalid_input(message));
                }
                _ => return Err(Error::invalid_input("`inc` of a value that is no integer: set it")),
            };
        }
        Change::Push(path, member) => match place(document, path)? {
            Value::Array(members) => members.push(member.clone()),
            place @ Value::Null => *place = Value::Array(vec![member.clone()]),
            _ => return Err(no_array("push")),
        },
        Change::Pull(path, member) => match find(document, path) {
            Some(Value::Array(members)) => members.retain(|one| !is_equal(one, member)),
            Some(Value::Null) | None => {}
            Some(_) => return Err(no_array("pull")),
        },
    }
    Ok(())
}

/// The place that a path leads to; what is missing on the way is made, and the place itself is null then.
fn place<'d>(document: &'d mut Document, path: &Path) -> Result<&'d mut Value> {
    let mut segments = path.segments();
    let mut place = document.entry(segments.next().unwrap_or_default());
    for segment in segments {
        if matches!(place, Value::Null) {
            *place = Value::Map(Document::new());
        }
        let Value::Map(map) = place else {
            return Err(Error::invalid_input("a value on the way that is no map: set that, or another path"));
        };
        place = map.entry(segment);
    }
    Ok(place)
}

/// The value that a path leads to, if it leads somewhere.
pub(super) fn find<'d>(document: &'d mut Document, path: &Path) -> Option<&'d mut Value> {
    let mut segments = path.segments();
    let first = document.get_mut(segments.next()?)?;
    segments.try_fold(first, |value, segment| match value {
        Value::Map(map) => map.get_mut(segment),
        _ => None,
    })
}

fn unset(document: &mut Document, path: &Path) {
    match path.as_str().rsplit_once('.') {
        None => drop(document.remove(path.as_str())),
        Some((above, last)) => {
            if let Some(Value::Map(map)) = find(document, &above.into()) {
                map.remove(last);
            }
        }
    }
}

/// Whether what is stored equals a value of an update, where a driver may keep instants as text. An update has instants
/// at declared places only, so that text in the same place is one too.
fn is_equal(stored: &Value, value: &Value) -> bool {
    match (stored, value) {
        (Value::String(text), Value::Timestamp(at)) => text.parse::<Timestamp>().is_ok_and(|stored| stored == *at),
        (Value::Array(stored), Value::Array(members)) => {
            stored.len() == members.len() && stored.iter().zip(members).all(|(stored, member)| is_equal(stored, member))
        }
        (Value::Map(stored), Value::Map(map)) => {
            let is_same = |((name, stored), (other, value)): ((&str, &Value), (&str, &Value))| {
                name == other && is_equal(stored, value)
            };
            stored.len() == map.len() && stored.iter().zip(map.iter()).all(is_same)
        }
        (stored, value) => stored == value,
    }
}

#[cold]
fn overflow() -> Error {
    Error::invalid_input("`inc` beyond the integers of 64 bits: take a smaller step, or `set` it anew")
}

#[cold]
fn no_array(change: &str) -> Error {
    Error::invalid_input(format!("`{change}` on a value that is no array: set it"))
}
