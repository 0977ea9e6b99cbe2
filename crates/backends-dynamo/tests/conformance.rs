//! The contract, on the real service that `TEST_DYNAMODB_ENDPOINT` names: a prefix of its own for each store.

use std::sync::Arc;

use backends_core::driver::{BackendDriver, BackendFactory};
use backends_core::{DatabaseConfig, Result};
use backends_dynamo::Dynamodb;

backends_conformance::suite!(open);

async fn open(store: String) -> Result<Arc<dyn BackendDriver>> {
    let endpoint = std::env::var("TEST_DYNAMODB_ENDPOINT")
        .unwrap_or_else(|_| panic!("TEST_DYNAMODB_ENDPOINT is not set: it names the DynamoDB that these tests need"));
    let config = DatabaseConfig::new("dynamodb")
        .set("endpoint", endpoint)
        .set("awsRegion", "us-east-1")
        .set("awsSecretKeyId", "test")
        .set("awsSecretAccessKey", "test")
        .set("tablePrefix", format!("{store}."));
    Dynamodb.open(&config.resolve(&[Dynamodb.info()], &[])?).await
}
