//! One suite beside one server: the call, and what came of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::program::{Program, Tests};
use super::suite::Suite;
use crate::metadata::Metadata;
use crate::{Result, cargo, workspace};

/// Says how many tests of a program run at once.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// What came of a suite.
pub(crate) struct Outcome {
    pub(crate) version: String,
    pub(crate) origin: String,
    pub(crate) cases: u64,
    pub(crate) time: Duration,
    pub(crate) result: Result,
}

impl Outcome {
    /// One that did not get as far as a server.
    pub(crate) fn failed(message: String) -> Self {
        let nothing = String::new;
        Self { version: nothing(), origin: nothing(), cases: 0, time: Duration::ZERO, result: Err(message) }
    }
}

/// What a test program printed about itself.
#[derive(Default)]
struct Tally {
    cases: u64,
}

impl Tally {
    /// Reads a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
    fn read(&mut self, line: &str) {
        let Some(numbers) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
        let count = |word: &str| {
            let part = numbers.1.split("; ").find_map(|part| part.strip_suffix(word));
            part.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.cases += count("passed") + count("failed");
    }

    /// A suite that runs nothing shows nothing.
    fn check(&self) -> Result {
        if self.cases == 0 { Err("not one test ran".to_owned()) } else { Ok(()) }
    }
}

/// Where suites run.
pub(crate) struct Place<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) program: &'a Program,
    pub(crate) tests: &'a Tests,
    /// The arguments of the test programs.
    pub(crate) extra: &'a [String],
}

/// Runs a suite.
pub(crate) fn run(place: &Place<'_>, suite: &Suite) -> Outcome {
    println!("\n== {} ({} {})", suite.title(), suite.backend, suite.kind);
    let start = Instant::now();
    let mut tally = Tally::default();
    let report = place.program.report();
    let result = with_server(place, suite, &report, &mut tally).and_then(|()| {
        // Who chooses tests leaves programs out.
        if place.extra.is_empty() { tally.check() } else { Ok(()) }
    });
    let text = fs::read_to_string(&report).unwrap_or_default();
    let _ = fs::remove_file(&report);
    let said = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let (version, origin) = (said("version: "), said("origin: "));
    Outcome { version, origin, cases: tally.cases, time: start.elapsed(), result }
}

fn with_server(place: &Place<'_>, suite: &Suite, report: &Path, tally: &mut Tally) -> Result {
    let test = place.tests.of(suite)?;
    let manifest = place.metadata.package(&suite.package).map(|package| package.manifest.as_str());
    let folder = workspace::root()?.join(manifest.and_then(|path| Path::new(path).parent()).unwrap_or(Path::new("")));
    let mut command = place.program.command();
    command.args(["run", "--tied", "--backend", suite.backend, "--kind", suite.kind, "--report"]).arg(report).arg("--");
    command.arg(test).args(place.extra);
    cargo::prepare(&mut command)?;
    // As cargo calls a test.
    command.current_dir(&folder).env("CARGO_MANIFEST_DIR", &folder);
    if suite.backend == "mongodb" && std::env::var_os(TEST_THREADS).is_none() {
        // Most of these tests wait for a server that is looked for anew; DynamoDB Local has no core left for more.
        command.env(TEST_THREADS, "6");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("`servers` cannot be run: {e}"))?;
    // However this program ends, the pipe ends with it, and `servers` takes the server away.
    let _tie = child.stdin.take();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        // A test may print what is no UTF-8.
        while output.read_until(b'\n', &mut line).map_err(|e| format!("no output can be read: {e}"))? > 0 {
            let printed = String::from_utf8_lossy(&line);
            print!("{printed}");
            tally.read(printed.trim_end());
            line.clear();
        }
    }
    let status = child.wait().map_err(|e| format!("`servers` cannot be watched: {e}"))?;
    if status.success() {
        return Ok(());
    }
    Err(if report.exists() { "tests failed".to_owned() } else { "no server; see above".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally
    }

    const RAN: &str = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.04s";
    const FAILED: &str = "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
    const EMPTY: &str = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out";

    #[test]
    fn cases_are_counted() {
        let tally = tally(&["running 3 tests", RAN, "test result", FAILED]);
        assert_eq!((tally.cases, tally.check()), (8, Ok(())));
    }

    #[test]
    fn a_program_that_runs_nothing_is_a_failure() {
        assert_eq!(tally(&[EMPTY]).check(), Err("not one test ran".to_owned()));
        assert_eq!(tally(&[]).check(), Err("not one test ran".to_owned()));
    }
}
