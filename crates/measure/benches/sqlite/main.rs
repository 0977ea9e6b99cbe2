//! This backend against `rusqlite` used directly: `cargo xtask bench sqlite`.
//!
//! What the columns mean stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measures, and ends if it cannot"
)]

use std::path::Path;
use std::time::Duration;

use backends_core::driver::{Context, FindRequest};
use backends_core::{Definition, Registry, Repository, Result, Timestamp, Token, Tokens};
use backends_sqlite::{Sqlite, SqliteRepository};
use direct::{Spawning, Threads};
use measure::{Comparison, Contender, Record, STORED, fresh, id, in_flight, is_wanted, print_head, record};
use tokio::runtime::Runtime;

mod direct;

struct Bench {
    runtime: Runtime,
    ours: Repository<Record>,
    spawning: Spawning,
    spawning_writer: Spawning,
    threads: Threads,
    threads_writer: Threads,
}

impl Bench {
    fn new(directory: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let ours = runtime.block_on(async {
            let path = directory.join("ours.db");
            let backend = Registry::new().register(Sqlite).open(&format!("sqlite:{}", path.display())).await.unwrap();
            let definition = Definition::from_json(r#"{"name": "records", "idKind": "string"}"#).unwrap();
            let ours = backend.define::<Record>(definition).await.unwrap();
            ours.insert_many(&(0..STORED).map(record).collect::<Vec<_>>()).await.unwrap();
            ours
        });
        let cores = std::thread::available_parallelism().unwrap().get();
        let direct = |name: &str| {
            let path = directory.join(name);
            let writer = direct::writer(&path);
            direct::insert_many(&writer, &(0..STORED).map(record).collect::<Vec<_>>());
            ((0..cores).map(|_| direct::reader(&path)).collect::<Vec<_>>(), writer)
        };
        let (readers, writer) = direct("spawning.db");
        let (spawning, spawning_writer) = (Spawning::new(readers), Spawning::new(vec![writer]));
        let (readers, writer) = direct("threads.db");
        let (threads, threads_writer) = (Threads::new(readers), Threads::new(vec![writer]));
        Self { runtime, ours, spawning, spawning_writer, threads, threads_writer }
    }

    fn get(&self, callers: usize, each: usize) {
        let Self { runtime, ours, spawning, threads, .. } = self;
        let pick = |number: usize| id(number * 7_919 % STORED);
        let what = format!("get, {callers} in flight");
        Comparison::of(what).throughput(0.97).run(&mut [
            Contender::new("ours", || {
                let ours = ours.clone();
                in_flight(runtime, callers, each, move |number| {
                    let ours = ours.clone();
                    async move { assert!(ours.get(pick(number)).await.unwrap().is_some()) }
                })
            }),
            Contender::new("spawn_blocking", || {
                let pool = spawning.clone();
                in_flight(runtime, callers, each, move |number| {
                    let pool = pool.clone();
                    async move {
                        let id = pick(number);
                        assert!(pool.call(move |connection| direct::get(connection, &id)).await.is_some());
                    }
                })
            }),
            Contender::new("threads", || {
                let pool = threads.clone();
                in_flight(runtime, callers, each, move |number| {
                    let pool = pool.clone();
                    async move {
                        let id = pick(number);
                        assert!(pool.call(move |connection| direct::get(connection, &id)).await.is_some());
                    }
                })
            }),
        ]);
    }

    fn insert(&self, callers: usize, each: usize) {
        let Self { runtime, ours, spawning_writer, threads_writer, .. } = self;
        let what = format!("durable insert, {callers} in flight");
        // Of 32 callers the commits are grouped, which those of the others are not.
        Comparison::of(what).throughput(if callers == 1 { 0.97 } else { 5.0 }).run(&mut [
            Contender::new("ours", || {
                let ours = ours.clone();
                in_flight(runtime, callers, each, move |_| {
                    let ours = ours.clone();
                    async move { drop(ours.insert(&fresh()).await.unwrap()) }
                })
            }),
            Contender::new("spawn_blocking", || {
                let pool = spawning_writer.clone();
                in_flight(runtime, callers, each, move |_| {
                    let pool = pool.clone();
                    async move { pool.call(move |connection| direct::insert(connection, &fresh())).await }
                })
            }),
            Contender::new("threads", || {
                let pool = threads_writer.clone();
                in_flight(runtime, callers, each, move |_| {
                    let pool = pool.clone();
                    async move { pool.call(move |connection| direct::insert(connection, &fresh())).await }
                })
            }),
        ]);
    }

    fn insert_many(&self) {
        let Self { runtime, ours, spawning_writer, .. } = self;
        let records = || (0..STORED).map(|_| fresh()).collect::<Vec<_>>();
        Comparison::of("insert_many of 10,000").throughput(0.95).run(&mut [
            Contender::new("ours", || {
                let records = records();
                runtime.block_on(async { ours.insert_many(&records).await.unwrap().stored() })
            }),
            Contender::new("one transaction", || {
                let records = records();
                runtime.block_on(spawning_writer.call(move |connection| {
                    direct::insert_many(connection, &records);
                    STORED
                }))
            }),
        ]);
    }

    /// Ours walks over each record as core would; theirs makes a struct of it.
    fn find(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        let native = ours.native(|native: &SqliteRepository| native.clone()).unwrap();
        let read = async || {
            let mut cursor =
                native.cursor(&FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(30)))).unwrap();
            let mut records = 0;
            while let Some(batch) = cursor.next().await.unwrap() {
                (0..batch.len()).for_each(|index| batch.read(index, &mut walk).unwrap());
                records += batch.len();
            }
            records
        };
        Comparison::of("read of 10,000").throughput(1.0).run(&mut [
            Contender::new("ours", || runtime.block_on(read())),
            Contender::new("one connection", || runtime.block_on(spawning.call(direct::all)).len()),
        ]);
    }

    fn get_many(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        let ids: Vec<String> = (0..STORED).map(id).collect();
        Comparison::of("get_many of 10,000").run(&mut [
            Contender::new("ours", || {
                runtime.block_on(async { ours.get_many(&ids).await.unwrap().into_iter().flatten().count() })
            }),
            Contender::new("one connection", || {
                let ids = ids.clone();
                let found = spawning.call(move |connection| direct::get_many(connection, &ids));
                runtime.block_on(found).into_iter().flatten().count()
            }),
        ]);
    }
}

/// Reads a record to its end, as the one decoder of the library does.
fn walk(tokens: &mut dyn Tokens) -> Result<()> {
    let mut open = 0_usize;
    loop {
        match tokens.next()? {
            Token::Map | Token::Array => open += 1,
            Token::End => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok(());
        }
    }
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::new(directory.path());
    print_head();
    if is_wanted("get") {
        bench.get(1, 2_000);
        bench.get(32, 300);
    }
    if is_wanted("find") {
        bench.find();
    }
    if is_wanted("get_many") {
        bench.get_many();
    }
    if is_wanted("insert") {
        bench.insert(1, 150);
        bench.insert(32, 4);
    }
    if is_wanted("insert_many") {
        bench.insert_many();
    }
}
