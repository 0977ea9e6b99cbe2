//! This backend against `rusqlite` used directly: `cargo xtask bench sqlite`.
//!
//! What the columns mean stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use std::path::Path;

use backends_core::{Filter, Registry, Repository};
use backends_sqlite::Sqlite;
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

    fn find(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        let all = async || ours.find(Filter::all()).await.unwrap();
        Comparison::of("read of 10,000").throughput(1.0).run(&mut [
            Contender::new("ours", || runtime.block_on(all()).len()),
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
