//! The stores that programs run on, each its own, and how they go away.

use backends::{Backend, Result};
use tempfile::TempDir;

/// A backend, and where its stores are.
#[derive(Debug)]
pub(crate) struct Stores {
    backend: String,
    run: String,
    folder: TempDir,
}

impl Stores {
    /// The stores of a backend that was compiled in.
    pub(crate) fn new(backend: &str) -> std::result::Result<Self, String> {
        let registry = backends::registry();
        let known: Vec<_> = registry.supported().iter().map(|info| info.name).collect();
        if !known.contains(&backend) {
            return Err(format!("`{backend}` is not compiled in; there are: {}", known.join(", ")));
        }
        let folder = TempDir::new().map_err(|error| format!("no folder for files: {error}"))?;
        Ok(Self { backend: backend.to_owned(), run: format!("{:x}", fastrand::u32(..)), folder })
    }

    /// The URI of a store.
    fn uri(&self, number: u64) -> std::result::Result<String, String> {
        let store = format!("model_{}_{number}", self.run);
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

    /// Removes what a program has stored; the last that has it open gives its handle.
    pub(crate) async fn remove(&self, number: u64, backend: Backend) -> std::result::Result<(), String> {
        let store = format!("model_{}_{number}", self.run);
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
