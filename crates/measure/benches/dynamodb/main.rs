//! This backend against the AWS SDK used directly: `cargo xtask bench dynamodb`, which starts the server.
//!
//! Both have a table of their own on the DynamoDB Local that `TEST_DYNAMODB_ENDPOINT` names, and the same connections.
//! What the columns mean stands in the library beside it.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use backends_core::{DatabaseConfig, Registry};
use backends_dynamo::Dynamodb;
use backends_dynamo::aws_sdk_dynamodb::Client as Sdk;
use direct::Direct;
use measure::{Bench, Call, Client, Contender, Record, STORED, many_fresh, ours_indexed, ours_unique, print_head};

mod direct;
mod writes;

/// How many records with keys of their own a call on many inserts: each is a request.
const EACH: usize = 1_000;

fn main() {
    let endpoint = std::env::var("TEST_DYNAMODB_ENDPOINT")
        .unwrap_or_else(|_| panic!("TEST_DYNAMODB_ENDPOINT is not set; call `cargo xtask bench dynamodb`"));
    let config = DatabaseConfig::new("dynamodb")
        .set("endpoint", endpoint)
        .set("awsRegion", "us-east-1")
        .set("awsSecretKeyId", "test")
        .set("awsSecretAccessKey", "test");
    let bench = Bench::new(async || {
        let backend = Registry::new().register(Dynamodb).manager(&config).unwrap().backend("dynamodb").await.unwrap();
        let direct = Direct::new(backend.native::<Sdk>().unwrap()).await;
        direct.fill_indexed().await;
        (backend, direct)
    });
    let Bench { runtime, direct, .. } = &bench;
    print_head();
    bench.call(Call::Get, &[(1, 200), (32, 40)]);
    bench.get_many();
    let indexed = runtime.block_on(ours_indexed(bench.ours.backend()));
    // The design's own: a scan as such, and ours in four segments against one.
    let in_segments = Contender::new("SDK, 4 segments", || runtime.block_on(direct.scan(4)).len()).beaten(1.05);
    bench.read(&indexed, [Contender::reading(runtime, direct).beaten(1.6), in_segments]);
    // One scan keeps the local server busy.
    bench.find(&indexed, direct, [&[(1, 100), (32, 10)], &[(1, 3)]]);
    bench.update_many();
    for call in [Call::Insert, Call::Update, Call::Upsert, Call::Delete] {
        bench.call(call, &[(1, 100), (32, 10)]);
    }
    let (unique, direct_unique) =
        runtime.block_on(async { (ours_unique(bench.ours.backend()).await, direct.unique().await) });
    bench.insert_unique(&unique, &direct_unique, &[(1, 30), (32, 3)]);
    for call in [Call::InsertBatch, Call::UpdateBatch] {
        bench.call(call, &[(1, 10), (32, 1)]);
    }
    // The library gives the ids.
    let nameless = || many_fresh(STORED).into_iter().map(|record| Record { id: String::new(), ..record }).collect();
    bench.insert_many("10,000", nameless, Contender::inserting_many(runtime, direct, || many_fresh(STORED)));
    let one_by_one = Contender::new(Direct::NAME, || runtime.block_on(direct.insert_each(many_fresh(EACH))));
    bench.insert_many("1,000 with keys", || many_fresh(EACH), one_by_one);
    bench.close();
}
