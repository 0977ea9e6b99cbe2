//! Where things are: the root of the repository, its files, and the build folder outside it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The root of the repository, wherever the command was called.
///
/// It is looked up when the program runs: a build folder is shared by clones, so what was
/// true when the program was built may belong to another one.
pub(crate) fn root() -> Result<PathBuf> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().map_err(|e| format!("no current folder: {e}"))?,
    };
    let found = start.ancestors().find(|folder| folder.join("xtask").is_dir() && folder.join("Cargo.lock").is_file());
    found.map(Path::to_path_buf).ok_or_else(|| "not in the repository; call it from there".to_owned())
}

/// The folder for builds: `$CARGO_TARGET_DIR`, or else `backends/target` in the user's cache.
pub(crate) fn build_folder() -> Result<PathBuf> {
    let given = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    choose(given("CARGO_TARGET_DIR"), given("XDG_CACHE_HOME"), env::home_dir())
}

fn choose(target: Option<PathBuf>, cache: Option<PathBuf>, home: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(target) = target {
        // A relative one means the folder of the caller, not that of each child.
        return std::path::absolute(&target).map_err(|e| format!("CARGO_TARGET_DIR cannot be used: {e}"));
    }
    let cache = cache.filter(|cache| cache.is_absolute()).or_else(|| Some(home?.join(".cache")));
    let cache = cache.ok_or("no home folder; set CARGO_TARGET_DIR")?;
    Ok(cache.join("backends").join("target"))
}

/// The files of the repository that are tracked or could be, relative to the root, sorted.
pub(crate) fn files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root).stdin(Stdio::null());
    let output = git.output().map_err(|e| format!("git cannot be run: {e}"))?;
    if !output.status.success() {
        return Err(format!("git lists no files: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let names = String::from_utf8(output.stdout).map_err(|_| "a file name is not UTF-8; rename it")?;
    let mut files: Vec<String> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    // A file that was just deleted is still tracked.
    files.retain(|name| root.join(name).symlink_metadata().is_ok());
    files.sort();
    files.dedup();
    Ok(files)
}

/// Whether a name ends with `.extension`.
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own == extension)
}

/// The text of a file, or none if it is binary.
pub(crate) fn text(root: &Path, name: &str) -> Result<Option<String>> {
    let path = root.join(name);
    if path.is_dir() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|e| format!("{name} cannot be read: {e}"))?;
    Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')))
}

/// The text of a file that has to be there.
pub(crate) fn required_text(root: &Path, name: &str) -> Result<String> {
    fs::read_to_string(root.join(name)).map_err(|e| format!("{name} cannot be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(target: Option<&str>, cache: Option<&str>, home: Option<&str>) -> Result<PathBuf> {
        choose(target.map(PathBuf::from), cache.map(PathBuf::from), home.map(PathBuf::from))
    }

    #[test]
    fn the_build_folder_is_the_given_one_then_the_cache_then_the_home() {
        assert_eq!(chosen(Some("/t"), Some("/c"), Some("/h")), Ok(PathBuf::from("/t")));
        assert_eq!(chosen(None, Some("/c"), Some("/h")), Ok(PathBuf::from("/c/backends/target")));
        assert_eq!(chosen(None, None, Some("/h")), Ok(PathBuf::from("/h/.cache/backends/target")));
        assert_eq!(chosen(None, Some("relative"), Some("/h")), Ok(PathBuf::from("/h/.cache/backends/target")));
        assert!(chosen(None, None, None).unwrap_err().contains("CARGO_TARGET_DIR"));
    }

    #[test]
    fn the_root_holds_this_file() {
        let root = root().unwrap();
        assert!(files(&root).unwrap().contains(&"xtask/src/main.rs".to_owned()));
        assert!(text(&root, "Cargo.toml").unwrap().is_some_and(|text| text.contains("[workspace]")));
    }
}
