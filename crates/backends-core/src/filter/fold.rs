//! What a filter comes to before anybody is asked: all, nothing, or less than it was.

use std::cmp::Ordering;

use super::bind::can_be_held;
use super::{Expr, Filter, Path, Predicate};
use crate::order::compare;
use crate::{Token, Value};

/// All of these; nothing that is certain stays.
pub(super) fn and(members: Vec<Filter>) -> Filter {
    let mut rest: Option<Filter> = None;
    for member in members {
        match member.expr() {
            Expr::All => {}
            Expr::Nothing => return member,
            _ => rest = Some(rest.map_or(member.clone(), |rest| rest & member)),
        }
    }
    rest.unwrap_or_else(Filter::all)
}

/// One of these; nothing that is certain stays.
pub(super) fn or(members: Vec<Filter>) -> Filter {
    let mut rest: Option<Filter> = None;
    for member in members {
        match member.expr() {
            Expr::Nothing => {}
            Expr::All => return member,
            _ => rest = Some(rest.map_or(member.clone(), |rest| rest | member)),
        }
    }
    rest.unwrap_or_else(Filter::nothing)
}

/// The opposite, by the opposite test where there is one.
pub(super) fn not(filter: Filter) -> Filter {
    use Predicate::{Eq, In, IsMissing, IsSet, Ne, NotIn};
    let opposite = match filter.expr() {
        Expr::All => return Filter::nothing(),
        Expr::Nothing => return Filter::all(),
        Expr::Test(path, predicate) => match predicate {
            Eq(value) => Some((path, Ne(value.clone()))),
            Ne(value) => Some((path, Eq(value.clone()))),
            In(values) => Some((path, NotIn(values.clone()))),
            NotIn(values) => Some((path, In(values.clone()))),
            IsMissing => Some((path, IsSet)),
            IsSet => Some((path, IsMissing)),
            _ => None,
        },
        _ => None,
    };
    match opposite {
        Some((path, predicate)) => Filter::test(path.clone(), predicate),
        None => !filter,
    }
}

/// A test in its simplest form. `is_held` says that a key or an index holds the field, and so no string that is empty
/// or over-long.
pub(super) fn test(path: &Path, predicate: Predicate, is_held: bool) -> Filter {
    let holds = |value: &Value| !is_held || can_be_held(value);
    let predicate = match predicate {
        Predicate::Like(pattern) => match pattern.rest() {
            [] => Predicate::Eq(pattern.first().into()),
            [last] if last.is_empty() => Predicate::StartsWith(pattern.first().to_owned()),
            _ => Predicate::Like(pattern),
        },
        other => other,
    };
    let predicate = match predicate {
        Predicate::Eq(value) if !holds(&value) => return Filter::nothing(),
        Predicate::Ne(value) if !holds(&value) => return Filter::all(),
        Predicate::Between(low, high) if !in_order(&low, &high) => return Filter::nothing(),
        Predicate::In(values) => match one_each(values, holds) {
            values if values.is_empty() => return Filter::nothing(),
            mut values if values.len() == 1 => Predicate::Eq(values.remove(0)),
            values => Predicate::In(values),
        },
        Predicate::NotIn(values) => match one_each(values, holds) {
            values if values.is_empty() => return Filter::all(),
            mut values if values.len() == 1 => Predicate::Ne(values.remove(0)),
            values => Predicate::NotIn(values),
        },
        other => other,
    };
    Filter::test(path.clone(), predicate)
}

/// Whether a value can be from `low` to `high`.
fn in_order(low: &Value, high: &Value) -> bool {
    let is_number = |token| matches!(token, Token::Int(_) | Token::Float(_));
    let (low, high) = (low.token(), high.token());
    let same_kind = is_number(low) && is_number(high) || std::mem::discriminant(&low) == std::mem::discriminant(&high);
    same_kind && compare(low, high) != Ordering::Greater
}

/// Each value once, in order; bytes, which have none among them, by their content.
fn one_each(mut values: Vec<Value>, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
    values.retain(keep);
    values.sort_by(|left, right| match (left, right) {
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        _ => compare(left.token(), right.token()),
    });
    values.dedup();
    values
}
