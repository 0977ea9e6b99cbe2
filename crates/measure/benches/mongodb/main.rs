//! This backend against MongoDB's driver used directly: `cargo xtask bench mongodb`, which starts the server.
//!
//! Both write with the same write concern into collections of their own on the server that `TEST_MONGODB_URL` names. On a
//! single one that is all but the batches, since a replica set makes a single caller wait for its own cycle of about
//! 1 ms; on a replica set it is the batches, which need one. What the columns mean stands in the library beside it.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use backends_core::{DatabaseConfig, Registry};
use backends_mongo::Mongodb;
use direct::Direct;
use measure::{Bench, Call, Contender, STORED, many_fresh, ours_indexed, ours_unique, print_head};

mod direct;
mod writes;

fn main() {
    let url = std::env::var("TEST_MONGODB_URL")
        .unwrap_or_else(|_| panic!("TEST_MONGODB_URL is not set; call `cargo xtask bench mongodb`"));
    let bench = Bench::new(async || {
        let direct = Direct::new(&url).await;
        direct.clear().await;
        direct.fill_indexed().await;
        let registry = Registry::new().register(Mongodb);
        let config = DatabaseConfig::from_uri(&url, &registry.supported(), &[]).unwrap();
        let manager = registry.manager(&config.set("database", direct::DATABASE)).unwrap();
        (manager.backend("mongodb").await.unwrap(), direct)
    });
    print_head();
    if bench.ours.backend().capabilities().batches {
        for call in [Call::InsertBatch, Call::UpdateBatch] {
            bench.call(call, &[(1, 20), (32, 2)]);
        }
    } else {
        all_but_batches(&bench);
    }
    bench.runtime.block_on(bench.direct.clear());
    bench.close();
}

fn all_but_batches(bench: &Bench<Direct>) {
    let Bench { runtime, ours, direct } = bench;
    let flights = [(1, 200), (32, 20)];
    bench.call(Call::Get, &[(1, 500), (32, 60)]);
    bench.get_many();
    let indexed = runtime.block_on(ours_indexed(ours.backend()));
    // The design's own: the driver decodes what core decodes from its bytes.
    bench.read(&indexed, [Contender::reading(runtime, direct).beaten(1.15)]);
    bench.find(&indexed, direct, [&flights, &[(1, 5), (32, 1)]]);
    bench.update_many();
    for call in [Call::Insert, Call::Update, Call::Upsert, Call::Delete] {
        bench.call(call, &flights);
    }
    let (unique, direct_unique) =
        runtime.block_on(async { (ours_unique(ours.backend()).await, direct.unique().await) });
    bench.insert_unique(&unique, &direct_unique, &flights);
    let records = || many_fresh(STORED);
    bench.insert_many("10,000", records, Contender::inserting_many(runtime, direct, records));
}
