//! The one encoder: a serde type becomes a [`RecordBuf`], and everything that no backend stores is refused.

use serde::Serialize;
use serde::ser;

use crate::definition::CUSTOM_ID;
use crate::error::declaration;
use crate::schema::Place;
use crate::token::is_storable;
use crate::{Error, Kind, RecordBuf, Result, Token, Value};

mod compound;
mod fault;
mod name;
mod shape;
mod special;

use compound::{Compound, Kept};
pub(crate) use fault::Fault;
pub(crate) use name::check_name;
use shape::Shape;
use special::{Instant, RawBytes};

/// How many bytes a record is given room for, if nobody knows better.
pub(crate) const USUAL: usize = 256;

/// A record as it will be stored, and a number that is the same for records of the same shape.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) record: RecordBuf,
    pub(crate) shape: u64,
}

/// The record that `value` is, checked against what `schema` declares. It is given `room` for so many bytes at first.
///
/// # Errors
/// `InvalidInput` with the path, if a value or a name is one that no backend stores.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, schema: &Place, room: usize) -> Result<Encoded> {
    let mut encoder = Encoder::new(Some(schema), true, room);
    value.serialize(&mut encoder).map_err(|fault| Error::from(fault).naming_path())?;
    if !encoder.root_done {
        return Err(no_record());
    }
    Ok(Encoded { record: encoder.out, shape: encoder.shape.finish() })
}

/// The value that an operand or a key is, in the form in which records hold it.
///
/// # Errors
/// `InvalidInput`, as for a record.
pub(crate) fn encode_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    let mut encoder = Encoder::new(None, false, 0);
    value.serialize(&mut encoder).map_err(Error::from)?;
    let scalar = encoder.out.first();
    if !matches!(scalar, Some(Token::Array | Token::Map)) {
        return Ok(scalar.map_or(Value::Null, Value::from_scalar));
    }
    let mut record = RecordBuf::new();
    record.push(Token::Field("value"));
    record.bytes_mut().extend_from_slice(encoder.out.bytes());
    let mut document = crate::decode::decode_tokens::<crate::Document>(&mut record.tokens())?;
    Ok(document.remove("value").unwrap_or(Value::Null))
}

#[cold]
fn too_deep() -> Error {
    let most = RecordBuf::MAX_DEPTH;
    Error::invalid_input(format!("more than {most} arrays and maps inside one another: flatten the record"))
}

#[cold]
fn no_record() -> Error {
    Error::invalid_input("a record is a struct or a map: put other values into a field of one")
}

/// Writes tokens as serde asks for them.
struct Encoder<'s> {
    out: RecordBuf,
    /// What is declared where the next value goes.
    place: Option<&'s Place>,
    shape: Shape,
    /// Arrays and maps open, the record counted.
    open: usize,
    /// Whether the outermost value has to be a record, whose map is not written.
    is_record: bool,
    root_done: bool,
}

impl<'s> Encoder<'s> {
    fn new(place: Option<&'s Place>, is_record: bool, room: usize) -> Self {
        let mut out = RecordBuf::new();
        out.bytes_mut().reserve(room);
        Self { out, place, shape: Shape::new(), open: 0, is_record, root_done: false }
    }

    /// Writes a scalar, if it may stand here.
    #[inline]
    fn scalar(&mut self, token: Token<'_>) -> Result<(), Fault> {
        if self.is_record && self.open == 0 {
            return Err(no_record().into());
        }
        match self.place {
            Some(place) => self.declared(place, token),
            None if self.is_record && matches!(token, Token::Timestamp(_)) => Err(undeclared_timestamp().into()),
            None => {
                self.push(token);
                Ok(())
            }
        }
    }

    /// Writes a scalar. What is read back is what is written, so that makes the shape.
    #[inline]
    fn push(&mut self, token: Token<'_>) {
        self.shape.mix_kind(&token);
        self.out.push(token);
    }

    /// Writes a scalar where something is declared.
    fn declared(&mut self, place: &Place, token: Token<'_>) -> Result<(), Fault> {
        let token =
            if place.drops_empty() && token == Token::String("") { Token::Null } else { place.conform(token)? };
        if self.is_record && place.kind().is_none() && matches!(token, Token::Timestamp(_)) {
            return Err(undeclared_timestamp().into());
        }
        self.push(token);
        Ok(())
    }

    #[inline]
    fn text(&mut self, text: &str) -> Result<(), Fault> {
        check_text(text)?;
        if u32::try_from(text.len()).is_err() {
            return Err(too_long().into());
        }
        self.scalar(Token::String(text))
    }

    fn float(&mut self, float: f64) -> Result<(), Fault> {
        let token = Token::number(float);
        if let Token::Float(_) = token
            && !is_storable(float)
        {
            return Err(Error::invalid_input(
                "a float is 0 or has a magnitude from 1e-130 up to 1e126: NaN, infinities and others are stored by no backend; use text",
            )
            .into());
        }
        self.scalar(token)
    }

    fn wide(&mut self, int: Result<i64, std::num::TryFromIntError>) -> Result<(), Fault> {
        let int = int.map_err(|_| Error::invalid_input("an integer outside 64 bits with sign: use text or bytes"))?;
        self.scalar(Token::Int(int))
    }

    /// Begins an array or a map; the compound ends it.
    fn open(&mut self, token: Token<'_>) -> Result<(), Fault> {
        if self.is_record && self.open == 0 {
            if self.root_done || token != Token::Map {
                return Err(no_record().into());
            }
            self.root_done = true;
        } else {
            if let Some(kind) = self.place.and_then(Place::kind) {
                crate::schema::conform(kind.kind, token)?;
            }
            if self.open == RecordBuf::MAX_DEPTH + usize::from(self.is_record) {
                return Err(too_deep().into());
            }
            self.out.push(token);
        }
        self.shape.mix_kind(&token);
        self.open += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.open -= 1;
        self.shape.mix_kind(&Token::End);
        if self.open > 0 || !self.is_record {
            self.out.push(Token::End);
        }
    }

    /// Writes the name of a field, and steps to its place.
    fn field(&mut self, name: &str) -> Result<(), Fault> {
        check_name(name)?;
        let inner = self.place.and_then(|place| place.field(name));
        if name == CUSTOM_ID && self.is_record && self.open == 1 && inner.is_none() {
            return Err(
                Error::invalid_input("a field `_id`, which only a definition with `customId` has: rename it").into()
            );
        }
        self.shape.mix_name(name);
        self.out.push(Token::Field(name));
        self.place = inner;
        Ok(())
    }

    /// How a path names the element that failed: by its number in an operand, since it is a part of a key.
    #[cold]
    fn element(&self) -> String {
        if self.is_record || self.open > 1 {
            return "[]".to_owned();
        }
        format!("[{}]", self.out.values_in_array())
    }

    /// Begins the map of an enum's variant.
    fn variant(&mut self, variant: &'static str) -> Result<Option<&'s Place>, Fault> {
        let outer = self.place;
        self.open(Token::Map)?;
        self.field(variant)?;
        Ok(outer)
    }
}

#[cold]
fn undeclared_timestamp() -> Error {
    Error::invalid_input(format!(
        "a timestamp where the definition declares none: declare it with {}, or store text",
        declaration(Kind::Timestamp)
    ))
}

/// Refuses text that not every backend stores.
///
/// # Errors
/// `InvalidInput`.
#[inline]
pub(crate) fn check_text(text: &str) -> Result<()> {
    if text.as_bytes().contains(&0) { Err(zero_in_text()) } else { Ok(()) }
}

#[cold]
fn zero_in_text() -> Error {
    Error::invalid_input("U+0000 in a string, which not every database stores: remove it")
}

#[cold]
fn too_long() -> Error {
    Error::invalid_input("more than 4 GiB in one value")
}

impl<'e, 's> ser::Serializer for &'e mut Encoder<'s> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Compound<'e, 's>;
    type SerializeTuple = Compound<'e, 's>;
    type SerializeTupleStruct = Compound<'e, 's>;
    type SerializeTupleVariant = Compound<'e, 's>;
    type SerializeMap = Compound<'e, 's>;
    type SerializeStruct = Compound<'e, 's>;
    type SerializeStructVariant = Compound<'e, 's>;

    fn serialize_bool(self, value: bool) -> Result<(), Fault> {
        self.scalar(Token::Bool(value))
    }
    fn serialize_i8(self, value: i8) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<(), Fault> {
        self.scalar(Token::Int(value))
    }
    fn serialize_i128(self, value: i128) -> Result<(), Fault> {
        self.wide(value.try_into())
    }
    fn serialize_u8(self, value: u8) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<(), Fault> {
        self.scalar(Token::Int(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<(), Fault> {
        self.wide(value.try_into())
    }
    fn serialize_u128(self, value: u128) -> Result<(), Fault> {
        self.wide(value.try_into())
    }
    fn serialize_f32(self, value: f32) -> Result<(), Fault> {
        self.float(value.into())
    }
    fn serialize_f64(self, value: f64) -> Result<(), Fault> {
        self.float(value)
    }
    fn serialize_char(self, value: char) -> Result<(), Fault> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), Fault> {
        self.text(value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Fault> {
        if u32::try_from(value.len()).is_err() {
            return Err(too_long().into());
        }
        self.scalar(Token::Bytes(value))
    }
    fn serialize_none(self) -> Result<(), Fault> {
        if self.is_record && self.open == 0 {
            return Err(no_record().into());
        }
        self.push(Token::Null);
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Fault> {
        self.serialize_none()
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Fault> {
        self.serialize_none()
    }
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Fault> {
        self.shape.mix_name(variant);
        self.text(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Fault> {
        match name {
            crate::timestamp::TIMESTAMP => self.scalar(Token::Timestamp(value.serialize(Instant)?)),
            crate::value::BYTES => value.serialize(RawBytes(self)),
            _ => value.serialize(self),
        }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        let outer = self.variant(variant)?;
        let mut compound = Compound::new(self, outer, Kept::Map);
        compound.keep(value).map_err(|fault| fault.below(variant))?;
        compound.finish();
        Ok(())
    }
    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'e, 's>, Fault> {
        self.open(Token::Array)?;
        Ok(Compound::array(self))
    }
    fn serialize_tuple(self, _length: usize) -> Result<Compound<'e, 's>, Fault> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Compound<'e, 's>, Fault> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 's>, Fault> {
        let outer = self.variant(variant)?;
        self.open(Token::Array)?;
        Ok(Compound::array(self).inside_variant(outer, variant))
    }
    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'e, 's>, Fault> {
        self.open(Token::Map)?;
        let outer = self.place;
        Ok(Compound::new(self, outer, Kept::Keys(Vec::new())))
    }
    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Compound<'e, 's>, Fault> {
        let outer = self.place;
        if name == crate::json::HANDED_OUT {
            return Ok(Compound::new(self, outer, Kept::Number));
        }
        self.open(Token::Map)?;
        Ok(Compound::new(self, outer, Kept::Map))
    }
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 's>, Fault> {
        let outer = self.variant(variant)?;
        self.open(Token::Map)?;
        let inner = self.place;
        Ok(Compound::new(self, inner, Kept::Map).inside_variant(outer, variant))
    }
}

#[cfg(test)]
mod tests;
