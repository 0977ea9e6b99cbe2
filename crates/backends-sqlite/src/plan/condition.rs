//! What a filter asks of one column of the key or of an index.

use backends_core::{Predicate, Result, Value};
use rusqlite::types::Value as SqlValue;

use crate::column::{self, Column};

/// How many operands of an `IN` are worth an index: each is a parameter of the statement, of which there are 32,766.
const MOST_OPERANDS: usize = 10_000;

/// What is asked of a column: the whole test, or too little of it, and never too much.
#[derive(Clone)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) parameters: Vec<SqlValue>,
    pub(super) equals: Equals,
    /// Whether the rows that it leaves are those for which the test holds, so that none has to be looked at again.
    pub(super) is_whole: bool,
}

/// Whether a condition is equality with one value, or with one of several. What leaves the fewest rows comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Equals {
    One,
    Several,
    None,
}

/// The end of a range that a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Low,
    High,
}

/// What a predicate asks of a column; nothing where it does not help.
pub(super) fn of(column: &Column, predicate: &Predicate) -> Result<Option<Condition>> {
    let condition = helping(column, predicate)?;
    Ok(condition.map(|condition| Condition { is_whole: column.is_equal() && is_whole(column, predicate), ..condition }))
}

/// Whether a condition on a column that is equal to what records hold asks all that the predicate does.
fn is_whole(column: &Column, predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Eq(_)
        | Predicate::In(_)
        | Predicate::Gt(_)
        | Predicate::Ge(_)
        | Predicate::Between(..)
        | Predicate::StartsWith(_)
        | Predicate::IsMissing => true,
        // What is missing stands before all others.
        Predicate::Lt(_) | Predicate::Le(_) => column.is_key,
        _ => false,
    }
}

fn helping(column: &Column, predicate: &Predicate) -> Result<Option<Condition>> {
    let name = &column.sql;
    let of = |sql: String, parameters: Vec<SqlValue>, equals: Equals| {
        Ok(Some(Condition { sql, parameters, equals, is_whole: false }))
    };
    let range = |sql: &str, value: &Value, end: End| {
        of(format!("{name} {sql} ?"), vec![bound(column, value, end)?], Equals::None)
    };
    match predicate {
        // The text of a float is read with its last digit in doubt.
        Predicate::Eq(value) if !column.is_exact() && is_float(value) => between(column, value, value).map(Some),
        Predicate::Eq(value) => of(format!("{name} = ?"), vec![column::value(value)?], Equals::One),
        Predicate::In(values)
            if values.len() <= MOST_OPERANDS && (column.is_exact() || !values.iter().any(is_float)) =>
        {
            let places = vec!["?"; values.len()].join(", ");
            let parameters = values.iter().map(column::value).collect::<Result<_>>()?;
            of(format!("{name} IN ({places})"), parameters, Equals::Several)
        }
        Predicate::Lt(value) if column.is_exact() => range("<", value, End::High),
        Predicate::Gt(value) if column.is_exact() => range(">", value, End::Low),
        Predicate::Lt(value) | Predicate::Le(value) => range("<=", value, End::High),
        Predicate::Gt(value) | Predicate::Ge(value) => range(">=", value, End::Low),
        Predicate::Between(low, high) => between(column, low, high).map(Some),
        Predicate::StartsWith(start) => Ok(prefix(name, start)),
        Predicate::Like(pattern) => Ok(prefix(name, pattern.first())),
        Predicate::IsMissing if !column.is_key => {
            of(format!("{name} = ?"), vec![column::value(&Value::Null)?], Equals::One)
        }
        _ => Ok(None),
    }
}

fn is_float(value: &Value) -> bool {
    matches!(value, Value::Float(_))
}

fn between(column: &Column, low: &Value, high: &Value) -> Result<Condition> {
    let parameters = vec![bound(column, low, End::Low)?, bound(column, high, End::High)?];
    let sql = format!("{} BETWEEN ? AND ?", column.sql);
    Ok(Condition { sql, parameters, equals: Equals::None, is_whole: false })
}

/// The end of a range, moved outwards where numbers are read from text: what SQLite reads may be off by one in the last
/// place.
#[allow(clippy::cast_precision_loss, reason = "two steps outwards are more than what is lost")]
fn bound(column: &Column, value: &Value, end: End) -> Result<SqlValue> {
    let float = match value {
        _ if column.is_exact() => return column::value(value),
        Value::Int(int) => *int as f64,
        Value::Float(float) => *float,
        other => return column::value(other),
    };
    Ok(SqlValue::Real(match end {
        End::Low => float.next_down().next_down(),
        End::High => float.next_up().next_up(),
    }))
}

/// Text from `start` up to the first that no longer begins with it.
pub(super) fn prefix(name: &str, start: &str) -> Option<Condition> {
    let low = SqlValue::Text(start.to_owned());
    let (sql, parameters) = match behind(start) {
        _ if start.is_empty() => return None,
        Some(end) => (format!("{name} >= ? AND {name} < ?"), vec![low, SqlValue::Text(end)]),
        None => (format!("{name} >= ?"), vec![low]),
    };
    Some(Condition { sql, parameters, equals: Equals::None, is_whole: false })
}

/// The first text, by bytes, behind all that begin with `start`.
pub(super) fn behind(start: &str) -> Option<String> {
    let mut end = start.to_owned();
    while let Some(last) = end.pop() {
        // Characters are in the order of their bytes; between U+D7FF and U+E000 there are none.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}
