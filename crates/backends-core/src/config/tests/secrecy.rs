//! No value of a configuration is ever shown.

use std::fmt::Debug;

use super::*;

const SECRET: &str = "hunter2";

#[track_caller]
fn is_hidden(what: &dyn Debug) {
    let text = format!("{what:?} {what:#?}");
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn c40_debug_shows_which_keys_are_set_and_no_value() {
    let info = r#"{"host": "hunter2", "database": "hunter2", "user": "hunter2", "pass": "hunter2", "options": {"mongodb": {"authSource": "hunter2"}}}"#;
    let config = in_environment("mongodb", info, &[("BACKENDS_AUTH_SOURCE", SECRET)]).unwrap().set("tlsCaFile", SECRET);
    assert_eq!(
        format!("{config:?}"),
        r#"DatabaseConfig { db_name: "mongodb", code: ["tlsCaFile"], environment: Environment(["BACKENDS_AUTH_SOURCE"]), file: ["database", "host", "options", "pass", "user"], .. }"#
    );
    is_hidden(&config);
    let resolved = resolve(&config).unwrap();
    assert_eq!(
        format!("{resolved:?}"),
        r#"BackendConfig { backend: "mongodb", set: ["authSource", "database", "host", "pass", "tlsCaFile", "user"], unused: [], .. }"#
    );
    is_hidden(&resolved.secret("pass"));
    is_hidden(&Setting::from(SECRET));
    is_hidden(&Environment::from_pairs([("BACKENDS_PASS", SECRET)]));
    is_hidden(&DatabaseConfig::new("mongodb://u:hunter2@h"));
    assert!(!format!("{}", Secret::new(SECRET)).contains(SECRET));
}

#[test]
fn c40_what_stands_in_the_place_of_a_key_and_is_no_name_is_not_shown() {
    let key = "mongodb://u:hunter2@h";
    for text in [
        format!(r#"{{"database": {{"dbName": "mongodb", "dbInfo": {{"{key}": 1}}}}}}"#),
        format!(r#"{{"database": {{"dbName": "mongodb", "{key}": 1, "dbInfo": {{"{key}": 1, "{key}": 2}}}}}}"#),
        format!(r#"{{"database": {{"dbName": "mongodb", "dbInfo": {{"options": {{"mongodb": {{"{key}": 1}}}}}}}}}}"#),
        format!(r#"{{"database": {{"dbName": "mongodb", "dbInfo": {{"options": {{"{key}": {{}}}}}}}}}}"#),
    ] {
        let config = ServiceConfig::from_json_in(&text, &Environment::default()).unwrap();
        is_hidden(&config);
        let error = resolve(&config.database).unwrap_err();
        is_hidden(&error);
        assert!(!error.to_string().contains(SECRET), "{error}");
    }
}

#[test]
fn d11_no_error_of_a_uri_shows_a_part_of_it() {
    let uris = [
        "hunter2",
        "hunter2:x",
        "hunter2://x",
        "u:hunter2@h",
        "mongodb//u:hunter2@h",
        "mongodb://u:hunter2@h\u{7}/",
        "mongodb://u:hunter2%zz@h/hunter2?hunter2=hunter2",
        "sqlite:hunter2?key=hunter2",
        "sqlite://hunter2/x",
        "postgres://u:hunter2@h",
        "https://u:hunter2@h",
    ];
    for text in uris {
        for result in
            [DatabaseConfig::from_uri(text, &backends(), ABSENT), Ok(DatabaseConfig::new("mongodb").set("url", text))]
        {
            is_hidden(&result);
            is_hidden(&result.and_then(|config| resolve(&config)));
        }
        let Ok(uri) = Uri::parse(text) else { continue };
        // The scheme is shown: by then a backend has said that it is its own.
        if !uri.scheme().contains(SECRET) {
            is_hidden(&uri);
            is_hidden(&uri.password());
            is_hidden(&uri.local().err());
            is_hidden(&uri.user().err());
            is_hidden(&uri.path().err());
            is_hidden(&uri.query().err());
        }
    }
}

#[test]
fn c40_no_error_shows_a_value_whatever_its_type_and_place() {
    let values =
        [r#""hunter2""#, r#"["hunter2"]"#, r#"{"hunter2x": "hunter2"}"#, "[[\"hunter2\"]]", r#""h, hunter2@x""#];
    let keys = Property::COMMON.iter().map(|property| property.name).chain(["authSource", "scan", "tags", "hots"]);
    for key in keys {
        for value in values {
            // The keys of an object are names, which messages may hold.
            if key == "options" && value.starts_with('{') {
                continue;
            }
            for name in ["memory", "mongodb", "dynamodb", "sqlite", "postgres", "mongod"] {
                is_hidden(&config(name, &format!(r#"{{"{key}": {value}}}"#)).and_then(|config| resolve(&config)));
                let variable = super::super::property::environment_name(key);
                let config = in_environment(name, "{}", &[(variable.as_str(), value)]);
                is_hidden(&config.and_then(|config| resolve(&config)));
            }
        }
    }
    for text in [
        "{\"database\": hunter2",
        "\"hunter2\"",
        r#"{"database": "hunter2"}"#,
        r#"{"database": {"dbName": ["hunter2"], "dbInfo": "hunter2"}}"#,
    ] {
        is_hidden(&ServiceConfig::from_json_in(text, &Environment::empty()));
    }
}

#[test]
fn c40_a_key_of_any_length_makes_no_long_message() {
    let long = "k".repeat(200_000);
    let file = format!(r#"{{"path": "x", "{long}": 1, "options": {{"sqlite": {{"{long}": 1}}, "{long}": {{}}}}}}"#);
    let variable = format!("BACKENDS_{}", long.to_ascii_uppercase());
    let list = mistakes(in_environment("sqlite", &file, &[(&variable, "1")]).and_then(|config| resolve(&config)));
    assert_eq!(list.len(), 4, "{}", list.len());
    assert!(list.iter().all(|mistake| mistake.len() < 1_000 && mistake.contains('…')), "{list:?}");
}
