//! The records of one repository, in memory.

use std::any::Any;
use std::sync::{Arc, MutexGuard};

use async_trait::async_trait;

use super::{Contents, Table};
use crate::driver::{
    Counted, DeleteRequest, Deleted, Expiry, Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest,
    Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest,
    Updated,
};
use crate::{Batch, Error, Key, RecordBuf, Result};

/// How many records a batch of a find has, so that programs meet more than one.
const BATCH: usize = 100;

/// The records of one repository, in memory.
#[derive(Debug)]
pub struct MemoryRepository {
    pub(super) table: Arc<Table>,
}

impl MemoryRepository {
    pub(super) fn new(table: Arc<Table>) -> Self {
        Self { table }
    }

    /// How many records are stored.
    pub fn stored(&self) -> usize {
        self.table.lock().records().len()
    }

    /// What is stored, if the repository was ever defined.
    fn contents(&self) -> Result<MutexGuard<'_, Contents>> {
        let contents = self.table.lock();
        if contents.definition().is_none() {
            return Err(Error::never_defined());
        }
        Ok(contents)
    }

    fn put_new(&self, key: &Key, record: &RecordBuf, expiry: Option<&Expiry>) -> Result<()> {
        let mut contents = self.contents()?;
        if let Some(stored) = contents.get(key)
            && !expiry.map_or(Ok(false), |expiry| expiry.is_over(&mut stored.tokens()))?
        {
            return Err(Error::key_taken());
        }
        contents.put(key, record)
    }
}

#[async_trait]
impl RepositoryDriver for MemoryRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        self.put_new(&request.key, &request.record, request.expiry.as_ref())?;
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        let mut failures = Vec::new();
        for (position, new) in request.records.iter().enumerate() {
            if let Err(error) = self.put_new(&new.key, &new.record, request.expiry.as_ref()) {
                failures.push((position, error));
            }
        }
        Ok(InsertedRecords::except(failures))
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        let contents = self.contents()?;
        let mut found = Vec::new();
        let mut positions = Vec::with_capacity(request.keys.len());
        for key in &request.keys {
            let record = contents.get(key);
            positions.push(record.map(|_| found.len()));
            found.extend(record.cloned());
        }
        Ok(Fetched::new(Box::new(found), positions))
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        let mut contents = self.contents()?;
        contents.drop_expired(request.context.now);
        let mut records: Vec<RecordBuf> = contents.records().cloned().collect();
        drop(contents);
        fastrand::shuffle(&mut records);
        let batches = records.chunks(BATCH).map(|chunk| Box::new(chunk.to_vec()) as Box<dyn Batch>);
        Ok(Found::batches(batches.collect()))
    }

    async fn count(&self, _request: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "0: the records are in memory"))
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let mut contents = self.contents()?;
        let merged = match contents.get(&request.key) {
            Some(stored) => request.merge(Some(&mut stored.tokens()))?,
            None => request.merge(None)?,
        };
        contents.put(&request.key, &merged.record)?;
        Ok(merged.into())
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        let mut contents = self.contents()?;
        let Some(stored) = contents.get(&request.key) else { return Ok(Updated::missing()) };
        let Some(record) = request.apply(stored)? else { return Ok(Updated::missing()) };
        contents.put(&request.key, &record)?;
        Ok(Updated::record(Box::new(record)))
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        let mut contents = self.contents()?;
        let is_meant = match contents.get(&request.key) {
            Some(stored) => request.check(Some(&mut stored.tokens()))?,
            None => request.check(None)?,
        };
        Ok(match contents.remove(&request.key).filter(|_| is_meant) {
            Some(record) => Deleted::record(Box::new(record)),
            None => Deleted::missing(),
        })
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        let mut contents = self.contents()?;
        if contents.get(&request.key) != request.seen.as_ref() {
            return Ok(Swapped::Changed);
        }
        match &request.record {
            Some(record) => contents.put(&request.key, record)?,
            None => drop(contents.remove(&request.key)),
        }
        Ok(Swapped::Done)
    }

    fn native(&self) -> &dyn Any {
        self
    }
}
