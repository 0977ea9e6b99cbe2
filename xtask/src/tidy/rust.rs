//! Rules for `.rs` files: `header`, `mod-file`, `ignore`, `unfinished`, `reason`, `invariant`.

use std::collections::BTreeSet;

use super::source::Source;
use super::{Files, Violation};
use crate::workspace::has_extension;

/// Crates under `crates/` whose code is not called by users: they may stop at once.
const NOT_LIBRARIES: &[&str] = &["backends-conformance", "fuzz", "live", "measure"];

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let sources: Vec<(&str, &str, Source)> = files
        .iter()
        .filter(|(name, _)| has_extension(name, "rs"))
        .filter_map(|(name, text)| Some((name.as_str(), text.as_deref()?, Source::new(text.as_deref()?))))
        .collect();
    let for_tests: BTreeSet<String> = sources.iter().flat_map(|(name, _, source)| test_modules(name, source)).collect();
    let mut found = Vec::new();
    for (name, text, source) in &sources {
        found.extend(shape(name, text));
        found.extend(left_over(name, source));
        found.extend(reasons(name, source));
        if is_library(name, &for_tests) {
            found.extend(invariants(name, source));
        }
    }
    found
}

fn shape(name: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(Violation::new(name, 1, "header", "begin with `//!` and one sentence: what this file is for"));
    }
    if name == "mod.rs" || name.ends_with("/mod.rs") {
        found.push(Violation::new(name, 1, "mod-file", "call it after its folder and put it beside that"));
    }
    found
}

fn left_over(name: &str, source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, line) in source.code_lines().iter().enumerate() {
        for word in ["todo", "unimplemented", "dbg"] {
            if calls(line, &format!("{word}!")) {
                let remedy = format!("take `{word}!` away and finish what it stands for");
                found.push(Violation::new(name, at + 1, "unfinished", remedy));
            }
        }
    }
    for range in source.attributes() {
        let text = source.text(range.clone());
        let mut own = words(&text).filter(|word| !word.is_empty());
        let first = own.next();
        if first == Some("ignore") || (first == Some("cfg_attr") && own.any(|word| word == "ignore")) {
            let remedy = "a test that does not run shows nothing; make it run or take it away";
            found.push(Violation::new(name, source.line_of(range.start), "ignore", remedy));
        }
    }
    found
}

fn reasons(name: &str, source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for range in source.attributes() {
        let text = source.text(range.clone());
        let exempts = calls(&text, "allow") || calls(&text, "expect");
        if exempts && !words(&text).any(|word| word == "reason") {
            let remedy = "add `reason = \"…\"`";
            found.push(Violation::new(name, source.line_of(range.start), "reason", remedy));
        }
    }
    found
}

fn invariants(name: &str, source: &Source) -> Vec<Violation> {
    let code = source.code_lines();
    let comments = source.comment_lines();
    let in_tests: BTreeSet<usize> = source
        .test_items()
        .into_iter()
        .flat_map(|range| source.line_of(range.start)..=source.line_of(range.end.saturating_sub(1)))
        .collect();
    let stops = |line: &str| [".unwrap", ".expect"].into_iter().find(|call| calls(line, call));
    let mut found = Vec::new();
    for (at, line) in code.iter().enumerate() {
        let Some(call) = stops(line).filter(|_| !in_tests.contains(&(at + 1))) else { continue };
        if !stated(&code, &comments, at) {
            let remedy = format!("return an error instead of `{call}`, or say in a comment above why it cannot fail");
            found.push(Violation::new(name, at + 1, "invariant", remedy));
        }
    }
    found
}

/// Whether a comment stands on the line, or above the statement that the line belongs to.
fn stated(code: &[String], comments: &[String], at: usize) -> bool {
    let has = |line: usize| !comments[line].trim().is_empty();
    let mut line = at;
    loop {
        if has(line) {
            return true;
        }
        let chained = code[line].trim_start().starts_with('.');
        if line == 0 || !chained {
            break;
        }
        line -= 1;
    }
    line > 0 && has(line - 1) && code[line - 1].trim().is_empty()
}

/// Whether `name` followed by `(` (or, for macros, any bracket) stands in the text as a word of its own.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let own = name.starts_with('.') || before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let after = text[at + name.len()..].trim_start();
        own && after.starts_with(if name.ends_with('!') { ['(', '[', '{'].as_slice() } else { ['('].as_slice() })
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whether callers of the project can reach the code of this file.
fn is_library(name: &str, for_tests: &BTreeSet<String>) -> bool {
    let mut parts = name.split('/');
    let (Some("crates"), Some(package), Some("src")) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let stem = name.trim_end_matches(".rs");
    let test = for_tests
        .iter()
        .any(|module| stem.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    !NOT_LIBRARIES.contains(&package) && !test && !stem.ends_with("/tests") && !stem.contains("/tests/")
}

/// The files, without `.rs`, of modules that the file declares for tests only.
fn test_modules(name: &str, source: &Source) -> Vec<String> {
    let stem = name.trim_end_matches(".rs");
    let folder = match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => folder,
        _ => stem,
    };
    let of_item = |range| {
        let text = source.text(range);
        let declaration = text.trim().strip_suffix(';')?;
        let module = declaration.rsplit_once("mod ")?.1.trim();
        Some(format!("{folder}/{module}"))
    };
    source.test_items().into_iter().filter_map(of_item).collect()
}

#[cfg(test)]
mod tests;
