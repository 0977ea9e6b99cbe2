//! `cargo xtask test`: every test, and the live suites on real servers.

use std::process::Command;

use crate::args::Args;
use crate::metadata::{FACADE, Metadata, Package};
use crate::steps::Steps;
use crate::{Result, Verb, cargo, integration, workspace};

pub(crate) const VERB: Verb = Verb {
    name: "test",
    usage: "[--msrv] [-- <arguments of cargo test>]",
    about: "Run all tests: unit, documentation, conformance, and the examples that have one",
    help: "\
One `cargo test` of the whole workspace with every feature of the facade and every backend on, and then
`cargo xtask integration` for the backends that are servers.

  --msrv   with the oldest compiler that is supported (`rust-version` in Cargo.toml),
           which rustup installs if it is missing; a crate that says of itself that it
           needs a newer one is tested with that

What follows `--` is passed on, and then no server is started:
`cargo xtask test -- -p backends-core names`.",
    run,
};

fn run(mut args: Args) -> Result {
    let oldest = args.flag("--msrv");
    let extra = args.passed_on()?;
    if oldest {
        return with_oldest(&extra);
    }
    cargo::run_cargo(&arguments(&extra)?)?;
    if extra.is_empty() { live() } else { Ok(()) }
}

/// The live suites, if there are any.
fn live() -> Result {
    let metadata = Metadata::load()?;
    if integration::is_called_for(&metadata) { integration::present(&metadata) } else { Ok(()) }
}

/// The step of `cargo xtask ci`.
pub(crate) fn steps(steps: &mut Steps) -> Result {
    steps.step("test", || cargo::run_cargo(&arguments(&[])?))?;
    if integration::is_called_for(&Metadata::load()?) { steps.step("integration", live) } else { Ok(()) }
}

/// The words of the call. A choice of packages by the caller takes the place of the workspace.
fn arguments(extra: &[String]) -> Result<Vec<String>> {
    Ok(call(extra, Metadata::load()?.every_backend()))
}

fn call(extra: &[String], features: String) -> Vec<String> {
    let mut words = vec!["test".to_owned()];
    let of_cargo = extra.iter().take_while(|word| *word != "--");
    if !of_cargo.into_iter().any(|word| word.starts_with("-p") || word.starts_with("--package")) {
        words.extend(["--workspace".to_owned(), features]);
    }
    words.extend_from_slice(extra);
    words
}

fn with_oldest(extra: &[String]) -> Result {
    let manifest = workspace::required_text(&workspace::root()?, "Cargo.toml")?;
    let promised = rust_version(&manifest).ok_or("Cargo.toml has no rust-version")?;
    if !extra.is_empty() {
        return with_compiler(promised, &arguments(extra)?);
    }
    for (version, words) in calls_with_oldest(&Metadata::load()?, promised) {
        with_compiler(&version, &words)?;
    }
    Ok(())
}

/// The published crates with the promised compiler, without what needs a newer one; then each of those with its own.
fn calls_with_oldest(metadata: &Metadata, promised: &str) -> Vec<(String, Vec<String>)> {
    let newer = metadata.needing_newer(promised);
    let mut words = vec!["test".to_owned()];
    let is_old = |package: &&Package| package.published && newer.iter().all(|newer| newer.name != package.name);
    words.extend(metadata.own().filter(is_old).map(|package| format!("--package={}", package.name)));
    let brings = |feature: &str| metadata.brought_by(feature).any(|name| newer.iter().any(|newer| newer.name == name));
    let features = metadata.facade_features().into_iter().filter(|feature| !brings(feature));
    words.push(format!("--features={}", features.map(|name| format!("{FACADE}/{name}")).collect::<Vec<_>>().join(",")));
    let mut calls = vec![(promised.to_owned(), words)];
    calls.extend(newer.iter().map(|package| {
        let version = package.rust_version.clone().unwrap_or_default();
        (version, vec!["test".to_owned(), format!("--package={}", package.name)])
    }));
    calls
}

fn with_compiler(version: &str, test: &[String]) -> Result {
    // Without a network, a compiler that is there is enough.
    if rustup(&["run", version, "cargo", "--version"]).is_err() {
        rustup(&["toolchain", "install", version, "--profile", "minimal", "--no-self-update"])?;
    }
    let words: Vec<&str> = ["run", version, "cargo"].into_iter().chain(test.iter().map(String::as_str)).collect();
    rustup(&words)
}

fn rustup(args: &[&str]) -> Result {
    let mut command = Command::new("rustup");
    command.args(args);
    cargo::prepare(&mut command)?;
    cargo::run(&mut command)
}

/// The value of `rust-version` in a manifest.
pub(crate) fn rust_version(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version"))?;
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_whole_workspace_is_tested_unless_packages_are_named() {
        let call = |extra: &str| call(&words(extra), "--features=backends/full".to_owned()).join(" ");
        assert_eq!(call(""), "test --workspace --features=backends/full");
        assert_eq!(call("-p xtask x"), "test -p xtask x");
        assert_eq!(call("x -- -p"), "test --workspace --features=backends/full x -- -p");
    }

    #[test]
    fn a_crate_that_needs_a_newer_compiler_is_tested_with_that() {
        let package = |name: &str, needs: &str, features: serde_json::Value| json!({"id": name, "name": name, "rust_version": needs, "features": features});
        let on = json!({"new": ["dep:backends-new"], "old": ["dep:backends-old"], "full": ["new", "old"]});
        let metadata = Metadata::parse(&json!({
            "workspace_members": ["backends", "backends-old", "backends-new", "guide"],
            "packages": [package("backends", "1.90", on), package("backends-old", "1.90", json!({})),
                package("backends-new", "1.94", json!({})), json!({"id": "guide", "name": "guide", "publish": []})],
        }));
        let calls = calls_with_oldest(&metadata, "1.90").into_iter().map(|(version, words)| (version, words.join(" ")));
        let oldest = "test --package=backends --package=backends-old --features=backends/old";
        let expected = [("1.90", oldest), ("1.94", "test --package=backends-new")];
        assert!(calls.eq(expected.map(|(version, words)| (version.to_owned(), words.to_owned()))));
    }

    #[test]
    fn the_oldest_compiler_is_read_from_the_manifest() {
        assert_eq!(rust_version("[workspace.package]\nrust-version = \"1.90\"\n"), Some("1.90"));
        assert_eq!(rust_version("[package]\nrust-version.workspace = true\n"), None);
    }
}
