//! Rules for manifests: `lints`, `dependency`, `full`.

use super::{Files, Violation};
use crate::metadata::{FACADE, Metadata};

pub(super) fn check(files: &Files, metadata: &Metadata) -> Vec<Violation> {
    let text = |name: &str| files.get(name).and_then(Option::as_deref).unwrap_or_default();
    let mut found = dependencies("Cargo.toml", text("Cargo.toml"));
    for package in metadata.own() {
        found.extend(lints(&package.manifest, text(&package.manifest)));
        if package.name == FACADE {
            found.extend(full(&package.manifest, text(&package.manifest), &package.features));
        }
    }
    found
}

fn lints(name: &str, text: &str) -> Option<Violation> {
    let inherits = |line: &Line<'_>| line.section == "lints" && line.key == "workspace" && line.value == "true";
    let missing = !lines(text).iter().any(inherits);
    missing.then(|| Violation::new(name, 1, "lints", "add `[lints]` with `workspace = true`"))
}

fn dependencies(name: &str, text: &str) -> Vec<Violation> {
    let raw: Vec<&str> = text.lines().collect();
    let commented = |at: usize| at > 0 && raw[at - 1].trim_start().starts_with('#');
    let remedy = |dependency: &str| format!("say in a comment above what `{dependency}` is for");
    let mut found = Vec::new();
    for line in lines(text) {
        // Crates of this workspace need no reason.
        let listed = line.section == "workspace.dependencies" && !line.value.contains("path =");
        if listed && !line.key.is_empty() && !commented(line.at) {
            found.push(Violation::new(name, line.at + 1, "dependency", remedy(line.key)));
        }
        let own_section = line.section.strip_prefix("workspace.dependencies.");
        if let Some(dependency) = own_section.filter(|_| line.key.is_empty() && !commented(line.at)) {
            found.push(Violation::new(name, line.at + 1, "dependency", remedy(dependency)));
        }
    }
    found
}

fn full(name: &str, text: &str, features: &[(String, Vec<String>)]) -> Vec<Violation> {
    let line = text.lines().position(|line| line.starts_with("full")).map_or(1, |at| at + 1);
    let Some((_, on)) = features.iter().find(|(feature, _)| feature == "full") else {
        return vec![Violation::new(name, line, "full", "add a feature `full` that turns every other on")];
    };
    let missing =
        features.iter().filter(|(feature, _)| !matches!(feature.as_str(), "default" | "full") && !on.contains(feature));
    missing.map(|(feature, _)| Violation::new(name, line, "full", format!("add `{feature}` to `full`"))).collect()
}

/// A line of a manifest that is a section (with an empty key) or the first of an entry.
struct Line<'a> {
    /// From 0.
    at: usize,
    section: &'a str,
    key: &'a str,
    value: &'a str,
}

/// The sections and entries of a manifest; enough of TOML for manifests as they are written here.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    let mut depth = 0_usize;
    for (at, raw) in text.lines().enumerate() {
        let line = raw.trim();
        let inside = depth > 0;
        if !line.starts_with('#') {
            depth = (depth + line.matches(['[', '{']).count()).saturating_sub(line.matches([']', '}']).count());
        }
        if inside || line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default();
            found.push(Line { at, section, key: "", value: "" });
        } else if let Some((key, value)) = line.split_once('=') {
            found.push(Line { at, section, key: key.trim(), value: value.trim() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::brief;
    use super::*;

    #[test]
    fn lints_are_inherited() {
        assert!(lints("a", "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n").is_none());
        assert!(lints("a", "[lints]\n# workspace = true\n").is_some());
        assert!(lints("a", "[dependencies]\nworkspace = true\n").is_some());
    }

    #[test]
    fn shared_dependencies_have_a_reason() {
        let text = "\
[workspace.dependencies]
own = { path = \"crates/own\" }
# For x.
good = \"1\"
bad = { version = \"1\", features = [
    \"inner = 1\",
] }

# For y.
[workspace.dependencies.fine]
version = \"1\"

[workspace.dependencies.poor]
version = \"1\"

[workspace.lints]
other = 1
";
        assert_eq!(brief(&dependencies("Cargo.toml", text)), ["Cargo.toml:5 dependency", "Cargo.toml:13 dependency"]);
    }

    #[test]
    fn full_is_every_feature() {
        let features = |full: &[&str]| {
            let on = full.iter().map(|name| (*name).to_owned()).collect();
            vec![("default".to_owned(), vec![]), ("full".to_owned(), on), ("sqlite".to_owned(), vec![])]
        };
        let text = "[features]\nfull = []\n";
        assert!(full("a", text, &features(&["sqlite"])).is_empty());
        assert_eq!(brief(&full("a", text, &features(&[]))), ["a:2 full"]);
        assert_eq!(brief(&full("a", "", &[])), ["a:1 full"]);
    }
}
