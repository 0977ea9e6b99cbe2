//! The AWS SDK used directly, as a program would without this library: items by `serde_dynamo`.

use std::collections::HashMap;

use backends_dynamo::aws_sdk_dynamodb::Client;
use backends_dynamo::aws_sdk_dynamodb::config::retry::RetryConfig;
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes, PutRequest,
    ScalarAttributeType, WriteRequest,
};
use measure::Record;
use tokio::task::JoinSet;

const TABLE: &str = "direct";

/// As many requests of one call at a time as this library makes, so that the two do the same.
const BATCHES: usize = 8;
const PUTS: usize = 32;

#[derive(Debug, Clone)]
pub(crate) struct Direct(Client);

impl Direct {
    /// The same connections, credentials and endpoint as the backend has, and the retries of the SDK.
    pub(crate) async fn new(of_backend: &Client) -> Self {
        let config = of_backend.config().to_builder().retry_config(RetryConfig::standard()).build();
        let direct = Self(Client::from_conf(config));
        let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        let create = direct.0.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap());
        create.send().await.unwrap();
        direct
    }

    pub(crate) async fn get(&self, id: &str) -> Option<Record> {
        let get = self.0.get_item().table_name(TABLE).key("id", AttributeValue::S(id.to_owned()));
        let answer = get.consistent_read(true).send().await.unwrap();
        answer.item.map(|item| serde_dynamo::from_item(item).unwrap())
    }

    pub(crate) async fn insert(&self, record: Record) {
        let put = self.0.put_item().table_name(TABLE).set_item(Some(serde_dynamo::to_item(record).unwrap()));
        let put = put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", "id");
        put.send().await.unwrap();
    }

    /// One by one on condition, as records have to be that bring their keys.
    pub(crate) async fn insert_each(&self, records: Vec<Record>) -> usize {
        let count = records.len();
        let mut running = JoinSet::new();
        for record in records {
            if running.len() == PUTS {
                running.join_next().await.unwrap().unwrap();
            }
            let direct = self.clone();
            running.spawn(async move { direct.insert(record).await });
        }
        running.join_all().await;
        count
    }

    /// In batches, which write over what is there.
    pub(crate) async fn insert_in_batches(&self, records: Vec<Record>) -> usize {
        let count = records.len();
        let mut running = JoinSet::new();
        for chunk in records.chunks(25) {
            if running.len() == BATCHES {
                running.join_next().await.unwrap().unwrap();
            }
            let (client, chunk) = (self.0.clone(), chunk.to_vec());
            running.spawn(async move {
                let puts = chunk.into_iter().map(|record| {
                    let put = PutRequest::builder().set_item(Some(serde_dynamo::to_item(record).unwrap()));
                    WriteRequest::builder().put_request(put.build().unwrap()).build()
                });
                let answer = client.batch_write_item().request_items(TABLE, puts.collect()).send().await.unwrap();
                assert!(answer.unprocessed_items.is_none_or(|left| left.is_empty()));
            });
        }
        running.join_all().await;
        count
    }

    /// Each record in the place of its id.
    pub(crate) async fn get_many(&self, ids: &[String]) -> Vec<Option<Record>> {
        let mut running = JoinSet::new();
        let mut found = HashMap::with_capacity(ids.len());
        let mut keep =
            |records: Vec<Record>| found.extend(records.into_iter().map(|record| (record.id.clone(), record)));
        for chunk in ids.chunks(100) {
            if running.len() == BATCHES {
                keep(running.join_next().await.unwrap().unwrap());
            }
            let client = self.0.clone();
            let keys = chunk.iter().map(|id| HashMap::from([("id".to_owned(), AttributeValue::S(id.clone()))]));
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true);
            let get = client.batch_get_item().request_items(TABLE, wanted.build().unwrap());
            running.spawn(async move {
                let mut answer = get.send().await.unwrap();
                let items = answer.responses.as_mut().and_then(|tables| tables.remove(TABLE)).unwrap_or_default();
                serde_dynamo::from_items(items).unwrap()
            });
        }
        for records in running.join_all().await {
            keep(records);
        }
        ids.iter().map(|id| found.remove(id)).collect()
    }
}
