//! `cargo xtask tidy`: the rules of the tree that no other tool checks.

mod graph;
mod layout;
mod length;
mod links;
mod manifest;
mod paths;
mod rust;
mod source;

use std::collections::BTreeMap;
use std::fmt;

use crate::args::Args;
use crate::metadata::Metadata;
use crate::{Result, Verb, workspace};

pub(crate) const VERB: Verb = Verb {
    name: "tidy",
    usage: "",
    about: "Check the rules of the tree: files, comments, manifests, links, dependencies",
    help: "\
Prints one line a violation, `path:line: rule: what to do`, and exits with 1 when there is any.

  header, mod-file                  every .rs file begins with `//!`, and is not called mod.rs
  length                            no .rs and no .md file has more than 400 lines
  ignore, unfinished, invariant,    no #[ignore], no todo!, unimplemented!, dbg!; no unwrap or
  reason                            expect in a library without a comment that says why it
                                    holds; a reason in every #[allow] and #[expect]
  top-level, machine-path           only the known folders and files at the top; no path of a
                                    developer's machine in any text
  lints, dependency, full           every crate inherits the lints; every shared dependency has
                                    a comment that says why; `full` turns every feature on
  link                              links between documents lead somewhere
  arrow, tree, msrv                 who may depend on whom; what is in no tree; nothing needs a
                                    newer compiler than the workspace promises",
    run,
};

/// One place that breaks a rule.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Violation {
    path: String,
    line: usize,
    rule: &'static str,
    remedy: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, remedy: remedy.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.remedy)
    }
}

/// The text of every file of the repository, by name; none where it is binary.
type Files = BTreeMap<String, Option<String>>;

fn run(args: Args) -> Result {
    args.finish()?;
    check()
}

/// Prints every violation, and fails when there is one.
pub(crate) fn check() -> Result {
    let root = workspace::root()?;
    let mut files = Files::new();
    for name in workspace::files(&root)? {
        let text = workspace::text(&root, &name)?;
        files.insert(name, text);
    }
    let metadata = Metadata::load()?;
    let mut found = of_files(&files);
    found.extend(manifest::check(&files, &metadata));
    found.extend(graph::check(&files, &metadata));
    found.extend(graph::check_trees(&metadata)?);
    found.sort();
    for violation in &found {
        println!("{violation}");
    }
    match found.len() {
        0 => {
            println!("{} files are tidy", files.len());
            Ok(())
        }
        count => Err(format!("{count} rules are broken; do what the lines above say")),
    }
}

/// The rules that need the text only.
fn of_files(files: &Files) -> Vec<Violation> {
    let mut found = layout::check(files);
    found.extend(length::check(files));
    found.extend(links::check(files));
    found.extend(rust::check(files));
    let texts = files.iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    found.extend(texts.flat_map(|(name, text)| paths::check(name, text)));
    found
}

/// Files for the tests of the rules.
#[cfg(test)]
fn sample(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(name, text)| ((*name).to_owned(), Some((*text).to_owned()))).collect()
}

/// Violations as `path:line rule`, for the tests of the rules.
#[cfg(test)]
fn brief(found: &[Violation]) -> Vec<String> {
    found.iter().map(|violation| format!("{}:{} {}", violation.path, violation.line, violation.rule)).collect()
}
