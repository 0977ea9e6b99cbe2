//! This backend against the AWS SDK used directly: `cargo xtask bench dynamodb`, which starts the server.
//!
//! Both have a table of their own on the DynamoDB Local that `TEST_DYNAMODB_ENDPOINT` names, and the same connections.
//! What the columns mean stands in the library beside it. For calls on many records an operation is one record.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measures, and ends if it cannot"
)]

use backends_core::{Backend, DatabaseConfig, Definition, Registry, Repository};
use backends_dynamo::Dynamodb;
use backends_dynamo::aws_sdk_dynamodb::Client;
use direct::Direct;
use measure::{Comparison, Contender, Record, STORED, fresh, id, in_flight, is_wanted, print_head, record};
use tokio::runtime::Runtime;

mod direct;

// The targets of the design.
const THROUGHPUT: f64 = 0.97;
const THROUGHPUT_OF_MANY: f64 = 0.95;
const CPU: f64 = 1.10;

/// How many records with keys of their own a call on many inserts: each is a request.
const EACH: usize = 1_000;

struct Bench {
    runtime: Runtime,
    backend: Backend,
    ours: Repository<Record>,
    direct: Direct,
}

impl Bench {
    fn new() -> Self {
        let endpoint = std::env::var("TEST_DYNAMODB_ENDPOINT")
            .unwrap_or_else(|_| panic!("TEST_DYNAMODB_ENDPOINT is not set; call `cargo xtask bench dynamodb`"));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let (backend, ours, direct) = runtime.block_on(async {
            let config = DatabaseConfig::new("dynamodb")
                .set("endpoint", endpoint)
                .set("awsRegion", "us-east-1")
                .set("awsSecretKeyId", "test")
                .set("awsSecretAccessKey", "test");
            let backend =
                Registry::new().register(Dynamodb).manager(&config).unwrap().backend("dynamodb").await.unwrap();
            let direct = Direct::new(backend.native::<Client>().unwrap()).await;
            let definition = Definition::from_json(r#"{"name": "ours", "idKind": "string"}"#).unwrap();
            let ours = backend.define::<Record>(definition).await.unwrap();
            let stored: Vec<Record> = (0..STORED).map(record).collect();
            ours.insert_many(&stored).await.unwrap();
            direct.insert_in_batches(stored).await;
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
            Contender::new("SDK", || {
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
            Contender::new("SDK", || {
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
        let records = |count: usize| (0..count).map(|_| fresh()).collect::<Vec<_>>();
        // The library gives the ids.
        let nameless = || records(STORED).into_iter().map(|record| Record { id: String::new(), ..record });
        Comparison::of("insert_many of 10,000").throughput(THROUGHPUT_OF_MANY).run(&mut [
            Contender::new("ours", || {
                let records: Vec<Record> = nameless().collect();
                runtime.block_on(async { ours.insert_many(&records).await.unwrap().stored() })
            }),
            Contender::new("SDK", || runtime.block_on(direct.insert_in_batches(records(STORED)))),
        ]);
        Comparison::of("insert_many of 1,000 with keys").throughput(THROUGHPUT_OF_MANY).run(&mut [
            Contender::new("ours", || {
                let records = records(EACH);
                runtime.block_on(async { ours.insert_many(&records).await.unwrap().stored() })
            }),
            Contender::new("SDK", || runtime.block_on(direct.insert_each(records(EACH)))),
        ]);
    }

    fn get_many(&self) {
        let Self { runtime, ours, direct, .. } = self;
        let ids: Vec<String> = (0..STORED).map(id).collect();
        Comparison::of("get_many of 10,000").run(&mut [
            Contender::new("ours", || {
                runtime.block_on(async { ours.get_many(&ids).await.unwrap().into_iter().flatten().count() })
            }),
            Contender::new("SDK", || {
                runtime.block_on(async { direct.get_many(&ids).await.into_iter().flatten().count() })
            }),
        ]);
    }
}

fn main() {
    let bench = Bench::new();
    print_head();
    if is_wanted("get") {
        bench.get(1, 200);
        bench.get(32, 40);
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
    bench.runtime.block_on(async { bench.backend.close().await.unwrap() });
}
