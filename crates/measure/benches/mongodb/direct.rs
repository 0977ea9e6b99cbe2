//! MongoDB's driver used directly, as a program would without this library: a typed collection.

use std::collections::HashMap;

use backends_mongo::mongodb::bson::doc;
use backends_mongo::mongodb::options::{Acknowledgment, ClientOptions, WriteConcern};
use backends_mongo::mongodb::{Collection, Database};
use measure::{Client, Record};
use serde::{Deserialize, Serialize};

pub(crate) const DATABASE: &str = "backends_bench";

/// The record, with its id where MongoDB has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "_id")]
    id: String,
    email: String,
    name: String,
    logins: u32,
    score: f64,
    active: bool,
    tags: Vec<String>,
    note: String,
}

impl From<Record> for Stored {
    fn from(record: Record) -> Self {
        let Record { id, email, name, logins, score, active, tags, note } = record;
        Self { id, email, name, logins, score, active, tags, note }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Direct {
    database: Database,
    records: Collection<Stored>,
}

impl Direct {
    pub(crate) async fn new(url: &str) -> Self {
        let mut options = ClientOptions::parse(url).await.unwrap();
        options.max_pool_size = Some(100);
        options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
        let database = backends_mongo::mongodb::Client::with_options(options).unwrap().database(DATABASE);
        Self { records: database.collection("direct"), database }
    }

    /// Removes what either contender has stored.
    pub(crate) async fn clear(&self) {
        self.database.drop().await.unwrap();
    }
}

impl Client for Direct {
    const NAME: &'static str = "driver";

    async fn get(&self, id: String) {
        assert!(self.records.find_one(doc! { "_id": id }).await.unwrap().is_some());
    }

    async fn insert(&self, record: Record) {
        self.records.insert_one(Stored::from(record)).await.unwrap();
    }

    async fn insert_many(&self, records: Vec<Record>) -> usize {
        let records = records.into_iter().map(Stored::from);
        self.records.insert_many(records).ordered(false).await.unwrap().inserted_ids.len()
    }

    /// Each record in the place of its id.
    async fn get_many(&self, ids: &[String]) -> usize {
        let mut cursor = self.records.find(doc! { "_id": { "$in": ids } }).await.unwrap();
        let mut found = HashMap::with_capacity(ids.len());
        while cursor.advance().await.unwrap() {
            let stored = cursor.deserialize_current().unwrap();
            found.insert(stored.id.clone(), stored);
        }
        let records: Vec<Option<Stored>> = ids.iter().map(|id| found.remove(id)).collect();
        records.into_iter().flatten().count()
    }
}
