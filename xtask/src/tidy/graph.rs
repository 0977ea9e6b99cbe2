//! Rules for dependencies: `arrow` (who may know whom), `tree` (what is in no tree), `msrv`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Files, Violation};
use crate::metadata::{CORE, FACADE, Metadata, Package, numbers};
use crate::{Result, proofs, test};

/// The published test suite.
const CONFORMANCE: &str = "backends-conformance";

pub(super) fn check(files: &Files, metadata: &Metadata) -> Vec<Violation> {
    let text = |name: &str| files.get(name).and_then(Option::as_deref).unwrap_or_default();
    let mut found = arrows(metadata, |manifest| text(manifest));
    if let Some(promised) = test::rust_version(text("Cargo.toml")) {
        found.extend(compilers(metadata, promised, text("Cargo.lock")));
    }
    found
}

/// What `cargo tree` shows and must not.
pub(super) fn check_trees(metadata: &Metadata) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for proof in proofs::all(metadata) {
        let manifest = metadata.package(proof.package).map_or("Cargo.toml", |package| &package.manifest);
        let remedy = |name: &String| format!("take `{name}` out of the tree: {}", proof.claim());
        found.extend(proof.check()?.found.iter().map(|name| Violation::new(manifest, 1, "tree", remedy(name))));
    }
    Ok(found)
}

fn arrows<'a>(metadata: &Metadata, text: impl Fn(&str) -> &'a str) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in metadata.own().filter(|package| package.published && package.name != FACADE) {
        for dependency in &package.dependencies {
            let target = metadata.package(&dependency.name).filter(|target| target.name != package.name);
            if target.is_some_and(|target| !allowed(package, target, dependency.for_tests)) {
                let remedy =
                    format!("`{}` must not know `{}`; take the dependency away", package.name, dependency.name);
                let line = line_beginning(text(&package.manifest), &dependency.name);
                found.push(Violation::new(&package.manifest, line, "arrow", remedy));
            }
        }
    }
    found
}

/// Every crate may know core; the tests of core and of a backend may also know the suite, and what is not published.
fn allowed(package: &Package, target: &Package, for_tests: bool) -> bool {
    match target.name.as_str() {
        CORE => true,
        CONFORMANCE => for_tests && package.name != CONFORMANCE,
        _ => for_tests && !target.published,
    }
}

/// What each package of the workspace needs, by itself and through others. One that says of itself that it needs a newer
/// compiler brings it along only where somebody turns it on.
fn compilers(metadata: &Metadata, promised: &str, lock: &str) -> Vec<Violation> {
    let by_id: HashMap<&str, &Package> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let mut found = BTreeMap::new();
    for own in metadata.own() {
        let promise = own.rust_version.as_deref().unwrap_or(promised);
        let (mut seen, mut ahead) = (HashSet::from([own.id.as_str()]), vec![own]);
        while let Some(package) = ahead.pop() {
            let needs = package.rust_version.as_deref().unwrap_or_default();
            if numbers(needs) > numbers(promise) {
                if !package.own {
                    found.entry(package.id.as_str()).or_insert((package, needs, own, promise));
                }
                continue;
            }
            let next = package.resolved.iter().filter_map(|id| by_id.get(id.as_str()));
            ahead.extend(next.filter(|package| seen.insert(package.id.as_str())));
        }
    }
    let violation = |(package, needs, own, promise): (&Package, &str, &Package, &str)| {
        let remedy = format!(
            "`{} {}` needs Rust {needs}, `{}` promises {promise}; take an older version or promise less",
            package.name, package.version, own.name
        );
        let line = line_beginning(lock, &format!("name = \"{}\"", package.name));
        Violation::new("Cargo.lock", line, "msrv", remedy)
    };
    found.into_values().map(violation).collect()
}

/// The line that begins with `start` as a whole word.
fn line_beginning(text: &str, start: &str) -> usize {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    text.lines().position(|line| line.strip_prefix(start).is_some_and(ends)).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::brief;
    use super::*;

    fn package(name: &str, dependencies: Value) -> Value {
        json!({"id": name, "name": name, "version": "0.1.0", "dependencies": dependencies, "rust_version": "1.90",
            "manifest_path": format!("/w/crates/{name}/Cargo.toml")})
    }

    fn workspace(packages: Vec<Value>) -> Metadata {
        let members: Vec<&Value> = packages.iter().map(|package| &package["id"]).collect();
        Metadata::parse(&json!({"workspace_root": "/w", "workspace_members": members, "packages": packages}))
    }

    #[test]
    fn backends_know_core_and_their_tests_know_the_suite() {
        let dev = |name: &str| json!({"name": name, "kind": "dev"});
        let normal = |name: &str| json!({"name": name, "kind": null});
        let mut unpublished = package("live", json!([normal(CORE)]));
        unpublished["publish"] = json!([]);
        let good = workspace(vec![
            unpublished.clone(),
            package(CORE, json!([dev(CONFORMANCE), normal("serde")])),
            package(CONFORMANCE, json!([normal(CORE)])),
            package("backends-sqlite", json!([normal(CORE), dev(CONFORMANCE), dev("live"), dev("backends-sqlite")])),
            package(FACADE, json!([normal(CORE), normal("backends-sqlite"), dev(CONFORMANCE)])),
        ]);
        assert_eq!(arrows(&good, |_| ""), []);
        let bad = workspace(vec![
            package(CORE, json!([normal(CONFORMANCE)])),
            package(CONFORMANCE, json!([dev("backends-sqlite")])),
            package("backends-sqlite", json!([normal("backends-mongo"), dev(FACADE)])),
            package("backends-mongo", json!([normal("live")])),
            package(FACADE, json!([])),
            unpublished,
        ]);
        assert_eq!(
            brief(&arrows(&bad, |_| "[dependencies]\nbackends-mongo.workspace = true\n")),
            [
                "crates/backends-core/Cargo.toml:1 arrow",
                "crates/backends-conformance/Cargo.toml:1 arrow",
                "crates/backends-sqlite/Cargo.toml:2 arrow",
                "crates/backends-sqlite/Cargo.toml:1 arrow",
                "crates/backends-mongo/Cargo.toml:1 arrow"
            ]
        );
    }

    #[test]
    fn nothing_needs_a_newer_compiler_than_the_package_that_brings_it_says() {
        let of = |name: &str, needs: &str| json!({"id": name, "name": name, "version": "1.0.0", "rust_version": needs});
        let metadata = Metadata::parse(&json!({
            "workspace_members": ["a", "new"],
            "packages": [of("a", "1.90"), of("new", "1.94.1"), of("x", "1.90.0"), of("y", "1.94.1"), of("z", "1.95")],
            "resolve": {"nodes": [
                {"id": "a", "dependencies": ["x", "new"]},
                {"id": "x", "dependencies": []},
                {"id": "new", "dependencies": ["x", "y", "z"]},
                {"id": "y", "dependencies": []},
            ]},
        }));
        let found = compilers(&metadata, "1.90", "x\nname = \"z\"\n");
        assert_eq!(brief(&found), ["Cargo.lock:2 msrv"]);
    }
}
