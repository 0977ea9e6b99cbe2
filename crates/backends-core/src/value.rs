//! An untyped value.

use std::fmt;

use crate::{Document, Timestamp, Token};

mod serde_impl;

pub(crate) use serde_impl::{BINARY, BYTES, VALUE, bytes_of};

/// An untyped value. `Debug` shows what it is, never what it holds.
///
/// Serde keeps timestamps and bytes apart from text inside this library; in JSON a timestamp is RFC 3339 text and
/// bytes are `{"$binary": base64}`.
#[derive(Clone)]
pub enum Value {
    /// No value: a field that holds it is missing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant.
    Timestamp(Timestamp),
    /// An array.
    Array(Vec<Value>),
    /// A map.
    Map(Document),
}

impl Value {
    fn number(&self) -> Option<Token<'_>> {
        match self {
            Self::Int(int) => Some(Token::Int(*int)),
            Self::Float(float) => Some(Token::number(*float)),
            _ => None,
        }
    }

    /// The scalar that a token is; null where it is none.
    pub(crate) fn from_scalar(token: Token<'_>) -> Self {
        match token {
            Token::Bool(bool) => Self::Bool(bool),
            Token::Int(int) => Self::Int(int),
            Token::Float(float) => Self::Float(float),
            Token::String(text) => Self::String(text.to_owned()),
            Token::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Token::Timestamp(at) => Self::Timestamp(at),
            Token::Null | Token::Array | Token::Map | Token::Field(_) | Token::End => Self::Null,
        }
    }

    /// The scalar as a token; `Array` and `Map` only as their beginning.
    pub fn token(&self) -> Token<'_> {
        match self {
            Self::Null => Token::Null,
            Self::Bool(bool) => Token::Bool(*bool),
            Self::Int(int) => Token::Int(*int),
            Self::Float(float) => Token::number(*float),
            Self::String(text) => Token::String(text),
            Self::Bytes(bytes) => Token::Bytes(bytes),
            Self::Timestamp(at) => Token::Timestamp(*at),
            Self::Array(_) => Token::Array,
            Self::Map(_) => Token::Map,
        }
    }
}

/// Numbers are one kind: an integer equals a float of the same value.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(left), Self::Array(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            (Self::Array(_) | Self::Map(_), _) | (_, Self::Array(_) | Self::Map(_)) => false,
            _ => match (self.number(), other.number()) {
                (Some(left), Some(right)) => left == right,
                _ => self.token() == other.token(),
            },
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(elements) => f.debug_list().entries(elements).finish(),
            Self::Map(fields) => fields.fmt(f),
            scalar => f.write_str(scalar.token().describe()),
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $make:expr;)+) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        })+
    };
}

from! {
    bool => |value| Self::Bool(value);
    i64 => |value| Self::Int(value);
    i32 => |value| Self::Int(value.into());
    u32 => |value| Self::Int(value.into());
    &str => |value| Self::String(value.to_owned());
    String => |value| Self::String(value);
    Vec<u8> => |value| Self::Bytes(value);
    Timestamp => |value| Self::Timestamp(value);
    Vec<Value> => |value| Self::Array(value);
    Document => |value| Self::Map(value);
    f64 => |value| match Token::number(value) {
        Token::Int(int) => Self::Int(int),
        _ => Self::Float(value),
    };
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c02_numbers_are_one_kind() {
        assert_eq!(Value::Int(1), Value::Float(1.0));
        assert_eq!(Value::from(-0.0), Value::Int(0));
        assert_ne!(Value::Int(9_007_199_254_740_993), Value::Float(9_007_199_254_740_992.0));
        assert_ne!(Value::Int(1), Value::from("1"));
        assert_ne!(Value::Array(vec![]), Value::Map(Document::new()));
    }

    #[test]
    fn c40_debug_shows_kinds_only() {
        let value = Value::Map(Document::from([("list", Value::from(vec![Value::from("secret"), Value::from(7)]))]));
        assert_eq!(format!("{value:?}"), r#"{"list": [a string, an integer]}"#);
    }

    #[test]
    fn l40_a_number_is_one_however_it_is_handed_out() {
        let wrapped: Document = serde_json::from_str(
            r#"{"a": {"$serde_json::private::Number": "5"}, "b": [{"$serde_json::private::Number": "-1.50"}]}"#,
        )
        .unwrap();
        let plain = Document::from([("a", Value::Int(5)), ("b", Value::Array(vec![Value::Float(-1.5)]))]);
        assert_eq!(wrapped, plain);
        for text in ["x", "5 ", "9223372036854775808", "1e400"] {
            let json = format!(r#"{{"$serde_json::private::Number": "{text}"}}"#);
            assert!(serde_json::from_str::<Value>(&json).is_err(), "{text}");
        }
    }

    #[test]
    fn c06_bytes_and_timestamps_in_json() {
        let value = Value::Array(vec![Value::Bytes(vec![0, 255]), Value::Timestamp(Timestamp::MIN), Value::Null]);
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"[{"$binary":"AP8="},"0001-01-01T00:00:00.000Z",null]"#);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            back,
            Value::Array(vec![Value::Bytes(vec![0, 255]), "0001-01-01T00:00:00.000Z".into(), Value::Null])
        );
    }
}
