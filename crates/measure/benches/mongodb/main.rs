//! This backend against MongoDB's driver used directly: `cargo xtask bench mongodb`, which starts the server.
//!
//! Both write with the same write concern into a collection of their own on the server that `TEST_MONGODB_URL` names: a
//! single one, since a replica set makes a single caller wait for its own cycle of about 1 ms. What the columns mean
//! stands in the library beside it. For calls on 10,000 records an operation is one record.
#![allow(clippy::unwrap_used, reason = "a program that ends if it cannot measure")]

use backends_core::{DatabaseConfig, Registry};
use backends_mongo::Mongodb;
use direct::Direct;
use measure::{Bench, Contender, STORED, many_fresh, ours_indexed, print_head};

mod direct;

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
    let records = || many_fresh(STORED);
    print_head();
    bench.get(&[(1, 500), (32, 60)]);
    bench.get_many();
    let indexed = bench.runtime.block_on(ours_indexed(bench.ours.backend()));
    // The design's own: the driver decodes what core decodes from its bytes.
    bench.read(&indexed, 1.15, [Contender::reading(&bench.runtime, &bench.direct)]);
    bench.find(&indexed, &bench.direct, &[(1, 200), (32, 20)], 5);
    bench.insert(&[(1, 200), (32, 20)]);
    bench.insert_many("10,000", records, Contender::inserting_many(&bench.runtime, &bench.direct, records));
    bench.runtime.block_on(bench.direct.clear());
    bench.close();
}
