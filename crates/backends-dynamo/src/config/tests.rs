//! Settings and URIs, good and bad.

use std::io::Write as _;
use std::time::Duration;

use aws_sdk_dynamodb::config::ProvideCredentials as _;
use backends_core::DatabaseConfig;

use super::*;

fn resolved(config: &DatabaseConfig) -> Result<BackendConfig> {
    config.resolve(&[info()], &[])
}

fn base() -> DatabaseConfig {
    DatabaseConfig::new(NAME).set("awsRegion", "eu-central-1")
}

fn by_uri(uri: &str) -> Result<BackendConfig> {
    resolved(&DatabaseConfig::from_uri(uri, &[info()], &[])?)
}

async fn key_of(config: &DatabaseConfig) -> Result<(String, String, Option<String>)> {
    let config = load(&resolved(config)?, Url::default()).await?;
    let provider = config.credentials_provider().ok_or_else(|| Error::permission_denied("none"))?;
    let key =
        provider.provide_credentials().await.map_err(|native| Error::permission_denied("none").with_native(native))?;
    let token = key.session_token().map(str::to_owned);
    Ok((key.access_key_id().to_owned(), key.secret_access_key().to_owned(), token))
}

fn mistakes(config: &DatabaseConfig) -> Vec<String> {
    let error = resolved(config).unwrap_err();
    assert!(error.is_invalid_config(), "{error}");
    error.mistakes().to_vec()
}

#[tokio::test]
async fn l51_static_keys_with_a_session_are_used() {
    let config = base().set("awsSecretKeyId", "id").set("awsSecretAccessKey", "key").set("awsSessionToken", "token");
    let config = config.set("endpoint", "http://localhost:8000").set("tablePrefix", "t.");
    let options = options(&resolved(&config).unwrap()).await.unwrap();
    assert_eq!(options.config.region().map(Region::as_ref), Some("eu-central-1"));
    assert_eq!(options.table_prefix, "t.");
    assert_eq!(key_of(&config).await.unwrap(), ("id".into(), "key".into(), Some("token".into())));
    assert!(!format!("{options:?}").contains("token"));
}

#[test]
fn l51_authorities_beside_an_endpoint_that_is_not_encrypted_are_refused() {
    let with = |config: DatabaseConfig| config.set("tlsCaFile", "/ca.pem");
    assert!(mistakes(&with(base().set("endpoint", "http://a:8000")))[0].contains("`tlsCaFile`"));
    let by_url = |uri: &str| DatabaseConfig::from_uri(uri, &[info()], &[]).unwrap();
    assert!(mistakes(&with(by_url("dynamodb://a:8000?awsRegion=x")))[0].contains("`tlsCaFile`"));
    for good in [base(), base().set("endpoint", "https://a"), by_url("dynamodb://a:8000?awsRegion=x&tls=true")] {
        assert!(resolved(&with(good)).is_ok());
    }
}

#[tokio::test]
async fn c41_what_reads_by_filter_may_do_is_configured() {
    let of = async |config: DatabaseConfig| {
        let options = options(&resolved(&config).unwrap()).await.unwrap();
        (options.scan, options.max_sort_bytes)
    };
    assert_eq!(of(base()).await, (ScanMode::Allow, 100_000_000));
    assert_eq!(of(base().set("scan", "deny").set("maxSortBytes", 5)).await, (ScanMode::Deny, 5));
    assert_eq!(of(base().set("scan", "allow").set("maxSortBytes", 0)).await, (ScanMode::Allow, 0));
    assert!(mistakes(&base().set("scan", "never"))[0].contains("allow, deny"));
    assert!(mistakes(&base().set("maxSortBytes", -1))[0].contains("whole number"));
}

#[tokio::test]
async fn l51_a_file_gives_the_key_of_its_profile() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = "[default]\naws_access_key_id = a\naws_secret_access_key = b\n\n# other\n[shop]\naws_access_key_id=c\naws_secret_access_key=d\naws_session_token=e\n";
    file.write_all(text.as_bytes()).unwrap();
    let config = base().set("credentials", file.path().to_str().unwrap());
    assert_eq!(key_of(&config).await.unwrap(), ("a".into(), "b".into(), None));
    let shop = config.clone().set("awsProfile", "shop");
    assert_eq!(key_of(&shop).await.unwrap(), ("c".into(), "d".into(), Some("e".into())));
    assert!(key_of(&config.set("awsProfile", "none")).await.unwrap_err().is_permission_denied());
}

#[tokio::test]
async fn c41_a_key_that_no_request_can_carry_is_refused() {
    let key = |id: &str, key: &str| base().set("awsSecretKeyId", id).set("awsSecretAccessKey", key);
    let by_uri = |uri: &str| DatabaseConfig::from_uri(uri, &[info()], &[]).unwrap();
    for config in [
        key("id\n", "hunter2"),
        key("id", "hunter2\n"),
        key("id", "hunter2").set("awsSessionToken", "token\r"),
        by_uri("dynamodb://id%0A:hunter2@h?awsRegion=r"),
    ] {
        let error = options(&resolved(&config).unwrap()).await.unwrap_err();
        assert!(error.is_invalid_config() && error.to_string().contains("line break"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn l51_files_that_cannot_be_used_are_invalid_config() {
    let no_base64 = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_end = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    for (setting, content) in [
        ("credentials", None),
        ("tlsCaFile", None),
        ("tlsCaFile", Some("no certificate")),
        ("tlsCaFile", Some(no_base64)),
        ("tlsCaFile", Some(no_certificate)),
        ("tlsCaFile", Some(no_end)),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.unwrap_or_default().as_bytes()).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        if content.is_none() {
            file.close().unwrap();
        }
        let error = options(&resolved(&base().set(setting, path.as_str())).unwrap()).await.unwrap_err();
        assert!(error.is_invalid_config() && error.to_string().contains(setting), "{error}");
        assert!(error.context().any(|(name, value)| name == "file" && value == path), "{error}");
    }
}

#[tokio::test]
async fn a_uri_says_all_that_settings_do() {
    let config = by_uri("dynamodb://id:k%2Fey@localhost:8000?awsRegion=r&tablePrefix=t_&awsSessionToken=s").unwrap();
    let options = options(&config).await.unwrap();
    assert_eq!(options.config.region().map(Region::as_ref), Some("r"));
    assert_eq!(options.table_prefix, "t_");
    for (uri, endpoint) in [
        ("dynamodb://", None),
        ("dynamodb://localhost:8000", Some("http://localhost:8000")),
        ("dynamodb://localhost:8000/", Some("http://localhost:8000")),
        ("dynamodb://h?tls=true", Some("https://h")),
        ("dynamodb://[::1]:8000?tls=false", Some("http://[::1]:8000")),
    ] {
        assert_eq!(Url::parse(&Uri::parse(uri).unwrap()).unwrap().endpoint.as_deref(), endpoint, "{uri}");
    }
}

#[test]
fn c38_every_mistake_in_a_uri_is_told_at_once_and_no_value() {
    for (uri, expected) in [
        ("dynamodb://a,b/path?region=hunter2", 3),
        ("dynamodb://hunter2@h", 1),
        ("dynamodb://h?awsSessionToken=hunter2", 1),
        ("dynamodb://h?tls=hunter2&awsRegion=", 2),
        ("dynamodb://?tls=true", 1),
        ("dynamodb://h:99999", 1),
        ("dynamodb://h:", 1),
        ("dynamodb://:8000", 1),
    ] {
        let error = by_uri(uri).unwrap_err();
        assert!(error.is_invalid_config(), "{uri}: {error}");
        assert_eq!(error.mistakes().len(), expected, "{uri}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn an_endpoint_is_a_scheme_in_any_case_and_a_host() {
    for (text, address) in [
        ("http://localhost:8000", Some("http://localhost:8000")),
        ("HTTPS://h/", Some("https://h")),
        ("Http://[::1]:8000", Some("http://[::1]:8000")),
        ("ftp://h", None),
        ("http://h:65536", None),
    ] {
        assert_eq!(endpoint(text).as_deref(), address, "{text}");
        assert_eq!(resolved(&base().set("endpoint", text)).is_ok(), address.is_some(), "{text}");
    }
}

#[test]
fn l51_settings_that_contradict_each_other_are_refused() {
    let key = |config: DatabaseConfig| config.set("awsSecretKeyId", "id").set("awsSecretAccessKey", "key");
    for (config, word) in [
        (key(base()).set("awsProfile", "p"), "awsProfile"),
        (key(base()).set("credentials", "f"), "credentials"),
        (key(base()).set("url", "dynamodb://a:b@h"), "url"),
        (base().set("url", "dynamodb://h?awsRegion=other"), "awsRegion"),
        (base().set("url", "dynamodb://h").set("endpoint", "http://h"), "endpoint"),
        (base().set("endpoint", "localhost:8000"), "endpoint"),
        (base().set("endpoint", "http://a:b@h"), "endpoint"),
        (base().set("endpoint", "http://h/path"), "endpoint"),
        (base().set("endpoint", "http://127.0.0.1:99999"), "endpoint"),
        (base().set("endpoint", "http://127.0.0.1:"), "endpoint"),
        (base().set("endpoint", "http://:38000"), "endpoint"),
        (base().set("endpoint", "http:///tmp/socket"), "endpoint"),
    ] {
        let mistakes = mistakes(&config);
        assert!(mistakes.iter().any(|mistake| mistake.contains(word)), "{word}: {mistakes:?}");
    }
    assert!(resolved(&base().set("url", "dynamodb://h?awsRegion=eu-central-1")).is_ok());
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
        for setting in ["tlsCaFile", "credentials"] {
            let config = base().set(setting, path.as_str());
            let _ = send.send(runtime.block_on(options(&resolved(&config).unwrap())).unwrap_err());
        }
    });
    for setting in ["tlsCaFile", "credentials"] {
        let error = told.recv_timeout(Duration::from_secs(20)).expect("it waits for who writes to the pipe");
        assert!(error.is_invalid_config() && error.to_string().contains("pipe.pem"), "{error}");
        assert!(error.to_string().contains(setting), "{error}");
    }
}
