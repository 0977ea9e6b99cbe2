//! An update as one request without a read, where its condition says all that the record has to be for the service to do
//! exactly what core would make of it.
//!
//! The condition may be narrower than it need be: what does not meet it is handed over, looked at, and changed as what was
//! read. It is never wider, but for a fraction that another program left where the definition or the type has an integer,
//! of which no condition can be made: what was there is handed over too, and such a change is taken back.

use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::driver::{ExpectedVersion, Expiry, UpdateRequest};
use backends_core::{Change, Definition, Filter, Kind, Path, Value};

use crate::codec::{Codec, EXPIRES, Item, SHARD, attribute};
use crate::expression::{Alive, Expression};
use crate::filter;
use crate::guard::Guards;
use crate::stamp::{STAMP, Stamp};

// DynamoDB: 300 operators and 4 KB an expression.
const MOST_OPERATORS: usize = 300;
const MOST_TEXT: usize = 4_096;

// DynamoDB: 400 KB an item. What may be too large by itself is measured before it is sent, which takes a read.
const MOST_BYTES: usize = 300_000;

/// The two expressions of a request; names and values of both stand beside the condition.
#[derive(Debug, PartialEq)]
pub(crate) struct AtOnce {
    pub(crate) condition: Expression,
    pub(crate) update: String,
}

/// What is known of the records of a repository.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) codec: &'a Codec,
    pub(crate) guards: &'a Guards,
}

/// The request; none where the record has to be read.
pub(crate) fn at_once(
    request: &UpdateRequest,
    records: Records<'_>,
    expiry: Option<&Expiry>,
    stamp: &Stamp,
) -> Option<AtOnce> {
    let Records { definition, codec, guards } = records;
    let changes = &request.changes;
    let changes_field = |field: &str| changes.iter().any(|change| change.path().first() == field);
    let is_guarded = guards.fields_beside(changes_field).next().is_some();
    // Of what else stands in the record its place in an order is made.
    let is_ordered = !codec.places().orders().is_empty();
    let bytes: usize = changes.iter().map(weight).sum();
    if is_guarded || is_ordered || bytes > MOST_BYTES {
        return None;
    }
    let mut writer = Writer::default();
    let partition = writer.name(codec.partition());
    writer.all.push(format!("attribute_exists({partition})"));
    writer.holds(&request.filter, definition, expiry)?;
    writer.expects(request.expected.as_ref());
    for change in changes.iter() {
        let most = request.leaving(change)?;
        let is_text = matches!(change, Change::Set(_, Value::String(_)));
        // The strings of an index are counted together, and the others stand in the record.
        if is_text && definition.indexes().any(|index| index.fields().any(|field| field == change.path().first())) {
            return None;
        }
        // Elsewhere a fraction may stand, of which no condition can be made; a type that counts integers reads none.
        let is_integer = !request.is_untyped() || definition.kind_of(change.path().as_str()) == Some(Kind::Integer);
        if matches!(change, Change::Inc(..)) && !is_integer {
            return None;
        }
        writer.change(change, &most)?;
    }
    writer.keeps_hidden_attributes_right(changes, codec);
    writer.set(STAMP, stamp.attribute());
    writer.finish()
}

#[derive(Default)]
struct Writer {
    /// What has to hold, all of it.
    all: Vec<String>,
    sets: Vec<String>,
    removes: Vec<String>,
    names: Vec<String>,
    values: Vec<AttributeValue>,
    /// What stands in the condition besides, with names and values of its own.
    besides: Vec<Expression>,
}

impl Writer {
    fn name(&mut self, name: &str) -> String {
        let number = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#u{number}")
    }

    /// The place, each name on the way aliased: a number among them is the name of a field, and no index of a list.
    fn place(&mut self, path: &Path) -> String {
        path.segments().map(|segment| self.name(segment)).collect::<Vec<_>>().join(".")
    }

    fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":u{}", self.values.len() - 1)
    }

    fn number(&mut self, number: i64) -> String {
        self.value(AttributeValue::N(number.to_string()))
    }

    fn set(&mut self, name: &str, value: AttributeValue) {
        let (place, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{place} = {value}"));
    }

    /// That the filter means the record, if the service can be asked exactly that.
    fn holds(&mut self, filter: &Filter, definition: &Definition, expiry: Option<&Expiry>) -> Option<()> {
        let (of_expiry, asked): (Vec<_>, Vec<_>) = filter.conjuncts().iter().partition(|part| part.is_of_expiry());
        if !of_expiry.is_empty() {
            self.besides.push(Alive(expiry?).expression());
        }
        let split = filter::split(asked, definition, &[]);
        self.besides.extend(split.expression);
        split.rest.is_all().then_some(())
    }

    /// That the record has this version. One that cannot be counted on is not met either: an `inc` is among the changes.
    fn expects(&mut self, expected: Option<&ExpectedVersion>) {
        let Some(expected) = expected else { return };
        let (field, version) = (self.name(expected.field()), self.number(expected.version()));
        self.all.push(if expected.means_missing() {
            format!("(attribute_not_exists({field}) OR {field} = {version})")
        } else {
            format!("{field} = {version}")
        });
    }

    /// Adds a change; `most` are the integers that an `inc` may come to.
    fn change(&mut self, change: &Change, most: &RangeInclusive<i64>) -> Option<()> {
        let path = change.path();
        // What is missing on the way is not made by the service.
        if let Some((above, _)) = path.as_str().rsplit_once('.') {
            let (above, map) = (self.place(&above.into()), self.value(AttributeValue::S("M".to_owned())));
            self.all.push(format!("attribute_type({above}, {map})"));
        }
        let place = self.place(path);
        match change {
            Change::Set(_, value) => {
                let value = self.value(attribute(value));
                self.sets.push(format!("{place} = {value}"));
            }
            Change::Unset(_) => self.removes.push(place),
            Change::Inc(_, by) => {
                let (least, largest) = UpdateRequest::summands(*by, most)?.into_inner();
                let is_between = format!("{place} BETWEEN {} AND {}", self.number(least), self.number(largest));
                let may_begin = most.contains(by);
                let by = self.number(*by);
                if may_begin {
                    let zero = self.number(0);
                    self.all.push(format!("(attribute_not_exists({place}) OR {is_between})"));
                    self.sets.push(format!("{place} = if_not_exists({place}, {zero}) + {by}"));
                } else {
                    self.all.push(is_between);
                    self.sets.push(format!("{place} = {place} + {by}"));
                }
            }
            Change::Push(_, member) => {
                let list = self.value(AttributeValue::S("L".to_owned()));
                self.all.push(format!("(attribute_not_exists({place}) OR attribute_type({place}, {list}))"));
                let none = self.value(AttributeValue::L(Vec::new()));
                let member = self.value(AttributeValue::L(vec![attribute(member)]));
                self.sets.push(format!("{place} = list_append(if_not_exists({place}, {none}), {member})"));
            }
            // No expression removes members by their value; and what this version does not know it does not do.
            _ => return None,
        }
        Some(())
    }

    /// When the record expires is written anew if that changes. What another definition had written beside the record, of
    /// what may change now, is not there.
    fn keeps_hidden_attributes_right(&mut self, changes: &[Change], codec: &Codec) {
        let mut foreign = vec![SHARD];
        match codec.expires() {
            None => foreign.push(EXPIRES),
            Some(expires) => {
                let time = changes.iter().find_map(|change| match change {
                    Change::Set(path, value) if path.as_str() == expires.field() => Some(value),
                    _ => None,
                });
                if let Some(time) = time {
                    match expires.of(&Item::from([(expires.field().to_owned(), attribute(time))])) {
                        Some(second) => self.set(EXPIRES, AttributeValue::N(second.to_string())),
                        None => {
                            let place = self.name(EXPIRES);
                            self.removes.push(place);
                        }
                    }
                }
            }
        }
        for name in foreign {
            let name = self.name(name);
            self.all.push(format!("attribute_not_exists({name})"));
        }
    }

    /// None if it is more than the service takes.
    fn finish(self) -> Option<AtOnce> {
        let mut update = format!("SET {}", self.sets.join(", "));
        if !self.removes.is_empty() {
            update.push_str(" REMOVE ");
            update.push_str(&self.removes.join(", "));
        }
        let names = self.names.into_iter().enumerate().map(|(number, name)| (format!("#u{number}"), name));
        let values = self.values.into_iter().enumerate().map(|(number, value)| (format!(":u{number}"), value));
        let own = Expression { text: self.all.join(" AND "), names: names.collect(), values: Some(values.collect()) };
        let condition = self.besides.into_iter().fold(own, Expression::and);
        let text = &condition.text;
        if text.len() > MOST_TEXT || operators(text) > MOST_OPERATORS || update.len() > MOST_TEXT {
            return None;
        }
        Some(AtOnce { condition, update })
    }
}

/// How many operators and functions an expression has, or more.
fn operators(text: &str) -> usize {
    text.matches(['=', '<', '>', '(']).count()
        + [" AND ", " OR ", "NOT ", " BETWEEN "].map(|word| text.matches(word).count()).iter().sum::<usize>()
}

/// About how many bytes a change brings.
fn weight(change: &Change) -> usize {
    match change {
        Change::Set(_, value) | Change::Push(_, value) => bytes(value),
        _ => 8,
    }
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(members) => members.iter().map(|member| 1 + bytes(member)).sum(),
        Value::Map(map) => map.iter().map(|(name, value)| name.len() + 1 + bytes(value)).sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests;
