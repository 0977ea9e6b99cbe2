//! Which rows a read by filter has to look at, and in which order they come.

use backends_core::driver::{Access, FindRequest, Remainder};
use backends_core::{Expr, Filter, Order, Path, Predicate, Result, Sort, SortField, Value};
use rusqlite::types::Value as SqlValue;

use crate::codec::{SqlKey, column};
use crate::schema::{Table, quoted};

/// How many operands of an `IN` are worth an index: each is a parameter of the statement, of which there are 32,766.
const MOST_KEYS: usize = 10_000;

/// Which rows have to be looked at, in which order they come, and what is left to core.
pub(crate) struct Plan {
    pub(crate) access: Access,
    /// The rows, and the parameters of the statement.
    pub(crate) first: String,
    /// The rows behind a key, whose values come after the other parameters.
    pub(crate) next: String,
    pub(crate) parameters: Vec<SqlValue>,
    /// The key behind which the rows begin.
    pub(crate) after: Option<SqlKey>,
    /// Whether other calls are likely to need the same statement.
    pub(crate) is_usual: bool,
    pub(crate) remainder: Remainder,
}

/// What is asked of one column of the key.
struct Condition {
    sql: String,
    parameters: Vec<SqlValue>,
    /// Whether it is equality with one value, or with several.
    equals: Equals,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Equals {
    One,
    Several,
    None,
}

impl Plan {
    pub(crate) fn new(table: &Table, request: &FindRequest) -> Result<Self> {
        let mut conditions: [Vec<Condition>; 2] = Default::default();
        for conjunct in request.filter.conjuncts() {
            let Expr::Test(path, predicate) = conjunct.expr() else { continue };
            let Some(at) = table.keys.iter().position(|key| key == path.as_str()) else { continue };
            conditions[at].extend(condition(table.columns()[at], predicate)?);
        }
        let fixed: Vec<bool> = conditions
            .iter()
            .map(|conditions| conditions.iter().any(|condition| condition.equals == Equals::One))
            .collect();
        let direction = direction(table, &fixed, &request.sort);
        let access = access(table, &conditions, &fixed);
        let is_usual = conditions.iter().flatten().all(|condition| condition.equals != Equals::Several);
        let (sql, parameters): (Vec<_>, Vec<_>) =
            conditions.into_iter().flatten().map(|condition| (condition.sql, condition.parameters)).unzip();
        let columns = table.columns();
        let (comparison, word) = if direction == Some(Order::Desc) { ("<", " DESC") } else { (">", "") };
        let behind = format!("({}) {comparison} ({})", columns.join(", "), vec!["?"; columns.len()].join(", "));
        let order = columns.iter().map(|column| format!("{column}{word}")).collect::<Vec<_>>().join(", ");
        let statement = |conditions: &[String]| {
            let conditions = if conditions.is_empty() { "1" } else { &conditions.join(" AND ") };
            let (columns, name) = (columns.join(", "), quoted(&table.name));
            format!("SELECT record, {columns} FROM {name} WHERE {conditions} ORDER BY {order}")
        };
        let first = statement(&sql);
        let next = statement(&[sql, vec![behind]].concat());
        let after = match (&request.after, direction) {
            (Some(position), Some(_)) => Some(key_at(table, &request.sort, position.values())?),
            _ => None,
        };
        let remainder = Remainder::whole(request)
            .with_filter(unreadable_part(table, &request.filter))
            .with_sort(direction.is_none() && request.sort != Sort::Any);
        Ok(Self { access, first, next, parameters: parameters.concat(), after, is_usual, remainder })
    }
}

/// What a predicate asks of a column of the key, or a part of it; nothing where no index helps. Every row is looked at
/// once more, so that it may be too little, and never too much.
fn condition(name: &str, predicate: &Predicate) -> Result<Option<Condition>> {
    let one = |sql: &str, value: &Value| -> Result<Option<Condition>> {
        let parameters = vec![column(value)?];
        Ok(Some(Condition { sql: format!("{name} {sql} ?"), parameters, equals: Equals::None }))
    };
    match predicate {
        Predicate::Eq(value) => Ok(one("=", value)?.map(|condition| Condition { equals: Equals::One, ..condition })),
        Predicate::In(values) if values.len() <= MOST_KEYS => {
            let places = vec!["?"; values.len()].join(", ");
            let parameters = values.iter().map(column).collect::<Result<_>>()?;
            Ok(Some(Condition { sql: format!("{name} IN ({places})"), parameters, equals: Equals::Several }))
        }
        Predicate::Lt(value) => one("<", value),
        Predicate::Le(value) => one("<=", value),
        Predicate::Gt(value) => one(">", value),
        Predicate::Ge(value) => one(">=", value),
        Predicate::Between(low, high) => {
            let parameters = vec![column(low)?, column(high)?];
            Ok(Some(Condition { sql: format!("{name} BETWEEN ? AND ?"), parameters, equals: Equals::None }))
        }
        Predicate::StartsWith(start) => Ok(prefix(name, start)),
        Predicate::Like(pattern) => Ok(prefix(name, pattern.first())),
        _ => Ok(None),
    }
}

/// Text from `start` up to the first that no longer begins with it.
fn prefix(name: &str, start: &str) -> Option<Condition> {
    let low = SqlValue::Text(start.to_owned());
    let (sql, parameters) = match behind(start) {
        _ if start.is_empty() => return None,
        Some(end) => (format!("{name} >= ? AND {name} < ?"), vec![low, SqlValue::Text(end)]),
        None => (format!("{name} >= ?"), vec![low]),
    };
    Some(Condition { sql, parameters, equals: Equals::None })
}

/// The first text, by bytes, behind all that begin with `start`.
fn behind(start: &str) -> Option<String> {
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

fn access(table: &Table, conditions: &[Vec<Condition>; 2], fixed: &[bool]) -> Access {
    let several = |at: usize| conditions[at].iter().any(|condition| condition.equals == Equals::Several);
    let has_sort = table.has_sort();
    match (fixed[0], has_sort) {
        (true, false) => Access::Key,
        (true, true) if fixed[1] => Access::Key,
        (true, true) if several(1) => Access::Keys,
        (false, false) if several(0) => Access::Keys,
        (false, true) if several(0) && (fixed[1] || several(1)) => Access::Keys,
        _ if !conditions[0].is_empty() => Access::KeyRange,
        _ => Access::Scan,
    }
}

/// The direction in which the rows have to be read so that they come in the order that is asked for, if there is one.
/// A column that is fixed does not matter.
fn direction(table: &Table, fixed: &[bool], sort: &Sort) -> Option<Order> {
    let fields = match sort {
        Sort::Any => return None,
        Sort::Stable => return Some(Order::Asc),
        Sort::By(fields) => fields,
    };
    let is_fixed = |path: &Path| table.keys.iter().zip(fixed).any(|(key, fixed)| *fixed && key == path.as_str());
    let rest: Vec<&SortField> = fields.iter().filter(|field| !is_fixed(&field.path)).collect();
    let keys = table.keys.iter().zip(fixed).filter(|(_, fixed)| !**fixed).map(|(key, _)| key.as_str());
    let by_key = rest.iter().map(|field| field.path.as_str()).eq(keys);
    let order = rest.first().map_or(Order::Asc, |field| field.order);
    (by_key && rest.iter().all(|field| field.order == order)).then_some(order)
}

/// The key at a place in an order that has all its fields.
fn key_at(table: &Table, sort: &Sort, values: &[Value]) -> Result<SqlKey> {
    let at = |key: &String| match sort {
        Sort::By(fields) => fields.iter().position(|field| field.path.as_str() == key),
        _ => table.keys.iter().position(|other| other == key),
    };
    let parts = table.keys.iter().map(|key| column(at(key).and_then(|at| values.get(at)).unwrap_or(&Value::Null)));
    SqlKey::of_parts(parts.collect::<Result<Vec<_>>>()?)
}

/// What may find a record unreadable, text at the place of a timestamp that is none: core looks once more, so that it
/// can say so of that record alone.
fn unreadable_part(table: &Table, filter: &Filter) -> Filter {
    if mentions(filter, &|path| table.instants.iter().any(|instant| instant == path.as_str())) {
        filter.clone()
    } else {
        Filter::all()
    }
}

fn mentions(filter: &Filter, is_meant: &dyn Fn(&Path) -> bool) -> bool {
    match filter.expr() {
        Expr::All | Expr::Nothing => false,
        Expr::Test(path, _) => is_meant(path),
        Expr::And(members) | Expr::Or(members) => members.iter().any(|member| mentions(member, is_meant)),
        Expr::Not(inner) => mentions(inner, is_meant),
    }
}

#[cfg(test)]
mod tests;
