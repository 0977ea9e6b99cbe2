//! The backend behind faults, and the factory that opens it.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;

use super::Faults;
use super::meet::Place;
use super::repository::FaultyRepository;
use crate::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, WriteBatchRequest,
};
use crate::{BackendConfig, BackendInfo, Capabilities, Result};

/// A backend whose calls meet faults.
#[derive(Debug)]
pub(super) struct FaultyBackend {
    inner: Arc<dyn BackendDriver>,
    faults: Faults,
}

impl FaultyBackend {
    pub(super) fn new(inner: Arc<dyn BackendDriver>, faults: Faults) -> Self {
        Self { inner, faults }
    }

    fn wrap(&self, name: &str, defined: Defined) -> Defined {
        let (repository, definition) = defined.into_parts();
        Defined::new(Arc::new(FaultyRepository::new(repository, name, self.faults.clone())), definition)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl BackendDriver for FaultyBackend {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let name = request.definition.name();
        let defined = self.inner.define(request);
        let defined = self.faults.meet(Place::on("define", name), &request.context, defined).await?;
        Ok(self.wrap(name, defined))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        let name = &request.repository;
        let removed = self.inner.remove_index(request);
        let removed = self.faults.meet(Place::on("remove_index", name), &request.context, removed).await?;
        Ok(self.wrap(name, removed))
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        let inside = request.inside(|repository| repository.downcast_ref().map(FaultyRepository::inner));
        let written = self.inner.write_batch(&inside);
        self.faults.meet(Place::of_backend("batch"), &request.context, written).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        self.faults.meet(Place::of_backend("ping"), context, self.inner.ping(context)).await
    }

    async fn close(&self, context: &Context) -> Result<()> {
        self.faults.meet(Place::of_backend("close"), context, self.inner.close(context)).await
    }

    fn native(&self) -> &dyn Any {
        self.inner.native()
    }
}

/// Opens backends behind faults.
pub(super) struct Opening<F> {
    factory: F,
    faults: Faults,
}

impl<F> Opening<F> {
    pub(super) fn new(factory: F, faults: Faults) -> Self {
        Self { factory, faults }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<F: BackendFactory> BackendFactory for Opening<F> {
    fn info(&self) -> BackendInfo {
        self.factory.info()
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        let inner = self.factory.open(config).await?;
        Ok(Arc::new(FaultyBackend::new(inner, self.faults.clone())))
    }
}
