//! A driver that keeps the last record, and gives it back as bytes or as JSON text.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted, Fetched,
    FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest, Updated,
    WriteBatchRequest,
};
use backends_core::json::{self, JsonBatch};
use backends_core::{Batch, Capabilities, RecordBuf, Result};

/// Keeps one record.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    record: Arc<Mutex<Option<RecordBuf>>>,
    as_json: bool,
    capabilities: Capabilities,
}

impl Keeper {
    pub(super) fn new(as_json: bool) -> Self {
        Self { record: Arc::default(), as_json, capabilities: Capabilities::none() }
    }

    /// The record that was inserted last.
    pub(super) fn record(&self) -> Option<RecordBuf> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl BackendDriver for Keeper {
    fn name(&self) -> &'static str {
        "keeper"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        Ok(Defined::new(Arc::new(self.clone()), request.definition.clone()))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        Err(request.unsupported())
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        Err(request.unsupported())
    }

    async fn ping(&self, _context: &Context) -> Result<()> {
        Ok(())
    }

    async fn close(&self, _context: &Context) -> Result<()> {
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

#[async_trait]
impl RepositoryDriver for Keeper {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.record.clone());
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, _request: &InsertManyRequest) -> Result<InsertedRecords> {
        Ok(InsertedRecords::by_swap())
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        let batch: Box<dyn Batch> = match self.record() {
            None => Box::new(Vec::<RecordBuf>::new()),
            Some(record) if self.as_json => {
                let mut batch = JsonBatch::new();
                batch.push(&json::to_string(&record)?);
                Box::new(batch)
            }
            Some(record) => Box::new(record),
        };
        let positions = request.keys.iter().map(|_| (!batch.is_empty()).then_some(0)).collect();
        Ok(Fetched::new(batch, positions))
    }

    async fn find(&self, _request: &FindRequest) -> Result<Found> {
        Ok(Found::batches(Vec::new()))
    }

    async fn count(&self, _: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "0"))
    }

    async fn replace(&self, _request: &ReplaceRequest) -> Result<Replaced> {
        Ok(Replaced::by_swap())
    }

    async fn update(&self, _request: &UpdateRequest) -> Result<Updated> {
        Ok(Updated::by_swap())
    }

    async fn delete(&self, _request: &DeleteRequest) -> Result<Deleted> {
        Ok(Deleted::missing())
    }

    async fn swap(&self, _request: &SwapRequest) -> Result<Swapped> {
        Ok(Swapped::Changed)
    }

    fn native(&self) -> &dyn Any {
        self
    }
}
