//! Which test targets run against which kind of server.

use crate::metadata::{FACADE, Metadata, Package, TestTarget};

/// A backend whose tests need a server.
pub(crate) struct Backend {
    /// Its word for `servers`.
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    /// The kinds of its servers, the usual one first.
    kinds: &'static [&'static str],
}

pub(crate) const BACKENDS: &[Backend] = &[
    Backend { name: "mongodb", package: "backends-mongo", kinds: &["replica-set", "standalone", "auth", "tls"] },
    Backend { name: "dynamodb", package: "backends-dynamo", kinds: &["plain"] },
];

/// The proxy that the suites use is tried first; its targets are called after the backends.
const PROXY: &str = "proxy";

/// The programs that are compared with a model, which have a feature for each backend as the facade has.
const MODEL: &str = "model";

/// The example service, as above.
const ADMIN: &str = "admin";

/// A test target that runs against a server of its own.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Suite {
    pub(crate) backend: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) package: String,
    pub(crate) target: String,
}

impl Suite {
    /// `backends-mongo: live`.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.package, self.target)
    }
}

impl Backend {
    /// The suites, or what is missing for one.
    pub(crate) fn suites(&self, metadata: &Metadata) -> Vec<Result<Suite, String>> {
        let mut suites = Vec::new();
        let of_proxy = metadata.package(PROXY).is_some_and(|proxy| proxy.live().any(|target| target.name == self.name));
        if of_proxy {
            suites.push(Ok(self.suite(PROXY, self.name)));
        }
        let Some(package) = metadata.package(self.package) else {
            suites.push(Err(format!("there is no crate `{}` yet; it belongs under crates", self.package)));
            return suites;
        };
        if package.live().next().is_none() {
            suites.push(Err(format!("`{}` has no live suite; add a test target with `test = false`", self.package)));
        }
        suites.extend(package.live().map(|target| Ok(self.suite(self.package, &target.name))));
        for package in [FACADE, MODEL, ADMIN] {
            let has_feature = |package: &&Package| package.features.iter().any(|(feature, _)| feature == self.name);
            // One that is built for another backend alone has nothing to do on this one.
            let is_for_it = |target: &&TestTarget| target.required.iter().all(|feature| feature == self.name);
            let theirs = metadata.package(package).filter(has_feature).into_iter().flat_map(Package::live);
            let theirs = theirs.filter(|target| is_for_it(target) && !self.is_of_another(&target.name));
            suites.extend(theirs.map(|target| Ok(self.suite(package, &target.name))));
        }
        suites
    }

    /// Whether a target is called after a kind of server that only another backend has.
    fn is_of_another(&self, target: &str) -> bool {
        let has = |backend: &Self| backend.kinds.contains(&&*target.replace('_', "-"));
        !has(self) && BACKENDS.iter().any(has)
    }

    fn kind_of(&self, target: &str) -> &'static str {
        self.kinds.iter().find(|kind| target.replace('_', "-") == **kind).unwrap_or(&self.kinds[0])
    }

    fn suite(&self, package: &str, target: &str) -> Suite {
        Suite { backend: self.name, kind: self.kind_of(target), package: package.to_owned(), target: target.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, live: &[&str]) -> Value {
        let target = |name: &str, test: bool| json!({"name": name, "kind": ["test"], "test": test});
        let targets: Vec<Value> = live.iter().map(|name| target(name, false)).chain([target("pure", true)]).collect();
        json!({"id": name, "name": name, "targets": targets})
    }

    fn suites(packages: &[Value]) -> Vec<Result<String, String>> {
        suites_of(&BACKENDS[0], packages)
    }

    fn suites_of(backend: &Backend, packages: &[Value]) -> Vec<Result<String, String>> {
        let members: Vec<&Value> = packages.iter().map(|package| &package["id"]).collect();
        let metadata = Metadata::parse(&json!({"workspace_members": members, "packages": packages}));
        let suites = backend.suites(&metadata).into_iter();
        suites.map(|suite| suite.map(|suite| format!("{} on {}", suite.title(), suite.kind))).collect()
    }

    #[test]
    fn targets_go_to_the_server_they_are_called_after_and_others_to_the_usual_one() {
        let packages = [package("proxy", &["mongodb"]), package("backends-mongo", &["live", "standalone", "auth"])];
        let expected = [
            "proxy: mongodb on replica-set",
            "backends-mongo: live on replica-set",
            "backends-mongo: standalone on standalone",
            "backends-mongo: auth on auth",
        ];
        assert_eq!(suites(&packages), expected.map(|suite| Ok(suite.to_owned())));
    }

    #[test]
    fn the_facade_runs_on_a_backend_that_it_has_a_feature_for() {
        let mut facade = package("backends", &["servers"]);
        let live = package("backends-mongo", &["live"]);
        assert_eq!(suites(&[facade.clone(), live.clone()]).len(), 1);
        facade["features"] = json!({"mongodb": []});
        let found = suites(&[facade, live]);
        assert_eq!(found[1], Ok("backends: servers on replica-set".to_owned()));
    }

    #[test]
    fn a_target_called_after_a_kind_of_server_is_left_to_the_backend_that_has_it() {
        let mut admin = package("admin", &["servers", "standalone"]);
        admin["features"] = json!({"mongodb": [], "dynamodb": []});
        let packages = [admin, package("backends-mongo", &["live"]), package("backends-dynamo", &["live"])];
        let of = |at: usize| suites_of(&BACKENDS[at], &packages).into_iter().skip(1).collect::<Result<Vec<_>, _>>();
        assert_eq!(of(0).unwrap(), ["admin: servers on replica-set", "admin: standalone on standalone"]);
        assert_eq!(of(1).unwrap(), ["admin: servers on plain"]);
    }

    #[test]
    fn a_target_that_requires_a_backend_runs_on_that_one() {
        let mut model = package("model", &["servers", "failover"]);
        model["features"] = json!({"mongodb": [], "dynamodb": []});
        let live = package("backends-mongo", &["live"]);
        for (required, count) in [("mongodb", 3), ("dynamodb", 2)] {
            model["targets"][1]["required-features"] = json!([required]);
            assert_eq!(suites(&[model.clone(), live.clone()]).len(), count, "{required}");
        }
    }

    #[test]
    fn a_missing_crate_and_a_crate_without_live_suites_are_told() {
        assert!(suites(&[])[0].as_ref().unwrap_err().starts_with("there is no crate `backends-mongo` yet"));
        let error = &suites(&[package("backends-mongo", &[])])[0];
        assert!(error.as_ref().unwrap_err().starts_with("`backends-mongo` has no live suite"));
    }
}
