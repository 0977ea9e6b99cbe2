//! Types as users write them, and what they say of themselves.

use std::collections::HashMap;

use serde::Deserialize;

use super::*;
use crate::{Document, Timestamp, Value};

mod aliases;
mod codec;
mod enums;
mod others;
mod shapes;

/// What a type says of its field `x`.
macro_rules! kind_of {
    ($(#[$serde:meta])* $type:ty) => {{
        #[derive(Deserialize)]
        #[allow(dead_code, reason = "only asked")]
        struct Record {
            $(#[$serde])*
            x: $type,
        }
        let asked = Asked::of::<Record>();
        let [field] = asked.fields().unwrap() else { panic!("one field") };
        assert_eq!((field.name, field.alias_of), ("x", None));
        (field.kind.clone(), field.optional)
    }};
}
use kind_of;

fn array(of: AskedKind) -> AskedKind {
    AskedKind::Array(Box::new(of))
}

#[test]
fn c09_scalars_have_their_kinds() {
    use AskedKind as A;
    for (asked, kind) in [
        (kind_of!(bool), A::Bool),
        (kind_of!(i8), A::Integer),
        (kind_of!(u8), A::Integer),
        (kind_of!(i64), A::Integer),
        (kind_of!(u64), A::Integer),
        (kind_of!(i128), A::Integer),
        (kind_of!(u128), A::Integer),
        (kind_of!(usize), A::Integer),
        (kind_of!(std::num::NonZeroU32), A::Integer),
        (kind_of!(f32), A::Number),
        (kind_of!(f64), A::Number),
        (kind_of!(char), A::String),
        (kind_of!(String), A::String),
        (kind_of!(Box<str>), A::String),
        (kind_of!(std::borrow::Cow<'static, str>), A::String),
        (kind_of!(std::path::PathBuf), A::String),
        (kind_of!(std::net::IpAddr), A::String),
        (kind_of!(std::net::SocketAddr), A::String),
        (kind_of!(uuid::Uuid), A::String),
        (kind_of!(serde_bytes::ByteBuf), A::Bytes),
        (kind_of!(#[serde(with = "serde_bytes")] Vec<u8>), A::Bytes),
        (kind_of!(Timestamp), A::Timestamp),
        (kind_of!(()), A::Unit),
        (kind_of!(std::marker::PhantomData<String>), A::Unit),
        (kind_of!(Value), A::Unknown),
        (kind_of!(Document), A::Map),
        (kind_of!(serde_json::Value), A::Unknown),
        (kind_of!(serde::de::IgnoredAny), A::Unknown),
        (kind_of!(HashMap<String, Timestamp>), A::Map),
    ] {
        assert_eq!(asked, (kind, false));
    }
}

#[test]
fn c09_options_boxes_and_newtypes_are_looked_through() {
    #[derive(Deserialize)]
    struct Email(#[allow(dead_code, reason = "only asked")] String);
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct At {
        #[allow(dead_code, reason = "only asked")]
        at: Timestamp,
    }
    assert_eq!(kind_of!(Option<u8>), (AskedKind::Integer, true));
    assert_eq!(kind_of!(Option<Option<Box<u8>>>), (AskedKind::Integer, true));
    assert_eq!(kind_of!(Box<Email>), (AskedKind::String, false));
    assert_eq!(kind_of!(Option<Email>), (AskedKind::String, true));
    assert_eq!(kind_of!(At), (AskedKind::Timestamp, false));
    assert_eq!(kind_of!(Vec<Option<At>>), (array(AskedKind::Timestamp), false));
    assert_eq!(kind_of!(std::cell::Cell<i32>), (AskedKind::Integer, false));
    assert_eq!(kind_of!(std::num::Wrapping<i32>), (AskedKind::Integer, false));
}
