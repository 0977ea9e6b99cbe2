//! What the backend is opened with in code.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backends_core::{Error, Result};

/// How long opening waits for another process, unless configured: as long as an operation.
const TIMEOUT: Duration = Duration::from_secs(30);

/// More connections than this only wait for one another.
const MOST_READERS: usize = 16;

/// When a write counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Synchronous {
    /// When the disk has it: it survives the end of the process and of the power.
    #[default]
    Full,
    /// When the operating system has it: it survives the end of the process; a loss of power may take the latest
    /// writes, and leaves the file whole.
    Normal,
}

/// What the backend is opened with, for [`SqliteBackend::open`](crate::SqliteBackend::open).
///
/// ```
/// use backends_sqlite::{SqliteBackend, SqliteOptions};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("app.db");
/// let driver = SqliteBackend::open(SqliteOptions::new(path).readers(2)).await?;
/// let backend = backends_core::Backend::new(std::sync::Arc::new(driver));
/// backend.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct SqliteOptions {
    pub(crate) path: PathBuf,
    pub(crate) synchronous: Synchronous,
    pub(crate) readers: usize,
    pub(crate) busy_timeout: Option<Duration>,
    pub(crate) table_prefix: String,
    pub(crate) read_only: bool,
    pub(crate) timeout: Duration,
}

/// Nothing of where the records are.
impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("synchronous", &self.synchronous)
            .field("readers", &self.readers)
            .field("busy_timeout", &self.busy_timeout)
            .field("read_only", &self.read_only)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl SqliteOptions {
    /// The file at `path`, which is created if it is not there; its directory is not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            path: path.into(),
            synchronous: Synchronous::Full,
            readers: cores.min(MOST_READERS),
            busy_timeout: None,
            table_prefix: String::new(),
            read_only: false,
            timeout: TIMEOUT,
        }
    }

    /// When a write counts as done; [`Full`](Synchronous::Full) unless said otherwise.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// How many connections read at the same time, 1 to 16; as many as there are cores unless said otherwise.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// How long a call waits for a lock that another process holds; as long as its deadline unless said otherwise.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = Some(timeout);
        self
    }

    /// What the names of all tables begin with.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = prefix.into();
        self
    }

    /// Whether the file is only read: it is not created, and every write is `PermissionDenied`.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// How long opening waits for another process that holds the file; 30 s unless said otherwise.
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Looks at what can be judged without the file.
    pub(crate) fn check(&self) -> Result<()> {
        check_path(&self.path)?;
        check_prefix(&self.table_prefix)?;
        if !(1..=MOST_READERS).contains(&self.readers) {
            return Err(Error::invalid_config("`readers` must be a whole number from 1 to 16"));
        }
        Ok(())
    }
}

/// `SQLite` gives some names another meaning than that of a file.
pub(crate) fn check_path(path: &Path) -> Result<()> {
    let text = path.to_string_lossy();
    if text.is_empty() {
        return Err(Error::invalid_config("`path` is empty: name the file that holds the database"));
    }
    if text.starts_with(':') {
        return Err(Error::invalid_config(
            "`path` begins with a colon, as SQLite's names for what is no file do: use the backend `memory` for records \
             that are not kept, or write `./` before the name of a file",
        ));
    }
    if text.starts_with("file:") {
        return Err(Error::invalid_config(
            "`path` is a `file:` URI: give the plain path, and settings as properties of their own",
        ));
    }
    if text.contains('\0') {
        return Err(Error::invalid_config("`path` holds the character U+0000: remove it"));
    }
    Ok(())
}

/// A prefix has the letters of a repository's name, and makes no name of a table that is not for repositories.
pub(crate) fn check_prefix(prefix: &str) -> Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if prefix.len() > 64 || !prefix.chars().all(is_name) {
        return Err(Error::invalid_config("`tablePrefix` must be at most 64 of A-Z, a-z, 0-9, `_`, `.` and `-`"));
    }
    let lower = prefix.to_ascii_lowercase();
    for reserved in ["sqlite_", "_backends"] {
        // Also what a name could complete to it.
        if lower.starts_with(reserved) || (!lower.is_empty() && reserved.starts_with(&lower)) {
            return Err(Error::invalid_config(format!(
                "`tablePrefix` may not begin like the reserved `{reserved}`: choose another"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_with_what_to_do() {
        for (path, remedy) in [("", "name the file"), (":memory:", "`memory`"), ("file:x?mode=memory", "plain path")] {
            let error = SqliteOptions::new(path).check().unwrap_err();
            assert!(error.is_invalid_config() && error.message().contains(remedy), "{error}");
        }
        assert!(SqliteOptions::new("./:memory:").check().is_ok());
        assert!(SqliteOptions::new("a").readers(0).check().unwrap_err().is_invalid_config());
    }

    #[tokio::test]
    async fn c40_nothing_of_the_configuration_is_shown() {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(directory.path().join("s3cret")).table_prefix("s3cret");
        let of_options = format!("{options:?}");
        let of_backend = format!("{:?}", crate::SqliteBackend::open(options).await.unwrap());
        for shown in [of_options, of_backend] {
            let place = directory.path().display().to_string();
            assert!(!shown.contains("s3cret") && !shown.contains(&place), "{shown}");
        }
    }

    #[tokio::test]
    async fn c42_an_endless_time_to_open_is_no_panic() {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(directory.path().join("a.db")).open_timeout(Duration::MAX);
        crate::SqliteBackend::open(options).await.unwrap();
    }

    #[test]
    fn a_prefix_makes_no_reserved_name() {
        for bad in ["a b", "\"", "sqlite_", "SQLite_x", "sq", "_", "_backends_", &"x".repeat(65)] {
            assert!(SqliteOptions::new("a").table_prefix(bad).check().is_err(), "{bad}");
        }
        for good in ["", "app_", "a.b-", "_x", "1"] {
            assert!(SqliteOptions::new("a").table_prefix(good).check().is_ok(), "{good}");
        }
    }
}
