//! The suite on the smallest backend that another author could write: it claims nothing and leaves every write to core.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted,
    Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SchemaMode, StoredKinds, SwapRequest, Swapped,
    UpdateRequest, Updated, WriteBatchRequest,
};
use backends_core::{BackendConfig, BackendInfo, Capabilities, Error, Key, Property, RecordBuf, Result};

backends_conformance::suite!(backends_conformance::by_uri(Minimal::default(), |store| format!("minimal:{store}")));

/// The same with records that expire, of which it does nothing itself.
mod with_ttl {
    fn conformance_harness() -> Box<dyn backends_conformance::Harness> {
        let minimal = super::Minimal { ttl: true };
        Box::new(backends_conformance::by_uri(minimal, |store| format!("minimal:{store}")))
    }

    backends_conformance::each_case_of_expiry! { backends_conformance::make_tests }
}

/// What core does by a swap loses its answer as what a driver does itself.
mod behind_faults {
    use backends_core::faults::{Fault, Faults};
    use backends_core::{Definition, Document, Filter, Registry, Repository, Update, Value};

    #[tokio::test]
    async fn c42_a_write_that_is_left_to_core_loses_its_answer_and_is_done() {
        let faults = Faults::new();
        let registry = Registry::new().register(faults.factory(super::Minimal::default()));
        let backend = registry.open("minimal:behind_faults").await.unwrap();
        let definition = Definition::builder("records").partition_key("key").build().unwrap();
        let records: Repository = backend.define(definition).await.unwrap();
        let record = |key: &str| Document::from([("key", key)]);
        for operation in ["insert", "insert_many", "replace", "update", "delete"] {
            faults.once(operation, Fault::LoseAnswer);
            let error = match operation {
                "insert" => records.insert(&record("a")).await.unwrap_err(),
                "insert_many" => records.insert_many(&[record("b")]).await.unwrap_err(),
                "replace" => records.upsert(&record("c")).await.unwrap_err(),
                "update" => records.update("a", Update::new().inc("n", 1)).await.unwrap_err(),
                _ => records.delete("b").await.unwrap_err(),
            };
            assert!(error.is_unavailable() && error.may_have_happened(), "{operation}: {error}");
        }
        let mut stored = records.find(Filter::all()).await.unwrap();
        stored.sort_by_key(|record| record.get("key").map(|key| key == &Value::from("c")));
        let keys: Vec<_> = stored.iter().map(|record| record.get("key").cloned().unwrap()).collect();
        assert_eq!(keys, [Value::from("a"), "c".into()]);
        assert_eq!(stored[0].get("n"), Some(&Value::Int(1)));
        assert_eq!(faults.met(), 5);
    }
}

#[derive(Debug, Default)]
struct Table {
    definition: tokio::sync::Mutex<Option<String>>,
    is_defined: AtomicBool,
    records: Mutex<BTreeMap<Key, RecordBuf>>,
}

/// What stands for a server: tables by store and name.
static SERVER: Mutex<BTreeMap<(String, String), Arc<Table>>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Clone, Copy, Default)]
struct Minimal {
    ttl: bool,
}

#[async_trait]
impl BackendFactory for Minimal {
    fn info(&self) -> BackendInfo {
        BackendInfo::new("minimal", "Minimal").property(Property::URL)
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        let uri = config.uri()?;
        let store = uri.as_ref().map(|uri| uri.local()).transpose()?.unwrap_or_default();
        let nothing = Capabilities::none().durable();
        let capabilities = if self.ttl { nothing.ttl() } else { nothing };
        Ok(Arc::new(Open { store: store.to_owned(), capabilities }))
    }
}

#[derive(Debug)]
struct Open {
    store: String,
    capabilities: Capabilities,
}

#[async_trait]
impl BackendDriver for Open {
    fn name(&self) -> &'static str {
        "minimal"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let name = (self.store.clone(), request.definition.name().to_ascii_lowercase());
        let table = Arc::clone(SERVER.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default());
        let repository = Arc::new(Records(Arc::clone(&table)));
        if request.mode == SchemaMode::Trust {
            return Ok(Defined::new(repository, request.definition.clone()));
        }
        let mut stored = table.definition.lock().await;
        let reconciled = request.reconcile(stored.as_deref())?;
        table.is_defined.store(true, Ordering::Release);
        StoredKinds::new(&reconciled).look_at_all(&*repository, &request.context).await?;
        *stored = Some(reconciled.merged.to_json());
        Ok(Defined::new(repository, reconciled.merged))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        Err(request.unsupported())
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        Err(request.unsupported())
    }

    async fn ping(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    async fn close(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Records(Arc<Table>);

impl Records {
    fn lock(&self) -> Result<MutexGuard<'_, BTreeMap<Key, RecordBuf>>> {
        if !self.0.is_defined.load(Ordering::Acquire) {
            return Err(Error::never_defined());
        }
        Ok(self.0.records.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl RepositoryDriver for Records {
    async fn insert(&self, _: &InsertRequest) -> Result<Inserted> {
        Ok(Inserted::by_swap())
    }

    async fn insert_many(&self, _: &InsertManyRequest) -> Result<InsertedRecords> {
        Ok(InsertedRecords::by_swap())
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        // As a server would, it answers later, and each record by itself.
        tokio::task::yield_now().await;
        let records = self.lock()?;
        let found: Vec<Option<RecordBuf>> = request.keys.iter().map(|key| records.get(key).cloned()).collect();
        let places = found.iter().enumerate().map(|(at, record)| record.as_ref().map(|_| (at, 0))).collect();
        let batches = found.into_iter().map(|record| Box::new(Vec::from_iter(record)) as _).collect();
        Ok(Fetched::from_batches(batches, places))
    }

    async fn find(&self, _: &FindRequest) -> Result<Found> {
        let records: Vec<RecordBuf> = self.lock()?.values().cloned().collect();
        Ok(Found::batches(vec![Box::new(records)]))
    }

    async fn count(&self, _: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "0"))
    }

    async fn replace(&self, _: &ReplaceRequest) -> Result<Replaced> {
        Ok(Replaced::by_swap())
    }

    async fn update(&self, _: &UpdateRequest) -> Result<Updated> {
        Ok(Updated::by_swap())
    }

    async fn delete(&self, _: &DeleteRequest) -> Result<Deleted> {
        Ok(Deleted::by_swap())
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        tokio::task::yield_now().await;
        let mut records = self.lock()?;
        if records.get(&request.key) != request.seen.as_ref() {
            return Ok(Swapped::Changed);
        }
        match &request.record {
            Some(record) => records.insert(request.key.clone(), record.clone()),
            None => records.remove(&request.key),
        };
        Ok(Swapped::Done)
    }

    fn native(&self) -> &dyn Any {
        self
    }
}
