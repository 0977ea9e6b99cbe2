//! The AWS SDK used directly, as a program would without this library: items by `serde_dynamo`.

use std::collections::HashMap;

use backends_dynamo::aws_sdk_dynamodb::Client as Sdk;
use backends_dynamo::aws_sdk_dynamodb::config::retry::RetryConfig;
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes, PutRequest,
    ScalarAttributeType, WriteRequest,
};
use measure::{Client, Record};
use tokio::task::JoinSet;

const TABLE: &str = "direct";

/// As many requests of one call at a time as this library makes, so that the two do the same.
const BATCHES: usize = 8;
const PUTS: usize = 32;

#[derive(Debug, Clone)]
pub(crate) struct Direct(Sdk);

impl Direct {
    /// The same connections, credentials and endpoint as the backend has, and the retries of the SDK.
    pub(crate) async fn new(of_backend: &Sdk) -> Self {
        let config = of_backend.config().to_builder().retry_config(RetryConfig::standard()).build();
        let direct = Self(Sdk::from_conf(config));
        let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        let create = direct.0.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap());
        create.send().await.unwrap();
        direct
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
}

impl Client for Direct {
    const NAME: &'static str = "SDK";

    async fn get(&self, id: String) {
        let get = self.0.get_item().table_name(TABLE).key("id", AttributeValue::S(id));
        let answer = get.consistent_read(true).send().await.unwrap();
        let _: Record = serde_dynamo::from_item(answer.item.unwrap()).unwrap();
    }

    async fn insert(&self, record: Record) {
        let put = self.0.put_item().table_name(TABLE).set_item(Some(serde_dynamo::to_item(record).unwrap()));
        let put = put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", "id");
        put.send().await.unwrap();
    }

    /// In batches, which write over what is there.
    async fn insert_many(&self, records: Vec<Record>) -> usize {
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
    async fn get_many(&self, ids: &[String]) -> usize {
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
        let records: Vec<Option<Record>> = ids.iter().map(|id| found.remove(id)).collect();
        records.into_iter().flatten().count()
    }
}
