//! Types of the standard library whose `Deserialize` takes every value of a kind, known by their names: of any other type
//! only a value shows whether it is taken.

use std::any::type_name;
use std::ops::RangeInclusive;

use super::{Asked, AskedField};
use crate::{Change, Timestamp, Value};

/// The integers up to which every one is a double.
const EXACT: RangeInclusive<i64> = -(1 << 53)..=1 << 53;

/// What a field takes, whatever else stands in its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    Bool,
    Integer(RangeInclusive<i64>),
    Float,
    Text,
    Timestamp,
    List(Box<Self>),
}

impl Plain {
    /// What the type of this name takes, without the option around it.
    // A name that no other type has: those of a program's own begin with the name of its crate.
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = inside(name, "core::option::Option<").unwrap_or(name);
        Some(match name {
            "bool" => Self::Bool,
            "i8" => Self::Integer(i8::MIN.into()..=i8::MAX.into()),
            "i16" => Self::Integer(i16::MIN.into()..=i16::MAX.into()),
            "i32" => Self::Integer(i32::MIN.into()..=i32::MAX.into()),
            "i64" => Self::Integer(i64::MIN..=i64::MAX),
            "u8" => Self::Integer(0..=u8::MAX.into()),
            "u16" => Self::Integer(0..=u16::MAX.into()),
            "u32" => Self::Integer(0..=u32::MAX.into()),
            "u64" => Self::Integer(0..=i64::MAX),
            "f64" => Self::Float,
            "alloc::string::String" => Self::Text,
            name if name == type_name::<Timestamp>() => Self::Timestamp,
            name => Self::List(Box::new(Self::of(inside(name, "alloc::vec::Vec<")?)?)),
        })
    }

    fn takes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool, Value::Bool(_))
            | (Self::Float, Value::Float(_))
            | (Self::Text, Value::String(_))
            | (Self::Timestamp, Value::Timestamp(_)) => true,
            (Self::Integer(range), Value::Int(int)) => range.contains(int),
            (Self::Float, Value::Int(int)) => EXACT.contains(int),
            (Self::List(member), Value::Array(members)) => members.iter().all(|value| member.takes(value)),
            _ => false,
        }
    }
}

fn inside<'n>(name: &'n str, around: &str) -> Option<&'n str> {
    name.strip_prefix(around)?.strip_suffix('>')
}

/// Whether a visitor of this name is the one that serde derives for the struct of that name, which asks nothing of its
/// fields together.
pub(super) fn is_derived(visitor: &str, name: &str) -> bool {
    visitor.contains(&format!(" for {name}>::deserialize::__Visitor"))
}

impl Asked {
    /// The integers that an `inc` may come to for the type to take the record, and all of them for another change that it
    /// takes in any case; nothing where only the record shows it. The library counts the field `version`, which the type
    /// need not have. Of a field with two names nothing is said: a record may have it under the other one.
    pub(crate) fn leaving(&self, change: &Change, version: Option<&str>) -> Option<RangeInclusive<i64>> {
        const ALL: RangeInclusive<i64> = i64::MIN..=i64::MAX;
        let (fields, path) = (self.fields()?, change.path().as_str());
        if version == Some(path) && fields.iter().all(|field| field.name != path) {
            return Some(ALL);
        }
        // Beside a field that stands under its other name a second one would be no record.
        let is_of_two_names =
            |field: &AskedField| field.alias_of.is_some_and(|name| [field.name, name].contains(&path));
        if fields.iter().any(is_of_two_names) {
            return None;
        }
        let (_, plain) = self.plain.iter().find(|(name, _)| *name == path)?;
        let is_optional = || fields.iter().any(|field| field.name == path && field.optional);
        match (change, plain) {
            (Change::Inc(..), Plain::Integer(range)) => Some(range.clone()),
            (Change::Unset(_), _) if is_optional() => Some(ALL),
            (Change::Set(_, value), plain) if plain.takes(value) => Some(ALL),
            (Change::Push(_, member), Plain::List(plain)) if plain.takes(member) => Some(ALL),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Deserializer};

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "it is asked for its fields and never made")]
    struct Simple {
        small: u8,
        count: Option<u64>,
        tags: Vec<String>,
        ratio: f64,
        #[serde(rename = "named")]
        other: Option<String>,
        #[serde(alias = "was")]
        is: i64,
        even: Even,
        #[serde(deserialize_with = "odd")]
        odd: i64,
        at: Option<Timestamp>,
    }

    #[derive(Deserialize)]
    #[serde(try_from = "i64")]
    struct Even;

    impl TryFrom<i64> for Even {
        type Error = &'static str;

        fn try_from(int: i64) -> Result<Self, &'static str> {
            if int % 2 == 0 { Ok(Self) } else { Err("odd") }
        }
    }

    fn odd<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        i64::deserialize(deserializer).map(|int| int | 1)
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "it is asked for its fields and never made")]
    struct Pair {
        low: i64,
        high: i64,
    }

    #[derive(Deserialize)]
    #[serde(try_from = "Pair")]
    struct Ordered;

    impl TryFrom<Pair> for Ordered {
        type Error = &'static str;

        fn try_from(pair: Pair) -> Result<Self, &'static str> {
            if pair.low <= pair.high { Ok(Self) } else { Err("not in order") }
        }
    }

    #[test]
    fn c28_a_type_of_the_standard_library_says_what_it_takes() {
        let asked = Asked::of::<Simple>();
        let inc = |path: &str| asked.leaving(&Change::Inc(path.into(), 1), Some("rev"));
        assert_eq!(inc("rev"), Some(i64::MIN..=i64::MAX));
        assert_eq!(inc("small"), Some(0..=255));
        assert_eq!(inc("count"), Some(0..=i64::MAX));
        for path in ["is", "was", "tags", "ratio", "even", "odd", "nobody", "small.below", "named"] {
            assert_eq!(inc(path), None, "{path}");
        }
        for (change, is_taken) in [
            (Change::Set("small".into(), 255.into()), true),
            (Change::Set("small".into(), 256.into()), false),
            (Change::Set("named".into(), "x".into()), true),
            (Change::Set("named".into(), 7.into()), false),
            (Change::Set("ratio".into(), 0.5.into()), true),
            (Change::Set("ratio".into(), ((1_i64 << 53) + 1).into()), false),
            (Change::Set("at".into(), Timestamp::MIN.into()), true),
            (Change::Set("even".into(), 2.into()), false),
            (Change::Unset("named".into()), true),
            (Change::Unset("tags".into()), false),
            (Change::Push("tags".into(), "x".into()), true),
            (Change::Push("tags".into(), 7.into()), false),
            (Change::Push("named".into(), "x".into()), false),
            (Change::Pull("tags".into(), "x".into()), false),
        ] {
            assert_eq!(asked.leaving(&change, None).is_some(), is_taken, "{change:?}");
        }
    }

    #[test]
    fn c28_what_looks_at_its_fields_together_does_not_say() {
        let low = Change::Inc("low".into(), 1);
        assert_eq!(Asked::of::<Pair>().leaving(&low, None), Some(i64::MIN..=i64::MAX));
        assert_eq!(Asked::of::<Ordered>().leaving(&low, None), None);
    }
}
