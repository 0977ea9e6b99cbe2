//! What must not be in the dependency tree of the contract and of the facade, shown by `cargo tree`.

use std::collections::BTreeSet;

use crate::metadata::{CORE, FACADE, Metadata};
use crate::{Result, cargo};

/// The crates that a backend brings, by the feature that turns it on.
const DATABASES: &[Family] = &[
    ("sqlite", &["rusqlite", "libsqlite3-sys", "sqlx"]),
    ("mongodb", &["mongodb", "bson"]),
    ("dynamodb", &["aws", "serde_dynamo"]),
    ("postgres", &["tokio-postgres", "postgres"]),
];

/// What only the client of a server needs.
const TRANSPORT: &[Family] = &[
    ("HTTP", &["http", "hyper", "h2", "reqwest", "ureq", "curl"]),
    ("TLS", &["rustls", "openssl", "native-tls", "ring"]),
];

/// What only a feature that ends in `-srv` needs.
const NAME_SERVICE: Family = ("a DNS client", &["hickory"]);

/// One claim about one tree.
pub(crate) struct Proof {
    pub(crate) package: &'static str,
    /// The features given to cargo.
    features: Vec<String>,
    banned: Vec<Family>,
}

/// A name for crates that come together, and the crates.
type Family = (&'static str, &'static [&'static str]);

/// What a proof found.
pub(crate) struct Outcome {
    /// The number of crates in the tree.
    pub(crate) crates: usize,
    /// Those that must not be there.
    pub(crate) found: Vec<String>,
}

/// Every proof that the present features call for.
pub(crate) fn all(metadata: &Metadata) -> Vec<Proof> {
    let everything: Vec<Family> = DATABASES.iter().chain(TRANSPORT).copied().collect();
    let mut proofs = vec![
        Proof { package: CORE, features: vec!["--all-features".into()], banned: everything.clone() },
        Proof { package: FACADE, features: vec!["--no-default-features".into()], banned: everything },
    ];
    for feature in metadata.facade_features() {
        proofs.push(Proof {
            package: FACADE,
            features: vec!["--no-default-features".into(), format!("--features={feature}")],
            banned: banned(feature),
        });
    }
    proofs
}

/// What must not come with a feature: the other databases, and what only another feature needs.
fn banned(feature: &str) -> Vec<Family> {
    // `mongodb-srv` is a part of `mongodb`.
    let own = feature.split('-').next().unwrap_or(feature);
    let others = DATABASES.iter().copied().filter(|(name, _)| *name != own);
    others.chain((!feature.ends_with("-srv")).then_some(NAME_SERVICE)).collect()
}

impl Proof {
    /// Asks cargo for the tree and looks for what must not be there.
    pub(crate) fn check(&self) -> Result<Outcome> {
        let features: Vec<&str> = self.features.iter().map(String::as_str).collect();
        let crates = tree(self.package, &features)?;
        let banned = |line: &String| self.banned.iter().flat_map(|(_, names)| *names).any(|name| is_of(line, name));
        Ok(Outcome { crates: crates.len(), found: crates.iter().filter(|line| banned(line)).cloned().collect() })
    }

    /// The claim, as one reads it.
    pub(crate) fn claim(&self) -> String {
        let families: Vec<&str> = self.banned.iter().map(|(name, _)| *name).collect();
        format!("`{} {}` is free of {}", self.package, self.features.join(" "), families.join(", "))
    }
}

/// The crates that `package` is built from, as `name version`, with itself.
pub(crate) fn tree(package: &str, features: &[&str]) -> Result<BTreeSet<String>> {
    let mut args = vec!["tree", "--package", package, "--edges", "normal,build", "--prefix", "none", "--target", "all"];
    args.extend(features);
    Ok(crates_of(&cargo::output_of(&args)?))
}

fn crates_of(tree: &str) -> BTreeSet<String> {
    let name_and_version = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    tree.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('[')).map(name_and_version).collect()
}

/// Whether a line of the tree is the crate `name`, or one of its family (`name-…`).
fn is_of(line: &str, name: &str) -> bool {
    let own = line.split_whitespace().next().unwrap_or_default();
    own.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_brings_its_own_database_and_no_other() {
        let names = |feature| banned(feature).iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names("mongodb"), ["sqlite", "dynamodb", "postgres", "a DNS client"]);
        assert_eq!(names("mongodb-srv"), ["sqlite", "dynamodb", "postgres"]);
        assert_eq!(names("dynamodb"), ["sqlite", "mongodb", "postgres", "a DNS client"]);
        assert_eq!(names("tracing"), ["sqlite", "mongodb", "dynamodb", "postgres", "a DNS client"]);
    }

    #[test]
    fn a_tree_is_counted_once_a_crate() {
        let crates =
            crates_of("backends v0.1.0 (/w)\nserde v1.0.0\n[dev-dependencies]\nserde v1.0.0 (*)\n\nserde v2.0.0\n");
        assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["backends v0.1.0", "serde v1.0.0", "serde v2.0.0"]);
    }

    #[test]
    fn a_family_of_crates_is_found_by_its_first_word() {
        assert!(is_of("aws-sdk-dynamodb v1.0.0", "aws"));
        assert!(is_of("hyper v1.0.0", "hyper"));
        assert!(!is_of("httparse v1.0.0", "http"));
        assert!(!is_of("getrandom v0.4.0", "ring"));
    }
}
