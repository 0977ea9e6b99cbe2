//! JSON text: where it is broken, and which keys it repeats, without a word of its content.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use crate::error::{Error, Result};

/// The value of `text`; an error says where it is broken, never what stands there.
pub(super) fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(without_mark(text)).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::invalid_config(match error.classify() {
            Category::Eof => format!("the JSON ends too early (line {line}, column {column}): close what is open"),
            _ => format!("this is no JSON (line {line}, column {column}): correct it there"),
        })
    })
}

/// The paths (`database.dbInfo.host`) of keys that stand more than once in one object.
///
/// A JSON reader keeps the last of them, so that the others would be ignored silently.
pub(super) fn repeated_keys(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut deserializer = serde_json::Deserializer::from_str(without_mark(text));
    // Broken text has been reported by `parse`; what was found before it breaks is still true.
    let _ = Walk { path: String::new(), found: &mut found }.deserialize(&mut deserializer);
    found
}

/// Some editors begin a file with a byte order mark, which is no part of the text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

struct Walk<'a> {
    path: String,
    found: &'a mut BTreeSet<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if !seen.insert(key) {
                self.found.insert(path.clone());
            }
            map.next_value_seed(Walk { path, found: self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Walk { path: format!("{}[]", self.path), found: self.found })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
