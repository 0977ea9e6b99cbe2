//! The file that is open: whether it still is the one at its path.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use backends_core::{Error, Result};

use crate::error::MOVED;

/// Which file was opened.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    identity: Option<Identity>,
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
        Self { path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), identity }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
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
