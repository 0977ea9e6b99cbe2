//! Which backends a program knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

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
    #[doc(alias = "SupportBackend")]
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

    async fn open_with(&self, config: &BackendConfig) -> Result<Backend> {
        self.open_until(config, Self::deadline(config)?).await
    }

    /// Until when a backend has to be open whose caller begins now.
    pub(crate) fn deadline(config: &BackendConfig) -> Result<Instant> {
        if Handle::try_current().is_err() {
            let error = Error::unexpected("no tokio runtime: open it inside one, with its timers enabled");
            return Err(place(config, error));
        }
        let now = Instant::now();
        // What is too far away to be counted is no deadline: 30 years.
        Ok(now.checked_add(limit(config)).unwrap_or_else(|| now + Duration::from_secs(946_080_000)))
    }

    /// The error of a caller whose deadline has passed.
    #[cold]
    pub(crate) fn too_late(config: &BackendConfig) -> Error {
        let limit = limit(config);
        let message = format!("not open within {limit:?}: look whether the database is there, or set `timeoutMs`");
        place(config, Error::timeout(message))
    }

    pub(crate) async fn open_until(&self, config: &BackendConfig, deadline: Instant) -> Result<Backend> {
        let factory = self.factories.iter().find(|factory| factory.info().name == config.backend());
        let factory =
            factory.ok_or_else(|| place(config, Error::unexpected("the backend is configured and not registered")))?;
        let driver = timeout_at(deadline, factory.open(config)).await.map_err(|_| Self::too_late(config))?;
        Ok(Backend::new(driver.map_err(|error| place(config, error))?).with_timeout(limit(config)))
    }
}

fn limit(config: &BackendConfig) -> Duration {
    config.timeout().unwrap_or(TIMEOUT)
}

#[cold]
fn place(config: &BackendConfig, error: Error) -> Error {
    error.with_operation("open").with_backend(config.backend())
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.factories.iter().map(|factory| factory.info().name).collect();
        f.debug_struct("Registry").field("backends", &names).field("absent", &self.absent).finish()
    }
}
