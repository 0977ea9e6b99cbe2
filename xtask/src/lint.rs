//! `cargo xtask lint`: format, lints, documentation, and every set of features of the facade.

use std::collections::BTreeSet;

use crate::args::Args;
use crate::metadata::{FACADE, Metadata, Package};
use crate::steps::Steps;
use crate::{Result, Verb, cargo, proofs, table};

/// Up to this many features every subset is checked; with more, every pair and all together.
const ALL_SUBSETS: usize = 5;

pub(crate) const VERB: Verb = Verb {
    name: "lint",
    usage: "",
    about: "Check format, lints, documentation, and every set of features of the facade",
    help: "\
In this order, stopping at the first failure:

  format      cargo fmt --all -- --check
  clippy      the workspace, all targets, those that need a server too, all features, warnings are errors
  rustdoc     the workspace, all features, warnings are errors
  features    the facade with every subset of its features, warnings are errors
  trees       what must not be among the dependencies, shown by cargo tree",
    run,
};

fn run(args: Args) -> Result {
    args.finish()?;
    let mut done = Steps::default();
    let result = steps(&mut done);
    done.finish(result)
}

/// The steps of this verb and of `cargo xtask ci`.
pub(crate) fn steps(steps: &mut Steps) -> Result {
    steps.step("format", || cargo::run_cargo(&["fmt", "--all", "--", "--check"]))?;
    let metadata = Metadata::load()?;
    steps.step("clippy", || clippy(&metadata))?;
    steps.step("rustdoc", || {
        let mut doc = cargo::cargo(&["doc", "--workspace", "--all-features", "--no-deps"])?;
        cargo::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    steps.step("features", || features(&metadata))?;
    steps.step("trees", || trees(&metadata))
}

fn clippy(metadata: &Metadata) -> Result {
    const WORKSPACE: [&str; 3] = ["clippy", "--workspace", "--all-features"];
    const DENY: [&str; 3] = ["--", "-D", "warnings"];
    cargo::run_cargo(&[&WORKSPACE[..], &["--all-targets"], &DENY].concat())?;
    // "All targets" are not those with `test = false`.
    let live = metadata.own().flat_map(Package::live);
    let left_out: BTreeSet<&str> = live.map(|target| target.name.as_str()).collect();
    if left_out.is_empty() {
        return Ok(());
    }
    let left_out: Vec<&str> = left_out.into_iter().flat_map(|target| ["--test", target]).collect();
    cargo::run_cargo(&[&WORKSPACE[..], &left_out, &DENY].concat())
}

fn features(metadata: &Metadata) -> Result {
    for set in subsets(&metadata.facade_features()) {
        let chosen = format!("--features={}", set.join(","));
        // Clippy rather than check: dead code of a subset is then an error, and nothing outside is built twice.
        let mut call = vec!["clippy", "--quiet", "--package", FACADE, "--no-default-features"];
        if !set.is_empty() {
            call.push(&chosen);
        }
        call.extend(["--", "-D", "warnings"]);
        cargo::run_cargo(&call)?;
    }
    Ok(())
}

fn subsets<'a>(features: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    for feature in features {
        let grown: Vec<Vec<&str>> = sets
            .iter()
            .filter(|set| features.len() <= ALL_SUBSETS || set.len() < 2)
            .map(|set| set.iter().copied().chain([*feature]).collect())
            .collect();
        sets.extend(grown);
    }
    if features.len() > ALL_SUBSETS {
        sets.push(features.to_vec());
    }
    sets.sort_by_key(Vec::len);
    sets
}

fn trees(metadata: &Metadata) -> Result {
    let mut rows = Vec::new();
    let mut bad = 0;
    for proof in proofs::all(metadata) {
        let outcome = proof.check()?;
        bad += outcome.found.len();
        let verdict = if outcome.found.is_empty() { "holds".to_owned() } else { outcome.found.join(", ") };
        rows.push([proof.claim(), outcome.crates.to_string(), verdict]);
    }
    print!("{}", table::markdown(["claim", "crates", "verdict"], &rows));
    if bad == 0 { Ok(()) } else { Err(format!("{bad} crates stand in a tree where they must not")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_features_give_every_subset() {
        assert_eq!(subsets(&[]), [Vec::<&str>::new()]);
        assert_eq!(subsets(&["a", "b"]), [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]);
        assert_eq!(subsets(&["a", "b", "c", "d", "e"]).len(), 32);
    }

    #[test]
    fn many_features_give_pairs_and_all() {
        let sets = subsets(&["a", "b", "c", "d", "e", "f"]);
        assert_eq!(sets.len(), 1 + 6 + 15 + 1);
        assert_eq!(sets.last().unwrap().len(), 6);
    }
}
