//! The variables of the environment that are meant for this library, as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use super::property::{PREFIX, environment_name};

/// The variables that begin with `BACKENDS_`, taken once and passed on, so that tests change no process.
///
/// A variable with an empty value counts as not set. Names that Kubernetes makes up for a service called `backends`
/// (`BACKENDS_SERVICE_HOST`, `BACKENDS_PORT=tcp://…`) are left out.
///
/// ```
/// use backends_core::{DatabaseConfig, Environment};
///
/// let environment = Environment::from_pairs([("BACKENDS_DB_NAME", "sqlite"), ("BACKENDS_PATH", "app.db")]);
/// let config = DatabaseConfig::from_environment(&environment);
/// assert_eq!(config.db_name, "sqlite");
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
}

/// The text of a variable; none if it is no Unicode.
type Variable = Option<String>;

impl Environment {
    /// What the process has now.
    pub fn process() -> Self {
        Self::from_os(std::env::vars_os())
    }

    /// No variables.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The variables given; of two with the same name the last counts.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::collect(pairs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))))
    }

    pub(super) fn from_os(pairs: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let pairs = pairs.into_iter();
        Self::collect(pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()))))
    }

    fn collect(pairs: impl Iterator<Item = (String, Variable)>) -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in pairs.filter(|(name, value)| name.starts_with(PREFIX) && !is_service_link(name, value)) {
            if value.as_deref() == Some("") {
                variables.remove(&name);
            } else {
                variables.insert(name, value);
            }
        }
        Self { variables }
    }

    /// The variable for the property `key` (in camelCase), if it is set and Unicode.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.variables.get(&environment_name(key))?.as_deref()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// Whether Kubernetes has set the variable for a service whose name begins with `backends`.
fn is_service_link(name: &str, value: &Variable) -> bool {
    // Kubernetes: {NAME}_SERVICE_HOST, {NAME}_SERVICE_PORT[_{PORT NAME}], {NAME}_PORT=tcp://…, {NAME}_PORT_80_TCP[_…]
    let is_address = value
        .as_deref()
        .is_some_and(|value| ["tcp://", "udp://", "sctp://"].iter().any(|known| value.starts_with(known)));
    let is_numbered = name.match_indices("_PORT_").any(|(at, port)| {
        let rest = &name[at + port.len()..];
        let protocol = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        protocol.len() < rest.len() && ["_TCP", "_UDP", "_SCTP"].iter().any(|known| protocol.starts_with(known))
    });
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_address)
        || is_numbered
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Environment").field(&self.names().collect::<Vec<_>>()).finish()
    }
}
