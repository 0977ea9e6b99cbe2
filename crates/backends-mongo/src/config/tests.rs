//! Properties become the options of the driver's client.

use std::time::Duration;

use backends_core::{DatabaseConfig, Environment, ServiceConfig};
use mongodb::options::{AuthMechanism, ReadPreference};

use super::*;

async fn read(config: DatabaseConfig) -> Result<MongoOptions> {
    options(&config.resolve(&[info()], &[])?).await
}

fn today() -> DatabaseConfig {
    DatabaseConfig::new(NAME).set("host", "mongo").set("database", "shop")
}

fn by_url(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(NAME).set("url", url)
}

#[tokio::test]
async fn the_block_of_today_reaches_the_client() {
    let config = today().set("user", "ada").set("pass", "p@ss:w/rd").set("tablePrefix", "t_").set("timeoutMs", 1_500);
    let options = read(config).await.unwrap();
    assert_eq!((options.database.as_str(), options.table_prefix.as_str()), ("shop", "t_"));
    let client = options.for_client();
    assert_eq!(client.hosts, [ServerAddress::Tcp { host: "mongo".into(), port: None }]);
    let credential = client.credential.unwrap();
    assert_eq!(
        (credential.username.as_deref(), credential.password.as_deref(), credential.source.as_deref()),
        (Some("ada"), Some("p@ss:w/rd"), Some("shop"))
    );
    assert_eq!(client.server_selection_timeout, Some(Duration::from_millis(1_250)));
    assert_eq!((client.tls, client.max_pool_size), (None, Some(100)));
}

#[tokio::test]
async fn l51_several_hosts_pools_and_times() {
    let config = today()
        .set("host", "a:1,b,[::1]:3,/tmp/mongodb-27017.sock")
        .set("user", "ada")
        .set("pass", "x")
        .set("authSource", "users")
        .set("maxPoolSize", 7)
        .set("minPoolSize", 2)
        .set("connectTimeoutMs", 250);
    let client = read(config).await.unwrap().for_client();
    assert_eq!(client.hosts.len(), 4);
    assert_eq!(client.hosts[0], ServerAddress::Tcp { host: "a".into(), port: Some(1) });
    assert!(matches!(client.hosts[3], ServerAddress::Unix { .. }));
    assert_eq!((client.max_pool_size, client.min_pool_size), (Some(7), Some(2)));
    assert_eq!(client.connect_timeout, Some(Duration::from_millis(250)));
    assert_eq!(client.credential.unwrap().source.as_deref(), Some("users"));
}

#[tokio::test]
async fn a_url_says_all_and_single_settings_go_before_it() {
    let url = "mongodb://ada:s%40t@a:1,b/shop?authSource=users&maxPoolSize=3&serverSelectionTimeoutMS=70&w=majority";
    let options = read(by_url(url)).await.unwrap();
    assert_eq!(options.database, "shop");
    let client = options.for_client();
    assert_eq!((client.hosts.len(), client.max_pool_size), (2, Some(3)));
    assert_eq!(client.server_selection_timeout, Some(Duration::from_millis(70)));
    let credential = client.credential.unwrap();
    assert_eq!((credential.password.as_deref(), credential.source.as_deref()), (Some("s@t"), Some("users")));
    let options = read(by_url("mongodb://a/shop?maxPoolSize=3").set("database", "other").set("maxPoolSize", 9)).await;
    let options = options.unwrap();
    assert_eq!((options.database.as_str(), options.for_client().max_pool_size), ("other", Some(9)));
    assert!(matches!(
        read(by_url("mongodb://a/shop?readPreference=primary")).await.unwrap().for_client().selection_criteria,
        Some(mongodb::options::SelectionCriteria::ReadPreference(ReadPreference::Primary))
    ));
}

#[tokio::test]
async fn l51_a_user_beside_the_url_keeps_its_source_and_mechanism() {
    let scram = Some(AuthMechanism::ScramSha256);
    for (url, beside, source, mechanism) in [
        ("mongodb://a/shop", None, "admin", None),
        ("mongodb://a/shop?authSource=users", None, "users", None),
        ("mongodb://a/shop?authsource=us%20ers", None, "us ers", None),
        ("mongodb://a/shop?authsource=users", Some("others"), "others", None),
        ("mongodb://a/shop", Some("users"), "users", None),
        ("mongodb://a/shop?authMechanism=SCRAM-SHA-256", None, "admin", scram.clone()),
        ("mongodb://a/shop?authSource=users&authMechanism=SCRAM-SHA-256", None, "users", scram.clone()),
        ("mongodb://a/shop?authMechanism=SCRAM-SHA-256", Some("users"), "users", scram),
        ("mongodb://a/shop?authMechanism=PLAIN", None, "$external", Some(AuthMechanism::Plain)),
    ] {
        let mut config = by_url(url).set("user", "ada").set("pass", "p@ss:w/rd");
        if let Some(beside) = beside {
            config = config.set("authSource", beside);
        }
        let options = read(config).await.unwrap();
        assert_eq!(options.database, "shop", "{url}");
        let credential = options.for_client().credential.unwrap();
        assert_eq!((credential.source.as_deref(), credential.mechanism), (Some(source), mechanism), "{url} {beside:?}");
        assert_eq!((credential.username.as_deref(), credential.password.as_deref()), (Some("ada"), Some("p@ss:w/rd")));
    }
    let x509 = read(by_url("mongodb://a/shop?authMechanism=MONGODB-X509&authSource=$external&tls=true")).await.unwrap();
    let credential = x509.for_client().credential.unwrap();
    assert_eq!((credential.mechanism, credential.username), (Some(AuthMechanism::MongoDbX509), None));
}

#[tokio::test]
async fn l51_code_goes_before_the_environment_and_that_before_the_file() {
    let file = r#"{"database": {"dbName": "mongodb", "dbInfo": {
        "url": "mongodb://a/of_url?authSource=of_url&maxPoolSize=1&minPoolSize=1", "user": "ada", "pass": "x",
        "authSource": "of_file", "database": "of_file", "tablePrefix": "of_file", "maxPoolSize": 2}}}"#;
    let variables = [
        ("BACKENDS_AUTH_SOURCE", "of_environment"),
        ("BACKENDS_DATABASE", "of_environment"),
        ("BACKENDS_MAX_POOL_SIZE", "3"),
    ];
    let service = ServiceConfig::from_json_in(file, &Environment::from_pairs(variables)).unwrap();
    let config = service.database.set("maxPoolSize", 4).resolve(&[info()], &[]).unwrap();
    let options = MongoOptions::from_config(&config).await.unwrap();
    assert_eq!((options.database.as_str(), options.table_prefix.as_str()), ("of_environment", "of_file"));
    let client = options.for_client();
    assert_eq!((client.max_pool_size, client.min_pool_size), (Some(4), Some(1)));
    assert_eq!(client.credential.unwrap().source.as_deref(), Some("of_environment"));
    let options = options.database("of_code").table_prefix("of_code").client(|client| client.max_pool_size = Some(5));
    assert_eq!((options.database.as_str(), options.table_prefix.as_str()), ("of_code", "of_code"));
    let client = options.for_client();
    assert_eq!((client.max_pool_size, client.min_pool_size), (Some(5), Some(1)));
    assert_eq!(client.credential.unwrap().username.as_deref(), Some("ada"));
}

#[tokio::test]
async fn l55_no_setting_of_the_url_is_dropped_or_replaced() {
    let with_user = |url: &str| by_url(url).set("user", "ada").set("pass", "hunter2");
    for (config, words) in [
        (with_user("mongodb://a/d?authMechanism=MONGODB-X509"), &["`authMechanism`", "`url`"]),
        (with_user("mongodb://a/d?authMechanism=hunter2"), &["`authMechanism`", "`url`"]),
        (with_user("mongodb://@a/d"), &["connection string", "`url`"]),
        (by_url("mongodb://a/d?authSource=hunter2"), &["`authSource`", "`user`"]),
        (by_url("mongodb://a/d?authMechanism=SCRAM-SHA-256"), &["`authMechanism`", "`url`"]),
        (by_url("mongodb://a/d?authMechanism=MONGODB-X509&maxPoolSize=hunter2"), &["`maxPoolSize`", "`url`"]),
        (
            by_url("mongodb://u:p@a/d?authMechanismProperties=a:hunter2"),
            &["`authMechanismProperties`", "`authMechanism`"],
        ),
        (by_url("mongodb://a/d?retryWrites=false"), &["`retryWrites`", "lost connection"]),
        (by_url("mongodb://a/d?retryreads=false"), &["`retryReads`", "primary"]),
        (by_url("mongodb://a/d?journal=false"), &["`journal`", "killed"]),
        (by_url("mongodb://a/d?j=false"), &["`j`", "`url`"]),
        (by_url("mongodb://a/d?w=2"), &["`w`", "majority"]),
        (by_url("mongodb://a/d?readConcernLevel=available"), &["`readConcernLevel`", "majority"]),
        (by_url("mongodb://a/d?waitQueueTimeoutMS=10"), &["`waitQueueTimeoutMS`", "`timeoutMs`"]),
        (by_url("mongodb://a/d?uuidRepresentation=javaLegacy"), &["`uuidRepresentation`", "UUIDs"]),
        (by_url("mongodb://a/d?socketTimeoutMS=10"), &["`socketTimeoutMS`", "`url`"]),
        (by_url("mongodb://a/d?compressors=zlib"), &["`compressors`", "`url`"]),
        (by_url("mongodb://a/d?readPreference=primary&maxStalenessSeconds=90"), &["`maxStalenessSeconds`", "`url`"]),
    ] {
        let error = read(config).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(error.is_invalid_config() && words.iter().all(|word| text.contains(word)), "{words:?}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let all =
        "mongodb://a/d?retryWrites=true&retryReads=true&journal=true&w=majority&wtimeoutMS=90&readConcernLevel=local";
    let concern = read(by_url(all)).await.unwrap().for_client().write_concern.unwrap();
    assert_eq!((concern.journal, concern.w_timeout), (Some(true), Some(Duration::from_millis(90))));
}

#[tokio::test]
async fn l51_encryption_comes_from_files_and_urls() {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, "").unwrap();
    let ca = ca.to_str().unwrap();
    let client = read(today().set("tlsCaFile", ca)).await.unwrap().for_client();
    let Some(Tls::Enabled(tls)) = client.tls else { panic!("not encrypted") };
    assert_eq!(tls.ca_file_path.unwrap().to_str(), Some(ca));
    let client = read(today().set("tls", true)).await.unwrap().for_client();
    assert_eq!(client.tls, Some(Tls::Enabled(TlsOptions::default())));
    let client = read(by_url("mongodb://a/d?tls=true").set("tls", false)).await.unwrap().for_client();
    assert_eq!(client.tls, Some(Tls::Disabled));
    let missing = directory.path().join("missing.pem");
    let missing = missing.to_str().unwrap();
    for config in [today().set("tlsCaFile", missing), by_url(&format!("mongodb://a/d?tls=true&tlsCAFile={missing}"))] {
        let error = read(config).await.unwrap_err();
        assert!(error.is_invalid_config() && error.to_string().contains("missing.pem"), "{error}");
    }
}

#[tokio::test]
async fn l55_what_is_wrong_is_said_without_a_value() {
    for (config, words) in [
        (DatabaseConfig::new(NAME).set("database", "d"), &["host"] as &[_]),
        (DatabaseConfig::new(NAME).set("host", "a"), &["database"]),
        (by_url("mongodb://a"), &["database"]),
        (today().set("user", "hunter2"), &["`user`", "`pass`"]),
        (today().set("authSource", "hunter2"), &["`authSource`"]),
        (today().set("database", "hunter2/"), &["database"]),
        (today().set("tablePrefix", "hunter2$"), &["tablePrefix"]),
        (today().set("host", "/tmp/hunter2"), &[".sock"]),
        (by_url("mongodb://a/d?readPreference=secondary&w=1"), &["readPreference", "`w`"]),
        (by_url("mongodb://a/d?maxPoolSize=hunter2"), &["maxPoolSize"]),
        (by_url("mongodb://a/d?tls=hunter2"), &["tls"]),
        (by_url("mongodb://ada:hunter2@/d"), &["connection string"]),
        (by_url("mongodb://ada:pa@hunter2@a/d"), &["connection string"]),
        (by_url("mongodb://ada:pa?hunter2=1@a/d"), &["database"]),
        (by_url("mongodb://ada:pa?hunter2=1@a/d").set("database", "d"), &["connection string"]),
    ] {
        let error = read(config).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(error.is_invalid_config() && words.iter().all(|word| text.contains(word)), "{words:?}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn the_name_service_is_a_feature() {
    let config = DatabaseConfig::from_uri("mongodb+srv://host.invalid/shop", &[info()], &[]).unwrap();
    let error = read(config).await.unwrap_err();
    if cfg!(feature = "srv") {
        assert!(error.is_unavailable(), "{error}");
    } else {
        assert!(error.is_invalid_config() && error.to_string().contains("\"mongodb-srv\""), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn l51_a_pipe_for_a_file_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (send, told) = std::sync::mpsc::channel();
    let path = pipe.to_str().unwrap().to_owned();
    // A thread of its own: whoever opens the pipe waits for who writes to it.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config = today().set("tlsCaFile", path.as_str());
        let _ = send.send(runtime.block_on(read(config)).unwrap_err());
    });
    let error = told.recv_timeout(Duration::from_secs(20)).expect("it waits for who writes to the pipe");
    assert!(error.is_invalid_config() && error.to_string().contains("pipe.pem"), "{error}");
}
