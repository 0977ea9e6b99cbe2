//! The backend, open: one client, and the tables that its repositories are.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use backends_core::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, WriteBatchRequest,
};
use backends_core::{BackendConfig, BackendInfo, Capabilities, Error, Result, Timestamp};
use tokio::runtime::Handle;

use crate::DynamoOptions;
use crate::capabilities::capabilities;
use crate::config::{self, NAME};
use crate::error::is_no_right;
use crate::options::sooner;
use crate::repository;
use crate::schema;
use crate::service::Service;

/// Opens the DynamoDB backend; what a registry takes.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "DynamoDBBackendBuilder")]
pub struct Dynamodb;

#[async_trait]
impl BackendFactory for Dynamodb {
    fn info(&self) -> BackendInfo {
        config::info()
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        let began = Instant::now();
        let mut options = config::options(config).await?;
        options.timeout = options.timeout.saturating_sub(began.elapsed());
        Ok(Arc::new(DynamoBackend::open(options).await?))
    }
}

/// The DynamoDB backend, open. Cheap to clone; every clone is the same backend. Its native client is an
/// [`aws_sdk_dynamodb::Client`], whose connections belong to the runtime that it was opened in.
#[derive(Clone)]
pub struct DynamoBackend {
    service: Arc<Service>,
    capabilities: Capabilities,
}

impl DynamoBackend {
    /// Asks the service whether it is there and takes the credentials.
    ///
    /// # Errors
    /// `InvalidConfig` for options that cannot be used, encryption and a client without a provider of credentials among
    /// them; `PermissionDenied` if there are no credentials, or they are refused; `Unavailable` if the service is not
    /// reached.
    pub async fn open(options: DynamoOptions) -> Result<Self> {
        options.check()?;
        if Handle::try_current().is_err() {
            return Err(Error::unexpected("no tokio runtime: await the call inside one, with its timers enabled"));
        }
        if options.config.region().is_none() {
            return Err(config::no_region());
        }
        let client = Client::from_conf(options.for_client());
        let DynamoOptions { table_prefix: prefix, scan, max_sort_bytes, .. } = options;
        let service = Service { client, prefix, scan, max_sort_bytes };
        let backend = Self { service: Arc::new(service), capabilities: capabilities() };
        match backend.ping(&Context::new(Timestamp::now(), sooner(options.timeout))).await {
            // A role may allow the tables of some repositories and not the one that is asked for here.
            Err(error) if !is_no_right(&error) => Err(error),
            _ => Ok(backend),
        }
    }
}

#[async_trait]
impl BackendDriver for DynamoBackend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        schema::define(&self.service, request).await
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        schema::remove_index(&self.service, request).await
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        repository::write_batch(request).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        schema::ping(&self.service, context).await
    }

    /// The connections close when the last handle is gone; there is nothing else to let go of.
    async fn close(&self, _context: &Context) -> Result<()> {
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        &self.service.client
    }
}

impl fmt::Debug for DynamoBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoBackend").field("service", &self.service).finish_non_exhaustive()
    }
}
