//! The wrapper of a repository.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::Result;
use backends_core::driver::{
    Counted, DeleteRequest, Deleted, Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest,
    Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest,
    Updated,
};

use super::Faults;

/// A repository that does to calls what its faults say.
#[derive(Debug)]
pub(super) struct WrappedRepository {
    inner: Arc<dyn RepositoryDriver>,
    faults: Faults,
}

impl WrappedRepository {
    pub(super) fn new(inner: Arc<dyn RepositoryDriver>, faults: Faults) -> Self {
        Self { inner, faults }
    }

    pub(super) fn inner(&self) -> Arc<dyn RepositoryDriver> {
        Arc::clone(&self.inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl RepositoryDriver for WrappedRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        let answer = self.faults.around("insert", &request.context, 1, self.inner.insert(request)).await?;
        Ok(answer.unwrap_or_else(Inserted::by_swap))
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        let call = self.inner.insert_many(request);
        let answer = self.faults.around("insert_many", &request.context, request.records.len(), call).await?;
        Ok(answer.unwrap_or_else(InsertedRecords::by_swap))
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        self.faults.passing("get", &request.context, request.keys.len(), self.inner.get(request)).await
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        self.faults.passing("find", &request.context, 0, self.inner.find(request)).await
    }

    async fn count(&self, request: &FindRequest) -> Result<Counted> {
        self.faults.passing("count", &request.context, 0, self.inner.count(request)).await
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        self.inner.explain(request).await
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let answer = self.faults.around("replace", &request.context, 1, self.inner.replace(request)).await?;
        Ok(answer.unwrap_or_else(Replaced::by_swap))
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        let answer = self.faults.around("update", &request.context, 1, self.inner.update(request)).await?;
        Ok(answer.unwrap_or_else(Updated::by_swap))
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        let answer = self.faults.around("delete", &request.context, 1, self.inner.delete(request)).await?;
        Ok(answer.unwrap_or_else(Deleted::by_swap))
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        self.faults.passing("swap", &request.context, 1, self.inner.swap(request)).await
    }

    fn native(&self) -> &dyn Any {
        self.inner.native()
    }
}
