//! `cargo xtask sizes`: what each set of features costs to build.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::args::Args;
use crate::metadata::{FACADE, Metadata};
use crate::{Result, Verb, cargo, proofs, table, workspace};

const NONE: &str = "none";

pub(crate) const VERB: Verb = Verb {
    name: "sizes",
    usage: "[<set>…]",
    about: "Count the crates and time a clean build for each set of features",
    help: "\
Prints a markdown table for these sets of features of the facade: none, each feature, and full. It has the crates in the facade's tree, itself included, and the seconds of a
build from nothing (profile dev), in a folder that is removed afterwards: by the clock, and on Linux
those of all processors, which hardly depend on what else the machine does. Downloads are not in it.

<set>   one of these sets, if not all of them are wanted",
    run,
};

fn run(mut args: Args) -> Result {
    let mut sets = sets(&Metadata::load()?);
    let mut wanted = Vec::new();
    while let Some(set) = args.position() {
        if !sets.contains(&set) {
            return Err(format!("unknown set `{set}`; known sets: {}", sets.join(", ")));
        }
        wanted.push(set);
    }
    args.finish()?;
    if !wanted.is_empty() {
        sets = wanted;
    }
    cargo::run_cargo(&["fetch"])?;
    let scratch = workspace::build_folder()?.join("sizes");
    let mut rows = Vec::new();
    for name in sets {
        let features = format!("--features={name}");
        let call: Vec<&str> = match name.as_str() {
            NONE => vec!["--no-default-features"],
            _ => vec!["--no-default-features", &features],
        };
        let crates = proofs::tree(FACADE, &call)?.len();
        let before = cpu_seconds();
        let seconds = clean_build(&scratch, &call)?;
        let cpu =
            cpu_seconds().zip(before).map_or("-".to_owned(), |(after, before)| format!("{:.1} s", after - before));
        rows.push([name, crates.to_string(), format!("{seconds:.1} s"), cpu]);
    }
    println!("\n{}", table::markdown(["features", "crates", "clean build", "CPU"], &rows));
    Ok(())
}

/// No feature, each one, and all.
fn sets(metadata: &Metadata) -> Vec<String> {
    [NONE].into_iter().chain(metadata.facade_features()).chain(["full"]).map(str::to_owned).collect()
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

/// What the children of this process have computed so far, with theirs.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Linux, proc(5): behind the name in brackets fields 3 to 52; 16 and 17 are the children's, in hundredths.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let hundredths = |field: usize| fields.get(field - 3)?.parse::<u32>().ok();
    Some((f64::from(hundredths(16)?) + f64::from(hundredths(17)?)) / 100.0)
}

fn remove(folder: &Path) -> Result {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|e| format!("the folder for the builds cannot be removed: {e}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_feature_is_measured() {
        let features = json!({
            "default": [], "full": ["sqlite", "tracing"], "later": ["dep:backends-later"], "sqlite": ["dep:backends-sqlite"],
            "tracing": ["backends-core/tracing"],
        });
        let metadata = Metadata::parse(&json!({
            "workspace_members": ["id"], "workspace_root": "/",
            "packages": [{"name": FACADE, "id": "id", "features": features}],
        }));
        assert_eq!(sets(&metadata), ["none", "later", "sqlite", "tracing", "full"]);
    }
}
