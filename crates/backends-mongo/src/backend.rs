//! The backend, open: one client, and the database that its repositories share.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, WriteBatchRequest,
};
use backends_core::{BackendConfig, BackendInfo, Capabilities, Error, Result, Timestamp};
use mongodb::Client;
use mongodb::bson::doc;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::MongoOptions;
use crate::batch;
use crate::capabilities::capabilities;
use crate::config::{self, NAME};
use crate::database::{Database, Failure};
use crate::error::{Effect, unreachable};
use crate::schema;
use crate::topology::{Fault, Topology};
use crate::tries;

/// How much sooner than asked for opening ends.
const MARGIN: Duration = Duration::from_millis(100);

/// How long closing waits for reads that are still open, and then for their end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens the MongoDB backend; what a registry takes.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "MongoDBBackendBuilder")]
pub struct Mongodb;

#[async_trait]
impl BackendFactory for Mongodb {
    fn info(&self) -> BackendInfo {
        config::info()
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        Ok(Arc::new(MongoBackend::open(config::options(config).await?).await?))
    }
}

/// The MongoDB backend, open. Cheap to clone; every clone is the same backend. Its native client is a
/// [`mongodb::Client`], which belongs to the runtime that it was opened in.
#[derive(Clone)]
pub struct MongoBackend {
    database: Arc<Database>,
    capabilities: Capabilities,
}

impl MongoBackend {
    /// Connects to the servers, and logs in.
    ///
    /// # Errors
    /// `InvalidConfig` for options that cannot be used, encryption among them; `PermissionDenied` if the login is
    /// refused; `Unavailable` if no server that takes writes is reached in time.
    #[doc(alias = "NewSession")]
    pub async fn open(options: MongoOptions) -> Result<Self> {
        options.check()?;
        if Handle::try_current().is_err() {
            return Err(Error::unexpected("no tokio runtime: await the call inside one, with its timers enabled"));
        }
        let topology = Topology::default();
        let mut client = options.for_client();
        client.sdam_event_handler = Some(topology.handler());
        client.cmap_event_handler = Some(tries::handler(client.cmap_event_handler.take()));
        let is_balanced = client.load_balanced == Some(true);
        let client = Client::with_options(client).map_err(unusable)?;
        let native = client.database(&options.database);
        let database = Database { client, native, prefix: options.table_prefix, topology };
        let mut backend = Self { database: Arc::new(database), capabilities: capabilities() };
        // Who opens the backend waits as long; what is known of the servers has to come before that ends.
        let limit = options.timeout.saturating_sub((options.timeout / 20).min(MARGIN));
        let context = Context::new(Timestamp::now(), limit);
        match backend.reach(&context).await {
            Ok(Deployment::ReplicaSet) => backend.capabilities.batches = true,
            Ok(Deployment::SingleServer) => {}
            Err(error) => {
                backend.database.client.clone().shutdown().immediate(true).await;
                return Err(if is_balanced && error.is_unsupported() { unbalanced() } else { error });
            }
        }
        Ok(backend)
    }

    /// Asks once; waiting does not help if no server agrees about encryption.
    async fn reach(&self, context: &Context) -> Result<Deployment> {
        let topology = &self.database.topology;
        tokio::select! {
            biased;
            answer = timeout(context.remaining(), self.find_primary(context)) => answer.unwrap_or_else(|_| {
                Err(unreachable(topology.fault()))
            }),
            () = topology.broken() => Err(unreachable(Fault::Tls)),
        }
    }

    /// The driver looks for the primary by itself, but takes any server that it is to ask directly.
    async fn find_primary(&self, context: &Context) -> Result<Deployment> {
        let hello = self.database.native.run_command(doc! { "hello": 1 });
        let answer = self.database.ask(context, hello.into_future()).await;
        let answer = answer.map_err(|failure| match failure {
            Failure::NotSent => unreachable(self.database.topology.fault()),
            failure => self.database.fail(failure, Effect::Reads),
        })?;
        if matches!(answer.get_bool("isWritablePrimary"), Ok(false)) {
            return Err(Error::unavailable(
                "the server is not the primary of its replica set, and would read what is out of date: leave out `directConnection`, or name the primary",
            ));
        }
        // MongoDB: a router of a sharded cluster says `isdbgrid`.
        let has_transactions = answer.contains_key("setName") || matches!(answer.get_str("msg"), Ok("isdbgrid"));
        Ok(if has_transactions { Deployment::ReplicaSet } else { Deployment::SingleServer })
    }
}

/// What answers.
enum Deployment {
    /// It has transactions.
    ReplicaSet,
    SingleServer,
}

fn unbalanced() -> Error {
    Error::invalid_config(
        "`loadBalanced` in `url` is true, and what answers is no server behind a load balancer: leave it out",
    )
}

/// The driver does not take the options.
fn unusable(native: mongodb::error::Error) -> Error {
    use mongodb::error::ErrorKind;
    let message = match &*native.kind {
        ErrorKind::InvalidTlsConfig { .. } | ErrorKind::Io(_) => {
            "a file for encryption cannot be used: check that `tlsCaFile` and `tlsCertificateKeyFile` are PEM files with certificates, the second with its key"
        }
        _ => "MongoDB's client refuses the settings: see the native error, and check which go together",
    };
    Error::invalid_config(message).with_native(native)
}

#[async_trait]
impl BackendDriver for MongoBackend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        schema::define(&self.database, request).await
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        schema::remove_index(&self.database, request).await
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        if !self.capabilities.batches {
            return Err(Error::unsupported(
                "the capability `batches`: a single server has no transactions: make it a replica set, for which one member will do, or write one record after another",
            ));
        }
        batch::write_batch(&self.database, request).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        let ping = self.database.native.run_command(doc! { "ping": 1 });
        self.database.call(context, Effect::Reads, ping.into_future()).await.map(|_| ())
    }

    async fn close(&self, context: &Context) -> Result<()> {
        let client = &self.database.client;
        let patience = context.remaining().min(PATIENCE);
        if timeout(patience, client.clone().shutdown()).await.is_err() {
            // A call that hangs on a silent connection holds the driver's tasks until its own end.
            let _ = timeout(patience, client.clone().shutdown().immediate(true)).await;
        }
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        &self.database.client
    }
}

impl fmt::Debug for MongoBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoBackend").field("database", &self.database).finish_non_exhaustive()
    }
}
