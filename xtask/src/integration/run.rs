//! One suite beside one server: the call, and what came of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::program::Program;
use super::suite::Suite;
use crate::{Result, cargo};

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

/// What the test programs of a suite printed about themselves.
#[derive(Default)]
struct Tally {
    programs: usize,
    cases: u64,
    /// The programs that ran nothing.
    empty: usize,
}

impl Tally {
    /// Reads a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
    fn read(&mut self, line: &str) {
        let Some(numbers) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
        let count = |word: &str| {
            let part = numbers.1.split("; ").find_map(|part| part.strip_suffix(word));
            part.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        let ran = count("passed") + count("failed");
        self.programs += 1;
        self.cases += ran;
        self.empty += usize::from(ran == 0);
    }

    /// A suite that runs nothing shows nothing.
    fn check(&self, targets: usize) -> Result {
        if self.cases == 0 {
            return Err("not one test ran".to_owned());
        }
        if self.empty > 0 || self.programs < targets {
            return Err("a test program ran no test".to_owned());
        }
        Ok(())
    }
}

/// Runs a suite.
pub(crate) fn run(program: &Program, suite: &Suite, extra: &[String]) -> Outcome {
    println!("\n== {} ({} {})", suite.title(), suite.backend, suite.kind);
    let start = Instant::now();
    let mut tally = Tally::default();
    let report = program.report();
    let result = tests_are_built(suite).and_then(|()| {
        with_server(program, suite, &report, extra, &mut tally)?;
        // Who chooses tests leaves programs out.
        if extra.is_empty() { tally.check(suite.targets.len()) } else { Ok(()) }
    });
    let text = fs::read_to_string(&report).unwrap_or_default();
    let _ = fs::remove_file(&report);
    let said = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let (version, origin) = (said("version: "), said("origin: "));
    Outcome { version, origin, cases: tally.cases, time: start.elapsed(), result }
}

/// Before there is a server: compiling takes longer than the tests.
fn tests_are_built(suite: &Suite) -> Result {
    let mut words = cargo_words(suite);
    words.push("--no-run".to_owned());
    cargo::run_cargo(&words)
}

fn cargo_words(suite: &Suite) -> Vec<String> {
    let targets = suite.targets.iter().flat_map(|target| ["--test".to_owned(), target.clone()]);
    let feature = suite.feature.map(|feature| format!("--features={feature}"));
    ["test", "--package", &suite.package].map(str::to_owned).into_iter().chain(feature).chain(targets).collect()
}

fn with_server(program: &Program, suite: &Suite, report: &Path, extra: &[String], tally: &mut Tally) -> Result {
    let mut words = cargo_words(suite);
    // One failure does not hide those of the other programs.
    words.push("--no-fail-fast".to_owned());
    if !extra.is_empty() {
        words.push("--".to_owned());
        words.extend_from_slice(extra);
    }
    let test = cargo::cargo(&words)?;
    let mut command = program.command();
    command.args(["run", "--tied", "--backend", suite.backend, "--kind", suite.kind, "--report"]).arg(report).arg("--");
    command.arg(test.get_program()).args(test.get_args());
    cargo::prepare(&mut command)?;
    println!("$ servers run --backend {} --kind {} -- cargo {}", suite.backend, suite.kind, words.join(" "));
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
    fn cases_are_counted_over_all_programs() {
        let tally = tally(&["running 3 tests", RAN, "test result", FAILED]);
        assert_eq!((tally.programs, tally.cases, tally.empty), (2, 8, 0));
        assert_eq!(tally.check(2), Ok(()));
    }

    #[test]
    fn a_program_that_runs_nothing_is_a_failure() {
        assert_eq!(tally(&[EMPTY]).check(1), Err("not one test ran".to_owned()));
        assert_eq!(tally(&[]).check(1), Err("not one test ran".to_owned()));
        assert_eq!(tally(&[RAN, EMPTY]).check(2), Err("a test program ran no test".to_owned()));
        assert_eq!(tally(&[RAN]).check(2), Err("a test program ran no test".to_owned()));
    }

    #[test]
    fn the_call_names_the_targets() {
        let targets = vec!["live".into(), "model".into()];
        let suite = Suite { backend: "b", kind: "k", package: "p".into(), targets, feature: None };
        assert_eq!(cargo_words(&suite).join(" "), "test --package p --test live --test model");
        let suite = Suite { feature: Some("b"), ..suite };
        assert_eq!(cargo_words(&suite).join(" "), "test --package p --features=b --test live --test model");
    }
}
