//! A value that has not been looked at: the record itself, or what stands behind a field's name.

use serde::de::{self, Visitor};

use super::Walk;
use super::access::Root;
use super::scalar::{Held, Rest, misplaced};
use crate::encode::Fault;
use crate::schema::Place;
use crate::{Error, Token};

/// A value that has not been looked at; a field's is never null. `RECORD` if it is the record itself.
pub(super) struct Lazy<'w, 't, const RECORD: bool>(Rest<'w, 't>);

impl<'w, 't> Lazy<'w, 't, true> {
    pub(super) fn record(walk: &'w mut Walk<'t>, place: Option<&'w Place>) -> Self {
        Self(Rest { walk, place })
    }
}

impl<'w, 't> Lazy<'w, 't, false> {
    #[inline]
    pub(super) fn field(walk: &'w mut Walk<'t>, place: Option<&'w Place>) -> Self {
        Self(Rest { walk, place })
    }
}

/// Reads the first token and goes on with what it is.
macro_rules! hold {
    ($lazy:ident, $held:ident => $then:expr) => {{
        let Rest { walk, place } = $lazy.0;
        let is_map = match walk.tokens.next() {
            Ok(Token::Map) => true,
            Ok(Token::Array) => false,
            Ok(Token::Field(_) | Token::End) => return Err(misplaced()),
            Ok(ref scalar) => {
                let $held = Held::Scalar(scalar, place);
                return $then;
            }
            Err(error) => return Err(error.into()),
        };
        let rest = Rest { walk, place };
        let $held = if is_map { Held::Map(rest) } else { Held::Array(rest) };
        $then
    }};
}

macro_rules! by_holding {
    ($($method:ident($($argument:ident: $type:ty),*);)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Fault> {
            hold!(self, held => held.$method($($argument,)* visitor))
        })+
    };
}

impl<'de, const RECORD: bool> de::Deserializer<'de> for Lazy<'_, '_, RECORD> {
    type Error = Fault;

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            crate::timestamp::TIMESTAMP | crate::value::VALUE => {
                hold!(self, held => held.deserialize_newtype_struct(name, visitor))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if !RECORD {
            hold!(self, held => held.deserialize_struct(name, fields, visitor))
        } else if self.0.walk.tokens.next()? == Token::Map {
            let mut root = Root::new(self.0, fields);
            let record = visitor.visit_map(&mut root)?;
            root.finish()?;
            Ok(record)
        } else {
            Err(Error::unexpected("a walk over a record begins with a map").into())
        }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.0.walk.tokens.skip()?;
        visitor.visit_unit()
    }

    by_holding! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }
}
