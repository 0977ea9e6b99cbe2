//! The smallest backend, as the chapter on writing one shows it.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted,
    Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SchemaMode, StoredKinds, SwapRequest, Swapped,
    UpdateRequest, Updated, WriteBatchRequest,
};
use backends_core::json::{self, JsonBatch};
use backends_core::{BackendConfig, BackendInfo, Batch as _, Capabilities, Error, Key, Property, Result};

/// Opens the backend `lines`, whose records live as long as this value.
#[derive(Debug, Default)]
pub struct Lines(Tables);

/// By the lower-case name of the repository: names are unique without regard to case.
type Tables = Arc<Mutex<HashMap<String, Arc<Table>>>>;

#[async_trait]
impl BackendFactory for Lines {
    fn info(&self) -> BackendInfo {
        BackendInfo::new("lines", "Lines").property(Property::URL)
    }

    async fn open(&self, _config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        Ok(Arc::new(LinesBackend { capabilities: Capabilities::none(), tables: Arc::clone(&self.0) }))
    }
}

#[derive(Debug)]
struct LinesBackend {
    capabilities: Capabilities,
    tables: Tables,
}

#[derive(Debug, Default)]
struct Table(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    definition: Option<String>,
    lines: BTreeMap<Key, String>,
}

impl Contents {
    fn batch(&self) -> JsonBatch {
        let mut batch = JsonBatch::new();
        batch.extend(self.lines.values());
        batch
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BackendDriver for LinesBackend {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let table = {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tables.entry(request.definition.name().to_ascii_lowercase()).or_default())
        };
        let repository = Arc::new(LinesRepository { table: Arc::clone(&table) });
        if request.mode == SchemaMode::Trust {
            return Ok(Defined::new(repository, request.definition.clone()));
        }
        // What is one transaction in a database is one lock here.
        let mut contents = table.lock();
        let reconciled = request.reconcile(contents.definition.as_deref())?;
        let mut kinds = StoredKinds::new(&reconciled);
        if !kinds.is_empty() {
            kinds.look(&contents.batch())?;
        }
        kinds.finish()?;
        contents.definition = Some(reconciled.merged.to_json());
        Ok(Defined::new(repository, reconciled.merged))
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

#[derive(Debug)]
struct LinesRepository {
    table: Arc<Table>,
}

impl LinesRepository {
    /// What is stored, if the repository was ever defined.
    fn contents(&self) -> Result<MutexGuard<'_, Contents>> {
        let contents = self.table.lock();
        if contents.definition.is_none() {
            return Err(Error::never_defined());
        }
        Ok(contents)
    }
}

#[async_trait]
impl RepositoryDriver for LinesRepository {
    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        let contents = self.contents()?;
        let mut batch = JsonBatch::new();
        let mut positions = Vec::with_capacity(request.keys.len());
        for key in &request.keys {
            let line = contents.lines.get(key);
            positions.push(line.map(|_| batch.len()));
            batch.extend(line);
        }
        Ok(Fetched::new(Box::new(batch), positions))
    }

    async fn find(&self, _request: &FindRequest) -> Result<Found> {
        Ok(Found::batches(vec![Box::new(self.contents()?.batch())]))
    }

    async fn count(&self, _: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "1"))
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        let mut contents = self.contents()?;
        let stored = contents.lines.get(&request.key).map(|line| json::parse(line)).transpose()?;
        if stored != request.seen {
            return Ok(Swapped::Changed);
        }
        match &request.record {
            Some(record) => contents.lines.insert(request.key.clone(), json::to_string(record)?),
            None => contents.lines.remove(&request.key),
        };
        Ok(Swapped::Done)
    }

    async fn insert(&self, _request: &InsertRequest) -> Result<Inserted> {
        Ok(Inserted::by_swap())
    }

    async fn insert_many(&self, _request: &InsertManyRequest) -> Result<InsertedRecords> {
        Ok(InsertedRecords::by_swap())
    }

    async fn replace(&self, _request: &ReplaceRequest) -> Result<Replaced> {
        Ok(Replaced::by_swap())
    }

    async fn update(&self, _request: &UpdateRequest) -> Result<Updated> {
        Ok(Updated::by_swap())
    }

    async fn delete(&self, _request: &DeleteRequest) -> Result<Deleted> {
        Ok(Deleted::by_swap())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}
