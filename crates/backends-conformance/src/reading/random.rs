//! Random filters and orders, from a seed that a failure prints.

use backends_core::{Filter, Order, SortField, Timestamp, Value, field};
use fastrand::Rng;

use super::table::{scalars, texts};
use crate::records::id;

/// Random numbers, and the seed that makes them again: that of `TEST_SEED`, if it is set.
pub(crate) fn seeded() -> (Rng, u64) {
    let given = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    (Rng::with_seed(seed), seed)
}

/// A filter of the records of the [table](super::Table), with so many of and, or, not inside one another.
pub(crate) fn filter(rng: &mut Rng, depth: usize) -> Filter {
    let members = |rng: &mut Rng| -> Vec<Filter> { (0..rng.usize(1..4)).map(|_| filter(rng, depth - 1)).collect() };
    match rng.u8(..if depth == 0 { 10 } else { 20 }) {
        10..13 => Filter::and(members(rng)),
        13..17 => Filter::or(members(rng)),
        17..20 => !filter(rng, depth - 1),
        0 if rng.u8(..8) == 0 => Filter::all(),
        _ => test(rng),
    }
}

/// A path, and operands that are legal there.
fn place(rng: &mut Rng) -> (&'static str, Vec<Value>, bool) {
    let anything = || scalars().into_iter().chain(texts()).collect();
    match rng.u8(..16) {
        0..4 => ("v", anything(), true),
        4..6 => ("m.v", anything(), true),
        6 => ("m.0", anything(), true),
        7 => ("m.v.v", anything(), true),
        8 => ("w", anything(), true),
        9 => ("nowhere.at.all", anything(), true),
        10 => ("text", texts(), true),
        11 => ("p", texts(), true),
        12 => ("number", numbers(), false),
        13 => (["s", "integer"][rng.usize(..2)], numbers(), false),
        14 => (["at", "inner.at"][rng.usize(..2)], instants(), false),
        _ => ("ref", [id(1), id(2), "a".repeat(24)].map(Value::from).to_vec(), false),
    }
}

fn numbers() -> Vec<Value> {
    scalars().into_iter().filter(|value| matches!(value, Value::Int(_) | Value::Float(_))).collect()
}

fn instants() -> Vec<Value> {
    [0, 1, -1, 5, 6, Timestamp::MAX.millis()].map(instant).to_vec()
}

/// The instant so many milliseconds after the epoch.
pub(crate) fn instant(millis: i64) -> Value {
    Value::Timestamp(Timestamp::from_millis(millis).unwrap())
}

fn test(rng: &mut Rng) -> Filter {
    let (path, operands, has_patterns) = place(rng);
    let place = field(path);
    let one = |rng: &mut Rng| operands[rng.usize(..operands.len())].clone();
    let ordered = |rng: &mut Rng| loop {
        match one(rng) {
            Value::Bool(_) | Value::Bytes(_) => {}
            value => return value,
        }
    };
    let some = |rng: &mut Rng| -> Vec<Value> { (0..rng.usize(..5)).map(|_| one(rng)).collect() };
    match rng.u8(..if has_patterns { 14 } else { 11 }) {
        0 => place.eq(one(rng)),
        1 => place.ne(one(rng)),
        2 => place.lt(ordered(rng)),
        3 => place.le(ordered(rng)),
        4 => place.gt(ordered(rng)),
        5 => place.ge(ordered(rng)),
        6 => place.between(ordered(rng), ordered(rng)),
        7 => place.is_in(some(rng)),
        8 => place.not_in(some(rng)),
        9 => place.is_missing(),
        10 => place.is_set(),
        11 => place.like(pattern(rng)),
        12 => place.starts_with(pattern(rng)),
        _ if path == "text" || path == "p" => place.contains(pattern(rng)),
        _ => place.contains(one(rng)),
    }
}

fn pattern(rng: &mut Rng) -> String {
    (0..rng.usize(..5)).filter_map(|_| rng.choice(["%", "%", "a", "b", "_", "é", "\n", r"\", ".", "$"])).collect()
}

/// An order by up to three places.
pub(crate) fn order(rng: &mut Rng) -> Vec<SortField> {
    let mut fields: Vec<SortField> = Vec::new();
    for _ in 0..rng.usize(..4) {
        let path =
            ["v", "w", "m.v", "m.same", "text", "integer", "number", "at", "inner.at", "times", "flag", "p", "s"];
        let order = if rng.bool() { Order::Asc } else { Order::Desc };
        let one = SortField::new(path[rng.usize(..path.len())], order);
        if fields.iter().all(|known| known.path != one.path) {
            fields.push(one);
        }
    }
    fields
}
