//! The error that serde's traits ask for, around the library's own, so that no message of serde's shows a value.

use std::fmt;

use serde::{de, ser};

use crate::Error;

/// An [`Error`] on its way through serde.
#[derive(Debug)]
pub(crate) struct Fault(Error);

impl Fault {
    #[cold]
    pub(crate) fn below(self, segment: &str) -> Self {
        Self(self.0.below(segment))
    }

    /// Whether it says itself which field is at fault.
    pub(crate) fn names_field(&self) -> bool {
        self.0.path().is_some()
    }

    #[cold]
    fn unreadable(message: String) -> Self {
        Self(Error::unreadable(message))
    }

    fn at(self, field: &str) -> Self {
        Self(self.0.with_path(field))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

/// Text from a type's own `Serialize` or `Deserialize`; it may hold a value, so it is a source, not the message.
#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Said {}

impl ser::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(
            Error::invalid_input("the type refuses to be written: see the source of this error for its own words")
                .with_source(Said(message.to_string())),
        )
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(
            Error::unreadable("the type refuses what is stored: see the source of this error for its own words")
                .with_source(Said(message.to_string())),
        )
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::unreadable(format!("stored {}, expected {expected}", describe(&unexpected)))
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::unreadable(format!("stored {} that does not fit, expected {expected}", describe(&unexpected)))
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::unreadable(format!("stored {length} elements, expected {expected}"))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unreadable(format!("stored a variant that the type does not have: it has {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unreadable(format!(
            "stored a field `{field}` that the type does not have: it has {}",
            expected.join(", ")
        ))
        .at(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::unreadable(format!("the field `{field}` is missing: store it, or give it `#[serde(default)]`")).at(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::unreadable(format!("the field `{field}` is stored twice, under a name and an alias: keep one"))
    }
}

fn describe(unexpected: &de::Unexpected<'_>) -> &'static str {
    use de::Unexpected as U;
    match unexpected {
        U::Bool(_) => "a bool",
        U::Unsigned(_) | U::Signed(_) => "an integer",
        U::Float(_) => "a float",
        U::Char(_) | U::Str(_) => "a string",
        U::Bytes(_) => "bytes",
        U::Unit | U::Option => "null",
        U::NewtypeStruct => "a wrapped value",
        U::Seq => "an array",
        U::Map => "a map",
        U::Enum | U::UnitVariant | U::NewtypeVariant | U::TupleVariant | U::StructVariant => "an enum",
        U::Other(_) => "something else",
    }
}
