//! The file that is open: whether it still is the one at its path.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backends_core::{Error, Result};

use crate::error::MOVED;

/// A look is not repeated within this time: it costs as much as a tenth of a write.
const FRESH: Duration = Duration::from_millis(10);

/// Which file was opened.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    identity: Option<Identity>,
    opened: Instant,
    /// In microseconds since it was opened.
    looked: AtomicU64,
}

#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    number: u64,
}

impl File {
    /// The file that is at `path` now.
    pub(crate) fn at(path: &Path) -> Self {
        let identity = std::fs::metadata(path).ok().and_then(|metadata| identity(&metadata));
        // Later the process may be in another directory.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path, identity, opened: Instant::now(), looked: AtomicU64::new(0) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same as [`check`](Self::check), but for the last few milliseconds' answer.
    pub(crate) fn check_now_and_then(&self) -> Result<()> {
        let now = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due = self.looked.load(Ordering::Relaxed).saturating_add(FRESH.as_micros().try_into().unwrap_or(u64::MAX));
        if now < due {
            return Ok(());
        }
        self.check()?;
        self.looked.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the file at the path still is the one that was opened. What is written to a file without a name is gone
    /// when it is closed, and `SQLite` does not look.
    ///
    /// # Errors
    /// `Unavailable` if it is not.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(opened) = &self.identity else { return Ok(()) };
        match std::fs::metadata(&self.path) {
            Ok(metadata) if identity(&metadata).is_none_or(|found| found == *opened) => Ok(()),
            _ => Err(Error::unavailable(MOVED).with_context("path", self.path.display())),
        }
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere files have no number")]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;

    Some(Identity { device: metadata.dev(), number: metadata.ino() })
}

// Windows lets nobody delete or replace a file that is open.
#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<Identity> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_replaced_or_deleted_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "1").unwrap();
        let file = File::at(&path);
        assert!(file.check().is_ok());
        std::fs::rename(&path, directory.path().join("b")).unwrap();
        assert!(file.check().unwrap_err().is_unavailable());
        std::fs::write(&path, "1").unwrap();
        assert!(file.check().unwrap_err().is_unavailable());
        std::fs::rename(directory.path().join("b"), &path).unwrap();
        assert!(file.check().is_ok());
    }
}
