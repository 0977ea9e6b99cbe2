//! The contract, on the real service that `TEST_DYNAMODB_ENDPOINT` names: a prefix of its own for each store.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "a module of several programs of tests")]

use std::sync::Arc;

use async_trait::async_trait;
use backends_conformance::Harness;
use backends_core::driver::{BackendDriver, BackendFactory};
use backends_core::{DatabaseConfig, Result};
use backends_dynamo::Dynamodb;
use backends_dynamo::aws_sdk_dynamodb::Client;

#[path = "common/tables.rs"]
mod tables;

backends_conformance::suite!(Prefixes);

struct Prefixes;

#[async_trait]
impl Harness for Prefixes {
    async fn open(&self, store: &str) -> Result<Arc<dyn BackendDriver>> {
        let endpoint = std::env::var("TEST_DYNAMODB_ENDPOINT").unwrap_or_else(|_| {
            panic!("TEST_DYNAMODB_ENDPOINT is not set: it names the DynamoDB that these tests need")
        });
        let config = DatabaseConfig::new("dynamodb")
            .set("endpoint", endpoint)
            .set("awsRegion", "us-east-1")
            .set("awsSecretKeyId", "test")
            .set("awsSecretAccessKey", "test")
            .set("tablePrefix", format!("{store}."));
        Dynamodb.open(&config.resolve(&[Dynamodb.info()], &[])?).await
    }

    async fn remove(&self, store: &str) {
        let driver = self.open(store).await.unwrap();
        tables::remove(driver.native().downcast_ref::<Client>().unwrap(), &format!("{store}.")).await;
    }
}
