//! From a block to the settings of one backend: names, keys, types, what is required, what contradicts.

use super::*;

#[test]
fn s6_a_name_that_is_no_backend_here_is_refused_with_what_to_do() {
    let enabled = "enabled are memory, mongodb, dynamodb, sqlite; not compiled in are postgres";
    let cases = [
        (
            "postgres",
            format!("backend `postgres` is not compiled in: enable the feature \"postgres\" of `backends` ({enabled})"),
        ),
        ("mongo", "unknown backend `mongo`: did you mean `mongodb`?".to_owned()),
        ("MongoDB", "unknown backend `MongoDB`: did you mean `mongodb`?".to_owned()),
        (
            "postgre",
            "unknown backend `postgre`: did you mean `postgres`? (and enable the feature \"postgres\" of `backends`)"
                .to_owned(),
        ),
        ("redis", format!("unknown backend `redis`: {enabled}")),
        (
            "mongodb://u:hunter2@h",
            format!("`dbName` is no name of a backend: {enabled}; a connection string belongs into `url`"),
        ),
    ];
    for (name, message) in cases {
        assert_eq!(mistakes(resolve(&DatabaseConfig::new(name))), [message], "{name}");
    }
    assert!(
        mistakes(resolve(&DatabaseConfig::new("")))[0].starts_with("no backend is named: set `dbName` in the block")
    );
    let none = mistakes(DatabaseConfig::new("mongodb").resolve(&[], &[("mongodb", "mongodb")]));
    assert!(none[0].ends_with("(no backend is enabled; not compiled in are mongodb)"), "{none:?}");
}

#[test]
fn s6_an_unknown_key_is_refused_with_the_nearest_known_one() {
    assert_mistakes("memory", r#"{"hots": "h"}"#, &["`dbInfo`: unknown key `hots`: did you mean `host`?"]);
    assert_mistakes(
        "memory",
        r#"{"awsregion": "x"}"#,
        &["`dbInfo`: unknown key `awsregion`: did you mean `awsRegion`?"],
    );
    assert_mistakes(
        "memory",
        r#"{"authsource": "x"}"#,
        &["`dbInfo`: unknown key `authsource`: did you mean `authSource`?"],
    );
    let found = mistakes(resolve(&config("memory", r#"{"colour": 1}"#).unwrap()));
    assert_eq!(found, ["`dbInfo`: unknown key `colour`: known are url, timeoutMs, options"]);
    let found = mistakes(resolve(&config("other", r#"{"colour": 1}"#).unwrap()));
    assert!(found[1].starts_with("`dbInfo`: unknown key `colour`: known are url, host,"), "{found:?}");
}

#[test]
fn s6_one_block_holds_the_settings_of_every_backend() {
    let all = r#"{"host": "h", "database": "d", "path": "x.db", "awsRegion": "r", "scan": "deny", "authSource": "a",
        "url": "mongodb://h", "options": {"mongodb": {"url": null}, "postgres": {"anything": 1}}}"#;
    for name in ["memory", "dynamodb", "sqlite"] {
        let resolved = resolve(&config(name, all).unwrap()).unwrap();
        assert!(resolved.unused().contains(&"url".to_owned()), "{name}");
        assert!(!resolved.is_set("url"), "{name}");
    }
    assert_mistakes(
        "mongodb",
        all,
        &["`url` and `host` both say where the database is: keep one, or put `url` under `options` of its backend"],
    );
}

#[test]
fn s6_what_stands_under_options_is_for_that_backend_and_goes_before_the_rest() {
    let info = r#"{"host": "h", "database": "d", "maxPoolSize": 5, "options": {"mongodb": {"maxPoolSize": 50}, "dynamodb": {"scan": "deny"}}}"#;
    let config = config("mongodb", info).unwrap();
    assert_eq!(resolve(&config).unwrap().integer("maxPoolSize"), Some(50));
    let with_variable = config.with_environment(&Environment::from_pairs([("BACKENDS_MAX_POOL_SIZE", "7")]));
    assert_eq!(resolve(&with_variable).unwrap().integer("maxPoolSize"), Some(7));
    assert_mistakes(
        "memory",
        r#"{"options": {"mongodb": {"path": "x", "maxPoolSize": 0}, "dynamodb": 1, "mongo": {}, "sqlite": null, "memory": {"timeoutMs": 1}}}"#,
        &[
            "`options`: `dynamodb` must be an object: the settings of that backend",
            "`options`: unknown backend `mongo`: did you mean `mongodb`?",
            "`options`: mongodb: `maxPoolSize` must be a whole number from 1 to 100000",
            "`options`: mongodb: unknown key `path`: did you mean `pass`?",
        ],
    );
}

#[test]
fn s6_a_value_of_another_type_is_refused_with_the_type() {
    let cases = [
        (r#"{"database": 1}"#, "`database` must be text"),
        (r#"{"pass": ["hunter2"]}"#, "`pass` must be text"),
        (r#"{"maxPoolSize": "10"}"#, "`maxPoolSize` must be a whole number from 1 to 100000"),
        (r#"{"maxPoolSize": 1.5}"#, "`maxPoolSize` must be a whole number from 1 to 100000"),
        (r#"{"minPoolSize": -1}"#, "`minPoolSize` must be a whole number from 0 to 100000"),
        (r#"{"timeoutMs": 0}"#, "`timeoutMs` must be a whole number of milliseconds from 1 to 2147483647"),
        (r#"{"timeoutMs": 1e300}"#, "`timeoutMs` must be a whole number of milliseconds from 1 to 2147483647"),
        (r#"{"tls": "true"}"#, "`tls` must be true or false"),
        (
            r#"{"host": 1}"#,
            "`host` must be text, several texts separated by commas, or an array of texts, none of them empty",
        ),
        (
            r#"{"host": ["a", 1]}"#,
            "`host` must be text, several texts separated by commas, or an array of texts, none of them empty",
        ),
        (
            r#"{"host": "a,,b"}"#,
            "`host` must be text, several texts separated by commas, or an array of texts, none of them empty",
        ),
        (r#"{"options": []}"#, "`options` must be an object"),
        (r#"{"scan": "Allow"}"#, "`scan` must be one of allow, deny"),
    ];
    for (info, message) in cases {
        // Whether or not the backend reads it.
        assert_mistakes("memory", info, &[message]);
    }
    let whole = r#"{"host": ["a:1", "b:2"], "database": "d", "maxPoolSize": 10.0, "minPoolSize": 0}"#;
    let mongo = resolve(&config("mongodb", whole).unwrap()).unwrap();
    assert_eq!((mongo.list("host").len(), mongo.integer("maxPoolSize")), (2, Some(10)));
}

#[test]
fn l55_what_the_chosen_backend_requires_is_checked_and_only_that() {
    assert_mistakes(
        "mongodb",
        r#"{"awsRegion": ""}"#,
        &[
            "`host` is missing, and so is `url`: set one of them in `dbInfo`, or in `BACKENDS_HOST` or `BACKENDS_URL`",
            "`database` is missing: set it in `dbInfo`, or in `BACKENDS_DATABASE`",
        ],
    );
    for empty in [r#"{"awsRegion": ""}"#, r#"{"awsRegion": null}"#, "{}"] {
        assert_mistakes(
            "dynamodb",
            empty,
            &["`awsRegion` is missing: set it in `dbInfo`, or in `BACKENDS_AWS_REGION`"],
        );
    }
    assert_mistakes(
        "mongodb",
        r#"{"host": 1, "database": "d"}"#,
        &["`host` must be text, several texts separated by commas, or an array of texts, none of them empty"],
    );
    let required: Vec<_> = mongodb().required().map(|property| property.name).collect();
    assert_eq!(required, ["host", "database"]);
}

#[test]
fn l51_static_keys_beside_a_file_and_half_of_a_pair_are_refused() {
    let file =
        "`credentials` and static AWS keys are given: keep the file, or `awsSecretKeyId` and `awsSecretAccessKey`";
    let no_key = "`awsSecretKeyId` is given without `awsSecretAccessKey`: give both";
    let cases: [(&str, &[&str]); 5] = [
        (r#""credentials": "f", "awsSecretKeyId": "i", "awsSecretAccessKey": "k""#, &[file]),
        (r#""credentials": "f", "awsSecretKeyId": "i""#, &[file, no_key]),
        (r#""awsSecretKeyId": "i", "awsSecretAccessKey": """#, &[no_key]),
        (r#""awsSecretAccessKey": "k""#, &["`awsSecretAccessKey` is given without `awsSecretKeyId`: give both"]),
        (
            r#""awsSessionToken": "t""#,
            &["`awsSessionToken` is given without `awsSecretKeyId` and `awsSecretAccessKey`: give all three"],
        ),
    ];
    for (info, expected) in cases {
        assert_mistakes("dynamodb", &format!(r#"{{"awsRegion": "r", {info}}}"#), expected);
        assert!(
            resolve(&config("memory", &format!("{{{info}}}")).unwrap()).is_ok(),
            "only the chosen backend is asked"
        );
    }
    let variables = [("BACKENDS_AWS_SECRET_KEY_ID", "i"), ("BACKENDS_AWS_SECRET_ACCESS_KEY", "k")];
    let mixed = in_environment("dynamodb", r#"{"awsRegion": "r", "credentials": "f"}"#, &variables).unwrap();
    assert_eq!(mistakes(resolve(&mixed)), [file]);
    for good in [
        r#""credentials": "f", "awsSecretKeyId": "" "#,
        r#""awsSecretKeyId": "i", "awsSecretAccessKey": "k", "awsSessionToken": "t""#,
    ] {
        assert!(resolve(&config("dynamodb", &format!(r#"{{"awsRegion": "r", {good}}}"#)).unwrap()).is_ok(), "{good}");
    }
}

#[test]
fn l51_several_hosts_and_tls_are_settings() {
    let info = r#"{"host": "a:1,b:2", "database": "d", "tls": true, "tlsCaFile": "ca.pem"}"#;
    let mongo = resolve(&config("mongodb", info).unwrap()).unwrap();
    assert_eq!((mongo.list("host").len(), mongo.flag("tls"), mongo.text("tlsCaFile")), (2, Some(true), Some("ca.pem")));
}

#[test]
fn s6_a_file_for_tls_asks_for_tls() {
    let base = r#""host": "h", "database": "d""#;
    for (more, tls) in [
        ("", None),
        (r#", "tls": false"#, Some(false)),
        (r#", "tlsCaFile": "f""#, Some(true)),
        (r#", "tls": true"#, Some(true)),
    ] {
        assert_eq!(resolve(&config("mongodb", &format!("{{{base}{more}}}")).unwrap()).unwrap().tls(), tls, "{more}");
    }
    assert_eq!(resolve(&DatabaseConfig::new("memory")).unwrap().tls(), None);
}

#[test]
fn s6_settings_that_contradict_each_other_are_refused() {
    let base = r#""database": "d""#;
    let cases = [
        (
            r#""host": "h", "tls": false, "tlsCaFile": "f""#,
            "`tlsCaFile` is given, but `tls` is false: make it true, or remove the file",
        ),
        (r#""host": "h", "maxPoolSize": 1, "minPoolSize": 2"#, "`minPoolSize` is greater than `maxPoolSize`: lower it"),
        (r#""host": "h", "pass": "p""#, "`pass` is given without `user`: give both"),
        (
            r#""url": "mongodb://u:p@h", "user": "u""#,
            "`url` names a user, and so do `user` and `pass`: keep one of both",
        ),
        (r#""url": "mongodb://h", "pass": "p""#, "`pass` is given without `user`: give both"),
        (
            r#""host": "mongodb://u:hunter2@h""#,
            "`host` must be `name` or `name:port`, without a scheme, a user or a path: give a full connection string as `url`",
        ),
    ];
    for (info, message) in cases {
        assert_mistakes("mongodb", &format!("{{{base}, {info}}}"), &[message]);
    }
    assert!(
        resolve(&config("mongodb", r#"{"database": "d", "url": "mongodb://h", "user": "u", "pass": "p"}"#).unwrap())
            .is_ok()
    );
}

#[test]
fn s6_everything_wrong_is_reported_at_once() {
    let variables = [("BACKENDS_PAHT", "x"), ("BACKENDS_TLS", "x")];
    let config = in_environment(
        "dynamodb",
        r#"{"hots": 1, "pass": 1, "endpoint": "dynamo", "credentials": "f", "awsSecretKeyId": "i"}"#,
        &variables,
    )
    .unwrap()
    .set("tag", "x");
    let error = resolve(&config).unwrap_err();
    assert_eq!(error.backend(), Some("dynamodb"));
    let begins = [
        "unknown variable `BACKENDS_PAHT`",
        "`dbInfo`: unknown key `tag`: did you mean `tags`?",
        "`BACKENDS_TLS` must be",
        "`dbInfo`: unknown key `hots`",
        "`pass` must be text",
        "`awsRegion` is missing",
        "`credentials` and static AWS keys",
        "`awsSecretKeyId` is given without",
        "`endpoint` must begin",
    ];
    assert_eq!(error.mistakes().len(), begins.len(), "{error}");
    for begin in begins {
        assert!(error.mistakes().iter().any(|mistake| mistake.starts_with(begin)), "{begin}: {error}");
    }
    // A name that is misspelt does not hide the rest; an absent backend might know the key.
    assert_eq!(mistakes(resolve(&super::config("mongod", r#"{"hots": 1, "pass": 1}"#).unwrap())).len(), 3);
    assert_eq!(mistakes(resolve(&super::config("postgres", r#"{"hots": 1, "pass": 1}"#).unwrap())).len(), 2);
}

#[test]
fn a_third_party_cannot_give_a_shared_word_another_meaning() {
    let info = BackendInfo::new("own", "Own").property(Property::text("host", "one server"));
    let found = mistakes(DatabaseConfig::new("own").set("host", "h").resolve(&[info], &[]));
    assert_eq!(
        found,
        ["backend `own` declares `host` as text, which everywhere else is list: give it another name there"]
    );
}

#[test]
fn a_missing_optional_text_that_a_backend_needs_after_all_is_an_error() {
    let config = resolve(&DatabaseConfig::new("dynamodb").set("awsRegion", "r")).unwrap();
    let error = config.required_text("endpoint").unwrap_err();
    assert!(error.is_invalid_config());
    assert_eq!(error.message(), "`endpoint` is missing: set it in `dbInfo`, or in `BACKENDS_ENDPOINT`");
}
