//! Reading by key.

use std::collections::{BTreeSet, HashMap, HashSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;
use backends_core::driver::{Consistency, Context, Fetched, GetRequest};
use backends_core::{Batch, Error, Key, Result};
use tokio::task::JoinSet;

use super::DynamoRepository;
use crate::codec::{Codec, Item, ItemBatch};
use crate::retry::Effect;
use crate::throughput::{Leftovers, TOGETHER, strange};
use crate::words::Words;

// DynamoDB: 100 keys a BatchGetItem.
pub(super) const KEYS: usize = 100;

impl DynamoRepository {
    pub(super) async fn fetch(&self, request: &GetRequest) -> Result<Fetched> {
        match request.keys.as_slice() {
            [key] => {
                let item = self.fetch_one(&request.context, key, None).await?;
                let position = item.is_some().then_some(0);
                Ok(Fetched::new(Box::new(ItemBatch(item.into_iter().collect())), vec![position]))
            }
            keys => self.fetch_many(&request.context, keys).await,
        }
    }

    /// The item with this key, or these fields of it.
    pub(super) async fn fetch_one(
        &self,
        context: &Context,
        key: &Key,
        fields: Option<&BTreeSet<String>>,
    ) -> Result<Option<Item>> {
        let request = || {
            let Words { projection, names, .. } = Words::default().of_fields(fields);
            let get = self.table.client.get_item().table_name(&self.table.name).set_key(Some(self.codec.key(key)?));
            let get = get.set_projection_expression(projection).set_expression_attribute_names(names);
            Ok(get.consistent_read(is_consistent(context)).send())
        };
        let answer = self.service.call(context, Effect::Reads, request).await?;
        Ok(answer.item)
    }

    /// As few requests as there can be, several at a time.
    async fn fetch_many(&self, context: &Context, keys: &[Key]) -> Result<Fetched> {
        let mut batches: Vec<ItemBatch> = Vec::new();
        let mut chunks = keys.chunks(KEYS);
        let mut running = JoinSet::new();
        loop {
            while running.len() < TOGETHER
                && let Some(chunk) = chunks.next()
            {
                let (this, context, chunk) = (self.clone(), context.clone(), chunk.to_vec());
                running.spawn(async move { this.fetch_chunk(&context, chunk, None).await });
            }
            match running.join_next().await {
                None => break,
                Some(Ok(chunk)) => batches.extend(chunk?),
                Some(Err(_)) => return Err(Error::unexpected("the task of a request ended without an answer")),
            }
        }
        self.place(keys, batches)
    }

    /// The items of at most 100 keys, or these fields of them. What the service leaves for later is asked for again.
    pub(super) async fn fetch_chunk(
        &self,
        context: &Context,
        mut keys: Vec<Key>,
        fields: Option<&BTreeSet<String>>,
    ) -> Result<Vec<ItemBatch>> {
        let mut batches = Vec::new();
        let mut leftovers = Leftovers::default();
        while !keys.is_empty() {
            let request = || {
                let items = keys.iter().map(|key| self.codec.key(key)).collect::<Result<_>>()?;
                let wanted = KeysAndAttributes::builder().set_keys(Some(items)).consistent_read(is_consistent(context));
                let Words { projection, names, .. } = Words::default().of_fields(fields);
                let wanted = wanted.set_projection_expression(projection).set_expression_attribute_names(names).build();
                let wanted = wanted.map_err(|native| Error::unexpected("no keys to ask for").with_native(native))?;
                Ok(self.table.client.batch_get_item().request_items(&self.table.name, wanted).send())
            };
            let answer = self.service.call(context, Effect::Reads, request).await;
            let answer = answer.map_err(|error| leftovers.explain(context, error))?;
            let items = answer.responses.and_then(|mut tables| tables.remove(&self.table.name)).unwrap_or_default();
            if !items.is_empty() {
                batches.push(ItemBatch(items));
            }
            let asked = keys.len();
            match answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table.name)) {
                None => keys.clear(),
                Some(left) => {
                    let named = left.keys.len();
                    let left: HashSet<_> = left.keys.iter().filter_map(|key| self.codec.key_of(key)).collect();
                    keys.retain(|key| Codec::wanted(key).is_some_and(|key| left.contains(&key)));
                    if keys.len() != named {
                        return Err(strange());
                    }
                }
            }
            leftovers.wait(context, asked - keys.len(), keys.len()).await?;
        }
        Ok(batches)
    }

    /// Finds for each key the item that has it.
    fn place(&self, keys: &[Key], batches: Vec<ItemBatch>) -> Result<Fetched> {
        let mut places = HashMap::with_capacity(keys.len());
        for (batch, items) in batches.iter().enumerate() {
            for (index, item) in items.0.iter().enumerate() {
                let key = self.codec.key_of(item).ok_or_else(|| {
                    Error::unreadable("a stored record lacks a field of its key: repair it, or delete it")
                })?;
                places.insert(key, (batch, index));
            }
        }
        let place = |key| Codec::wanted(key).and_then(|key| places.get(&key).copied());
        let positions = keys.iter().map(place).collect();
        let batches = batches.into_iter().map(|batch| Box::new(batch) as Box<dyn Batch>).collect();
        Ok(Fetched::from_batches(batches, positions))
    }
}

/// Whether a read has to see every write before it: unless the caller says otherwise.
pub(super) fn is_consistent(context: &Context) -> bool {
    context.consistency != Consistency::Eventual
}
