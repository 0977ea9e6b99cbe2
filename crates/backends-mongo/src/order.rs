//! An order as the server sorts: by the fields themselves where that is the same, by computed values elsewhere.

use backends_core::driver::FindRequest;
use backends_core::{Definition, Error, Expr, Kind, Order, Path, Position, Predicate, Result, Sort, SortField, Value};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use crate::alternatives::{Alternatives, is_key};
use crate::codec::{date, forms};
use crate::place::Place;

/// What the names of computed values begin with. A walk over a record passes over them.
const COMPUTED: &str = "_backends_sort_";

// MongoDB: a sort by more is refused (code 13103).
const MOST_KEYS: usize = 32;

/// An order that the server brings documents into.
#[derive(Debug)]
pub(crate) struct Sorting {
    keys: Vec<SortKey>,
}

#[derive(Debug)]
struct SortKey {
    place: Place,
    descends: bool,
    /// The name of the value that is computed for it, if one is.
    computed: Option<String>,
    /// Whether every document has a value there.
    is_key: bool,
}

/// Who sorts.
#[derive(Debug)]
pub(crate) enum Sorted {
    Nobody,
    Server(Sorting),
    Core,
}

impl Sorted {
    /// Who brings the records of a request into their order.
    pub(crate) fn of(definition: &Definition, request: &FindRequest) -> Self {
        let by_key: Vec<SortField>;
        let fields = match &request.sort {
            Sort::Any => return Self::Nobody,
            Sort::By(fields) => fields,
            Sort::Stable => {
                by_key = definition.key_fields().map(|field| SortField::new(field, Order::Asc)).collect();
                &by_key
            }
        };
        if fields.len() > MOST_KEYS {
            return Self::Core;
        }
        let places: Vec<Place> = fields.iter().map(|field| Place::at(definition, &field.path)).collect();
        if places.iter().any(Place::has_foreign_text) {
            return Self::Core;
        }
        let merges = Alternatives::of(definition, request) == Alternatives::Merged;
        let keys = places.into_iter().zip(fields).enumerate().map(|(number, (place, field))| {
            let is_key = is_key(definition, &field.path);
            let is_stored = is_sorted_as_stored(&place) && (is_key || !merges) || means_numbers(request, &field.path);
            let computed = (!is_stored).then(|| format!("{COMPUTED}{number}"));
            SortKey { computed, descends: field.order == Order::Desc, is_key, place }
        });
        Self::Server(Sorting { keys: keys.collect() })
    }
}

/// Whether the server's order of what stands there is that of the contract.
fn is_sorted_as_stored(place: &Place) -> bool {
    let kinds = [Kind::String, Kind::Number, Kind::Integer, Kind::Timestamp, Kind::Bool];
    let is_of_one_kind = kinds.iter().any(|kind| place.is_of(*kind)) && !place.drops_empty();
    place.is_declared_field() && (is_of_one_kind || place.is_object_id)
}

/// Whether the filter means no record but those with a number there, which the server sorts as they are stored.
fn means_numbers(request: &FindRequest, path: &Path) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Float(_));
    request.filter.conjuncts().iter().any(|conjunct| match conjunct.expr() {
        Expr::Test(
            at,
            Predicate::Eq(value)
            | Predicate::Lt(value)
            | Predicate::Le(value)
            | Predicate::Gt(value)
            | Predicate::Ge(value)
            | Predicate::Between(value, _),
        ) if at == path => is_number(value),
        _ => false,
    })
}

impl Sorting {
    /// Whether values have to be computed, so that no index serves the order.
    pub(crate) fn computes(&self) -> bool {
        self.keys.iter().any(|key| key.computed.is_some())
    }

    /// The server's own form of the order.
    pub(crate) fn document(&self) -> Document {
        self.keys.iter().map(|key| (key.name().to_owned(), Bson::Int32(if key.descends { -1 } else { 1 }))).collect()
    }

    /// The values to compute, by their names.
    pub(crate) fn computed(&self) -> Document {
        self.keys.iter().filter_map(|key| Some((key.computed.clone()?, Bson::Document(value(&key.place))))).collect()
    }

    /// The query for the documents behind a position, where nothing is computed: for each key those that are behind
    /// by it and equal by those before it, so that an index serves every part.
    pub(crate) fn after(&self, position: &Position) -> Result<Vec<Document>> {
        self.behind_all(position.values())
    }

    /// The query for the documents up to a position, of those behind another one or of all.
    pub(crate) fn up_to(&self, after: Option<&Position>, end: &Position) -> Result<Document> {
        let behind = self.behind_all(end.values())?;
        let mut query = if behind.is_empty() {
            Document::new()
        } else {
            doc! { "$nor": behind }
        };
        let begins = after.and_then(|after| after.values().first());
        if let (Some(key), Some(value)) = (self.keys.first(), end.values().first()) {
            // Missing values come first where it ascends, and no bound of values finds them.
            let has_values = key.is_key || key.descends || begins.is_some_and(|begins| !matches!(begins, Value::Null));
            if has_values && !matches!(value, Value::Null) {
                // MongoDB: bounds on an index come of this, and not of what is excluded.
                query.insert(key.name(), doc! { if key.descends { "$gte" } else { "$lte" }: key.stored(value)? });
            }
        }
        Ok(query)
    }

    fn behind_all(&self, values: &[Value]) -> Result<Vec<Document>> {
        let pairs: Vec<_> = self.with_values(values)?.collect();
        let mut equal = Document::new();
        let mut alternatives = Vec::new();
        let mut is_missing = false;
        for (at, (key, value)) in pairs.iter().copied().enumerate() {
            // MongoDB: where it merges parts, a stored null is not equal to a missing field. So they become one part.
            if is_missing && at + 1 < pairs.len() {
                let mut rest = equal;
                if let Some(bound) = key.bound(value)? {
                    rest.insert(key.name(), bound);
                }
                rest.extend(behind_computed(&pairs[at..])?);
                alternatives.push(rest);
                break;
            }
            for behind in key.behind(value)? {
                let mut alternative = equal.clone();
                alternative.insert(key.name(), behind);
                alternatives.push(alternative);
            }
            equal.insert(key.name(), key.stored(value)?);
            is_missing |= matches!(value, Value::Null);
        }
        Ok(alternatives)
    }

    /// The same as an expression, where values are computed.
    pub(crate) fn after_computed(&self, position: &Position) -> Result<Document> {
        behind_computed(&self.with_values(position.values())?.collect::<Vec<_>>())
    }

    fn with_values<'a>(&'a self, values: &'a [Value]) -> Result<impl Iterator<Item = (&'a SortKey, &'a Value)>> {
        if values.len() != self.keys.len() {
            return Err(Error::unexpected("a position of another order"));
        }
        Ok(self.keys.iter().zip(values))
    }
}

/// The query, as an expression, for the documents that are behind these values.
fn behind_computed(pairs: &[(&SortKey, &Value)]) -> Result<Document> {
    let mut equal: Vec<Document> = Vec::new();
    let mut alternatives = Vec::new();
    for (key, value) in pairs {
        let stands = doc! { "$ifNull": [format!("${}", key.name()), Bson::Null] };
        let operands = vec![stands, doc! { "$literal": key.compared(value)? }];
        let mut all = equal.clone();
        all.push(doc! { if key.descends { "$lt" } else { "$gt" }: &operands });
        alternatives.push(doc! { "$and": all });
        equal.push(doc! { "$eq": operands });
    }
    Ok(doc! { "$expr": { "$or": alternatives } })
}

impl SortKey {
    /// The field that is sorted by.
    fn name(&self) -> &str {
        self.computed.as_deref().unwrap_or(&self.place.name)
    }

    /// The value as it is stored.
    fn stored(&self, value: &Value) -> Result<Bson> {
        if matches!(value, Value::Null) {
            return Ok(Bson::Null);
        }
        forms(&self.place, value)?.next().ok_or_else(|| Error::unexpected("a value without a form"))
    }

    /// The value as it is compared.
    fn compared(&self, value: &Value) -> Result<Bson> {
        Ok(match value {
            value if self.computed.is_none() => self.stored(value)?,
            Value::Timestamp(at) => Bson::Document(doc! { INSTANT: date(*at) }),
            Value::Bytes(_) => no_order(),
            Value::String(text) => Bson::String(text.clone()),
            value => self.stored(value)?,
        })
    }

    /// Where on an index the documents begin that are not before the value, if they are in one run.
    fn bound(&self, value: &Value) -> Result<Option<Bson>> {
        let is_one_run = !matches!(value, Value::Null) && (!self.descends || self.is_key);
        let operator = if self.descends { "$lte" } else { "$gte" };
        is_one_run.then(|| Ok(doc! { operator: self.stored(value)? }.into())).transpose()
    }

    /// The operators that find what is behind the value in this direction. Missing values are the smallest.
    fn behind(&self, value: &Value) -> Result<Vec<Bson>> {
        let is_missing = matches!(value, Value::Null);
        Ok(match (self.descends, is_missing) {
            (true, true) => Vec::new(),
            (false, true) => vec![doc! { "$ne": Bson::Null }.into()],
            (false, false) => vec![doc! { "$gt": self.stored(value)? }.into()],
            (true, false) => {
                let missing = (!self.is_key).then_some(Bson::Null);
                std::iter::once(doc! { "$lt": self.stored(value)? }.into()).chain(missing).collect()
            }
        })
    }
}

/// The field of what an instant is compared as. The server has documents where instants have to be, and dates elsewhere.
const INSTANT: &str = "at";

/// What maps, arrays and bytes are compared as. The server has bytes behind documents, and before bools.
fn no_order() -> Bson {
    Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: Vec::new() })
}

/// What the server sorts as the contract sorts the value at the place.
fn value(place: &Place) -> Document {
    let value = format!("${}", place.name);
    let is_one_of = |kinds: &[&str]| doc! { "$in": [{ "$type": &value }, kinds.to_vec()] };
    let mut branches = vec![
        doc! { "case": is_one_of(&["missing", "null"]), "then": Bson::Null },
        doc! { "case": is_one_of(&["date"]), "then": { INSTANT: &value } },
        doc! { "case": is_one_of(&["array", "object", "binData"]), "then": no_order() },
        doc! { "case": is_one_of(&["objectId"]), "then": { "$toString": &value } },
    ];
    if place.drops_empty() {
        branches.push(doc! { "case": { "$eq": [&value, ""] }, "then": Bson::Null });
    }
    let through_arrays: Vec<_> = place.ways().map(|way| doc! { "$isArray": [format!("${way}")] }).collect();
    if !through_arrays.is_empty() {
        branches.insert(0, doc! { "case": { "$or": through_arrays }, "then": Bson::Null });
    }
    doc! { "$switch": { "branches": branches, "default": &value } }
}

#[cfg(test)]
mod tests;
