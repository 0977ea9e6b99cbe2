//! What a backend is opened with: its properties, checked and typed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

use super::property::{Property, PropertyKind, environment_name};
use super::secret::Secret;
use super::uri::Uri;
use super::value::PropertyValue;

/// The settings of one backend, as its factory gets them.
///
/// Everything has been checked: each value is of the declared type, what is required is there. `Debug` shows which
/// properties are set and no value.
///
/// The getters take the name of a property that the backend has declared, of the kind that the getter is for; another
/// name is a mistake in the backend, and stops a debug build.
///
/// ```
/// use backends_core::{BackendInfo, DatabaseConfig, Property};
///
/// let info = BackendInfo::new("sqlite", "SQLite").property(Property::PATH.required());
/// let config = DatabaseConfig::new("sqlite").set("path", "app.db").set("timeoutMs", 2_000);
/// let config = config.resolve(&[info], &[])?;
/// assert_eq!(config.required_text("path")?, "app.db");
/// assert_eq!(config.timeout(), Some(std::time::Duration::from_secs(2)));
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BackendConfig {
    backend: &'static str,
    declared: Vec<Property>,
    values: BTreeMap<&'static str, PropertyValue>,
    /// What is given and could not be read; empty once everything has been checked.
    unreadable: BTreeSet<&'static str>,
    unused: Vec<String>,
}

impl BackendConfig {
    pub(super) fn new(backend: &'static str, declared: Vec<Property>, unused: Vec<String>) -> Self {
        Self { backend, declared, values: BTreeMap::new(), unreadable: BTreeSet::new(), unused }
    }

    pub(super) fn put(&mut self, name: &'static str, value: PropertyValue) {
        self.values.insert(name, value);
    }

    pub(super) fn put_unreadable(&mut self, name: &'static str) {
        self.unreadable.insert(name);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Takes the value away that a mistake has been told about.
    pub(super) fn refuse(&mut self, name: &'static str) {
        self.values.remove(name);
        if self.has_declared(name) {
            self.unreadable.insert(name);
        }
    }

    pub(super) fn has_unused(&self, key: &str) -> bool {
        self.unused.iter().any(|known| known == key)
    }

    pub(super) fn add_unused(&mut self, key: &str) {
        if let Err(at) = self.unused.binary_search_by(|known| known.as_str().cmp(key)) {
            self.unused.insert(at, key.to_owned());
        }
    }

    pub(super) fn has_declared(&self, name: &str) -> bool {
        self.declared.iter().any(|property| property.name == name)
    }

    /// The name of the backend.
    pub fn backend(&self) -> &'static str {
        self.backend
    }

    /// The keys of `dbInfo` that are set and that this backend does not read, in byte order; it is worth a line in a
    /// log, and no mistake, since one block may hold the settings of several backends.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// Whether the property has a value; in a [`check`](crate::BackendInfo::check) also one that could not be read.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.unreadable.contains(name)
    }

    /// A property that holds text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name, PropertyKind::Text)? {
            PropertyValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A property that holds text and that the backend cannot go on without.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if it is not set.
    pub fn required_text(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| self.missing(name))
    }

    /// A property that holds a secret.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        match self.value(name, PropertyKind::Secret)? {
            PropertyValue::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// A property that holds an integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name, PropertyKind::Integer)? {
            PropertyValue::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// A property that holds a duration.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.value(name, PropertyKind::Duration)? {
            PropertyValue::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// A property that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name, PropertyKind::Flag)? {
            PropertyValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A property that holds one or more texts; empty if it is not set.
    pub fn list(&self, name: &str) -> &[String] {
        match self.value(name, PropertyKind::List) {
            Some(PropertyValue::List(list)) => list,
            _ => &[],
        }
    }

    /// A property that holds an object.
    pub fn map(&self, name: &str) -> Option<&Map<String, Value>> {
        match self.value(name, PropertyKind::Map)? {
            PropertyValue::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The deadline of an operation (`timeoutMs`), which every backend has without declaring it.
    pub fn timeout(&self) -> Option<Duration> {
        self.duration(Property::TIMEOUT_MS.name)
    }

    /// Whether connections are to be encrypted: what `tls` says, otherwise yes if one of the files for it is given,
    /// otherwise none, and the URL or the backend decides.
    pub fn tls(&self) -> Option<bool> {
        let files = [Property::TLS_CA_FILE, Property::TLS_CERTIFICATE_KEY_FILE];
        let by_file = files.iter().any(|file| self.is_set(file.name)).then_some(true);
        let said = if self.is_set(Property::TLS.name) { self.flag(Property::TLS.name) } else { None };
        said.or(by_file)
    }

    /// The property `url`, taken apart.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if it is no URI.
    pub fn uri(&self) -> Result<Option<Uri>> {
        self.secret(Property::URL.name).map(|url| Uri::parse(url.expose())).transpose()
    }

    fn value(&self, name: &str, kind: PropertyKind) -> Option<&PropertyValue> {
        debug_assert!(
            self.declared.iter().any(|property| property.name == name && property.kind == kind),
            "backend `{}` reads the {kind} `{name}`, which its `BackendInfo` does not declare",
            self.backend
        );
        self.values.get(name)
    }

    fn missing(&self, name: &str) -> Error {
        let variable = environment_name(name);
        Error::invalid_config(format!("`{name}` is missing: set it in `dbInfo`, or in `{variable}`"))
            .with_backend(self.backend)
    }
}

impl fmt::Debug for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendConfig")
            .field("backend", &self.backend)
            .field("set", &self.values.keys().collect::<Vec<_>>())
            .field("unused", &self.unused)
            .finish_non_exhaustive()
    }
}
