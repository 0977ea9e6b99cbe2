//! Kills a writing process at random moments and looks what is left: `-- --rounds N`, or `-- --fdatasync`.
//!
//! Each round starts this program again as a writer with 32 callers, which write records of their own in every way and
//! say on its output how far they came; kills it (SIGKILL) after 10 to 150 ms; opens the file, and looks whether every
//! record is as the last acknowledged write left it, or the one that was under way. SIGKILL does not test the disk:
//! `--fdatasync` counts with `strace` how often it is flushed for each group of writes that share a commit.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that reports on its output, and ends if it cannot"
)]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backends_core::{Backend, Definition, Registry, Repository};
use backends_sqlite::{Sqlite, SqliteBackend};
use serde::{Deserialize, Serialize};

const CALLERS: u64 = 32;

/// Keys that a caller writes in one go through all ways to write, and how many writes those are.
const KEYS: u64 = 5;
const STEPS: u64 = 6;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    id: String,
    version: u64,
    text: String,
}

/// What one caller of a round writes.
#[derive(Clone, Copy)]
struct Plan {
    round: u64,
    caller: u64,
}

impl Plan {
    fn id(self, turn: u64, key: u64) -> String {
        format!("{}-{}-{turn}-{key}", self.round, self.caller)
    }

    /// What is written of a version, so that the reader can tell what was torn.
    fn entry(self, turn: u64, key: u64, version: u64) -> Entry {
        let number = self.caller * 7_919 + turn * KEYS + key;
        let length = usize::try_from((number * 31 + version * 97) % 700).unwrap();
        let text = format!("{number:x}.{version}-").repeat(length / 4 + 1);
        Entry { id: self.id(turn, key), version, text }
    }

    /// Does the write with this number, of all that the caller does one after another.
    async fn write(self, entries: &Repository<Entry>, number: u64) {
        let turn = number / STEPS;
        let entry = |key, version| self.entry(turn, key, version);
        match number % STEPS {
            0 => drop(entries.insert(&entry(0, 1)).await.unwrap()),
            1 => drop(entries.insert_many(&[entry(1, 1), entry(2, 1), entry(3, 1)]).await.unwrap()),
            2 => drop(entries.replace(&entry(0, 2)).await.unwrap()),
            3 => drop(entries.upsert(&entry(1, 2)).await.unwrap()),
            4 => drop(entries.upsert(&entry(4, 1)).await.unwrap()),
            _ => drop(entries.delete(self.id(turn, 2)).await.unwrap()),
        }
    }

    /// The version of each key of a turn after so many of its writes; `None` where there is no record.
    fn after(writes: u64) -> [Option<u64>; 5] {
        let mut versions = [None; 5];
        let changes: [&[(usize, Option<u64>)]; 6] = [
            &[(0, Some(1))],
            &[(1, Some(1)), (2, Some(1)), (3, Some(1))],
            &[(0, Some(2))],
            &[(1, Some(2))],
            &[(4, Some(1))],
            &[(2, None)],
        ];
        for (key, version) in changes.into_iter().take(usize::try_from(writes).unwrap()).flatten() {
            versions[*key] = *version;
        }
        versions
    }
}

async fn open(path: &Path) -> Backend {
    Registry::new().register(Sqlite).open(&format!("sqlite:{}", path.display())).await.unwrap()
}

async fn define(backend: &Backend) -> Repository<Entry> {
    let definition = Definition::from_json(r#"{"name": "entries", "idKind": "string"}"#).unwrap();
    backend.define::<Entry>(definition).await.unwrap()
}

/// Counts the transactions that write, from here on: each is a group of writes, or of what `define` does.
async fn count_commits(backend: &Backend) -> Arc<AtomicU64> {
    let commits = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&commits);
    let native: &SqliteBackend = backend.native().unwrap();
    let hook = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    native.with_writer(|file| file.commit_hook(Some(hook))).await.unwrap();
    commits
}

/// Writes until it is killed, or `count` times a caller. Each acknowledged write is a line of output, its caller; the
/// last line says how many transactions it took.
fn write(path: &Path, round: u64, count: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let backend = open(path).await;
        let commits = count_commits(&backend).await;
        let entries = define(&backend).await;
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let entries = entries.clone();
                tokio::spawn(async move {
                    for number in 0..count {
                        Plan { round, caller }.write(&entries, number).await;
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "{caller}").unwrap();
                        out.flush().unwrap();
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        backend.close().await.unwrap();
        println!("commits {}", commits.load(Ordering::Relaxed));
    });
}

fn writer(path: &Path, round: u64, count: u64) -> Vec<String> {
    let program = std::env::current_exe().unwrap().display().to_string();
    vec![program, "write".into(), path.display().to_string(), round.to_string(), count.to_string()]
}

/// 10 to 150 ms.
fn moment() -> Duration {
    Duration::from_millis(10 + RandomState::new().build_hasher().finish() % 141)
}

/// What is wrong with the file after one round.
#[derive(Debug, Default)]
struct Found {
    acknowledged: u64,
    records: u64,
    lost: u64,
    torn: u64,
    damaged: u64,
}

fn round(path: &Path, number: u64) -> Found {
    let arguments = writer(path, number, u64::MAX);
    let mut child = Command::new(&arguments[0]).args(&arguments[1..]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (first, begun) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut acknowledged = [0; 32];
        let mut line = String::new();
        // The last line may be cut off: it was not said.
        while output.read_line(&mut line).is_ok_and(|_| line.ends_with('\n')) {
            let caller: usize = line.trim_end().parse().unwrap();
            acknowledged[caller] += 1;
            line.clear();
            let _ = first.send(());
        }
        acknowledged
    });
    // From the first acknowledged write on, so that a slow start is not what is tested.
    let _ = begun.recv_timeout(Duration::from_secs(10));
    std::thread::sleep(moment());
    child.kill().unwrap();
    child.wait().unwrap();
    let acknowledged: [u64; 32] = reading.join().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(look(path, number, &acknowledged))
}

async fn look(path: &Path, round: u64, acknowledged: &[u64]) -> Found {
    let backend = open(path).await;
    let entries = define(&backend).await;
    let mut found = Found { acknowledged: acknowledged.iter().sum(), ..Found::default() };
    for (caller, &writes) in (0..).zip(acknowledged) {
        let plan = Plan { round, caller };
        // One more turn, of which there may be the write that nobody was told of, and no other.
        for turn in 0..=writes / STEPS + 1 {
            let done = writes.saturating_sub(turn * STEPS).min(STEPS);
            let is_reached = turn * STEPS <= writes;
            let (before, after) = (Plan::after(done), Plan::after(done + u64::from(is_reached)));
            let ids = (0..KEYS).map(|key| plan.id(turn, key));
            let stored = entries.get_many(ids).await.unwrap();
            for ((key, stored), allowed) in (0..KEYS).zip(stored).zip(before.into_iter().zip(after)) {
                let version = stored.as_ref().map(|stored| stored.version);
                found.records += u64::from(version.is_some());
                found.lost += u64::from(version != allowed.0 && version != allowed.1);
                found.torn += u64::from(stored.is_some_and(|stored| stored != plan.entry(turn, key, stored.version)));
            }
        }
    }
    let native: &SqliteBackend = backend.native().unwrap();
    let check = native.with_reader(|file| file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    found.damaged = u64::from(check.await.unwrap() != "ok");
    backend.close().await.unwrap();
    found
}

fn kill(rounds: u64) -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let mut sum = Found::default();
    for number in 0..rounds {
        let found = round(&directory.path().join("killed.db"), number);
        sum.acknowledged += found.acknowledged;
        sum.records += found.records;
        sum.lost += found.lost;
        sum.torn += found.torn;
        sum.damaged += found.damaged;
    }
    println!("| rounds | acknowledged writes | records | lost or undone | torn | damaged files |");
    println!("|--:|--:|--:|--:|--:|--:|");
    let Found { acknowledged, records, lost, torn, damaged } = sum;
    println!("| {rounds} | {acknowledged} | {records} | {lost} | {torn} | {damaged} |");
    let is_well = acknowledged > 0 && lost + torn + damaged == 0;
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How often the disk is flushed for each group of writes that share a commit.
fn count_flushes() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let (path, trace) = (directory.path().join("flushed.db"), directory.path().join("trace"));
    let each = 102;
    let arguments = writer(&path, 0, each);
    // SQLite as it is compiled in calls fsync, others fdatasync; the writes of a commit go to the log.
    let strace = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fdatasync,fsync", "-o"])
        .arg(&trace)
        .args(&arguments)
        .stderr(Stdio::inherit())
        .output();
    let Ok(output) = strace else {
        println!("`strace` is not installed: nothing was counted");
        return ExitCode::from(2);
    };
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let groups: usize = said.lines().find_map(|line| line.strip_prefix("commits ")).unwrap().parse().unwrap();
    let trace = std::fs::read_to_string(&trace).unwrap();
    let flushes = |end: &str| trace.lines().filter(|line| line.contains("sync(") && line.contains(end)).count();
    let (log, file) = (flushes("-wal>"), flushes(".db>"));
    let hundredths = log * 100 / groups;
    println!(
        "| acknowledged writes | groups | flushes of the log | flushes of the log a group | flushes of the file |"
    );
    println!("|--:|--:|--:|--:|--:|");
    println!("| {} | {groups} | {log} | {}.{:02} | {file} |", each * CALLERS, hundredths / 100, hundredths % 100);
    // What is less was not on the disk when it was acknowledged.
    if log >= groups { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["write", path, round, count] => {
            write(Path::new(path), round.parse().unwrap(), count.parse().unwrap());
            ExitCode::SUCCESS
        }
        ["--fdatasync"] => count_flushes(),
        ["--rounds", rounds] => kill(rounds.parse().unwrap()),
        [] => kill(20),
        _ => {
            println!("usage: kill [--rounds N | --fdatasync]");
            ExitCode::from(2)
        }
    }
}
