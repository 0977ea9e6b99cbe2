//! Random filters and orders.

use backends::driver::Consistency;
use backends::{Filter, Kind, Order, SortField, Value, field};
use fastrand::Rng;

use super::value::{self, Scale};
use crate::operation::Query;
use crate::schema::{Role, Schema};

/// A query, with an order and a slice or without.
pub(super) fn query(rng: &mut Rng, schema: &Schema, scale: Scale) -> Query {
    let depth = rng.usize(..4);
    let fields = (rng.u8(..6) == 0).then(|| {
        let tops = schema.places.iter().map(|place| place.path).filter(|path| !path.contains(['.', '[']));
        tops.filter(|_| rng.u8(..3) == 0).collect()
    });
    Query {
        filter: filter(rng, schema, depth, scale),
        sort: order(rng, schema),
        limit: (rng.u8(..3) == 0).then(|| rng.u64(..30)),
        offset: if rng.u8(..4) == 0 { rng.u64(..20) } else { 0 },
        fields,
        consistency: match rng.u8(..4) {
            0 => Consistency::Consistent,
            1 => Consistency::Eventual,
            _ => Consistency::Default,
        },
    }
}

/// A filter with so many of and, or, not inside one another.
pub(super) fn filter(rng: &mut Rng, schema: &Schema, depth: usize, scale: Scale) -> Filter {
    let members = |rng: &mut Rng| -> Vec<Filter> {
        (0..rng.usize(1..4)).map(|_| filter(rng, schema, depth - 1, scale)).collect()
    };
    match rng.u8(..if depth == 0 { 10 } else { 20 }) {
        10..14 => Filter::and(members(rng)),
        14..17 => Filter::or(members(rng)),
        17..20 => !filter(rng, schema, depth - 1, scale),
        0 if rng.u8(..4) == 0 => Filter::all(),
        // What a planner looks for.
        1 => Filter::and(index_tests(rng, schema, scale)),
        _ => test(rng, schema, scale),
    }
}

/// Equalities with the first fields of an index or the key, and perhaps a range of the next.
fn index_tests(rng: &mut Rng, schema: &Schema, scale: Scale) -> Vec<Filter> {
    let keys = std::iter::once(schema.key_fields()).chain(schema.indexes.iter().map(|index| index.fields.clone()));
    let Some(fields) = rng.choice(keys.collect::<Vec<_>>()) else { return vec![Filter::all()] };
    let known = schema.all_places();
    let kinds = |path: &str| known.iter().find(|(known, _)| *known == path).and_then(|(_, kind)| *kind);
    let fixed = rng.usize(..=fields.len());
    let mut tests = Vec::new();
    for (at, path) in fields.iter().enumerate().take(fixed + 1) {
        let Some(kind) = kinds(path) else { break };
        let operand = |rng: &mut Rng| operand(rng, Some(kind), scale);
        let place = field(*path);
        tests.push(match rng.u8(..8) {
            _ if at < fixed => place.eq(operand(rng)),
            0 => place.lt(operand(rng)),
            1 => place.le(operand(rng)),
            2 => place.gt(operand(rng)),
            3 => place.ge(operand(rng)),
            4 => place.between(operand(rng), operand(rng)),
            5 if kind == Kind::String => place.starts_with(value::pattern(rng, scale)),
            6 => place.is_in((0..rng.usize(1..4)).map(|_| operand(rng)).collect::<Vec<_>>()),
            _ => place.gt(operand(rng)) & place.le(operand(rng)),
        });
    }
    tests
}

/// What is compared with the values of a place. Its instants are no texts, so that the model need not read any.
fn operand(rng: &mut Rng, kind: Option<Kind>, scale: Scale) -> Value {
    match kind {
        Some(kind @ Kind::Timestamp) => value::of(rng, kind, Role::Key, scale),
        Some(kind) => value::of(rng, kind, Role::Other, scale),
        None => value::scalar(rng, scale),
    }
}

/// One test of one place, with an operator and operands that are legal there.
fn test(rng: &mut Rng, schema: &Schema, scale: Scale) -> Filter {
    let mut places = schema.all_places();
    places.extend([("nowhere.at.all", None), ("m.x.y", None), ("list", None), ("m", None)]);
    let (path, kind) = places[rng.usize(..places.len())];
    let place = field(path);
    let one = |rng: &mut Rng| operand(rng, kind, scale);
    let ordered = |rng: &mut Rng| loop {
        match one(rng) {
            Value::Bool(_) | Value::Bytes(_) => {}
            value => return value,
        }
    };
    let some = |rng: &mut Rng| -> Vec<Value> { (0..rng.usize(..5)).map(|_| one(rng)).collect() };
    let has_order = !matches!(kind, Some(Kind::Bool | Kind::Bytes));
    let has_patterns = matches!(kind, None | Some(Kind::String));
    match rng.u8(..16) {
        0 | 1 => place.eq(one(rng)),
        2 => place.ne(one(rng)),
        3 => place.is_in(some(rng)),
        4 => place.not_in(some(rng)),
        5 => place.is_missing(),
        7 if has_order => place.lt(ordered(rng)),
        8 if has_order => place.le(ordered(rng)),
        9 if has_order => place.gt(ordered(rng)),
        10 if has_order => place.ge(ordered(rng)),
        11 if has_order => place.between(ordered(rng), ordered(rng)),
        12 | 13 if has_patterns => place.like(value::pattern(rng, scale)),
        14 if has_patterns => place.starts_with(value::pattern(rng, scale)),
        15 if kind == Some(Kind::String) => place.contains(value::pattern(rng, scale)),
        15 if kind.is_none() => {
            let of_members = schema.kind(&format!("{path}[]"));
            place.contains(operand(rng, of_members, scale))
        }
        _ => place.is_set(),
    }
}

/// An order by up to three places, or as an index has it.
pub(super) fn order(rng: &mut Rng, schema: &Schema) -> Vec<SortField> {
    let direction = |rng: &mut Rng| if rng.bool() { Order::Asc } else { Order::Desc };
    if rng.u8(..4) == 0
        && let Some(index) = rng.choice(&schema.indexes)
    {
        let order = direction(rng);
        return index.fields.iter().map(|path| SortField::new(*path, order)).collect();
    }
    let places = schema.all_places();
    let mut fields: Vec<SortField> = Vec::new();
    for _ in 0..rng.usize(..4) {
        let (path, _) = places[rng.usize(..places.len())];
        if fields.iter().all(|known| known.path.as_str() != path) {
            fields.push(SortField::new(path, direction(rng)));
        }
    }
    fields
}
