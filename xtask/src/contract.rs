//! `cargo xtask contract`: which tests show which sentence of the contract and which lesson.

mod id;
mod list;

use std::collections::BTreeMap;

use crate::args::Args;
use crate::metadata::Metadata;
use crate::{Result, Verb, integration, table, workspace};
use id::Id;
use list::{LIST, Line, Mark};

pub(crate) const VERB: Verb = Verb {
    name: "contract",
    usage: "[--gaps]",
    about: "Show which tests cover which sentence of the contract and which lesson",
    help: "\
A test or conformance case whose name begins with numbers shows what they stand for: `c26_l07_…` shows
sentence C26 and lesson L07. xtask/contract.txt lists what has to be shown. What it lists and no test
shows is a gap; so is what is shown on servers only, in the crates of the backends that have one or in a
test target that `cargo test` leaves alone. A line marked [server] needs a test on one, a line marked
[untested] says why there is none, and a mark that is not true is a gap too, as is a number that does
not exist. With a gap the exit code is 1.

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
    let wanted = list::parse(&list)?;
    let live = live_targets(&Metadata::load()?);
    let mut cases = Cases::new();
    let mut unknown = Vec::new();
    for file in workspace::files(&root)?
        .iter()
        .filter(|file| file.starts_with("crates/") && workspace::has_extension(file, "rs"))
    {
        let text = workspace::required_text(&root, file)?;
        let needs_server = needs_server(file, &live);
        for (line, name) in functions(&text, file.starts_with(CASES)) {
            for id in id::of_name(name) {
                match id {
                    Ok(id) => {
                        let name = format!("{}::{name}", crate_of(file));
                        cases.entry(id).or_default().push(Case { name, needs_server });
                    }
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
    let gaps = wanted.iter().filter(|line| gap(line, cases_of(&cases, line.id)).is_some()).count();
    println!("\n{} of {} as they should be, {} tests", wanted.len() - gaps, wanted.len(), distinct(&cases));
    match (gaps, unknown.len()) {
        (0, 0) => Ok(()),
        (0, wrong) => Err(format!("{wrong} tests name a number that does not exist; rename them")),
        (gaps, _) => Err(format!(
            "{gaps} sentences or lessons have no fitting test; write one whose name begins with the number"
        )),
    }
}

/// A test or conformance case.
struct Case {
    /// As `crate::name`.
    name: String,
    needs_server: bool,
}

/// The tests of each number.
type Cases = BTreeMap<Id, Vec<Case>>;

fn cases_of(cases: &Cases, id: Id) -> &[Case] {
    cases.get(&id).map_or(&[], Vec::as_slice)
}

/// What is wrong with the tests of a line, if anything is.
fn gap(line: &Line<'_>, cases: &[Case]) -> Option<&'static str> {
    let by_itself = cases.iter().any(|case| !case.needs_server);
    match line.mark {
        Some(Mark::Untested) if cases.is_empty() => None,
        Some(Mark::Untested) => Some("MARKED [untested], and there are tests"),
        _ if cases.is_empty() => Some("MISSING"),
        Some(Mark::Server) if by_itself => Some("MARKED [server], and shown without one"),
        None if !by_itself => Some("MISSING without a server"),
        _ => None,
    }
}

/// What only the suites on servers use.
const BESIDE_SERVERS: [&str; 3] = ["live", "proxy", "servers"];

/// Whether what a file shows is shown of a server alone.
fn needs_server(file: &str, live: &[String]) -> bool {
    let name = crate_of(file);
    let is_part =
        |target: &String| file.strip_prefix(target.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    BESIDE_SERVERS.contains(&name) || integration::is_of_a_server(name) || live.iter().any(is_part)
}

/// The test targets that `cargo test` leaves alone, as their paths without what follows the name.
fn live_targets(metadata: &Metadata) -> Vec<String> {
    let of_package = metadata.own().filter_map(|package| Some((package, package.manifest.strip_suffix("Cargo.toml")?)));
    of_package
        .flat_map(|(package, folder)| package.live().map(move |target| format!("{folder}tests/{}", target.name)))
        .collect()
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
    let mut names: Vec<&str> = cases.values().flatten().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

fn report(wanted: &[Line<'_>], cases: &Cases, gaps_only: bool) -> String {
    let mut rows = Vec::new();
    for line in wanted {
        let of_line = cases_of(cases, line.id);
        let mut shown: Vec<String> = gap(line, of_line).into_iter().map(str::to_owned).collect();
        if !gaps_only {
            shown.extend((line.mark == Some(Mark::Untested)).then(|| "none".to_owned()));
            shown.extend(of_line.iter().map(told));
        }
        push(&mut rows, line.id, line.title, shown);
    }
    let extra = cases.iter().filter(|(id, _)| !gaps_only && wanted.iter().all(|line| line.id != **id));
    extra.for_each(|(id, cases)| push(&mut rows, *id, "(not listed yet)", cases.iter().map(told).collect()));
    table::markdown(["no.", "says", "tests"], &rows)
}

fn told(case: &Case) -> String {
    if case.needs_server { format!("{} (server)", case.name) } else { case.name.clone() }
}

fn push(rows: &mut Vec<[String; 3]>, id: Id, title: &str, shown: Vec<String>) {
    for (at, shown) in shown.into_iter().enumerate() {
        let first = at == 0;
        let or_empty = |text: String| if first { text } else { String::new() };
        rows.push([or_empty(id.to_string()), or_empty(title.to_owned()), shown]);
    }
}

#[cfg(test)]
mod tests;
