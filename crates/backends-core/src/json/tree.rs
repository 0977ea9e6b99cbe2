//! JSON that keeps what a map would hide: a key that is written twice.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::Error;

/// A JSON value with the entries of its objects as they were written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What the text holds, which is that of `what`; an error says where it is broken, never what stands there.
    ///
    /// # Errors
    /// `InvalidInput` for what is no JSON, or has more than 127 lists and objects inside one another.
    pub(crate) fn parse(text: &str, what: &str) -> crate::Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::invalid_input(if is_too_deep(&error) {
                format!("{what} is nested too deeply at line {line}, column {column}: flatten it")
            } else {
                format!("{what} is no valid JSON at line {line}, column {column}: correct it there")
            })
        })
    }

    /// Whether all numbers in it are such.
    pub(crate) fn all_numbers(&self, is: &dyn Fn(&Number) -> bool) -> bool {
        match self {
            Self::Number(number) => is(number),
            Self::Array(items) => items.iter().all(|item| item.all_numbers(is)),
            Self::Object(entries) => entries.iter().all(|(_, value)| value.all_numbers(is)),
            Self::Null | Self::Bool(_) | Self::String(_) => true,
        }
    }
}

/// Whether a text is JSON that goes deeper than `serde_json` does.
pub(crate) fn is_too_deep(error: &serde_json::Error) -> bool {
    // Its kind of error says of this that it is of syntax.
    error.to_string().starts_with("recursion limit exceeded")
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.clone()),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("a number that is not finite: pass another"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Json>()? {
            entries.push(entry);
        }
        Ok(match entries.as_slice() {
            [(key, Json::String(text))] if key == super::HANDED_OUT => match text.parse() {
                Ok(number) => Json::Number(number),
                Err(_) => Json::Object(entries),
            },
            _ => Json::Object(entries),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l40_a_number_is_one_however_it_is_handed_out() {
        let five: Json = serde_json::from_str("5").unwrap();
        let wrapped: Json = serde_json::from_str(r#"{"$serde_json::private::Number": "5"}"#).unwrap();
        assert_eq!(five, wrapped);
        let text: Json = serde_json::from_str(r#"{"$serde_json::private::Number": "x"}"#).unwrap();
        assert!(matches!(text, Json::Object(_)));
    }

    #[test]
    fn c41_a_number_that_is_not_finite_is_not_taken_for_none() {
        use serde::de::value::{Error, F64Deserializer};

        let read = |float: f64| Json::deserialize(F64Deserializer::<Error>::new(float));
        assert_eq!(read(0.5), Ok(serde_json::from_str("0.5").unwrap()));
        for float in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(read(float).is_err(), "{float}");
        }
    }

    #[test]
    fn c16_c38_what_is_nested_too_deeply_is_not_called_broken() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(&nested(127), "the filter").is_ok());
        for (text, says) in
            [(nested(128), "nested too deeply at line 1, column 128"), ("[[".to_owned(), "no valid JSON")]
        {
            let error = Json::parse(&text, "the filter").unwrap_err();
            assert!(error.is_invalid_input() && error.message().contains(says), "{error}");
        }
    }

    #[test]
    fn c38_repeated_keys_are_kept() {
        let json: Json = serde_json::from_str(r#"{"a": 1, "a": [true, null, "x", -1.5]}"#).unwrap();
        assert!(matches!(json, Json::Object(entries) if entries.len() == 2));
    }
}
