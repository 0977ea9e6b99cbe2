//! Rule `top-level`: the top of the repository holds the known folders and files, no more.

use std::collections::BTreeSet;

use super::{Files, Violation};

const FOLDERS: &[&str] = &["crates", "xtask", "docs", ".github", ".ci", ".cargo"];

const ROOT_FILES: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut folders = BTreeSet::new();
    for name in files.keys() {
        match name.split_once('/') {
            Some((folder, _)) if !FOLDERS.contains(&folder) && folders.insert(folder) => {
                let remedy = format!("move `{folder}` into one of {}", FOLDERS.join(", "));
                found.push(Violation::new(name, 1, "top-level", remedy));
            }
            None if !ROOT_FILES.contains(&name.as_str()) => {
                found.push(Violation::new(name, 1, "top-level", "move the file into docs, xtask or a crate"));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{brief, sample};
    use super::*;

    #[test]
    fn known_folders_and_files_pass_and_others_are_named_once() {
        let files = sample(&[
            ("Cargo.toml", ""),
            ("crates/a/x", ""),
            (".ci/run", ""),
            ("scripts/a.sh", ""),
            ("scripts/b.sh", ""),
            ("notes.md", ""),
        ]);
        assert_eq!(brief(&check(&files)), ["notes.md:1 top-level", "scripts/a.sh:1 top-level"]);
    }
}
