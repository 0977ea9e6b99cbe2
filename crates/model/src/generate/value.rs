//! Random values: few enough that records tie and filters hit, with all the edges among them.

use backends::{Document, Kind, Timestamp, Value};
use fastrand::Rng;

use crate::schema::{Place, Role};

/// Text that some language of queries, patterns or numbers would take for something else, and text that sorts oddly.
const TEXTS: [&str; 30] = [
    "a",
    "b",
    "ab",
    "abc",
    "A",
    "",
    "a%b",
    "a_b",
    "%",
    "_",
    "\\",
    "\\%",
    "a\nb",
    "\n",
    " a",
    "a ",
    "é",
    "e\u{301}",
    "\u{ffff}",
    "\u{1f600}",
    "$gt",
    "' OR 1=1 --",
    "\"",
    "null",
    "1",
    "1.0",
    ".*",
    "2024-02-29T12:30:00Z",
    "0123456789abcdef01234567",
    "{\"$ne\": null}",
];

const INTEGERS: [i64; 12] =
    [0, 1, 2, 3, -1, -2, 10, 9_007_199_254_740_992, 9_007_199_254_740_993, -9_007_199_254_740_993, i64::MAX, i64::MIN];

const FLOATS: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    0.5,
    -0.5,
    1.5,
    0.1,
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0,
    1e19,
    -1e19,
    1e-130,
    -1e-130,
    9.9e125,
];

/// Texts of instants, and the milliseconds that they are.
pub(crate) const INSTANTS: [(&str, i64); 2] =
    [("2024-02-29T13:30:00.001999+01:00", 1_709_209_800_001), ("1970-01-01T00:00:00Z", 0)];

/// How many bytes the texts of a run have at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) longest: usize,
}

/// A value that may stand at a place, or be compared with what stands there.
pub(super) fn at(rng: &mut Rng, place: &Place, scale: Scale) -> Value {
    match place.kind {
        _ if place.empty_is_missing && rng.u8(..6) == 0 => Value::from(""),
        Some(kind) => of(rng, kind, place.role, scale),
        None => anything(rng, 2, scale),
    }
}

/// A value of a kind.
pub(super) fn of(rng: &mut Rng, kind: Kind, role: Role, scale: Scale) -> Value {
    match kind {
        Kind::String => Value::String(text(rng, role, scale)),
        Kind::Integer => Value::Int(integer(rng)),
        Kind::Timestamp => instant(rng, role),
        Kind::ObjectId => Value::String(digits(rng)),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::Bytes => Value::Bytes(bytes(rng)),
        _ => number(rng),
    }
}

/// A scalar of any kind but an instant, which may stand at declared places only.
pub(super) fn scalar(rng: &mut Rng, scale: Scale) -> Value {
    match rng.u8(..10) {
        0 => Value::Bool(rng.bool()),
        1 => Value::Bytes(bytes(rng)),
        2..6 => number(rng),
        _ => Value::String(text(rng, Role::Other, scale)),
    }
}

/// What an undeclared field may hold.
fn anything(rng: &mut Rng, depth: usize, scale: Scale) -> Value {
    match rng.u8(..12) {
        0 => Value::Null,
        1 if depth > 0 => Value::Array((0..rng.usize(..4)).map(|_| anything(rng, depth - 1, scale)).collect()),
        2 if depth > 0 => {
            let fields = (0..rng.usize(..3)).map(|_| {
                let name = *rng.choice(&["x", "y", "0", "deep", "é"]).unwrap_or(&"x");
                (name, anything(rng, depth - 1, scale))
            });
            Value::Map(fields.collect())
        }
        _ => scalar(rng, scale),
    }
}

/// The members of an array, whose instants are declared or not.
pub(super) fn list(rng: &mut Rng, of_instants: bool, scale: Scale) -> Value {
    let members = (0..rng.usize(..5)).map(|_| match rng.u8(..6) {
        0 => Value::Null,
        _ if of_instants => instant(rng, Role::Other),
        _ => anything(rng, 1, scale),
    });
    Value::Array(members.collect())
}

fn number(rng: &mut Rng) -> Value {
    if rng.bool() { Value::Int(integer(rng)) } else { Value::Float(FLOATS[rng.usize(..FLOATS.len())]) }
}

fn integer(rng: &mut Rng) -> i64 {
    if rng.u8(..8) == 0 { rng.i64(-1_000..1_000) } else { INTEGERS[rng.usize(..INTEGERS.len())] }
}

/// An instant, or now and then the text of one, which is the same at a declared place.
fn instant(rng: &mut Rng, role: Role) -> Value {
    let millis = match rng.u8(..8) {
        0 => Timestamp::MIN.millis(),
        1 => Timestamp::MAX.millis(),
        2 => 1_709_209_800_000 + rng.i64(0..3),
        _ => rng.i64(-3..4),
    };
    match rng.usize(..8) {
        at @ 0..2 if role != Role::Key => Value::from(INSTANTS[at].0),
        _ => Timestamp::from_millis(millis).map_or(Value::Null, Value::Timestamp),
    }
}

/// The first value of a key, as only this writer has it.
pub(super) fn owned(value: &Value, writer: u8) -> Value {
    let number = |other: i64| other.rem_euclid(1 << 40) * 256 + i64::from(writer);
    match value {
        Value::String(text) if text.len() == 24 => Value::String(format!("{writer:02x}{}", &text[2..])),
        Value::String(text) => Value::String(format!("{writer:02x}{}", text.chars().take(200).collect::<String>())),
        Value::Int(int) => Value::Int(number(*int)),
        Value::Float(float) => Value::Int(number(i64::try_from(float.to_bits() >> 1).unwrap_or_default())),
        Value::Timestamp(at) => {
            let millis = at.millis().rem_euclid(1 << 30) * 256 + i64::from(writer);
            Timestamp::from_millis(millis).map_or(Value::Null, Value::Timestamp)
        }
        other => other.clone(),
    }
}

fn digits(rng: &mut Rng) -> String {
    match rng.u8(..6) {
        0 => "f".repeat(24),
        1 => "0".repeat(24),
        _ => format!("65f0{:020x}", rng.u8(..6)),
    }
}

fn bytes(rng: &mut Rng) -> Vec<u8> {
    [vec![], vec![0], vec![97], vec![0, 255], vec![128; 40]][rng.usize(..5)].clone()
}

/// Text: of the odd ones, random runs, and now and then as long as its place allows.
pub(super) fn text(rng: &mut Rng, role: Role, scale: Scale) -> String {
    // The strings of one index have at most 2,048 bytes together, and three are in one at most.
    let longest = match role {
        Role::Other => scale.longest,
        Role::Indexed => 680,
        Role::Key => 1_024,
    };
    let text = match rng.u8(..16) {
        0..9 => TEXTS[rng.usize(..TEXTS.len())].to_owned(),
        9..14 => run(rng, 6),
        14 => "ab".repeat(longest.min(2_000) / 4),
        _ => {
            let most = most(rng, longest);
            run(rng, most)
        }
    };
    if text.is_empty() && role != Role::Other { "x".to_owned() } else { text }
}

/// How long a long text is at most: as many short ones as long ones, by their number of binary digits.
fn most(rng: &mut Rng, longest: usize) -> usize {
    let digits = rng.u32(1..=longest.next_power_of_two().ilog2());
    longest.min(1 << digits)
}

/// So many characters of few, so that patterns hit.
fn run(rng: &mut Rng, most: usize) -> String {
    let length = rng.usize(..=most);
    (0..length).map(|_| *rng.choice(&['a', 'a', 'b', 'c', '%', '_', '.', '\n']).unwrap_or(&'a')).collect()
}

/// A pattern of few characters and runs.
pub(super) fn pattern(rng: &mut Rng, scale: Scale) -> String {
    if rng.u8(..8) == 0 {
        // What ends with a part of what stands before the end.
        return (*rng.choice(&["%ab%b", "%a%a", "ab%b", "%abc%c", "%a%ab%b", "a%a"]).unwrap_or(&"%")).to_owned();
    }
    let most = if scale.longest > 10_000 { 30 } else { 6 };
    let parts = ["%", "%", "%%", "a", "b", "ab", "_", "é", "\n", "\\", ".", "$", "c"];
    (0..rng.usize(..most)).map(|_| *rng.choice(&parts).unwrap_or(&"%")).collect()
}

/// A document with what stands at the places, but for the key.
pub(super) fn body(rng: &mut Rng, places: &[Place], scale: Scale) -> Document {
    let mut body = Document::new();
    let of_instants = places.iter().any(|place| place.path == "list[]");
    let mut scale = scale;
    for place in places.iter().filter(|place| place.path != "list[]") {
        if rng.u8(..4) == 0 {
            continue;
        }
        let value = if place.path == "list" { list(rng, of_instants, scale) } else { at(rng, place, scale) };
        if matches!(&value, Value::String(text) if text.len() > 10_000) {
            // One long text a record, since some backends bound records.
            scale.longest = 100;
        }
        put(&mut body, place.path, value);
    }
    if rng.u8(..12) == 0 && places.iter().all(|place| place.path != "m") {
        // Where others have a map.
        body.insert("m", scalar(rng, scale));
    }
    body
}

/// Puts a value at a path through maps.
fn put(document: &mut Document, path: &str, value: Value) {
    match path.split_once('.') {
        None => _ = document.insert(path, value),
        Some((first, rest)) => {
            let mut map = match document.remove(first) {
                Some(Value::Map(map)) => map,
                _ => Document::new(),
            };
            put(&mut map, rest, value);
            document.insert(first, Value::Map(map));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn long_texts_are_of_every_length_up_to_the_longest() {
        let mut rng = Rng::with_seed(1);
        for (longest, lengths, some) in [
            (2, 1, [2, 2, 2]),
            (100, 7, [2, 64, 100]),
            (1_024, 10, [2, 512, 1_024]),
            (300_000, 19, [2, 262_144, 300_000]),
        ] {
            let seen: BTreeSet<usize> = (0..1_000).map(|_| most(&mut rng, longest)).collect();
            assert_eq!((seen.len(), seen.last()), (lengths, Some(&longest)), "{longest}: {seen:?}");
            assert!(some.iter().all(|length| seen.contains(length)), "{longest}: {seen:?}");
        }
    }
}
