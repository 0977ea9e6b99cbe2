//! The program that runs a command beside a server, kept from what other clones build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use super::engine;
use crate::{Result, cargo, workspace};

/// The program `servers`, under a name of its own as long as this lives.
pub(crate) struct Program(PathBuf);

impl Program {
    /// Builds it, with Docker if an engine answers.
    pub(crate) fn build() -> Result<Self> {
        let mut arguments = vec!["build", "--package", "servers"];
        if engine::answers() {
            println!("a Docker engine answers; servers are taken from images if it has them");
            arguments.push("--features=docker");
        }
        cargo::run_cargo(&arguments)?;
        let built = workspace::build_folder()?.join("debug").join("servers");
        let own = built.with_file_name(format!("servers-{}", process::id()));
        // A clone with the same build folder may put another one in its place at any time.
        let linked = fs::hard_link(&built, &own).or_else(|_| fs::copy(&built, &own).map(|_| ()));
        linked.map_err(|e| format!("{} cannot be had: {e}", own.display()))?;
        Ok(Self(own))
    }

    /// A call of it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.0)
    }

    /// A call of another program beside a server of a backend.
    pub(crate) fn beside(&self, backend: &str, kind: Option<&str>, called: &Path) -> Command {
        let mut command = self.command();
        command.args(["run", "--backend", backend]);
        command.args(kind.into_iter().flat_map(|kind| ["--kind", kind]));
        command.arg("--").arg(called);
        command
    }

    /// A file beside it.
    pub(crate) fn report(&self) -> PathBuf {
        self.0.with_extension("report")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
