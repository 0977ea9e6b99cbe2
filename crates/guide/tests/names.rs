//! The names of the Go package that the chapter about it maps, against those by which rustdoc finds what takes their place.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::Path;

const CHAPTER: &str = include_str!("../../../docs/guide/from-the-go-package.md");

/// What is code in the first cell of each row of the tables between two headings, without what is passed: of
/// `Filter.Match("role", "admin")` it is `Filter` and `Match`.
fn mapped() -> BTreeSet<&'static str> {
    let (_, names) = CHAPTER.split_once("\n## Names\n").unwrap();
    let (names, _) = names.split_once("\n### What was an argument\n").unwrap();
    let first_cells = names.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let code = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    code.flat_map(|code| code.split(['(', '{']).next().unwrap().split('.')).collect()
}

/// The code of the published crates.
fn code() -> String {
    fn read(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                read(&entry, into);
            } else {
                *into += &std::fs::read_to_string(entry).unwrap();
            }
        }
    }
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for name in ["backends", "backends-core", "backends-mongo", "backends-dynamo", "backends-sqlite"] {
        read(&crates.join(name).join("src"), &mut code);
    }
    code
}

#[test]
fn every_name_of_the_go_package_finds_what_takes_its_place() {
    let code = code();
    let is_found = |name: &str| {
        let same = ["struct", "enum", "trait"].map(|item| format!("pub {item} {name}"));
        let starts = |start: &String| code.match_indices(start).any(|(at, _)| !goes_on(&code[at + start.len()..]));
        code.contains(&format!("#[doc(alias = \"{name}\")]")) || same.iter().any(starts)
    };
    let lost: Vec<&str> = mapped().into_iter().filter(|name| !is_found(name)).collect();
    assert_eq!(lost, [""; 0], "add a `#[doc(alias)]` to what the chapter names");
}

/// Whether a name goes on.
fn goes_on(rest: &str) -> bool {
    rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
}

#[test]
fn every_name_that_is_found_is_in_the_chapter() {
    let (code, mapped) = (code(), mapped());
    let aliases = code.split("#[doc(alias = \"").skip(1).filter_map(|rest| rest.split('"').next());
    // Those of the JSON form begin small, and `GSI` is one of them.
    let of_go = aliases.filter(|name| name.starts_with(char::is_uppercase) && *name != "GSI");
    let unknown: BTreeSet<&str> = of_go.filter(|name| !mapped.contains(name)).collect();
    assert_eq!(unknown, BTreeSet::new(), "add them to the chapter, or take the alias away");
    assert!(mapped.len() > 50, "{mapped:?}");
}
