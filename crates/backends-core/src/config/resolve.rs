//! From the settings of a program to those of the one backend that it opens.

use std::collections::BTreeSet;

use crate::error::{ErrorKind, Mistakes, Result};

use super::backend::BackendConfig;
use super::choose::Known;
use super::database::DatabaseConfig;
use super::info::BackendInfo;
use super::merge::{self, Keys, Layer, Source};
use super::property::{Property, Requirement, environment_name};
use super::rules;
use super::secret::Secret;
use super::uri::Uri;
use super::value;

impl DatabaseConfig {
    /// The settings of the backend that `dbName` names, checked.
    ///
    /// `backends` is what this program has, `absent` the name of each backend that it could have and the feature that
    /// brings it; settings of those are checked only as far as this program knows them.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) with everything that is wrong, and the file: the backend is not
    /// named, unknown or not compiled in; a key or a variable is unknown, or a key given twice; a value has another
    /// type; a required one is missing; `url` is no URI, or was set for this backend and is for another; two contradict
    /// each other; or the backend refuses a value.
    pub fn resolve(&self, backends: &[BackendInfo], absent: &[(&'static str, &'static str)]) -> Result<BackendConfig> {
        self.resolve_for(&self.db_name, backends, absent)
    }

    /// The settings of the backend `name`, checked, for a program that opens several from one block. The `url` of
    /// another backend counts as not set, unless it was set for this one.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_for(
        &self,
        name: &str,
        backends: &[BackendInfo],
        absent: &[(&'static str, &'static str)],
    ) -> Result<BackendConfig> {
        let config = self.checked(name, Known { backends, absent });
        config.map_err(|error| match &self.file_path {
            Some(path) => error.with_context("file", path.display()),
            None => error,
        })
    }

    fn checked(&self, name: &str, known: Known<'_>) -> Result<BackendConfig> {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        self.block.mistakes.iter().for_each(|mistake| mistakes.add(mistake));
        let chosen = match known.by_name(name) {
            Err(error) if name == self.db_name => {
                Err(self.without_name(known).unwrap_or_else(|| self.saying_where(error)))
            }
            chosen => chosen,
        };
        let keys = Keys { known, chosen: chosen.as_ref().ok().copied(), complete: !known.is_absent(name) };
        match &chosen {
            Err(error) if !(name.is_empty() && self.block.name_is_mistaken) => mistakes.add(error.message()),
            _ => {}
        }
        let layers = merge::layers(self, &keys, &mut mistakes);
        for layer in &layers {
            merge::check(layer, &keys, &mut mistakes);
        }
        let info = match chosen {
            Ok(info) => info,
            Err(error) => return Err(mistakes.into_result().err().unwrap_or(error)),
        };
        shared_kinds(info)?;
        let config = Resolution { info, known, layers: &layers, is_named: name == self.db_name }.finish(&mut mistakes);
        mistakes.into_result().map_err(|error| error.with_backend(info.name))?;
        Ok(config)
    }
}

/// A word that backends share means one thing, or a block could not hold the settings of several.
fn shared_kinds(info: &BackendInfo) -> Result<()> {
    let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
    for property in &info.properties {
        let shared = Property::COMMON.iter().find(|shared| shared.name == property.name);
        if let Some(shared) = shared.filter(|shared| shared.kind != property.kind) {
            mistakes.add(format!(
                "backend `{}` declares `{}` as {}, which everywhere else is {}: give it another name there",
                info.name, property.name, property.kind, shared.kind
            ));
        }
    }
    mistakes.into_result()
}

struct Resolution<'a> {
    info: &'a BackendInfo,
    known: Known<'a>,
    layers: &'a [Layer<'a>],
    /// Whether this is the backend that `dbName` names.
    is_named: bool,
}

impl Resolution<'_> {
    fn finish(&self, mistakes: &mut Mistakes) -> BackendConfig {
        let declared = self.info.readable().copied().collect();
        let mut config = BackendConfig::new(self.info.name, declared, self.unused());
        for property in self.info.readable() {
            let found = merge::find(self.layers, self.info.name, property.name);
            match found.map(|found| value::read(property, found.value)) {
                Some(Ok(Some(value))) => config.put(property.name, value),
                Some(Err(_)) => config.put_unreadable(property.name),
                Some(Ok(None)) | None => {}
            }
        }
        self.url(&mut config, mistakes);
        self.required(&config, mistakes);
        rules::check(&config, mistakes);
        if let Some(check) = self.info.check {
            check(&config, mistakes);
        }
        config
    }

    /// A `url` is for one backend only: its scheme says for which.
    fn url(&self, config: &mut BackendConfig, mistakes: &mut Mistakes) {
        let name = self.info.name;
        let Some(found) = merge::find(self.layers, name, Property::URL.name) else { return };
        let Some(text) = found.value.as_str().filter(|text| !text.is_empty()) else { return };
        let uri = match Uri::parse(text) {
            Ok(uri) => uri,
            Err(error) => {
                config.refuse(Property::URL.name);
                return mistakes.add(format!("`url`: {}", error.message()));
            }
        };
        let opens = self.info.uri_schemes.contains(&uri.scheme());
        let is_of_another = !opens && self.known.opener(uri.scheme()).is_some();
        if opens && config.has_declared(Property::URL.name) {
            config.put(Property::URL.name, value::PropertyValue::Secret(Secret::new(uri.text())));
            return;
        }
        if is_of_another && !found.own && (found.source == Source::File || !self.is_named) {
            // One block holds the settings of several backends.
            config.remove(Property::URL.name);
            config.add_unused(Property::URL.name);
            return;
        }
        // The rules of this backend say nothing about what is no URI of its own.
        config.refuse(Property::URL.name);
        if opens {
            mistakes.add(format!("backend `{name}` takes no `url`: remove it"));
        } else if is_of_another {
            mistakes.add(format!(
                "`url` is not for backend `{name}`: begin it with `{name}:`, or name its backend in `dbName`"
            ));
        } else {
            let schemes: Vec<_> = self.info.uri_schemes.iter().map(|scheme| format!("`{scheme}:`")).collect();
            mistakes.add(format!("`url` has an unknown scheme: begin it with {}", schemes.join(" or ")));
        }
    }

    fn required(&self, config: &BackendConfig, mistakes: &mut Mistakes) {
        for Property { name, requirement, .. } in &self.info.properties {
            let variable = environment_name(name);
            match requirement {
                _ if config.is_set(name) => {}
                Requirement::Optional => {}
                Requirement::Required => {
                    mistakes.add(format!("`{name}` is missing: set it in `dbInfo`, or in `{variable}`"));
                }
                Requirement::Unless(other) if config.is_set(other) => {}
                Requirement::Unless(other) if *other == Property::URL.name && config.has_unused(other) => {
                    let backend = self.info.name;
                    mistakes.add(format!(
                        "`{name}` is missing, and `{other}` is for another backend: set `{name}` in `dbInfo`, or in \
                         `{variable}`, or begin `{other}` with `{backend}:`"
                    ));
                }
                Requirement::Unless(other) => mistakes.add(format!(
                    "`{name}` is missing, and so is `{other}`: set one of them in `dbInfo`, or in `{variable}` or `{}`",
                    environment_name(other)
                )),
            }
        }
    }

    /// What is set and not read, besides what stands under `options`.
    fn unused(&self) -> Vec<String> {
        let set = self.layers.iter().flat_map(|layer| layer.settings.iter());
        let unused: BTreeSet<_> = set
            .filter(|(key, value)| !value.is_null() && *key != Property::OPTIONS.name)
            .map(|(key, _)| key)
            .filter(|key| self.info.readable().all(|property| property.name != *key))
            .collect();
        unused.into_iter().cloned().collect()
    }
}
