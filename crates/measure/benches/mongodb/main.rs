//! This backend against MongoDB's driver used directly: `cargo xtask bench mongodb`, which starts the server.
//!
//! Both write with the same write concern into a collection of their own on the server that `TEST_MONGODB_URL` names: a
//! single one, since a replica set makes a single caller wait for its own cycle of about 1 ms. What the columns mean
//! stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measures, and ends if it cannot"
)]

use backends_core::{Backend, Definition, Registry, Repository};
use backends_mongo::Mongodb;
use direct::Direct;
use measure::{Comparison, Contender, Record, STORED, fresh, id, in_flight, is_wanted, print_head, record};
use tokio::runtime::Runtime;

mod direct;

// The targets of the design.
const THROUGHPUT: f64 = 0.97;
const THROUGHPUT_OF_MANY: f64 = 0.95;
const CPU: f64 = 1.10;

struct Bench {
    runtime: Runtime,
    backend: Backend,
    ours: Repository<Record>,
    direct: Direct,
}

impl Bench {
    fn new() -> Self {
        let url = std::env::var("TEST_MONGODB_URL")
            .unwrap_or_else(|_| panic!("TEST_MONGODB_URL is not set; call `cargo xtask bench mongodb`"));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (backend, ours, direct) = runtime.block_on(async {
            let direct = Direct::new(&url).await;
            direct.clear().await;
            let registry = Registry::new().register(Mongodb);
            let config = backends_core::DatabaseConfig::from_uri(&url, &registry.supported(), &[]).unwrap();
            let manager = registry.manager(&config.set("database", direct::DATABASE)).unwrap();
            let backend = manager.backend("mongodb").await.unwrap();
            let definition = Definition::from_json(r#"{"name": "ours", "idKind": "string"}"#).unwrap();
            let ours = backend.define::<Record>(definition).await.unwrap();
            let stored: Vec<Record> = (0..STORED).map(record).collect();
            ours.insert_many(&stored).await.unwrap();
            direct.insert_many(stored).await;
            (backend, ours, direct)
        });
        Self { runtime, backend, ours, direct }
    }

    fn get(&self, callers: usize, each: usize) {
        let Self { runtime, ours, direct, .. } = self;
        let pick = |number: usize| id(number * 7_919 % STORED);
        Comparison::of(format!("get, {callers} in flight")).throughput(THROUGHPUT).cpu(CPU).run(&mut [
            Contender::new("ours", || {
                let ours = ours.clone();
                in_flight(runtime, callers, each, move |number| {
                    let ours = ours.clone();
                    async move { assert!(ours.get(pick(number)).await.unwrap().is_some()) }
                })
            }),
            Contender::new("driver", || {
                let direct = direct.clone();
                in_flight(runtime, callers, each, move |number| {
                    let direct = direct.clone();
                    async move { assert!(direct.get(&pick(number)).await.is_some()) }
                })
            }),
        ]);
    }

    fn insert(&self, callers: usize, each: usize) {
        let Self { runtime, ours, direct, .. } = self;
        Comparison::of(format!("insert, {callers} in flight")).throughput(THROUGHPUT).cpu(CPU).run(&mut [
            Contender::new("ours", || {
                let ours = ours.clone();
                in_flight(runtime, callers, each, move |_| {
                    let ours = ours.clone();
                    async move { drop(ours.insert(&fresh()).await.unwrap()) }
                })
            }),
            Contender::new("driver", || {
                let direct = direct.clone();
                in_flight(runtime, callers, each, move |_| {
                    let direct = direct.clone();
                    async move { direct.insert(fresh()).await }
                })
            }),
        ]);
    }

    fn insert_many(&self) {
        let Self { runtime, ours, direct, .. } = self;
        let records = || (0..STORED).map(|_| fresh()).collect::<Vec<_>>();
        Comparison::of("insert_many of 10,000").throughput(THROUGHPUT_OF_MANY).run(&mut [
            Contender::new("ours", || {
                let records = records();
                runtime.block_on(async { ours.insert_many(&records).await.unwrap().stored() })
            }),
            Contender::new("driver", || {
                let records = records();
                runtime.block_on(direct.insert_many(records))
            }),
        ]);
    }

    fn get_many(&self) {
        let Self { runtime, ours, direct, .. } = self;
        let ids: Vec<String> = (0..STORED).map(id).collect();
        Comparison::of("get_many of 10,000").run(&mut [
            Contender::new("ours", || {
                runtime.block_on(async { ours.get_many(&ids).await.unwrap().into_iter().flatten().count() })
            }),
            Contender::new("driver", || {
                runtime.block_on(async { direct.get_many(&ids).await.into_iter().flatten().count() })
            }),
        ]);
    }
}

fn main() {
    let bench = Bench::new();
    print_head();
    if is_wanted("get") {
        bench.get(1, 500);
        bench.get(32, 60);
    }
    if is_wanted("get_many") {
        bench.get_many();
    }
    if is_wanted("insert") {
        bench.insert(1, 200);
        bench.insert(32, 20);
    }
    if is_wanted("insert_many") {
        bench.insert_many();
    }
    bench.runtime.block_on(async {
        bench.direct.clear().await;
        bench.backend.close().await.unwrap();
    });
}
