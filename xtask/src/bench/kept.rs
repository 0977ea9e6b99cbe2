//! What benches printed, one file a suite in the build folder, until it is put into the documentation.

use std::fs;
use std::path::PathBuf;

use crate::{Result, workspace};

fn file(suite: &str) -> Result<PathBuf> {
    Ok(workspace::build_folder()?.join("measured").join(format!("{suite}.md")))
}

/// Keeps it in the place of what was printed before.
pub(crate) fn keep(suite: &str, printed: &str) -> Result {
    let file = file(suite)?;
    let folder = file.parent().unwrap_or(&file);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, printed));
    written.map_err(|e| format!("{} cannot be written: {e}", file.display()))
}

/// What the last whole run of a suite printed, if there was one.
pub(crate) fn last(suite: &str) -> Result<Option<String>> {
    let file = file(suite)?;
    if !file.exists() {
        return Ok(None);
    }
    fs::read_to_string(&file).map(Some).map_err(|e| format!("{} cannot be read: {e}", file.display()))
}
