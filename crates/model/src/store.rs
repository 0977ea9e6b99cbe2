//! The stores that programs run on, each its own, and how they go away.

use std::sync::atomic::{AtomicU64, Ordering};

use backends::{Backend, Result};
use proxy::Protocol;
use tempfile::TempDir;

use crate::harm::{Harm, LIMIT};

/// A backend, and where its stores are.
#[derive(Debug)]
pub(crate) struct Stores {
    backend: String,
    run: String,
    folder: TempDir,
    /// How many of 100 requests are harmed, if any are.
    harm: Option<u32>,
    harmed: AtomicU64,
    asked: AtomicU64,
    failed: AtomicU64,
}

impl Stores {
    /// The stores of a backend that was compiled in.
    pub(crate) fn new(backend: &str, harm: Option<u32>) -> std::result::Result<Self, String> {
        let registry = backends::registry();
        let known: Vec<_> = registry.supported().iter().map(|info| info.name).collect();
        if !known.contains(&backend) {
            return Err(format!("`{backend}` is not compiled in; there are: {}", known.join(", ")));
        }
        let folder = TempDir::new().map_err(|error| format!("no folder for files: {error}"))?;
        let (run, [harmed, asked, failed]) = (format!("{:x}", fastrand::u32(..)), Default::default());
        Ok(Self { backend: backend.to_owned(), run, folder, harm, harmed, asked, failed })
    }

    pub(crate) fn harm(&self) -> Option<u32> {
        self.harm
    }

    /// Counts so many requests that were harmed, of so many, and operations that failed.
    pub(crate) fn count(&self, (harmed, asked): (u64, u64), failed: u64) {
        self.harmed.fetch_add(harmed, Ordering::Relaxed);
        self.asked.fetch_add(asked, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
    }

    /// How many requests were harmed, of how many, and how many operations failed.
    pub(crate) fn counts(&self) -> [u64; 3] {
        [&self.harmed, &self.asked, &self.failed].map(|count| count.load(Ordering::Relaxed))
    }

    /// The URI of a store.
    fn uri(&self, number: u64) -> std::result::Result<String, String> {
        let store = self.name(number);
        match self.backend.as_str() {
            "memory" => Ok(format!("memory:{store}")),
            "sqlite" => Ok(format!("sqlite:{}", self.folder.path().join(store).display())),
            server => {
                let known = server.parse::<servers::Backend>().map_err(|error| error.to_string())?;
                let uri = servers::uri(known, &store).map_err(|error| error.to_string())?;
                uri.ok_or_else(|| format!("the environment names no server of {server}: see `servers --help`"))
            }
        }
    }

    /// Opens a store, as another process would if it is open already.
    pub(crate) async fn open(&self, number: u64) -> std::result::Result<Backend, String> {
        backends::open(&self.uri(number)?).await.map_err(|error| format!("a store cannot be opened: {error}"))
    }

    /// The same, through what harms its requests.
    pub(crate) async fn open_behind(&self, number: u64, harm: &mut Harm) -> std::result::Result<Backend, String> {
        let protocol = match self.backend.as_str() {
            "mongodb" => Protocol::MongoDb,
            "dynamodb" => Protocol::DynamoDb,
            _ => return Ok(harm.faults().around(&self.open(number).await?).with_timeout(LIMIT)),
        };
        let clean = self.uri(number)?;
        let address = harm.proxy(&clean, protocol).await.map_err(|error| format!("no proxy: {error}"))?;
        let uri = match protocol {
            Protocol::MongoDb => format!("mongodb://{address}/{}?directConnection=true", self.name(number)),
            Protocol::DynamoDb => {
                let (_, settings) = clean.split_once('?').unwrap_or_default();
                format!("dynamodb://test:test@{address}?{settings}")
            }
        };
        let opened = backends::open(&uri).await.map_err(|error| format!("a store cannot be opened: {error}"))?;
        Ok(opened.with_timeout(LIMIT))
    }

    fn name(&self, number: u64) -> String {
        format!("model_{}_{number}", self.run)
    }

    /// Removes what a program has stored; the last that has it open gives its handle.
    pub(crate) async fn remove(&self, number: u64, backend: Backend) -> std::result::Result<(), String> {
        let store = self.name(number);
        remove(&backend, &store).await.map_err(|error| format!("{store} cannot be removed: {error}"))?;
        let closed: Result<()> = backend.close().await;
        closed.map_err(|error| format!("{store} cannot be closed: {error}"))?;
        if self.backend == "sqlite" {
            for end in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(self.folder.path().join(format!("{store}{end}"))));
            }
        }
        Ok(())
    }
}

/// Removes the tables or collections of a store from its server.
#[allow(unused_variables, clippy::unused_async, reason = "a file has no server")]
async fn remove(backend: &Backend, store: &str) -> std::result::Result<(), Box<dyn std::error::Error>> {
    #[cfg(feature = "mongodb")]
    if let Some(client) = backend.native::<backends::mongodb::mongodb::Client>() {
        client.database(store).drop().await?;
    }
    #[cfg(feature = "dynamodb")]
    if let Some(client) = backend.native::<backends::dynamodb::aws_sdk_dynamodb::Client>() {
        let prefix = format!("{store}.");
        // Names come in their order, and these behind the prefix.
        let mut after = Some(prefix.clone());
        while let Some(name) = after.filter(|name| name.starts_with(&prefix)) {
            let tables = client.list_tables().exclusive_start_table_name(name).send().await?;
            after = tables.last_evaluated_table_name().map(ToOwned::to_owned);
            for table in tables.table_names().iter().take_while(|table| table.starts_with(&prefix)) {
                client.delete_table().table_name(table).send().await?;
            }
        }
    }
    Ok(())
}
