//! The kinds of error, with a constructor and a predicate each.

use std::borrow::Cow;
use std::fmt;

use super::Error;
use crate::definition::PRIMARY;

impl Error {
    /// The error of an insert whose key is taken, the same on every backend.
    pub fn key_taken() -> Self {
        Self::already_exists("a record has this key already: change the key, or use `replace` or `upsert`")
            .with_index(PRIMARY)
    }

    /// The error of a write that expects another version than the stored record has in this field, the same on every
    /// backend.
    pub fn stale_version(field: &str) -> Self {
        Self::conflict("the record does not have the expected version any longer: read it again, then decide anew")
            .with_path(field)
    }

    /// The error of a write whose values in the unique index `index` another record has, the same on every backend.
    pub fn value_taken(index: impl Into<String>) -> Self {
        Self::already_exists("another record has these values in a unique index: change them, or the other record")
            .with_index(index)
    }

    /// The error of an update in a batch whose record is not there.
    pub(crate) fn nothing_to_update() -> Self {
        Self::not_found("no record has this key, so that there is none to update: insert it, or leave the update out")
    }

    /// The error of a call on a repository that `SchemaMode::Trust` took to be there and is not, the same on every
    /// backend.
    pub fn never_defined() -> Self {
        Self::definition_conflict(
            "the repository is not there: define it once with `SchemaMode::Ensure`, which creates it",
        )
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident, $new:ident, $is:ident, $text:literal;)+) => {
        /// What an error means to the caller.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[doc(alias = "ErrorClass")]
        #[doc(alias = "ErrNotFound")]
        #[doc(alias = "ErrAlreadyExists")]
        #[doc(alias = "ErrInvalidInput")]
        #[doc(alias = "ErrBackendError")]
        pub enum ErrorKind { $($(#[doc = $doc])+ $kind,)+ }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$kind => $text,)+ })
            }
        }

        impl ErrorKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];
        }

        impl Error {
            $(
                #[doc = concat!("An error of kind [`", stringify!($kind), "`](ErrorKind::", stringify!($kind), ").")]
                pub fn $new(message: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(ErrorKind::$kind, message)
                }

                #[doc = concat!("Whether the kind is [`", stringify!($kind), "`](ErrorKind::", stringify!($kind), ").")]
                pub fn $is(&self) -> bool {
                    self.kind() == ErrorKind::$kind
                }
            )+
        }
    };
}

kinds! {
    /// What the call needs is not there: the record, or the repository or the index that is to be removed.
    NotFound, not_found, is_not_found, "not found";
    /// The key or the value of a unique index is taken; [`Error::index`] says by which.
    AlreadyExists, already_exists, is_already_exists, "already exists";
    /// The caller passed something that no backend accepts. Nothing was changed, but by a call on many records:
    /// [`Error::counts`](crate::Error::counts) says what was done.
    InvalidInput, invalid_input, is_invalid_input, "invalid input";
    /// The configuration cannot be used. Nothing was opened.
    InvalidConfig, invalid_config, is_invalid_config, "invalid configuration";
    /// What is stored was defined in another way, or the repository is not there.
    DefinitionConflict, definition_conflict, is_definition_conflict, "definition conflict";
    /// This backend cannot do it; the message names the capability and a remedy.
    Unsupported, unsupported, is_unsupported, "unsupported";
    /// The version of the record is not the expected one.
    Conflict, conflict, is_conflict, "conflict";
    /// The database refused the credentials, or they lack a right.
    PermissionDenied, permission_denied, is_permission_denied, "permission denied";
    /// The database asks to slow down.
    Throttled, throttled, is_throttled, "throttled";
    /// The database cannot be reached, or cannot serve now.
    Unavailable, unavailable, is_unavailable, "unavailable";
    /// The deadline passed.
    Timeout, timeout, is_timeout, "timeout";
    /// A stored record does not fit the type or the definition.
    Unreadable, unreadable, is_unreadable, "unreadable";
    /// What should not happen: a defect here or in the database.
    Unexpected, unexpected, is_unexpected, "unexpected";
}
