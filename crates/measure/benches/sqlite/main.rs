//! This backend against `rusqlite` used directly: `cargo xtask bench sqlite`.
//!
//! Every write is durable. What the columns mean stands in the library beside it.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use std::path::Path;

use backends_core::{Registry, Repository};
use backends_sqlite::Sqlite;
use direct::{Direct, Spawning, Threads};
use measure::{
    Call, Comparison, Contender, Record, STORED, UPDATED_MANY, many_fresh, ours, ours_indexed, ours_unique, print_head,
    runtime,
};
use tokio::runtime::Runtime;

mod direct;
mod writes;

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

    fn call(&self, call: Call, callers: usize, each: usize) {
        let Self { runtime, ours, spawning, threads } = self;
        let comparison = Comparison::of(format!("{}, {callers} in flight", call.name()));
        let comparison = if call == Call::Get { comparison } else { comparison.warm_up(until_full(callers * each)) };
        // Of 32 callers the commits are grouped, which those of the others are not.
        let target = if call == Call::Insert && callers > 1 { 5.0 } else { 0.97 };
        let comparison = if call.is_single() { comparison.throughput(target).cpu(CPU) } else { comparison };
        comparison.run(&mut [
            Contender::calling(runtime, ours, call, callers, each),
            Contender::calling(runtime, spawning, call, callers, each),
            Contender::calling(runtime, threads, call, callers, each),
        ]);
    }

    /// In a table and in files of their own, with a unique index.
    fn insert_unique(&self, directory: &Path) {
        let Self { runtime, ours, .. } = self;
        let ours = runtime.block_on(ours_unique(ours.backend()));
        let spawning = Direct::<Spawning>::unique(&directory.join("spawning_unique.db"));
        let threads = Direct::<Threads>::unique(&directory.join("threads_unique.db"));
        for (callers, each) in [(1, 150), (32, 4)] {
            let comparison = Comparison::of(format!("insert with a unique value, {callers} in flight"));
            comparison.throughput(0.97).cpu(CPU).warm_up(until_full(callers * each)).run(&mut [
                Contender::calling(runtime, &ours, Call::Insert, callers, each),
                Contender::calling(runtime, &spawning, Call::Insert, callers, each),
                Contender::calling(runtime, &threads, Call::Insert, callers, each),
            ]);
        }
    }

    /// Of the records that are there from the start, before others are stored.
    fn update_many(&self) {
        let Self { runtime, ours, spawning, .. } = self;
        Comparison::of("update_many of 10,000").rounds(UPDATED_MANY).run(&mut [
            Contender::updating_many(runtime, ours),
            Contender::updating_many(runtime, spawning).named("one statement"),
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
        let spawning = Direct::<Spawning>::indexed(&directory.join("spawning_indexed.db"));
        let threads = Direct::<Threads>::indexed(&directory.join("threads_indexed.db"));
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
    bench.call(Call::Get, 1, 2_000);
    bench.call(Call::Get, 32, 300);
    bench.read();
    bench.find(directory.path());
    bench.get_many();
    bench.update_many();
    for call in [Call::Insert, Call::Update, Call::Upsert, Call::Delete] {
        bench.call(call, 1, 150);
        bench.call(call, 32, 4);
    }
    bench.insert_unique(directory.path());
    for call in [Call::InsertBatch, Call::UpdateBatch] {
        bench.call(call, 1, 40);
        bench.call(call, 32, 2);
    }
    bench.insert_many();
}

/// How many rounds of so many commits there are until the log of each file has been full once: one that grows costs every
/// commit more, and after some seconds of a service it does no more.
fn until_full(commits: usize) -> usize {
    LOG_PAGES / commits + 1
}
