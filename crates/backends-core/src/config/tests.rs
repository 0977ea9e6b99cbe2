//! What a configuration may say, what comes of it, and that nothing of it is ever shown.

use super::*;

mod file;
mod reference;
mod resolution;
mod secrecy;
mod sources;
mod uris;

/// The backends of the tests: what the real ones declare, in small.
fn backends() -> Vec<BackendInfo> {
    vec![memory(), mongodb(), dynamodb(), sqlite()]
}

fn memory() -> BackendInfo {
    BackendInfo::new("memory", "Memory").property(Property::URL)
}

fn mongodb() -> BackendInfo {
    let info = BackendInfo::new("mongodb", "MongoDB").uri_scheme("mongodb+srv");
    let shared = [
        Property::URL,
        Property::HOST.required_unless("url"),
        Property::DATABASE.required(),
        Property::USER,
        Property::PASS,
        Property::MAX_POOL_SIZE,
        Property::MIN_POOL_SIZE,
        Property::CONNECT_TIMEOUT_MS,
        Property::TLS,
        Property::TLS_CA_FILE,
        Property::text("authSource", "the database that knows the user"),
    ];
    shared.into_iter().fold(info, BackendInfo::property)
}

fn dynamodb() -> BackendInfo {
    let info = BackendInfo::new("dynamodb", "DynamoDB").check(|config, mistakes| {
        if config.is_set("endpoint") && config.text("endpoint").is_some_and(|text| !text.starts_with("http")) {
            mistakes.add("`endpoint` must begin with http:// or https://");
        }
    });
    let shared = [
        Property::URL,
        Property::ENDPOINT,
        Property::AWS_REGION.required(),
        Property::CREDENTIALS,
        Property::AWS_SECRET_KEY_ID,
        Property::AWS_SECRET_ACCESS_KEY,
        Property::AWS_SESSION_TOKEN,
        Property::choice("scan", &["allow", "deny"], "whether a read may look at the whole table"),
        Property::map("tags", "the tags of new tables"),
    ];
    shared.into_iter().fold(info, BackendInfo::property)
}

fn sqlite() -> BackendInfo {
    BackendInfo::new("sqlite", "SQLite").property(Property::URL).property(Property::PATH.required_unless("url"))
}

const ABSENT: &[(&str, &str)] = &[("postgres", "postgres")];

/// The configuration of `{"dbName": name, "dbInfo": info}`, without an environment.
fn config(name: &str, info: &str) -> Result<DatabaseConfig> {
    in_environment(name, info, &[])
}

fn in_environment(name: &str, info: &str, variables: &[(&str, &str)]) -> Result<DatabaseConfig> {
    let text = format!(r#"{{"database": {{"dbName": "{name}", "dbInfo": {info}}}}}"#);
    let environment = Environment::from_pairs(variables.iter().copied());
    Ok(ServiceConfig::from_json_in(&text, &environment)?.database)
}

fn resolve(config: &DatabaseConfig) -> Result<BackendConfig> {
    config.resolve(&backends(), ABSENT)
}

/// The mistakes of resolving, without the kind, which is checked.
fn mistakes<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.unwrap_err();
    assert!(error.is_invalid_config(), "{error}");
    match error.mistakes() {
        [] => vec![error.message().to_owned()],
        list => list.to_vec(),
    }
}

#[track_caller]
fn assert_mistakes(name: &str, info: &str, expected: &[&str]) {
    assert_eq!(mistakes(config(name, info).and_then(|config| resolve(&config))), expected, "{name} {info}");
}

#[test]
fn everything_crosses_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<ServiceConfig>();
    crosses::<BackendConfig>();
    crosses::<BackendInfo>();
    crosses::<Environment>();
}
