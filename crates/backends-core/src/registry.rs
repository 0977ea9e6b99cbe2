//! Which backends a program knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::driver::BackendFactory;
use crate::{Backend, BackendConfig, BackendInfo, BackendManager, DatabaseConfig, Error, Result};

/// How long a backend may take to open unless configured.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which backends a program knows: a value, not a global.
///
/// The facade's `registry()` holds those that were compiled in; another author's is added by
/// [`register`](Self::register), the same method that the facade uses.
///
/// ```
/// use backends_core::{Registry, memory};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
/// let registry = Registry::new().register(memory::Memory);
/// let backend = registry.open("memory:").await?;
/// assert_eq!(backend.name(), "memory");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    factories: Vec<Arc<dyn BackendFactory>>,
    absent: Vec<(&'static str, &'static str)>,
}

impl Registry {
    /// A registry without backends.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more backend. One of the same name takes the place of the earlier.
    #[must_use]
    pub fn register(mut self, factory: impl BackendFactory) -> Self {
        let name = factory.info().name;
        self.factories.retain(|known| known.info().name != name);
        self.absent.retain(|(absent, _)| *absent != name);
        self.factories.push(Arc::new(factory));
        self
    }

    /// The same, knowing of a backend that is not compiled in, so that an error can name the feature to enable.
    #[must_use]
    pub fn absent(mut self, name: &'static str, feature: &'static str) -> Self {
        self.absent.push((name, feature));
        self
    }

    /// What the backends say of themselves.
    pub fn supported(&self) -> Vec<BackendInfo> {
        self.factories.iter().map(|factory| factory.info()).collect()
    }

    /// A manager of the backends that `config` describes. Nothing is opened yet.
    ///
    /// # Errors
    /// `InvalidConfig` with every mistake of the backend that `dbName` names.
    pub fn manager(self, config: &DatabaseConfig) -> Result<BackendManager> {
        config.resolve(&self.supported(), &self.absent)?;
        Ok(BackendManager::new(self, config.clone()))
    }

    /// Opens one backend by URI: `memory:`, `sqlite:path`, `mongodb://…`, `dynamodb://…`.
    ///
    /// # Errors
    /// `InvalidConfig`, and those of opening.
    pub async fn open(&self, uri: &str) -> Result<Backend> {
        let config = DatabaseConfig::from_uri(uri, &self.supported(), &self.absent)?;
        let config = config.resolve(&self.supported(), &self.absent)?;
        self.open_with(&config).await
    }

    pub(crate) fn resolve(&self, config: &DatabaseConfig, name: &str) -> Result<BackendConfig> {
        config.resolve_for(name, &self.supported(), &self.absent)
    }

    pub(crate) async fn open_with(&self, config: &BackendConfig) -> Result<Backend> {
        let name = config.backend();
        let place = |error: Error| error.with_operation("open").with_backend(name);
        let factory = self.factories.iter().find(|factory| factory.info().name == name);
        let factory =
            factory.ok_or_else(|| place(Error::unexpected("the backend is configured and not registered")))?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(place(Error::unexpected("no tokio runtime: open it inside one, with its timers enabled")));
        }
        let limit = config.timeout().unwrap_or(TIMEOUT);
        let driver = tokio::time::timeout(limit, factory.open(config)).await.map_err(|_| {
            place(Error::timeout(format!(
                "not open within {limit:?}: look whether the database is there, or set `timeoutMs`"
            )))
        })?;
        Ok(Backend::new(driver.map_err(place)?).with_timeout(limit))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.factories.iter().map(|factory| factory.info().name).collect();
        f.debug_struct("Registry").field("backends", &names).field("absent", &self.absent).finish()
    }
}
