//! Files: what loads, and what is said of those that do not.

use super::*;

/// The block that services have today, with keys that are none of ours around it.
const TODAY: &str = r#"{
    "service": { "name": "users", "port": 8080 }, "security": [ { "realm": null } ],
    "database": { "dbName": "dynamodb", "dbInfo": {
        "credentials": "/run/secrets/aws-credentials", "endpoint": "http://dynamo:8000", "awsRegion": "us-east-1",
        "host": "mongo:27017", "database": "database-name", "user": "username", "pass": "password" } } }"#;

const NO_NAME: &str = "no backend is named: set `dbName` in the block `database`, or `BACKENDS_DB_NAME` \
    (enabled are memory, mongodb, dynamodb, sqlite; not compiled in are postgres)";

fn load(text: &str) -> Result<ServiceConfig> {
    ServiceConfig::from_json_in(text, &Environment::empty())
}

/// What is wrong with the text of a file, when it is used.
fn wrong(text: &str) -> Vec<String> {
    mistakes(load(text).and_then(|config| resolve(&config.database)))
}

#[test]
fn s6_todays_block_loads_unchanged_for_each_backend_in_it() {
    let database = load(TODAY).unwrap().database;
    assert_eq!((database.db_name.as_str(), database.db_name()), ("dynamodb", "dynamodb"));

    let dynamo = resolve(&database).unwrap();
    assert_eq!(dynamo.backend(), "dynamodb");
    assert_eq!(dynamo.text("credentials"), Some("/run/secrets/aws-credentials"));
    assert_eq!(dynamo.text("endpoint"), Some("http://dynamo:8000"));
    assert_eq!(dynamo.required_text("awsRegion").unwrap(), "us-east-1");
    assert_eq!(dynamo.unused(), ["database", "host", "pass", "user"]);

    let mongo = database.resolve_for("mongodb", &backends(), ABSENT).unwrap();
    assert_eq!(mongo.list("host"), ["mongo:27017"]);
    assert_eq!(mongo.text("database"), Some("database-name"));
    assert_eq!(mongo.text("user"), Some("username"));
    assert_eq!(mongo.secret("pass").unwrap().expose(), "password");
    assert_eq!(mongo.unused(), ["awsRegion", "credentials", "endpoint"]);
}

#[test]
fn s6_todays_block_needs_none_of_the_other_backends_compiled_in() {
    let database = load(TODAY).unwrap().database;
    assert!(database.resolve(&[dynamodb()], &[("mongodb", "mongodb")]).is_ok());
}

#[test]
fn s6_a_file_that_cannot_be_used_is_an_error_that_says_what_to_do() {
    let cases = [
        ("", "the configuration is empty: write `{\"database\": {…}}`"),
        (" \n", "the configuration is empty: write `{\"database\": {…}}`"),
        ("{", "the JSON ends too early (line 1, column 1): close what is open"),
        ("{\"database\": {\n  \"dbName\": hunter2", "this is no JSON (line 2, column 13): correct it there"),
        ("{} {}", "this is no JSON (line 1, column 4): correct it there"),
        ("[]", "the configuration is no object: write `{\"database\": {…}}`"),
        ("{}", "the block `database` is missing: add `\"database\": {\"dbName\": …, \"dbInfo\": {…}}`"),
        (
            r#"{"Database": {}}"#,
            "the block `database` is missing: add `\"database\": {\"dbName\": …, \"dbInfo\": {…}}`; `Database` is another key",
        ),
        (r#"{"database": "mongodb"}"#, "`database` must be an object with `dbName` and `dbInfo`"),
        (r#"{"database": {}}"#, NO_NAME),
        (r#"{"database": {"dbName": ""}}"#, NO_NAME),
        (r#"{"database": {"dbName": 7}}"#, "`dbName` must be text: the name of the backend"),
        (
            r#"{"database": {"dbName": "memory", "dbInfo": 7}}"#,
            "`dbInfo` must be an object: the settings of the backend",
        ),
        (
            r#"{"database": {"dbName": "memory", "dbinfo": {}}}"#,
            "`database`: unknown key `dbinfo`: did you mean `dbInfo`?",
        ),
        (
            r#"{"database": {"dbName": "memory", "dbInfo": {"host": "a", "host": "b"}}}"#,
            "`database.dbInfo.host` is given more than once: keep one",
        ),
        (
            r#"{"database": {"dbName": "a"}, "database": {"dbName": "memory"}}"#,
            "`database` is given more than once: keep one",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(wrong(text), [message], "{text}");
    }
}

#[test]
fn s6_the_rest_of_the_file_is_left_alone_whatever_it_holds() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for rest in [
        r#""database.dbInfo.host": 1, "database.dbInfo.host": 2"#,
        r#""service": {"limit": 1e400, "name": 1, "name": 2}, "service": 3"#,
        &format!(r#""security": {deep}"#),
    ] {
        for text in [
            format!(r#"{{"database": {{"dbName": "memory"}}, {rest}}}"#),
            format!(r#"{{{rest}, "database": {{"dbName": "memory"}}}}"#),
        ] {
            let database = load(&text).unwrap().database;
            assert_eq!(database.resolve(&backends(), ABSENT).unwrap().backend(), "memory", "{rest}");
        }
    }
}

#[test]
fn s6_all_that_is_wrong_with_a_block_is_said_at_once() {
    let text = r#"{"database": {"dbName": 1, "dbInfo": [], "dbinfo": {}, "host": 1, "host": 2}}"#;
    assert_eq!(wrong(text).len(), 5);
}

#[test]
fn s6_what_is_wrong_with_a_block_hides_nothing_of_its_settings() {
    let environment = Environment::from_pairs([("BACKENDS_PAHT", "x")]);
    for (name, more) in [(r#""dbName": "mongodb""#, 1), (r#""dbName": 7"#, 0), (r#""other": 7"#, 1)] {
        let text =
            format!(r#"{{"database": {{{name}, "dbinfo": {{}}, "dbInfo": {{"hots": 1, "tls": 1, "tls": 2}}}}}}"#);
        let config = ServiceConfig::from_json_in(&text, &environment).unwrap();
        let found = mistakes(resolve(&config.database));
        for part in ["`dbinfo`", "`hots`", "`database.dbInfo.tls`", "`tls` must be", "`BACKENDS_PAHT`"] {
            assert!(found.iter().any(|mistake| mistake.contains(part)), "{part}: {found:?}");
        }
        assert!(found.len() > 5 + more, "{found:?}");
    }
}

#[test]
fn s6_what_is_wrong_with_a_block_names_the_file() {
    let path = std::env::temp_dir().join(format!("backends-block-{}.json", std::process::id()));
    std::fs::write(&path, r#"{"database": {"dbName": "memory", "dbInfo": {"hots": 1}}}"#).unwrap();
    let config = ServiceConfig::from_file_in(&path, &Environment::empty()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = resolve(&config.database).unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

#[test]
fn s6_a_backend_that_needs_no_settings_needs_no_db_info() {
    for block in
        [r#"{"dbName": "memory"}"#, r#"{"dbName": "memory", "dbInfo": null}"#, r#"{"dbName": "memory", "dbInfo": {}}"#]
    {
        let text = format!("\u{feff}{{\"database\": {block}, \"other\": 1, \"other\": 2.5e300}}");
        assert!(resolve(&load(&text).unwrap().database).is_ok(), "{text}");
    }
}

#[test]
fn l49_every_file_that_cannot_be_read_is_an_error_with_its_path() {
    let folder = std::env::temp_dir().join(format!("backends-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (latin, broken, good) = (folder.join("latin.json"), folder.join("broken.json"), folder.join("good.json"));
    std::fs::write(&latin, b"{\"database\": \"\xe9\"}").unwrap();
    std::fs::write(&broken, "{").unwrap();
    std::fs::write(&good, TODAY).unwrap();
    let cases = [
        (folder.join("none.json"), "there is no such file"),
        (folder.clone(), "this is a directory"),
        (latin, "the file is no UTF-8"),
        (broken, "the JSON ends too early"),
    ];
    for (path, begin) in cases {
        let error = ServiceConfig::from_file_in(&path, &Environment::empty()).unwrap_err();
        assert!(error.is_invalid_config() && error.message().starts_with(begin), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    assert_eq!(ServiceConfig::from_file(&good).unwrap().database.db_name, "dynamodb");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_service_with_its_own_type_reads_the_block_through_serde() {
    #[derive(serde::Deserialize)]
    struct Own {
        port: u16,
        database: DatabaseConfig,
    }
    let own: Own =
        serde_json::from_str(r#"{"port": 80, "database": {"dbName": "sqlite", "dbInfo": {"path": "x"}}}"#).unwrap();
    assert_eq!(own.port, 80);
    let environment = Environment::from_pairs([("BACKENDS_PATH", "y")]);
    assert_eq!(resolve(&own.database).unwrap().text("path"), Some("x"));
    assert_eq!(resolve(&own.database.with_environment(&environment)).unwrap().text("path"), Some("y"));
    let config: DatabaseConfig = serde_json::from_str(r#"{"dbname": "hunter2"}"#).unwrap();
    let error = resolve(&config).unwrap_err().to_string();
    assert!(error.contains("did you mean `dbName`?") && !error.contains("hunter2"), "{error}");
    assert!(serde_json::from_str::<DatabaseConfig>("7").is_err());
    let twice = r#"{"dbName": "sqlite", "dbInfo": {"path": "a", "path": "b"}, "dbName": "sqlite"}"#;
    let config: DatabaseConfig = serde_json::from_str(twice).unwrap();
    assert_eq!(
        mistakes(resolve(&config)),
        ["database.dbInfo.path", "database.dbName"].map(|path| format!("`{path}` is given more than once: keep one"))
    );
}

#[test]
fn c38_mistakes_without_end_make_a_message_with_one() {
    let keys: Vec<String> = (0..20_000).map(|at| format!("\"k{at}\": 1")).collect();
    for text in [
        format!(r#"{{"database": {{"dbName": "memory", "dbInfo": {{{}}}}}}}"#, keys.join(", ")),
        format!(r#"{{"database": {{"dbName": "memory", {}}}}}"#, keys.join(", ")),
    ] {
        let error = resolve(&load(&text).unwrap().database).unwrap_err();
        assert!(error.is_invalid_config(), "{}", error.kind());
        assert_eq!((error.mistakes().len(), error.mistakes().last().map(String::as_str)), (201, Some("and more")));
        assert!(error.message().len() < 100_000);
    }
}
