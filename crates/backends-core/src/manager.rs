//! The backends of a service, each built once.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout_at;

use crate::{Backend, BackendConfig, BackendInfo, DatabaseConfig, Error, Registry, Result};

/// The backends of a service. Cheap to clone; every clone is the same manager.
///
/// ```
/// use backends_core::{DatabaseConfig, Registry, memory};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
/// let manager = Registry::new().register(memory::Memory).manager(&DatabaseConfig::new("memory"))?;
/// assert_eq!(manager.supported()[0].name, "memory");
/// let backend = manager.backend("memory").await?;
/// backend.ping().await?;
/// manager.close().await?;
/// assert!(manager.backend("memory").await.unwrap_err().is_unavailable());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[doc(alias = "NewBackendManager")]
#[doc(alias = "NewBackendSupport")]
#[doc(alias = "DefaultBackendManager")]
pub struct BackendManager(Arc<Inner>);

struct Inner {
    registry: Registry,
    config: DatabaseConfig,
    /// By name. None after the end.
    built: Mutex<Option<HashMap<&'static str, Arc<Place>>>>,
}

/// Where a backend is, once it is open: the first caller opens it, and the others wait.
#[derive(Default)]
struct Place {
    backend: OnceLock<Backend>,
    /// How many attempts to open it have failed, and held by the one that is made, how the last did.
    failures: AtomicU64,
    attempt: AsyncMutex<Option<Error>>,
}

impl Place {
    /// The backend, opened by this caller or by the one that it waits for, whose failure is also its own.
    async fn open(&self, registry: &Registry, config: &BackendConfig) -> Result<Backend> {
        if let Some(backend) = self.backend.get() {
            return Ok(backend.clone());
        }
        let deadline = Registry::deadline(config)?;
        let failures = self.failures.load(Ordering::Acquire);
        let mut last = timeout_at(deadline, self.attempt.lock()).await.map_err(|_| Registry::too_late(config))?;
        match (self.backend.get(), &*last) {
            (Some(backend), _) => return Ok(backend.clone()),
            (None, Some(error)) if self.failures.load(Ordering::Acquire) != failures => return Err(error.repeat()),
            _ => {}
        }
        match registry.open_until(config, deadline).await {
            Ok(backend) => Ok(self.backend.get_or_init(|| backend).clone()),
            Err(error) => {
                *last = Some(error.repeat());
                self.failures.fetch_add(1, Ordering::Release);
                Err(error)
            }
        }
    }
}

impl BackendManager {
    pub(crate) fn new(registry: Registry, config: DatabaseConfig) -> Self {
        Self(Arc::new(Inner { registry, config, built: Mutex::new(Some(HashMap::new())) }))
    }

    /// The backend of this name, opened by the first caller; those that ask meanwhile wait for it, each until its own
    /// deadline, and share its failure. What could not be opened is tried again by the next caller.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) with every mistake, or with the names that are known; those of
    /// opening; [`Unavailable`](crate::ErrorKind::Unavailable) after [`close`](Self::close).
    #[doc(alias = "GetBackend")]
    pub async fn backend(&self, name: &str) -> Result<Backend> {
        let config = self.0.registry.resolve(&self.0.config, name)?;
        let place = {
            let mut built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
            let built = built.as_mut().ok_or_else(closed)?;
            let place = built.entry(config.backend()).or_default();
            if place.backend.get().is_some_and(Backend::is_closed) {
                *place = Arc::default();
            }
            Arc::clone(place)
        };
        let backend = place.open(&self.0.registry, &config).await?;
        if self.0.built.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            // The manager was closed while this was being opened.
            backend.close().await?;
            return Err(closed());
        }
        Ok(backend)
    }

    /// What the backends that this program knows say of themselves, with the properties that each requires.
    #[doc(alias = "GetSupportedBackends")]
    #[doc(alias = "GetRequiredBackendProperties")]
    pub fn supported(&self) -> Vec<BackendInfo> {
        self.0.registry.supported()
    }

    /// Closes every backend that was opened. Closing twice is nothing.
    ///
    /// # Errors
    /// The first that a backend says; the others are closed all the same.
    #[doc(alias = "Shutdown")]
    pub async fn close(&self) -> Result<()> {
        let built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut outcome = Ok(());
        for place in built.into_iter().flat_map(HashMap::into_values) {
            if let Some(backend) = place.backend.get() {
                outcome = outcome.and(backend.close().await);
            }
        }
        outcome
    }
}

#[cold]
fn closed() -> Error {
    Error::unavailable("the manager is closed: make another").for_good().with_operation("backend")
}

impl fmt::Debug for BackendManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendManager").field("registry", &self.0.registry).field("config", &self.0.config).finish()
    }
}
