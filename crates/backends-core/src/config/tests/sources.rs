//! Code before environment before file.

use std::time::Duration;

use super::*;

#[test]
fn s6_code_goes_before_the_environment_and_that_before_the_file() {
    let file = r#"{"host": "file", "database": "file", "user": "file", "pass": "file"}"#;
    let variables = [("BACKENDS_HOST", "variable"), ("BACKENDS_USER", "variable"), ("BACKENDS_DATABASE", "variable")];
    let config = in_environment("mongodb", file, &variables).unwrap().set("host", "code").set("database", "code");
    let mongo = resolve(&config).unwrap();
    assert_eq!(mongo.list("host"), ["code"]);
    assert_eq!(mongo.text("database"), Some("code"));
    assert_eq!(mongo.text("user"), Some("variable"));
    assert_eq!(mongo.secret("pass").unwrap().expose(), "file");
}

#[test]
fn s6_the_name_of_the_backend_has_the_same_precedence() {
    let environment = Environment::from_pairs([("BACKENDS_DB_NAME", "sqlite")]);
    assert_eq!(in_environment("mongodb", "{}", &[("BACKENDS_DB_NAME", "sqlite")]).unwrap().db_name, "sqlite");
    assert_eq!(DatabaseConfig::new("memory").with_environment(&environment).db_name, "memory");
    assert_eq!(DatabaseConfig::from_environment(&environment).db_name, "sqlite");
    let text = r#"{"database": {"dbInfo": {"path": "x"}}}"#;
    assert_eq!(ServiceConfig::from_json_in(text, &environment).unwrap().database.db_name, "sqlite");
    let misspelt = in_environment("sqlite", "{}", &[("BACKENDS_DB_NAME", "memroy")]).unwrap();
    let error = resolve(&misspelt).unwrap_err();
    assert!(error.message().contains("`BACKENDS_DB_NAME`: unknown backend `memroy`"), "{error}");
    let mut config = config("mongodb", r#"{"path": "x"}"#).unwrap();
    config.db_name = "sqlite".to_owned();
    assert_eq!(resolve(&config).unwrap().backend(), "sqlite");
    let another = Environment::from_pairs([("BACKENDS_DB_NAME", "memory")]);
    assert_eq!(config.with_environment(&another).db_name, "sqlite", "it was set in code");
}

#[test]
fn s6_another_environment_takes_the_name_with_it() {
    let [named, with_url, empty] = [vec![("BACKENDS_DB_NAME", "sqlite")], vec![("BACKENDS_URL", "memory:")], vec![]]
        .map(|variables: Vec<(&str, &str)>| Environment::from_pairs(variables));
    for (file, names) in [("mongodb", ["sqlite", "mongodb", "mongodb"]), ("", ["sqlite", "memory", ""])] {
        let mut config = config(file, "{}").unwrap();
        for (environment, name) in [&named, &with_url, &empty].into_iter().zip(names) {
            config = config.with_environment(environment);
            assert_eq!(config.db_name, name, "{file}");
        }
    }
    // A name that is set in code is that of no `url`, and is shown.
    let mut config = config("", r#"{"url": "memory:"}"#).unwrap();
    assert!(format!("{config:?}").contains("db_name: \"…\""), "{config:?}");
    config.db_name = "sqlite".to_owned();
    assert!(format!("{config:?}").contains("db_name: \"sqlite\""), "{config:?}");
}

#[test]
fn s6_a_url_may_stand_for_the_name() {
    for (url, name) in [("mongodb+srv://h/db", "mongodb"), ("sqlite:x.db", "sqlite"), ("memory:", "memory")] {
        let environment = Environment::from_pairs([("BACKENDS_URL", url)]);
        assert_eq!(DatabaseConfig::from_environment(&environment).db_name, name);
        let text = format!(r#"{{"database": {{"dbInfo": {{"url": "{url}"}}}}}}"#);
        assert_eq!(ServiceConfig::from_json_in(&text, &Environment::empty()).unwrap().database.db_name, name);
    }
}

#[test]
fn s6_the_environment_alone_is_told_all_that_is_wrong_at_once() {
    let variables = [("BACKENDS_DB_NAEM", "sqlite"), ("BACKENDS_PTAH", "x"), ("BACKENDS_TLS", "perhaps")];
    let list = mistakes(resolve(&DatabaseConfig::from_environment(&Environment::from_pairs(variables))));
    assert_eq!(list.len(), 4, "{list:?}");
    for part in [
        "no backend is named: set",
        "did you mean `BACKENDS_DB_NAME`?",
        "did you mean `BACKENDS_PATH`?",
        "`BACKENDS_TLS`",
    ] {
        assert!(list.iter().any(|mistake| mistake.contains(part)), "{part}: {list:?}");
    }
    let nothing = mistakes(resolve(&DatabaseConfig::from_environment(&Environment::empty())));
    assert!(nothing.len() == 1 && nothing[0].contains("`BACKENDS_DB_NAME`"), "{nothing:?}");
}

#[test]
fn s6_every_kind_can_be_read_from_a_variable() {
    let variables = [
        ("BACKENDS_HOST", "a:1, b:2"),
        ("BACKENDS_MAX_POOL_SIZE", "12"),
        ("BACKENDS_TIMEOUT_MS", "1500"),
        ("BACKENDS_TLS", "true"),
        ("BACKENDS_AUTH_SOURCE", "admin"),
        ("BACKENDS_OPTIONS", r#"{"mongodb": {"minPoolSize": 3}, "dynamodb": {"tags": {"team": "a"}}}"#),
    ];
    let config = in_environment("mongodb", r#"{"database": "d"}"#, &variables).unwrap();
    let mongo = resolve(&config).unwrap();
    assert_eq!(mongo.list("host"), ["a:1", "b:2"]);
    assert_eq!((mongo.integer("maxPoolSize"), mongo.integer("minPoolSize")), (Some(12), Some(3)));
    assert_eq!((mongo.timeout(), mongo.flag("tls")), (Some(Duration::from_millis(1500)), Some(true)));
    assert_eq!(mongo.text("authSource"), Some("admin"));
    let dynamo = config.set("awsRegion", "x").resolve_for("dynamodb", &backends(), &[]).unwrap();
    assert_eq!(dynamo.map("tags").unwrap()["team"], "a");
}

#[test]
fn s6_a_variable_of_another_type_is_named_as_it_was_written() {
    let variables = [
        ("BACKENDS_MAX_POOL_SIZE", "many"),
        ("BACKENDS_TLS", "yes"),
        ("BACKENDS_OPTIONS", "{"),
        ("BACKENDS_TIMEOUT_MS", "30s"),
    ];
    let config = in_environment("mongodb", r#"{"host": "h", "database": "d"}"#, &variables).unwrap();
    assert_eq!(
        mistakes(resolve(&config)),
        [
            "`BACKENDS_MAX_POOL_SIZE` must be a whole number from 1 to 100000",
            "`BACKENDS_OPTIONS` must be an object",
            "`BACKENDS_TIMEOUT_MS` must be a whole number of milliseconds from 1 to 2147483647",
            "`BACKENDS_TLS` must be true or false",
        ]
    );
}

#[test]
fn s6_a_key_that_stands_twice_in_a_variable_is_refused() {
    let variables = [("BACKENDS_OPTIONS", r#"{"mongodb": {"minPoolSize": 3, "minPoolSize": 4}}"#)];
    let config = in_environment("mongodb", r#"{"host": "h", "database": "d"}"#, &variables).unwrap();
    assert_eq!(
        mistakes(resolve(&config)),
        ["`BACKENDS_OPTIONS`: `mongodb.minPoolSize` is given more than once: keep one"]
    );
}

#[test]
fn s6_an_unknown_variable_is_refused_with_the_nearest_known_one() {
    for (variable, begin) in [
        ("BACKENDS_PAHT", "unknown variable `BACKENDS_PAHT`: did you mean `BACKENDS_PATH`?"),
        ("BACKENDS_DBNAME", "unknown variable `BACKENDS_DBNAME`: did you mean `BACKENDS_DB_NAME`?"),
        ("BACKENDS_AUTHSOURCE", "unknown variable `BACKENDS_AUTHSOURCE`: did you mean `BACKENDS_AUTH_SOURCE`?"),
        (
            "BACKENDS_LOG_LEVEL",
            "unknown variable `BACKENDS_LOG_LEVEL`: rename it if it is not for `backends`; known are BACKENDS_AUTH_SOURCE,",
        ),
    ] {
        let found = mistakes(resolve(&in_environment("memory", "{}", &[(variable, "x")]).unwrap()));
        assert!(found.len() == 1 && found[0].starts_with(begin), "{found:?}");
    }
}

#[test]
fn s6_what_other_programs_set_does_not_stop_a_service() {
    let variables = [
        ("PATH", "/bin"),
        ("backends_path", "x"),
        ("BACKENDS_USER", ""),
        ("BACKENDS_TYPO", ""),
        ("BACKENDS_SERVICE_HOST", "10.0.0.1"),
        ("BACKENDS_SERVICE_PORT", "80"),
        ("BACKENDS_SERVICE_PORT_HTTP", "80"),
        ("BACKENDS_PORT", "tcp://10.0.0.1:80"),
        ("BACKENDS_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("BACKENDS_PORT_80_TCP_PROTO", "tcp"),
        ("BACKENDS_EU_PORT_443_TCP_ADDR", "10.0.0.1"),
    ];
    let mongo =
        resolve(&in_environment("mongodb", r#"{"host": "h", "database": "d", "user": "u"}"#, &variables).unwrap())
            .unwrap();
    assert_eq!(mongo.text("user"), Some("u"));
    let port = in_environment("memory", "{}", &[("BACKENDS_PORT", "27017")]).unwrap();
    assert!(mistakes(resolve(&port))[0].starts_with("unknown variable `BACKENDS_PORT`"));
}

#[cfg(unix)]
#[test]
fn s6_a_variable_that_is_no_unicode_is_not_ignored() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    for name in ["BACKENDS_PATH", "BACKENDS_DB_NAME"] {
        let environment = Environment::from_os([(OsString::from(name), OsString::from_vec(vec![0xff]))]);
        let config = config("memory", "{}").unwrap().with_environment(&environment);
        assert_eq!(mistakes(resolve(&config)), [format!("`{name}` is no Unicode text: set it anew, or unset it")]);
    }
}

#[test]
fn s6_null_falls_through_and_empty_text_from_code_takes_away() {
    let variables = [("BACKENDS_USER", "variable")];
    let config =
        in_environment("mongodb", r#"{"host": "h", "database": "d", "user": "file", "pass": null}"#, &variables)
            .unwrap();
    let null = resolve(&config.clone().set("user", serde_json::Value::Null)).unwrap();
    assert_eq!((null.text("user"), null.is_set("pass")), (Some("variable"), false));
    assert_eq!(resolve(&config.set("user", "")).unwrap().text("user"), None);
}

#[test]
fn settings_in_code_take_the_types_of_rust() {
    let config = DatabaseConfig::new("mongodb")
        .set("host", vec!["a".to_owned(), "b".to_owned()])
        .set("database", String::from("d"))
        .set("maxPoolSize", 7_u32)
        .set("minPoolSize", 1_i64)
        .set("tls", true)
        .set("connectTimeoutMs", Duration::from_micros(1_500));
    let mongo = resolve(&config).unwrap();
    assert_eq!(mongo.list("host"), ["a", "b"]);
    assert_eq!(mongo.duration("connectTimeoutMs"), Some(Duration::from_millis(2)));
    let wrong = resolve(&config.set("connectTimeoutMs", Duration::ZERO).set("tls", "on"));
    assert_eq!(
        mistakes(wrong),
        [
            "`connectTimeoutMs` (set in code) must be a whole number of milliseconds from 1 to 2147483647",
            "`tls` (set in code) must be true or false",
        ]
    );
}
