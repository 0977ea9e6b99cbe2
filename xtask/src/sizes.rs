//! `cargo xtask sizes`: what each set of features costs to build.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::args::Args;
use crate::metadata::FACADE;
use crate::{Result, Verb, cargo, proofs, table, workspace};

/// The sets of features of the facade that are measured.
const SETS: &[(&str, &[&str])] = &[("none", &[]), ("sqlite", &["--features=sqlite"]), ("full", &["--features=full"])];

pub(crate) const VERB: Verb = Verb {
    name: "sizes",
    usage: "",
    about: "Count the crates and time a clean build for each set of features",
    help: "\
Prints a markdown table for the feature sets none, sqlite and full of the facade: the crates
in its tree, itself included, and the seconds of a build from nothing (profile dev), in a
folder that is removed afterwards. Downloads are not in the time.",
    run,
};

fn run(args: Args) -> Result {
    args.finish()?;
    cargo::run_cargo(&["fetch"])?;
    let scratch = workspace::build_folder()?.join("sizes");
    let mut rows = Vec::new();
    for (name, features) in SETS {
        let call: Vec<&str> = ["--no-default-features"].into_iter().chain(features.iter().copied()).collect();
        let crates = proofs::tree(FACADE, &call)?.len();
        let seconds = clean_build(&scratch, &call)?;
        rows.push([(*name).to_owned(), crates.to_string(), format!("{seconds:.1} s")]);
    }
    println!("\n{}", table::markdown(["features", "crates", "clean build"], &rows));
    Ok(())
}

fn clean_build(folder: &Path, features: &[&str]) -> Result<f64> {
    remove(folder)?;
    let call: Vec<&str> = ["build", "--package", FACADE].into_iter().chain(features.iter().copied()).collect();
    let start = Instant::now();
    let result = cargo::run(cargo::cargo(&call)?.env("CARGO_TARGET_DIR", folder));
    let seconds = start.elapsed().as_secs_f64();
    remove(folder)?;
    result.map(|()| seconds)
}

fn remove(folder: &Path) -> Result {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|e| format!("the folder for the builds cannot be removed: {e}"))
}
