//! JSON text: where it is broken, and which keys it repeats, without a word of its content.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json::tree::{Json, is_too_deep};

use super::choose::printable;

/// What `text` holds; an error says where it is broken, never what stands there.
pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
    let text = without_mark(text);
    if text.trim_ascii().is_empty() {
        return Err(Error::invalid_config("the configuration is empty: write `{\"database\": {…}}`"));
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::invalid_config(match error.classify() {
            _ if is_too_deep(&error) => {
                format!("the JSON is nested too deeply (line {line}, column {column}): flatten it")
            }
            Category::Data => "the configuration is no object: write `{\"database\": {…}}`".to_owned(),
            Category::Eof => format!("the JSON ends too early (line {line}, column {column}): close what is open"),
            _ => format!("this is no JSON (line {line}, column {column}): correct it there"),
        })
    })
}

/// A configuration file: the names of what it holds, and the blocks `database`, of which there should be one. What else it
/// holds is for others, whatever that is.
#[derive(Default)]
pub(super) struct File {
    pub(super) keys: Vec<String>,
    pub(super) databases: Vec<Json>,
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = File;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
                let mut file = File::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "database" {
                        file.databases.push(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        file.keys.push(key);
                    }
                }
                Ok(file)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// The value of `json`, which stands at `path`. The paths (`database.dbInfo.host`) of keys that stand more than once in
/// one object are added to `repeated`: the last is kept, and the others would be ignored silently.
pub(super) fn value(json: Json, path: &str, repeated: &mut BTreeSet<String>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => flag.into(),
        Json::Number(number) => number.into(),
        Json::String(text) => text.into(),
        Json::Array(items) => {
            let path = format!("{path}[]");
            items.into_iter().map(|item| value(item, &path, repeated)).collect()
        }
        Json::Object(entries) => {
            let mut map = Map::new();
            for (key, json) in entries {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let inner = value(json, &path, repeated);
                if map.insert(key, inner).is_some() {
                    repeated.insert(path);
                }
            }
            map.into()
        }
    }
}

/// The mistake of a key that stands more than once. What is no name, a connection string perhaps, is not shown.
pub(super) fn is_repeated(path: &str) -> String {
    let is_shown = path.split(['.', '[', ']']).all(|name| printable(name).is_some());
    let path = if is_shown { path } else { "…" };
    format!("`{path}` is given more than once: keep one")
}

/// Some editors begin a file with a byte order mark, which is no part of the text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
