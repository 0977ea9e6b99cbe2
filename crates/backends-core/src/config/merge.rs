//! The three sources of settings: what each may hold, and which of them counts.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::definition::shown;
use crate::error::Mistakes;
use crate::names;

use super::choose::{Known, printable, unknown_key};
use super::database::DatabaseConfig;
use super::environment::Environment;
use super::info::BackendInfo;
use super::json;
use super::property::{PREFIX, Property, environment_name};
use super::value;

/// Where settings come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Code,
    Environment,
    File,
}

impl Source {
    /// How a message names `key` of this source.
    fn place(self, key: &str) -> String {
        match self {
            Self::Code => format!("`{key}` (set in code)"),
            Self::Environment => format!("`{}`", environment_name(key)),
            Self::File => format!("`{key}`"),
        }
    }
}

/// The settings of one source.
pub(super) struct Layer<'a> {
    pub(super) source: Source,
    pub(super) settings: Cow<'a, Map<String, Value>>,
}

/// A setting that counts.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) source: Source,
    /// Whether it stands under `options`, and so is meant for this backend alone.
    pub(super) own: bool,
    pub(super) value: &'a Value,
}

/// The settings of `config`, what goes before comes first; unknown variables are mistakes.
pub(super) fn layers<'a>(config: &'a DatabaseConfig, known: &Keys<'a>, mistakes: &mut Mistakes) -> [Layer<'a>; 3] {
    [
        Layer { source: Source::Code, settings: Cow::Borrowed(&config.code) },
        Layer { source: Source::Environment, settings: Cow::Owned(variables(&config.environment, known, mistakes)) },
        Layer { source: Source::File, settings: Cow::Borrowed(&config.block.info) },
    ]
}

/// The value of `key` for the backend `name`: within a source, what stands under `options` goes before the rest.
pub(super) fn find<'a>(layers: &'a [Layer<'_>], name: &str, key: &str) -> Option<Found<'a>> {
    layers.iter().find_map(|layer| {
        let own = layer.settings.get(Property::OPTIONS.name).and_then(|options| options.get(name)?.get(key));
        let shared = layer.settings.get(key);
        [(true, own), (false, shared)].into_iter().find_map(|(own, value)| {
            let value = value.filter(|value| !value.is_null())?;
            Some(Found { source: layer.source, own, value })
        })
    })
}

/// Adds every unknown key of `layer`, and every value of a wrong type.
pub(super) fn check(layer: &Layer<'_>, keys: &Keys<'_>, mistakes: &mut Mistakes) {
    for (key, value) in layer.settings.iter().filter(|(_, value)| !value.is_null()) {
        let place = layer.source.place(key);
        let meanings = keys.meanings(key);
        match meanings.first() {
            // Never a variable: those that are unknown have been found before.
            None if keys.complete => mistakes.add(format!("`dbInfo`: {}", keys.unknown(key))),
            Some(first) if meanings.iter().all(|meaning| value::read(meaning, value).is_err()) => {
                mistakes.add(format!("{place} {}", first.expected()));
            }
            Some(_) if key == Property::OPTIONS.name => options(&place, value, keys.known, mistakes),
            Some(_) | None => {}
        }
    }
}

fn options(place: &str, options: &Value, known: Known<'_>, mistakes: &mut Mistakes) {
    for (name, settings) in options.as_object().into_iter().flatten() {
        let info = known.backends.iter().find(|info| info.name == name);
        match (info, settings) {
            (Some(_), Value::Null) => {}
            (Some(info), Value::Object(settings)) => own(&format!("{place}: {name}"), settings, info, mistakes),
            (Some(_), _) => mistakes.add(format!("{place}: `{name}` must be an object: the settings of that backend")),
            (None, _) if known.is_absent(name) => {}
            (None, _) => mistakes
                .add(format!("{place}: {}", names::unknown("backend", printable(name).unwrap_or("…"), known.names()))),
        }
    }
}

fn own(place: &str, settings: &Map<String, Value>, info: &BackendInfo, mistakes: &mut Mistakes) {
    for (key, value) in settings {
        match info.readable().find(|property| property.name == key) {
            None => {
                let names: Vec<_> = info.readable().map(|property| property.name).collect();
                mistakes.add(format!("{place}: {}", unknown_key(key, names)));
            }
            Some(property) if value::read(property, value).is_err() => {
                mistakes.add(format!("{place}: `{key}` {}", property.expected()));
            }
            Some(_) => {}
        }
    }
}

/// The variables as settings.
fn variables(environment: &Environment, keys: &Keys<'_>, mistakes: &mut Mistakes) -> Map<String, Value> {
    let mut settings = Map::new();
    for (variable, text) in environment.iter() {
        let property = keys.properties().find(|property| environment_name(property.name) == variable);
        match (property, text) {
            (_, None) => mistakes.add(format!("`{variable}` is no Unicode text: set it anew, or unset it")),
            (Some(property), Some(text)) => {
                let mut repeated = BTreeSet::new();
                settings.insert(property.name.to_owned(), value::from_variable(property, text, &mut repeated));
                for path in repeated {
                    mistakes.add(format!("`{variable}`: {}", json::is_repeated(&path)));
                }
            }
            // It has been read together with the name in the file.
            (None, _) if variable == environment_name("dbName") || !keys.complete => {}
            (None, _) => mistakes.add(unknown_variable(variable, keys)),
        }
    }
    settings
}

fn unknown_variable(variable: &str, keys: &Keys<'_>) -> String {
    let written = shown(variable);
    let mut known: Vec<String> = keys.names().chain(["dbName"]).map(environment_name).collect();
    known.sort_unstable();
    // The common beginning would make everything look alike.
    let bare = |name: &'_ str| name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
    let bare_names: Vec<String> = known.iter().map(|name| bare(name)).collect();
    match names::nearest(&bare(variable), bare_names.iter().map(String::as_str)) {
        Some(near) => names::mistaken(format_args!("unknown variable `{written}`"), format_args!("{PREFIX}{near}")),
        None => format!(
            "unknown variable `{written}`: rename it if it is not for `backends`; known are {}",
            known.join(", ")
        ),
    }
}

/// Every key that may stand in `dbInfo`.
pub(super) struct Keys<'a> {
    pub(super) known: Known<'a>,
    pub(super) chosen: Option<&'a BackendInfo>,
    /// Whether a key that is not known is surely a mistake: not, while the backend that may declare it is absent.
    pub(super) complete: bool,
}

impl<'a> Keys<'a> {
    /// What `key` may hold: as the chosen backend has it, else as all share it, else as any other backend has it.
    fn meanings(&self, key: &str) -> Vec<&'a Property> {
        let shared = Property::COMMON.iter().find(|property| property.name == key);
        if let Some(property) = self.chosen.and_then(|info| info.declared(key)).or(shared) {
            return vec![property];
        }
        self.known.backends.iter().filter_map(|info| info.declared(key)).collect()
    }

    /// Every property, those of the chosen backend first.
    fn properties(&self) -> impl Iterator<Item = &'a Property> {
        let of_backends = self.chosen.into_iter().chain(self.known.backends).flat_map(|info| &info.properties);
        of_backends.chain(Property::COMMON)
    }

    /// The mistake of a key that no backend reads: the nearest one, or those that are of use here.
    fn unknown(&self, key: &str) -> String {
        match self.chosen {
            Some(info) if names::nearest(key, self.names()).is_none() => {
                let read = info.readable().chain([&Property::OPTIONS]).map(|property| property.name);
                unknown_key(key, read.collect::<Vec<_>>())
            }
            _ => unknown_key(key, self.names()),
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<'a> {
        let shared = Property::COMMON.iter().map(|property| property.name);
        let own = self.known.backends.iter().flat_map(|info| &info.properties).map(|property| property.name);
        shared.chain(own.filter(|name| Property::COMMON.iter().all(|property| property.name != *name)))
    }
}
