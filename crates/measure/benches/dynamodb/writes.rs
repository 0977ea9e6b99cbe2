//! The writes of the AWS SDK used directly, on the same conditions.
//!
//! An update is one request, of which the service gives the item after it. It adds to fractions too, does not ask whether
//! the type reads what comes of it, and counts twice where an answer is lost and the SDK makes the request again. A
//! transaction is not made again where others get in its way.

use std::collections::HashMap;

use backends_dynamo::aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use backends_dynamo::aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update,
};
use measure::{NAME, NOTE, Record, Writer};
use tokio::task::JoinSet;

use crate::direct::{Direct, GUARDS, PUTS, TABLE};

/// As many segments as this library scans in.
const SEGMENTS: i32 = 4;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Stores an item in a transaction where nothing has its key.
fn put(table: &str, key: &str, item: HashMap<String, AttributeValue>) -> TransactWriteItem {
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(#k)").expression_attribute_names("#k", key);
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

/// Changes an item in a transaction if it is what was read; the record after it.
fn change(record: Record) -> (TransactWriteItem, Record) {
    let (name, logins) = (record.name.clone(), record.logins);
    let record = Record { name: NAME.into(), logins: logins.checked_add(1).unwrap(), ..record };
    let update = Update::builder().table_name(TABLE).key("id", text(&record.id));
    let update = update.update_expression("SET #n = :n, #l = :l").condition_expression("#n = :m AND #l = :k");
    let update = update.expression_attribute_names("#n", "name").expression_attribute_names("#l", "logins");
    let update = update.expression_attribute_values(":n", text(NAME)).expression_attribute_values(":m", text(&name));
    let number = |number: u32| AttributeValue::N(number.to_string());
    let update = update.expression_attribute_values(":l", number(record.logins));
    let update = update.expression_attribute_values(":k", number(logins));
    (TransactWriteItem::builder().update(update.build().unwrap()).build(), record)
}

impl Direct {
    /// The record together with the item that holds its value, or neither.
    pub(crate) async fn insert_guarded(&self, record: Record) {
        let guard = HashMap::from([("value".to_owned(), text(&record.email)), ("owner".to_owned(), text(&record.id))]);
        let items = vec![put(self.table, "id", serde_dynamo::to_item(record).unwrap()), put(GUARDS, "value", guard)];
        self.sdk.transact_write_items().set_transact_items(Some(items)).send().await.unwrap();
    }

    fn updating(&self, id: String) -> UpdateItemFluentBuilder {
        let update = self.sdk.update_item().table_name(TABLE).key("id", AttributeValue::S(id));
        let update = update.update_expression("SET #n = :n ADD #l :one").expression_attribute_names("#n", "name");
        let update = update.expression_attribute_names("#l", "logins").expression_attribute_values(":n", text(NAME));
        update.expression_attribute_values(":one", AttributeValue::N("1".into()))
    }

    /// The ids of the records with the note of all.
    async fn noted(&self) -> Vec<String> {
        let mut running = JoinSet::new();
        for segment in 0..SEGMENTS {
            let scan = self.sdk.scan().table_name(TABLE).consistent_read(true).segment(segment);
            let scan = scan.total_segments(SEGMENTS).filter_expression("#o = :o").projection_expression("id");
            let scan = scan.expression_attribute_names("#o", "note").expression_attribute_values(":o", text(NOTE));
            running.spawn(async move {
                let mut ids = Vec::new();
                let mut pages = scan.into_paginator().send();
                while let Some(page) = pages.next().await {
                    let items = page.unwrap().items.unwrap_or_default();
                    ids.extend(items.iter().map(|item| item["id"].as_s().unwrap().clone()));
                }
                ids
            });
        }
        running.join_all().await.concat()
    }
}

impl Writer for Direct {
    async fn update(&self, id: String) -> Record {
        let update = self.updating(id).condition_expression("attribute_exists(#id)");
        let update = update.expression_attribute_names("#id", "id").return_values(ReturnValue::AllNew);
        serde_dynamo::from_item(update.send().await.unwrap().attributes.unwrap()).unwrap()
    }

    async fn upsert(&self, record: Record) -> bool {
        let put = self.sdk.put_item().table_name(TABLE).set_item(Some(serde_dynamo::to_item(record).unwrap()));
        put.return_values(ReturnValue::AllOld).send().await.unwrap().attributes.is_none()
    }

    async fn delete(&self, id: String) -> Record {
        let delete = self.sdk.delete_item().table_name(TABLE).key("id", AttributeValue::S(id));
        let delete = delete.condition_expression("attribute_exists(#id)").expression_attribute_names("#id", "id");
        let answer = delete.return_values(ReturnValue::AllOld).send().await.unwrap();
        serde_dynamo::from_item(answer.attributes.unwrap()).unwrap()
    }

    async fn insert_batch(&self, records: Vec<Record>) {
        let puts = records.into_iter().map(|record| put(TABLE, "id", serde_dynamo::to_item(record).unwrap()));
        self.sdk.transact_write_items().set_transact_items(Some(puts.collect())).send().await.unwrap();
    }

    /// Reads them first: a transaction does not answer with items.
    async fn update_batch(&self, ids: Vec<String>) -> Vec<Record> {
        let keys = ids.iter().map(|id| HashMap::from([("id".to_owned(), text(id))])).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
        let answer = self.sdk.batch_get_item().request_items(TABLE, wanted).send().await.unwrap();
        let items = answer.responses.unwrap().remove(TABLE).unwrap();
        let read: Vec<Record> = serde_dynamo::from_items(items).unwrap();
        let mut read: HashMap<String, Record> = read.into_iter().map(|record| (record.id.clone(), record)).collect();
        let (updates, records) = ids.iter().map(|id| change(read.remove(id).unwrap())).unzip();
        self.sdk.transact_write_items().set_transact_items(Some(updates)).send().await.unwrap();
        records
    }

    /// As many requests at a time as there are puts of one by one.
    async fn update_many(&self) -> usize {
        let ids = self.noted().await;
        let count = ids.len();
        let mut running = JoinSet::new();
        for id in ids {
            if running.len() == PUTS {
                running.join_next().await.unwrap().unwrap();
            }
            let update = self.updating(id).condition_expression("#o = :o").expression_attribute_names("#o", "note");
            let update = update.expression_attribute_values(":o", text(NOTE));
            running.spawn(async move { update.send().await.unwrap() });
        }
        running.join_all().await;
        count
    }
}
