//! The block `database` of a configuration file: a name, and settings.

use serde_json::{Map, Value};

use crate::error::{Error, Mistakes, Result};
use crate::names;

use super::json;

/// What a block says, before a backend has looked at it.
#[derive(Default)]
pub(super) struct Block {
    pub(super) name: Option<String>,
    pub(super) info: Map<String, Value>,
    /// Whether there is a name that is none.
    pub(super) name_is_mistaken: bool,
}

impl Block {
    /// The block in the text of a file.
    pub(super) fn in_file(text: &str, mistakes: &mut Mistakes) -> Result<Self> {
        let Value::Object(mut file) = json::parse(text)? else {
            return Err(Error::invalid_config("the configuration is no object: write `{\"database\": {…}}`"));
        };
        for path in json::repeated_keys(text) {
            if path == "database" || path.starts_with("database.") {
                mistakes.add(format!("`{path}` is given more than once: keep one"));
            }
        }
        match file.remove("database") {
            Some(Value::Object(content)) => Ok(Self::of(content, mistakes)),
            Some(Value::Null) | None => Err(Error::invalid_config(missing(&file))),
            Some(_) => Err(Error::invalid_config("`database` must be an object with `dbName` and `dbInfo`")),
        }
    }

    /// The block that `content` is.
    pub(super) fn of(content: Map<String, Value>, mistakes: &mut Mistakes) -> Self {
        let mut block = Self::default();
        for (key, value) in content {
            match (key.as_str(), value) {
                ("dbName" | "dbInfo", Value::Null) => {}
                ("dbName", Value::String(name)) => block.name = Some(name),
                ("dbName", _) => {
                    block.name_is_mistaken = true;
                    mistakes.add("`dbName` must be text: the name of the backend");
                }
                ("dbInfo", Value::Object(info)) => block.info = info,
                ("dbInfo", _) => mistakes.add("`dbInfo` must be an object: the settings of the backend"),
                (key, _) => mistakes.add(format!("`database`: {}", names::unknown("key", key, ["dbName", "dbInfo"]))),
            }
        }
        block
    }
}

fn missing(file: &Map<String, Value>) -> String {
    let near = names::nearest("database", file.keys().map(String::as_str));
    let hint = near.map(|key| format!("; `{key}` is another key")).unwrap_or_default();
    format!("the block `database` is missing: add `\"database\": {{\"dbName\": …, \"dbInfo\": {{…}}}}`{hint}")
}
