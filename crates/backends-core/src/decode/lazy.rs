//! A value that has not been looked at: the record itself, or what stands behind a field's name.

use serde::de::{self, Visitor};

use super::Trail;
use super::access::Root;
use super::scalar::{Held, Rest, misplaced};
use crate::encode::Fault;
use crate::schema::Place;
use crate::{Error, Token, Tokens};

/// A value that has not been looked at; a field's is never null.
pub(super) struct Lazy<'t> {
    tokens: &'t mut dyn Tokens,
    place: Option<&'t Place>,
    trail: Trail<'t>,
    is_root: bool,
}

impl<'t> Lazy<'t> {
    pub(super) fn root(tokens: &'t mut dyn Tokens, place: Option<&'t Place>, trail: Trail<'t>) -> Self {
        Self { tokens, place, trail, is_root: true }
    }

    pub(super) fn field(rest: &'t mut Rest<'_>, place: Option<&'t Place>) -> Self {
        Self { tokens: &mut *rest.tokens, place, trail: rest.trail, is_root: false }
    }
}

/// Reads the first token and goes on with what it is.
macro_rules! hold {
    ($lazy:ident, $held:ident => $then:expr) => {{
        let Lazy { tokens, place, trail, .. } = $lazy;
        let is_map = match tokens.next()? {
            Token::Map => true,
            Token::Array => false,
            Token::Field(_) | Token::End => return Err(misplaced()),
            scalar => {
                let $held = Held::Scalar(scalar, place);
                return $then;
            }
        };
        let rest = Rest { tokens, place, trail };
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

impl<'de> de::Deserializer<'de> for Lazy<'_> {
    type Error = Fault;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            crate::timestamp::TIMESTAMP | crate::value::VALUE => {
                hold!(self, held => held.deserialize_newtype_struct(name, visitor))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if !self.is_root {
            hold!(self, held => held.deserialize_struct(name, fields, visitor))
        } else if self.tokens.next()? == Token::Map {
            let mut root = Root::new(Rest { tokens: self.tokens, place: self.place, trail: self.trail }, fields);
            let record = visitor.visit_map(&mut root)?;
            root.finish()?;
            Ok(record)
        } else {
            Err(Error::unexpected("a walk over a record begins with a map").into())
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.tokens.skip()?;
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
