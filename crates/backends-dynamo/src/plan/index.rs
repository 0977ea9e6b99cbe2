//! Reads by an index: which one serves, and what is asked of it.

use std::sync::Arc;

use backends_core::driver::Consistency;
use backends_core::{Expr, Filter, Order, Position, Predicate, Sort, SortField, Value};

use super::bytes::{Asked, Bounds, apart};
use super::range::{Merged, SortRange, merge};
use super::{By, Planner, Route, all, is_about};
use crate::codec::{Item, OrderOf, SHARD, SHARDS, order};
use crate::filter::joined;
use crate::index::{FieldKeys, Form, TableIndex};

/// How many values of an index are looked up one by one at most so that no scan is needed: as many as a filter may list.
/// And how many queries are merged into one order.
pub(crate) const VALUES: usize = 10_000;
const MERGED: usize = 40;

/// A search in an index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    pub(crate) index: Arc<TableIndex>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) is_backward: bool,
    /// Whether it looks only at records with certain values of the first field.
    pub(crate) is_narrow: bool,
    /// How the lanes come together in the order that is asked for, if they do.
    pub(crate) merge: Option<Merge>,
}

/// One query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    /// Attributes of the index, and what they are equal to.
    pub(crate) equals: Vec<(String, Value)>,
    /// The attribute behind those, and where it is.
    pub(crate) range: Option<(String, SortRange)>,
    /// The attributes of a place behind which it begins.
    pub(crate) after: Vec<(String, Value)>,
}

/// How items of several lanes stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Merge {
    /// The whole order.
    pub(crate) order: OrderOf,
    /// How many of its columns the service has in order; none if it is a hidden attribute that says it.
    pub(crate) columns: Option<usize>,
    /// Where the values of a place in the order that is asked for stand, if all are known of an item.
    pub(crate) position: Option<Vec<Mark>>,
}

/// A value of a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    /// That in this column of the order.
    Column(usize),
    /// All records have this one.
    Fixed(Value),
}

impl Merge {
    /// Whether the service has items at one place that are not equal in the whole order: it knows a beginning only.
    pub(crate) fn has_equals(&self) -> bool {
        self.columns.is_some_and(|columns| columns < self.order.columns().len())
    }

    /// Where an item stands, by the attributes of its key in the index, if no other stands there.
    pub(crate) fn position(&self, key: &Item) -> Option<Position> {
        let place = match self.columns {
            Some(columns) => (columns == self.order.columns().len()).then(|| self.order.place(key))?,
            None => Some(self.order.stored(key)).filter(|(_, is_whole)| *is_whole)?.0,
        };
        let values = order::read(&place)?;
        let value = |mark: &Mark| match mark {
            Mark::Column(column) => values.get(*column).cloned(),
            Mark::Fixed(value) => Some(value.clone()),
        };
        self.position.as_ref()?.iter().map(value).collect::<Option<_>>().map(Position::new)
    }
}

/// An index that serves.
struct Way<'f> {
    /// By how many fields records are found, whether a range is among it, whether they come in order, and how many fields
    /// those have that are in the index.
    merit: (usize, bool, bool, usize),
    search: Search,
    /// What the index says of the filter, and what is left.
    said: Vec<&'f Filter>,
    left: Vec<&'f Filter>,
    /// What an expression may not name.
    barred: Vec<&'f str>,
}

impl Planner<'_> {
    /// By the index that finds the fewest records, if one serves; of equals the first.
    pub(super) fn by_index(&self, indexes: &[Arc<TableIndex>]) -> Option<Route> {
        // Who has to see every write reads past an index, which is behind by its nature.
        if self.request.context.consistency == Consistency::Consistent {
            return None;
        }
        let mut best: Option<Way<'_>> = None;
        for index in indexes {
            let way = match &index.form {
                Form::Fields(keys) => self.by_fields(index, keys),
                Form::Order(order) => self.by_order(index, order),
            };
            if let Some(way) = way.filter(|way| best.as_ref().is_none_or(|best| way.merit > best.merit)) {
                best = Some(way);
            }
        }
        let Way { search, said, left, barred, .. } = best?;
        if search.lanes.is_empty() {
            return Some(self.nothing());
        }
        let is_in_order = search.merge.is_some() || self.request.sort == Sort::Any;
        let merged = search.merge.as_ref().map(|merge| {
            let hidden = merge.columns.is_none().then(|| merge.order.attribute.clone());
            merge.order.columns().map(str::to_owned).chain(hidden).collect::<Vec<_>>()
        });
        let mut route = self.route(By::Index(search), is_in_order, left, &barred);
        route.database = joined(all(said), route.database);
        if let (Some(fields), Some(merged)) = (&mut route.fields, merged) {
            fields.extend(merged);
        }
        Some(route)
    }

    /// By an index of fields: all records that are meant have to be in it, and the fields of its partitions be known.
    fn by_fields<'p>(&'p self, index: &'p Arc<TableIndex>, keys: &'p FieldKeys) -> Option<Way<'p>> {
        let has_odd_texts = |field: &String| self.definition.field(field).is_some_and(|field| field.foreign_text);
        if index.fields.iter().any(|field| !self.is_present(field) || has_odd_texts(field)) {
            return None;
        }
        let lists = keys.hash.iter().map(|key| self.values_of(&key.name)).collect::<Option<Vec<_>>>()?;
        let fixed = keys.range.iter().map_while(|key| self.fixed(&key.name).map(|value| vec![value]));
        let lists: Vec<_> = lists.into_iter().chain(fixed).collect();
        let names: Vec<&str> = keys.hash.iter().chain(&keys.range).map(|key| key.name.as_str()).collect();
        let (known, open) = names.split_at(lists.len());
        let (said, rest): (Vec<_>, Vec<_>) = self.conjuncts.iter().partition(|conjunct| is_about(conjunct, known));
        let mut values = product(&lists)?;
        self.keep_meant(&mut values, &said, |values| known.iter().copied().zip(values).collect());
        values.retain(|values| known.iter().zip(values).all(|(field, value)| self.is_key_value(field, value)));

        let keys_behind = self.keys.iter().copied().filter(|key| !names.contains(key)).collect::<Vec<_>>();
        let columns = [open, &keys_behind].concat();
        let direction = self.direction(&columns).filter(|_| {
            // Equals that are a whole partition are no better than a sort by core.
            values.len() <= MERGED && (!open.is_empty() || keys_behind.is_empty())
        });
        let is_total = keys_behind.is_empty();
        let after = direction
            .and_then(|_| self.places(&columns))
            .filter(|places| open.iter().zip(places).all(|(field, value)| self.is_key_value(field, value)));
        let first = open.first();
        let range = match first.map(|field| merge(self.tests(field))) {
            Some(Merged::Nothing) => {
                values.clear();
                None
            }
            Some(Merged::Range(range)) => Some(range),
            Some(Merged::Anything) | None => None,
        };
        let is_implied = |conjunct: &&Filter| match (conjunct.expr(), &range) {
            (Expr::Test(path, Predicate::IsSet), _) => names.contains(&path.as_str()),
            (Expr::Test(path, test), Some(range)) => Some(&path.as_str()) == first && range.implies(test),
            _ => false,
        };
        let (implied, left): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_implied);
        let merit = (known.len(), range.is_some(), direction.is_some(), index.fields.len());
        let is_backward = direction == Some(Order::Desc);
        let begin = match (&after, direction, first) {
            (Some(places), Some(direction), Some(first)) => {
                let is_whole = is_total && places.len() == columns.len();
                self.begin(first, &places[0], direction, range.as_ref(), is_whole)
            }
            _ => Begin { range, is_at_place: false },
        };
        let lanes = values.into_iter().map(|values| {
            let equals: Vec<_> = known.iter().map(|field| (*field).to_owned()).zip(values).collect();
            let place = || columns.iter().map(|column| (*column).to_owned()).zip(after.iter().flatten().cloned());
            let after = if begin.is_at_place { equals.iter().cloned().chain(place()).collect() } else { Vec::new() };
            Lane { range: first.map(|field| (*field).to_owned()).zip(begin.range.clone()), equals, after }
        });
        let merge = direction.map(|_| {
            let order = OrderOf::by(self.definition, columns.iter().copied());
            Merge { position: self.marks_in(&order), order, columns: Some(open.len()) }
        });
        let search = Search { index: Arc::clone(index), lanes: lanes.collect(), is_backward, is_narrow: true, merge };
        Some(Way { merit, search, said: said.into_iter().chain(implied).collect(), left, barred: names.clone() })
    }

    /// Where a lane begins that goes on behind a place, whose first value this is.
    fn begin(&self, field: &str, value: &Value, direction: Order, range: Option<&SortRange>, is_total: bool) -> Begin {
        // The service begins behind a place of the range only, and knows it only where no two places are equal.
        if is_total && range.is_none_or(|range| range.holds(value)) {
            return Begin { range: range.cloned(), is_at_place: true };
        }
        let bound = match direction {
            Order::Asc => Predicate::Ge(value.clone()),
            Order::Desc => Predicate::Le(value.clone()),
        };
        match merge(self.tests(field).chain([&bound])) {
            Merged::Range(range) => Begin { range: Some(range), is_at_place: false },
            // What is behind the place is left to core to find out.
            Merged::Nothing | Merged::Anything => Begin { range: range.cloned(), is_at_place: false },
        }
    }

    /// By an index for orders, which has every record: where it finds records by a beginning of its fields, or has them
    /// in the order that is asked for.
    fn by_order<'p>(&'p self, index: &'p Arc<TableIndex>, order: &'p OrderOf) -> Option<Way<'p>> {
        let columns: Vec<&str> = order.columns().collect();
        let list = |field: &&str| self.constant(field).map(|value| vec![value]).or_else(|| self.values_of(field));
        let mut lists: Vec<_> = columns.iter().map_while(list).collect();
        while product(&lists).is_none() {
            lists.pop();
        }
        let (known, open) = columns.split_at(lists.len());
        let mut values = product(&lists)?;
        let tests = || open.first().into_iter().flat_map(|field| self.tests(field));
        let range = match merge(tests()) {
            Merged::Nothing => {
                values.clear();
                None
            }
            Merged::Range(range) => Some(range),
            Merged::Anything => None,
        };
        let asked = match &range {
            Some(range) => Asked::Range(range),
            None if open.first().is_some_and(|field| !self.keys.contains(field) && self.is_present(field)) => {
                Asked::There
            }
            None => Asked::Nothing,
        };
        let direction = self.direction(open).filter(|_| values.len() <= 1);
        let is_asked = !matches!(asked, Asked::Nothing);
        if known.is_empty() && !is_asked && direction.is_none() {
            return None;
        }
        let bounds: Vec<_> = values.iter().map(|values| Bounds::new(&OrderOf::start(values), asked)).collect();
        let is_exact = bounds.iter().all(Bounds::is_exact);
        let (said, rest): (Vec<_>, Vec<_>) =
            self.conjuncts.iter().partition(|conjunct| is_exact && is_about(conjunct, known));
        let is_implied = |conjunct: &&Filter| match conjunct.expr() {
            Expr::Test(path, test) if is_exact && open.first() == Some(&path.as_str()) => match asked {
                Asked::Range(range) => range.implies(test) || *test == Predicate::IsSet,
                Asked::There => *test == Predicate::IsSet,
                Asked::Nothing => false,
            },
            _ => false,
        };
        let (implied, left): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_implied);
        let mut lanes = values.into_iter().zip(bounds).collect::<Vec<_>>();
        if is_exact {
            self.keep_meant(&mut lanes, &said, |(values, _)| known.iter().copied().zip(values).collect());
        }
        let after = direction.and_then(|direction| Some((self.places(open)?, direction)));
        let lanes = lanes.into_iter().filter_map(|(values, bounds)| match &after {
            Some((places, direction)) => {
                let is_whole = places.len() == open.len();
                bounds.behind(OrderOf::start(values.iter().chain(places)), is_whole, *direction).condition()
            }
            None => bounds.condition(),
        });
        let lanes = apart(lanes).into_iter().flat_map(|range| {
            (0..SHARDS).map(move |shard| (vec![(SHARD.to_owned(), Value::from(i64::from(shard)))], range.clone()))
        });
        let is_all = known.is_empty() && !is_asked && after.is_none();
        let lanes = lanes.map(|(equals, range)| Lane {
            equals,
            range: (!is_all).then(|| (order.attribute.clone(), range)),
            after: Vec::new(),
        });
        let search = Search {
            index: Arc::clone(index),
            lanes: lanes.collect(),
            is_backward: direction == Some(Order::Desc),
            is_narrow: !known.is_empty(),
            merge: direction.map(|_| Merge { order: order.clone(), columns: None, position: self.marks_in(order) }),
        };
        let merit = (known.len(), range.is_some(), direction.is_some(), 0);
        Some(Way { merit, search, said: said.into_iter().chain(implied).collect(), left, barred: Vec::new() })
    }

    /// The direction in which records are to be read that come ordered by these columns, so that they are in the order
    /// that is asked for. A column that is the same in all of them orders nothing.
    fn direction(&self, columns: &[&str]) -> Option<Order> {
        let by_key: Vec<SortField>;
        let fields = match &self.request.sort {
            Sort::Any => return None,
            Sort::By(fields) => fields,
            Sort::Stable => {
                by_key = self.keys.iter().map(|key| SortField::new(*key, Order::Asc)).collect();
                &by_key
            }
        };
        let mut due = columns.iter().filter(|column| self.constant(column).is_none());
        let fields: Vec<_> = fields.iter().filter(|field| self.constant(field.path.as_str()).is_none()).collect();
        let direction = fields.first().map_or(Order::Asc, |field| field.order);
        let is_served = fields
            .iter()
            .all(|field| field.order == direction && due.next().is_some_and(|column| *column == field.path.as_str()));
        is_served.then_some(direction)
    }

    /// Where in an order the values of a place stand that are asked for.
    fn marks_in(&self, order: &OrderOf) -> Option<Vec<Mark>> {
        let mark = |field: &str| match self.constant(field) {
            Some(value) => Some(Mark::Fixed(value)),
            None => order.columns().position(|column| column == field).map(Mark::Column),
        };
        match &self.request.sort {
            Sort::By(fields) => fields.iter().map(|field| mark(field.path.as_str())).collect(),
            _ => self.keys.iter().map(|key| mark(key)).collect(),
        }
    }

    /// The values of these columns at the place behind which the records begin: of all, or of the first of them.
    fn places(&self, columns: &[&str]) -> Option<Vec<Value>> {
        let position = self.request.after.as_ref()?;
        let at = |column: &str| match &self.request.sort {
            Sort::By(fields) => fields.iter().position(|field| field.path.as_str() == column),
            _ => self.keys.iter().position(|key| *key == column),
        };
        let value = |column: &&str| {
            let given = || position.values().get(at(column)?).cloned();
            self.constant(column).or_else(given)
        };
        let places: Vec<_> = columns.iter().map_while(value).collect();
        (!places.is_empty()).then_some(places)
    }
}

/// Where a lane begins.
struct Begin {
    range: Option<SortRange>,
    is_at_place: bool,
}

/// Each combination of a value of each list, if they are not too many.
fn product(lists: &[Vec<Value>]) -> Option<Vec<Vec<Value>>> {
    let mut all = vec![Vec::new()];
    for list in lists {
        if all.len() * list.len() > VALUES {
            return None;
        }
        all = all
            .iter()
            .flat_map(|start: &Vec<Value>| {
                list.iter().map(|value| [start.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    Some(all)
}
