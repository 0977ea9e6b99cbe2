//! Operands and parts of keys as BSON, in every form in which a program may have stored them.

use backends_core::{Error, Result, Timestamp, Value};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, doc};

use crate::place::Place;

/// The scalar in every form in which it may stand at the place. The library writes the first one; other programs store
/// references as what they refer to, and bytes in the old way.
pub(crate) fn forms(place: &Place, value: &Value) -> Result<Vec<Bson>> {
    Ok(match value {
        Value::Bool(bool) => vec![Bson::Boolean(*bool)],
        Value::Int(int) => vec![Bson::Int64(*int)],
        Value::Float(float) => vec![Bson::Double(*float)],
        Value::Timestamp(at) => vec![date(*at)],
        Value::String(text) => match hex_object_id(text) {
            Some(id) if place.is_object_id => vec![Bson::ObjectId(id)],
            Some(id) if place.may_be_object_id() => vec![Bson::String(text.clone()), Bson::ObjectId(id)],
            _ => vec![Bson::String(text.clone())],
        },
        Value::Bytes(bytes) => [BinarySubtype::Generic, BinarySubtype::BinaryOld]
            .map(|subtype| Bson::Binary(Binary { subtype, bytes: bytes.clone() }))
            .to_vec(),
        Value::Null | Value::Array(_) | Value::Map(_) => {
            return Err(Error::unexpected("an operand, or a part of a key, is no scalar"));
        }
    })
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
    ObjectId::parse_str(text).ok().filter(|id| id.to_hex() == text)
}
