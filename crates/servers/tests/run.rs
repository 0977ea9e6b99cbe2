//! `servers run` with a server of the environment: the command gets its address, and ends with the run.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use servers::mongo::Document;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers every command as a standalone MongoDB without users would.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(|| answer(stream)))));
    format!("mongodb://{address}/")
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let mut head = [0; 16];
        stream.read_exact(&mut head)?;
        let length = u32::from_le_bytes(head[..4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(length).unwrap() - 16];
        stream.read_exact(&mut body)?;
        let document = Document::new().with("ok", 1.0).with("version", "1.2.3").encode();
        let mut answer = u32::try_from(16 + 5 + document.len()).unwrap().to_le_bytes().to_vec();
        answer.extend([0; 8]);
        answer.extend(&head[12..]);
        answer.extend([0; 5]);
        answer.extend(document);
        stream.write_all(&answer)?;
    }
}

fn run(script: &str, folder: &Path) -> Child {
    command(&[], script, folder).stdin(Stdio::null()).spawn().unwrap()
}

fn command(flags: &[&str], script: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_servers"));
    command.args(["run", "--backend", "mongodb", "--kind", "standalone", "--report", "report"]).args(flags);
    command.args(["--", "sh", "-c", script]).current_dir(folder).env("TEST_MONGODB_URL", server());
    command.stderr(Stdio::null());
    command
}

#[test]
fn the_command_gets_the_address_and_its_code_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = run("echo $TEST_MONGODB_URL > url; exit 7", folder.path());
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(fs::read_to_string(folder.path().join("url")).unwrap().starts_with("mongodb://127.0.0.1:"));
    let report = fs::read_to_string(folder.path().join("report")).unwrap();
    assert_eq!(report, "version: 1.2.3\norigin: environment, TEST_MONGODB_URL\n");
}

#[test]
fn a_signal_ends_the_command_and_what_it_started() {
    for (signal, code) in [("TERM", Some(143)), ("INT", Some(143)), ("KILL", None)] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = run("sleep 60 & echo $! > part; mv part pid; wait", folder.path());
        let pid = await_some(|| fs::read_to_string(folder.path().join("pid")).ok());
        shell(&format!("kill -s {signal} {}", child.id()));
        assert_eq!(child.wait().unwrap().code(), code, "{signal}");
        await_some(|| (!is_alive(pid.trim())).then_some(()));
    }
}

#[test]
fn a_tied_command_ends_with_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(&["--tied"], "echo $$ > part; mv part pid; exec sleep 60", folder.path());
    let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
    let tie = child.stdin.take();
    let pid = await_some(|| fs::read_to_string(folder.path().join("pid")).ok());
    assert!(is_alive(pid.trim()));
    drop(tie);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(!is_alive(pid.trim()));
}

fn await_some<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "it does not happen");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process that has ended and that nobody asks about still has its number.
fn is_alive(pid: &str) -> bool {
    shell(&format!("case $(ps -o stat= -p {pid}) in ''|Z*) exit 1;; esac"))
}

fn shell(script: &str) -> bool {
    Command::new("sh").args(["-c", script]).status().unwrap().success()
}
