//! A prefix of its own on a real service, for one test.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use backends_core::{Backend, DatabaseConfig, Definition, Registry, Result};
use backends_dynamo::Dynamodb;
use backends_dynamo::aws_sdk_dynamodb::types::AttributeValue;
use backends_dynamo::aws_sdk_dynamodb::types::{AttributeDefinition, KeySchemaElement};
use backends_dynamo::aws_sdk_dynamodb::{Client, types::BillingMode, types::KeyType, types::ScalarAttributeType};

pub type Item = std::collections::HashMap<String, AttributeValue>;

/// The address of the service; a test that has none fails.
pub fn endpoint() -> String {
    env::var("TEST_DYNAMODB_ENDPOINT")
        .unwrap_or_else(|_| panic!("TEST_DYNAMODB_ENDPOINT is not set: it names the DynamoDB that these tests need"))
}

/// A prefix that no other test has.
pub fn fresh_prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("live{now:x}-{:x}-{}.", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

pub fn config(endpoint: &str, prefix: &str) -> DatabaseConfig {
    DatabaseConfig::new("dynamodb")
        .set("endpoint", endpoint)
        .set("awsRegion", "us-east-1")
        .set("awsSecretKeyId", "test")
        .set("awsSecretAccessKey", "hunter2")
        .set("tablePrefix", prefix)
}

pub async fn open_with(config: DatabaseConfig) -> Result<Backend> {
    Registry::new().register(Dynamodb).manager(&config)?.backend("dynamodb").await
}

/// The backend on the tables of a prefix, as another process has it.
pub async fn open(endpoint: &str, prefix: &str) -> Backend {
    open_with(config(endpoint, prefix)).await.unwrap()
}

/// Takes the tables of a prefix away.
pub async fn remove(prefix: &str) {
    let backend = open(&endpoint(), prefix).await;
    crate::tables::remove(backend.native::<Client>().unwrap(), prefix).await;
}

/// A prefix, the backend on it, and the client of another program.
pub struct Store {
    pub prefix: String,
    pub backend: Backend,
    pub other: Client,
}

impl Store {
    pub async fn open() -> Self {
        Self::through(&endpoint()).await
    }

    /// The backend goes through `endpoint`, and the other program does not.
    pub async fn through(endpoint: &str) -> Self {
        let prefix = fresh_prefix();
        let direct = open(&self::endpoint(), &prefix).await;
        let other = direct.native::<Client>().unwrap().clone();
        Self { backend: open(endpoint, &prefix).await, prefix, other }
    }

    /// Takes its tables away, after a test whose records expire.
    pub async fn remove(self) {
        remove(&self.prefix).await;
    }

    pub fn table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A table as another program creates it, with one key.
    pub async fn create(&self, name: &str, key: &str, of_type: ScalarAttributeType) {
        self.create_keyed(name, &[(key, of_type)]).await;
    }

    /// The same with a sort key, where there are two.
    pub async fn create_keyed(&self, name: &str, keys: &[(&str, ScalarAttributeType)]) {
        let mut create =
            self.other.create_table().table_name(self.table(name)).billing_mode(BillingMode::PayPerRequest);
        for ((key, of_type), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute = AttributeDefinition::builder().attribute_name(*key).attribute_type(of_type.clone());
            let element = KeySchemaElement::builder().attribute_name(*key).key_type(role);
            create = create.attribute_definitions(attribute.build().unwrap()).key_schema(element.build().unwrap());
        }
        create.send().await.unwrap();
    }

    /// Puts an item as another program does.
    pub async fn put(&self, name: &str, attributes: &[(&str, AttributeValue)]) {
        let item = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.other.put_item().table_name(self.table(name)).set_item(Some(item)).send().await.unwrap();
    }

    /// All items of a table, in no order.
    pub async fn all(&self, name: &str) -> Vec<Item> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let scan = self.other.scan().table_name(self.table(name)).consistent_read(true);
            let answer = scan.set_exclusive_start_key(after).send().await.unwrap();
            items.extend(answer.items.unwrap_or_default());
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return items;
            }
        }
    }
}

pub fn definition(json: &str) -> Definition {
    Definition::from_json(json).unwrap()
}

pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub fn n(text: &str) -> AttributeValue {
    AttributeValue::N(text.to_owned())
}
