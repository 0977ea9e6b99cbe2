//! A value whose first token has been read: a scalar, or an array or map whose inside follows.

use serde::de::{self, Visitor};
use serde::forward_to_deserialize_any;

use super::Walk;
use super::access::{Elements, Fields, Variant};
use crate::encode::Fault;
use crate::schema::Place;
use crate::{Error, Kind, Timestamp, Token};

/// What follows the token of an array or map, and where it stands.
pub(super) struct Rest<'w, 't> {
    pub(super) walk: &'w mut Walk<'t>,
    pub(super) place: Option<&'w Place>,
}

/// A value whose first token has been read. A scalar stays where the walker put it: to copy what has just been
/// written piece by piece takes longer than to read it.
pub(super) enum Held<'w, 't> {
    Scalar(&'w Token<'w>, Option<&'w Place>),
    Array(Rest<'w, 't>),
    Map(Rest<'w, 't>),
}

impl Held<'_, '_> {
    #[inline]
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(token, place) => visit_scalar(token, place, visitor),
            Self::Array(rest) => visit_array(rest, visitor),
            Self::Map(rest) => visit_map(rest, visitor),
        }
    }
}

/// Text at a timestamp's place is that instant; everything else is as it is stored.
fn instant(text: &str, place: Option<&Place>) -> Option<Timestamp> {
    place?.kind().filter(|kind| kind.kind == Kind::Timestamp).and_then(|_| text.parse().ok())
}

fn visit_scalar<'de, V: Visitor<'de>>(token: &Token<'_>, place: Option<&Place>, visitor: V) -> Result<V::Value, Fault> {
    match *token {
        Token::String(text) => match instant(text, place) {
            Some(at) => at.with_text(|text| visitor.visit_str(text)),
            None => visitor.visit_str(text),
        },
        Token::Int(int) => visitor.visit_i64(int),
        Token::Bool(bool) => visitor.visit_bool(bool),
        Token::Float(float) => visitor.visit_f64(float),
        Token::Null => visitor.visit_unit(),
        Token::Bytes(bytes) => visitor.visit_bytes(bytes),
        Token::Timestamp(at) => at.with_text(|text| visitor.visit_str(text)),
        Token::Array | Token::Map | Token::Field(_) | Token::End => Err(misplaced()),
    }
}

fn visit_array<'de, V: Visitor<'de>>(rest: Rest<'_, '_>, visitor: V) -> Result<V::Value, Fault> {
    let mut elements = Elements::new(rest);
    let value = visitor.visit_seq(&mut elements)?;
    elements.finish()?;
    Ok(value)
}

fn visit_map<'de, V: Visitor<'de>>(rest: Rest<'_, '_>, visitor: V) -> Result<V::Value, Fault> {
    let mut fields = Fields::new(rest);
    let value = visitor.visit_map(&mut fields)?;
    fields.finish()?;
    Ok(value)
}

#[cold]
pub(super) fn misplaced() -> Fault {
    Error::unexpected("a walk over a record is out of step: a field or an end stands where a value is due").into()
}

/// An integer for a type that asks for a float, if the float can hold it.
fn float_of(int: i64, digits: u32, what: &'static str) -> Result<f64, Fault> {
    // Of 0 all 64 zeros lead and trail.
    let zeros = int.unsigned_abs().leading_zeros() + int.unsigned_abs().trailing_zeros();
    if i64::BITS.saturating_sub(zeros) > digits {
        let message = format!("stored an integer that {what} cannot hold exactly: read it as an i64");
        return Err(Error::unreadable(message).into());
    }
    #[allow(clippy::cast_precision_loss, reason = "its significant bits were counted")]
    let float = int as f64;
    Ok(float)
}

/// Looks first for the token that the type asks for.
macro_rules! expecting {
    ($($method:ident: $token:ident => $visit:ident;)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self {
                Self::Scalar(&Token::$token(value), None) => visitor.$visit(value),
                other => other.visit(visitor),
            }
        })+
    };
}

impl<'de> de::Deserializer<'de> for Held<'_, '_> {
    type Error = Fault;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(&Token::Float(float), _) => visitor.visit_f64(float),
            Self::Scalar(&Token::Int(int), _) => visitor.visit_f64(float_of(int, f64::MANTISSA_DIGITS, "an f64")?),
            other => other.visit(visitor),
        }
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(&Token::Int(int), _) => visitor.visit_f64(float_of(int, f32::MANTISSA_DIGITS, "an f32")?),
            Self::Scalar(&Token::Float(float), _) if float.abs() > f64::from(f32::MAX) => {
                Err(Error::unreadable("stored a float beyond the range of an f32: read it as an f64").into())
            }
            other => other.visit(visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(Token::Null, _) => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            crate::timestamp::TIMESTAMP => match self {
                Self::Scalar(&Token::Timestamp(at), _) => visitor.visit_newtype_struct(Millis(at)),
                other => visitor.visit_newtype_struct(other),
            },
            crate::value::VALUE => visitor.visit_newtype_struct(Kept(self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(Token::String(text), _) => visitor.visit_enum(de::value::StrDeserializer::new(text)),
            Self::Map(rest) => visitor.visit_enum(Variant(rest)),
            Self::Array(_) => Err(de::Error::invalid_type(de::Unexpected::Seq, &"a variant")),
            Self::Scalar(token, _) => {
                Err(Error::unreadable(format!("stored {}, expected a variant", token.describe())).into())
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(..) => visitor.visit_unit(),
            other => other.visit(visitor),
        }
    }

    expecting! {
        deserialize_bool: Bool => visit_bool;
        deserialize_i8: Int => visit_i64;
        deserialize_i16: Int => visit_i64;
        deserialize_i32: Int => visit_i64;
        deserialize_i64: Int => visit_i64;
        deserialize_u8: Int => visit_i64;
        deserialize_u16: Int => visit_i64;
        deserialize_u32: Int => visit_i64;
        deserialize_u64: Int => visit_i64;
        deserialize_str: String => visit_str;
        deserialize_string: String => visit_str;
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// The milliseconds of an instant, for `Timestamp`, which asks for them because this is not human-readable.
pub(super) struct Millis(pub(super) Timestamp);

impl<'de> de::Deserializer<'de> for Millis {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_i64(self.0.millis())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A value for `Value`, which keeps instants apart from text.
pub(super) struct Kept<'w, 't>(pub(super) Held<'w, 't>);

impl<'de> de::Deserializer<'de> for Kept<'_, '_> {
    type Error = Fault;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Held::Scalar(&Token::Timestamp(at), _) => visitor.visit_newtype_struct(Millis(at)),
            Held::Scalar(&Token::String(text), place) => match instant(text, place) {
                Some(at) => visitor.visit_newtype_struct(Millis(at)),
                None => visitor.visit_str(text),
            },
            other => other.visit(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
