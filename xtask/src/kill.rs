//! `cargo xtask kill`: whether an acknowledged write survives when the process is killed.

use crate::args::Args;
use crate::{Result, Verb, cargo};

const ROUNDS: u32 = 200;

pub(crate) const VERB: Verb = Verb {
    name: "kill",
    usage: "[--rounds N] [-- --fdatasync]",
    about: "Kill a writing process again and again, and look for lost writes (sqlite)",
    help: "\
Each round starts a process that inserts, replaces, upserts and deletes in an embedded
database, kills it, opens the file again, and checks that every key is as the last
acknowledged write left it.

  --rounds N   how many times; 200 if not given

What follows `--` is passed on to the example instead: `-- --fdatasync` counts the groups of
writes that share a commit, and how often the disk is flushed for each.",
    run,
};

fn run(mut args: Args) -> Result {
    let rounds = args.option("--rounds")?;
    let words = words(rounds, args.passed_on()?)?;
    let mut call = vec!["run", "--release", "--package", "backends-sqlite", "--example", "kill", "--"];
    call.extend(words.iter().map(String::as_str));
    cargo::run_cargo(&call)
}

/// What the example is told: it counts rounds, or does what was passed on.
fn words(rounds: Option<u32>, passed_on: Vec<String>) -> Result<Vec<String>> {
    match (rounds, passed_on.is_empty()) {
        (rounds, true) => Ok(vec!["--rounds".to_owned(), rounds.unwrap_or(ROUNDS).to_string()]),
        (None, false) => Ok(passed_on),
        (Some(_), false) => Err("`--rounds` and words after `--` are two calls; leave one of them out".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_passed_on_stand_alone() {
        let flushes = vec!["--fdatasync".to_owned()];
        assert_eq!(words(None, flushes.clone()), Ok(flushes.clone()));
        assert_eq!(words(Some(3), Vec::new()).unwrap(), ["--rounds", "3"]);
        assert_eq!(words(None, Vec::new()).unwrap(), ["--rounds", "200"]);
        assert!(words(Some(3), flushes).unwrap_err().contains("leave one of them out"));
    }
}
