//! The wrapper of an open backend.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, WriteBatchRequest,
};
use backends_core::{Capabilities, Result};

use super::Faults;
use super::repository::WrappedRepository;

/// A backend that does to calls what its faults say.
#[derive(Debug)]
pub(crate) struct Wrapped {
    inner: Arc<dyn BackendDriver>,
    faults: Faults,
}

impl Wrapped {
    pub(crate) fn new(inner: Arc<dyn BackendDriver>, faults: Faults) -> Self {
        Self { inner, faults }
    }

    fn wrap(&self, defined: Defined) -> Defined {
        let (repository, definition) = defined.into_parts();
        Defined::new(Arc::new(WrappedRepository::new(repository, self.faults.clone())), definition)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl BackendDriver for Wrapped {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let defined = self.faults.passing("define", &request.context, 0, self.inner.define(request)).await?;
        Ok(self.wrap(defined))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        let removed = self.inner.remove_index(request);
        Ok(self.wrap(self.faults.passing("remove_index", &request.context, 0, removed).await?))
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        let inside = request.inside(|repository| repository.downcast_ref().map(WrappedRepository::inner));
        let written = self.inner.write_batch(&inside);
        self.faults.passing("batch", &request.context, request.writes.len(), written).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        self.faults.passing("ping", context, 0, self.inner.ping(context)).await
    }

    async fn close(&self, context: &Context) -> Result<()> {
        self.faults.passing("close", context, 0, self.inner.close(context)).await
    }

    fn native(&self) -> &dyn Any {
        self.inner.native()
    }
}
