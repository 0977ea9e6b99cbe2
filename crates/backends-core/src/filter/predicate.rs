//! What is asked of one place in a record.

use std::cmp::Ordering;
use std::fmt;

use super::Pattern;
use crate::order::compare;
use crate::{Token, Value};

/// What is asked of one place in a record.
///
/// A comparison with a missing value, or with one of another kind, is false; [`Ne`](Self::Ne) and
/// [`NotIn`](Self::NotIn) are the negations of [`Eq`](Self::Eq) and [`In`](Self::In), so they hold there. Operands are
/// scalars; those of a filter that a driver sees are of the declared kind, where one is declared. `Debug` shows no
/// operand.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Equal.
    Eq(Value),
    /// Not equal, or missing.
    Ne(Value),
    /// Less; numbers, strings and timestamps have an order.
    Lt(Value),
    /// Less or equal.
    Le(Value),
    /// Greater.
    Gt(Value),
    /// Greater or equal.
    Ge(Value),
    /// Between the two, both included.
    Between(Value, Value),
    /// Equal to one of these; in a filter that a driver sees they are in order, and each is there once.
    In(Vec<Value>),
    /// Equal to none of these, or missing.
    NotIn(Vec<Value>),
    /// Text that a pattern describes.
    Like(Pattern),
    /// Text that begins with this.
    StartsWith(String),
    /// Text that holds this text, or an array with this member.
    Contains(Value),
    /// There is no value.
    IsMissing,
    /// There is a value, of any kind.
    IsSet,
}

impl Predicate {
    /// Its name, as in [`Filter::from_json`](crate::Filter::from_json).
    pub fn name(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Ne(_) => "ne",
            Self::Lt(_) => "lt",
            Self::Le(_) => "le",
            Self::Gt(_) => "gt",
            Self::Ge(_) => "ge",
            Self::Between(..) => "between",
            Self::In(_) => "in",
            Self::NotIn(_) => "notIn",
            Self::Like(_) => "like",
            Self::StartsWith(_) => "startsWith",
            Self::Contains(_) => "contains",
            Self::IsMissing => "isMissing",
            Self::IsSet => "isSet",
        }
    }

    /// Whether it holds where there is no value.
    pub fn holds_for_missing(&self) -> bool {
        matches!(self, Self::Ne(_) | Self::NotIn(_) | Self::IsMissing)
    }

    /// Whether it holds for the value that begins with this token: a scalar, or an array or a map as such.
    pub(crate) fn holds(&self, token: Token<'_>) -> bool {
        match self {
            Self::Eq(operand) => equal(token, operand),
            Self::Ne(operand) => !equal(token, operand),
            Self::Lt(operand) => ordered(token, operand).is_some_and(Ordering::is_lt),
            Self::Le(operand) => ordered(token, operand).is_some_and(Ordering::is_le),
            Self::Gt(operand) => ordered(token, operand).is_some_and(Ordering::is_gt),
            Self::Ge(operand) => ordered(token, operand).is_some_and(Ordering::is_ge),
            Self::Between(low, high) => {
                ordered(token, low).is_some_and(Ordering::is_ge) && ordered(token, high).is_some_and(Ordering::is_le)
            }
            Self::In(operands) => is_one_of(token, operands),
            Self::NotIn(operands) => !is_one_of(token, operands),
            Self::Like(pattern) => matches!(token, Token::String(text) if pattern.matches(text)),
            Self::StartsWith(start) => matches!(token, Token::String(text) if text.starts_with(start.as_str())),
            Self::Contains(Value::String(part)) => matches!(token, Token::String(text) if text.contains(part.as_str())),
            Self::Contains(_) | Self::IsMissing => false,
            Self::IsSet => true,
        }
    }

    /// Whether it holds for an array with this member.
    pub(crate) fn holds_for_member(&self, member: Token<'_>) -> bool {
        matches!(self, Self::Contains(operand) if equal(member, operand))
    }

    /// Its operands.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Value> {
        let (pair, list): ([Option<&Value>; 2], &[Value]) = match self {
            Self::Eq(value)
            | Self::Ne(value)
            | Self::Lt(value)
            | Self::Le(value)
            | Self::Gt(value)
            | Self::Ge(value)
            | Self::Contains(value) => ([Some(value), None], &[]),
            Self::Between(low, high) => ([Some(low), Some(high)], &[]),
            Self::In(values) | Self::NotIn(values) => ([None, None], values),
            Self::Like(_) | Self::StartsWith(_) | Self::IsMissing | Self::IsSet => ([None, None], &[]),
        };
        pair.into_iter().flatten().chain(list)
    }
}

/// Numbers by value, everything else by kind and content. Arrays and maps equal nothing.
fn equal(token: Token<'_>, operand: &Value) -> bool {
    match token {
        Token::Bytes(bytes) => matches!(operand, Value::Bytes(operand) if operand == bytes),
        Token::Null | Token::Array | Token::Map | Token::Field(_) | Token::End => false,
        scalar => !matches!(operand, Value::Bytes(_)) && compare(scalar, operand.token()).is_eq(),
    }
}

/// How two values that have an order with one another stand.
fn ordered(token: Token<'_>, operand: &Value) -> Option<Ordering> {
    let operand = operand.token();
    let have_order = match token {
        Token::Int(_) | Token::Float(_) => matches!(operand, Token::Int(_) | Token::Float(_)),
        Token::String(_) => matches!(operand, Token::String(_)),
        Token::Timestamp(_) => matches!(operand, Token::Timestamp(_)),
        _ => false,
    };
    have_order.then(|| compare(token, operand))
}

/// `operands` are in order.
fn is_one_of(token: Token<'_>, operands: &[Value]) -> bool {
    match token {
        Token::Bytes(_) => operands.iter().any(|operand| equal(token, operand)),
        Token::Null | Token::Array | Token::Map | Token::Field(_) | Token::End => false,
        scalar => operands.binary_search_by(|operand| compare(operand.token(), scalar)).is_ok(),
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::In(operands) | Self::NotIn(operands) => write!(f, " ({} values)", operands.len()),
            Self::Like(pattern) => write!(f, " {pattern:?}"),
            Self::StartsWith(_) => f.write_str(" a string"),
            _ => self.operands().try_for_each(|operand| write!(f, " {operand:?}")),
        }
    }
}
