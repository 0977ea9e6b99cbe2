//! Which rows a read by filter has to look at, and in which order they come.

use backends_core::driver::{Access, FindRequest, Remainder};
use backends_core::{Error, Expr, Filter, Kind, Order, Path, Position, Result, Sort, SortField, Value};
use rusqlite::types::Value as SqlValue;

use crate::column::{self, Column, TableIndex};
use crate::schema::{Table, quoted};

mod condition;
mod statement;

use condition::{Condition, Equals};
use statement::Rows;

// SQLITE_MAX_EXPR_DEPTH: an expression is at most 1,000 deep, and each condition, which is two terms at most, makes those
// that are joined deeper by as many. A filter may have 1,000 tests.
const MOST_CONDITIONS: usize = 100;

/// Which rows have to be looked at, in which order they come, and what is left to core.
pub(crate) struct Plan {
    pub(crate) access: Access,
    /// The rows, each with the columns that make its place among them after the record.
    pub(crate) first: String,
    rows: Rows,
    pub(crate) parameters: Vec<SqlValue>,
    /// The place behind which the rows begin.
    pub(crate) after: Option<Vec<SqlValue>>,
    /// What of a place is in the position of a row, where the rows come in the order that is asked for.
    position: Option<Vec<Standing>>,
    /// What makes the statements go by an index, if they do.
    pub(crate) by_index: Option<String>,
    /// Whether other calls are likely to need the same statement.
    pub(crate) is_usual: bool,
    /// What rows have to be looked at for: the part of the filter that the statement does not answer.
    pub(crate) rest: Filter,
    pub(crate) remainder: Remainder,
}

/// Where a value of a position comes from.
enum Standing {
    /// This value of the place of a row, which is of a column of this kind.
    Open(usize, Kind),
    /// The same in all rows.
    Fixed(Value),
}

/// A way to the rows: the primary key, or an index.
struct Way<'t> {
    index: Option<&'t TableIndex>,
    /// The columns, the most significant first, the primary key last; and what is asked of each, with the number of the
    /// part of the filter that asks it.
    columns: Vec<(&'t Column, Vec<(usize, Condition)>)>,
    /// How many columns come first that are equal to one value.
    fixed: usize,
    direction: Option<Order>,
}

impl Plan {
    pub(crate) fn new(table: &Table, request: &FindRequest) -> Result<Self> {
        let way = best_way(table, request)?;
        let access = way.access();
        let direction = way.direction;
        let places: Vec<&Column> = way.columns[way.fixed..].iter().map(|(column, _)| *column).collect();
        let after = match (&request.after, direction) {
            (Some(position), Some(_)) => {
                Some(place_of(&places, &position_fields(table, &request.sort), position.values())?)
            }
            _ => None,
        };
        let position = direction.and_then(|_| way.position(&position_fields(table, &request.sort)));
        let rest = way.rest(&request.filter);
        let conditions = way.columns.into_iter().flat_map(|(_, asked)| asked).map(|(_, condition)| condition);
        let conditions: Vec<Condition> = conditions.collect();
        let is_usual = conditions.iter().all(|condition| condition.equals != Equals::Several);
        let (sql, parameters): (Vec<_>, Vec<_>) =
            conditions.into_iter().map(|condition| (condition.sql, condition.parameters)).unzip();
        let by_index = way.index.map(|index| format!(" INDEXED BY {}", quoted(&index.name)));
        let from = format!("{}{}", quoted(&table.name), by_index.as_deref().unwrap_or_default());
        let rows = Rows::new(from, sql, &places, direction.unwrap_or(Order::Asc));
        let remainder = Remainder::whole(request)
            .with_filter(Filter::all())
            .with_sort(direction.is_none() && request.sort != Sort::Any);
        Ok(Self {
            access,
            first: rows.first(),
            rows,
            parameters: parameters.concat(),
            after,
            position,
            by_index,
            is_usual,
            rest,
            remainder,
        })
    }
}

impl Plan {
    /// How many values a place has.
    pub(crate) fn places(&self) -> usize {
        self.rows.places()
    }

    /// The parts of the filter that the statement answers: what it only narrows down is in the rest.
    pub(crate) fn answered(&self, filter: &Filter) -> Filter {
        let rest = self.rest.conjuncts();
        all_of(filter.conjuncts().iter().filter(|part| !rest.contains(part)))
    }

    /// The rows behind a place, nearest first: each with how many values of the place come after the other parameters.
    pub(crate) fn next(&self) -> &[(String, usize)] {
        self.rows.next()
    }

    /// The position of the row at a place, where the rows come in the order that is asked for.
    pub(crate) fn position(&self, place: &[SqlValue]) -> Option<Position> {
        let value = |standing: &Standing| match standing {
            Standing::Open(at, kind) => column::held(*kind, place.get(*at)?),
            Standing::Fixed(value) => Some(value.clone()),
        };
        self.position.as_ref()?.iter().map(value).collect::<Option<_>>().map(Position::new)
    }
}

/// The way by which the fewest rows are looked at; of equals the first, which is the primary key. A limit does not
/// matter: without one core would hold every record to sort them.
fn best_way<'t>(table: &'t Table, request: &FindRequest) -> Result<Way<'t>> {
    let mut best: Option<(_, Way<'t>)> = None;
    let ways =
        std::iter::once((None, &table.key)).chain(table.indexes.iter().map(|index| (Some(index), &index.columns)));
    for (index, columns) in ways {
        let way = Way::new(index, columns, request)?;
        let merit = way.merit(&request.sort);
        if best.as_ref().is_none_or(|(least, _)| merit > *least) {
            best = Some((merit, way));
        }
    }
    best.map(|(_, way)| way).ok_or_else(|| backends_core::Error::unexpected("a table without a key"))
}

impl<'t> Way<'t> {
    fn new(index: Option<&'t TableIndex>, columns: &'t [Column], request: &FindRequest) -> Result<Self> {
        let mut way = Self {
            index,
            columns: columns.iter().map(|column| (column, Vec::new())).collect(),
            fixed: 0,
            direction: None,
        };
        for (at, conjunct) in request.filter.conjuncts().iter().enumerate() {
            let Expr::Test(path, predicate) = conjunct.expr() else { continue };
            let by_path = |(column, _): &&mut (&Column, _)| column.field == path.as_str() && column.serves(predicate);
            if let Some((column, conditions)) = way.columns.iter_mut().find(by_path) {
                conditions.extend(condition::of(column, predicate)?.map(|condition| (at, condition)));
            }
        }
        way.keep_share();
        let is_fixed = |(_, conditions): &&(&Column, Vec<(usize, Condition)>)| {
            conditions.iter().any(|(_, condition)| condition.equals == Equals::One)
        };
        way.fixed = way.columns.iter().take_while(is_fixed).count();
        // What is asked of a column behind the first that is open would be taken out of each record once more.
        let used = way.fixed + 1;
        way.columns.iter_mut().skip(used).filter(|(column, _)| !column.is_key).for_each(|(_, rest)| rest.clear());
        way.direction = way.direction(&request.sort);
        Ok(way)
    }

    /// Keeps so many conditions that a statement takes them: of each column the same share, equality first. The others
    /// are left to core.
    fn keep_share(&mut self) {
        let share = MOST_CONDITIONS / self.columns.len().max(1);
        for (_, conditions) in &mut self.columns {
            conditions.sort_by_key(|(_, condition)| condition.equals);
            conditions.truncate(share);
        }
    }

    /// How good it is: by the whole key, then by equality with the most columns, then by a condition on the next, then
    /// whether it has the order that is asked for.
    fn merit(&self, sort: &Sort) -> (bool, usize, bool, bool, bool) {
        let is_key = self.index.is_none() && self.fixed == self.columns.len();
        let next = self.columns.get(self.fixed).map(|(_, conditions)| conditions.as_slice()).unwrap_or_default();
        let (bounds, in_order) = (!next.is_empty(), self.direction.is_some());
        let names = next.iter().any(|(_, condition)| condition.equals != Equals::None);
        // A stable order is asked for by pages, each of which would sort all rows of the range.
        let narrows = bounds && (names || in_order || *sort != Sort::Stable);
        (is_key, self.fixed, narrows, in_order, bounds)
    }

    /// The direction in which the rows have to be read so that they come in the order that is asked for, if there is
    /// one. A column that is fixed does not matter.
    fn direction(&self, sort: &Sort) -> Option<Order> {
        let (fixed, open) = self.columns.split_at(self.fixed);
        let stable: Vec<SortField>;
        let fields = match sort {
            Sort::Any => return None,
            Sort::By(fields) => fields,
            Sort::Stable => {
                let keys = self.columns.iter().filter(|(column, _)| column.is_key);
                stable = keys.map(|(column, _)| SortField::new(column.field.as_str(), Order::Asc)).collect();
                &stable
            }
        };
        let is_fixed = |path: &Path| fixed.iter().any(|(column, _)| column.field == path.as_str());
        let rest: Vec<&SortField> = fields.iter().filter(|field| !is_fixed(&field.path)).collect();
        let is_ordered = open.iter().all(|(column, _)| column.is_ordered());
        let by_column = rest.iter().map(|field| field.path.as_str()).eq(open.iter().map(|(column, _)| &*column.field));
        let order = rest.first().map_or(Order::Asc, |field| field.order);
        (is_ordered && by_column && rest.iter().all(|field| field.order == order)).then_some(order)
    }

    /// Where the values of these fields come from, if each is one of a column.
    fn position(&self, fields: &[&str]) -> Option<Vec<Standing>> {
        let standing = |field: &&str| {
            let at = self.columns.iter().position(|(column, _)| column.field == **field)?;
            let (column, conditions) = &self.columns[at];
            if at >= self.fixed {
                return Some(Standing::Open(at - self.fixed, column.kind));
            }
            let (_, equal) = conditions.iter().find(|(_, condition)| condition.equals == Equals::One)?;
            column::held(column.kind, equal.parameters.first()?).map(Standing::Fixed)
        };
        fields.iter().map(standing).collect()
    }

    /// The parts of the filter that the conditions do not answer.
    fn rest(&self, filter: &Filter) -> Filter {
        let is_answered = |at: usize| {
            let mut asked = self.columns.iter().flat_map(|(_, asked)| asked);
            asked.any(|(conjunct, condition)| *conjunct == at && condition.is_whole)
        };
        let parts = filter.conjuncts().iter().enumerate().filter(|(at, _)| !is_answered(*at));
        all_of(parts.map(|(_, part)| part))
    }

    fn access(&self) -> Access {
        let equals = |at: usize| self.columns.get(at).is_some_and(|(_, conditions)| !conditions.is_empty());
        let names = |at: usize| self.columns[at].1.iter().any(|(_, condition)| condition.equals != Equals::None);
        match self.index {
            Some(_) if !equals(0) && self.direction.is_none() => Access::Scan,
            Some(index) => Access::Index(index.index.clone()),
            None if self.fixed == self.columns.len() => Access::Key,
            None if (0..self.columns.len()).all(names) => Access::Keys,
            None if equals(0) => Access::KeyRange,
            None => Access::Scan,
        }
    }
}

fn all_of<'f>(parts: impl Iterator<Item = &'f Filter>) -> Filter {
    let parts: Vec<Filter> = parts.cloned().collect();
    if parts.is_empty() { Filter::all() } else { Filter::and(parts) }
}

/// The fields of a position in an order.
fn position_fields<'a>(table: &'a Table, sort: &'a Sort) -> Vec<&'a str> {
    match sort {
        Sort::By(fields) => fields.iter().map(|field| field.path.as_str()).collect(),
        _ => table.key.iter().map(|column| column.field.as_str()).collect(),
    }
}

/// The place that a position in an order by these fields is.
fn place_of(places: &[&Column], fields: &[&str], values: &[Value]) -> Result<Vec<SqlValue>> {
    let value = |column: &&Column| {
        let value = fields.iter().position(|field| *field == column.field).and_then(|at| values.get(at));
        column::value(value.unwrap_or(&Value::Null)).map_err(|_| {
            Error::invalid_input("a page token stands at a value that no index holds: begin with the first page")
        })
    };
    places.iter().map(value).collect()
}

#[cfg(test)]
mod tests;
