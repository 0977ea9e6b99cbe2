//! Kills a writing process at random moments and looks what is left: `-- --rounds N`, or `-- --fdatasync`.
//!
//! Each round starts this program again as a writer with 32 callers, which says on its output which records were
//! acknowledged; kills it (SIGKILL) after 10 to 150 ms; opens the file, and looks whether every acknowledged record is
//! there and whole. SIGKILL does not test the disk: `--fdatasync` counts how often a writer flushes it, with `strace`.
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    id: String,
    round: u64,
    number: u64,
    text: String,
}

/// What the writer sends, so that the reader can tell what was torn.
fn entry(round: u64, number: u64) -> Entry {
    let length = usize::try_from(number % 700).unwrap();
    let text = format!("{number:x}-").repeat(length / 4 + 1);
    Entry { id: format!("{round}-{number}"), round, number, text }
}

async fn open(path: &Path) -> (Backend, Repository<Entry>) {
    let backend = Registry::new().register(Sqlite).open(&format!("sqlite:{}", path.display())).await.unwrap();
    let definition = Definition::from_json(r#"{"name": "entries", "idKind": "string"}"#).unwrap();
    let entries = backend.define::<Entry>(definition).await.unwrap();
    (backend, entries)
}

/// Writes until it is killed, or `count` records; each acknowledged number is a line of output.
fn write(path: &Path, round: u64, count: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (backend, entries) = open(path).await;
        let next = Arc::new(AtomicU64::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (entries, next) = (entries.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return;
                        }
                        entries.insert(&entry(round, number)).await.unwrap();
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "{number}").unwrap();
                        out.flush().unwrap();
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        backend.close().await.unwrap();
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
    acknowledged: usize,
    lost: usize,
    torn: usize,
    damaged: usize,
}

fn round(path: &Path, number: u64) -> Found {
    let arguments = writer(path, number, u64::MAX);
    let mut child = Command::new(&arguments[0]).args(&arguments[1..]).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (first, begun) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        // The last line may be cut off: it was not said.
        for line in output.split(b'\n').map_while(Result::ok) {
            acknowledged.extend(std::str::from_utf8(&line).ok().and_then(|line| line.parse::<u64>().ok()));
            let _ = first.send(());
        }
        acknowledged
    });
    // From the first acknowledged record on, so that a slow start is not what is tested.
    let _ = begun.recv_timeout(Duration::from_secs(10));
    std::thread::sleep(moment());
    child.kill().unwrap();
    child.wait().unwrap();
    let acknowledged = reading.join().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(look(path, number, &acknowledged))
}

async fn look(path: &Path, round: u64, acknowledged: &[u64]) -> Found {
    let (backend, entries) = open(path).await;
    let ids = acknowledged.iter().map(|number| entry(round, *number).id);
    let mut found = Found { acknowledged: acknowledged.len(), ..Found::default() };
    for (number, stored) in acknowledged.iter().zip(entries.get_many(ids).await.unwrap()) {
        match stored {
            None => found.lost += 1,
            Some(stored) if stored != entry(round, *number) => found.torn += 1,
            Some(_) => {}
        }
    }
    // Also those that nobody was told of are whole, or not there.
    let last = acknowledged.iter().max().copied().unwrap_or_default() + 2 * CALLERS;
    for number in (0..last).filter(|number| !acknowledged.contains(number)) {
        let stored = entries.get(&entry(round, number).id).await.unwrap();
        found.torn += usize::from(stored.is_some_and(|stored| stored != entry(round, number)));
    }
    let native: &SqliteBackend = backend.native().unwrap();
    let check = native.with_reader(|file| file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    found.damaged = usize::from(check.await.unwrap() != "ok");
    backend.close().await.unwrap();
    found
}

fn kill(rounds: u64) -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let mut sum = Found::default();
    for number in 0..rounds {
        let found = round(&directory.path().join("killed.db"), number);
        sum.acknowledged += found.acknowledged;
        sum.lost += found.lost;
        sum.torn += found.torn;
        sum.damaged += found.damaged;
    }
    println!("| rounds | acknowledged | lost | torn | damaged files |");
    println!("|--:|--:|--:|--:|--:|");
    println!("| {rounds} | {} | {} | {} | {} |", sum.acknowledged, sum.lost, sum.torn, sum.damaged);
    let is_well = sum.acknowledged > 0 && sum.lost + sum.torn + sum.damaged == 0;
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How often the writer flushes the disk for each commit of a group.
fn count_flushes() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let (path, trace) = (directory.path().join("flushed.db"), directory.path().join("trace"));
    let records = 3_200;
    let arguments = writer(&path, 0, records);
    // SQLite as it is compiled in calls fsync, others fdatasync; the writes of a commit go to the log.
    let strace = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fdatasync,fsync", "-o"])
        .arg(&trace)
        .args(&arguments)
        .stdout(Stdio::null())
        .status();
    let Ok(status) = strace else {
        println!("`strace` is not installed: nothing was counted");
        return ExitCode::from(2);
    };
    assert!(status.success());
    let trace = std::fs::read_to_string(&trace).unwrap();
    let flushes = |end: &str| trace.lines().filter(|line| line.contains("sync(") && line.contains(end)).count();
    let (log, file) = (flushes("-wal>"), flushes(".db>"));
    println!("| acknowledged | flushes of the log | flushes of the file | records a flush of the log |");
    println!("|--:|--:|--:|--:|");
    println!("| {records} | {log} | {file} | {} |", records / u64::try_from(log.max(1)).unwrap());
    if log > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
