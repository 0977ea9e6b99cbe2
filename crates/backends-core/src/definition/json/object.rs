//! Reading one JSON object: known keys, each once, each of the right type.

use std::collections::BTreeSet;

use crate::definition::report::Report;
use crate::definition::rules::shown;
use crate::json::tree::Json;
use crate::names::{mistaken, unknown};

/// One object of a definition, and how messages call it.
pub(super) struct Object<'a> {
    place: String,
    entries: &'a [(String, Json)],
}

impl<'a> Object<'a> {
    /// The object at `place`, its keys checked; `None` if it is none.
    pub(super) fn new(place: impl Into<String>, json: &'a Json, known: &[&str], report: &mut Report) -> Option<Self> {
        let object = Self::any_keys(place, json, report)?;
        for (key, _) in object.entries.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let what = format!("key of {}", object.place);
            report.add(|| match other_word(key).filter(|word| known.contains(word)) {
                Some(word) => mistaken(format_args!("unknown {what} `{key}`"), word),
                None => unknown(&what, key, known.iter().copied()),
            });
        }
        Some(object)
    }

    /// The object at `place`, whose keys are names of the caller's; `None` if it is none.
    pub(super) fn any_keys(place: impl Into<String>, json: &'a Json, report: &mut Report) -> Option<Self> {
        let place = place.into();
        let Json::Object(entries) = json else {
            report.add(|| format!("{place} has to be an object"));
            return None;
        };
        let mut seen = BTreeSet::new();
        for (key, _) in entries {
            if !seen.insert(key) {
                report.add(|| format!("{place} has the key `{}` twice: leave one", shown(key)));
            }
        }
        Some(Self { place, entries })
    }

    /// Keys and values, as written.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Json)> + use<'a> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value of `key`; a null counts as none.
    pub(super) fn get(&self, key: &str) -> Option<&'a Json> {
        let (_, value) = self.entries.iter().find(|(name, _)| name == key)?;
        (*value != Json::Null).then_some(value)
    }

    /// The text at `key`.
    pub(super) fn text(&self, key: &str, report: &mut Report) -> Option<&'a str> {
        match self.get(key)? {
            Json::String(text) => Some(text),
            _ => {
                report.add(|| self.wrong(key, "text"));
                None
            }
        }
    }

    /// The truth value at `key`.
    pub(super) fn flag(&self, key: &str, report: &mut Report) -> Option<bool> {
        match self.get(key)? {
            Json::Bool(flag) => Some(*flag),
            _ => {
                report.add(|| self.wrong(key, "`true` or `false`"));
                None
            }
        }
    }

    /// The whole number at `key`, not negative; `5.0` is one.
    pub(super) fn whole(&self, key: &str, report: &mut Report) -> Option<u64> {
        let value = match self.get(key)? {
            Json::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
            _ => None,
        };
        if value.is_none() {
            report.add(|| self.wrong(key, "a whole number that is not negative"));
        }
        value
    }

    /// The mistake of a value of another type at `key`.
    pub(super) fn wrong(&self, key: &str, wanted: &str) -> String {
        format!("`{key}` of {} has to be {wanted}", self.place)
    }

    /// How messages call it.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}

/// The key of what the builder and the guide call by another word.
fn other_word(key: &str) -> Option<&'static str> {
    let plain = key.to_ascii_lowercase().replace(['_', '-'], "");
    Some(match plain.as_str() {
        "partitionkey" => "hashKey",
        "partitionkeytype" => "hashKeyType",
        "sortkey" => "rangeKey",
        "sortkeytype" => "rangeKeyType",
        _ => return None,
    })
}

/// A float as the whole number that it exactly is.
fn whole(number: f64) -> Option<u64> {
    // 2^53: up to here every whole number is a float of its own.
    let is_exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    // Its text without an exponent is that of the integer.
    if is_exact { format!("{}", number.abs()).parse().ok() } else { None }
}
