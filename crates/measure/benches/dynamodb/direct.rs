//! The AWS SDK used directly, as a program would without this library: items by `serde_dynamo`.

use std::collections::HashMap;

use backends_dynamo::aws_sdk_dynamodb::Client as Sdk;
use backends_dynamo::aws_sdk_dynamodb::config::retry::RetryConfig;
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    KeysAndAttributes, Projection, ProjectionType, PutRequest, ScalarAttributeType, WriteRequest,
};
use measure::{Client, FIRST, NOTE, Reader, Record, stored};
use tokio::task::JoinSet;

pub(crate) const TABLE: &str = "direct";
const UNIQUE: &str = "direct_unique";
/// Who has which unique value.
pub(crate) const GUARDS: &str = "direct_guards";
const INDEXED: &str = "direct_indexed";
const INDEX: &str = "note_logins";

/// As many requests of one call at a time as this library makes, so that the two do the same.
const BATCHES: usize = 8;
pub(crate) const PUTS: usize = 32;

#[derive(Debug, Clone)]
pub(crate) struct Direct {
    pub(crate) sdk: Sdk,
    pub(crate) table: &'static str,
}

impl Direct {
    /// The same connections, credentials and endpoint as the backend has, and the retries of the SDK.
    pub(crate) async fn new(of_backend: &Sdk) -> Self {
        let config = of_backend.config().to_builder().retry_config(RetryConfig::standard()).build();
        let direct = Self { sdk: Sdk::from_conf(config), table: TABLE };
        direct.create(TABLE, "id").await;
        direct
    }

    /// The same with an empty table, beside one that holds the unique values.
    pub(crate) async fn unique(&self) -> Self {
        self.create(UNIQUE, "id").await;
        self.create(GUARDS, "value").await;
        Self { table: UNIQUE, ..self.clone() }
    }

    pub(crate) fn is_unique(&self) -> bool {
        self.table == UNIQUE
    }

    async fn create(&self, table: &str, key: &str) {
        let attribute = AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S);
        let schema = KeySchemaElement::builder().attribute_name(key).key_type(KeyType::Hash);
        let create = self.sdk.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(schema.build().unwrap());
        create.send().await.unwrap();
    }

    /// Stores the records that are there from the start in a table with an index.
    pub(crate) async fn fill_indexed(&self) {
        let types =
            [("id", ScalarAttributeType::S), ("note", ScalarAttributeType::S), ("logins", ScalarAttributeType::N)];
        let attributes = types
            .map(|(name, of)| AttributeDefinition::builder().attribute_name(name).attribute_type(of).build().unwrap());
        let key =
            |name: &str, of: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(of).build().unwrap();
        let all = Projection::builder().projection_type(ProjectionType::All).build();
        let index = GlobalSecondaryIndex::builder().index_name(INDEX).projection(all);
        let index = index.key_schema(key("note", KeyType::Hash)).key_schema(key("logins", KeyType::Range));
        let create = self.sdk.create_table().table_name(INDEXED).billing_mode(BillingMode::PayPerRequest);
        let create = create.set_attribute_definitions(Some(attributes.to_vec())).key_schema(key("id", KeyType::Hash));
        create.global_secondary_indexes(index.build().unwrap()).send().await.unwrap();
        self.insert_into(INDEXED, stored()).await;
    }

    /// Scans the table in so many segments at a time.
    pub(crate) async fn scan(&self, segments: i32) -> Vec<Record> {
        self.scan_for(segments, None).await
    }

    async fn scan_for(&self, segments: i32, least_score: Option<f64>) -> Vec<Record> {
        let mut running = JoinSet::new();
        for segment in 0..segments {
            let mut scan = self.sdk.scan().table_name(INDEXED).consistent_read(true);
            if segments > 1 {
                scan = scan.segment(segment).total_segments(segments);
            }
            if let Some(score) = least_score {
                scan = scan.filter_expression("#s >= :s").expression_attribute_names("#s", "score");
                scan = scan.expression_attribute_values(":s", AttributeValue::N(score.to_string()));
            }
            running.spawn(async move {
                let mut records: Vec<Record> = Vec::new();
                let mut pages = scan.into_paginator().send();
                while let Some(page) = pages.next().await {
                    let items = page.unwrap().items.unwrap_or_default();
                    records.extend(serde_dynamo::from_items::<_, Record>(items).unwrap());
                }
                records
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }

    /// In batches, which write over what is there.
    async fn insert_into(&self, table: &'static str, records: Vec<Record>) -> usize {
        let count = records.len();
        let mut running = JoinSet::new();
        for chunk in records.chunks(25) {
            if running.len() == BATCHES {
                running.join_next().await.unwrap().unwrap();
            }
            let (client, chunk) = (self.sdk.clone(), chunk.to_vec());
            running.spawn(async move {
                let puts = chunk.into_iter().map(|record| {
                    let put = PutRequest::builder().set_item(Some(serde_dynamo::to_item(record).unwrap()));
                    WriteRequest::builder().put_request(put.build().unwrap()).build()
                });
                let answer = client.batch_write_item().request_items(table, puts.collect()).send().await.unwrap();
                assert!(answer.unprocessed_items.is_none_or(|left| left.is_empty()));
            });
        }
        running.join_all().await;
        count
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
        let get = self.sdk.get_item().table_name(TABLE).key("id", AttributeValue::S(id));
        let answer = get.consistent_read(true).send().await.unwrap();
        let _: Record = serde_dynamo::from_item(answer.item.unwrap()).unwrap();
    }

    async fn insert(&self, record: Record) {
        if self.is_unique() {
            return self.insert_guarded(record).await;
        }
        let put = self.sdk.put_item().table_name(TABLE).set_item(Some(serde_dynamo::to_item(record).unwrap()));
        let put = put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", "id");
        put.send().await.unwrap();
    }

    async fn insert_many(&self, records: Vec<Record>) -> usize {
        self.insert_into(TABLE, records).await
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
            let client = self.sdk.clone();
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

impl Reader for Direct {
    /// One request after another.
    async fn all(&self) -> usize {
        self.scan(1).await.len()
    }

    async fn by_logins(&self, from: u32) -> usize {
        let query = self.sdk.query().table_name(INDEXED).index_name(INDEX);
        let query = query.key_condition_expression("#n = :n AND #l >= :l").expression_attribute_names("#n", "note");
        let query = query.expression_attribute_names("#l", "logins").limit(FIRST.cast_signed());
        let query = query.expression_attribute_values(":n", AttributeValue::S(NOTE.into()));
        let answer = query.expression_attribute_values(":l", AttributeValue::N(from.to_string())).send().await.unwrap();
        serde_dynamo::from_items::<_, Record>(answer.items.unwrap()).unwrap().len()
    }

    /// In as many segments as this library scans in.
    async fn by_score(&self, from: f64) -> usize {
        let mut records = self.scan_for(4, Some(from)).await;
        records.sort_by(|left, right| left.score.total_cmp(&right.score));
        records.truncate(FIRST as usize);
        records.len()
    }
}
