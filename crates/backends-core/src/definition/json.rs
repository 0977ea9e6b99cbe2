//! Definitions written in JSON, with the keys that services have today.

mod object;
mod parts;

use std::collections::BTreeSet;

use serde_json::Value;

use super::Definition;
use super::draft::Draft;
use super::report::Report;
use crate::json::tree::Json;
use crate::{Error, ErrorKind, Result};
use object::Object;
use parts::read_draft;

/// The keys of a definition.
pub(super) const KEYS: [&str; 17] = [
    "name",
    "indexes",
    "hashKey",
    "hashKeyType",
    "rangeKey",
    "rangeKeyType",
    "readCapacity",
    "writeCapacity",
    "GSI",
    "enableTtl",
    "ttlAttribute",
    "ttl",
    "customId",
    "idKind",
    "fields",
    "version",
    "ttlHolds",
];
/// The key that only the stored form has.
const FORMAT_KEY: &str = "formatVersion";

impl Definition {
    /// Reads a definition from JSON.
    ///
    /// Keys: `name`, `hashKey`, `hashKeyType`, `rangeKey`, `rangeKeyType` (`S`, `N` or a kind), `indexes` (a field for
    /// a unique index on it, or `{name?, fields, unique, ordered?}`), `fields` (`{path: kind}` or `{path: {kind,
    /// emptyIsMissing, foreignText}}`), `idKind`, `customId`, `version`, `enableTtl`, `ttlAttribute`, `ttl` (seconds),
    /// `ttlHolds` (`start` or `expiry`), `readCapacity`, `writeCapacity`, and `GSI` (`{field or index: {readCapacity,
    /// writeCapacity}}`). A key whose value is null counts as left out.
    ///
    /// ```
    /// use backends_core::Definition;
    ///
    /// # fn main() -> backends_core::Result<()> {
    /// let sessions = Definition::from_json(
    ///     r#"{"name": "sessions", "indexes": ["token"], "enableTtl": true, "ttlAttribute": "createdAt", "ttl": 3600}"#,
    /// )?;
    /// assert_eq!(sessions.ttl().map(|ttl| ttl.seconds()), Some(3600));
    /// assert!(sessions.index("token").is_some_and(|index| index.is_unique()));
    ///
    /// let error = Definition::from_json(r#"{"name": "users", "hashkey": "email"}"#).unwrap_err();
    /// assert_eq!(error.message(), "unknown key of the definition `hashkey`: did you mean `hashKey`?");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with every mistake at once.
    #[doc(alias = "RepositoryDefinitionMap")]
    pub fn from_json(text: &str) -> Result<Self> {
        from_tree(&parse(text)?)
    }

    /// Reads a definition from JSON that is parsed already; see [`from_json`](Self::from_json).
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with every mistake at once.
    pub fn from_json_value(value: &Value) -> Result<Self> {
        from_tree(&value.into())
    }

    /// Reads an array of definitions from JSON; see [`from_json`](Self::from_json).
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with every mistake of all of them at once; two definitions of one
    /// name, regardless of case, are a mistake.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>> {
        let Json::Array(items) = parse(text)? else {
            return Err(Error::invalid_input("definitions have to be an array of objects"));
        };
        let mut report = Report::new(ErrorKind::InvalidInput);
        let mut definitions = Vec::new();
        let mut names = BTreeSet::new();
        for (position, item) in items.iter().enumerate() {
            match from_tree(item) {
                Ok(definition) => {
                    if !names.insert(definition.name().to_ascii_lowercase()) {
                        report.add(|| format!("two definitions are named `{}`, regardless of case", definition.name()));
                    }
                    definitions.push(definition);
                }
                Err(error) => report.absorb(&format!("definition `[{position}]`"), &error),
            }
        }
        report.into_result()?;
        Ok(definitions)
    }
}

fn parse(text: &str) -> Result<Json> {
    // Some editors begin a file with a byte order mark, which is no part of the text.
    Json::parse(text.strip_prefix('\u{feff}').unwrap_or(text), "the definition")
}

fn from_tree(json: &Json) -> Result<Definition> {
    let mut report = Report::new(ErrorKind::InvalidInput);
    match Object::new("the definition", json, &KEYS, &mut report) {
        Some(object) => read_draft(&object, &mut report).build(report),
        None => Err(report.into_result().err().unwrap_or_else(|| Error::invalid_input("not an object"))),
    }
}

/// Reads the stored form, which is the JSON form with everything said.
pub(super) fn parse_stored(text: &str, format: u64) -> Result<Definition> {
    let json = parse(text)?;
    let mut report = Report::new(ErrorKind::InvalidInput);
    let known: Vec<_> = KEYS.into_iter().chain([FORMAT_KEY]).collect();
    let object = Object::any_keys("the definition", &json, &mut report);
    let written = object.and_then(|object| object.whole(FORMAT_KEY, &mut report));
    if written != Some(format) {
        return Err(Error::invalid_input(format!("its `{FORMAT_KEY}` is not {format}")));
    }
    match Object::new("the definition", &json, &known, &mut report) {
        Some(object) => Draft { stored: true, ..read_draft(&object, &mut report) }.build(report),
        None => Err(Error::invalid_input("it is not an object")),
    }
}
