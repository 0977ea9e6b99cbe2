//! Operands and parts of keys as BSON, in every form in which a program may have stored them.

use backends_core::{Error, Result, Timestamp, Value};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};

use crate::place::Place;

/// The scalar in every form in which it may stand at the place. The library writes the first one; other programs store
/// references as what they refer to, and bytes in the old way.
pub(crate) fn forms(place: &Place, value: &Value) -> Result<impl Iterator<Item = Bson> + use<>> {
    let (written, other) = match value {
        Value::String(text) => match hex_object_id(text) {
            Some(id) if place.is_object_id => (Bson::ObjectId(id), None),
            Some(id) if place.may_be_object_id() => (stored(value), Some(Bson::ObjectId(id))),
            _ => (stored(value), None),
        },
        Value::Bytes(bytes) => (stored(value), Some(binary(BinarySubtype::BinaryOld, bytes))),
        Value::Null | Value::Array(_) | Value::Map(_) => {
            return Err(Error::unexpected("an operand, or a part of a key, is no scalar"));
        }
        scalar => (stored(scalar), None),
    };
    Ok(std::iter::once(written).chain(other))
}

/// The value as the library stores it in a field.
pub(crate) fn stored(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(bool) => Bson::Boolean(*bool),
        Value::Int(int) => Bson::Int64(*int),
        Value::Float(float) => Bson::Double(*float),
        Value::Timestamp(at) => date(*at),
        Value::String(text) => Bson::String(text.clone()),
        Value::Bytes(bytes) => binary(BinarySubtype::Generic, bytes),
        Value::Array(members) => Bson::Array(members.iter().map(stored).collect()),
        Value::Map(map) => {
            Bson::Document(map.iter().map(|(name, value)| (name.to_owned(), stored(value))).collect::<Document>())
        }
    }
}

fn binary(subtype: BinarySubtype, bytes: &[u8]) -> Bson {
    Bson::Binary(Binary { subtype, bytes: bytes.to_vec() })
}

/// The condition that one of these values stands at the place.
pub(crate) fn any_of<'v>(place: &Place, values: impl Iterator<Item = &'v Value>) -> Result<Bson> {
    let mut all = Vec::with_capacity(values.size_hint().0);
    for value in values {
        all.extend(forms(place, value)?);
    }
    Ok(match all.pop() {
        Some(only) if all.is_empty() => only,
        last => {
            all.extend(last);
            Bson::Document(doc! { "$in": all })
        }
    })
}

pub(crate) fn date(at: Timestamp) -> Bson {
    Bson::DateTime(DateTime::from_millis(at.millis()))
}

/// The `ObjectId` that reads as this text.
pub(crate) fn hex_object_id(text: &str) -> Option<ObjectId> {
    let is_its_text = text.len() == 24 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_its_text { ObjectId::parse_str(text).ok() } else { None }
}
