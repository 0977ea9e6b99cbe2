//! `cargo xtask package`: what a release uploads, packed, looked into, and built from that alone.

use std::fs;

use serde_json::Value;

use crate::args::Args;
use crate::{Result, Verb, cargo, table, workspace};

pub(crate) const VERB: Verb = Verb {
    name: "package",
    usage: "[--pack-only]",
    about: "Pack the published crates, look into the packages, and build each from its package alone",
    help: "\
Nothing is uploaded. Prints a table of the packages: files, compressed size, and what came of each.
It fails where a manifest lacks what a registry shows, where a package lacks the README or a licence,
where it holds a file that does not belong there, and where it cannot be built from its package, with
every feature on, and those of this workspace that it needs.

  --pack-only   builds nothing, and takes seconds",
    run,
};

/// What cargo adds to a package.
const OF_CARGO: &[&str] = &[".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

/// What has to be in each.
const REQUIRED: &[&str] = &["README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"];

// crates.io: at most five keywords, each of at most 20 characters.
const MOST_KEYWORDS: usize = 5;
const LONGEST_KEYWORD: usize = 20;

fn run(mut args: Args) -> Result {
    let pack_only = args.flag("--pack-only");
    args.finish()?;
    check(pack_only)
}

/// Packs, looks, and builds unless told not to.
pub(crate) fn check(pack_only: bool) -> Result {
    let text = cargo::output_of(&["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text).map_err(|e| format!("the metadata cannot be read: {e}"))?;
    let packages = published(&metadata);
    cargo::run_cargo(&["fetch"])?;
    let mut call = vec!["package", "--offline", "--allow-dirty", "--quiet"];
    call.extend(packages.iter().flat_map(|package| ["--package", text_of(package, "name")]));
    call.push(if pack_only { "--no-verify" } else { "--all-features" });
    let mut build = cargo::cargo(&call)?;
    // What is built is not debugged.
    cargo::run(build.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    for package in packages {
        let (name, version) = (text_of(package, "name"), text_of(package, "version"));
        let files = cargo::output_of(&["package", "--offline", "--allow-dirty", "--list", "--package", name])?;
        let files: Vec<&str> = files.lines().collect();
        let packed = workspace::build_folder()?.join("package").join(format!("{name}-{version}.crate"));
        let size = fs::metadata(&packed).map_err(|e| format!("{} cannot be read: {e}", packed.display()))?.len();
        let found: Vec<String> = of_manifest(package).into_iter().chain(of_files(&files)).collect();
        let result = match found.len() {
            0 if pack_only => "packed".to_owned(),
            0 => "builds".to_owned(),
            some => format!("{some} mistakes"),
        };
        rows.push([name.to_owned(), files.len().to_string(), format!("{} KB", size.div_ceil(1_000)), result]);
        mistakes.extend(found.into_iter().map(|found| format!("{name}: {found}")));
    }
    println!("\n{}", table::markdown(["package", "files", "compressed", "result"], &rows));
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n       ")) }
}

/// The packages that go to a registry, as cargo describes them.
fn published(metadata: &Value) -> Vec<&Value> {
    let all = metadata["packages"].as_array().into_iter().flatten();
    // Cargo: `publish = false` is an empty list of registries.
    all.filter(|package| package["publish"].as_array().is_none_or(|registries| !registries.is_empty())).collect()
}

fn text_of<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

/// What a manifest lacks.
fn of_manifest(package: &Value) -> Vec<String> {
    let texts = ["description", "license", "repository", "readme", "rust_version"];
    let lists = ["keywords", "categories"];
    let lacks_text = texts.into_iter().filter(|key| text_of(package, key).is_empty());
    let lacks_list = lists.into_iter().filter(|key| package[*key].as_array().is_none_or(Vec::is_empty));
    let mut found: Vec<String> = lacks_text
        .chain(lacks_list)
        .map(|key| format!("the manifest has no `{}`: add it", key.replace('_', "-")))
        .collect();
    let keywords: Vec<&str> = package["keywords"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if keywords.len() > MOST_KEYWORDS || keywords.iter().any(|word| word.len() > LONGEST_KEYWORD) {
        found.push("a registry takes five keywords of 20 characters: take some away".to_owned());
    }
    let has_features =
        package["features"].as_object().is_some_and(|features| features.keys().any(|name| name != "default"));
    if has_features && package["metadata"]["docs"]["rs"]["all-features"] != true {
        found.push(
            "its documentation would lack its features: add `all-features` to `package.metadata.docs.rs`".to_owned(),
        );
    }
    found
}

/// What a package lacks, and what is in it and should not be.
fn of_files(files: &[&str]) -> Vec<String> {
    let lacks =
        REQUIRED.iter().filter(|name| !files.contains(name)).map(|name| format!("`{name}` is not packed: add it"));
    let belongs = |name: &str| {
        let is_code = |folder: &str| name.strip_prefix(folder).is_some_and(|rest| workspace::has_extension(rest, "rs"));
        let is_example = |name: &str| name.starts_with("examples/") && workspace::has_extension(name, "json");
        OF_CARGO.contains(&name)
            || REQUIRED.contains(&name)
            || is_code("src/")
            || is_code("examples/")
            || is_example(name)
    };
    let strays = files.iter().filter(|name| !belongs(name));
    lacks
        .chain(strays.map(|name| format!("`{name}` does not belong into a package: leave it out of `include`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_has_what_a_registry_shows() {
        let mut package = json!({
            "name": "a", "description": "x", "license": "x", "repository": "x", "readme": "README.md", "rust_version": "1.90",
            "keywords": ["database"], "categories": ["database"], "features": {"default": []}, "metadata": null,
        });
        assert_eq!(of_manifest(&package), [""; 0]);
        package["features"]["tls"] = json!([]);
        assert!(of_manifest(&package)[0].contains("all-features"));
        package["metadata"] = json!({"docs": {"rs": {"all-features": true}}});
        package["rust_version"] = Value::Null;
        package["categories"] = json!([]);
        package["keywords"] = json!(["a word of more than 20"]);
        let found = of_manifest(&package);
        assert!(
            found.len() == 3 && found[0].contains("`rust-version`") && found[1].contains("`categories`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_package_holds_code_and_what_is_read_before_it_and_no_more() {
        let good = ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs", "src/a/b.rs"];
        assert_eq!(of_files(&good), [""; 0]);
        for stray in ["tests/live.rs", "src/data.json", "app.sqlite", "examples/app.sqlite", "benches/core.rs"] {
            let found = of_files(&[&good[..], &[stray]].concat());
            assert!(found.len() == 1 && found[0].contains(stray), "{found:?}");
        }
        assert_eq!(of_files(&good[..4]), ["`src/lib.rs` is not packed: add it"]);
    }

    #[test]
    fn what_is_not_published_is_not_packed() {
        let metadata = json!({"packages": [{"name": "a", "publish": null}, {"name": "b", "publish": []}]});
        let names: Vec<&str> = published(&metadata).into_iter().map(|package| text_of(package, "name")).collect();
        assert_eq!(names, ["a"]);
    }
}
