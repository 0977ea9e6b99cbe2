//! Which backend a name or a URI scheme means, and what to do if this program does not have it.

use std::fmt::Write as _;

use crate::error::{Error, Result};
use crate::names;

use super::info::BackendInfo;
use super::property::Property;

/// What a program knows: the backends that it has, and those it would have with another feature.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) backends: &'a [BackendInfo],
    /// Name and feature.
    pub(super) absent: &'a [(&'static str, &'static str)],
}

impl<'a> Known<'a> {
    /// The backend of this name.
    pub(super) fn by_name(self, name: &str) -> Result<&'a BackendInfo> {
        if let Some(info) = self.backends.iter().find(|info| info.name == name) {
            return Ok(info);
        }
        if name.is_empty() {
            return Err(Error::invalid_config(format!(
                "no backend is named: set `dbName` in the block `database`, or `BACKENDS_DB_NAME` ({})",
                self.enabled()
            )));
        }
        if let Some(feature) = self.feature(name) {
            return Err(Error::invalid_config(self.not_compiled_in(name, feature)));
        }
        let Some(name) = printable(name) else {
            return Err(Error::invalid_config(format!(
                "`dbName` is no name of a backend: {}; a connection string belongs into `url`",
                self.enabled()
            )));
        };
        Err(Error::invalid_config(match names::nearest(name, self.names()) {
            Some(near) => names::mistaken(format_args!("unknown backend `{name}`"), near) + &self.hint(near),
            None => format!("unknown backend `{name}`: {}", self.enabled()),
        }))
    }

    /// The backend that opens URIs of this scheme. What was written is not repeated: without its `//` the begin of a
    /// URI may as well be a user.
    pub(super) fn by_scheme(self, scheme: &str) -> Result<&'a BackendInfo> {
        if let Some(info) = self.backends.iter().find(|info| info.uri_schemes.contains(&scheme)) {
            if info.declared(Property::URL.name).is_none() {
                let name = info.name;
                return Err(Error::invalid_config(format!(
                    "the backend `{name}` is not opened by URI: configure it with `dbName` and `dbInfo`"
                )));
            }
            return Ok(info);
        }
        if let Some((name, feature)) = self.absent.iter().find(|(name, _)| *name == first_word(scheme)) {
            return Err(Error::invalid_config(self.not_compiled_in(name, feature)));
        }
        let absent = self.absent.iter().map(|(name, _)| *name);
        let known = || self.schemes().chain(absent.clone());
        Err(Error::invalid_config(match names::nearest(scheme, known()) {
            Some(near) => names::mistaken("the URI has an unknown scheme", format_args!("{near}:")) + &self.hint(near),
            None => format!("the URI has an unknown scheme: known are {}", known().collect::<Vec<_>>().join(", ")),
        }))
    }

    /// The name of the backend, here or absent, that opens URIs of this scheme.
    pub(super) fn opener(self, scheme: &str) -> Option<&'static str> {
        let here = self.backends.iter().find(|info| info.uri_schemes.contains(&scheme)).map(|info| info.name);
        here.or_else(|| self.absent.iter().map(|(name, _)| *name).find(|name| *name == first_word(scheme)))
    }

    pub(super) fn is_absent(self, name: &str) -> bool {
        self.feature(name).is_some()
    }

    /// The names of all backends, here or absent.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> + Clone + 'a {
        self.backends.iter().map(|info| info.name).chain(self.absent.iter().map(|(name, _)| *name))
    }

    fn schemes(self) -> impl Iterator<Item = &'static str> + Clone + 'a {
        self.backends.iter().flat_map(|info| info.uri_schemes.iter().copied())
    }

    /// The feature that brings the backend, unless it is here.
    fn feature(self, name: &str) -> Option<&'static str> {
        let here = self.backends.iter().any(|info| info.name == name);
        self.absent.iter().find(|(absent, _)| *absent == name && !here).map(|(_, feature)| *feature)
    }

    fn not_compiled_in(self, name: &str, feature: &str) -> String {
        let enabled = self.enabled();
        format!("backend `{name}` is not compiled in: enable the feature \"{feature}\" of `backends` ({enabled})")
    }

    fn hint(self, name: &str) -> String {
        let feature = self.feature(name);
        feature.map(|feature| format!(" (and enable the feature \"{feature}\" of `backends`)")).unwrap_or_default()
    }

    fn enabled(self) -> String {
        let names: Vec<_> = self.backends.iter().map(|info| info.name).collect();
        let mut text = match names.as_slice() {
            [] => "no backend is enabled".to_owned(),
            names => format!("enabled are {}", names.join(", ")),
        };
        let missing: Vec<_> = self.absent.iter().map(|(name, _)| *name).filter(|name| self.is_absent(name)).collect();
        if !missing.is_empty() {
            let _ = write!(text, "; not compiled in are {}", missing.join(", "));
        }
        text
    }
}

/// The name, if it looks like one: what is pasted in its place may be a connection string, which is not to be shown.
pub(super) fn printable(name: &str) -> Option<&str> {
    let is_name = name.len() <= 48 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+. ".contains(c));
    is_name.then_some(name)
}

/// The mistake of a key that is none of `known`. What is no name, a connection string perhaps, is not shown.
pub(super) fn unknown_key<'a>(key: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    names::unknown("key", printable(key).unwrap_or("…"), known)
}

/// What follows a `+` in a scheme is the driver's own (`mongodb+srv`).
pub(super) fn first_word(scheme: &str) -> &str {
    scheme.split('+').next().unwrap_or(scheme)
}
