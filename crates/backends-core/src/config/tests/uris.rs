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
    assert_eq!(mistakes(resolve(&variable))[0], wrong);
    assert_eq!(mistakes(resolve(&DatabaseConfig::new("sqlite").set("url", "postgres://h")))[0], wrong);
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
