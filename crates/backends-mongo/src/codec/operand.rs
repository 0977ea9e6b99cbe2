//! Operands and parts of keys as BSON, in every form in which a program may have stored them.

use backends_core::{Error, Result, Timestamp, Value};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, doc};

use crate::place::Place;

/// The scalar in every form in which it may stand at the place. The library writes the first one; other programs store
/// references as what they refer to, and bytes in the old way.
pub(crate) fn forms(place: &Place, value: &Value) -> Result<impl Iterator<Item = Bson> + use<>> {
    let binary = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
    let (written, other) = match value {
        Value::Bool(bool) => (Bson::Boolean(*bool), None),
        Value::Int(int) => (Bson::Int64(*int), None),
        Value::Float(float) => (Bson::Double(*float), None),
        Value::Timestamp(at) => (date(*at), None),
        Value::String(text) => match hex_object_id(text) {
            Some(id) if place.is_object_id => (Bson::ObjectId(id), None),
            Some(id) if place.may_be_object_id() => (Bson::String(text.clone()), Some(Bson::ObjectId(id))),
            _ => (Bson::String(text.clone()), None),
        },
        Value::Bytes(bytes) => (binary(BinarySubtype::Generic, bytes), Some(binary(BinarySubtype::BinaryOld, bytes))),
        Value::Null | Value::Array(_) | Value::Map(_) => {
            return Err(Error::unexpected("an operand, or a part of a key, is no scalar"));
        }
    };
    Ok(std::iter::once(written).chain(other))
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
