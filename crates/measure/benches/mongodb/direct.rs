//! MongoDB's driver used directly, as a program would without this library: a typed collection.

use std::collections::HashMap;

use backends_mongo::mongodb::action::Find;
use backends_mongo::mongodb::bson::doc;
use backends_mongo::mongodb::options::{Acknowledgment, ClientOptions, IndexOptions, WriteConcern};
use backends_mongo::mongodb::{Collection, Database, IndexModel};
use measure::{Client, FIRST, NOTE, Reader, Record, stored};
use serde::{Deserialize, Serialize};

pub(crate) const DATABASE: &str = "backends_bench";

/// The record, with its id where MongoDB has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "_id")]
    pub(crate) id: String,
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

impl From<Stored> for Record {
    fn from(stored: Stored) -> Self {
        let Stored { id, email, name, logins, score, active, tags, note } = stored;
        Self { id, email, name, logins, score, active, tags, note }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Direct {
    pub(crate) database: Database,
    pub(crate) records: Collection<Stored>,
    indexed: Collection<Stored>,
}

impl Direct {
    pub(crate) async fn new(url: &str) -> Self {
        let mut options = ClientOptions::parse(url).await.unwrap();
        options.max_pool_size = Some(100);
        options.write_concern = Some(durable());
        let database = backends_mongo::mongodb::Client::with_options(options).unwrap().database(DATABASE);
        Self { records: database.collection("direct"), indexed: database.collection("direct_indexed"), database }
    }

    /// Stores the records that are there from the start beside an index.
    pub(crate) async fn fill_indexed(&self) {
        let index = IndexModel::builder().keys(doc! { "note": 1, "logins": 1 }).build();
        self.indexed.create_index(index).await.unwrap();
        self.indexed.insert_many(stored().into_iter().map(Stored::from)).await.unwrap();
    }

    /// The same with an empty collection, which keeps `email` unique among the records that have one.
    pub(crate) async fn unique(&self) -> Self {
        let records = self.database.collection("direct_unique");
        let only = IndexOptions::builder().unique(true).partial_filter_expression(doc! { "email": { "$gt": "" } });
        let index = IndexModel::builder().keys(doc! { "email": 1 }).options(only.build()).build();
        records.create_index(index).await.unwrap();
        Self { records, ..self.clone() }
    }

    async fn read(&self, find: Find<'_, Stored>) -> usize {
        let mut cursor = find.await.unwrap();
        let mut records: Vec<Record> = Vec::new();
        while cursor.advance().await.unwrap() {
            records.push(cursor.deserialize_current().unwrap().into());
        }
        records.len()
    }

    /// Removes what either contender has stored.
    pub(crate) async fn clear(&self) {
        self.database.drop().await.unwrap();
    }
}

/// What this library writes with.
pub(crate) fn durable() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build()
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

impl Reader for Direct {
    async fn all(&self) -> usize {
        self.read(self.indexed.find(doc! {})).await
    }

    async fn by_logins(&self, from: u32) -> usize {
        let find = self.indexed.find(doc! { "note": NOTE, "logins": { "$gte": from } });
        self.read(find.sort(doc! { "logins": 1 }).limit(FIRST.into())).await
    }

    async fn by_score(&self, from: f64) -> usize {
        let find = self.indexed.find(doc! { "score": { "$gte": from } });
        self.read(find.sort(doc! { "score": 1 }).limit(FIRST.into())).await
    }
}
