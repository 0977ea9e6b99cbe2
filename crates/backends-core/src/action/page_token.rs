//! Where a page ends, as text that a client keeps.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::token::is_storable;
use crate::{Definition, Error, Filter, Kind, Position, RecordBuf, Result, Sort, SortField, Token, Value};

/// The form of tokens.
const VERSION: u8 = 1;
/// The bytes of the fingerprint of the query, and of the check sum.
const HASH: usize = 8;

/// Where a page ends: opaque text, safe in URLs, that belongs to one query.
///
/// It holds the values that the records are sorted by, and the primary key, of the last record of its page, readable
/// for whoever decodes it; it never shows more than its query does. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PageToken(String);

impl PageToken {
    /// The end of a page of the query with this fingerprint.
    pub(super) fn new(fingerprint: u64, position: &Position) -> Self {
        let mut record = RecordBuf::new();
        position.values().iter().for_each(|value| record.push(value.token()));
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&fingerprint.to_le_bytes());
        bytes.extend_from_slice(record.bytes());
        bytes.extend_from_slice(&hash(&bytes).to_le_bytes());
        Self(BASE64.encode(bytes))
    }

    /// Where the page has ended, for a query whose order is by these fields, and whether that is a place in an order of
    /// the driver's own.
    ///
    /// # Errors
    /// `InvalidInput` for a token of another query.
    pub(super) fn position(
        &self,
        fingerprint: &Fingerprint,
        definition: &Definition,
        fields: &[SortField],
    ) -> Result<(Position, bool)> {
        let bytes = BASE64.decode(&self.0).map_err(|_| damaged())?;
        let (query, values_of_it) = content(&bytes)?.split_first_chunk::<HASH>().ok_or_else(damaged)?;
        let own_order = fingerprint.own_order(u64::from_le_bytes(*query)).ok_or_else(of_another_query)?;
        let position = values_in(values_of_it).filter(|found| found.len() == fields.len()).ok_or_else(damaged)?;
        if !fields.iter().zip(&position).all(|(field, value)| may_stand(definition, field.path.as_str(), value)) {
            return Err(damaged());
        }
        Ok((Position::new(position), own_order))
    }
}

/// Whether a record can have the value in this field, as far as the key tells.
fn may_stand(definition: &Definition, field: &str, value: &Value) -> bool {
    let is_id = field == definition.id_field();
    if !is_id && definition.key_fields().all(|key| key != field) {
        return true;
    }
    match definition.kind_of(field) {
        Some(Kind::Number | Kind::Integer) => matches!(value, Value::Int(_) | Value::Float(_)),
        Some(Kind::Timestamp) => matches!(value, Value::Timestamp(_)),
        _ => matches!(value, Value::String(_)) || is_id && matches!(value, Value::Null),
    }
}

/// What a token holds besides its version and its check sum.
fn content(bytes: &[u8]) -> Result<&[u8]> {
    let (rest, sum) = bytes.split_last_chunk::<HASH>().ok_or_else(damaged)?;
    if u64::from_le_bytes(*sum) != hash(rest) {
        return Err(damaged());
    }
    match rest.split_first().ok_or_else(damaged)? {
        (&VERSION, content) => Ok(content),
        _ => Err(Error::invalid_input("a page token of another version of the library: begin with the first page")),
    }
}

/// The scalars that stand one after another in these bytes.
fn values_in(bytes: &[u8]) -> Option<Vec<Value>> {
    let mut record = RecordBuf::new();
    record.bytes_mut().extend_from_slice(bytes);
    let mut tokens = record.tokens();
    // A walk over a record begins with its map.
    tokens.step().ok()?;
    let mut values = Vec::new();
    loop {
        match tokens.step().ok()? {
            Token::End => return Some(values),
            Token::Field(_) | Token::Array | Token::Map => return None,
            Token::Float(float) => match Token::number(float) {
                Token::Float(float) if !is_storable(float) => return None,
                number => values.push(Value::from_scalar(number)),
            },
            scalar => values.push(Value::from_scalar(scalar)),
        }
    }
}

/// What tells a query from others, the same in every process; where it asks for no order, also what order its pages
/// are in.
pub(super) struct Fingerprint {
    by_key: u64,
    own: u64,
}

impl Fingerprint {
    pub(super) fn new(repository: &str, filter: &Filter, sort: &Sort) -> Self {
        // A filter of values that JSON has no form for cannot be made.
        let filter = serde_json::to_string(filter).unwrap_or_default();
        let of = |order: &str| hash(format!("{repository}\n{order}\n{filter}").as_bytes());
        match sort {
            Sort::Any | Sort::Stable => Self { by_key: of("by key"), own: of("own") },
            Sort::By(fields) => {
                let sorted = of(&format!("{fields:?}"));
                Self { by_key: sorted, own: sorted }
            }
        }
    }

    /// That of pages in an order of the driver's own, or of others.
    pub(super) fn of(&self, own_order: bool) -> u64 {
        if own_order { self.own } else { self.by_key }
    }

    /// Which of the two it is, if it is one of them.
    fn own_order(&self, fingerprint: u64) -> Option<bool> {
        [false, true].into_iter().find(|own_order| self.of(*own_order) == fingerprint)
    }
}

/// FNV-1a: it finds accidents, and keeps nobody out.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cold]
pub(super) fn of_another_query() -> Error {
    Error::invalid_input(
        "a page token of another query: repository, filter and order have to be those of the page that gave it",
    )
}

#[cold]
pub(super) fn of_another_order() -> Error {
    Error::invalid_input(
        "a page token of pages in an order that the backend has no longer: begin with the first page, or sort",
    )
}

#[cold]
fn damaged() -> Error {
    Error::invalid_input("a damaged page token: hand it back as it was given, or begin with the first page")
}

/// The token that was written as this text; `InvalidInput` for text that is damaged. Whether it is of the same query is
/// found where it is used.
impl FromStr for PageToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = BASE64.decode(text).map_err(|_| damaged())?;
        content(&bytes)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageToken")
    }
}

impl Serialize for PageToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PageToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Order;

    #[test]
    fn c21_a_token_that_was_made_up_is_refused_where_no_record_can_stand() {
        let definition = Definition::from_json(
            r#"{"name": "events", "hashKey": "tenant", "rangeKey": "at", "rangeKeyType": "timestamp"}"#,
        )
        .unwrap();
        let fields = ["level", "tenant", "at"].map(|path| SortField::new(path, Order::Asc));
        let fingerprint = Fingerprint::new("events", &Filter::all(), &Sort::By(fields.to_vec()));
        let at = || Value::Timestamp(crate::Timestamp::MIN);
        let position = |values: [Value; 3]| {
            let token = PageToken::new(fingerprint.of(false), &Position::new(values.into()));
            token.to_string().parse::<PageToken>().unwrap().position(&fingerprint, &definition, &fields)
        };
        for level in [Value::Null, Value::Bool(true), Value::Int(1), Value::Bytes(Vec::new()), at()] {
            assert!(position([level, "a".into(), at()]).is_ok());
        }
        for (tenant, at) in [
            (Value::Bool(true), at()),
            (Value::Null, at()),
            (Value::Int(1), at()),
            (Value::Bytes(Vec::new()), at()),
            ("a".into(), Value::Null),
            ("a".into(), "2026-01-01T00:00:00.000Z".into()),
            ("a".into(), Value::Int(7)),
        ] {
            assert!(position([Value::Null, tenant, at]).unwrap_err().is_invalid_input());
        }
    }

    #[test]
    fn c02_c21_a_float_that_no_record_holds_stands_in_no_token() {
        let token = |float: f64| PageToken::new(7, &Position::new(vec![Value::Float(float)]));
        let values = |token: &PageToken| {
            let bytes = BASE64.decode(&token.0).unwrap();
            values_in(&content(&bytes).unwrap()[HASH..]).map(|values| values.len())
        };
        for float in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300, 1e126, -1e126, 9.9e-131, f64::MIN_POSITIVE] {
            assert_eq!(values(&token(float)), None, "{float}");
        }
        for float in [1e19, -1e125, 1e-130, 0.0, -0.0, 7.0] {
            assert_eq!(values(&token(float)), Some(1), "{float}");
        }
    }
}
