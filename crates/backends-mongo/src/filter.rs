//! A filter as a query of the server: what means exactly the same is asked, the rest is handed back.

use std::collections::BTreeSet;

use backends_core::{Definition, Expr, Filter, Kind, Path, Predicate, Result, Value, field};
use mongodb::bson::{Bson, Document, doc};

use crate::alternatives::{Alternatives, whole};
use crate::codec::element::tag;
use crate::codec::{ID, any_of, forms};
use crate::place::Place;

mod text;

// MongoDB: a command has 16 MB and a little more.
pub(crate) const MOST_BYTES: usize = 12 << 20;

/// The types of values that no record holds, and that a walk over one refuses: their numbers, and their names in
/// expressions.
pub(crate) const UNREADABLE: [(i32, &str); 9] = [
    (tag::UNDEFINED as i32, "undefined"),
    (tag::REGEX as i32, "regex"),
    (tag::DB_POINTER as i32, "dbPointer"),
    (tag::CODE as i32, "javascript"),
    (tag::CODE_WITH_SCOPE as i32, "javascriptWithScope"),
    (tag::TIMESTAMP as i32, "timestamp"),
    (tag::DECIMAL128 as i32, "decimal"),
    (tag::MAX_KEY as i32, "maxKey"),
    // MongoDB: the tag of MinKey is 255, and its number another.
    (-1, "minKey"),
];

const ARRAY: i32 = tag::ARRAY as i32;
const STRING: i32 = tag::STRING as i32;
const OBJECT_ID: i32 = tag::OBJECT_ID as i32;

/// What the server is asked for a filter.
#[derive(Debug)]
pub(crate) struct Condition {
    /// The query: it finds every document that is meant.
    pub(crate) document: Document,
    /// What of the filter it asks for, exactly.
    pub(crate) asked: Filter,
    /// What of the filter is left.
    pub(crate) rest: Filter,
    /// What of the filter core has to look at: the rest, and what may find a value that no record holds. A document
    /// with such a value is found as well, so that whoever reads it says so.
    pub(crate) left: Filter,
    /// Where such values may be.
    pub(crate) suspects: BTreeSet<Suspect>,
}

/// A place, by its name in documents, where a value may stand that no record holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suspect {
    /// Nothing is declared there: a value of any type.
    Undeclared(String),
    /// An instant is: text that is none.
    Instant(String),
}

/// What every text begins with that is an instant.
pub(crate) const INSTANT: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}";

impl Suspect {
    /// The query for documents with such a value.
    fn query(self) -> Document {
        match self {
            Self::Undeclared(name) => {
                doc! { name: { "$type": UNREADABLE.iter().map(|(number, _)| *number).collect::<Vec<_>>() } }
            }
            Self::Instant(name) => doc! { name: { "$type": STRING, "$not": { "$regex": INSTANT } } },
        }
    }
}

impl Condition {
    /// The query for a filter.
    pub(crate) fn new(definition: &Definition, filter: &Filter, alternatives: Alternatives) -> Result<Self> {
        let (mut documents, mut asked, mut rest, mut left) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut suspects = BTreeSet::new();
        let mut bytes = 0;
        for conjunct in filter.conjuncts() {
            let mut part = part(definition, conjunct, true)?;
            if alternatives == Alternatives::Whole && matches!(conjunct.expr(), Expr::Or(_)) {
                part.document = part.document.map(whole);
            }
            let document = part.document.filter(|document| bytes + size(document) <= MOST_BYTES);
            let found = find_suspects(definition, conjunct);
            let is_asked = part.is_exact && document.is_some();
            if !is_asked || !found.is_empty() {
                left.push(conjunct.clone());
            }
            if is_asked {
                asked.push(conjunct.clone());
                suspects.extend(found);
            } else {
                rest.push(conjunct.clone());
            }
            bytes += document.as_ref().map_or(0, size);
            documents.extend(document);
        }
        let [asked, rest, left] = [asked, rest, left].map(all_of);
        Ok(Self { document: joined("$and", documents), asked, rest, left, suspects })
    }

    /// The same, where core also looks at these places, and leaves no document out for it.
    pub(crate) fn looking_at<'p>(self, places: impl Iterator<Item = &'p Path>) -> Self {
        let look = |left, path: &Path| {
            let look = field(path).is_set() | field(path).is_missing();
            if Filter::is_all(&left) { look } else { left & look }
        };
        Self { left: places.fold(self.left.clone(), look), ..self }
    }
}

/// Whether a value that no record holds may be at the path.
pub(crate) fn is_suspect(definition: &Definition, path: &Path) -> bool {
    !suspects_at(Place::at(definition, path)).is_empty()
}

fn all_of(filters: Vec<Filter>) -> Filter {
    if filters.is_empty() { Filter::all() } else { Filter::and(filters) }
}

/// What can be asked of the server for a part of a filter.
struct Part {
    /// A query that finds every document that is meant; without one that is any.
    document: Option<Document>,
    /// Whether it finds no other.
    is_exact: bool,
}

impl Part {
    fn exactly(document: Document) -> Self {
        Self { document: Some(document), is_exact: true }
    }

    fn certainly(holds: bool) -> Self {
        Self::exactly(if holds { Document::new() } else { nothing() })
    }

    fn unknown() -> Self {
        Self { document: None, is_exact: false }
    }

    /// The opposite, which cannot be told where this is too wide.
    fn negated(self) -> Self {
        match self.document {
            Some(document) if self.is_exact => Self::exactly(opposite(document)),
            _ => Self::unknown(),
        }
    }
}

/// The query for a part. Where it is asked `plainly`, under no not, it finds documents with unreadable values too.
fn part(definition: &Definition, filter: &Filter, plainly: bool) -> Result<Part> {
    let parts = |members: &[Filter]| -> Result<Vec<Part>> {
        members.iter().map(|member| part(definition, member, plainly)).collect()
    };
    Ok(match filter.expr() {
        Expr::All => Part::certainly(true),
        Expr::Nothing => Part::certainly(false),
        Expr::And(members) => {
            let parts = parts(members)?;
            let is_exact = parts.iter().all(|part| part.is_exact);
            let documents: Vec<Document> = parts.into_iter().filter_map(|part| part.document).collect();
            let document = (!documents.is_empty()).then(|| joined("$and", documents));
            Part { document, is_exact }
        }
        Expr::Or(members) => {
            let parts = parts(members)?;
            let is_exact = parts.iter().all(|part| part.is_exact);
            let documents: Option<Vec<Document>> = parts.into_iter().map(|part| part.document).collect();
            Part { document: documents.map(|documents| joined("$or", documents)), is_exact }
        }
        Expr::Not(inner) => with_suspects(definition, filter, part(definition, inner, false)?.negated(), plainly),
        Expr::Test(path, predicate) => {
            with_suspects(definition, filter, test(&Place::at(definition, path), predicate)?, plainly)
        }
    })
}

/// The part, which also finds documents with unreadable values where the filter looks.
fn with_suspects(definition: &Definition, filter: &Filter, part: Part, plainly: bool) -> Part {
    let document = part.document.map(|document| {
        let suspects = if plainly { find_suspects(definition, filter) } else { BTreeSet::new() };
        let unreadable = suspects.into_iter().map(Suspect::query);
        joined("$or", std::iter::once(document).chain(unreadable).collect())
    });
    Part { document, ..part }
}

/// The places at which a filter looks and may find what no record holds; where it is the library that looks, nobody asks.
fn find_suspects(definition: &Definition, filter: &Filter) -> BTreeSet<Suspect> {
    if filter.is_of_expiry() {
        return BTreeSet::new();
    }
    let mut looked_at = Vec::new();
    paths(filter, &mut looked_at);
    looked_at.into_iter().flat_map(|path| suspects_at(Place::at(definition, path))).collect()
}

fn suspects_at(place: Place) -> BTreeSet<Suspect> {
    let mut suspects: BTreeSet<_> = place.ways().map(|way| Suspect::Undeclared(way.to_owned())).collect();
    if place.kind.is_none() {
        suspects.insert(Suspect::Undeclared(place.name));
    } else if place.is_of(Kind::Timestamp) {
        suspects.insert(Suspect::Instant(place.name));
    }
    suspects
}

/// The query for what is asked of one place.
fn test(place: &Place, predicate: &Predicate) -> Result<Part> {
    Ok(match predicate {
        Predicate::Eq(value) => equals(place, std::slice::from_ref(value))?,
        Predicate::In(values) => equals(place, values)?,
        Predicate::Ne(value) => equals(place, std::slice::from_ref(value))?.negated(),
        Predicate::NotIn(values) => equals(place, values)?.negated(),
        Predicate::Lt(value) => range(place, &[("$lt", value)])?,
        Predicate::Le(value) => range(place, &[("$lte", value)])?,
        Predicate::Gt(value) => range(place, &[("$gt", value)])?,
        Predicate::Ge(value) => range(place, &[("$gte", value)])?,
        Predicate::Between(low, high) => range(place, &[("$gte", low), ("$lte", high)])?,
        Predicate::StartsWith(start) => Part::exactly(text::starts_with(place, start)),
        Predicate::Like(pattern) => Part::exactly(text::like(place, pattern.first(), pattern.rest())),
        Predicate::Contains(value) => contains(place, value)?,
        Predicate::IsSet => Part::exactly(is_set(place)),
        Predicate::IsMissing => Part::exactly(is_set(place)).negated(),
        _ => Part::unknown(),
    })
}

fn equals(place: &Place, values: &[Value]) -> Result<Part> {
    // What counts as missing equals nothing.
    let values = values.iter().filter(|value| !(place.drops_empty() && **value == Value::from("")));
    let op = match any_of(place, values)? {
        Bson::Document(op) => op,
        value => doc! { "$eq": value },
    };
    Ok(or_foreign_text(place, guarded(place, op)))
}

fn range(place: &Place, bounds: &[(&'static str, &Value)]) -> Result<Part> {
    let mut ops = Vec::new();
    for (operator, bound) in bounds {
        for (at, form) in forms(place, bound)?.enumerate() {
            if at == ops.len() {
                ops.push(Document::new());
            }
            ops[at].insert(*operator, form);
        }
    }
    if place.drops_empty() {
        for op in &mut ops {
            op.insert("$ne", "");
        }
    }
    let is_text = bounds.iter().all(|(_, bound)| matches!(bound, Value::String(_)));
    let documents = if place.kind.is_none() && is_text {
        // Some of the bounds may be no `ObjectId`s: those that stand here are compared by their digits.
        ops.truncate(1);
        let by_text = ops.into_iter().map(|op| guarded(place, op));
        by_text.chain([text::in_range(place, bounds)]).collect()
    } else {
        ops.into_iter().map(|op| guarded(place, op)).collect()
    };
    Ok(or_foreign_text(place, joined("$or", documents)))
}

/// Text that may be an instant is left to core.
fn or_foreign_text(place: &Place, document: Document) -> Part {
    if !place.has_foreign_text() {
        return Part::exactly(document);
    }
    let text = doc! { &place.name: { "$type": STRING } };
    Part { document: Some(joined("$or", vec![document, text])), is_exact: false }
}

/// A text that holds the text, or an array with the member.
fn contains(place: &Place, value: &Value) -> Result<Part> {
    let in_text = match value {
        Value::String(part) => Some(text::like(place, "", &[part.clone(), String::new()])),
        _ => None,
    };
    if place.kind.is_some() {
        return Ok(in_text.map_or(Part::certainly(false), Part::exactly));
    }
    let elements = Place { kind: place.elements, ..place.clone() };
    let op = match any_of(&elements, std::iter::once(value))? {
        Bson::Document(op) => op,
        value => doc! { "$eq": value },
    };
    let member = on_the_way(place, doc! { "$elemMatch": op });
    Ok(or_foreign_text(&elements, joined("$or", std::iter::once(member).chain(in_text).collect())))
}

fn is_set(place: &Place) -> Document {
    if place.kind.is_some() {
        let is_set = if place.drops_empty() {
            doc! { "$nin": [Bson::Null, ""] }
        } else {
            doc! { "$ne": Bson::Null }
        };
        return on_the_way(place, is_set);
    }
    // MongoDB: a test for null looks into arrays.
    joined("$or", vec![on_the_way(place, doc! { "$type": ARRAY }), on_the_way(place, doc! { "$ne": Bson::Null })])
}

/// The operators at the place itself, where no array is: the server would look into one.
fn guarded(place: &Place, mut op: Document) -> Document {
    if place.kind.is_none() {
        op.insert("$not", doc! { "$type": ARRAY });
    }
    on_the_way(place, op)
}

/// The operators at the place, with no array on the way to it.
fn on_the_way(place: &Place, op: Document) -> Document {
    let ways = place.ways().map(|way| (way.to_owned(), Bson::Document(doc! { "$not": { "$type": ARRAY } })));
    ways.chain([(place.name.clone(), Bson::Document(op))]).collect()
}

/// Several queries as one.
fn joined(operator: &str, mut documents: Vec<Document>) -> Document {
    match documents.len() {
        0 => Document::new(),
        1 => documents.remove(0),
        _ => doc! { operator: documents },
    }
}

/// The documents that a query does not find. An index serves the opposite of a test of one field.
fn opposite(document: Document) -> Document {
    let mut fields = document.iter();
    if let (Some((name, Bson::Document(op))), None) = (fields.next(), fields.next())
        && !name.starts_with('$')
        && !op.contains_key("$not")
    {
        return doc! { name: opposite_of_operators(op) };
    }
    doc! { "$nor": [document] }
}

fn opposite_of_operators(op: &Document) -> Document {
    const PAIRS: [(&str, &str); 4] = [("$eq", "$ne"), ("$ne", "$eq"), ("$in", "$nin"), ("$nin", "$in")];
    let mut operators = op.iter();
    if let (Some((operator, operand)), None) = (operators.next(), operators.next())
        && let Some((_, opposite)) = PAIRS.iter().find(|(one, _)| one == operator)
    {
        return doc! { *opposite: operand.clone() };
    }
    doc! { "$not": op.clone() }
}

/// The query that finds nothing.
pub(crate) fn nothing() -> Document {
    doc! { ID: { "$in": [] } }
}

/// The paths that a filter looks at.
pub(crate) fn paths<'f>(filter: &'f Filter, found: &mut Vec<&'f Path>) {
    match filter.expr() {
        Expr::Test(path, _) => found.push(path),
        Expr::And(members) | Expr::Or(members) => members.iter().for_each(|member| paths(member, found)),
        Expr::Not(inner) => paths(inner, found),
        Expr::All | Expr::Nothing => {}
    }
}

/// How many bytes a query has, about.
pub(crate) fn size(document: &Document) -> usize {
    document.iter().map(|(name, value)| name.len() + size_of(value)).sum::<usize>() + 8
}

fn size_of(value: &Bson) -> usize {
    // The head of an element, and a number or an id.
    16 + match value {
        Bson::String(text) => text.len(),
        Bson::Binary(binary) => binary.bytes.len(),
        Bson::Document(document) => size(document),
        Bson::Array(elements) => elements.iter().map(size_of).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
