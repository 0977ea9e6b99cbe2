//! The backends of a service, each built once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::{Backend, BackendInfo, DatabaseConfig, Error, Registry, Result};

/// The backends of a service. Cheap to clone; every clone is the same manager.
#[derive(Clone)]
#[doc(alias = "BackendSupport")]
#[doc(alias = "NewBackendSupport")]
pub struct BackendManager(Arc<Inner>);

struct Inner {
    registry: Registry,
    config: DatabaseConfig,
    /// A cell for each name, so that the first caller builds and the others wait for it. None after the end.
    built: Mutex<Option<HashMap<&'static str, Arc<OnceCell<Backend>>>>>,
}

impl BackendManager {
    pub(crate) fn new(registry: Registry, config: DatabaseConfig) -> Self {
        Self(Arc::new(Inner { registry, config, built: Mutex::new(Some(HashMap::new())) }))
    }

    /// The backend of this name, opened by the first caller; those that ask at the same time wait for it. What could
    /// not be opened is tried again by the next caller.
    ///
    /// # Errors
    /// `InvalidConfig` with every mistake, or with the names that are known; those of opening; `Unavailable` after
    /// [`close`](Self::close).
    #[doc(alias = "GetBackend")]
    pub async fn backend(&self, name: &str) -> Result<Backend> {
        let config = self.0.registry.resolve(&self.0.config, name)?;
        let cell = {
            let mut built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
            let built = built.as_mut().ok_or_else(closed)?;
            let cell = built.entry(config.backend()).or_default();
            if cell.get().is_some_and(Backend::is_closed) {
                *cell = Arc::default();
            }
            Arc::clone(cell)
        };
        let backend = cell.get_or_try_init(|| self.0.registry.open_with(&config)).await?.clone();
        if self.0.built.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            // The manager was closed while this was being opened.
            backend.close().await?;
            return Err(closed());
        }
        Ok(backend)
    }

    /// What the backends that this program knows say of themselves, with the properties that each requires.
    pub fn supported(&self) -> Vec<BackendInfo> {
        self.0.registry.supported()
    }

    /// Closes every backend that was opened. Closing twice is nothing.
    ///
    /// # Errors
    /// The first that a backend says; the others are closed all the same.
    pub async fn close(&self) -> Result<()> {
        let built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut outcome = Ok(());
        for cell in built.into_iter().flat_map(HashMap::into_values) {
            if let Some(backend) = cell.get() {
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
