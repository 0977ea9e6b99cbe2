//! `cargo xtask bench`: the measurements, each a program that prints its own tables.

pub(crate) mod kept;
mod machine;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::args::Args;
use crate::integration::Program;
use crate::{Result, Verb, cargo};

/// A bench of one package, with the name of the target.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    package: &'static str,
    /// The feature that it is built with.
    feature: Option<&'static str>,
    /// The servers that it runs beside, one after another.
    servers: &'static [Server],
}

/// A server, by its backend and kind, and its name in the tables.
struct Server {
    backend: &'static str,
    kind: &'static str,
    name: &'static str,
}

pub(crate) const SUITES: &[Suite] = &[
    Suite { name: "core", package: "backends-core", feature: None, servers: &[] },
    Suite { name: "sqlite", package: "measure", feature: Some("sqlite"), servers: &[] },
    Suite {
        name: "mongodb",
        package: "measure",
        feature: Some("mongodb"),
        // A single caller of a replica set waits for a cycle of its own, which says nothing of the client: there are
        // only those calls that need one.
        servers: &[
            Server { backend: "mongodb", kind: "standalone", name: "a single MongoDB" },
            Server { backend: "mongodb", kind: "replica-set", name: "a replica set of one MongoDB" },
        ],
    },
    Suite {
        name: "dynamodb",
        package: "measure",
        feature: Some("dynamodb"),
        servers: &[Server { backend: "dynamodb", kind: "plain", name: "DynamoDB Local" }],
    },
];

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    usage: "[<suite>…] [-- <arguments of the suites>]",
    about: "Measure: `core` (encoding, decoding, memory), `sqlite`, `mongodb`, `dynamodb` (each against its own client)",
    help: "\
Runs these suites, or all, with optimisations, and prints their tables. Close what else uses the machine:
the figures are ratios of two things measured in one run, but noise is noise.

  core      encoding, decoding, and the memory backend, against serde_json and hand-written code
  sqlite    against rusqlite, in files of its own
  mongodb   against MongoDB's driver, on a single server and, what needs one, on a replica set, which
            are found or fetched as for `cargo xtask integration`
  dynamodb  against the AWS SDK with serde_dynamo, on a DynamoDB Local that is had the same way

Arguments of all but `core`: parts of the names of the rows that are wanted, `--rounds=N` for
another number of pairs, and `--only=ours` (or another contender) for a profiler. Those of
`core`: how the names of rows begin, and `--profile` for only the first contender of each.

  cargo xtask bench sqlite -- 'insert, 1' --rounds=61
  perf record -g cargo xtask bench sqlite -- 'insert, 1' --only=ours --rounds=200

Without arguments the tables of a suite are kept in the build folder; `cargo xtask charts` puts
what is kept into docs/performance.md.",
    run,
};

fn run(mut args: Args) -> Result {
    let mut suites = Vec::new();
    while let Some(name) = args.position() {
        suites.push(suite(&name)?);
    }
    let extra = args.passed_on()?;
    if suites.is_empty() {
        suites.extend(SUITES);
    }
    for suite in suites {
        let begun = Instant::now();
        let printed = measure(suite, &extra)?;
        if extra.is_empty() {
            kept::keep(suite.name, &format!("{}\n\n{printed}", machine::sentence(begun.elapsed())?))?;
        }
    }
    Ok(())
}

fn suite(name: &str) -> Result<&'static Suite> {
    SUITES.iter().find(|suite| suite.name == name).ok_or_else(|| {
        let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        format!("unknown suite `{name}`; known suites: {}", known.join(", "))
    })
}

/// Runs a suite beside each of its servers; what it printed.
fn measure(suite: &Suite, extra: &[String]) -> Result<String> {
    let mut call = vec!["bench", "--package", suite.package, "--bench", suite.name];
    call.extend(suite.feature.into_iter().flat_map(|feature| ["--features", feature]));
    let built: Vec<&str> = call.iter().copied().chain(["--no-run"]).collect();
    cargo::run_cargo(&built)?;
    if !extra.is_empty() {
        call.push("--");
        call.extend(extra.iter().map(String::as_str));
    }
    if suite.servers.is_empty() {
        return printed(&mut cargo::cargo(&call)?);
    }
    let program = Program::build()?;
    let mut all = String::new();
    for server in suite.servers {
        let report = program.report();
        let mut command = program.command();
        command.args(["run", "--backend", server.backend, "--kind", server.kind, "--report"]).arg(&report).arg("--");
        let called = cargo::cargo(&call)?;
        command.arg(called.get_program()).args(called.get_args());
        cargo::prepare(&mut command)?;
        let printed = printed(&mut command)?;
        let said = fs::read_to_string(&report).unwrap_or_default();
        let _ = fs::remove_file(&report);
        let version = said.lines().find_map(|line| line.strip_prefix("version: ")).unwrap_or("of an unknown version");
        all.extend(["On ", server.name, " ", version, ":\n\n", &printed, "\n"]);
    }
    Ok(all.trim_end().to_owned() + "\n")
}

/// Runs a command whose output is seen and kept.
fn printed(command: &mut Command) -> Result<String> {
    let cannot = |e: std::io::Error| format!("a bench cannot be run: {e}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let mut text = String::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(cannot)?;
            println!("{line}");
            text.extend([&line, "\n"]);
        }
    }
    let status = child.wait().map_err(cannot)?;
    if status.success() { Ok(text) } else { Err(format!("a bench failed: {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_suite_is_an_error_that_names_the_known_ones() {
        let error = suite("postgres").map(|_| ()).unwrap_err();
        assert_eq!(error, "unknown suite `postgres`; known suites: core, sqlite, mongodb, dynamodb");
    }
}
