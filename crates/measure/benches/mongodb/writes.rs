//! The writes of MongoDB's driver used directly, with the same write concern.
//!
//! An update is one request, of which the server gives the document after it. It adds to fractions too, and does not ask
//! whether the type reads what comes of it. A transaction is not made again where others get in its way.

use backends_mongo::mongodb::ClientSession;
use backends_mongo::mongodb::bson::{Document, doc};
use backends_mongo::mongodb::options::{ReadConcern, ReturnDocument};
use measure::{NAME, NOTE, Record, Writer};

use crate::direct::{Direct, Stored, durable};

fn changes() -> Document {
    doc! { "$set": { "name": NAME }, "$inc": { "logins": 1 } }
}

impl Direct {
    async fn transaction(&self) -> ClientSession {
        let mut session = self.database.client().start_session().await.unwrap();
        let start = session.start_transaction().read_concern(ReadConcern::snapshot()).write_concern(durable());
        start.await.unwrap();
        session
    }
}

impl Writer for Direct {
    async fn update(&self, id: String) -> Record {
        let update = self.records.find_one_and_update(doc! { "_id": id }, changes());
        update.return_document(ReturnDocument::After).await.unwrap().unwrap().into()
    }

    async fn upsert(&self, record: Record) -> bool {
        let stored = Stored::from(record);
        let replace = self.records.replace_one(doc! { "_id": &stored.id }, &stored).upsert(true);
        replace.await.unwrap().upserted_id.is_some()
    }

    async fn delete(&self, id: String) -> Record {
        self.records.find_one_and_delete(doc! { "_id": id }).await.unwrap().unwrap().into()
    }

    async fn insert_batch(&self, records: Vec<Record>) {
        let mut session = self.transaction().await;
        self.records.insert_many(records.into_iter().map(Stored::from)).session(&mut session).await.unwrap();
        session.commit_transaction().await.unwrap();
    }

    async fn update_batch(&self, ids: Vec<String>) -> Vec<Record> {
        let mut session = self.transaction().await;
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            let update = self.records.find_one_and_update(doc! { "_id": id }, changes()).session(&mut session);
            records.push(update.return_document(ReturnDocument::After).await.unwrap().unwrap().into());
        }
        session.commit_transaction().await.unwrap();
        records
    }

    async fn update_many(&self) -> usize {
        let updated = self.records.update_many(doc! { "note": NOTE }, changes()).await.unwrap().matched_count;
        updated.try_into().unwrap()
    }
}
