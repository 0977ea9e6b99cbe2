//! Writes to several records that are done together or not at all.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::update::change;
use super::{Invocation, Pending, delete, insert, replace, update, upsert};
use crate::driver::{BatchWrite, ExpectedVersion, KeyedWrite, WriteBatchRequest};
use crate::repository::{Inner, Sought, State, sought};
use crate::{Backend, Change, Document, Error, Key, Record, RecordBuf, Repository, Result, Update, json};

mod doing;
mod written;

use doing::Batching;
pub use written::WrittenBatch;

/// Writes by key that are done together or not at all, in the order in which they were added. See [`Backend::batch`].
///
/// What a write meets is what is stored, and what those before it have done: a unique value that one leaves, one behind
/// it may take. No two are about one record. Each counts 1, and 2 more for each unique index of its repository besides
/// the key; together they count 100 at most, and their records have at most 4 MB as JSON.
///
/// ```
/// # use backends_core::{Definition, Registry, Repository, memory};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Account { name: String, cents: i64, #[serde(default)] version: i64 }
/// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
/// use backends_core::Update;
///
/// # let definition = Definition::builder("accounts").partition_key("name").version("version").build()?;
/// let accounts: Repository<Account> = backend.define(definition).await?;
/// for name in ["ada", "bo"] {
///     accounts.insert(&Account { name: name.into(), cents: 500, version: 0 }).await?;
/// }
/// let written = backend
///     .batch()
///     .update(&accounts, "ada", Update::new().inc("cents", -200))
///     .expect_version(1)
///     .update(&accounts, "bo", Update::new().inc("cents", 200))
///     .await?;
/// let bo = written.record(&accounts, 1)?;
/// assert_eq!(bo, Some(Account { name: "bo".into(), cents: 700, version: 2 }));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// That of the first write that fails, with its [position](Error::position), counted from 0, and nothing is changed:
/// `NotFound` if there is nothing to update or to replace (to delete what is not there is nothing); `AlreadyExists` with
/// the name of the index for a key or a value that is taken when it is the write's turn; `Conflict` for another version
/// than the expected one, of a delete also if there is no record; `InvalidInput` for a record, a key or a change that
/// cannot be.
///
/// Without a position, and before anything is asked: `InvalidInput` for a batch that is too large, for two writes to one
/// record, and for a repository of another backend. `Unsupported` if the backend has no
/// [`batches`](crate::Capabilities::batches); [those of every call](Repository#errors).
#[must_use = "an action does nothing until it is awaited"]
pub struct AtomicBatch {
    backend: Backend,
    writes: Vec<Added>,
    /// What is wrong with the batch, and not with one of its writes.
    mistake: Option<Error>,
    timeout: Option<Duration>,
}

/// A write that was added.
struct Added {
    name: Arc<str>,
    state: Arc<State>,
    make: Make,
    expected: Expected,
}

type Make = Box<dyn FnOnce(&Invocation, Option<ExpectedVersion>) -> Result<Option<KeyedWrite>> + Send>;

/// Whether a write takes a version that is expected.
enum Expected {
    /// It does, and this was said.
    Said(Result<Option<ExpectedVersion>>),
    /// It brings a record, which has one itself or is new.
    Brought,
}

impl AtomicBatch {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend, writes: Vec::new(), mistake: None, timeout: None }
    }

    /// Stores a new record, as [`Repository::insert`] does.
    pub fn insert<T: Record>(self, repository: &Repository<T>, record: &T) -> Self {
        let written = insert::prepare(repository, record);
        let make = move |invocation: &Invocation, _| {
            let (_, request, _) = insert::insertion(invocation, *written.prepared?.at(invocation)?);
            Ok(Some(KeyedWrite::Insert(request)))
        };
        self.add(repository.inner(), Expected::Brought, Box::new(make))
    }

    /// Replaces the record that has this one's key, as [`Repository::replace`] does.
    pub fn replace<T: Record>(self, repository: &Repository<T>, record: &T) -> Self {
        let written = replace::prepare(repository, record);
        let make = move |invocation: &Invocation, _| {
            let (_, request, _) = replace::replacement(invocation, *written.prepared?.at(invocation)?, false);
            Ok(Some(KeyedWrite::Replace(request)))
        };
        self.add(repository.inner(), Expected::Brought, Box::new(make))
    }

    /// Inserts the record, or replaces the one that has its key, as [`Repository::upsert`] does.
    pub fn upsert<T: Record>(self, repository: &Repository<T>, record: &T) -> Self {
        let written = upsert::prepare(repository, record);
        let make = move |invocation: &Invocation, _| {
            let (_, request, _) = replace::replacement(invocation, *written.prepared?.at(invocation)?, true);
            Ok(Some(KeyedWrite::Replace(request)))
        };
        self.add(repository.inner(), Expected::Brought, Box::new(make))
    }

    /// Changes the record with this key, as [`Repository::update`] does, but that it has to be there.
    pub fn update<T: Record>(self, repository: &Repository<T>, key: impl Serialize, changes: Update) -> Self {
        let state = repository.inner().state();
        let prepared = update::prepare(repository, &state, key, &changes);
        let make = move |invocation: &Invocation, expected| match prepared? {
            (Sought::Key(key), changes) => {
                Ok(Some(KeyedWrite::Update(change(invocation, &state, key, &changes, expected))))
            }
            (Sought::Nowhere, _) => Err(Error::nothing_to_update()),
        };
        self.add(repository.inner(), Expected::Said(Ok(None)), Box::new(make))
    }

    /// Deletes the record with this key, if there is one.
    pub fn delete<T: Record>(self, repository: &Repository<T>, key: impl Serialize) -> Self {
        let state = repository.inner().state();
        let key = sought(&state, &key);
        let make = move |invocation: &Invocation, expected| {
            Ok(delete::deletion(invocation, &state, key?, expected)?.map(KeyedWrite::Delete))
        };
        self.add(repository.inner(), Expected::Said(Ok(None)), Box::new(make))
    }

    /// Expects the record of the update or the delete that was added last to have this version; `None` is 0, the
    /// version of a record that another program stored without one. A record that replaces another brings the version
    /// that it expects.
    ///
    /// # Errors
    /// `Conflict` if the record has another one, or, of a delete, is not there. `InvalidInput` for what is no integer, if
    /// the definition names no [version field](crate::DefinitionBuilder::version), and behind any other write.
    pub fn expect_version(mut self, version: impl Serialize) -> Self {
        match self.writes.last_mut() {
            Some(Added { expected: Expected::Said(said), state, .. }) => *said = state.expecting(&version).map(Some),
            Some(Added { make, .. }) => *make = Box::new(|_, _| Err(brings_its_version())),
            None => {
                let message = "a version is expected before there is a write: say it behind an update or a delete";
                self.mistake.get_or_insert_with(|| Error::invalid_input(message));
            }
        }
        self
    }

    /// Gives the action another time limit than the backend's: 30 s unless configured.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How many writes were added.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether none was added; then there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    fn add(mut self, repository: &Arc<Inner>, expected: Expected, make: Make) -> Self {
        if !repository.backend.is(&self.backend) {
            let message = "a batch has a repository of another backend: make a batch for each";
            self.mistake.get_or_insert_with(|| Error::invalid_input(message));
        }
        self.writes.push(Added { name: Arc::clone(&repository.name), state: repository.state(), make, expected });
        self
    }

    async fn run(self) -> Result<WrittenBatch> {
        let limit = self.timeout.unwrap_or(self.backend.timeout());
        let mut invocation = Invocation::of_backend(&self.backend, "batch", limit).sized(self.writes.len());
        if let Some((first, rest)) = self.writes.split_first()
            && rest.iter().all(|other| other.name == first.name)
        {
            invocation = invocation.on(&first.name);
        }
        if self.writes.is_empty() && self.mistake.is_none() {
            return invocation.check().map(|()| WrittenBatch::default());
        }
        let batching = self.batching(&invocation).map_err(|error| invocation.place(error))?;
        batching.run(&invocation).await
    }

    /// The request, if nothing speaks against it before anybody is asked.
    fn batching(self, invocation: &Invocation) -> Result<Batching> {
        let Self { backend, writes, mistake, .. } = self;
        mistake.map_or(Ok(()), Err)?;
        let mut batching = Batching::new(&backend, invocation.context());
        let mut weight = 0;
        for (position, Added { name, state, make, expected }) in writes.into_iter().enumerate() {
            weight += weight_of(&state);
            let expected = match expected {
                Expected::Said(said) => said,
                Expected::Brought => Ok(None),
            };
            let made = expected.and_then(|expected| make(invocation, expected));
            let made = made.map_err(|error| error.with_position(position).with_repository(&name))?;
            let write = made.map(|write| BatchWrite::new(Arc::clone(&state.driver), Arc::clone(&name), write));
            batching.push(name, state, write);
        }
        if weight > WriteBatchRequest::WEIGHT {
            return Err(Error::invalid_input(
                "a batch counts more than 100, each write 1 and 2 more for each unique index of its repository: make several batches of it",
            )
            .with_context("counted", weight));
        }
        check(batching.writes())?;
        Ok(batching)
    }
}

/// What a write counts: itself, and each unique index besides the key.
fn weight_of(state: &State) -> usize {
    1 + 2 * state.definition.indexes().filter(|index| index.is_unique()).count()
}

/// Refuses two writes to one record, and records that are too large together.
fn check(writes: &[BatchWrite]) -> Result<()> {
    let mut seen: HashSet<(&str, &Key)> = HashSet::new();
    let mut bytes = 0;
    for write in writes {
        if !seen.insert((&write.name, write.key())) {
            let message = "two writes of a batch are about one record: make one of them, or two batches";
            return Err(Error::invalid_input(message).with_repository(&write.name));
        }
        bytes += bytes_of(&write.write)?;
    }
    WriteBatchRequest::check_bytes(bytes)
}

/// How much JSON is known to be written.
fn bytes_of(write: &KeyedWrite) -> Result<usize> {
    match write {
        KeyedWrite::Insert(request) => json::to_string(&request.record).map(|text| text.len()),
        KeyedWrite::Replace(request) => json::to_string(&request.record).map(|text| text.len()),
        KeyedWrite::Update(request) => request.changes.iter().map(bytes_of_change).sum(),
        KeyedWrite::Delete(_) => Ok(0),
    }
}

fn bytes_of_change(change: &Change) -> Result<usize> {
    match change {
        Change::Set(path, value) | Change::Push(path, value) => {
            let field = Document::from([(path.as_str(), value.clone())]);
            json::to_string(&RecordBuf::from_document(&field)).map(|text| text.len())
        }
        Change::Unset(_) | Change::Inc(..) | Change::Pull(..) => Ok(0),
    }
}

#[cold]
fn brings_its_version() -> Error {
    Error::invalid_input(
        "a version is expected behind a write that brings a record: set it in the record, or leave it out",
    )
}

impl IntoFuture for AtomicBatch {
    type Output = Result<WrittenBatch>;
    type IntoFuture = Pending<WrittenBatch>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for AtomicBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicBatch").field("writes", &self.writes.len()).finish_non_exhaustive()
    }
}
