//! `cargo xtask bench`: the measurements, each a program that prints its own tables.

use crate::args::Args;
use crate::{Result, Verb, cargo};

/// Suite, package, bench target.
const SUITES: &[(&str, &str, &str)] = &[("core", "backends-core", "core"), ("sqlite", "backends-sqlite", "sqlite")];

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    usage: "<suite> [-- <arguments of the suite>]",
    about: "Measure: `core` (encoding, decoding, memory), `sqlite` (against rusqlite)",
    help: "\
Runs one suite with optimisations and prints its tables. Close what else uses the machine:
the figures are ratios of two things measured in one run, but noise is noise.

  core     cargo bench -p backends-core --bench core
  sqlite   cargo bench -p backends-sqlite --bench sqlite",
    run,
};

fn run(mut args: Args) -> Result {
    let known: Vec<&str> = SUITES.iter().map(|(name, ..)| *name).collect();
    let chosen = args.position().ok_or_else(|| format!("no suite; known suites: {}", known.join(", ")))?;
    let (_, package, target) = SUITES
        .iter()
        .find(|(name, ..)| *name == chosen)
        .ok_or_else(|| format!("unknown suite `{chosen}`; known suites: {}", known.join(", ")))?;
    let extra = args.passed_on()?;
    let mut call = vec!["bench", "--package", package, "--bench", target];
    if !extra.is_empty() {
        call.push("--");
        call.extend(extra.iter().map(String::as_str));
    }
    cargo::run_cargo(&call)
}
