//! The program itself: it says where it serves, is interrupted, ends well, and its records are there when it comes back.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

#[path = "common/client.rs"]
#[allow(dead_code, reason = "the other tests send more")]
mod client;

/// The program while it runs, and where it serves.
struct Program {
    child: Child,
    base: String,
}

/// A call of the program with a configuration, and nothing from the environment of the test.
fn call(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    command.env_clear().arg(config).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    fn start(config: &Path) -> Self {
        let mut child = call(config).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, url) = line.split_once("the list is at ").unwrap_or_else(|| panic!("{line:?}"));
        let base = url.trim_end().strip_suffix("/users").unwrap().to_owned();
        Self { child, base }
    }

    /// Tells it to end, and waits for that; nothing is wrong then.
    fn end(self, signal: Signal) {
        assert_eq!(self.last_words(signal), "");
    }

    /// Tells it to end, waits for that, and gives what it had to say.
    fn last_words(mut self, signal: Signal) -> String {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(status.success(), "{status}: {said}");
        said
    }
}

/// Writes a configuration that takes any free port.
fn config(folder: &Path, database: &Value) -> std::path::PathBuf {
    let path = folder.join("config.json");
    let text = json!({ "service": { "listen": "127.0.0.1:0" }, "database": database }).to_string();
    std::fs::write(&path, text).unwrap();
    path
}

/// Registers a user, ends the program while the connection is open, and counts the users after another start.
async fn users_after_a_restart(database: &Value, folder: &Path) -> Value {
    let path = config(folder, database);
    let first = Program::start(&path);
    let client = client::Client::new(&first.base);
    let new = json!({ "email": "ada@example.org", "name": "Ada", "role": "admin" });
    assert_eq!(client.send("POST", "/users", Some(&new)).await.status, 201);
    first.end(Signal::INT);

    let second = Program::start(&path);
    let count = client::Client::new(&second.base).get("/users/count").await.body;
    second.end(Signal::TERM);
    count
}

#[test]
fn it_hears_that_it_is_to_end_from_the_moment_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path(), &json!({ "dbName": "memory" }));
    for signal in [Signal::INT, Signal::TERM].repeat(10) {
        Program::start(&path).end(signal);
    }
}

#[test]
fn a_client_that_does_not_finish_its_request_does_not_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&config(folder.path(), &json!({ "dbName": "memory" })));
    let mut unfinished = TcpStream::connect(program.base.strip_prefix("http://").unwrap()).unwrap();
    let head = "POST /users HTTP/1.1\r\nhost: admin\r\ncontent-type: application/json\r\ncontent-length: 9\r\n";
    write!(unfinished, "{head}expect: 100-continue\r\n\r\n").unwrap();
    let mut asked = [0; 12];
    unfinished.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100"); // it waits for the body
    let said = program.last_words(Signal::TERM);
    assert!(said.contains("a request was not finished"), "{said:?}");
}

#[tokio::test]
async fn it_serves_until_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let count = users_after_a_restart(&json!({ "dbName": "memory" }), folder.path()).await;
    assert_eq!(count, json!({ "count": 0 }));
}

#[tokio::test]
async fn it_says_that_it_lives_and_is_ready_and_what_it_has_measured() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&config(folder.path(), &json!({ "dbName": "memory" })));
    let client = client::Client::new(&program.base);
    assert_eq!(client.get("/health").await.body, json!({ "status": "alive" }));
    assert_eq!(client.get("/ready").await.body, json!({ "status": "ready" }));
    let measured = client.get("/metrics").await.text;
    let ping = r#"db_client_operation_duration_seconds_count{db_system_name="memory",db_operation_name="ping"} 1"#;
    assert!(measured.lines().any(|line| line == ping), "{measured}");
    program.end(Signal::TERM);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn what_it_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.sqlite");
    let database = json!({ "dbName": "sqlite", "dbInfo": { "path": path } });
    assert_eq!(users_after_a_restart(&database, folder.path()).await, json!({ "count": 1 }));
}

#[test]
fn a_wrong_configuration_ends_it_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path(), &json!({ "dbName": "memroy" }));
    let ended = call(&path).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && said.contains("memroy") && said.contains("memory"), "{said}");
}
