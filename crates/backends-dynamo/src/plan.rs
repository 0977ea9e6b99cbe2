//! How a read by filter is answered: a function from the request and the definition to what is asked of the service.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use backends_core::driver::FindRequest;
use backends_core::{
    Definition, Error, Expr, Filter, Key, Kind, Order, Path, Predicate, RecordBuf, Result, Sort, Token, Value,
};

use crate::expression::Expression;
use crate::filter::{Split, is_key_text, joined, split};
use crate::guard::{Guard, Guards};
use crate::index::TableIndex;

mod bytes;
mod index;
mod order;
mod range;
mod values;

pub(crate) use index::{Lane, Merge, Search, VALUES};
pub(crate) use order::Marks;
pub(crate) use range::SortRange;
use range::{Merged, merge};

/// How many keys are asked for one by one at most: as many as an `is_in` has values.
const KEYS: usize = 10_000;

/// What is asked of the service, and what is left to core.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) by: By,
    /// What the service looks at besides keys.
    pub(crate) expression: Option<Expression>,
    /// What the service looks at, the keys among it.
    pub(crate) database: Filter,
    /// What core has to look at.
    pub(crate) rest: Filter,
    /// Whether the records come in the order that is asked for; true where none is.
    pub(crate) is_in_order: bool,
    /// The places of keys in that order.
    pub(crate) marks: Marks,
    /// The attributes to fetch; all without a list.
    pub(crate) fields: Option<BTreeSet<String>>,
}

/// Which items are read.
#[derive(Debug, PartialEq)]
pub(crate) enum By {
    /// None: no record can be meant.
    Nothing,
    /// The one with this key.
    Key(Key),
    /// Those with these keys, in this order where one is asked for.
    Keys(Vec<Key>),
    /// Those of these partitions, in this order where one is asked for.
    Range(Range),
    /// The one that has the values of this guard.
    Guard(Guard),
    /// Those that an index has there.
    Index(Search),
    /// All of them, or those behind this key.
    Scan(Option<Key>),
}

/// A part of each of some partitions.
#[derive(Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) partitions: Vec<Value>,
    /// Which records of a partition; all without.
    pub(crate) sort: Option<SortRange>,
    pub(crate) is_backward: bool,
    /// Where the first of the partitions begins: behind this key.
    pub(crate) after: Option<Key>,
}

/// Plans the answer to a request. First fit wins: the whole key, several keys, unique values, a range of keys, an index,
/// a scan.
///
/// # Errors
/// `InvalidInput` for a page that goes on behind something that is no key.
pub(crate) fn route(
    request: &FindRequest,
    definition: &Definition,
    indexes: &[Arc<TableIndex>],
    guards: &Guards,
) -> Result<Route> {
    let keys: Vec<&str> = definition.key_fields().collect();
    let planner = Planner { request, definition, keys: &keys, conjuncts: request.filter.conjuncts() };
    if keys.iter().any(|key| planner.tests(key).any(|test| *test == Predicate::IsMissing)) {
        return Ok(planner.nothing());
    }
    let Some(partitions) = planner.values_of(keys[0]) else {
        let known = planner.alternatives().map(|keys| planner.keys(keys));
        if known.is_none() && request.own_order {
            // Whoever goes on in the table's order stays in it, whatever would serve now.
            return planner.scan();
        }
        let known = known.or_else(|| planner.by_guard(guards));
        return known.or_else(|| planner.by_index(indexes)).map_or_else(|| planner.scan(), Ok);
    };
    let sorts = keys.get(1).map(|sort| planner.values_of(sort));
    let of_partition = |partition: &Value| match &sorts {
        None => vec![Key::new(partition.clone(), None)],
        Some(sorts) => {
            let with = |sort: &Value| Key::new(partition.clone(), Some(sort.clone()));
            sorts.iter().flatten().map(with).collect()
        }
    };
    match &sorts {
        Some(None) => Ok(planner.by_guard(guards).unwrap_or_else(|| planner.range_or_index(partitions, indexes))),
        Some(Some(sorts)) if partitions.len() * sorts.len() > KEYS => Ok(planner.range(partitions)),
        _ => Ok(planner.keys(partitions.iter().flat_map(of_partition).collect())),
    }
}

struct Planner<'a> {
    request: &'a FindRequest,
    definition: &'a Definition,
    /// The fields of the key.
    keys: &'a [&'a str],
    conjuncts: &'a [Filter],
}

impl Planner<'_> {
    /// The tests of a field that have all to hold.
    fn tests<'s>(&'s self, field: &'s str) -> impl Iterator<Item = &'s Predicate> {
        self.conjuncts.iter().filter_map(move |conjunct| match conjunct.expr() {
            Expr::Test(path, predicate) if path.as_str() == field => Some(predicate),
            _ => None,
        })
    }

    /// The directions in which the key is in the order that is asked for, if there are any.
    fn directions(&self) -> Option<Vec<Order>> {
        order::directions(&self.request.sort, self.keys, |field| self.fixed(field).is_some())
    }

    fn nothing(&self) -> Route {
        self.route(By::Nothing, true, Vec::new(), &[])
    }

    fn scan(&self) -> Result<Route> {
        // A page that goes on by key is not in the table's order.
        let is_in_order = match &self.request.sort {
            Sort::Any => true,
            Sort::Stable => self.request.after.is_none() || self.request.own_order,
            Sort::By(_) => false,
        };
        let after = match &self.request.after {
            Some(_) if is_in_order => Some(self.after().ok_or_else(no_place)?),
            _ => None,
        };
        Ok(self.route(By::Scan(after), is_in_order, self.conjuncts.iter().collect(), &[]))
    }

    fn keys(&self, mut keys: Vec<Key>) -> Route {
        let (about_keys, others): (Vec<_>, Vec<_>) =
            self.conjuncts.iter().partition(|conjunct| is_about(conjunct, self.keys));
        self.keep_meant(&mut keys, &about_keys, |key| {
            let values = [Some(key.partition()), key.sort()];
            self.keys.iter().copied().zip(values).filter_map(|(field, value)| Some((field, value?))).collect()
        });
        let asked = all(about_keys);
        let finish = |by, is_in_order| {
            // A request by key takes no filter.
            let mut route = self.route(by, is_in_order, Vec::new(), &[]);
            (route.database, route.rest) = (asked, all(others));
            route.fields = self.fields(&route.rest);
            route
        };
        if keys.len() < 2 {
            return keys.pop().map_or_else(|| self.nothing(), |key| finish(By::Key(key), true));
        }
        let directions = self.directions().unwrap_or_default();
        let mut due = self.keys.iter().zip(directions).filter(|(key, _)| self.fixed(key).is_none());
        let is_in_order = match due.next() {
            Some((_, first)) if due.all(|(_, other)| other == first) => {
                keys.sort_unstable();
                if first == Order::Desc {
                    keys.reverse();
                }
                true
            }
            _ => false,
        };
        if let Some(after) = self.after().filter(|_| is_in_order) {
            let behind = if keys.first() < keys.last() { Ordering::Greater } else { Ordering::Less };
            keys.retain(|key| key.cmp(&after) == behind);
        }
        finish(By::Keys(keys), is_in_order)
    }

    /// By unique values, if all of those of an index are fixed.
    fn by_guard(&self, guards: &Guards) -> Option<Route> {
        let guard = guards.indexes().find_map(|(name, fields)| {
            let values: Option<Vec<Value>> = fields.into_iter().map(|field| self.fixed(field)).collect();
            values.map(|values| guards.holding(name, &values))
        })?;
        let mut route = self.route(By::Guard(guard), true, Vec::new(), &[]);
        route.rest = self.request.filter.clone();
        route.fields = self.fields(&route.rest);
        Some(route)
    }

    /// By the partitions, unless an index that finds records as well has them in the order that the key has not.
    fn range_or_index(&self, partitions: Vec<Value>, indexes: &[Arc<TableIndex>]) -> Route {
        let range = self.range(partitions);
        let has_key = |search: &Search| search.index.fields.iter().any(|field| field == self.keys[0]);
        let is_better = |route: &Route| match &route.by {
            By::Index(search) => route.is_in_order && search.is_narrow && has_key(search),
            _ => false,
        };
        if range.is_in_order || !matches!(self.request.sort, Sort::By(_)) {
            return range;
        }
        self.by_index(indexes).filter(is_better).unwrap_or(range)
    }

    fn range(&self, mut partitions: Vec<Value>) -> Route {
        let (about_partition, others): (Vec<_>, Vec<_>) =
            self.conjuncts.iter().partition(|conjunct| is_about(conjunct, &self.keys[..1]));
        self.keep_meant(&mut partitions, &about_partition, |value| vec![(self.keys[0], value)]);
        let sort_key = self.keys.get(1).copied();
        let sort = match sort_key.map(|key| merge(self.tests(key))) {
            _ if partitions.is_empty() => return self.nothing(),
            Some(Merged::Nothing) => return self.nothing(),
            Some(Merged::Range(range)) => Some(range),
            Some(Merged::Anything) | None => None,
        };
        let is_asked = |conjunct: &&Filter| match (conjunct.expr(), &sort) {
            (Expr::Test(path, test), Some(sort)) => Some(path.as_str()) == sort_key && sort.implies(test),
            _ => false,
        };
        let (implied, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_asked);
        let directions = self.directions();
        let is_in_order = directions.is_some();
        let [of_partition, of_sort] =
            directions.as_deref().and_then(|all| all.try_into().ok()).unwrap_or([Order::Asc; 2]);
        let by_key = |value: &Value| Key::new(value.clone(), None);
        partitions.sort_unstable_by_key(by_key);
        if of_partition == Order::Desc {
            partitions.reverse();
        }
        let mut after = self.after().filter(|_| is_in_order);
        if let Some(after) = &after {
            let behind = if of_partition == Order::Desc { Ordering::Less } else { Ordering::Greater };
            partitions
                .retain(|value| [behind, Ordering::Equal].contains(&by_key(value).cmp(&by_key(after.partition()))));
        }
        // The service begins behind a key of the range only.
        let holds = |key: &Key| key.sort().is_some_and(|value| sort.as_ref().is_none_or(|range| range.holds(value)));
        after = after.filter(|key| partitions.first() == Some(key.partition()) && holds(key));
        let range = Range { partitions, sort, is_backward: of_sort == Order::Desc, after };
        let mut route = self.route(By::Range(range), is_in_order, others, self.keys);
        route.database = joined(all(about_partition.into_iter().chain(implied)), route.database);
        route
    }

    /// Takes away what the conjuncts, which are about these fields only, do not mean.
    fn keep_meant<'n, K>(
        &self,
        keys: &mut Vec<K>,
        conjuncts: &[&Filter],
        fields_of: impl for<'k> Fn(&'k K) -> Vec<(&'n str, &'k Value)>,
    ) {
        let matcher = self.request.matcher(&all(conjuncts.iter().copied()), []);
        let mut seen = matcher.sighting();
        keys.retain(|key| {
            let mut record = RecordBuf::new();
            for (field, value) in fields_of(key).into_iter().filter(|(_, value)| **value != Value::Null) {
                record.push(Token::Field(field));
                record.push(value.token());
            }
            // What cannot be looked at is left for core to look at.
            matcher.look(&mut record.tokens(), &mut seen).unwrap_or(true)
        });
    }

    /// The key behind which the records begin, if it can be one.
    fn after(&self) -> Option<Key> {
        let key = self.marks().key(self.request.after.as_ref()?)?;
        let is_part =
            |(field, value): (&&str, Option<&Value>)| value.is_some_and(|value| self.is_key_value(field, value));
        let is_key = self.keys.iter().zip([Some(key.partition()), key.sort()]).all(is_part);
        is_key.then_some(key)
    }

    /// Whether a value is one that the key of the table or of an index may have in this field.
    fn is_key_value(&self, field: &str, value: &Value) -> bool {
        match (self.definition.kind_of(field), value) {
            (Some(Kind::Number | Kind::Integer), Value::Int(_) | Value::Float(_))
            | (Some(Kind::Timestamp), Value::Timestamp(_)) => true,
            (Some(Kind::String | Kind::ObjectId), Value::String(text)) => is_key_text(text),
            _ => false,
        }
    }

    fn marks(&self) -> Marks {
        Marks::of(&self.request.sort, self.keys, |field| self.fixed(field))
    }

    /// A route that asks the service for what it can of the conjuncts. An expression may not name what is `barred`.
    fn route(&self, by: By, is_in_order: bool, conjuncts: Vec<&Filter>, barred: &[&str]) -> Route {
        let Split { expression, database, rest } = split(conjuncts, self.definition, barred);
        let fields = self.fields(&rest);
        Route { by, expression, database, rest, is_in_order, marks: self.marks(), fields }
    }

    /// The attributes that are asked for, and those that core looks at.
    fn fields(&self, rest: &Filter) -> Option<BTreeSet<String>> {
        let mut fields: BTreeSet<String> = self.request.fields.as_ref()?.iter().cloned().collect();
        let mut add = |path: &Path| _ = fields.insert(path.first().to_owned());
        visit(rest, &mut add);
        if let Sort::By(order) = &self.request.sort {
            for field in order {
                add(&field.path);
            }
        }
        fields.extend(self.keys.iter().map(|key| (*key).to_owned()));
        Some(fields)
    }
}

/// All of these; every record if there is none.
fn all<'f>(filters: impl IntoIterator<Item = &'f Filter>) -> Filter {
    filters.into_iter().cloned().fold(Filter::all(), joined)
}

/// Whether a filter is about these fields only.
fn is_about(filter: &Filter, fields: &[&str]) -> bool {
    let mut is_about = true;
    visit(filter, &mut |path| is_about &= fields.contains(&path.as_str()));
    is_about
}

/// Calls `see` with the path of every test.
pub(crate) fn visit<'f>(filter: &'f Filter, see: &mut impl FnMut(&'f Path)) {
    match filter.expr() {
        Expr::All | Expr::Nothing => {}
        Expr::Test(path, _) => see(path),
        Expr::And(members) | Expr::Or(members) => members.iter().for_each(|member| visit(member, see)),
        Expr::Not(inner) => visit(inner, see),
    }
}

#[cold]
fn no_place() -> Error {
    Error::invalid_input("a page token that no page of this query gave: begin with the first page")
}

#[cfg(test)]
mod tests;
