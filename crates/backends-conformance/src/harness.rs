//! How the suite opens a backend.

use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{BackendDriver, BackendFactory};
use backends_core::{DatabaseConfig, Result};

/// Opens the backend that the suite is run on.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// Opens the store of this name, anew with each call, as another process would: what one driver of a store wrote,
    /// the next one of the same store sees.
    ///
    /// Names are letters, digits and `_`, at most 40 of them, and new in each run. Whether stores of other names share
    /// a database does not matter, since the cases give their repositories names of their own.
    async fn open(&self, store: &str) -> Result<Arc<dyn BackendDriver>>;

    /// Takes away what a store has left on its server, when its case is done and went well. Without it nothing is taken
    /// away.
    async fn remove(&self, _store: &str) {}
}

#[async_trait]
impl<F, O> Harness for F
where
    F: Fn(String) -> O + Send + Sync + 'static,
    O: Future<Output = Result<Arc<dyn BackendDriver>>> + Send,
{
    async fn open(&self, store: &str) -> Result<Arc<dyn BackendDriver>> {
        self(store.to_owned()).await
    }
}

/// A harness that opens a backend by URI; see [`by_uri`].
#[derive(Debug)]
pub struct ViaUri<F, U> {
    factory: F,
    uri: U,
}

/// A harness that opens a backend as programs do: `uri` says which URI a store has.
pub fn by_uri<F: BackendFactory, U: Fn(&str) -> String + Send + Sync + 'static>(factory: F, uri: U) -> ViaUri<F, U> {
    ViaUri { factory, uri }
}

#[async_trait]
impl<F: BackendFactory, U: Fn(&str) -> String + Send + Sync + 'static> Harness for ViaUri<F, U> {
    async fn open(&self, store: &str) -> Result<Arc<dyn BackendDriver>> {
        let known = [self.factory.info()];
        let config = DatabaseConfig::from_uri(&(self.uri)(store), &known, &[])?;
        self.factory.open(&config.resolve(&known, &[])?).await
    }
}
