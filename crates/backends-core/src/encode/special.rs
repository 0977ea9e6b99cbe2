//! What stands inside the two newtypes that the encoder knows by name: an instant and bytes.
//!
//! Both serializers are not human-readable, which is how `Timestamp` and `Value` know that they are inside the library.

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::{Encoder, Fault};
use crate::{Error, Result, Timestamp};

/// Takes the milliseconds of a timestamp.
pub(super) struct Instant;

/// Takes bytes.
pub(super) struct RawBytes<'e, 's>(pub(super) &'e mut Encoder<'s>);

#[cold]
fn taken_name() -> Fault {
    Error::invalid_input("a type that takes the name of one of the library's own: rename it for serde").into()
}

macro_rules! refuse {
    ($ok:ty: $($method:ident($($argument:ty),*) -> $result:ty;)+) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Fault> {
            Err(taken_name())
        })+

        fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<$ok, Fault> {
            Err(taken_name())
        }
        fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<$ok, Fault> {
            Err(taken_name())
        }
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<$ok, Fault> {
            Err(taken_name())
        }
    };
}

macro_rules! special {
    ($type:ty, $ok:ty, { $($taken:item)+ }, $($also:tt)*) => {
        impl ser::Serializer for $type {
            type Ok = $ok;
            type Error = Fault;
            type SerializeSeq = Impossible<$ok, Fault>;
            type SerializeTuple = Impossible<$ok, Fault>;
            type SerializeTupleStruct = Impossible<$ok, Fault>;
            type SerializeTupleVariant = Impossible<$ok, Fault>;
            type SerializeMap = Impossible<$ok, Fault>;
            type SerializeStruct = Impossible<$ok, Fault>;
            type SerializeStructVariant = Impossible<$ok, Fault>;

            fn is_human_readable(&self) -> bool {
                false
            }

            $($taken)+

            refuse! { $ok:
                $($also)*
                serialize_bool(bool) -> $ok;
                serialize_i8(i8) -> $ok;
                serialize_i16(i16) -> $ok;
                serialize_i32(i32) -> $ok;
                serialize_u8(u8) -> $ok;
                serialize_u16(u16) -> $ok;
                serialize_u32(u32) -> $ok;
                serialize_u64(u64) -> $ok;
                serialize_f32(f32) -> $ok;
                serialize_f64(f64) -> $ok;
                serialize_char(char) -> $ok;
                serialize_str(&str) -> $ok;
                serialize_none() -> $ok;
                serialize_unit() -> $ok;
                serialize_unit_struct(&'static str) -> $ok;
                serialize_unit_variant(&'static str, u32, &'static str) -> $ok;
                serialize_seq(Option<usize>) -> Impossible<$ok, Fault>;
                serialize_tuple(usize) -> Impossible<$ok, Fault>;
                serialize_tuple_struct(&'static str, usize) -> Impossible<$ok, Fault>;
                serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Impossible<$ok, Fault>;
                serialize_map(Option<usize>) -> Impossible<$ok, Fault>;
                serialize_struct(&'static str, usize) -> Impossible<$ok, Fault>;
                serialize_struct_variant(&'static str, u32, &'static str, usize) -> Impossible<$ok, Fault>;
            }
        }
    };
}

special! { Instant, Timestamp, {
    fn serialize_i64(self, millis: i64) -> Result<Timestamp, Fault> {
        Ok(Timestamp::from_millis(millis)?)
    }
}, serialize_bytes(&[u8]) -> Timestamp; }

special! { RawBytes<'_, '_>, (), {
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Fault> {
        ser::Serializer::serialize_bytes(self.0, bytes)
    }
}, serialize_i64(i64) -> (); }
