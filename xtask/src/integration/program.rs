//! The programs of a run: the one that runs a command beside a server, and the tests, kept from what other clones build.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use serde_json::Value;

use super::engine;
use super::suite::Suite;
use crate::metadata::Metadata;
use crate::{Result, cargo, workspace};

/// A program under a name of its own as long as this lives.
///
/// A clone with the same build folder may put another one in its place at any time.
struct Kept(PathBuf);

impl Kept {
    fn keep(built: &Path) -> Result<Self> {
        let mut name = built.file_name().unwrap_or_default().to_owned();
        name.push(format!("-{}", process::id()));
        let own = built.with_file_name(name);
        let linked = fs::hard_link(built, &own).or_else(|_| fs::copy(built, &own).map(|_| ()));
        linked.map_err(|e| format!("{} cannot be had: {e}", own.display()))?;
        Ok(Self(own))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The program `servers`.
pub(crate) struct Program(Kept);

impl Program {
    /// Builds it, with Docker if an engine answers.
    pub(crate) fn build() -> Result<Self> {
        let mut arguments = vec!["build", "--package", "servers"];
        if engine::answers() {
            println!("a Docker engine answers; servers are taken from images if it has them");
            arguments.push("--features=docker");
        }
        cargo::run_cargo(&arguments)?;
        Kept::keep(&workspace::build_folder()?.join("debug").join("servers")).map(Self)
    }

    /// A call of it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.0.0)
    }

    /// A call of another program beside the usual server of a backend.
    pub(crate) fn beside(&self, backend: &str, called: &Path) -> Command {
        let mut command = self.command();
        command.args(["run", "--backend", backend, "--"]).arg(called);
        command
    }

    /// A file beside it.
    pub(crate) fn report(&self) -> PathBuf {
        self.0.0.with_extension("report")
    }
}

/// The programs of the suites.
#[derive(Default)]
pub(crate) struct Tests {
    /// By package and target.
    programs: HashMap<(String, String), Kept>,
}

impl Tests {
    /// Builds them as `cargo xtask test` builds the workspace: with other features everything below is built once more.
    pub(crate) fn build<'a>(metadata: &Metadata, suites: impl Iterator<Item = &'a Suite>) -> Result<Self> {
        let suites: Vec<&Suite> = suites.collect();
        if suites.is_empty() {
            return Ok(Self::default());
        }
        let mut words = vec!["test".to_owned(), "--workspace".to_owned(), metadata.every_backend()];
        let mut targets: Vec<&str> = suites.iter().map(|suite| suite.target.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        words.extend(targets.iter().flat_map(|target| ["--test".to_owned(), (*target).to_owned()]));
        words.extend(["--no-run", "--message-format=json-render-diagnostics"].map(str::to_owned));
        let printed = cargo::answer(cargo::cargo(&words)?.stderr(Stdio::inherit()))?;
        let mut programs = HashMap::new();
        for (id, target, program) in printed.lines().filter_map(built_test) {
            if let Some(package) = metadata.own().find(|package| package.id == id)
                && suites.iter().any(|suite| suite.package == package.name && suite.target == target)
            {
                programs.insert((package.name.clone(), target), Kept::keep(&program)?);
            }
        }
        Ok(Self { programs })
    }

    /// The program of a suite.
    pub(crate) fn of(&self, suite: &Suite) -> Result<&Path> {
        let kept = self.programs.get(&(suite.package.clone(), suite.target.clone()));
        kept.map(|kept| kept.0.as_path()).ok_or_else(|| format!("cargo built no program for `{}`", suite.title()))
    }
}

/// The package, the target and the program, if a line of cargo tells of a test that was built.
fn built_test(line: &str) -> Option<(String, String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = &message["target"];
    let is_test = message["reason"] == "compiler-artifact" && target["kind"] == serde_json::json!(["test"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let program = text(&message["executable"]).filter(|_| is_test)?;
    Some((text(&message["package_id"])?, text(&target["name"])?, program.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cargo_says_of_a_test_is_read_and_nothing_else() {
        let said = |reason: &str, kind: &str, executable: Value| {
            let target = json!({ "kind": [kind], "name": "live" });
            let line = json!({ "reason": reason, "package_id": "a#1", "target": target, "executable": executable });
            built_test(&line.to_string())
        };
        let expected = ("a#1".to_owned(), "live".to_owned(), PathBuf::from("/t/live-1"));
        assert_eq!(said("compiler-artifact", "test", json!("/t/live-1")), Some(expected));
        assert_eq!(said("compiler-artifact", "lib", json!("/t/live-1")), None);
        assert_eq!(said("compiler-artifact", "test", Value::Null), None);
        assert_eq!(said("build-script-executed", "test", json!("/t/live-1")), None);
        assert_eq!(built_test("warning: a line that is not for machines"), None);
    }
}
