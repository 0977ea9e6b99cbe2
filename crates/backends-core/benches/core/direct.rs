//! The floors: the record read from its flat bytes by code that knows both the bytes and the type.

use std::fmt::Display;

use backends_core::{RecordBuf, RecordTokens, Token};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::record::User;

/// Read by hand, field by field: no serde at all.
pub(crate) fn by_hand(record: &RecordBuf) -> Option<User> {
    let mut tokens = record.tokens();
    let (mut id, mut email, mut about) = (None, None, None);
    let (mut logins, mut score, mut active) = (None, None, None);
    let (mut tags, mut team) = (None, None);
    tokens.step().ok()?;
    while let Token::Field(name) = tokens.step().ok()? {
        match name {
            "id" => id = Some(text(&mut tokens)?),
            "email" => email = Some(text(&mut tokens)?),
            "about" => about = Some(text(&mut tokens)?),
            "team" => team = Some(text(&mut tokens)?),
            "logins" => match tokens.step().ok()? {
                Token::Int(int) => logins = Some(int.try_into().ok()?),
                _ => return None,
            },
            "score" => match tokens.step().ok()? {
                Token::Float(float) => score = Some(float),
                _ => return None,
            },
            "active" => match tokens.step().ok()? {
                Token::Bool(bool) => active = Some(bool),
                _ => return None,
            },
            "tags" => {
                let mut all = Vec::new();
                tokens.step().ok()?;
                while let Token::String(tag) = tokens.step().ok()? {
                    all.push(tag.to_owned());
                }
                tags = Some(all);
            }
            _ => return None,
        }
    }
    Some(User {
        id: id?,
        email: email?,
        about: about?,
        logins: logins?,
        score: score?,
        active: active?,
        tags: tags?,
        team,
    })
}

fn text(tokens: &mut RecordTokens<'_>) -> Option<String> {
    match tokens.step().ok()? {
        Token::String(text) => Some(text.to_owned()),
        _ => None,
    }
}

/// Read through serde by a deserializer that knows the bytes and nothing else: static dispatch, no rules.
pub(crate) fn by_serde(record: &RecordBuf) -> Result<User, Wrong> {
    User::deserialize(Direct(&mut record.tokens()))
}

/// An error without words, as cheap as one can be.
#[derive(Debug)]
pub(crate) struct Wrong;

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl From<backends_core::Error> for Wrong {
    fn from(_: backends_core::Error) -> Self {
        Self
    }
}

struct Direct<'t, 'a>(&'t mut RecordTokens<'a>);

impl<'de> Deserializer<'de> for Direct<'_, 'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let token = self.0.step()?;
        value(token, self.0, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

fn value<'de, V: Visitor<'de>>(
    token: Token<'de>,
    tokens: &mut RecordTokens<'de>,
    visitor: V,
) -> Result<V::Value, Wrong> {
    match token {
        Token::Null => visitor.visit_unit(),
        Token::Bool(bool) => visitor.visit_bool(bool),
        Token::Int(int) => visitor.visit_i64(int),
        Token::Float(float) => visitor.visit_f64(float),
        Token::String(text) | Token::Field(text) => visitor.visit_borrowed_str(text),
        Token::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
        Token::Array => visitor.visit_seq(Inside(tokens)),
        Token::Map => visitor.visit_map(Inside(tokens)),
        Token::Timestamp(_) | Token::End => Err(Wrong),
    }
}

struct Inside<'t, 'a>(&'t mut RecordTokens<'a>);

impl<'de> SeqAccess<'de> for Inside<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        match self.0.step()? {
            Token::End => Ok(None),
            token => seed.deserialize(Begun(token, self.0)).map(Some),
        }
    }
}

impl<'de> MapAccess<'de> for Inside<'_, 'de> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        match self.0.step()? {
            Token::Field(name) => seed.deserialize(de::value::BorrowedStrDeserializer::new(name)).map(Some),
            _ => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(Direct(self.0))
    }
}

struct Begun<'t, 'a>(Token<'a>, &'t mut RecordTokens<'a>);

impl<'de> Deserializer<'de> for Begun<'_, 'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        value(self.0, self.1, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
