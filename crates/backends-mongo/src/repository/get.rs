//! Reading by key.

use std::collections::BTreeMap;

use backends_core::driver::{Context, Fetched, GetRequest};
use backends_core::{Batch, Key, Result};

use super::MongoRepository;
use crate::codec::BsonBatch;
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
        Ok(match self.find_one(context, key).await? {
            Some(batch) => Fetched::new(Box::new(batch), vec![Some(0)]),
            None => Fetched::from_batches(Vec::new(), vec![None]),
        })
    }

    /// A batch of the document with this key.
    async fn find_one(&self, context: &Context, key: &Key) -> Result<Option<BsonBatch>> {
        // MongoDB: with a negative limit the one reply closes the cursor.
        let find = self.collection.find(self.codec.filter(key)?).limit(-1).max_time(max_time(context));
        let request = Box::pin(async {
            let mut cursor = find.batch().await?;
            next_reply(&mut cursor).await
        });
        let reply = self.database.call(context, Effect::Reads, request).await?;
        Ok(reply.map(|reply| self.codec.batch(reply)).transpose()?.filter(|batch| !batch.is_empty()))
    }

    async fn fetch_many(&self, context: &Context, keys: &[Key]) -> Result<Fetched> {
        let places: BTreeMap<&Key, usize> = keys.iter().enumerate().map(|(position, key)| (key, position)).collect();
        let sorted: Vec<&Key> = places.keys().copied().collect();
        let mut batches: Vec<Box<dyn Batch>> = Vec::new();
        let mut positions = vec![None; keys.len()];
        let at_once = if self.codec.key_names().len() == 1 { KEYS } else { PAIRS };
        for keys in sorted.chunks(at_once) {
            let mut is_all_placed = true;
            for batch in self.fetch_some(context, keys).await? {
                for index in 0..batch.len() {
                    let key = match self.codec.key_of(batch.document(index)?) {
                        Err(error) if !error.is_unreadable() => return Err(error),
                        key => key.ok(),
                    };
                    match key.and_then(|key| places.get(&key).copied()) {
                        Some(position) => positions[position] = Some((batches.len(), index)),
                        None => is_all_placed = false,
                    }
                }
                batches.push(Box::new(batch));
            }
            context.renew();
            if !is_all_placed {
                let missing = keys.iter().copied().filter(|key| positions[places[key]].is_none()).collect::<Vec<_>>();
                for (key, batch) in self.fetch_each(context, &missing).await? {
                    positions[places[key]] = Some((batches.len(), 0));
                    batches.push(Box::new(batch));
                }
            }
        }
        Ok(Fetched::from_batches(batches, positions))
    }

    /// The documents with one of these keys, which are sorted, by the key that the server finds each for: another
    /// program may have stored a value that equals a key, or an array that has one, and that tells no key by itself.
    async fn fetch_each<'k>(&self, context: &Context, keys: &[&'k Key]) -> Result<Vec<(&'k Key, BsonBatch)>> {
        let mut found = Vec::new();
        let mut parts = vec![keys];
        while let Some(keys) = parts.pop() {
            match keys {
                [] => {}
                [key] => found.extend(self.find_one(context, key).await?.map(|batch| (*key, batch))),
                _ => {
                    let batches = self.fetch_some(context, keys).await?;
                    if batches.iter().any(|batch| !batch.is_empty()) {
                        let (left, right) = keys.split_at(keys.len() / 2);
                        parts.extend([left, right]);
                    }
                }
            }
            context.renew();
        }
        Ok(found)
    }

    /// The documents with one of these keys, which are sorted.
    async fn fetch_some(&self, context: &Context, keys: &[&Key]) -> Result<Vec<BsonBatch>> {
        let mut has_begun = false;
        match self.try_fetch(context, keys, &mut has_begun).await {
            // The driver repeats a `find` and no `getMore`, whose cursor may have gone on: so all of it is read again.
            Err(error) if has_begun && error.is_unavailable() => self.try_fetch(context, keys, &mut has_begun).await,
            answer => answer,
        }
    }

    async fn try_fetch(&self, context: &Context, keys: &[&Key], has_begun: &mut bool) -> Result<Vec<BsonBatch>> {
        // MongoDB: the first reply has 101 documents unless told otherwise, none has more than 16 MB, and one that is
        // full does not say that it is the last.
        let at_once = u32::try_from(keys.len() + 1).unwrap_or(u32::MAX);
        let find = self.collection.find(self.codec.filter_of_many(keys)?);
        let find = find.batch_size(at_once).max_time(max_time(context));
        let mut cursor = self.database.call(context, Effect::Reads, Box::pin(find.batch())).await?;
        *has_begun = true;
        let mut batches = Vec::new();
        while let Some(reply) = self.database.call(context, Effect::Reads, next_reply(&mut cursor)).await? {
            batches.push(self.codec.batch(reply)?);
            context.renew();
        }
        Ok(batches)
    }
}
