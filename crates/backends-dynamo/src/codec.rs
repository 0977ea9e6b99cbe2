//! Records and keys as attributes, and attributes as records.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use backends_core::{Definition, Error, Key, Kind, RecordBuf, Result, Token, Value};

mod batch;
mod expires;
pub(crate) mod number;
pub(crate) mod order;
mod place;
mod walk;
mod write;

pub(crate) use batch::ItemBatch;
pub(crate) use expires::{EXPIRES, Expires};
pub(crate) use place::{LONGEST, OrderOf, Places, SHARD, SHARDS};
pub(crate) use walk::ItemTokens;

use crate::capabilities::MAX_RECORD_BYTES;
use crate::error::TOO_LARGE;
use crate::stamp::Stamp;

/// An item as the client has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// What the names of attributes begin with that are the library's own.
pub(crate) const RESERVED: &str = "_backends";

/// What a definition says of the form of items: the field of the partition key, and that of the sort key if there is one;
/// the orders that each item carries its places in; and when it expires.
#[derive(Debug, Clone)]
pub(crate) struct Codec {
    keys: Vec<KeyField>,
    places: Arc<Places>,
    expires: Option<Arc<Expires>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyField {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl KeyField {
    /// A key of text.
    pub(crate) fn text(name: &str) -> Self {
        Self { name: name.to_owned(), kind: Kind::String }
    }

    /// A field of the definition.
    pub(crate) fn of(definition: &Definition, field: &str) -> Self {
        Self { name: field.to_owned(), kind: definition.kind_of(field).unwrap_or(Kind::String) }
    }

    /// The type that the attribute has.
    pub(crate) fn attribute_type(&self) -> ScalarAttributeType {
        match self.kind {
            Kind::Number | Kind::Integer => ScalarAttributeType::N,
            _ => ScalarAttributeType::S,
        }
    }
}

impl Codec {
    pub(crate) fn new(definition: &Definition) -> Self {
        let keys = definition.key_fields().map(|field| KeyField::of(definition, field)).collect();
        let expires = definition.ttl().map(|ttl| Arc::new(Expires::new(ttl)));
        Self { keys, places: Arc::new(Places::new(definition)), expires }
    }

    /// The record as an item that carries the stamp of its write, its places in orders, and when it expires.
    ///
    /// # Errors
    /// `InvalidInput` if the service would find it too large.
    pub(crate) fn item(&self, record: &RecordBuf, stamp: &Stamp) -> Result<Item> {
        self.sized_item(record, stamp).map(|(item, _)| item)
    }

    /// The same, and how many bytes it has at least.
    pub(crate) fn sized_item(&self, record: &RecordBuf, stamp: &Stamp) -> Result<(Item, u64)> {
        let (item, size) = write::item(record, stamp)?;
        self.complete(item, size)
    }

    fn complete(&self, mut item: Item, mut size: u64) -> Result<(Item, u64)> {
        size += self.places.put_into(&mut item);
        size += self.expires.as_ref().map_or(0, |expires| expires.put_into(&mut item));
        if size > MAX_RECORD_BYTES {
            return Err(Error::invalid_input(TOO_LARGE));
        }
        Ok((item, size))
    }

    /// The same over what `beside` holds that the record has not: what another program stored, which counts to its places.
    pub(crate) fn item_over(&self, record: &RecordBuf, stamp: &Stamp, beside: Item) -> Result<Item> {
        let (own, size) = write::item(record, stamp)?;
        let mut item = beside;
        item.extend(own);
        self.complete(item, size).map(|(item, _)| item)
    }

    /// What every item carries for orders.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// When items expire, where they do.
    pub(crate) fn expires(&self) -> Option<&Expires> {
        self.expires.as_deref()
    }

    /// The fields of the primary key, that of the partition first.
    pub(crate) fn keys(&self) -> &[KeyField] {
        &self.keys
    }

    /// The attribute that every item has.
    pub(crate) fn partition(&self) -> &str {
        self.keys.first().map_or("", |key| key.name.as_str())
    }

    /// The key as the attributes that it consists of.
    pub(crate) fn key(&self, key: &Key) -> Result<Item> {
        let mut item = Item::with_capacity(self.keys.len());
        for (field, value) in self.keys.iter().zip([Some(key.partition()), key.sort()]) {
            let value = value.ok_or_else(|| Error::unexpected("a key lacks its second part"))?;
            let value = operand(value).filter(|value| value.is_s() || value.is_n()).ok_or_else(|| {
                Error::unexpected("a key holds something else than a string, a number or a timestamp")
            })?;
            item.insert(field.name.clone(), value);
        }
        Ok(item)
    }

    /// The key of an item as core has it, if it is one that this library can read.
    pub(crate) fn core_key(&self, item: &Item) -> Option<Key> {
        let mut values = self.keys.iter().map(|field| match (field.kind, item.get(&field.name)?) {
            (Kind::Timestamp, AttributeValue::S(text)) => text.parse().ok().map(Value::Timestamp),
            (_, AttributeValue::S(text)) => Some(Value::String(text.clone())),
            (_, AttributeValue::N(text)) => match number::read(text).ok()? {
                Token::Int(int) => Some(Value::Int(int)),
                Token::Float(float) => Some(Value::Float(float)),
                _ => None,
            },
            _ => None,
        });
        let partition = values.next()??;
        Some(Key::new(partition, values.next().map_or(Some(None), |value| value.map(Some))?))
    }

    /// The key of an item, if it has one that can be read.
    pub(crate) fn key_of<'i>(&self, item: &'i Item) -> Option<ItemKey<'i>> {
        let mut parts = self.keys.iter().map(|key| stored(item.get(&key.name)?));
        Some(ItemKey(parts.next()??, parts.next().unwrap_or(Some(Part::None))?))
    }

    /// The same of a key that is looked for.
    pub(crate) fn wanted(key: &Key) -> Option<ItemKey<'_>> {
        Some(ItemKey(wanted(key.partition())?, key.sort().map_or(Some(Part::None), wanted)?))
    }
}

/// The key of an item, in a form that can be looked up. The server writes each number in one form only, which is not
/// always that of the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey<'i>(Part<'i>, Part<'i>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part<'i> {
    None,
    Text(Cow<'i, str>),
    Int(i64),
    /// The bits of a float that is no integer.
    Float(u64),
}

fn stored(value: &AttributeValue) -> Option<Part<'_>> {
    match value {
        AttributeValue::S(text) => Some(Part::Text(text.into())),
        AttributeValue::N(text) => match number::read(text).ok()? {
            Token::Int(int) => Some(Part::Int(int)),
            Token::Float(float) => Some(Part::Float(float.to_bits())),
            _ => None,
        },
        _ => None,
    }
}

fn wanted(value: &Value) -> Option<Part<'_>> {
    match value {
        Value::String(text) => Some(Part::Text(text.into())),
        Value::Timestamp(at) => Some(Part::Text(at.to_string().into())),
        Value::Int(int) => Some(Part::Int(*int)),
        Value::Float(float) => Some(Part::Float(float.to_bits())),
        _ => None,
    }
}

/// A scalar as it is stored; none for what is no scalar.
pub(crate) fn operand(value: &Value) -> Option<AttributeValue> {
    Some(match value {
        Value::Bool(bool) => AttributeValue::Bool(*bool),
        Value::Int(int) => AttributeValue::N(int.to_string()),
        Value::Float(float) => AttributeValue::N(number::write(*float)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.as_slice())),
        Value::Timestamp(at) => AttributeValue::S(at.to_string()),
        Value::Null | Value::Array(_) | Value::Map(_) => return None,
    })
}

/// A value as it is stored.
pub(crate) fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Array(members) => AttributeValue::L(members.iter().map(attribute).collect()),
        Value::Map(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.to_owned(), attribute(value))).collect())
        }
        scalar => operand(scalar).unwrap_or(AttributeValue::Null(true)),
    }
}

#[cfg(test)]
mod tests;
