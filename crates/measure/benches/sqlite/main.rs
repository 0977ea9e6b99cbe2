//! This backend against `rusqlite` used directly: `cargo xtask bench sqlite`.
//!
//! What the columns mean stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use std::path::Path;

use backends_core::{Registry, Repository};
use backends_sqlite::Sqlite;
use direct::{Direct, Spawning, Threads};
use measure::{Comparison, Contender, Record, STORED, many_fresh, ours, ours_indexed, print_head, runtime};
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

    fn read(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        Comparison::of("read of 10,000").throughput(1.0).run(&mut [
            Contender::reading(runtime, ours),
            Contender::reading(runtime, spawning).named("one connection"),
        ]);
    }

    /// The first records of an order, in files of their own with an index.
    fn find(&self, directory: &Path) {
        let Self { runtime, ours, .. } = self;
        let ours = runtime.block_on(ours_indexed(ours.backend()));
        let spawning: Direct<Spawning> = runtime.block_on(Direct::indexed(&directory.join("spawning_indexed.db")));
        let threads: Direct<Threads> = runtime.block_on(Direct::indexed(&directory.join("threads_indexed.db")));
        let compare = |what: String, is_indexed: bool, callers: usize, each: usize| {
            Comparison::of(what).throughput(0.97).cpu(CPU).run(&mut [
                Contender::finding(runtime, &ours, is_indexed, callers, each),
                Contender::finding(runtime, &spawning, is_indexed, callers, each),
                Contender::finding(runtime, &threads, is_indexed, callers, each),
            ]);
        };
        compare("first 50 by an index, 1 in flight".into(), true, 1, 200);
        compare("first 50 by an index, 32 in flight".into(), true, 32, 20);
        compare("first 50 without an index, 1 in flight".into(), false, 1, 5);
        compare("first 50 without an index, 32 in flight".into(), false, 32, 1);
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
    bench.read();
    bench.find(directory.path());
    bench.get_many();
    bench.insert(1, 150);
    bench.insert(32, 4);
    bench.insert_many();
}
