//! What a backend says of itself before it is opened.

use crate::error::Mistakes;

use super::backend::BackendConfig;
use super::property::Property;

/// A rule about several properties of one backend.
pub(super) type Check = fn(&BackendConfig, &mut Mistakes);

/// A backend's name, the properties that it reads, and the URIs that it opens.
///
/// ```
/// use backends_core::{BackendInfo, Property};
///
/// let info = BackendInfo::new("mongodb", "MongoDB")
///     .uri_scheme("mongodb+srv")
///     .property(Property::URL)
///     .property(Property::HOST.required_unless("url"))
///     .property(Property::text("authSource", "the database that knows the user"));
/// assert_eq!(info.uri_schemes, ["mongodb", "mongodb+srv"]);
/// assert_eq!(info.required().map(|property| property.name).collect::<Vec<_>>(), ["host"]);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BackendInfo {
    /// The word for `dbName`, which is also the URI scheme and, in the facade, the feature and the module.
    pub name: &'static str,
    /// The name for people (`MongoDB`).
    pub title: &'static str,
    /// Every property that the backend reads; what it does not declare it does not get.
    pub properties: Vec<Property>,
    /// The schemes of the URIs that it opens, in lower case; its name is the first.
    pub uri_schemes: Vec<&'static str>,
    pub(super) check: Option<Check>,
}

impl BackendInfo {
    /// A backend that reads no property yet.
    pub fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, properties: Vec::new(), uri_schemes: vec![name], check: None }
    }

    /// The same backend, which also reads `property`; declared again it replaces the earlier one.
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.retain(|known| known.name != property.name);
        self.properties.push(property);
        self
    }

    /// The same backend, which also opens URIs of `scheme`.
    #[must_use]
    pub fn uri_scheme(mut self, scheme: &'static str) -> Self {
        self.uri_schemes.push(scheme);
        self
    }

    /// The same backend with a rule about several of its properties.
    ///
    /// It is called once each has been read, together with the rules of the shared properties, so that all mistakes are
    /// told at once. What could not be read is reported already: [`BackendConfig::is_set`] is true of it, and its getter
    /// gives none.
    #[must_use]
    pub fn check(mut self, check: fn(&BackendConfig, &mut Mistakes)) -> Self {
        self.check = Some(check);
        self
    }

    /// The properties that it cannot do without.
    pub fn required(&self) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(|property| property.is_required())
    }

    /// Every property that has a meaning for it, with those that the library reads for each backend.
    pub(super) fn readable(&self) -> impl Iterator<Item = &Property> {
        self.properties.iter().chain(ALWAYS.iter().filter(|property| self.declared(property.name).is_none()))
    }

    pub(super) fn declared(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// What the library itself reads, for every backend.
const ALWAYS: &[Property] = &[Property::TIMEOUT_MS];
