//! An open backend: the handle that users hold.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::action::{AtomicBatch, Define, EarlyTimer, Invocation, Ping, RemoveIndex};
use crate::driver::{BackendDriver, Context};
use crate::layer::Operation;
use crate::repository::Slot;
use crate::{Capabilities, Clock, Definition, Error, Layer, Record, Result, SystemClock};

/// How long an operation may take unless configured or said otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An open backend. Cheap to clone; every clone is the same backend.
#[derive(Clone)]
#[doc(alias = "RepositoriesBackend")]
pub struct Backend(Arc<Way>);

/// The way to what clones and derived handles share. Every call holds it, so a handle is one pointer.
#[derive(Clone)]
struct Way {
    shared: Arc<Shared>,
    layers: Arc<[Arc<dyn Layer>]>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

struct Shared {
    driver: Arc<dyn BackendDriver>,
    /// By the lower-case name of the repository.
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    closed: Arc<AtomicBool>,
    early_timer: EarlyTimer,
}

impl Shared {
    fn new(driver: Arc<dyn BackendDriver>, closed: Arc<AtomicBool>) -> Self {
        Self { driver, slots: Mutex::default(), closed, early_timer: EarlyTimer::new() }
    }
}

impl Backend {
    /// The backend that `driver` is: for tests, wrappers and third parties. Programs get theirs from a manager.
    #[doc(alias = "NewRepositoriesBackend")]
    pub fn new(driver: Arc<dyn BackendDriver>) -> Self {
        let shared = Arc::new(Shared::new(driver, Arc::default()));
        Self::by(Way { shared, layers: Arc::new([]), clock: Arc::new(SystemClock), timeout: TIMEOUT })
    }

    fn by(way: Way) -> Self {
        Self(Arc::new(way))
    }

    /// The backend whose driver is what `wrap` makes of this one's, with the same layers, clock and time limit. It is
    /// closed when this one is.
    pub(crate) fn through(&self, wrap: impl FnOnce(Arc<dyn BackendDriver>) -> Arc<dyn BackendDriver>) -> Self {
        let driver = wrap(Arc::clone(self.driver()));
        let shared = Arc::new(Shared::new(driver, Arc::clone(&self.0.shared.closed)));
        Self::by(Way { shared, ..Way::clone(&self.0) })
    }

    /// The same backend with a layer further out, for the repositories that are defined through it.
    #[must_use]
    pub fn with_layer(&self, layer: impl Layer) -> Self {
        let outer: Arc<dyn Layer> = Arc::new(layer);
        let layers = std::iter::once(outer).chain(self.0.layers.iter().cloned()).collect();
        Self::by(Way { layers, ..Way::clone(&self.0) })
    }

    /// The same backend with another clock, for the repositories that are defined through it.
    #[must_use]
    pub fn with_clock(&self, clock: impl Clock) -> Self {
        Self::by(Way { clock: Arc::new(clock), ..Way::clone(&self.0) })
    }

    /// The same backend with another time limit for operations that do not say theirs (30 s unless configured), for
    /// the repositories that are defined through it. [`define`](Self::define) itself has a limit of its own.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self::by(Way { timeout, ..Way::clone(&self.0) })
    }

    /// The name by which configurations choose it.
    pub fn name(&self) -> &'static str {
        self.0.shared.driver.name()
    }

    /// What it can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.0.shared.driver.capabilities()
    }

    /// Creates what a repository needs and is missing, and gives the repository.
    ///
    /// The action has its own time limit of 10 minutes, renewed by progress. `timeoutMs` and
    /// [`with_timeout`](Self::with_timeout) do not change it; [`timeout`](Define::timeout) on the action does.
    ///
    /// With a typed record, `T` is asked for its fields: it declares its timestamps and the kinds of key and index
    /// fields that the definition leaves open.
    ///
    /// ```
    /// # use backends_core::{Registry, memory};
    /// use backends_core::{Definition, Repository};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct User {
    ///     email: String,
    ///     logins: u32,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// let definition = Definition::builder("users").partition_key("email").build()?;
    /// let users: Repository<User> = backend.define(definition.clone()).await?;
    /// assert_eq!(users.name(), "users");
    ///
    /// let other = Definition::builder("users").build()?;
    /// assert!(backend.define::<User>(other).await.unwrap_err().is_definition_conflict());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DefinitionConflict`] with every difference to what is stored; [`InvalidInput`] if the definition names a field
    /// that `T` does not have, or if `T` is no record, as a scalar and an array are none; [`Unsupported`] for what this
    /// backend cannot do; [those of every call](crate::Repository#errors).
    ///
    /// [`DefinitionConflict`]: crate::ErrorKind::DefinitionConflict
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    /// [`Unsupported`]: crate::ErrorKind::Unsupported
    #[doc(alias = "DefineRepository")]
    #[doc(alias = "GetRepository")]
    #[doc(alias = "PrepareDB")]
    #[track_caller]
    pub fn define<T: Record>(&self, definition: Definition) -> Define<T> {
        Define::new(self.clone(), definition)
    }

    /// Removes an index of a repository, which no definition does: what was created for it, and its place in the stored
    /// definition. Handles of this process follow. A process with a definition that names it creates it again when it
    /// defines the repository, so first change the definition everywhere.
    ///
    /// The action has its own time limit of 10 minutes. One that was ended half-way can be made again.
    ///
    /// # Backends
    /// An index that another program created, and that serves under its own name, stays in the database. DynamoDB
    /// removes a unique one only with the word that nobody who has it runs any more:
    /// [`no_other_writers`](crate::action::RemoveIndex::no_other_writers).
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Index, Registry, Repository, memory};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// let definition = Definition::builder("users").index(Index::on(["role"])).build()?;
    /// let users: Repository = backend.define(definition).await?;
    /// backend.remove_index("users", "role").await?;
    /// assert_eq!(users.definition().indexes().len(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the repository or its index is not there; `Unsupported` where a backend has no indexes, and without a
    /// word that it needs; `PermissionDenied`, `Unavailable`, `Timeout`.
    pub fn remove_index(&self, repository: impl Into<String>, index: impl Into<String>) -> RemoveIndex {
        RemoveIndex::new(self.clone(), repository.into(), index.into())
    }

    /// Begins a batch of writes by key, to repositories of this backend, that are done together or not at all.
    ///
    /// The limits, the clock and the layers are those of this handle, whatever those of the repositories are.
    ///
    /// # Backends
    /// The capability [`batches`](Capabilities::batches) says whether there are any: a MongoDB that is no replica set
    /// has none.
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Registry, Repository, memory};
    /// use backends_core::Update;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let define = |name| backend.define(Definition::builder(name).partition_key("name").build().unwrap());
    /// # let users: Repository = define("users").await?;
    /// # let teams: Repository = define("teams").await?;
    /// # teams.insert(&Document::from([("name", "compilers")])).await?;
    /// let grace = Document::from([("name", "grace")]);
    /// let batch = backend.batch().insert(&users, &grace).update(&teams, "compilers", Update::new().push("members", "grace"));
    /// assert_eq!(batch.await?.len(), 2);
    ///
    /// let again = backend.batch().delete(&teams, "compilers").insert(&users, &grace).await.unwrap_err();
    /// assert!(again.is_already_exists() && again.position() == Some(1));
    /// assert!(teams.get("compilers").await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch(&self) -> AtomicBatch {
        AtomicBatch::new(self.clone())
    }

    /// Asks the database whether it is there.
    ///
    /// ```
    /// # use backends_core::{Registry, memory};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// backend.ping().timeout(Duration::from_secs(2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`PermissionDenied`](crate::ErrorKind::PermissionDenied),
    /// [`Timeout`](crate::ErrorKind::Timeout).
    pub fn ping(&self) -> Ping {
        Ping::new(self.clone())
    }

    /// Lets go of what is open; what is called afterwards, on clones and repositories too, is
    /// [`Unavailable`](crate::ErrorKind::Unavailable). Closing twice is nothing.
    ///
    /// ```
    /// # use backends_core::{Registry, memory};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// backend.close().await?;
    /// assert!(backend.ping().await.unwrap_err().is_unavailable());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the driver says, and then it is closed all the same; what a layer says that does not run the call, and then
    /// the backend is open, and may be closed again.
    #[doc(alias = "Shutdown")]
    pub async fn close(&self) -> Result<()> {
        if self.0.shared.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let invocation = Invocation::of_backend(self, "close", self.0.timeout);
        let (shared, context) = (Arc::clone(&self.0.shared), invocation.context().clone());
        invocation.write(Closing { shared, context, has_begun: AtomicBool::new(false) }).await
    }

    /// The native client, if it is an `N`; the page of each backend says which it is.
    #[doc(alias = "GetFromContext")]
    #[doc(alias = "MONGO_CTX_KEY")]
    #[doc(alias = "DYNAMO_CTX_KEY")]
    pub fn native<N: 'static>(&self) -> Option<&N> {
        self.0.shared.driver.native().downcast_ref()
    }

    pub(crate) fn driver(&self) -> &Arc<dyn BackendDriver> {
        &self.0.shared.driver
    }

    pub(crate) fn layers(&self) -> &Arc<[Arc<dyn Layer>]> {
        &self.0.layers
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn early_timer(&self) -> &EarlyTimer {
        &self.0.shared.early_timer
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.shared.closed.load(Ordering::Acquire)
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        if self.is_closed() {
            let message = "the backend is closed: ask an open manager for it again, or open it anew";
            return Err(Error::unavailable(message).for_good());
        }
        Ok(())
    }

    /// Whether both are handles of the same open backend.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.shared, &other.0.shared)
    }

    /// The place of the repository of this name, whatever its case.
    pub(crate) fn slot(&self, name: &str) -> Arc<Slot> {
        let mut slots = self.0.shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(name.to_ascii_lowercase()).or_default())
    }
}

struct Closing {
    shared: Arc<Shared>,
    context: Context,
    has_begun: AtomicBool,
}

impl Operation for Closing {
    type Answer = ();

    async fn run(&self) -> Result<()> {
        self.has_begun.store(true, Ordering::Release);
        self.shared.driver.close(&self.context).await
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        // A layer has not let it through: the driver is open.
        if !self.has_begun.load(Ordering::Acquire) {
            self.shared.closed.store(false, Ordering::Release);
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::memory::MemoryBackend;
    use crate::{Call, Next};

    #[derive(Debug)]
    struct Refusing;

    #[async_trait]
    impl Layer for Refusing {
        async fn around(&self, _: &Call, _: Next<'_>) -> Result<()> {
            Err(Error::unavailable("not now: try again"))
        }
    }

    #[tokio::test]
    async fn a_backend_that_a_layer_did_not_let_close_is_open_and_can_be_closed() {
        let inner = Backend::new(Arc::new(MemoryBackend::open("")));
        let outer = inner.with_layer(Refusing);
        assert!(outer.close().await.unwrap_err().is_unavailable());
        inner.ping().await.unwrap();
        inner.close().await.unwrap();
        assert!(inner.ping().await.unwrap_err().is_unavailable());
        outer.close().await.unwrap();
    }
}
