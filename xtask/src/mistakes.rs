//! `cargo xtask mistakes`: whether the model finds mistakes that were made on purpose.

mod planted;
mod planted_for_harm;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::args::Args;
use crate::{Result, Verb, integration, workspace};
use planted::{MISTAKES, Mistake};
use planted_for_harm::MISTAKES_FOR_HARM;

pub(crate) const VERB: Verb = Verb {
    name: "mistakes",
    usage: "[--backend B] [--only NAME] [--operations N] [--seed S]",
    about: "Make each of some mistakes in a copy, and see that `cargo xtask model` finds it",
    help: "\
The copy is in the build folder. A mistake is a text that stands once in one file and another in its
place; they are listed in xtask/src/mistakes/planted.rs, and those that show only where requests are
harmed in planted_for_harm.rs. Each is built and the model is run on the backend that it is about, the
latter with `--harm 30`; a server is had as for `cargo xtask integration`. A mistake that is not
found within the operations, or that can no longer be made, fails.

  --backend B      only those about this backend
  --only NAME      only this one, or those whose names begin with NAME when it ends with `-`
  --operations N   how many the model may take for each; 20,000 if not given
  --seed S         of the model; 1 if not given",
    run,
};

/// How many of 100 requests are harmed for those mistakes that show only then.
const HARM: u32 = 30;

/// What became of a mistake.
enum Outcome {
    Found(String),
    Missed,
    Broken(String),
}

fn run(mut args: Args) -> Result {
    let backend: Option<String> = args.option("--backend")?;
    let only: Option<String> = args.option("--only")?;
    let operations: u64 = args.option("--operations")?.unwrap_or(20_000);
    let seed: u64 = args.option("--seed")?.unwrap_or(1);
    args.finish()?;
    let is_chosen = |mistake: &&Mistake| {
        backend.as_deref().is_none_or(|backend| mistake.backend == backend)
            && only.as_deref().is_none_or(|name| is_named(mistake.name, name))
    };
    let plain = MISTAKES.iter().filter(is_chosen).map(|mistake| (mistake, 0));
    let chosen: Vec<_> =
        plain.chain(MISTAKES_FOR_HARM.iter().filter(is_chosen).map(|mistake| (mistake, HARM))).collect();
    if chosen.is_empty() {
        return Err("no mistake of that name and backend; see xtask/src/mistakes/planted.rs".to_owned());
    }
    let copy = Copy::new(chosen.iter().any(|(mistake, _)| !["memory", "sqlite"].contains(&mistake.backend)))?;
    let mut missed = Vec::new();
    for (at, (mistake, harm)) in chosen.iter().enumerate() {
        let outcome = copy.with(mistake, || copy.model(mistake.backend, *harm, operations, seed))?;
        let (word, detail) = match &outcome {
            Outcome::Found(divergences) => ("found ", divergences.as_str()),
            Outcome::Missed => ("MISSED", ""),
            Outcome::Broken(error) => ("BROKEN", error.as_str()),
        };
        println!(
            "{:>2}/{} {word} {:8} {}: {} {detail}",
            at + 1,
            chosen.len(),
            mistake.backend,
            mistake.name,
            mistake.what
        );
        if !matches!(outcome, Outcome::Found(_)) {
            missed.push(mistake.name);
        }
    }
    println!("{} mistakes, {} found within {operations} operations", chosen.len(), chosen.len() - missed.len());
    if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join(", "))) }
}

/// Whether a mistake is meant: by its name, or by how its name begins.
fn is_named(name: &str, meant: &str) -> bool {
    if meant.ends_with('-') { name.starts_with(meant) } else { name == meant }
}

/// A copy of the project with a build folder of its own.
struct Copy {
    tree: PathBuf,
    build: PathBuf,
    /// If a backend needs one.
    servers: Option<integration::Program>,
}

impl Copy {
    /// Brings the copy up to date; files that are the same keep their times, so that little is built again.
    fn new(needs_servers: bool) -> Result<Self> {
        let root = workspace::root()?;
        let folder = workspace::build_folder()?.join("mistakes");
        let (tree, build) = (folder.join("tree"), folder.join("build"));
        let mut listed = Command::new("git");
        listed.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = listed.current_dir(&root).stdin(Stdio::null()).output();
        let listed = listed.map_err(|error| format!("`git ls-files` cannot be run: {error}"))?.stdout;
        let files = String::from_utf8(listed).map_err(|_| "a file has a name that is no UTF-8".to_owned())?;
        // What the last copy had and is no longer there.
        let names = folder.join("files");
        let last = fs::read_to_string(&names).unwrap_or_default();
        for gone in last.split_terminator('\0').filter(|last| files.split_terminator('\0').all(|file| file != *last)) {
            drop(fs::remove_file(tree.join(gone)));
        }
        for file in files.split_terminator('\0') {
            copy_file(&root.join(file), &tree.join(file))
                .map_err(|error| format!("{file} cannot be copied: {error}"))?;
        }
        fs::write(&names, &files).map_err(|error| format!("{}: {error}", names.display()))?;
        let servers = if needs_servers { Some(integration::Program::build()?) } else { None };
        Ok(Self { tree, build, servers })
    }

    /// Does something while the mistake is made.
    fn with(&self, mistake: &Mistake, then: impl FnOnce() -> Result<Outcome>) -> Result<Outcome> {
        let file = self.tree.join(mistake.file);
        let right = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", mistake.file))?;
        if right.matches(mistake.right).count() != 1 {
            return Ok(Outcome::Broken(format!("its text does not stand once in {}", mistake.file)));
        }
        let write = |text: &str| fs::write(&file, text).map_err(|error| format!("{}: {error}", mistake.file));
        write(&right.replacen(mistake.right, mistake.wrong, 1))?;
        let outcome = then();
        write(&right)?;
        outcome
    }

    /// Builds the copy and runs the model there.
    fn model(&self, backend: &str, harm: u32, operations: u64, seed: u64) -> Result<Outcome> {
        let mut call = self.cargo(&["build", "--quiet", "--package", "model"]);
        if backend != "memory" {
            call.args(["--features", backend]);
        }
        let built = call.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !built.status.success() {
            let errors = String::from_utf8_lossy(&built.stderr).into_owned();
            let first = errors.lines().find(|line| line.starts_with("error")).unwrap_or("it does not build");
            return Ok(Outcome::Broken(first.to_owned()));
        }
        let program = self.build.join("debug/model");
        let mut model = match (backend, &self.servers) {
            ("memory" | "sqlite", _) | (_, None) => Command::new(program),
            (server, Some(servers)) => servers.beside(server, &program),
        };
        model.args([format!("--backend={backend}"), format!("--operations={operations}"), format!("--seed={seed}")]);
        model.arg(format!("--harm={harm}"));
        model.args(["--first", "--jobs=1"]).stdin(Stdio::null());
        let ran = model.output().map_err(|error| format!("the model cannot be run: {error}"))?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        match printed.lines().last() {
            Some(last) if last.ends_with(", 0 divergences") => Ok(Outcome::Missed),
            Some(last) if last.ends_with(" divergences") => Ok(Outcome::Found(format!("({last})"))),
            _ => {
                let said = String::from_utf8_lossy(&ran.stderr);
                Ok(Outcome::Broken(said.lines().last().unwrap_or("it said nothing").to_owned()))
            }
        }
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.build).stdin(Stdio::null());
        command
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    // A file that was removed and not yet committed is still listed.
    let Ok(new) = fs::read(from) else { return fs::remove_file(to).or(Ok(())) };
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(to, new)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_mistake_can_be_made() {
        let root = workspace::root().unwrap();
        let mut names = BTreeSet::new();
        for mistake in MISTAKES.iter().chain(MISTAKES_FOR_HARM) {
            let Mistake { name, file, right, wrong, .. } = mistake;
            let count = workspace::required_text(&root, file).unwrap().matches(right).count();
            assert_eq!(count, 1, "{name}: how often its text stands in {file}: {right}");
            assert!(right != wrong, "{name} changes nothing");
            assert!(names.insert(name), "{name} is the name of two");
        }
    }
}
