//! The contract's store on the real server that `TEST_MONGODB_URL` names: one database, a prefix for each store.

use std::sync::Arc;

use backends_core::driver::{BackendDriver, BackendFactory};
use backends_core::{DatabaseConfig, Result};
use backends_mongo::Mongodb;

pub async fn open(store: String) -> Result<Arc<dyn BackendDriver>> {
    let url = std::env::var("TEST_MONGODB_URL")
        .unwrap_or_else(|_| panic!("TEST_MONGODB_URL is not set: it names the MongoDB that these tests need"));
    let known = [Mongodb.info()];
    let config = DatabaseConfig::from_uri(&url, &known, &[])?
        .set("database", "backends_conformance")
        .set("tablePrefix", format!("{store}."));
    Mongodb.open(&config.resolve(&known, &[])?).await
}
