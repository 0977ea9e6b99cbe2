//! Configurations: whatever file, environment and URI say, mistakes are told, and no value is ever shown.

use std::sync::LazyLock;

use backends::{
    BackendConfig, BackendInfo, DatabaseConfig, Environment, ErrorKind, Property, PropertyKind, Requirement,
    ServiceConfig, Uri,
};
use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::engine::{Target, Verdict};
use crate::properties::{SECRET, hidden, holds, of_error, show_text};

/// Configurations: a file, and behind U+0000 each a variable of the environment. Without a `{` it is a URI as well.
pub const CONFIG: Target = Target { name: "config", generate, words: WORDS, check, show: show_text };

const WORDS: &[&str] = &[
    "\"database\":",
    "\"dbName\":",
    "\"dbInfo\":",
    "\"mongodb\"",
    "\"dynamodb\"",
    "\"sqlite\"",
    "\"memory\"",
    "\"postgres\"",
    "\"url\":",
    "\"host\":",
    "\"pass\":",
    "\"path\":",
    "\"options\":",
    "\"awsRegion\":",
    "\"awsSecretAccessKey\":",
    "\"timeoutMs\":",
    "\"tls\":",
    "mongodb://",
    "mongodb+srv://",
    "dynamodb://",
    "sqlite:",
    "memory:",
    "u:hunter2@h:27017",
    "hunter2",
    "?authSource=hunter2",
    "%zz",
    "%00",
    "[::1]",
    "\0BACKENDS_URL=",
    "\0BACKENDS_PASS=hunter2",
    "\0BACKENDS_DB_NAME=",
    "\0BACKENDS_SERVICE_HOST=",
    "true",
    "false",
    "null",
    "-1",
    "2147483648",
    "[]",
    "{}",
    ",",
    "\\u0000",
    "\u{7f}",
];

/// A feature would bring these.
const ABSENT: &[(&str, &str)] = &[
    ("postgres", "postgres"),
    #[cfg(not(feature = "dynamodb"))]
    ("dynamodb", "dynamodb"),
    #[cfg(not(feature = "mongodb"))]
    ("mongodb", "mongodb"),
    #[cfg(not(feature = "sqlite"))]
    ("sqlite", "sqlite"),
];

/// Those that are compiled in, and one of another author that reads a property of every type.
static BACKENDS: LazyLock<Vec<BackendInfo>> = LazyLock::new(|| {
    let other = BackendInfo::new("other", "Other")
        .uri_scheme("other+srv")
        .property(Property::URL)
        .property(Property::HOST.required_unless("url"))
        .property(Property::DATABASE.required())
        .property(Property::USER)
        .property(Property::PASS)
        .property(Property::MAX_POOL_SIZE)
        .property(Property::CONNECT_TIMEOUT_MS)
        .property(Property::TLS)
        .property(Property::choice("level", &["low", "high"], "how much is said"))
        .property(Property::map("tags", "the tags of new tables"));
    backends::registry().supported().into_iter().chain([other]).collect()
});

/// The name of a backend, known or not.
fn name(rng: &mut Rng) -> &'static str {
    let known = BACKENDS.iter().map(|info| info.name).chain(ABSENT.iter().map(|(name, _)| *name));
    rng.choice(known.chain(["mongod"]).collect::<Vec<_>>()).unwrap_or_default()
}

/// A property that all backends share, or that some backend has of its own.
fn property(rng: &mut Rng) -> &'static Property {
    let own = BACKENDS.iter().flat_map(|info| &info.properties);
    rng.choice(own.chain(Property::COMMON).collect::<Vec<_>>()).unwrap_or(&Property::URL)
}

fn generate(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..8) == 0 {
        return uri(rng).into_bytes();
    }
    let mut info = Map::new();
    for _ in 0..rng.usize(..6) {
        let property = property(rng);
        info.insert(property.name.to_owned(), value(rng, property));
    }
    let name = name(rng);
    if rng.u8(..4) == 0 {
        let property = property(rng);
        info.insert("options".to_owned(), json!({name: {property.name: value(rng, property)}}));
    }
    let mut text = json!({"service": {"port": 80}, "database": {"dbName": name, "dbInfo": info}}).to_string();
    for _ in 0..rng.usize(..3) {
        let property = property(rng);
        let value = match value(rng, property) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        text += &["\0", &property.environment_name(), "=", &value].concat();
    }
    text.into_bytes()
}

/// A value that fits most of the time.
fn value(rng: &mut Rng, property: &Property) -> Value {
    if rng.u8(..20) == 0 {
        let odd = [json!(null), json!(-1), json!([SECRET]), json!([[SECRET]]), json!(""), json!({}), json!(true)];
        return rng.choice(odd).unwrap_or_default();
    }
    match property.kind {
        _ if property.name == "url" => uri(rng).into(),
        PropertyKind::Integer | PropertyKind::Duration => rng.u32(..100_000).into(),
        PropertyKind::Flag => rng.bool().into(),
        PropertyKind::List => rng.choice([json!("a:1,hunter2:2"), json!(["a:1", SECRET])]).unwrap_or_default(),
        PropertyKind::Map => json!({}),
        _ => rng.choice(property.choices).copied().unwrap_or(SECRET).into(),
    }
}

fn uri(rng: &mut Rng) -> String {
    const URIS: &[&str] = &[
        "mongodb://u:hunter2@h:27017,h2/db?authSource=hunter2&tls=true",
        "mongodb+srv://u:hunter2%40@h/db",
        "sqlite:hunter2.db",
        "sqlite:///var/hunter2.db",
        "memory:",
        "memory:hunter2",
        "dynamodb://hunter2?region=eu",
        "dynamodb://key:hunter2@localhost:8000?region=eu&tablePrefix=hunter2",
        "mongodb://h/db?replicaSet=hunter2&readPreference=primary&tls=true&tlsCAFile=hunter2",
        "mongodb://h/db?authMechanism=PLAIN&authSource=%24external&retryWrites=hunter2",
        "other://u:hunter2@h/db",
        "postgres://u:hunter2@h/db",
        "hunter2",
    ];
    rng.choice(URIS).copied().unwrap_or_default().to_owned()
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let input = String::from_utf8_lossy(input);
    let mut parts = input.split('\0');
    let file = parts.next().unwrap_or_default();
    let variables: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
    let environment = Environment::from_pairs(variables.iter().copied());
    // Names of keys, variables and backends may be shown.
    let hides = !names(file).iter().any(|name| name.contains(SECRET))
        && !variables.iter().any(|(name, value)| name.contains(SECRET) || names_a_backend(name, value));
    let show = |text: String| if hides { hidden(&text) } else { Ok(()) };

    if !file.contains('{') {
        of_uri(file)?;
    }
    show(format!("{environment:?}"))?;
    resolved(&DatabaseConfig::from_environment(&environment), hides)?;
    match ServiceConfig::from_json_in(file, &environment) {
        Err(error) => {
            of_error(&error, &[ErrorKind::InvalidConfig], hides)?;
            Ok(Verdict::Refused)
        }
        Ok(service) => {
            show(format!("{service:?}"))?;
            resolved(&service.database, hides)?;
            Ok(Verdict::Accepted)
        }
    }
}

/// Every name that the file has: those of objects, and that of the backend.
fn names(file: &str) -> Vec<String> {
    fn collect(value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    names.push(name.clone());
                    if name == "dbName" {
                        names.push(value.to_string());
                    }
                    collect(value, names);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    if let Ok(value) = serde_json::from_str(file) {
        collect(&value, &mut names);
        names.extend(schemes(&value));
    }
    names
}

/// The scheme of a URI names a backend too.
fn schemes(value: &Value) -> Vec<String> {
    let text = value.to_string();
    text.split('"').filter_map(|part| Uri::parse(part).ok()).map(|uri| uri.scheme().to_owned()).collect()
}

fn names_a_backend(variable: &str, value: &str) -> bool {
    (variable == "BACKENDS_DB_NAME" && value.contains(SECRET))
        || Uri::parse(value).is_ok_and(|uri| uri.scheme().contains(SECRET))
}

fn resolved(config: &DatabaseConfig, hides: bool) -> Result<(), String> {
    let show = |text: String| if hides { hidden(&text) } else { Ok(()) };
    show(format!("{config:?}"))?;
    match config.resolve(&BACKENDS, ABSENT) {
        Err(error) => of_error(&error, &[ErrorKind::InvalidConfig], hides),
        Ok(resolved) => {
            show(format!("{resolved:?}"))?;
            asked(&resolved, hides)
        }
    }
}

/// What is required is set, and what is set is what was declared.
fn asked(config: &BackendConfig, hides: bool) -> Result<(), String> {
    let info = BACKENDS.iter().find(|info| info.name == config.backend());
    let info = info.ok_or("a backend that nobody has is configured")?;
    for property in &info.properties {
        let is_set = config.is_set(property.name);
        let may_be_missing = match property.requirement {
            Requirement::Required => false,
            Requirement::Unless(other) => config.is_set(other),
            _ => true,
        };
        holds(is_set || may_be_missing, "what a backend requires is set")?;
        holds(is_set == is_read(config, property), "what is set is read as what was declared")?;
    }
    let pass = if config.is_set("pass") { config.secret("pass") } else { None };
    let shown = format!("{pass:?} {:?} {:?}", config.timeout(), config.tls());
    if hides {
        hidden(&shown)?;
    }
    #[cfg(feature = "mongodb")]
    of_client(config, hides)?;
    if !config.is_set("url") {
        return Ok(());
    }
    match config.uri() {
        Ok(uri) => uri.map_or(Ok(()), |uri| of_parts(&uri)),
        Err(error) => of_error(&error, &[ErrorKind::InvalidConfig], hides),
    }
}

/// What MongoDB's client reads of it. Only the scheme that asks the name service would leave this program.
#[cfg(feature = "mongodb")]
fn of_client(config: &BackendConfig, hides: bool) -> Result<(), String> {
    static RUNTIME: LazyLock<Option<tokio::runtime::Runtime>> =
        LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().ok());
    let asks = config.uri().is_ok_and(|uri| uri.is_some_and(|uri| uri.scheme() == "mongodb+srv"));
    if config.backend() != "mongodb" || asks {
        return Ok(());
    }
    let runtime = RUNTIME.as_ref().ok_or("no runtime")?;
    match runtime.block_on(backends::mongodb::MongoOptions::from_config(config)) {
        Ok(options) if hides => hidden(&format!("{options:?}")),
        Ok(_) => Ok(()),
        Err(error) => {
            // Names of files may be shown.
            let hides = hides && !error.context().any(|(name, _)| name == "file");
            of_error(&error, &[ErrorKind::InvalidConfig], hides)
        }
    }
}

/// Whether there is a value, of the property's kind and in its range.
fn is_read(config: &BackendConfig, property: &Property) -> bool {
    let (name, (least, greatest)) = (property.name, property.range);
    let in_range = |number: i64| (least..=greatest).contains(&number);
    match property.kind {
        PropertyKind::Text => {
            let is_choice = |text: &str| property.choices.is_empty() || property.choices.contains(&text);
            config.text(name).is_some_and(|text| !text.is_empty() && is_choice(text))
        }
        PropertyKind::Secret => config.secret(name).is_some_and(|secret| !secret.expose().is_empty()),
        PropertyKind::Integer => config.integer(name).is_some_and(in_range),
        PropertyKind::Duration => {
            let millis = config.duration(name).map(|duration| i64::try_from(duration.as_millis()));
            millis.is_some_and(|millis| millis.is_ok_and(in_range))
        }
        PropertyKind::Flag => config.flag(name).is_some(),
        PropertyKind::List => !config.list(name).is_empty() && config.list(name).iter().all(|text| !text.is_empty()),
        PropertyKind::Map => config.map(name).is_some_and(|map| !map.is_empty()),
        _ => true,
    }
}

fn of_uri(text: &str) -> Result<(), String> {
    let hides = !Uri::parse(text).is_ok_and(|uri| uri.scheme().contains(SECRET));
    match DatabaseConfig::from_uri(text, &BACKENDS, ABSENT) {
        Ok(config) => resolved(&config, hides)?,
        Err(error) => of_error(&error, &[ErrorKind::InvalidConfig], hides)?,
    }
    Uri::parse(text).map_or(Ok(()), |uri| of_parts(&uri))
}

/// No part of a URI is shown but its scheme.
fn of_parts(uri: &Uri) -> Result<(), String> {
    let hides = !uri.scheme().contains(SECRET);
    let errors = [uri.local().err(), uri.user().err(), uri.password().err(), uri.path().err(), uri.query().err()];
    for error in errors.iter().flatten() {
        of_error(error, &[ErrorKind::InvalidConfig], hides)?;
    }
    uri.hosts();
    if hides { hidden(&format!("{uri:?} {:?}", uri.password())) } else { Ok(()) }
}
