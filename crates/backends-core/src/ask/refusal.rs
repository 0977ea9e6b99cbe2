//! The error of a deserializer that holds no data: of what serde says with an error it keeps the names.

use std::fmt;

use serde::de;

/// Why a type did not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Any reason: the probe has seen enough, or the type's own validation said no.
    Plain,
    /// The visitor takes no values of the form that was offered.
    Form,
    /// A required field was not offered.
    Missing(&'static str),
    /// A field was offered twice; the name is the one that is written, not an alias.
    Duplicate(&'static str),
    /// Another word than one of these was offered.
    Words(&'static [&'static str]),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Plain
    }

    fn invalid_type(_unexpected: de::Unexpected<'_>, _expected: &dyn de::Expected) -> Self {
        Self::Form
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Duplicate(field)
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Words(expected)
    }
}
