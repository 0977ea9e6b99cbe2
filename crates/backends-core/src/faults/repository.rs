//! A repository behind faults.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::sleep;

use super::cursor::CutCursor;
use super::meet::{Place, lost, refused, silence};
use super::{Fault, Faults};
use crate::Result;
use crate::driver::{
    Counted, DeleteRequest, Deleted, Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest,
    Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest,
    Updated,
};

/// A repository whose calls meet faults.
#[derive(Debug)]
pub(super) struct FaultyRepository {
    inner: Arc<dyn RepositoryDriver>,
    name: Box<str>,
    faults: Faults,
}

impl FaultyRepository {
    pub(super) fn new(inner: Arc<dyn RepositoryDriver>, name: &str, faults: Faults) -> Self {
        Self { inner, name: name.into(), faults }
    }

    pub(super) fn inner(&self) -> Arc<dyn RepositoryDriver> {
        Arc::clone(&self.inner)
    }

    fn place(&self, operation: &'static str) -> Place<'_> {
        Place::on(operation, &self.name)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl RepositoryDriver for FaultyRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        self.faults.meet(self.place("insert"), &request.context, self.inner.insert(request)).await
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        self.faults.meet(self.place("insert_many"), &request.context, self.inner.insert_many(request)).await
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        self.faults.meet(self.place("get"), &request.context, self.inner.get(request)).await
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        let place = self.place("find");
        match self.faults.of(place, &request.context) {
            Fault::Pass => {}
            Fault::Delay(time) => sleep(time).await,
            Fault::Refuse(kind) => return Err(refused(kind)),
            Fault::LoseAnswer => return Err(lost(place)),
            Fault::Hang | Fault::HoldAnswer => return Err(silence(place, &request.context).await),
            Fault::CutAfter(records) => {
                let mut found = self.inner.find(request).await?;
                found.cursor = Box::new(CutCursor::new(found.cursor, records, lost(place)));
                return Ok(found);
            }
        }
        self.inner.find(request).await
    }

    async fn count(&self, request: &FindRequest) -> Result<Counted> {
        self.faults.meet(self.place("count"), &request.context, self.inner.count(request)).await
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        self.inner.explain(request).await
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        self.faults.meet(self.place("replace"), &request.context, self.inner.replace(request)).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        self.faults.meet(self.place("update"), &request.context, self.inner.update(request)).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        self.faults.meet(self.place("delete"), &request.context, self.inner.delete(request)).await
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        self.faults.meet(self.place("swap"), &request.context, self.inner.swap(request)).await
    }

    fn native(&self) -> &dyn Any {
        self.inner.native()
    }
}
