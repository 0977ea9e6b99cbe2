//! What `cargo metadata` says about the packages of the workspace and their dependencies.

use std::collections::HashMap;

use serde_json::Value;

use crate::{Result, cargo};

/// The name of the facade crate.
pub(crate) const FACADE: &str = "backends";

/// The name of the crate that holds the contract.
pub(crate) const CORE: &str = "backends-core";

/// All packages, of the workspace and from outside.
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
}

/// One package.
pub(crate) struct Package {
    /// What cargo tells it from every other version and source by.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    /// Whether it is part of this workspace.
    pub(crate) own: bool,
    /// Whether it goes to a registry.
    pub(crate) published: bool,
    pub(crate) manifest: String,
    pub(crate) dependencies: Vec<Dependency>,
    /// The ids of the packages that these have become.
    pub(crate) resolved: Vec<String>,
    /// The names of its features, and what each turns on.
    pub(crate) features: Vec<(String, Vec<String>)>,
    pub(crate) binaries: Vec<String>,
    pub(crate) tests: Vec<TestTarget>,
}

/// A test program of a package.
pub(crate) struct TestTarget {
    pub(crate) name: String,
    /// Whether `cargo test` runs it without being told.
    pub(crate) by_default: bool,
    /// The features of the package without which it is not built.
    pub(crate) required: Vec<String>,
}

/// One entry of a package's manifest.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether it is there for tests, examples and benches only.
    pub(crate) for_tests: bool,
}

impl Metadata {
    pub(crate) fn load() -> Result<Self> {
        let text = cargo::output_of(&["metadata", "--format-version", "1"])?;
        let value: Value = serde_json::from_str(&text).map_err(|e| format!("the metadata cannot be read: {e}"))?;
        Ok(Self::parse(&value))
    }

    pub(crate) fn parse(value: &Value) -> Self {
        let members: Vec<&str> = items(&value["workspace_members"]).iter().filter_map(Value::as_str).collect();
        let root = value["workspace_root"].as_str().unwrap_or_default();
        let nodes = items(&value["resolve"]["nodes"]).iter();
        let mut resolved: HashMap<&str, Vec<String>> =
            nodes.map(|node| (node["id"].as_str().unwrap_or_default(), strings(&node["dependencies"]))).collect();
        let packages = items(&value["packages"]).iter().map(|package| {
            let mut package = Package::parse(package, &members, root);
            package.resolved = resolved.remove(package.id.as_str()).unwrap_or_default();
            package
        });
        Self { packages: packages.collect() }
    }

    /// The packages of this workspace.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.own)
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.own().find(|package| package.name == name)
    }

    /// The crates that say of themselves that they need a newer compiler than `promised`.
    pub(crate) fn needing_newer(&self, promised: &str) -> Vec<&Package> {
        let promised = numbers(promised);
        self.own().filter(|own| own.rust_version.as_deref().is_some_and(|needs| numbers(needs) > promised)).collect()
    }

    /// The names of the crates that a feature of the facade turns on itself.
    pub(crate) fn brought_by(&self, feature: &str) -> impl Iterator<Item = &str> {
        let features = self.package(FACADE).into_iter().flat_map(|facade| &facade.features);
        let turned_on = features.filter(move |(name, _)| name == feature).flat_map(|(_, on)| on);
        turned_on.filter_map(|on| on.strip_prefix("dep:"))
    }

    /// The features of the facade that a user chooses from, without `default` and `full`.
    pub(crate) fn facade_features(&self) -> Vec<&str> {
        let names = self.package(FACADE).into_iter().flat_map(|facade| &facade.features);
        names.map(|(name, _)| name.as_str()).filter(|name| !matches!(*name, "default" | "full")).collect()
    }

    /// The argument that turns on everything of the facade, and every backend of the crates that have features for them.
    pub(crate) fn every_backend(&self) -> String {
        let of_facade = self.facade_features();
        let mut features = vec![format!("{FACADE}/full")];
        for package in self.own().filter(|package| !package.published) {
            let names = package.features.iter().map(|(name, _)| name).filter(|name| of_facade.contains(&name.as_str()));
            features.extend(names.map(|name| format!("{}/{name}", package.name)));
        }
        format!("--features={}", features.join(","))
    }
}

impl Package {
    fn parse(value: &Value, members: &[&str], root: &str) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let manifest = text("manifest_path");
        let features = value["features"].as_object().into_iter().flatten();
        Self {
            id: text("id"),
            name: text("name"),
            version: text("version"),
            rust_version: value["rust_version"].as_str().map(str::to_owned),
            own: members.contains(&text("id").as_str()),
            // Cargo: `publish = false` is an empty list of registries.
            published: value["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
            manifest: manifest.strip_prefix(root).unwrap_or(&manifest).trim_start_matches(['/', '\\']).to_owned(),
            dependencies: items(&value["dependencies"]).iter().map(Dependency::parse).collect(),
            resolved: Vec::new(),
            features: features.map(|(name, on)| (name.clone(), strings(on))).collect(),
            binaries: targets(value, "bin").filter_map(|target| target["name"].as_str().map(str::to_owned)).collect(),
            tests: targets(value, "test").map(TestTarget::parse).collect(),
        }
    }

    /// The test targets that `cargo test` leaves alone.
    pub(crate) fn live(&self) -> impl Iterator<Item = &TestTarget> {
        self.tests.iter().filter(|test| !test.by_default)
    }
}

impl TestTarget {
    fn parse(value: &Value) -> Self {
        let name = value["name"].as_str().unwrap_or_default().to_owned();
        let by_default = value["test"].as_bool().unwrap_or(true);
        Self { name, by_default, required: strings(&value["required-features"]) }
    }
}

impl Dependency {
    fn parse(value: &Value) -> Self {
        let name = value["name"].as_str().unwrap_or_default().to_owned();
        Self { name, for_tests: value["kind"].as_str() == Some("dev") }
    }
}

/// A version as numbers, so that `1.90` can be compared with `1.90.0`.
pub(crate) fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// The targets of a package that are of a kind.
fn targets<'a>(package: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    let is_of_kind = move |target: &&Value| strings(&target["kind"]).iter().any(|own| own == kind);
    items(&package["targets"]).iter().filter(is_of_kind)
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value) -> Vec<String> {
    items(value).iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packages_dependencies_features_and_binaries_are_read() {
        let metadata = Metadata::parse(&json!({
            "workspace_root": "/w",
            "workspace_members": ["path+file:///w/crates/backends#0.1.0"],
            "packages": [
                {
                    "id": "path+file:///w/crates/backends#0.1.0", "name": "backends", "version": "0.1.0",
                    "manifest_path": "/w/crates/backends/Cargo.toml", "publish": [], "rust_version": "1.90",
                    "features": {"default": [], "full": ["sqlite"], "sqlite": ["dep:x"]},
                    "dependencies": [{"name": "x", "kind": null}, {"name": "y", "kind": "dev"}],
                    "targets": [{"name": "lib", "kind": ["lib"]}, {"name": "json", "kind": ["bin"]},
                        {"name": "live", "kind": ["test"], "test": false}, {"name": "pure", "kind": ["test"]}],
                },
                {"id": "registry#x@1.2.3", "name": "x", "version": "1.2.3", "publish": null},
            ],
            "resolve": {"nodes": [
                {"id": "path+file:///w/crates/backends#0.1.0", "dependencies": ["registry#x@1.2.3"]},
            ]},
        }));
        let facade = metadata.package("backends").unwrap();
        assert_eq!(facade.manifest, "crates/backends/Cargo.toml");
        assert!(!facade.published);
        assert_eq!(facade.binaries, ["json"]);
        let tests: Vec<(&str, bool)> = facade.tests.iter().map(|test| (test.name.as_str(), test.by_default)).collect();
        assert_eq!(tests, [("live", false), ("pure", true)]);
        assert_eq!(
            facade.dependencies.iter().map(|d| (d.name.as_str(), d.for_tests)).collect::<Vec<_>>(),
            [("x", false), ("y", true)]
        );
        assert_eq!(metadata.facade_features(), ["sqlite"]);
        assert_eq!(metadata.every_backend(), "--features=backends/full,backends/sqlite");
        assert!(metadata.brought_by("sqlite").eq(["x"]) && metadata.brought_by("full").eq([""; 0]));
        assert_eq!(metadata.needing_newer("1.89").len(), 1);
        assert!(["1.90", "1.90.0", "1.91"].iter().all(|promised| metadata.needing_newer(promised).is_empty()));
        assert_eq!(facade.resolved, [metadata.packages[1].id.as_str()]);
        assert_eq!(metadata.own().count(), 1);
        assert!(metadata.packages[1].published && metadata.packages[1].rust_version.is_none());
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.90") < numbers("1.90.1") && numbers("1.9") < numbers("1.10"));
        assert_eq!(numbers("1.90"), numbers("1.90.0"));
    }
}
