//! The records of one repository: one file a request.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    Counted, DeleteRequest, Deleted, Fetched, FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest,
    Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest,
    Updated,
};
use backends_core::{Definition, Error, Result};

use crate::codec::Codec;
use crate::guard::Guards;
use crate::index::TableIndex;
use crate::service::{Cause, Failure, Service};
use crate::stamp::Stamp;
use crate::table::DynamoTable;

mod answers;
mod delete;
mod find;
mod get;
mod guarded;
mod guarding;
mod insert_many;
mod merge;
mod pace;
mod put;
mod read;
mod replace;
mod swap;
mod update;

pub(crate) use guarding::{id_of, told};

/// The records of one repository.
#[derive(Clone)]
pub(crate) struct DynamoRepository {
    service: Arc<Service>,
    table: DynamoTable,
    codec: Codec,
    definition: Definition,
    indexes: Arc<[Arc<TableIndex>]>,
    /// Those by which nothing is read yet.
    waiting: Arc<[Arc<TableIndex>]>,
    guards: Arc<Guards>,
}

impl DynamoRepository {
    pub(crate) fn new(service: &Arc<Service>, definition: &Definition, indexes: Vec<TableIndex>) -> Self {
        let table = DynamoTable { client: service.client.clone(), name: service.table_name(definition.name()) };
        let (codec, guards) = (Codec::new(definition), Arc::new(Guards::new(definition)));
        let (waiting, indexes): (Vec<_>, Vec<_>) = indexes.into_iter().map(Arc::new).partition(|index| index.waits);
        let (indexes, waiting) = (indexes.into(), waiting.into());
        Self { service: Arc::clone(service), table, codec, definition: definition.clone(), indexes, waiting, guards }
    }
}

/// What became of a write with a condition.
enum Outcome {
    Done,
    /// Something else stands there, or nothing. `is_unclear` says whether an earlier try may have been done, and then
    /// be replaced by what stands there now.
    Other {
        is_unclear: bool,
    },
}

/// What a failure of a write with a condition comes to: with its own stamp on what stands there it was done.
fn outcome(failure: Failure, stamp: &Stamp) -> Result<Outcome> {
    match failure.cause {
        Cause::Condition(Some(item)) if stamp.is_on(&item) => Ok(Outcome::Done),
        Cause::Condition(_) => Ok(Outcome::Other { is_unclear: failure.is_unclear }),
        Cause::Conditions(_) | Cause::Error(_) => Err(failure.into_error()),
    }
}

const LOST: &str = "the answer to a write was lost, and other writes came after it: read the record, then decide";

/// An answer was lost, and what stands there now does not tell what it was.
fn lost() -> Error {
    Error::unavailable(LOST).with_may_have_happened(true)
}

/// Whether it is such an error, which says nothing of other records, and that the service answers.
fn is_lost(error: &Error) -> bool {
    error.message() == LOST
}

#[async_trait]
impl RepositoryDriver for DynamoRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        self.put_new(&request.context, &request.key, &request.record, Stamp::of(&request.context)).await?;
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        self.store_many(request).await
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        self.fetch(request).await
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        self.read(request)
    }

    async fn count(&self, request: &FindRequest) -> Result<Counted> {
        self.number(request).await
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        self.plan(request)
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        self.put_in_place(request).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        self.update_stored(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        self.remove(request).await
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        self.compare_and_swap(request).await
    }

    fn native(&self) -> &dyn Any {
        &self.table
    }
}

impl fmt::Debug for DynamoRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoRepository").field("table", &self.table.name).finish_non_exhaustive()
    }
}
