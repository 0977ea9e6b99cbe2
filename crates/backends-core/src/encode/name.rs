//! What a field may be called, and how the key of a map becomes a name.

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::Fault;
use crate::{Error, Result};

/// Whether a byte may stand in a name, at its number.
static MAY_STAND: [bool; 256] = {
    let mut may = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        may[control] = false;
        control += 1;
    }
    may[0x7f] = false;
    may[b'.' as usize] = false;
    may[b'"' as usize] = false;
    may[b'\\' as usize] = false;
    may
};

/// Refuses a name that not every database stores, or that could be taken for an operator or a path.
///
/// # Errors
/// `InvalidInput`.
#[inline]
pub(crate) fn check_name(name: &str) -> Result<()> {
    match name.as_bytes() {
        // What most names are.
        bytes @ [b'a'..=b'z' | b'A'..=b'Z', ..]
            if bytes.len() <= 255 && bytes.iter().all(|byte| MAY_STAND[usize::from(*byte)]) =>
        {
            Ok(())
        }
        _ => check_unusual(name),
    }
}

fn check_unusual(name: &str) -> Result<()> {
    let wrong = match name.as_bytes() {
        [] => "an empty field name: give it one",
        [b'$', ..] => "a field name that begins with `$`, as operators do: rename the field",
        bytes if bytes.len() > 255 => "a field name of more than 255 bytes: shorten it",
        bytes if !bytes.iter().all(|byte| MAY_STAND[usize::from(*byte)]) => {
            "a field name with `.`, `\"`, `\\` or a control character: rename the field"
        }
        _ if name.starts_with("_backends") => {
            "a field name that begins with `_backends`, which is reserved: rename the field"
        }
        _ => return Ok(()),
    };
    Err(Error::invalid_input(wrong))
}

/// Turns the key of a map into a field name, by the same text that JSON would have.
pub(super) struct KeyText;

type Never = Impossible<String, Fault>;

fn no_name() -> Fault {
    Error::invalid_input("the key of a map that is no string, integer, bool or char: use one of these").into()
}

impl ser::Serializer for KeyText {
    type Ok = String;
    type Error = Fault;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_bool(self, value: bool) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_i8(self, value: i8) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_i16(self, value: i16) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_i32(self, value: i32) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_i64(self, value: i64) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_i128(self, value: i128) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_u8(self, value: u8) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_u16(self, value: u16) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_u32(self, value: u32) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_u64(self, value: u64) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_u128(self, value: u128) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_f32(self, _: f32) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_f64(self, _: f64) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_char(self, value: char) -> Result<String, Fault> {
        Ok(value.to_string())
    }
    fn serialize_str(self, value: &str) -> Result<String, Fault> {
        Ok(value.to_owned())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_none(self) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Fault> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, Fault> {
        Ok(variant.to_owned())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<String, Fault> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, Fault> {
        Err(no_name())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_tuple(self, _: usize) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Fault> {
        Err(no_name())
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Fault> {
        Err(no_name())
    }
}
