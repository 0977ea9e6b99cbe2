//! `cargo xtask <verb>`: every command that a contributor needs, one file a verb.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod args;
mod bench;
mod cargo;
mod charts;
mod ci;
mod contract;
mod dataset;
mod failover;
mod fuzz;
mod integration;
mod kill;
mod lint;
mod metadata;
mod mistakes;
mod model;
mod package;
mod pages;
mod proofs;
mod sizes;
mod steps;
mod stream;
mod table;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use args::Args;

/// What went wrong, as one line for the terminal.
type Result<T = ()> = std::result::Result<T, String>;

/// A command: its name, what `--help` says, and the function that does it.
struct Verb {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(Args) -> Result,
}

const VERBS: &[Verb] = &[
    test::VERB,
    lint::VERB,
    tidy::VERB,
    contract::VERB,
    ci::VERB,
    integration::VERB,
    bench::VERB,
    charts::VERB,
    model::VERB,
    mistakes::VERB,
    pages::VERB,
    stream::VERB,
    dataset::VERB,
    sizes::VERB,
    package::VERB,
    kill::VERB,
    failover::VERB,
    fuzz::VERB,
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    match dispatch(words.next().as_deref(), words.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(name: Option<&str>, rest: Vec<String>) -> Result {
    let name = match name {
        None | Some("help" | "--help" | "-h") => {
            print!("{}", overview());
            return Ok(());
        }
        Some(name) => name,
    };
    let verb = VERBS.iter().find(|verb| verb.name == name).ok_or_else(|| unknown(name))?;
    let own = rest.iter().take_while(|word| *word != "--");
    if own.into_iter().any(|word| word == "--help" || word == "-h") {
        print!("{}", verb.page());
        return Ok(());
    }
    (verb.run)(Args::new(rest))
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = VERBS.iter().map(|verb| verb.name).collect();
    format!("unknown verb `{name}`; known verbs: {}", known.join(", "))
}

fn overview() -> String {
    let rows: Vec<(String, &str)> =
        VERBS.iter().map(|verb| (format!("{} {}", verb.name, verb.usage), verb.about)).collect();
    let width = rows.iter().map(|(call, _)| call.chars().count()).max().unwrap_or(0);
    let mut text = String::from("cargo xtask <verb>\n\n");
    for (call, about) in rows {
        text.extend(["  ", &format!("{call:width$}"), "  ", about, "\n"]);
    }
    text.push_str("\n`cargo xtask <verb> --help` says more. Builds go to $CARGO_TARGET_DIR, or else to\n");
    text.push_str("`backends/target` in the user's cache folder, so that a fresh clone is quick.\n");
    text
}

impl Verb {
    fn page(&self) -> String {
        format!("cargo xtask {} {}\n\n{}.\n\n{}\n", self.name, self.usage, self.about, self.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_the_overview_and_has_a_page() {
        let overview = overview();
        for verb in VERBS {
            assert!(overview.contains(verb.about), "{}", verb.name);
            assert!(verb.page().starts_with(&format!("cargo xtask {}", verb.name)));
            assert!(!verb.help.is_empty());
        }
    }

    #[test]
    fn an_unknown_verb_is_an_error_that_names_the_known_ones() {
        let error = dispatch(Some("tset"), Vec::new()).unwrap_err();
        assert!(error.starts_with("unknown verb `tset`; known verbs: test, lint"), "{error}");
    }

    #[test]
    fn help_does_not_run_the_verb() {
        dispatch(Some("sizes"), vec!["--help".to_owned()]).unwrap();
        dispatch(None, Vec::new()).unwrap();
    }
}
