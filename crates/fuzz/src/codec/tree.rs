//! Random records: values of the domain, and one in many just outside of it.

use backends_core::{Document, Timestamp, Value};

use crate::properties::SECRET;
use crate::source::Source;

/// Names of the domain; some are declared, and one is the id.
const NAMES: &[&str] = &["a", "b", "at", "times", "inner", "list", "ä", "A b", "-", "_x", "é\u{301}", "id", "0", "n"];
/// Names outside of it, and close to its border.
const ODD_NAMES: &[&str] = &[
    "",
    ".",
    "a.b",
    "$a",
    "a$",
    "\"",
    "\\",
    "\0",
    "\u{1}",
    "\n",
    "\u{7f}",
    "\u{80}",
    "_backends",
    "_backendsx",
    "_backend",
    "_id",
    "\u{fffd}",
    "[]",
];
const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    0.5,
    -1.5,
    1.0,
    1e-130,
    9.9e-131,
    9.999e125,
    1e126,
    -1e126,
    f64::NAN,
    f64::INFINITY,
    f64::MIN_POSITIVE,
    9_007_199_254_740_992.0,
    9_223_372_036_854_774_784.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    1e20,
    0.1,
    f64::MAX,
];
const INTS: &[i64] = &[0, 1, -1, i64::MAX, i64::MIN, 9_007_199_254_740_993, 255, 1 << 31];
const TEXTS: &[&str] = &[
    "",
    SECRET,
    "\0",
    "a\0b",
    "é",
    "e\u{301}",
    "\u{10ffff}",
    "\u{2028}",
    "\"\\\n",
    "$a",
    "%",
    "null",
    "2024-02-29T12:30:00.123Z",
    "2023-02-29T12:30:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999+00:01",
    "2024-02-29T13:30:00.1239+01:00",
    "64b64cf0a1b2c3d4e5f60718",
    "64B64CF0A1B2C3D4E5F60718",
];

/// A record.
pub(crate) fn document(source: &mut Source<'_>) -> Document {
    map(source, 0)
}

/// A value by itself, as an operand or a key is.
pub(crate) fn value(source: &mut Source<'_>) -> Value {
    at_depth(source, 29)
}

fn map(source: &mut Source<'_>, depth: usize) -> Document {
    let mut map = Document::new();
    while !source.is_empty() && source.below(6) > 0 {
        let name = name(source);
        map.insert(name, at_depth(source, depth + 1));
    }
    map
}

fn name(source: &mut Source<'_>) -> String {
    match source.below(64) {
        62 => source.choice(ODD_NAMES).unwrap_or_default().to_owned(),
        63 => source
            .choice(&["n", "é", "\u{1f600}"])
            .unwrap_or_default()
            .repeat([63, 127, 128, 255, 256][source.below(5)]),
        _ => source.choice(NAMES).unwrap_or_default().to_owned(),
    }
}

fn at_depth(source: &mut Source<'_>, depth: usize) -> Value {
    match source.below(if depth > 60 { 12 } else { 16 }) {
        0 => Value::Null,
        1 => Value::Bool(source.byte() > 127),
        2 => Value::Int(source.choice(INTS).unwrap_or_default()),
        3 => Value::Int(source.word().cast_signed() >> source.below(64)),
        4 => float(source),
        5 | 6 => Value::String(source.choice(TEXTS).unwrap_or_default().to_owned()),
        7 => text(source),
        8 => Value::Bytes((0..source.below(20)).map(|_| source.byte()).collect()),
        9 => timestamp(source),
        10 => Value::Float(f64::from_bits(source.word())),
        11 => Value::Array(Vec::new()),
        12 | 13 => {
            let mut items = Vec::new();
            while !source.is_empty() && source.below(5) > 0 {
                items.push(at_depth(source, depth + 1));
            }
            Value::Array(items)
        }
        14 if source.below(8) == 0 => deep(source),
        _ => Value::Map(map(source, depth)),
    }
}

/// Domain floats mostly: the border, decimals of a few digits, and what looks like an integer.
fn float(source: &mut Source<'_>) -> Value {
    let float = source.choice(FLOATS).unwrap_or_default();
    // Borders are refused as a record, so they stay rare.
    if float.is_finite() || source.below(8) == 0 { Value::Float(float) } else { Value::Float(0.25) }
}

fn text(source: &mut Source<'_>) -> Value {
    let length = source.below(40);
    let text: Vec<u8> = (0..length).map(|_| source.byte()).collect();
    Value::String(String::from_utf8_lossy(&text).replace('\0', "0"))
}

fn timestamp(source: &mut Source<'_>) -> Value {
    let span = Timestamp::MAX.millis() - Timestamp::MIN.millis();
    let millis = Timestamp::MIN.millis() + (source.word() >> 1).cast_signed() % (span + 1);
    Timestamp::from_millis(millis).map_or(Value::Null, Value::Timestamp)
}

/// Arrays and maps inside one another, mostly as many as may be, or one more.
fn deep(source: &mut Source<'_>) -> Value {
    let levels = source.choice(&[30, 29, 31, 28, 32, 3, 130, 260]).unwrap_or_default();
    let first = source.below(2);
    (0..levels).fold(Value::Int(1), |inner, level| {
        if level % 2 == first { Value::Array(vec![inner]) } else { Value::Map(Document::from([("a", inner)])) }
    })
}
