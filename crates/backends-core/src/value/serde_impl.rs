//! How an untyped value goes through serde, inside this library and in JSON.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;
use crate::json::{self, HANDED_OUT};
use crate::{Document, Timestamp};

/// The name by which this crate's deserializer knows that timestamps and bytes are to be kept.
pub(crate) const VALUE: &str = "$__backends_value";
/// The name by which this crate's serializer knows bytes.
pub(crate) const BYTES: &str = "$__backends_bytes";
/// What bytes are called in JSON; no field name begins with `$`.
pub(crate) const BINARY: &str = "$binary";

/// Bytes for this crate's serializer, which is not human-readable at this point; the map for JSON.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self.0);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(BINARY, &BASE64.encode(self.0))?;
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::String(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_newtype_struct(BYTES, &Bytes(bytes)),
            Self::Timestamp(at) => at.serialize(serializer),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Map(fields) => fields.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE, Visitor { outer: true })
    }
}

/// `outer` while the name of the newtype has not been passed.
struct Visitor {
    outer: bool,
}

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.outer {
            return deserializer.deserialize_any(Self { outer: false });
        }
        // Only this crate's deserializer says "newtype" twice: it is an instant.
        i64::deserialize(deserializer)
            .and_then(|millis| Timestamp::from_millis(millis).map_err(de::Error::custom))
            .map(Value::Timestamp)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        i64::try_from(int)
            .map(Value::Int)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(int), &"an integer inside i64"))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::from(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element()? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut document = Document::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name == BINARY {
                let bytes = fields.next_value_seed(Base64)?;
                return match fields.next_key::<de::IgnoredAny>()? {
                    None if document.is_empty() => Ok(Value::Bytes(bytes)),
                    _ => Err(de::Error::custom("`$binary` stands alone in its map")),
                };
            }
            if name == HANDED_OUT && document.is_empty() {
                return json::handed_out(&fields.next_value::<String>()?)
                    .map(Value::from_scalar)
                    .ok_or_else(|| de::Error::custom("a number that is no integer inside 64 bits and no float"));
            }
            let value: Value = fields.next_value()?;
            document.insert(name, value);
        }
        Ok(Value::Map(document))
    }
}

/// The bytes that base64 text stands for in JSON.
///
/// # Errors
/// `InvalidInput` for other text.
pub(crate) fn bytes_of(text: &str) -> crate::Result<Value> {
    let bytes = BASE64.decode(text).map_err(|_| crate::Error::invalid_input(NO_BASE64))?;
    Ok(Value::Bytes(bytes))
}

const NO_BASE64: &str = "`$binary` holds base64 with padding";

struct Base64;

impl<'de> DeserializeSeed<'de> for Base64 {
    type Value = Vec<u8>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map_err(|_| de::Error::custom(NO_BASE64))
    }
}
