//! What a serde type says of itself without a macro: its fields, their kinds, where instants are, which names are aliases.
//!
//! A type's `Deserialize` is run against a deserializer that holds no data, once for each question: it goes down one
//! path of the type, notes what is asked for at its end, and refuses.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use crate::{Kind, Result, Tokens};
use plain::Plain;
use probe::Probe;
use refusal::Refusal;
use survey::Survey;

mod draft;
mod paths;
mod places;
mod plain;
mod probe;
mod refusal;
mod sample;
mod survey;
mod unread;

/// What a type says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    kind: AskedKind,
    /// What its fields take that are of the standard library, where the type asks no more.
    plain: Vec<(&'static str, Plain)>,
}

/// A field of a struct, or a variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedField {
    pub(crate) name: &'static str,
    /// The name that is written, where this one is only read; nothing also where the type does not say.
    pub(crate) alias_of: Option<&'static str>,
    pub(crate) kind: AskedKind,
    /// Whether it stands in an `Option`.
    pub(crate) optional: bool,
}

/// What a type asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskedKind {
    Bool,
    Integer,
    /// A float.
    Number,
    /// Text, also that of an enum whose variants hold nothing.
    String,
    Bytes,
    /// An instant: a `Timestamp`, or text that is accepted only as RFC 3339.
    Timestamp,
    /// Nothing: it would be stored as null, which is absence.
    Unit,
    Struct(Vec<AskedField>),
    /// An array; `Unknown` elements are also those of a tuple of several kinds.
    Array(Box<AskedKind>),
    /// An enum that is a map from the variant to what it holds; text for the variants that hold nothing, which are not here.
    Enum(Vec<AskedField>),
    /// A map with any fields, as a struct with `flatten` asks for one too.
    Map,
    /// The type that stands so many arrays, structs and enums below the outermost one: a type inside itself.
    Above(usize),
    /// Anything, or a type that does not say.
    Unknown,
}

/// A type that panics on what it is offered does not say.
fn ask<T: DeserializeOwned>(probe: Probe<'_>) -> Result<(), Refusal> {
    let asked = AssertUnwindSafe(|| T::deserialize(probe).map(drop));
    catch_unwind(asked).unwrap_or(Err(Refusal::Plain))
}

impl Asked {
    /// Asks `T`: some microseconds for each of its fields.
    pub(crate) fn of<T: DeserializeOwned>() -> Self {
        let mut survey = Survey::new(ask::<T>, type_name::<T>());
        Self { kind: survey.whole(), plain: survey.plain }
    }

    /// The fields of the type, aliases among them.
    ///
    /// Nothing if it gives no list: maps, `flatten`, untagged and internally tagged enums, most hand-written types.
    /// Then a read fetches everything, and kinds have to be declared.
    pub(crate) fn fields(&self) -> Option<&[AskedField]> {
        match &self.kind {
            AskedKind::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// What the type is, if it certainly is no record.
    pub(crate) fn no_record(&self) -> Option<&'static str> {
        Some(match &self.kind {
            AskedKind::Bool => "a bool",
            AskedKind::Integer => "an integer",
            AskedKind::Number => "a float",
            AskedKind::String => "text",
            AskedKind::Bytes => "bytes",
            AskedKind::Timestamp => "a timestamp",
            AskedKind::Unit => "nothing, as `()` is",
            AskedKind::Array(_) => "an array or a tuple",
            AskedKind::Enum(_) => "an enum that serde tags externally",
            AskedKind::Struct(_) | AskedKind::Map | AskedKind::Above(_) | AskedKind::Unknown => return None,
        })
    }

    /// The names that the type writes, for messages and for what a read has to fetch; none if it gives no list.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        let fields = self.fields().unwrap_or_default();
        fields.iter().filter(|field| field.alias_of.is_none()).map(|field| field.name)
    }

    /// The kind of the scalar that the type has at a path through structs, under the names that it writes.
    pub(crate) fn kind_at<'p>(&self, mut path: impl Iterator<Item = &'p str>) -> Option<Kind> {
        path.try_fold(&self.kind, |kind, segment| match kind {
            AskedKind::Struct(fields) => {
                fields.iter().find(|field| field.name == segment && field.alias_of.is_none()).map(|field| &field.kind)
            }
            _ => None,
        })?
        .kind()
    }

    /// The paths in a record that the type has `written` which it does not read, or only as aliases, so that nothing
    /// that is said of the field would hold: `addres`, `events[].att`.
    ///
    /// # Errors
    /// What the walk fails with.
    pub(crate) fn unread_paths(&self, written: &mut dyn Tokens) -> Result<Vec<String>> {
        unread::paths(&self.kind, written)
    }

    /// What is wrong with the place at `path` of a definition, if the type says what is there: no such place, or what is
    /// no scalar.
    pub(crate) fn place_mistake(&self, path: &str) -> Option<String> {
        places::mistake(&self.kind, path)
    }

    /// The kind of each scalar field, also of structs inside the record; in arrays and enums only instants.
    pub(crate) fn kinds(&self) -> Vec<(String, Kind)> {
        paths::kinds(&self.kind)
    }
}

/// What the tests of asking ask.
#[cfg(test)]
impl Asked {
    /// The field of this name, or that is read under it.
    pub(crate) fn field(&self, name: &str) -> Option<&AskedField> {
        self.fields()?.iter().find(|field| field.name == name)
    }

    /// Whether the type has a field that is read under this name; nothing if it gives no list.
    pub(crate) fn knows(&self, first_segment: &str) -> Option<bool> {
        self.fields().map(|fields| fields.iter().any(|field| field.name == first_segment))
    }

    /// The name that is written for `name`, if that is a serde alias, which no definition may name.
    pub(crate) fn alias_of(&self, name: &str) -> Option<&'static str> {
        self.field(name)?.alias_of
    }

    /// Those of the top-level names that the type has `written` which it does not read, or only as aliases, so that
    /// nothing that is said of the field would hold; none if it gives no list.
    pub(crate) fn unread_names<'a>(&self, written: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let Some(fields) = self.fields() else { return Vec::new() };
        written.filter(|name| !unread::is_written(fields, name)).collect()
    }

    /// Every path at which the type holds an instant, as definitions write it: `createdAt`, `events[].at`.
    pub(crate) fn paths_of_timestamps(&self) -> Vec<String> {
        self.kinds().into_iter().filter(|(_, kind)| *kind == Kind::Timestamp).map(|(path, _)| path).collect()
    }
}

impl AskedKind {
    /// The kind as definitions have it, if this is a scalar.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Bool => Kind::Bool,
            Self::Integer => Kind::Integer,
            Self::Number => Kind::Number,
            Self::String => Kind::String,
            Self::Bytes => Kind::Bytes,
            Self::Timestamp => Kind::Timestamp,
            Self::Unit
            | Self::Struct(_)
            | Self::Array(_)
            | Self::Enum(_)
            | Self::Map
            | Self::Above(_)
            | Self::Unknown => return None,
        })
    }
}

#[cfg(test)]
mod tests;
