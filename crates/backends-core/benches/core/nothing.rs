//! A driver that does nothing, so that what is left is what the handles cost.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted, Fetched,
    FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest, Updated,
    WriteBatchRequest,
};
use backends_core::{Batch, Call, Capabilities, Layer, Next, RecordBuf, Result, Tokens};

/// Holds one record, which it answers to every key.
#[derive(Debug, Clone)]
pub(crate) struct Nothing {
    record: Shared,
    capabilities: Capabilities,
}

impl Nothing {
    pub(crate) fn new(record: RecordBuf) -> Self {
        Self { record: Shared(Arc::new(record)), capabilities: Capabilities::none() }
    }
}

/// A batch that costs no copy.
#[derive(Debug, Clone)]
struct Shared(Arc<RecordBuf>);

impl Batch for Shared {
    fn len(&self) -> usize {
        1
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        self.0.read(index, reader)
    }
}

#[async_trait]
impl BackendDriver for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
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
impl RepositoryDriver for Nothing {
    async fn insert(&self, _request: &InsertRequest) -> Result<Inserted> {
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, _request: &InsertManyRequest) -> Result<InsertedRecords> {
        Ok(InsertedRecords::except(Vec::new()))
    }

    async fn get(&self, _request: &GetRequest) -> Result<Fetched> {
        Ok(Fetched::new(Box::new(self.record.clone()), vec![Some(0)]))
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
        Ok(Swapped::Done)
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

/// A layer that only stands there.
#[derive(Debug)]
pub(crate) struct Idle;

#[async_trait]
impl Layer for Idle {
    async fn around(&self, _call: &Call, next: Next<'_>) -> Result<()> {
        next.run().await
    }
}
