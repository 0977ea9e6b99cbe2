//! Opened in code, with a configuration of the client in place of settings.

use backends_core::{Backend, Document, Repository, Result};
use backends_dynamo::aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use backends_dynamo::{DynamoBackend, DynamoOptions};

use crate::store::{definition, endpoint, fresh_prefix};

fn nobody() -> Builder {
    Config::builder().region(Region::new("us-east-1")).endpoint_url(endpoint())
}

fn somebody() -> Builder {
    nobody().credentials_provider(Credentials::new("key", "hunter2", None, None, "in code"))
}

async fn open(config: Config) -> Result<Backend> {
    let options = DynamoOptions::new(config).table_prefix(fresh_prefix());
    Ok(Backend::new(std::sync::Arc::new(DynamoBackend::open(options).await?)))
}

#[tokio::test]
async fn c41_a_configuration_that_says_nothing_of_connections_or_versions_is_enough() {
    for config in [somebody(), somebody().behavior_version(BehaviorVersion::v2026_01_12())] {
        let backend = open(config.build()).await.unwrap();
        let notes: Repository<Document> = backend.define(definition(r#"{"name": "notes"}"#)).await.unwrap();
        notes.insert(&Document::new()).await.unwrap();
    }
}

#[tokio::test]
async fn c40_a_configuration_without_credentials_says_so() {
    let error = open(nobody().build()).await.unwrap_err();
    assert!(error.is_invalid_config() && error.to_string().contains("credentials"), "{error}");
}

#[tokio::test]
async fn c41_a_key_that_no_request_can_carry_is_invalid_config() {
    for (id, secret, token) in [("key\n", "hunter2", None), ("key", "hunter2\n", None), ("key", "hunter2", Some("t\0"))]
    {
        let key = Credentials::new(id, secret, token.map(str::to_owned), None, "in code");
        let error = open(nobody().credentials_provider(key).build()).await.unwrap_err();
        assert!(error.is_invalid_config() && error.to_string().contains("line break"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn c40_a_configuration_without_a_region_is_invalid_config() {
    let error = open(Config::builder().endpoint_url(endpoint()).build()).await.unwrap_err();
    assert!(error.is_invalid_config() && error.to_string().contains("region"), "{error}");
}
