//! Opening the file: whose it is, how it is used, and what is wrong if it cannot be.

use std::io;
use std::path::Path;

use backends_core::{Error, Result};
use rusqlite::{Connection, OpenFlags, ffi};

use crate::error::{self, Fault};
use crate::options::{SqliteOptions, Synchronous};
use crate::patience::Patience;
use crate::schema;

/// What `PRAGMA application_id` says of a file that this library made ("bkds").
const APPLICATION_ID: i32 = 0x626b_6473;

/// What `PRAGMA user_version` says of it: the form in which it keeps definitions and records.
const FORMAT: i32 = 1;

/// More than the statements of a hundred repositories.
const STATEMENTS: usize = 1_024;

/// A log that has grown in a large write is cut to this many bytes afterwards.
const LOG_BYTES: u32 = 64 << 20;

/// The log is taken into the file when it has so many pages of 4 KiB: four times SQLite's own figure, since the pages
/// that many writes change are then written once.
const LOG_PAGES: u32 = 4_000;

/// What the writer keeps of the file at most, in KiB: a transaction of many records that changes more pages than this
/// writes some of them twice.
const WRITER_CACHE_KIB: i32 = 32 << 10;

/// The connections to one file.
#[derive(Debug)]
pub(crate) struct Connections {
    /// None if the file can only be read.
    pub(crate) writer: Option<Connection>,
    pub(crate) readers: Vec<Connection>,
}

/// Opens the file and makes it one of this library.
///
/// # Errors
/// `InvalidConfig` if it is no file, no database, or another program's; `PermissionDenied`; `Unavailable` and `Timeout`
/// if another process does not let go of it; `Unreadable` if it is damaged.
pub(crate) fn open(options: &SqliteOptions) -> Result<Connections> {
    options.check()?;
    if is_no_regular_file(&options.path) {
        let error = Error::invalid_config("`path` is no regular file, but a device, a pipe or a socket: name a file");
        return Err(error.with_context("path", options.path.display()));
    }
    // Whoever opens or closes the file at the same time holds a lock of it for a moment.
    let patience = Patience::of(options.timeout / 10 * 9, options.busy_timeout);
    let place = |fault: Fault| match fault {
        Fault::Refused(error) => error.with_context("path", options.path.display()),
        Fault::Native(native) => diagnose(native, options).with_context("path", options.path.display()),
    };
    let writer = if options.read_only { None } else { patience.retry(|| open_writer(options)).map_err(place)? };
    let readers = (0..options.readers).map(|_| patience.retry(|| open_reader(options)).map_err(place));
    Ok(Connections { writer, readers: readers.collect::<Result<_>>()? })
}

fn open_writer(options: &SqliteOptions) -> Result<Option<Connection>, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(options, flags)?;
    if connection.is_readonly("main")? {
        return Ok(None);
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::Refused(Error::invalid_config(
            "the file cannot have a write-ahead log where it is: put it on a local disk",
        )));
    }
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    mark(&connection)?;
    Ok(Some(connection))
}

fn open_reader(options: &SqliteOptions) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(options, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection with the settings that all have, to a file that was looked at.
fn connect(options: &SqliteOptions, flags: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(&options.path, flags)?;
    // Waiting is done here, where the deadline of each call is known.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Apple's fsync leaves the data in the disk's cache; elsewhere this changes nothing.
    connection.pragma_update(None, "fullfsync", options.synchronous == Synchronous::Full)?;
    connection.pragma_update(None, "checkpoint_fullfsync", options.synchronous == Synchronous::Full)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    check(&connection)?;
    Ok(connection)
}

/// Looks whose file it is. The first look is what finds out that it is no database.
fn check(connection: &Connection) -> Result<(), Fault> {
    let pragma = |name: &str| connection.pragma_query_value::<i32, _>(None, name, |row| row.get(0));
    let (application, format) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION_ID && format > FORMAT {
        return Err(Fault::Refused(Error::invalid_config(
            "a later version of this library made the file: open it with that version",
        )));
    }
    let is_foreign = application != 0 && application != APPLICATION_ID;
    if is_foreign && !schema::is_empty(connection)? && !schema::has_definitions(connection)? {
        return Err(Fault::Refused(Error::invalid_config(
            "the file belongs to another program, as its application id says: name a file of its own",
        )));
    }
    let encoding: String = connection.pragma_query_value(None, "encoding", |row| row.get(0))?;
    if encoding != "UTF-8" {
        return Err(Fault::Refused(Error::invalid_config(
            "the file keeps text as UTF-16, which sorts in another order: name a file of its own",
        )));
    }
    Ok(())
}

/// Says in a new file that it is one of this library.
fn mark(connection: &Connection) -> Result<(), Fault> {
    let is_new = |connection: &Connection| {
        let pragma = |name: &str| connection.pragma_query_value::<i32, _>(None, name, |row| row.get(0));
        Ok::<_, rusqlite::Error>(
            pragma("application_id")? == 0 && pragma("user_version")? == 0 && schema::is_empty(connection)?,
        )
    };
    if !is_new(connection)? {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let marked = is_new(connection).and_then(|is_new| {
        if is_new {
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            connection.pragma_update(None, "user_version", FORMAT)?;
        }
        connection.execute_batch("COMMIT")
    });
    if marked.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    Ok(marked?)
}

/// What keeps the file from being opened. `SQLite` says no more than that it could not.
fn diagnose(native: rusqlite::Error, options: &SqliteOptions) -> Error {
    let path = &options.path;
    let error = match error::primary_code(&native) {
        ffi::SQLITE_NOTADB => {
            Error::invalid_config("the file is no SQLite database, or an encrypted one: name another file")
        }
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_IOERR if path.is_dir() => {
            Error::invalid_config("`path` is a directory: name a file in it")
        }
        ffi::SQLITE_CANTOPEN if !directory(path).is_dir() => {
            Error::invalid_config("the directory of `path` is not there: create it")
        }
        ffi::SQLITE_CANTOPEN if leads_nowhere(path) => {
            Error::invalid_config("`path` is a link that leads nowhere: make the file that it names, or name another")
        }
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR if has_directory_beside(path) => Error::invalid_config(
            "beside the file stands a directory with the name of its log (`-wal` or `-shm`): move it away",
        ),
        ffi::SQLITE_CANTOPEN if options.read_only && !path.exists() => {
            Error::invalid_config("the file is not there, and `readOnly` creates none: name one that is")
        }
        ffi::SQLITE_CANTOPEN if is_too_long(path) => Error::invalid_config(
            "the name of the file, or its whole path, is longer than the system or SQLite allows: choose a shorter one",
        ),
        ffi::SQLITE_CANTOPEN if has_no_files_left(path) => Error::unavailable(
            "the process has as many files open as it may: close some, lower `readers`, or raise the limit",
        ),
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY | ffi::SQLITE_PERM => Error::permission_denied(
            "the process may not use the file: give it the right to read and write the file and its directory, which \
             reading needs too while no other process has the file open",
        ),
        _ => return error::translate(native),
    };
    error::with_native(error, native)
}

/// A directory, which is told in its own words, is none of these.
fn is_no_regular_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn leads_nowhere(path: &Path) -> bool {
    let is_lost = |error: io::Error| error.kind() != io::ErrorKind::PermissionDenied;
    path.is_symlink() && std::fs::metadata(path).is_err_and(is_lost)
}

fn has_directory_beside(path: &Path) -> bool {
    ["-wal", "-shm"].iter().any(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        Path::new(&name).is_dir()
    })
}

fn is_too_long(path: &Path) -> bool {
    // SQLite: MAX_PATHNAME.
    const LONGEST: usize = 512;
    let whole = std::path::absolute(path).map_or(0, |path| path.as_os_str().len());
    whole > LONGEST || std::fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::InvalidFilename)
}

/// Whether the system gives no more files. The database itself is not opened for it: on Unix its locks, which another
/// connection of this process may hold, would go with the first that is closed.
fn has_no_files_left(path: &Path) -> bool {
    // The database, its log, the index of the log, and one to spare.
    const FILES: usize = 4;
    // EMFILE and ENFILE; ERROR_TOO_MANY_OPEN_FILES.
    let codes: &[i32] = if cfg!(windows) { &[4] } else { &[24, 23] };
    let opened: Vec<_> = (0..FILES).map(|_| std::fs::File::open(directory(path))).collect();
    opened
        .iter()
        .any(|file| file.as_ref().is_err_and(|error| error.raw_os_error().is_some_and(|code| codes.contains(&code))))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
