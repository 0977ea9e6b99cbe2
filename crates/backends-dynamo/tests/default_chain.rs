//! The chain that every AWS client has, each time in a process of its own with an environment of its own. No DynamoDB is
//! needed: what is asked for a role or a key is a server of the test.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(clippy::print_stdout, reason = "a process tells the one that started it what it saw")]

use std::env;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backends_core::{DatabaseConfig, ErrorKind, Registry};
use backends_dynamo::Dynamodb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Names the settings of the process that a test starts, which is this program again, with the one test that does this.
const SETTINGS: &str = "OPENED_WITH";

/// What the process said, and how long opening took.
struct Said {
    text: String,
    took: Duration,
}

/// Opens the backend in a process with this environment and nothing else.
async fn open(environment: &[(&str, &str)], settings: &[(&str, &str)]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let settings: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut process = Command::new(env::current_exe().unwrap());
    process.args(["--exact", "c41_without_any_credentials_it_is_permission_denied_in_time", "--nocapture"]);
    process.env_clear().env("HOME", home.path()).env(SETTINGS, settings.join(" "));
    process.envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || process.output().unwrap()).await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("SAID "));
    let (took, text) = line.unwrap_or_else(|| panic!("the process said: {told}")).split_once(' ').unwrap();
    Said { text: text.to_owned(), took: Duration::from_millis(took.parse().unwrap()) }
}

/// The other end of [`open`].
async fn say(settings: &str) {
    let mut config = DatabaseConfig::new("dynamodb");
    for (name, value) in settings.split(' ').filter_map(|setting| setting.split_once('=')) {
        config = match value.parse::<i64>() {
            Ok(number) => config.set(name, number),
            Err(_) => config.set(name, value),
        };
    }
    let began = Instant::now();
    let opened = Registry::new().register(Dynamodb).manager(&config).unwrap().backend("dynamodb").await;
    let told = opened.map_or_else(|error| format!("{:?}: {error}", error.kind()), |_| "open".to_owned());
    assert!(!told.contains("hunter2"), "{told}");
    println!("\nSAID {} {told}", began.elapsed().as_millis());
}

/// A server that answers as those who give roles do, and else as a table that lacks the item; none if it is silent.
/// What it was asked is kept.
async fn serve(is_silent: bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, is_silent, Arc::clone(&log)));
        }
    });
    (format!("http://{address}"), asked)
}

async fn answer(mut stream: TcpStream, is_silent: bool, log: Arc<Mutex<Vec<String>>>) {
    let mut request = vec![0; 65_536];
    let mut length = 0;
    while let Ok(read @ 1..) = stream.read(&mut request[length..]).await {
        length += read;
        let text = String::from_utf8_lossy(&request[..length]).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let wanted =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() < wanted.unwrap_or(0) || is_silent {
            continue;
        }
        let role = ["AssumeRoleWithWebIdentity", "AssumeRole"].into_iter().find(|action| body.contains(action));
        let answer = role.map_or_else(|| "{}".to_owned(), |action| {
            format!(
                "<{action}Response><{action}Result><Credentials><AccessKeyId>of-the-role</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
            )
        });
        // Whoever asks for a role has to ask twice.
        let is_first = log.lock().unwrap().is_empty() && role.is_some();
        log.lock().unwrap().push(text);
        length = 0;
        let status = if is_first { "503 Service Unavailable" } else { "200 OK" };
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", answer.len());
        let _ = stream.write_all((head + &answer).as_bytes()).await;
    }
}

const NO_MACHINE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

#[tokio::test]
async fn c41_without_any_credentials_it_is_permission_denied_in_time() {
    if let Ok(settings) = env::var(SETTINGS) {
        return say(&settings).await;
    }
    let (endpoint, asked) = serve(false).await;
    let said =
        open(&[NO_MACHINE], &[("endpoint", &endpoint), ("awsRegion", "eu-central-1"), ("timeoutMs", "2000")]).await;
    assert!(said.text.starts_with(&format!("{:?}", ErrorKind::PermissionDenied)), "{}", said.text);
    assert!(said.text.contains("awsSecretAccessKey") && said.text.contains("role"), "{}", said.text);
    assert!(said.took < Duration::from_secs(2), "{:?}", said.took);
    assert!(asked.lock().unwrap().is_empty(), "asked without a key");
}

#[tokio::test]
async fn c41_a_machine_that_does_not_answer_gives_no_credentials_within_the_deadline() {
    let (machine, _) = serve(true).await;
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.as_str())];
    let said = open(&environment, &[("awsRegion", "eu-central-1"), ("endpoint", "http://127.0.0.1:1")]).await;
    assert!(said.text.starts_with("PermissionDenied"), "{}", said.text);
    assert!(said.took < Duration::from_secs(30), "{:?}", said.took);
}

#[tokio::test]
async fn c41_a_machine_that_does_not_answer_gives_no_region_within_the_deadline() {
    let (machine, _) = serve(true).await;
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.as_str())];
    let said = open(&environment, &[("timeoutMs", "900"), ("endpoint", "http://127.0.0.1:1")]).await;
    assert!(said.text.starts_with("InvalidConfig") && said.text.contains("awsRegion"), "{}", said.text);
    assert!(said.took < Duration::from_millis(950), "{:?}", said.took);
}

#[tokio::test]
async fn c41_a_key_with_a_line_break_is_invalid_config() {
    let environment = [NO_MACHINE, ("AWS_ACCESS_KEY_ID", "id\n"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    let said = open(&environment, &[("awsRegion", "eu-central-1"), ("endpoint", "http://127.0.0.1:1")]).await;
    assert!(said.text.starts_with("InvalidConfig") && said.text.contains("line break"), "{}", said.text);
}

#[tokio::test]
async fn l51_a_web_identity_and_a_role_of_a_profile_are_asked_for_until_they_come_and_used() {
    let files = tempfile::tempdir().unwrap();
    let (token, profiles) = (files.path().join("token"), files.path().join("profiles"));
    std::fs::write(&token, "a.b.c").unwrap();
    let text = "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = other\n\n[other]\naws_access_key_id = a\naws_secret_access_key = hunter2\n";
    std::fs::write(&profiles, text).unwrap();
    let (endpoint, asked) = serve(false).await;
    let sts = ("AWS_ENDPOINT_URL_STS", endpoint.as_str());
    let web = [
        NO_MACHINE,
        sts,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x"),
    ];
    let role = [NO_MACHINE, sts];
    let settings = [("endpoint", endpoint.as_str()), ("awsRegion", "eu-central-1")];
    let with_file = [settings[0], settings[1], ("credentials", profiles.to_str().unwrap())];
    for (environment, settings) in [(web.as_slice(), settings.as_slice()), (&role, &with_file)] {
        asked.lock().unwrap().clear();
        let said = open(environment, settings).await;
        assert_eq!(said.text, "open");
        let asked = asked.lock().unwrap();
        assert!(asked.len() == 3 && asked[2].contains("Credential=of-the-role/"), "{asked:?}");
    }
}

#[tokio::test]
async fn l51_the_token_of_a_temporary_key_goes_with_each_request() {
    let (endpoint, asked) = serve(false).await;
    let place = [("endpoint", endpoint.as_str()), ("awsRegion", "eu-central-1")];
    let key = [("awsSecretKeyId", "temporary"), ("awsSecretAccessKey", "hunter2"), ("awsSessionToken", "of-settings")];
    let in_environment = [
        NO_MACHINE,
        ("AWS_ACCESS_KEY_ID", "temporary"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_SESSION_TOKEN", "of-environment"),
    ];
    let in_settings = [place.as_slice(), &key].concat();
    for (environment, settings, token) in
        [([NO_MACHINE].as_slice(), in_settings.as_slice(), "of-settings"), (&in_environment, &place, "of-environment")]
    {
        asked.lock().unwrap().clear();
        assert_eq!(open(environment, settings).await.text, "open");
        let asked = asked.lock().unwrap();
        let is_signed = asked[0].contains("Credential=temporary/") && asked[0].contains("x-amz-security-token;");
        assert!(asked.len() == 1 && is_signed, "{asked:?}");
        assert!(asked[0].contains(&format!("x-amz-security-token: {token}\r\n")), "{asked:?}");
    }
}

#[tokio::test]
async fn d10_a_container_that_does_not_answer_is_no_refusal() {
    let (container, _) = serve(true).await;
    let environment = [NO_MACHINE, ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str())];
    let settings = [("awsRegion", "eu-central-1"), ("endpoint", "http://127.0.0.1:1"), ("timeoutMs", "7000")];
    let said = open(&environment, &settings).await;
    assert!(said.text.starts_with("Unavailable") && said.text.contains("credentials"), "{}", said.text);
    assert!(said.took < Duration::from_secs(7), "{:?}", said.took);
}

#[tokio::test]
async fn c41_a_profile_that_is_named_goes_before_the_keys_of_the_environment() {
    let files = tempfile::tempdir().unwrap();
    let profiles = files.path().join("profiles");
    std::fs::write(&profiles, "[prod]\naws_access_key_id = of-the-profile\naws_secret_access_key = hunter2\n").unwrap();
    let (endpoint, asked) = serve(false).await;
    let environment = [
        NO_MACHINE,
        ("AWS_ACCESS_KEY_ID", "of-the-environment"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_SHARED_CREDENTIALS_FILE", profiles.to_str().unwrap()),
    ];
    let settings = [("endpoint", endpoint.as_str()), ("awsRegion", "eu-central-1"), ("awsProfile", "prod")];
    for (settings, who) in [(&settings[..2], "of-the-environment"), (&settings, "of-the-profile")] {
        asked.lock().unwrap().clear();
        assert_eq!(open(&environment, settings).await.text, "open");
        let asked = asked.lock().unwrap();
        assert!(asked.len() == 1 && asked[0].contains(&format!("Credential={who}/")), "{asked:?}");
    }
    // Nobody else takes the place of a profile that is not there.
    let said = open(&environment, &[settings[0], settings[1], ("awsProfile", "none")]).await;
    assert!(said.text.starts_with("PermissionDenied"), "{}", said.text);
}
