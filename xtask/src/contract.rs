//! `cargo xtask contract`: which tests show which sentence of the contract and which lesson.

mod id;

use std::collections::BTreeMap;

use crate::args::Args;
use crate::{Result, Verb, table, workspace};
use id::Id;

/// The file that lists what has to be shown.
const LIST: &str = "xtask/contract.txt";

pub(crate) const VERB: Verb = Verb {
    name: "contract",
    usage: "[--gaps]",
    about: "Show which tests cover which sentence of the contract and which lesson",
    help: "\
A test or conformance case whose name begins with numbers shows what they stand for: `c26_l07_…` shows
sentence C26 and lesson L07. xtask/contract.txt lists what has to be shown; what it lists and
no test shows is a gap, and so is a number that does not exist. With a gap the exit code is 1.

  --gaps   only what is missing",
    run,
};

fn run(mut args: Args) -> Result {
    let gaps_only = args.flag("--gaps");
    args.finish()?;
    check(gaps_only)
}

/// Prints the table and fails on a gap.
pub(crate) fn check(gaps_only: bool) -> Result {
    let root = workspace::root()?;
    let list = workspace::required_text(&root, LIST)?;
    let wanted = parse_list(&list)?;
    let mut cases: Cases = BTreeMap::new();
    let mut unknown = Vec::new();
    for file in workspace::files(&root)?
        .iter()
        .filter(|file| file.starts_with("crates/") && workspace::has_extension(file, "rs"))
    {
        let text = workspace::required_text(&root, file)?;
        for (line, name) in functions(&text, file.starts_with(CASES)) {
            for id in id::of_name(name) {
                match id {
                    Ok(id) => cases.entry(id).or_default().push(format!("{}::{name}", crate_of(file))),
                    Err(number) => {
                        unknown.push(format!("{file}:{line}: `{name}` names `{number}`, which does not exist"));
                    }
                }
            }
        }
    }
    print!("{}", report(&wanted, &cases, gaps_only));
    for line in &unknown {
        println!("{line}");
    }
    let gaps = wanted.iter().filter(|(id, _)| !cases.contains_key(id)).count();
    println!("\n{} of {} covered, {} tests", wanted.len() - gaps, wanted.len(), distinct(&cases));
    match (gaps, unknown.len()) {
        (0, 0) => Ok(()),
        (0, wrong) => Err(format!("{wrong} tests name a number that does not exist; rename them")),
        (gaps, _) => {
            Err(format!("{gaps} sentences or lessons have no test; write one whose name begins with the number"))
        }
    }
}

/// The tests of each number, as `crate::name`.
type Cases = BTreeMap<Id, Vec<String>>;

/// The lines `C1 title`; empty ones and those that begin with `#` are left out.
fn parse_list(text: &str) -> Result<Vec<(Id, &str)>> {
    let mut wanted: Vec<(Id, &str)> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
        let (number, title) = line.split_once(' ').unwrap_or((line, ""));
        let id = Id::parse(number)
            .ok_or_else(|| format!("{LIST}:{}: `{number}` is no number of a sentence or lesson", at + 1))?;
        if title.trim().is_empty() {
            return Err(format!("{LIST}:{}: `{number}` has no title; write what it says in a few words", at + 1));
        }
        if wanted.iter().any(|(other, _)| *other == id) {
            return Err(format!("{LIST}:{}: `{number}` is listed twice; take one away", at + 1));
        }
        wanted.push((id, title.trim()));
    }
    Ok(wanted)
}

/// Where every function is a case, which the suites of the backends call.
const CASES: &str = "crates/backends-conformance/src/cases/";

/// The tests that a file declares, with their lines; what stands in a comment is none.
///
/// A test is a function below an attribute that ends in `test`, or any function where `all` are cases.
fn functions(text: &str, all: bool) -> impl Iterator<Item = (usize, &str)> {
    let mut is_test = all;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let attribute = line.trim_start().strip_prefix("#[").map(|rest| rest.split(['(', ']']).next().unwrap_or(rest));
        is_test |= attribute.is_some_and(|name| name.rsplit("::").next() == Some("test"));
        let code = line.split("//").next().unwrap_or_default();
        let (before, rest) = code.split_once("fn ")?;
        let whole_word = before.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(' || c == '{');
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let is_function = whole_word && end > 0;
        (is_function && std::mem::replace(&mut is_test, all)).then(|| (at + 1, &rest[..end]))
    })
}

/// `backends-core` of `crates/backends-core/src/lib.rs`.
fn crate_of(file: &str) -> &str {
    file.split('/').nth(1).unwrap_or(file)
}

fn distinct(cases: &Cases) -> usize {
    let mut names: Vec<&String> = cases.values().flatten().collect();
    names.sort();
    names.dedup();
    names.len()
}

fn report(wanted: &[(Id, &str)], cases: &Cases, gaps_only: bool) -> String {
    let mut rows = Vec::new();
    for (id, title) in wanted {
        match cases.get(id) {
            None => rows.push([id.to_string(), (*title).to_owned(), "MISSING".to_owned()]),
            Some(_) if gaps_only => {}
            Some(names) => push(&mut rows, *id, title, names),
        }
    }
    let extra = cases.iter().filter(|(id, _)| !gaps_only && !wanted.iter().any(|(other, _)| other == *id));
    extra.for_each(|(id, names)| push(&mut rows, *id, "(not listed yet)", names));
    table::markdown(["no.", "says", "tests"], &rows)
}

fn push(rows: &mut Vec<[String; 3]>, id: Id, title: &str, names: &[String]) {
    for (at, name) in names.iter().enumerate() {
        let first = at == 0;
        let or_empty = |text: String| if first { text } else { String::new() };
        rows.push([or_empty(id.to_string()), or_empty(title.to_owned()), name.clone()]);
    }
}

#[cfg(test)]
mod tests;
