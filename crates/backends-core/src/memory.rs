//! The reference backend: short, obvious, right. It keeps records in this process and forgets them with it.
//!
//! `memory:` is a store of its own; `memory:name` is one store for every manager of this process that names it, as
//! long as one of them is open. Without a sort the order of records is unspecified, and this backend shuffles it on
//! purpose, so that no program relies on it.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;

use crate::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, DefineRequest, Defined, Duplicates, RemoveIndexRequest,
    SchemaMode, StoredKinds, WriteBatchRequest,
};
use crate::{BackendConfig, BackendInfo, Capabilities, Error, ErrorKind, Mistakes, Property, Result, Uri};

mod batch;
mod contents;
mod repository;

use contents::Contents;
pub use repository::MemoryRepository;

const NAME: &str = "memory";

/// Opens the memory backend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

#[async_trait]
impl BackendFactory for Memory {
    fn info(&self) -> BackendInfo {
        BackendInfo::new(NAME, "Memory").property(Property::URL).check(|config, mistakes| {
            if let Ok(Some(uri)) = config.uri() {
                mistakes.check(store_name(&uri).map(drop));
            }
        })
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        let name = match config.uri()? {
            Some(uri) => store_name(&uri)?.to_owned(),
            None => String::new(),
        };
        Ok(Arc::new(MemoryBackend::open(&name)))
    }
}

/// The name of the store that the URI means; empty for one of its own.
fn store_name(uri: &Uri) -> Result<&str> {
    uri.local().map_err(|_| {
        Error::invalid_config(
            "`memory:` has neither a server nor settings: write `memory:`, or `memory:NAME` for a store that others \
             of this process share, without `//` and `?`",
        )
    })
}

/// The memory backend, open.
#[derive(Debug)]
pub struct MemoryBackend {
    store: Arc<Store>,
    capabilities: Capabilities,
}

/// Repositories by the lower-case form of their names.
#[derive(Debug, Default)]
struct Store(Mutex<HashMap<String, Arc<Table>>>);

/// One repository: its definition as text, and its records.
#[derive(Debug, Default)]
struct Table(Mutex<Contents>);

impl Table {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stores that have a name, as long as somebody holds them.
static NAMED: Mutex<BTreeMap<String, Weak<Store>>> = Mutex::new(BTreeMap::new());

impl MemoryBackend {
    /// The store of this name, or one of its own if the name is empty.
    pub fn open(name: &str) -> Self {
        let capabilities = Capabilities::none().indexes().unique_indexes().versions().ttl().batches();
        Self { store: store(name), capabilities }
    }
}

fn store(name: &str) -> Arc<Store> {
    if name.is_empty() {
        return Arc::default();
    }
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.retain(|_, store| store.strong_count() > 0);
    if let Some(store) = named.get(name).and_then(Weak::upgrade) {
        return store;
    }
    let store = Arc::default();
    named.insert(name.to_owned(), Arc::downgrade(&store));
    store
}

#[async_trait]
impl BackendDriver for MemoryBackend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let table = {
            let mut tables = self.store.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tables.entry(request.definition.name().to_ascii_lowercase()).or_default())
        };
        let mut contents = table.lock();
        let definition = if request.mode == SchemaMode::Trust {
            request.definition.clone()
        } else {
            let reconciled = request.reconcile(contents.definition())?;
            contents.drop_expired(request.context.now);
            let mut kinds = StoredKinds::new(&reconciled).reporting(&request.context);
            if !kinds.is_empty() {
                contents.records().try_for_each(|record| kinds.look(record))?;
            }
            kinds.finish()?;
            let mut duplicates = Mistakes::new(ErrorKind::DefinitionConflict);
            for index in reconciled.added_indexes.iter().filter(|index| index.is_unique()) {
                duplicates.check(Duplicates::refuse(&reconciled.merged, index, contents.records()));
            }
            duplicates.into_result()?;
            contents.define(&reconciled.merged);
            reconciled.merged
        };
        drop(contents);
        Ok(Defined::new(Arc::new(MemoryRepository::new(table)), definition))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        let table = {
            let tables = self.store.0.lock().unwrap_or_else(PoisonError::into_inner);
            tables.get(&request.repository.to_ascii_lowercase()).map(Arc::clone).unwrap_or_default()
        };
        let mut contents = table.lock();
        let (_, _, rest) = request.split(contents.definition())?;
        contents.define(&rest);
        drop(contents);
        Ok(Defined::new(Arc::new(MemoryRepository::new(table)), rest))
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        batch::write(request)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Backend, DatabaseConfig, Definition, Document, Repository, Timestamp};

    #[tokio::test]
    async fn c35_what_has_expired_is_forgotten_when_somebody_looks() {
        let instant = |text: &str| text.parse::<Timestamp>().unwrap();
        let backend = Backend::new(Arc::new(MemoryBackend::open("")));
        let definition = Definition::builder("sessions").ttl("at", Duration::from_secs(10)).build().unwrap();
        let early = backend.with_clock(move || instant("2026-01-01T00:00:00Z"));
        let late = backend.with_clock(move || instant("2026-01-01T00:00:10Z"));
        let sessions: Repository = early.define(definition.clone()).await.unwrap();
        let sessions_later: Repository = late.define(definition).await.unwrap();
        sessions.insert(&Document::from([("at", instant("2026-01-01T00:00:00Z"))])).await.unwrap();
        let stored = || sessions.native(MemoryRepository::stored).unwrap();
        assert_eq!(stored(), 1);
        assert_eq!(sessions_later.count(crate::Filter::all()).await.unwrap(), 0);
        assert_eq!(stored(), 0);
    }

    #[test]
    fn s6_a_store_has_a_name_and_no_path() {
        let infos = [Memory.info()];
        for url in ["memory:", "memory:shop"] {
            assert!(DatabaseConfig::new(NAME).set("url", url).resolve(&infos, &[]).is_ok(), "{url}");
        }
        for url in ["memory://", "memory://shop", "memory:a?b"] {
            let error = DatabaseConfig::new(NAME).set("url", url).resolve(&infos, &[]).unwrap_err();
            assert!(error.message().starts_with("`memory:` has neither a server nor settings"), "{url}: {error}");
            assert!(!error.message().contains("path"), "{url}: {error}");
        }
    }
}
