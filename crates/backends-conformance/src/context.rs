//! What a case gets: its store, names of its own, and repositories.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use backends_core::driver::BackendDriver;
use backends_core::{Backend, Definition, DefinitionBuilder, Record, Repository};

use crate::Harness;
use crate::wrapped::{Faults, Wrapped};

/// What a case gets: a store of its own, which it can open several times, and names that nobody else uses.
pub struct Context {
    harness: Box<dyn Harness>,
    suffix: String,
    /// The first that was opened, so that a store that lives as long as somebody has it open stays.
    first: tokio::sync::OnceCell<Backend>,
}

impl Context {
    pub(crate) fn new(harness: Box<dyn Harness>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let random = RandomState::new().hash_one(count);
        // Letters only, so that no name looks like a number of the cases, which messages may not show.
        let halves = random.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let suffix = halves.map(|half| char::from(b'a' + half)).collect();
        Self { harness, suffix, first: tokio::sync::OnceCell::new() }
    }

    /// The name of a repository of this case; another `base` is another repository.
    pub fn name(&self, base: &str) -> String {
        format!("{base}_{}", self.suffix)
    }

    /// Begins the definition of a repository of this case.
    pub fn definition(&self, base: &str) -> DefinitionBuilder {
        Definition::builder(self.name(base))
    }

    /// Opens the store once more, as another process would.
    pub async fn driver(&self) -> Arc<dyn BackendDriver> {
        self.backend().await;
        self.open().await
    }

    fn store(&self) -> String {
        format!("conformance_{}", self.suffix)
    }

    async fn open(&self) -> Arc<dyn BackendDriver> {
        let opened = self.harness.open(&self.store()).await;
        opened.unwrap_or_else(|error| panic!("the store cannot be opened: {error}"))
    }

    /// The backend of this case: the same one with each call.
    pub async fn backend(&self) -> &Backend {
        self.first.get_or_init(|| async { Backend::new(self.open().await) }).await
    }

    /// The store once more, as another process has it.
    pub async fn another_process(&self) -> Backend {
        Backend::new(self.driver().await)
    }

    /// The store once more, through a driver that does to calls what `faults` says.
    pub(crate) async fn wrapped(&self, faults: &Faults) -> Backend {
        Backend::new(Arc::new(Wrapped::new(self.driver().await, faults.clone())))
    }

    /// Defines a repository on the backend of this case.
    pub async fn define<T: Record>(&self, definition: DefinitionBuilder) -> Repository<T> {
        self.backend().await.define(definition.build().unwrap()).await.unwrap()
    }

    /// Defines a repository that is keyed by its id.
    pub async fn repository<T: Record>(&self, base: &str) -> Repository<T> {
        self.define(self.definition(base)).await
    }

    pub(crate) async fn close(self) {
        if let Some(backend) = self.first.get() {
            backend.close().await.unwrap();
            self.harness.remove(&self.store()).await;
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("suffix", &self.suffix).finish_non_exhaustive()
    }
}
