//! A repository: the handle that users hold, and what is known of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::action::{Count, Exists, Find, FindOne, Invocation};
use crate::ask::Asked;
use crate::decode::Reading;
use crate::driver::{RepositoryDriver, Told};
use crate::schema::{Holder, Place};
use crate::{Backend, Capabilities, Definition, Document, FieldKind, Filter, Index, Ttl};

mod about;
mod by_key;
mod changing;
mod expiry;
mod plan;
mod version;

pub(crate) use about::AboutType;
pub(crate) use plan::{
    Checked, Plan, Sought, check_index_strings, check_names_its_key, check_own_id, decode, id_of, id_rule, key_of,
    sought, with_id,
};
pub(crate) use version::{begin_version, count_version};

/// What can be stored: any serde type that owns its data.
///
/// Derive `Serialize` and `Deserialize`. A type that borrows (`&str`) cannot be a record, since it is read from bytes
/// that are gone when the call returns: use `String`, or `Cow<'static, str>`.
///
/// [`Backend::define`] asks the type what it holds by running its `Deserialize` on made-up samples, short text and empty
/// text among them. A type that panics on one, as a `TryFrom<String>` that splits what it is given without a look at its
/// length, says nothing about that place: its kind then has to be declared. The hook of panics is called nevertheless,
/// which prints a message unless the program has set another; and a program that is compiled with `panic = "abort"` ends
/// there. Return an error instead of panicking.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a record",
    note = "derive `serde::Serialize` and `serde::Deserialize`, and own the data: `String` instead of `&str`"
)]
pub trait Record: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Record for T {}

/// What is known of a repository now.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) definition: Definition,
    pub(crate) schema: Arc<Place>,
    pub(crate) driver: Arc<dyn RepositoryDriver>,
    /// The last definition, as this process gave it.
    pub(crate) wanted: Option<Definition>,
    /// What is stored, was not in that one, and stays.
    pub(crate) warnings: Vec<String>,
    has_timestamps: bool,
    /// Whether the driver compares versions by itself.
    compares_versions: bool,
}

impl State {
    pub(crate) fn new(definition: Definition, driver: Arc<dyn RepositoryDriver>, can: &Capabilities) -> Self {
        let schema = Arc::new(schema(&definition));
        let has_timestamps = schema.has_timestamps();
        let (wanted, warnings) = (None, Vec::new());
        Self { definition, schema, driver, wanted, warnings, has_timestamps, compares_versions: can.versions }
    }

    /// The same state, with a warning for everything that this definition leaves out.
    ///
    /// # Errors
    /// `DefinitionConflict` if that is no part of what is stored.
    pub(crate) fn wanted_by(mut self, wanted: Option<Definition>) -> crate::Result<Self> {
        if let Some(wanted) = &wanted {
            self.warnings = crate::reconcile(&self.definition, wanted)?.kept;
        }
        self.wanted = wanted;
        Ok(self)
    }

    /// How records of this repository are read.
    pub(crate) fn reading(&self) -> Reading<'_> {
        let reading = if self.has_timestamps { Reading::by(&self.schema) } else { Reading::default() };
        reading.with_own_of(&self.definition)
    }
}

/// What a definition says of the places in records.
pub(crate) fn schema(definition: &Definition) -> Place {
    let mut schema = Place::default();
    for (path, kind) in definition.fields() {
        schema.declare(path, kind);
    }
    // An empty id counts as none.
    let id = definition.id_field();
    let kind = definition.id_kind().kind();
    schema.declare(id, FieldKind { empty_is_missing: true, ..kind.into() });
    // Their kinds are the library's to say.
    for field in [Some(id), definition.version(), definition.ttl().map(Ttl::field)].into_iter().flatten() {
        schema.mark_held(field, Holder::Library);
    }
    for field in definition.indexes().flat_map(Index::fields) {
        schema.mark_held(field, Holder::Index);
    }
    for field in definition.key_fields() {
        schema.mark_held(field, Holder::Key);
    }
    schema
}

/// The state of a repository, which handles that were given earlier follow.
#[derive(Debug)]
pub(crate) struct Live(RwLock<Arc<State>>);

impl Live {
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a backend keeps the state of a repository; one for each name.
#[derive(Default)]
pub(crate) struct Slot {
    live: OnceLock<Arc<Live>>,
    /// Held by one `define` of this name at a time.
    pub(crate) defining: tokio::sync::Mutex<()>,
}

impl Slot {
    /// The state, once the repository is defined.
    pub(crate) fn live(&self) -> Option<&Arc<Live>> {
        self.live.get()
    }

    /// Makes `state` the one that all handles follow.
    pub(crate) fn set(&self, state: State) -> &Arc<Live> {
        let state = Arc::new(state);
        let live = self.live.get_or_init(|| Arc::new(Live(RwLock::new(Arc::clone(&state)))));
        *live.0.write().unwrap_or_else(PoisonError::into_inner) = state;
        live
    }
}

/// The records of one repository, as `T`. Cheap to clone, and `Send + Sync` whatever `T` is.
///
/// Every method that reads or writes gives an action, which does nothing until it is awaited.
///
/// ```
/// use backends_core::{Definition, Document, Registry, Repository, memory};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
/// let backend = Registry::new().register(memory::Memory).open("memory:").await?;
/// let users: Repository = backend.define(Definition::builder("users").partition_key("email").build()?).await?;
/// users.insert(&Document::from([("email", "ada@example.org")])).await?;
/// assert!(users.get("ada@example.org").await?.is_some());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Besides the kinds that each method names, every call may be a `DefinitionConflict` if the repository is not there, as
/// one that [`SchemaMode::Trust`](crate::SchemaMode::Trust) took for granted or that another program has removed;
/// `PermissionDenied`, `Throttled`, `Unavailable` and `Timeout`, as the database or the network say; and `Unexpected`.
pub struct Repository<T = Document> {
    inner: Arc<Inner>,
    about: Arc<AboutType>,
    record: PhantomData<fn() -> T>,
}

pub(crate) struct Inner {
    pub(crate) backend: Backend,
    pub(crate) name: Arc<str>,
    live: Arc<Live>,
    pub(crate) told: Told,
}

impl Inner {
    pub(crate) fn state(&self) -> Arc<State> {
        self.live.state()
    }

    pub(crate) fn invoke(&self, operation: &'static str, timeout: Option<Duration>) -> Invocation {
        Invocation::of_backend(&self.backend, operation, timeout.unwrap_or(self.backend.timeout())).on(&self.name)
    }
}

impl<T> Repository<T> {
    pub(crate) fn new(backend: Backend, name: &str, live: Arc<Live>) -> Self {
        let inner = Inner { backend, name: name.into(), live, told: Told::default() };
        Self { inner: Arc::new(inner), about: Arc::default(), record: PhantomData }
    }

    /// The name that the definition gave.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The definition that holds now, normalised: with the kinds and indexes that are stored already.
    pub fn definition(&self) -> Definition {
        self.inner.state().definition.clone()
    }

    /// What the last definition did not name and is stored and enforced all the same: a warning for each index and
    /// kind. With the feature `tracing` they are logged as well.
    pub fn warnings(&self) -> Vec<String> {
        self.inner.state().warnings.clone()
    }

    /// The backend that keeps the records.
    pub fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    /// Calls `use_native` with the native collection or table, if it is an `N`; the page of each backend says which
    /// it is.
    #[doc(alias = "GetCollection")]
    #[doc(alias = "MongoSession")]
    pub fn native<N: 'static, R>(&self, use_native: impl FnOnce(&N) -> R) -> Option<R> {
        let state = self.inner.state();
        state.driver.native().downcast_ref().map(use_native)
    }

    /// The same repository with records of another type; free.
    pub fn typed<U: Record>(&self) -> Repository<U> {
        Repository { inner: Arc::clone(&self.inner), about: Arc::default(), record: PhantomData }
    }

    /// The same repository with untyped records; free.
    pub fn untyped(&self) -> Repository<Document> {
        self.typed()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl<T: Record> Repository<T> {
    pub(crate) fn about(&self) -> &Arc<AboutType> {
        &self.about
    }

    pub(crate) fn asked(&self) -> &Arc<Asked> {
        self.about.asked(Asked::of::<T>)
    }

    pub(crate) fn plan(&self) -> Plan<'_, T> {
        Plan::new(self)
    }

    /// The records that a filter means, in an order or in any, all or some of them, at once or in pages.
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Registry, Repository, Value, memory};
    /// use backends_core::{Filter, Order, field};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let users: Repository = backend.define(Definition::builder("users").build()?).await?;
    /// # for (name, age) in [("Ada", 36), ("Bo", 17), ("Cy", 81)] {
    /// #     users.insert(&Document::from([("name", Value::from(name)), ("age", Value::from(age))])).await?;
    /// # }
    /// let oldest = users.find(field("age").ge(18)).sort("age", Order::Desc).limit(20).await?;
    /// assert_eq!(oldest[0].get("name"), Some(&Value::from("Cy")));
    /// let page = users.find(Filter::all()).sort("name", Order::Asc).page(2).await?;
    /// assert!(page.records.len() == 2 && page.next.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for a filter or an order that cannot be asked; `Unreadable` for a record that `T` cannot hold;
    /// [those of every call](Repository#errors).
    #[doc(alias = "GetAll")]
    #[track_caller]
    pub fn find(&self, filter: impl Into<Filter>) -> Find<T> {
        Find::new(self, filter)
    }

    /// One of the records that a filter means, the first of an order where one is given, or none.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    #[doc(alias = "GetOne")]
    #[track_caller]
    pub fn find_one(&self, filter: impl Into<Filter>) -> FindOne<T> {
        FindOne::new(self, filter)
    }

    /// How many records a filter means.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that cannot be asked; [those of every call](Repository#errors).
    #[track_caller]
    pub fn count(&self, filter: impl Into<Filter>) -> Count<T> {
        Count::new(self, filter)
    }

    /// Whether there is a record that a filter means.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that cannot be asked; [those of every call](Repository#errors).
    #[track_caller]
    pub fn exists(&self, filter: impl Into<Filter>) -> Exists<T> {
        Exists::new(self, filter)
    }
}

impl<T> Clone for Repository<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), about: Arc::clone(&self.about), record: PhantomData }
    }
}

impl<T> fmt::Debug for Repository<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("name", &self.inner.name)
            .field("backend", &self.inner.backend.name())
            .finish_non_exhaustive()
    }
}
