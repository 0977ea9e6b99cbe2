//! Types of other crates and hand-written ones: what is an instant, and what only looks like one.

use serde::de::{self, Deserializer};

use super::*;

#[test]
fn c04_instants_of_other_crates_work_undecorated() {
    use AskedKind as A;
    for (asked, kind) in [
        (kind_of!(chrono::DateTime<chrono::Utc>), A::Timestamp),
        (kind_of!(chrono::DateTime<chrono::FixedOffset>), A::Timestamp),
        (kind_of!(jiff::Timestamp), A::Timestamp),
        (
            kind_of!(
                #[serde(with = "time::serde::rfc3339")]
                time::OffsetDateTime
            ),
            A::Timestamp,
        ),
        (kind_of!(#[serde(with = "chrono::serde::ts_seconds")] chrono::DateTime<chrono::Utc>), A::Integer),
        (
            kind_of!(
                #[serde(with = "time::serde::timestamp")]
                time::OffsetDateTime
            ),
            A::Integer,
        ),
        (kind_of!(chrono::NaiveDate), A::String),
        (kind_of!(chrono::NaiveTime), A::String),
        (kind_of!(chrono::NaiveDateTime), A::String),
        (kind_of!(jiff::civil::Date), A::String),
        (kind_of!(jiff::civil::DateTime), A::String),
        (kind_of!(jiff::civil::Time), A::String),
        (kind_of!(jiff::ZonedDateTime), A::String),
        (kind_of!(jiff::Span), A::String),
        (kind_of!(time::OffsetDateTime), A::Unknown),
        (kind_of!(time::Date), A::Unknown),
    ] {
        assert_eq!(asked, (kind, false));
    }
    assert_eq!(
        kind_of!(#[serde(default, with = "time::serde::rfc3339::option")] Option<time::OffsetDateTime>),
        (A::Timestamp, true)
    );
    let optional = kind_of!(#[serde(with = "chrono::serde::ts_seconds_option")] Option<chrono::DateTime<chrono::Utc>>);
    assert_eq!(optional, (A::Integer, true));
    let times = kind_of!(std::time::SystemTime).0;
    let AskedKind::Struct(fields) = times else { panic!("a struct") };
    assert!(fields.iter().all(|field| field.kind == A::Integer));
}

/// A type that reads text and then looks at it.
macro_rules! text {
    ($name:ident: $accepts:expr) => {
        struct $name;
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(&String::deserialize(deserializer)?) {
                    Ok(Self)
                } else {
                    Err(de::Error::custom("not this text"))
                }
            }
        }
    };
}

text!(Token24: |text| text.len() == 24);
text!(NotEmpty: |text| !text.is_empty());
text!(Loose: |text| text.contains("T00:00"));
text!(Shaped: |text| text.len() == 24 && text.ends_with('Z') && text.starts_with("2000-"));
text!(Nothing: |_| false);
text!(Instant: |text| text.parse::<Timestamp>().is_ok());
text!(Future: |text| text.parse::<Timestamp>().is_ok_and(|at| at > "2030-01-01T00:00:00Z".parse().unwrap()));

#[test]
fn c04_text_is_an_instant_only_if_nothing_else_is_accepted() {
    for asked in [kind_of!(Token24), kind_of!(NotEmpty), kind_of!(Loose), kind_of!(Shaped), kind_of!(Nothing)] {
        assert_eq!(asked, (AskedKind::String, false));
    }
    for asked in [kind_of!(Instant), kind_of!(Future)] {
        assert_eq!(asked, (AskedKind::Timestamp, false));
    }
    assert_eq!(kind_of!(Option<Vec<Instant>>), (array(AskedKind::Timestamp), true));
}

#[test]
fn c04_a_type_that_takes_what_there_is_is_an_instant_if_it_takes_text_alone() {
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only asked")]
    enum Either {
        At(Timestamp),
        Between { from: Timestamp, to: Timestamp },
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only asked")]
    enum Millis {
        At(Timestamp),
        Millis(u64),
    }
    assert_eq!(kind_of!(Either), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Millis), (AskedKind::Unknown, false));
}

#[allow(clippy::unnecessary_wraps, reason = "the signature that serde asks for")]
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(T::deserialize(deserializer).unwrap_or_default())
}

fn numeric_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

#[derive(Default)]
struct Swallows;

impl<'de> Deserialize<'de> for Swallows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::<D, std::marker::PhantomData<u8>>(deserializer).map(|_| Self)
    }
}

#[test]
fn c09_a_function_that_deserializes_is_asked_too() {
    assert_eq!(
        kind_of!(
            #[serde(deserialize_with = "numeric_text")]
            u64
        ),
        (AskedKind::String, false)
    );
    assert_eq!(
        kind_of!(
            #[serde(deserialize_with = "lenient")]
            u64
        ),
        (AskedKind::Integer, false)
    );
    assert_eq!(
        kind_of!(#[serde(deserialize_with = "lenient")] Vec<Vec<u64>>),
        (array(array(AskedKind::Integer)), false)
    );
    assert_eq!(kind_of!(Vec<Swallows>), (array(AskedKind::Unit), false));
    assert_eq!(kind_of!((Swallows, Swallows)), (array(AskedKind::Unit), false));
}

/// Deserializers that answer from themselves, ask for nothing, or go on after a refusal.
struct Odd<const WAY: u8>;

impl<'de, const WAY: u8> Deserialize<'de> for Odd<WAY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Goes;
        impl<'de> de::Visitor<'de> for Goes {
            type Value = ();

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("anything")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
                let _ = elements.next_element::<u8>();
                while elements.next_element::<()>()?.is_some() {}
                Ok(())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
                let _ = fields.next_value::<u8>();
                while fields.next_entry::<String, ()>()?.is_some() {}
                Ok(())
            }
        }
        match WAY {
            0 => return Ok(Self),
            1 => return Err(de::Error::custom("never")),
            2 => deserializer.deserialize_struct("Odd", &["a", "b"], Goes)?,
            3 => deserializer.deserialize_seq(Goes)?,
            4 => deserializer.deserialize_enum("Odd", &["a"], Goes)?,
            5 => deserializer.deserialize_tuple(1_000_000, Goes)?,
            _ => return Err(de::Error::duplicate_field("elsewhere")),
        }
        Ok(Self)
    }
}

#[test]
fn c09_odd_types_are_unknown_and_stop_nothing() {
    assert_eq!(Asked::of::<Odd<0>>().fields(), None);
    assert_eq!(kind_of!(Odd<0>), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Odd<1>), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Odd<3>), (array(AskedKind::Integer), false));
    assert_eq!(kind_of!(Odd<4>), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Odd<5>), (array(AskedKind::Unknown), false));
    assert_eq!(kind_of!(Odd<6>), (AskedKind::Unknown, false));
    assert_eq!(kind_of!((u8, Odd<1>)), (array(AskedKind::Unknown), false));
    let asked = Asked::of::<Odd<2>>();
    assert_eq!(asked.names().collect::<Vec<_>>(), ["a", "b"]);
}

/// Text of which two bytes are taken without a look at what there is.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Panicking;

impl TryFrom<String> for Panicking {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (_, rest) = text.split_at(2);
        if rest.is_empty() { Err("nothing else") } else { Ok(Self) }
    }
}

#[test]
fn c41_a_type_that_panics_on_a_sample_does_not_say() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Record {
        before: u32,
        text: Panicking,
        after: bool,
    }
    let asked = Asked::of::<Record>();
    let kinds: Vec<_> = asked.kinds();
    assert!(kinds.contains(&("before".to_owned(), Kind::Integer)) && kinds.contains(&("after".to_owned(), Kind::Bool)));
    assert_eq!(asked.names().collect::<Vec<_>>(), ["before", "text", "after"]);
    assert!(asked.paths_of_timestamps().is_empty());
}
