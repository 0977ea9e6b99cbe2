//! Backends opened by a URI, and the setting `url`.

use super::*;

fn open(uri: &str) -> Result<BackendConfig> {
    resolve(&DatabaseConfig::from_uri(uri, &backends(), ABSENT)?)
}

#[test]
fn s6_the_scheme_says_which_backend_and_the_whole_text_is_kept() {
    for (uri, backend) in
        [("memory:", "memory"), ("memory:shop", "memory"), ("sqlite:app.db", "sqlite"), ("dynamodb://", "dynamodb")]
    {
        let config = DatabaseConfig::from_uri(uri, &backends(), ABSENT).unwrap().set("awsRegion", "r");
        assert_eq!(config.db_name, backend);
        assert_eq!(resolve(&config).unwrap().secret("url").unwrap().expose(), uri);
    }
    for uri in ["mongodb://u:p@a,b/d?tls=true", "mongodb+srv://h"] {
        let config = DatabaseConfig::from_uri(uri, &backends(), ABSENT).unwrap().set("database", "d");
        assert_eq!(resolve(&config).unwrap().secret("url").unwrap().expose(), uri);
    }
    let config = open("SQLite:App.db").unwrap();
    assert_eq!(config.uri().unwrap().unwrap().local().unwrap(), "App.db");
}

#[test]
fn s6_a_uri_that_no_backend_opens_is_refused_without_repeating_it() {
    let scheme = "the URI has no scheme: begin it with the name of a backend and a colon, as in `sqlite:app.db`";
    let known = "the URI has an unknown scheme: known are memory, mongodb, mongodb+srv, dynamodb, sqlite, postgres";
    let cases = [
        ("", scheme),
        ("app.db", scheme),
        ("//h/db", scheme),
        ("9p:x", scheme),
        ("my scheme:x", scheme),
        ("hunter2:secret@host", known),
        ("https://hunter2", known),
        ("mongo://hunter2", "the URI has an unknown scheme: did you mean `mongodb:`?"),
        (
            "postgresql://hunter2",
            "the URI has an unknown scheme: did you mean `postgres:`? (and enable the feature \"postgres\" of `backends`)",
        ),
        (
            "postgres://hunter2",
            "backend `postgres` is not compiled in: enable the feature \"postgres\" of `backends` (enabled are memory, mongodb, dynamodb, sqlite; not compiled in are postgres)",
        ),
        ("sqlite:a\nb", "the URI holds control characters, such as a line break: remove them"),
    ];
    for (uri, message) in cases {
        assert_eq!(mistakes(open(uri)), [message], "{uri}");
    }
}

#[test]
fn s6_a_url_for_another_backend_than_the_named_one_is_not_ignored_where_it_is_meant() {
    let wrong = "`url` is not for backend `sqlite`: begin it with `sqlite:`, or name its backend in `dbName`";
    let variable = in_environment("sqlite", r#"{"path": "x"}"#, &[("BACKENDS_URL", "mongodb://h")]).unwrap();
    let both = "`url` and `path` both say where the database is: keep one, or put `url` under `options` of its backend";
    assert_eq!(mistakes(resolve(&variable)), [wrong, both]);
    assert_eq!(mistakes(resolve(&DatabaseConfig::new("sqlite").set("url", "postgres://h"))), [wrong]);
    // Another backend of the same program has settings of its own.
    assert!(variable.resolve_for("memory", &backends(), ABSENT).is_ok());
    assert_mistakes("sqlite", r#"{"options": {"sqlite": {"url": "memory:"}}}"#, &[wrong]);
    assert_mistakes("sqlite", r#"{"url": "redis://h"}"#, &["`url` has an unknown scheme: begin it with `sqlite:`"]);
    assert!(
        mistakes(resolve(&config("sqlite", r#"{"url": "x.db"}"#).unwrap()))[0]
            .starts_with("`url`: the URI has no scheme")
    );
    let no_url = [BackendInfo::new("own", "Own")];
    let error = DatabaseConfig::from_uri("own:x", &no_url, &[]).unwrap_err();
    assert_eq!(error.message(), "the backend `own` is not opened by URI: configure it with `dbName` and `dbInfo`");
    let found = mistakes(DatabaseConfig::new("own").set("url", "own:x").resolve(&no_url, &[]));
    assert_eq!(found, ["backend `own` takes no `url`: remove it"]);
}

#[test]
fn s6_a_url_is_not_held_against_the_rules_of_a_backend_that_it_is_not_for() {
    let strict = [
        BackendInfo::new("sqlite", "SQLite")
            .property(Property::URL)
            .property(Property::USER)
            .property(Property::PASS)
            .check(|config, mistakes| {
                if let Ok(Some(uri)) = config.uri() {
                    mistakes.check(uri.local().map(drop));
                }
            }),
        mongodb(),
    ];
    for (url, begin) in [
        ("mongodb://u:p@h/d", "`url` is not for backend `sqlite`"),
        ("redis://h", "`url` has an unknown scheme"),
        ("app.db", "`url`: the URI has no scheme"),
    ] {
        let config = DatabaseConfig::new("sqlite").set("url", url).set("pass", "p");
        let found = mistakes(config.resolve(&strict, &[]));
        assert!(found.len() == 1 && found[0].starts_with(begin), "{url}: {found:?}");
    }
}

#[test]
fn s6_a_url_of_the_shared_part_that_is_for_another_backend_is_said_to_be() {
    assert_mistakes(
        "sqlite",
        r#"{"url": "mongodb://h"}"#,
        &[
            "`path` is missing, and `url` is for another backend: set `path` in `dbInfo`, or in `BACKENDS_PATH`, or begin \
           `url` with `sqlite:`",
        ],
    );
}

#[test]
fn s6_a_url_that_names_no_backend_is_said_to_name_none() {
    let of_file = |url: &str| {
        let text = format!(r#"{{"database": {{"dbInfo": {{"url": "{url}"}}}}}}"#);
        let config = ServiceConfig::from_json_in(&text, &Environment::empty()).unwrap().database;
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        mistakes(resolve(&config))
    };
    let none = "no backend is named by `dbName`, and by `url`: the URI has no scheme: begin it with the name of a \
        backend and a colon, as in `sqlite:app.db`";
    assert_eq!(of_file("hunter2"), [none]);
    let variables = Environment::from_pairs([("BACKENDS_URL", "hunter2")]);
    assert_eq!(mistakes(resolve(&DatabaseConfig::from_environment(&variables))), [none]);
    // What stands before a colon may be a user, or a password.
    let unknown = of_file("hunter2:x@h");
    assert!(unknown.len() == 1 && unknown[0].starts_with("the URI has an unknown scheme: known are"), "{unknown:?}");
    assert!(of_file("postgres://h")[0].starts_with("backend `postgres` is not compiled in"));
    let later = DatabaseConfig::from_environment(&Environment::from_pairs([("BACKENDS_URL", "sqlite:a.db")]));
    let later = later.with_environment(&Environment::from_pairs([("BACKENDS_URL", "memory:")]));
    assert_eq!(later.db_name(), "memory");
}
