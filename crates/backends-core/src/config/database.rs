//! The settings of a database, from code, the environment and a file, before a backend has looked at them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json::tree::Json;

use super::block::Block;
use super::choose::{Known, first_word, printable};
use super::environment::Environment;
use super::info::BackendInfo;
use super::property::Property;
use super::setting::Setting;
use super::uri::Uri;

/// The name of a backend, and settings for it and for others.
///
/// A setting made in code goes before the environment, the environment before the file. Nothing is checked before a
/// program says which backends it has; then everything that is wrong is reported at once.
///
/// `Debug` shows the name of the backend and which keys are set, and no value.
///
/// ```
/// use backends_core::DatabaseConfig;
///
/// let config = DatabaseConfig::new("mongodb").set("host", ["a:27017", "b:27017"]).set("maxPoolSize", 50);
/// assert_eq!(config.db_name, "mongodb");
/// ```
///
/// It is `Deserialize` too, as the object `{"dbName": …, "dbInfo": {…}}`, for services that have a type of their own
/// for their configuration; [`with_environment`](Self::with_environment) is then theirs to call.
#[derive(Clone, Default)]
#[non_exhaustive]
#[doc(alias = "DBConfig")]
#[doc(alias = "DBInfo")]
pub struct DatabaseConfig {
    /// The name of the backend to open.
    pub db_name: String,
    name_is_from_code: bool,
    pub(super) code: Map<String, Value>,
    pub(super) environment: Environment,
    /// What the file says.
    pub(super) block: Block,
    /// Where the block stands.
    pub(super) file_path: Option<PathBuf>,
}

impl DatabaseConfig {
    /// The settings of the backend `db_name`, none so far.
    pub fn new(db_name: impl Into<String>) -> Self {
        Self { db_name: db_name.into(), name_is_from_code: true, ..Self::default() }
    }

    /// The settings that the environment holds, without a file.
    ///
    /// `BACKENDS_DB_NAME` may be left out if `BACKENDS_URL` is set and begins with the name of the backend. Where neither
    /// names one, that is told with everything else that is wrong.
    pub fn from_environment(environment: &Environment) -> Self {
        Self::of_block(Block::default(), environment)
    }

    /// The settings that a URI holds, for the backend that opens URIs of its scheme.
    ///
    /// The whole text becomes the property `url`. `absent` are names of backends that this program does not have, with
    /// the feature that brings each. No error repeats a part of the URI.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig): the text is no URI, or of a scheme that no backend here opens.
    pub fn from_uri(uri: &str, backends: &[BackendInfo], absent: &[(&'static str, &'static str)]) -> Result<Self> {
        let uri = Uri::parse(uri)?;
        let info = Known { backends, absent }.by_scheme(uri.scheme())?;
        Ok(Self::new(info.name).set(Property::URL.name, uri.text()))
    }

    pub(super) fn of_block(block: Block, environment: &Environment) -> Self {
        let mut config = Self { block, environment: environment.clone(), ..Self::default() };
        config.db_name = config.name_from_sources();
        config
    }

    /// The same settings, whose errors say in which file they stand.
    pub(super) fn of_file(mut self, path: &Path) -> Self {
        self.file_path = Some(path.to_owned());
        self
    }

    /// The same settings with one made in code, which goes before the environment and the file.
    ///
    /// `key` is one of `dbInfo`; a duration is given as [`Duration`](std::time::Duration) or in milliseconds. Empty
    /// text takes away what the environment or the file says.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Setting>) -> Self {
        self.code.insert(key.to_owned(), value.into().0);
        self
    }

    /// The same settings with those of the environment, in place of the environment it had.
    ///
    /// `BACKENDS_DB_NAME` goes before the name of a file, not before one that was set in code, by [`new`](Self::new) or
    /// as the field.
    #[must_use]
    pub fn with_environment(mut self, environment: &Environment) -> Self {
        let is_from_code = self.name_is_from_code || self.db_name != self.name_from_sources();
        self.environment = environment.clone();
        if !is_from_code {
            self.db_name = self.name_from_sources();
        }
        self
    }

    /// The name of the backend to open.
    pub fn db_name(&self) -> &str {
        &self.db_name
    }

    /// The name that the environment, the file or the `url` gives; empty if none does.
    fn name_from_sources(&self) -> String {
        self.given_name().map(str::to_owned).or_else(|| self.name_in_url()).unwrap_or_default()
    }

    /// The `dbName` of the environment or the file.
    fn given_name(&self) -> Option<&str> {
        let in_file = self.block.name.as_deref().filter(|name| !name.is_empty());
        self.environment.get("dbName").or(in_file)
    }

    /// One word a backend: the scheme of its URIs is its name.
    fn name_in_url(&self) -> Option<String> {
        let uri = Uri::parse(self.naming_url()?).ok()?;
        Some(first_word(uri.scheme()).to_owned())
    }

    /// Whether nothing but the `url` names the backend.
    fn name_is_from_url(&self) -> bool {
        let is_given = self.name_is_from_code || self.given_name().is_some();
        !is_given && self.name_in_url().is_some_and(|name| name == self.db_name)
    }

    /// The `url` that names the backend where `dbName` does not.
    fn naming_url(&self) -> Option<&str> {
        let in_file = self.block.info.get(Property::URL.name).and_then(Value::as_str);
        self.environment.get(Property::URL.name).or(in_file).filter(|url| !url.is_empty())
    }

    /// An error of the name, which says so where the environment gave it.
    pub(super) fn saying_where(&self, error: Error) -> Error {
        let in_environment = self.environment.get("dbName").is_some_and(|name| name == self.db_name);
        if in_environment && !self.name_is_from_code { error.saying("`BACKENDS_DB_NAME`") } else { error }
    }

    /// What is wrong with the `url` that should have named the backend, if it should have.
    pub(super) fn without_name(&self, known: Known<'_>) -> Option<Error> {
        if !self.db_name.is_empty() {
            // What stands before a colon may as well be a user, so it is not shown.
            return if self.name_is_from_url() { known.by_scheme(&self.db_name).err() } else { None };
        }
        Uri::parse(self.naming_url()?).err().map(|error| error.saying("no backend is named by `dbName`, and by `url`"))
    }
}

/// The keys of settings, as far as they are names.
fn names(settings: &Map<String, Value>) -> Vec<&str> {
    settings.keys().map(|key| printable(key).unwrap_or("…")).collect()
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("db_name", &printable(&self.db_name).filter(|_| !self.name_is_from_url()).unwrap_or("…"))
            .field("code", &names(&self.code))
            .field("environment", &self.environment)
            .field("file", &names(&self.block.info))
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for DatabaseConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let block = Block::alone(Json::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("the block must be an object with `dbName` and `dbInfo`"))?;
        Ok(Self::of_block(block, &Environment::empty()))
    }
}
