//! This backend against `rusqlite` used directly: `cargo xtask bench sqlite`.
//!
//! What the columns mean stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use std::path::Path;
use std::time::Duration;

use backends_core::driver::{Context, FindRequest};
use backends_core::{Registry, Repository, Result, Timestamp, Token, Tokens};
use backends_sqlite::{Sqlite, SqliteRepository};
use direct::{Direct, Pool, Spawning, Threads};
use measure::{Comparison, Contender, Record, STORED, many_fresh, ours, print_head, runtime};
use tokio::runtime::Runtime;

mod direct;

const CPU: f64 = 1.10;

/// When this backend takes the log into the file; a commit of one record adds a page or two.
const LOG_PAGES: usize = 4_000;

struct Bench {
    runtime: Runtime,
    ours: Repository<Record>,
    spawning: Direct<Spawning>,
    threads: Direct<Threads>,
}

impl Bench {
    fn new(directory: &Path) -> Self {
        let runtime = runtime();
        let ours = runtime.block_on(async {
            let path = directory.join("ours.db");
            ours(&Registry::new().register(Sqlite).open(&format!("sqlite:{}", path.display())).await.unwrap()).await
        });
        let spawning = Direct::new(&directory.join("spawning.db"));
        let threads = Direct::new(&directory.join("threads.db"));
        Self { runtime, ours, spawning, threads }
    }

    fn get(&self, callers: usize, each: usize) {
        let Self { runtime, ours, spawning, threads } = self;
        Comparison::of(format!("get, {callers} in flight")).throughput(0.97).cpu(CPU).run(&mut [
            Contender::getting(runtime, ours, callers, each),
            Contender::getting(runtime, spawning, callers, each),
            Contender::getting(runtime, threads, callers, each),
        ]);
    }

    fn insert(&self, callers: usize, each: usize) {
        let Self { runtime, ours, spawning, threads } = self;
        let what = format!("durable insert, {callers} in flight");
        // Of 32 callers the commits are grouped, which those of the others are not.
        let target = if callers == 1 { 0.97 } else { 5.0 };
        // Until the log of each file has been full once: one that grows costs every commit more, and after some seconds of
        // a service it does no more.
        let warm_up = LOG_PAGES / (callers * each) + 1;
        Comparison::of(what).throughput(target).cpu(CPU).warm_up(warm_up).run(&mut [
            Contender::inserting(runtime, ours, callers, each),
            Contender::inserting(runtime, spawning, callers, each),
            Contender::inserting(runtime, threads, callers, each),
        ]);
    }

    fn insert_many(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        let records = || many_fresh(STORED);
        Comparison::of("insert_many of 10,000").throughput(0.95).run(&mut [
            Contender::inserting_many(runtime, ours, records),
            Contender::inserting_many(runtime, spawning, records).named("one transaction"),
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
            Contender::new("one connection", || runtime.block_on(spawning.readers.call(direct::all)).len()),
        ]);
    }

    fn get_many(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        Comparison::of("get_many of 10,000").run(&mut [
            Contender::getting_many(runtime, ours),
            Contender::getting_many(runtime, spawning).named("one connection"),
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
    bench.get(1, 2_000);
    bench.get(32, 300);
    bench.find();
    bench.get_many();
    bench.insert(1, 150);
    bench.insert(32, 4);
    bench.insert_many();
}
