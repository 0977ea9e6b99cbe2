//! `cargo xtask kill`: whether an acknowledged write survives when the process is killed.

use crate::args::Args;
use crate::{Result, Verb, cargo};

const ROUNDS: u32 = 200;

pub(crate) const VERB: Verb = Verb {
    name: "kill",
    usage: "[--rounds N] [-- WORDS]",
    about: "Kill a writing process again and again, and look for lost writes (sqlite)",
    help: "\
Each round starts a process that writes to an embedded database, kills it, opens the file
again, and checks that every write that was acknowledged is there.

  --rounds N   how many times; 200 if not given

What follows `--` is passed on to the example: `-- --fdatasync` counts the flushes of the disk.",
    run,
};

fn run(mut args: Args) -> Result {
    let rounds = args.option("--rounds")?.unwrap_or(ROUNDS).to_string();
    let passed_on = args.passed_on()?;
    let mut words =
        vec!["run", "--release", "--package", "backends-sqlite", "--example", "kill", "--", "--rounds", &rounds];
    words.extend(passed_on.iter().map(String::as_str));
    cargo::run_cargo(&words)
}
