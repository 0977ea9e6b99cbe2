//! The block `database` of a configuration file: a name, and settings.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json::tree::Json;
use crate::names;

use super::choose::unknown_key;
use super::json;

/// What a block says, before a backend has looked at it.
#[derive(Clone, Default)]
pub(super) struct Block {
    pub(super) name: Option<String>,
    pub(super) info: Map<String, Value>,
    /// Whether there is a name that is none.
    pub(super) name_is_mistaken: bool,
    /// What is wrong with it, whatever backends there are.
    pub(super) mistakes: Vec<String>,
}

impl Block {
    /// The block in the text of a file, the rest of which is for others.
    pub(super) fn in_file(text: &str) -> Result<Self> {
        let mut file: json::File = json::parse(text)?;
        let is_repeated = file.databases.len() > 1;
        let mut block = match file.databases.pop() {
            Some(Json::Null) | None => return Err(Error::invalid_config(missing(&file.keys))),
            Some(block) => Self::alone(block)
                .ok_or_else(|| Error::invalid_config("`database` must be an object with `dbName` and `dbInfo`"))?,
        };
        if is_repeated {
            block.mistakes.push(json::is_repeated("database"));
        }
        Ok(block)
    }

    /// The block that a value of another format is, if it is an object.
    pub(super) fn alone(block: Json) -> Option<Self> {
        let mut repeated = BTreeSet::new();
        let Value::Object(content) = json::value(block, "database", &mut repeated) else { return None };
        let mut block = Self::of(content);
        block.mistakes.extend(repeated.iter().map(|path| json::is_repeated(path)));
        Some(block)
    }

    fn of(content: Map<String, Value>) -> Self {
        let mut block = Self::default();
        for (key, value) in content {
            match (key.as_str(), value) {
                ("dbName" | "dbInfo", Value::Null) => {}
                ("dbName", Value::String(name)) => block.name = Some(name),
                ("dbName", _) => {
                    block.name_is_mistaken = true;
                    block.mistakes.push("`dbName` must be text: the name of the backend".to_owned());
                }
                ("dbInfo", Value::Object(info)) => block.info = info,
                ("dbInfo", _) => {
                    block.mistakes.push("`dbInfo` must be an object: the settings of the backend".to_owned());
                }
                (key, _) => {
                    let unknown = unknown_key(key, ["dbName", "dbInfo"]);
                    block.mistakes.push(format!("`database`: {unknown}"));
                }
            }
        }
        block
    }
}

fn missing(keys: &[String]) -> String {
    let near = names::nearest("database", keys.iter().map(String::as_str));
    let hint = near.map(|key| format!("; `{key}` is another key")).unwrap_or_default();
    format!("the block `database` is missing: add `\"database\": {{\"dbName\": …, \"dbInfo\": {{…}}}}`{hint}")
}
