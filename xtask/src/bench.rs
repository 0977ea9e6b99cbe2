//! `cargo xtask bench`: the measurements, each a program that prints its own tables.

use crate::args::Args;
use crate::{Result, Verb, cargo, integration};

/// A bench of one package, with the name of the target.
struct Suite {
    name: &'static str,
    package: &'static str,
    /// The feature that it is built with.
    feature: Option<&'static str>,
    /// The backend and the kind of the server that it needs.
    server: Option<(&'static str, &'static str)>,
}

const SUITES: &[Suite] = &[
    Suite { name: "core", package: "backends-core", feature: None, server: None },
    Suite { name: "sqlite", package: "measure", feature: Some("sqlite"), server: None },
    // A single caller of a replica set waits for a cycle of its own, which says nothing of the client.
    Suite { name: "mongodb", package: "measure", feature: Some("mongodb"), server: Some(("mongodb", "standalone")) },
    Suite { name: "dynamodb", package: "measure", feature: Some("dynamodb"), server: Some(("dynamodb", "plain")) },
];

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    usage: "<suite> [-- <arguments of the suite>]",
    about: "Measure: `core` (encoding, decoding, memory), `sqlite`, `mongodb`, `dynamodb` (each against its own client)",
    help: "\
Runs one suite with optimisations and prints its tables. Close what else uses the machine:
the figures are ratios of two things measured in one run, but noise is noise.

  core      encoding, decoding, and the memory backend, against serde_json and hand-written code
  sqlite    against rusqlite, in files of its own
  mongodb   against MongoDB's driver, on a single server that is found or fetched as for
            `cargo xtask integration`
  dynamodb  against the AWS SDK with serde_dynamo, on a DynamoDB Local that is had the same way

Arguments of all but `core`: parts of the names of the rows that are wanted, `--rounds=N` for
another number of pairs than 31, and `--only=ours` (or another contender) for a profiler. Those of
`core`: how the names of rows begin, and `--profile` for only the first contender of each.

  cargo xtask bench sqlite -- 'durable insert, 1' --rounds=61
  perf record -g cargo xtask bench sqlite -- 'durable insert, 1' --only=ours --rounds=200",
    run,
};

fn run(mut args: Args) -> Result {
    let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    let chosen = args.position().ok_or_else(|| format!("no suite; known suites: {}", known.join(", ")))?;
    let suite = SUITES
        .iter()
        .find(|suite| suite.name == chosen)
        .ok_or_else(|| format!("unknown suite `{chosen}`; known suites: {}", known.join(", ")))?;
    let extra = args.passed_on()?;
    let mut call = vec!["bench", "--package", suite.package, "--bench", suite.name];
    call.extend(suite.feature.into_iter().flat_map(|feature| ["--features", feature]));
    if suite.server.is_some() {
        let built: Vec<&str> = call.iter().copied().chain(["--no-run"]).collect();
        cargo::run_cargo(&built)?;
    }
    if !extra.is_empty() {
        call.push("--");
        call.extend(extra.iter().map(String::as_str));
    }
    match suite.server {
        None => cargo::run_cargo(&call),
        Some((backend, kind)) => integration::beside(backend, Some(kind), &call),
    }
}
