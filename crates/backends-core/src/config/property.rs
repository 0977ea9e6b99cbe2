//! The description of one setting: its name, what it holds, and whether it is needed.

use std::fmt;

/// One setting that `dbInfo` may hold and that a backend reads.
///
/// Properties that many backends share are constants ([`Property::HOST`], [`Property::PATH`], …); a backend declares
/// its own with a constructor. Names are in camelCase; those of durations end in `Ms`.
///
/// ```
/// use backends_core::Property;
///
/// let region = Property::AWS_REGION.required();
/// assert_eq!(region.environment_name(), "BACKENDS_AWS_REGION");
/// let scan = Property::choice("scan", &["allow", "deny"], "whether a read may look at the whole table");
/// assert!(!scan.is_required());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Property {
    /// The key in `dbInfo`, in camelCase.
    pub name: &'static str,
    /// What it holds.
    pub kind: PropertyKind,
    /// Whether the backend can do without it.
    pub requirement: Requirement,
    /// One line that says what it is for.
    pub description: &'static str,
    /// The values that a text may have; empty if any.
    pub choices: &'static [&'static str],
    /// The least and the greatest integer, or milliseconds of a duration.
    pub range: (i64, i64),
}

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PropertyKind {
    /// Text that is not empty.
    Text,
    /// Text that is not empty and never printed.
    Secret,
    /// A whole number.
    Integer,
    /// A whole number of milliseconds.
    Duration,
    /// `true` or `false`.
    Flag,
    /// One or more texts: one text, several separated by commas, or an array.
    List,
    /// An object.
    Map,
}

/// Whether a backend can do without a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// It may be left out.
    Optional,
    /// It has to be there.
    Required,
    /// It has to be there if the property of this name is not.
    Unless(&'static str),
}

impl Property {
    /// Text that is not empty; `""` counts as left out.
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Text, description)
    }

    /// Text that is one of `choices`.
    pub const fn choice(name: &'static str, choices: &'static [&'static str], description: &'static str) -> Self {
        Self { choices, ..Self::new(name, PropertyKind::Text, description) }
    }

    /// Text that is never printed; `""` counts as left out.
    pub const fn secret(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Secret, description)
    }

    /// A whole number from 0 to 2,147,483,647, unless [`between`](Self::between) says otherwise.
    pub const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Integer, description)
    }

    /// A duration in whole milliseconds, 1 to 2,147,483,647 unless [`between`](Self::between) says otherwise; let the
    /// name end in `Ms`.
    pub const fn duration(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Duration, description).between(1, i32::MAX as i64)
    }

    /// `true` or `false`.
    pub const fn flag(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Flag, description)
    }

    /// One or more texts; an empty list counts as left out.
    pub const fn list(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::List, description)
    }

    /// An object whose content the backend checks; `{}` counts as left out.
    pub const fn map(name: &'static str, description: &'static str) -> Self {
        Self::new(name, PropertyKind::Map, description)
    }

    const fn new(name: &'static str, kind: PropertyKind, description: &'static str) -> Self {
        let range = (0, i32::MAX as i64);
        Self { name, kind, requirement: Requirement::Optional, description, choices: &[], range }
    }

    /// The same property, which the backend cannot do without.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { requirement: Requirement::Required, ..self }
    }

    /// The same property, which the backend cannot do without if `other` is not given.
    #[must_use]
    pub const fn required_unless(self, other: &'static str) -> Self {
        Self { requirement: Requirement::Unless(other), ..self }
    }

    /// The same property with the least and the greatest integer, or milliseconds of a duration. A negative duration
    /// cannot be declared: `least` counts as 0 then.
    #[must_use]
    pub const fn between(self, least: i64, greatest: i64) -> Self {
        Self { range: (least, greatest), ..self }
    }

    /// Whether a backend that declares this cannot do without it, or without its alternative.
    pub const fn is_required(&self) -> bool {
        !matches!(self.requirement, Requirement::Optional)
    }

    /// The variable of the environment that holds it: `BACKENDS_AWS_REGION` for `awsRegion`.
    pub fn environment_name(&self) -> String {
        environment_name(self.name)
    }

    /// What a value of it has to be, for messages: ``must be `true` or `false` ``.
    pub(super) fn expected(&self) -> String {
        let (least, greatest) = self.range;
        match self.kind {
            PropertyKind::Text if !self.choices.is_empty() => format!("must be one of {}", self.choices.join(", ")),
            PropertyKind::Text | PropertyKind::Secret => "must be text".to_owned(),
            PropertyKind::Integer => format!("must be a whole number from {least} to {greatest}"),
            PropertyKind::Duration => format!("must be a whole number of milliseconds from {least} to {greatest}"),
            PropertyKind::Flag => "must be true or false".to_owned(),
            PropertyKind::List => {
                "must be text, several texts separated by commas, or an array of texts, none of them empty".to_owned()
            }
            PropertyKind::Map => "must be an object".to_owned(),
        }
    }
}

impl fmt::Display for PropertyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Secret => "secret",
            Self::Integer => "integer",
            Self::Duration => "duration",
            Self::Flag => "flag",
            Self::List => "list",
            Self::Map => "map",
        })
    }
}

/// What every variable begins with that is meant for this library.
pub(super) const PREFIX: &str = "BACKENDS_";

/// `BACKENDS_AWS_REGION` for `awsRegion`.
pub(super) fn environment_name(key: &str) -> String {
    let mut name = PREFIX.to_owned();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
