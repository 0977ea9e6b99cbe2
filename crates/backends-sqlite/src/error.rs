//! What `SQLite` answers, as errors of this library: one table.

use backends_core::{Error, ErrorKind};
use rusqlite::ffi;

use crate::column;

/// Why a job was not done.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The job changed nothing, and its transaction goes on.
    Refused(Error),
    /// `SQLite` gave up: what else the transaction did is in doubt, until it is rolled back.
    Native(rusqlite::Error),
}

impl Fault {
    /// The fault of a statement that stores one record. One that is refused for itself changed nothing, and leaves the
    /// transaction as it was.
    pub(crate) fn of_statement(native: rusqlite::Error) -> Self {
        let is_of_record =
            matches!(primary_code(&native), ffi::SQLITE_TOOBIG | ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH);
        if is_of_record { Self::Refused(translate(native)) } else { Self::Native(native) }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Native(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => error,
            Fault::Native(error) => translate(error),
        }
    }
}

/// The error of this library for one of `SQLite`, which is reached by `native::<rusqlite::Error>()`.
pub(crate) fn translate(error: rusqlite::Error) -> Error {
    let (kind, message) = meaning(&error);
    let code = extended_code(&error);
    let translated = match (kind, guarded(&error)) {
        (ErrorKind::AlreadyExists, _) if is_key(code) => Error::key_taken(),
        (ErrorKind::AlreadyExists, Some(index)) => Error::value_taken(index),
        _ => Error::new(kind, message),
    };
    with_native(translated, error)
}

/// The error with what `SQLite` said: its extended result code, where it gave one, and the error of the client.
pub(crate) fn with_native(error: Error, native: rusqlite::Error) -> Error {
    let error = match extended_code(&native) {
        0 => error,
        code => error.with_context("SQLite code", code),
    };
    error.with_native(native)
}

fn is_key(code: i32) -> bool {
    matches!(code, ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID)
}

/// The index whose guard refused a record. The client's message names no value.
fn guarded(error: &rusqlite::Error) -> Option<&str> {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => column::guarded(message),
        _ => None,
    }
}

fn meaning(error: &rusqlite::Error) -> (ErrorKind, &'static str) {
    match error {
        rusqlite::Error::SqliteFailure(..) | rusqlite::Error::SqlInputError { .. } => of_code(extended_code(error)),
        rusqlite::Error::NulError(_) => (ErrorKind::InvalidInput, "text holds the character U+0000: remove it"),
        rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => {
            (ErrorKind::Unreadable, "the file holds what this library does not write: repair the row, or delete it")
        }
        rusqlite::Error::InvalidPath(_) => (ErrorKind::InvalidConfig, "`path` is no path that SQLite can open"),
        _ => (ErrorKind::Unexpected, "the SQLite client failed: see the native error"),
    }
}

/// The extended result code, or 0 if the client itself failed.
pub(crate) fn extended_code(error: &rusqlite::Error) -> i32 {
    match error {
        rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => error.extended_code,
        _ => 0,
    }
}

/// The result code without its extension.
pub(crate) fn primary_code(error: &rusqlite::Error) -> i32 {
    extended_code(error) & 0xff
}

/// Whether another connection holds a lock, so that waiting may help.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(primary_code(error), ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED)
}

// https://sqlite.org/rescode.html: the extended codes that mean something else than their primary one, then those.
fn of_code(extended: i32) -> (ErrorKind, &'static str) {
    use ErrorKind::{AlreadyExists, InvalidInput, PermissionDenied, Unavailable, Unexpected, Unreadable};
    match extended {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID | ffi::SQLITE_CONSTRAINT_UNIQUE => {
            return (AlreadyExists, "a unique index of the table holds this value already: change the value");
        }
        ffi::SQLITE_READONLY_DBMOVED => return (Unavailable, MOVED),
        ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS => return (Unreadable, DAMAGED),
        ffi::SQLITE_IOERR_NOMEM => return (Unavailable, NO_MEMORY),
        // The part beside the file that is shared memory did not grow.
        ffi::SQLITE_IOERR_SHMSIZE => return (Unavailable, NO_ROOM),
        // EDQUOT is not told from other refusals.
        ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_FSYNC => return (Unavailable, NOT_WRITTEN),
        _ => {}
    }
    match extended & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => (Unavailable, LOCKED),
        ffi::SQLITE_PROTOCOL => {
            (Unavailable, "many processes open the file at the same time, and SQLite gave up its turn: try again")
        }
        ffi::SQLITE_FULL => {
            (Unavailable, "the disk is full, and nothing was changed: make room, or raise the limit of the file's size")
        }
        ffi::SQLITE_IOERR => (Unavailable, "the operating system failed to read or write the file: look at the disk"),
        ffi::SQLITE_CANTOPEN => (
            Unavailable,
            "the file or one beside it cannot be opened: look at its directory, and at the open-file limit",
        ),
        ffi::SQLITE_NOMEM => (Unavailable, NO_MEMORY),
        ffi::SQLITE_INTERRUPT | ffi::SQLITE_ABORT => (Unavailable, "the call was interrupted: try again"),
        ffi::SQLITE_NOLFS => (Unavailable, "the operating system does not take a file that large: use another disk"),
        ffi::SQLITE_READONLY => (PermissionDenied, READ_ONLY),
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => {
            (PermissionDenied, "the process may not use the file: give it the right to read and write it")
        }
        ffi::SQLITE_CORRUPT | ffi::SQLITE_FORMAT => (Unreadable, DAMAGED),
        ffi::SQLITE_NOTADB => (Unreadable, "the file is no SQLite database any longer: restore it from a backup"),
        ffi::SQLITE_TOOBIG => (InvalidInput, TOO_BIG),
        ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH => {
            (InvalidInput, "a constraint that another program put on the table refuses the record: drop the constraint")
        }
        _ => (Unexpected, "SQLite refused the statement: see the native error"),
    }
}

pub(crate) const TOO_BIG: &str = "the record is larger than SQLite's limit of 1,000,000,000 bytes as JSON: split it, or keep the large part elsewhere";
pub(crate) const READ_ONLY: &str = "the file is open for reading only: give the process the right to write the file and its directory, and open it anew";
pub(crate) const SET_READ_ONLY: &str =
    "the backend is opened for reading only, as `readOnly` says: open it without that to write";
pub(crate) const MOVED: &str =
    "the file was deleted or replaced while it was open: put it back, or open the backend anew";
pub(crate) const LOCKED: &str =
    "another process holds the lock of the file: end its transaction, or allow more time to wait";
const DAMAGED: &str = "the file is damaged: restore it from a backup, or recover what is left with SQLite's `.recover`";
// A commit that ends with it may have happened.
const NO_ROOM: &str = "the disk is full, or a quota is used up: make room, or raise the quota";
const NOT_WRITTEN: &str =
    "the operating system failed to write the file: look at the disk, and whether a quota is used up";
const NO_MEMORY: &str = "SQLite got no memory: free some, or allow the process more";

/// The same native error once more, for every call that shared its transaction.
pub(crate) fn duplicate(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(error, text) => rusqlite::Error::SqliteFailure(*error, text.clone()),
        other => rusqlite::Error::SqliteFailure(ffi::Error::new(primary_code(other).max(1)), Some(other.to_string())),
    }
}

/// The same error once more with its cause, for every record that it concerns.
pub(crate) fn repeat(error: &Error) -> Error {
    let again = error.repeat();
    match error.native::<rusqlite::Error>() {
        Some(native) => again.with_native(duplicate(native)),
        None => again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("UNIQUE constraint failed: secret".into()))
    }

    #[test]
    fn c40_every_result_code_has_a_kind() {
        use ErrorKind::*;
        for (code, kind) in [
            (ffi::SQLITE_ERROR, Unexpected),
            (ffi::SQLITE_INTERNAL, Unexpected),
            (ffi::SQLITE_PERM, PermissionDenied),
            (ffi::SQLITE_ABORT, Unavailable),
            (ffi::SQLITE_BUSY, Unavailable),
            (ffi::SQLITE_LOCKED, Unavailable),
            (ffi::SQLITE_NOMEM, Unavailable),
            (ffi::SQLITE_READONLY, PermissionDenied),
            (ffi::SQLITE_INTERRUPT, Unavailable),
            (ffi::SQLITE_IOERR, Unavailable),
            (ffi::SQLITE_CORRUPT, Unreadable),
            (ffi::SQLITE_NOTFOUND, Unexpected),
            (ffi::SQLITE_FULL, Unavailable),
            (ffi::SQLITE_CANTOPEN, Unavailable),
            (ffi::SQLITE_PROTOCOL, Unavailable),
            (ffi::SQLITE_EMPTY, Unexpected),
            (ffi::SQLITE_SCHEMA, Unexpected),
            (ffi::SQLITE_TOOBIG, InvalidInput),
            (ffi::SQLITE_CONSTRAINT, InvalidInput),
            (ffi::SQLITE_MISMATCH, InvalidInput),
            (ffi::SQLITE_MISUSE, Unexpected),
            (ffi::SQLITE_NOLFS, Unavailable),
            (ffi::SQLITE_AUTH, PermissionDenied),
            (ffi::SQLITE_FORMAT, Unreadable),
            (ffi::SQLITE_RANGE, Unexpected),
            (ffi::SQLITE_NOTADB, Unreadable),
            (ffi::SQLITE_BUSY_SNAPSHOT, Unavailable),
            (ffi::SQLITE_READONLY_DBMOVED, Unavailable),
            (ffi::SQLITE_READONLY_CANTINIT, PermissionDenied),
            (ffi::SQLITE_IOERR_FSYNC, Unavailable),
            (ffi::SQLITE_IOERR_SHMSIZE, Unavailable),
            (ffi::SQLITE_IOERR_DATA, Unreadable),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, AlreadyExists),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, AlreadyExists),
            (ffi::SQLITE_CONSTRAINT_CHECK, InvalidInput),
        ] {
            let error = translate(failure(code));
            assert_eq!(error.kind(), kind, "{code}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
            assert!(error.native::<rusqlite::Error>().is_some());
            assert!(error.context().eq([("SQLite code", &*code.to_string())]), "{error:?}");
            assert!(!error.may_have_happened());
        }
    }

    #[test]
    fn c40_a_disk_or_a_quota_that_is_used_up_is_named() {
        for (code, says) in [
            (ffi::SQLITE_FULL, "the disk is full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "the disk is full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "a quota"),
            (ffi::SQLITE_IOERR_WRITE, "a quota"),
            (ffi::SQLITE_IOERR_FSYNC, "a quota"),
            (ffi::SQLITE_IOERR_READ, "failed to read"),
        ] {
            let error = translate(failure(code));
            assert!(error.message().contains(says), "{code}: {error}");
        }
    }

    #[test]
    fn c40_what_the_client_finds_by_itself_has_no_code() {
        assert_eq!(translate(rusqlite::Error::InvalidQuery).context().count(), 0);
    }

    #[test]
    fn c26_a_taken_key_is_the_same_error_as_everywhere() {
        let error = translate(failure(ffi::SQLITE_CONSTRAINT_PRIMARYKEY));
        assert_eq!((error.message(), error.index()), (Error::key_taken().message(), Some("primary")));
    }

    #[test]
    fn a_native_error_is_given_to_each_caller() {
        let copy = duplicate(&failure(ffi::SQLITE_IOERR_FSYNC));
        assert_eq!(extended_code(&copy), ffi::SQLITE_IOERR_FSYNC);
        assert_eq!(primary_code(&duplicate(&rusqlite::Error::InvalidQuery)), ffi::SQLITE_ERROR);
    }
}
