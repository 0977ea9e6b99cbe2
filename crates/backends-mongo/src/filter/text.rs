//! Tests of text. None of them asks the server's engine for regular expressions, which gives up without a word on long
//! texts, and is slow where the text repeats what is looked for.

use backends_core::Value;
use mongodb::bson::{Bson, Document, doc};

use super::{OBJECT_ID, guarded, joined};
use crate::place::Place;

/// An `ObjectId` reads as so many digits.
const DIGITS: usize = 24;

/// Text that begins with this: a range, which an index serves.
pub(super) fn starts_with(place: &Place, start: &str) -> Document {
    let mut op = doc! { "$gte": start };
    if let Some(end) = behind_all(start) {
        op.insert("$lt", end);
    }
    if place.drops_empty() {
        op.insert("$ne", "");
    }
    let text = guarded(place, op);
    let may_be_digits = start.len() <= DIGITS && start.bytes().all(is_digit);
    if !place.may_be_object_id() || !may_be_digits {
        return text;
    }
    joined("$or", vec![text, object_id(place, vec![doc! { "$eq": [at_start(digits(place), start), 0] }])])
}

/// `ObjectId`s whose digits are in a range.
pub(super) fn in_range(place: &Place, bounds: &[(&'static str, &Value)]) -> Document {
    let bounds = bounds.iter().filter_map(|(operator, bound)| match bound {
        Value::String(bound) => Some(doc! { *operator: [digits(place), { "$literal": bound }] }),
        _ => None,
    });
    object_id(place, bounds.collect())
}

/// Text that begins with `first`, goes on with all but the last of `rest`, each behind the one before, and ends with
/// the last.
pub(super) fn like(place: &Place, first: &str, rest: &[String]) -> Document {
    let matching = doc! { "$expr": { "$let": {
        "vars": { "text": text_at(place) },
        "in": { "$cond": [{ "$eq": ["$$text", Bson::Null] }, false, is_like(first, rest)] },
    } } };
    // The beginning of a pattern is a range on an index.
    if place.kind.is_some() && !first.is_empty() {
        return joined("$and", vec![starts_with(place, first), matching]);
    }
    matching
}

/// The text that stands at the place, or null. A path through an array is an array here, and so no text.
fn text_at(place: &Place) -> Document {
    let value = value_at(place);
    let is = |kind: &str| doc! { "$eq": [{ "$type": &value }, kind] };
    let mut branches = vec![
        doc! { "case": is("string"), "then": &value },
        // MongoDB: this is how a symbol becomes a string.
        doc! { "case": is("symbol"), "then": { "$substrBytes": [&value, 0, -1] } },
    ];
    if place.may_be_object_id() {
        branches.push(doc! { "case": is("objectId"), "then": { "$toString": &value } });
    }
    if place.drops_empty() {
        branches.insert(0, doc! { "case": { "$eq": [&value, ""] }, "then": Bson::Null });
    }
    doc! { "$switch": { "branches": branches, "default": Bson::Null } }
}

/// Whether `$$text` has these parts.
fn is_like(first: &str, rest: &[String]) -> Document {
    let Some((last, between)) = rest.split_last() else {
        return doc! { "$eq": ["$$text", { "$literal": first }] };
    };
    let end = end_of_last_found(first, between);
    if last.is_empty() {
        return doc! { "$gte": [end, 0] };
    }
    doc! { "$let": {
        "vars": { "end": end, "tail": { "$subtract": [{ "$strLenBytes": "$$text" }, length(last)] } },
        "in": { "$cond": [
            { "$and": [{ "$gte": ["$$end", 0] }, { "$gte": ["$$tail", "$$end"] }] },
            { "$eq": [{ "$indexOfBytes": ["$$text", { "$literal": last }, "$$tail"] }, "$$tail"] },
            false,
        ] },
    } }
}

/// Where in `$$text` the last of these texts ends, each of which is looked for behind the one before; negative if one
/// is not there.
fn end_of_last_found(first: &str, between: &[String]) -> Bson {
    let start = match first {
        "" => Bson::Int64(0),
        first => doc! { "$cond": [{ "$eq": [at_start("$$text", first), 0] }, length(first), -1] }.into(),
    };
    match (first, between) {
        (_, []) => start,
        // What only has to be somewhere need not be counted through.
        ("", [only]) => doc! { "$let": {
            "vars": { "at": { "$indexOfBytes": ["$$text", { "$literal": only }] } },
            "in": { "$cond": [{ "$lt": ["$$at", 0] }, -1, { "$add": ["$$at", length(only)] }] },
        } }
        .into(),
        _ => doc! { "$reduce": {
            "input": { "$literal": between },
            "initialValue": start,
            "in": { "$cond": [{ "$lt": ["$$value", 0] }, -1, { "$let": {
                "vars": { "at": { "$indexOfBytes": ["$$text", "$$this", "$$value"] } },
                "in": { "$cond": [{ "$lt": ["$$at", 0] }, -1, { "$add": ["$$at", { "$strLenBytes": "$$this" }] }] },
            } }] },
        } }
        .into(),
    }
}

/// An expression that is 0 if the text begins with `start`.
fn at_start(text: impl Into<Bson>, start: &str) -> Document {
    doc! { "$indexOfBytes": [text.into(), { "$literal": start }, 0, length(start)] }
}

/// An `ObjectId` at the place for which all of these hold.
fn object_id(place: &Place, tests: Vec<Document>) -> Document {
    let mut document = guarded(place, doc! { "$type": OBJECT_ID });
    document.insert("$expr", doc! { "$and": tests });
    document
}

/// The digits of an `ObjectId` at the place; something else, and no error, for other values.
fn digits(place: &Place) -> Document {
    doc! { "$convert": { "input": value_at(place), "to": "string", "onError": Bson::Null } }
}

fn value_at(place: &Place) -> String {
    format!("${}", place.name)
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// The first text behind all that begin with `start`; none if there is no such text.
fn behind_all(start: &str) -> Option<String> {
    let mut end = start.to_owned();
    while let Some(last) = end.pop() {
        // Characters are ordered as their bytes are; the range of Rust leaves out those that are none.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
