//! What the author of a backend implements, and what is handed over.
//!
//! A backend is three traits: a [`BackendFactory`] that opens it from its configuration, a [`BackendDriver`] that is
//! open, and a [`RepositoryDriver`] for each repository. Requests come by reference and are read by field access;
//! responses are made by constructors. A driver may answer a write with `by_swap()`: then core builds it on
//! [`find`](RepositoryDriver::find), [`get`](RepositoryDriver::get) and [`swap`](RepositoryDriver::swap). So a driver
//! that claims nothing is right on its first day, and each thing that it learns makes it faster, never righter.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{BackendConfig, BackendInfo, Capabilities, Result};

mod answer;
mod batch;
mod context;
mod define;
mod expiry;
mod handed;
mod plan;
mod read;
mod remove_index;
mod unique;
mod update;
mod version;
mod warnings;
mod write;

pub use answer::Answer;
pub use batch::{BatchStep, BatchSteps, BatchWrite, BatchWritten, KeyedWrite, WriteBatchRequest};
pub(crate) use context::Report;
pub use context::{Consistency, Context};
pub use define::{DefineRequest, Defined, SchemaMode, StoredKinds};
pub use expiry::Expiry;
pub(crate) use handed::Handed;
pub use plan::{Access, Plan, SortedBy};
pub(crate) use read::SortBound;
pub use read::{Counted, Fetched, FindRequest, Found, GetRequest, Remainder, read};
pub use remove_index::RemoveIndexRequest;
pub use unique::Duplicates;
pub(crate) use unique::Taken;
pub(crate) use update::{Check, Takes};
pub use update::{UpdateRequest, Updated};
pub use version::ExpectedVersion;
pub(crate) use warnings::{Told, Warnings};
pub(crate) use write::stored_id;
pub use write::{
    DeleteRequest, Deleted, IdRule, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Merged, NewRecord,
    ReplaceRequest, Replaced, SwapRequest, Swapped,
};

/// Opens a backend from its configuration; what a [`Registry`](crate::Registry) holds.
#[async_trait]
#[doc(alias = "BackendBuilder")]
pub trait BackendFactory: Send + Sync + 'static {
    /// The name, and the properties that it reads.
    fn info(&self) -> BackendInfo;

    /// Opens the backend. The configuration has been checked against [`info`](Self::info).
    ///
    /// # Errors
    /// `InvalidConfig` for what only opening shows, `PermissionDenied`, `Unavailable`.
    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>>;
}

/// An open backend.
#[async_trait]
pub trait BackendDriver: Debug + Send + Sync + 'static {
    /// The name by which configurations choose it.
    fn name(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// Creates what is missing and waits until it can be used; safe when many processes do the same at once.
    ///
    /// # Errors
    /// `DefinitionConflict` with every difference; [`DefineRequest::reconcile`] finds them.
    #[doc(alias = "RepoBuilder")]
    async fn define(&self, request: &DefineRequest) -> Result<Defined>;

    /// Removes what it has created for an index, and stores the definition without it; the repository as it is then.
    /// Only asked of a driver that claims indexes; others answer [`RemoveIndexRequest::unsupported`].
    ///
    /// # Errors
    /// What [`RemoveIndexRequest::split`] says: `NotFound`.
    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined>;

    /// Does writes to several records, of repositories that this driver has defined, all of them or none: as if one
    /// after another in their order, but that nobody sees some of them done. [`WriteBatchRequest::steps`] says what each
    /// comes to, given what is stored. A driver that does not claim [`batches`](Capabilities::batches) answers
    /// [`WriteBatchRequest::unsupported`].
    ///
    /// # Errors
    /// That of the first write that fails, placed by [`WriteBatchRequest::at`]: those of `steps`, and `AlreadyExists` for
    /// values that another record has when it is this write's turn. Then nothing is changed.
    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten>;

    /// Asks the database whether it is there.
    async fn ping(&self, context: &Context) -> Result<()>;

    /// Lets go of what is open. Called once.
    #[doc(alias = "BackendCleanup")]
    async fn close(&self, context: &Context) -> Result<()>;

    /// The native client.
    fn native(&self) -> &dyn Any;
}

/// The records of one repository.
///
/// A driver whose capabilities have `unique_indexes` holds every write against every unique index of the definition that
/// [`Defined`] answers with, together with the write, however many write at once. What is taken is
/// [`Error::value_taken`](crate::Error::value_taken) with the name of one of the indexes that refuse the record, and
/// nothing is changed; but an insert whose key is taken too is
/// [`Error::key_taken`](crate::Error::key_taken).
#[async_trait]
pub trait RepositoryDriver: Any + Debug + Send + Sync {
    /// Stores a new record, or answers `by_swap()`.
    ///
    /// # Errors
    /// `AlreadyExists` with the name of the index; nothing is overwritten.
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted>;

    /// Stores new records as if one after another, as many as it can, or answers `by_swap()`.
    ///
    /// # Errors
    /// Only for what concerns all of them; what concerns one record goes into the response, by position.
    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords>;

    /// Fetches records by key.
    async fn get(&self, request: &GetRequest) -> Result<Fetched>;

    /// The records that a filter means, a batch at a time; what the driver leaves undone, core finishes.
    async fn find(&self, request: &FindRequest) -> Result<Found>;

    /// How many records a filter means, without an order and a slice; or `by_find()`.
    async fn count(&self, request: &FindRequest) -> Result<Counted>;

    /// How [`find`](Self::find) would answer; asks the database for no record.
    async fn explain(&self, request: &FindRequest) -> Result<Plan>;

    /// Replaces a record, or inserts it where `create` says so, or answers `by_swap()`.
    ///
    /// # Errors
    /// What [`ReplaceRequest::merge`] says: `NotFound`, `InvalidInput` for another id than the stored one, or `Conflict`
    /// for another version than the expected one.
    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced>;

    /// Changes a record by key if the filter means it, and hands over what it is then, or answers `by_swap()`. Of the
    /// changes either all are done or none; another write of the same record comes before or after.
    ///
    /// # Errors
    /// What [`UpdateRequest::apply`] says: `InvalidInput` for a change that does not apply, `Conflict` for another
    /// version than the expected one, and nothing is changed. A change that the driver does not know it does not skip:
    /// then it answers `by_swap()`.
    async fn update(&self, request: &UpdateRequest) -> Result<Updated>;

    /// Deletes a record by key and hands it over, or answers `by_swap()`.
    ///
    /// # Errors
    /// `Conflict` if a version is expected and there is no record that has it.
    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted>;

    /// Puts, replaces or removes one record if what is stored is still what was read.
    ///
    /// # Errors
    /// `AlreadyExists` for what a unique index refuses; nothing is changed.
    async fn swap(&self, request: &SwapRequest) -> Result<Swapped>;

    /// The native collection or table.
    fn native(&self) -> &dyn Any;
}
