//! Reading by key.

use std::collections::BTreeMap;

use backends_core::driver::{Context, Fetched, GetRequest};
use backends_core::{Batch, Key, Result};
use mongodb::bson::Document;

use super::MongoRepository;
use crate::database::{max_time, next_reply};
use crate::error::Effect;

/// How many keys a request has: strings of 1,024 bytes in both forms of an id stay below what a request holds.
const KEYS: usize = 4_000;

/// The same for keys of two parts, each of whose partitions the server plans by itself.
const PAIRS: usize = 500;

impl MongoRepository {
    pub(super) async fn fetch(&self, request: &GetRequest) -> Result<Fetched> {
        match request.keys.as_slice() {
            [key] => self.fetch_one(&request.context, key).await,
            keys => self.fetch_many(&request.context, keys).await,
        }
    }

    async fn fetch_one(&self, context: &Context, key: &Key) -> Result<Fetched> {
        // MongoDB: with a negative limit the one reply closes the cursor.
        let find = self.collection.find(self.codec.filter(key)?).limit(-1).max_time(max_time(context));
        let reply = self
            .database
            .call(context, Effect::Reads, async {
                let mut cursor = find.batch().await?;
                next_reply(&mut cursor).await
            })
            .await?;
        let Some(reply) = reply else {
            return Ok(Fetched::from_batches(Vec::new(), vec![None]));
        };
        let batch = self.codec.batch(reply)?;
        let position = (!batch.is_empty()).then_some(0);
        Ok(Fetched::new(Box::new(batch), vec![position]))
    }

    async fn fetch_many(&self, context: &Context, keys: &[Key]) -> Result<Fetched> {
        let places: BTreeMap<&Key, usize> = keys.iter().enumerate().map(|(position, key)| (key, position)).collect();
        let sorted: Vec<&Key> = places.keys().copied().collect();
        let mut batches: Vec<Box<dyn Batch>> = Vec::new();
        let mut positions = vec![None; keys.len()];
        let at_once = if self.codec.key_names().len() == 1 { KEYS } else { PAIRS };
        for keys in sorted.chunks(at_once) {
            for batch in self.fetch_some(context, self.codec.filter_of_many(keys)?).await? {
                for index in 0..batch.len() {
                    let key = self.codec.key_of(batch.document(index)?)?;
                    if let Some(position) = places.get(&key) {
                        positions[*position] = Some((batches.len(), index));
                    }
                }
                batches.push(Box::new(batch));
            }
            context.renew();
        }
        Ok(Fetched::from_batches(batches, positions))
    }

    async fn fetch_some(&self, context: &Context, filter: Document) -> Result<Vec<crate::codec::BsonBatch>> {
        let find = self.collection.find(filter).max_time(max_time(context));
        let mut cursor = self.database.call(context, Effect::Reads, find.batch()).await?;
        let mut batches = Vec::new();
        while let Some(reply) = self.database.call(context, Effect::Reads, next_reply(&mut cursor)).await? {
            batches.push(self.codec.batch(reply)?);
            context.renew();
        }
        Ok(batches)
    }
}
