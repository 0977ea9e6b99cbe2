//! Serde aliases: what a type has to accept before it says which name it writes.

use std::num::NonZeroU8;

use super::*;

/// That `x` is an alias of a field of this type, which is written as `y`.
macro_rules! finds_alias {
    ($(#[$serde:meta])* $type:ty) => {{
        #[derive(Deserialize)]
        #[allow(dead_code, reason = "only asked")]
        struct Record {
            $(#[$serde])*
            #[serde(rename = "y", alias = "x", alias = "z")]
            field: $type,
            other: Timestamp,
        }
        let asked = Asked::of::<Record>();
        let ofs = ["x", "y", "z", "other"].map(|name| asked.alias_of(name));
        assert_eq!(ofs, [Some("y"), None, Some("y"), None], "{}", stringify!($type));
        assert_eq!(asked.field("x").unwrap().kind, asked.field("y").unwrap().kind);
        assert_eq!(asked.names().collect::<std::collections::BTreeSet<_>>(), ["other", "y"].into());
        assert!(asked.kinds().iter().all(|(path, _)| !path.starts_with(['x', 'z'])));
    }};
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Strict {
    id: uuid::Uuid,
    from: std::net::IpAddr,
    #[serde(alias = "moment")]
    at: chrono::DateTime<chrono::Utc>,
    port: NonZeroU8,
    inner: Option<Box<Strict>>,
    #[serde(default)]
    more: Vec<Strict>,
    expression: Expression,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
enum Expression {
    Add(Box<Expression>, Box<Expression>),
    Subtract { a: Box<Expression>, b: Box<Expression> },
    Literal(NonZeroU8),
    Nothing,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(dead_code, reason = "only asked")]
enum Internal {
    First { at: Timestamp },
    Second { id: uuid::Uuid },
}

#[derive(Deserialize)]
#[serde(tag = "kind", content = "content")]
#[allow(dead_code, reason = "only asked")]
enum Adjacent {
    First { at: Timestamp },
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Flat {
    name: String,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<u8>")]
struct Key;

impl TryFrom<Vec<u8>> for Key {
    type Error = &'static str;

    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.is_empty() { Err("at least one") } else { Ok(Self) }
    }
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Inner {
    count: NonZeroU8,
}

#[test]
fn c03_aliases_are_found_whatever_the_field_accepts() {
    finds_alias!(bool);
    finds_alias!(u8);
    finds_alias!(NonZeroU8);
    finds_alias!(f64);
    finds_alias!(char);
    finds_alias!(String);
    finds_alias!(Option<String>);
    finds_alias!(uuid::Uuid);
    finds_alias!(std::net::IpAddr);
    finds_alias!(std::net::SocketAddrV6);
    finds_alias!(Timestamp);
    finds_alias!(chrono::NaiveDate);
    finds_alias!(chrono::DateTime<chrono::Utc>);
    finds_alias!(jiff::Timestamp);
    finds_alias!(
        #[serde(with = "time::serde::rfc3339")]
        time::OffsetDateTime
    );
    finds_alias!(serde_bytes::ByteBuf);
    finds_alias!(serde_bytes::ByteArray<16>);
    finds_alias!(());
    finds_alias!(Vec<Strict>);
    finds_alias!(Key);
    finds_alias!((uuid::Uuid, [NonZeroU8; 3]));
    finds_alias!(HashMap<String, u8>);
    finds_alias!(Strict);
    finds_alias!(Box<Expression>);
    finds_alias!(Internal);
    finds_alias!(Adjacent);
    finds_alias!(Flat);
    finds_alias!(Document);
    finds_alias!(serde_json::Value);
    finds_alias!(
        #[serde(default)]
        u8
    );
}

#[test]
fn c03_aliases_inside_structs_are_on_no_path() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Record {
        strict: Strict,
        pair: (Expression, Option<Expression>),
    }
    let asked = Asked::of::<Record>();
    let paths = asked.paths_of_timestamps();
    assert_eq!(paths[..3], ["strict.at", "strict.inner.at", "strict.more[].at"]);
    assert!(paths.iter().all(|path| !path.contains("moment")), "{paths:?}");
}

#[test]
fn c03_a_field_that_accepts_no_sample_keeps_its_kind() {
    struct Picky;
    impl<'de> Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            if text == "sesame" { Ok(Self) } else { Err(serde::de::Error::custom("not the word")) }
        }
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Record {
        #[serde(alias = "x")]
        y: Picky,
        #[serde(alias = "v")]
        w: String,
    }
    let asked = Asked::of::<Record>();
    assert_eq!((asked.alias_of("x"), asked.alias_of("v")), (None, Some("w")));
    assert!(["x", "y"].iter().all(|name| asked.field(name).unwrap().kind == AskedKind::String));
}
