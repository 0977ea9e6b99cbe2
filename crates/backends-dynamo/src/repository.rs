//! The records of one repository: one file a request.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    Context, Counted, DeleteRequest, Deleted, Expiry, Fetched, FindRequest, Found, GetRequest, InsertManyRequest,
    InsertRequest, Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped,
    UpdateRequest, Updated,
};
use backends_core::{Definition, Error, Result};

use crate::codec::{Codec, Item, ItemTokens};
use crate::guard::Guards;
use crate::index::TableIndex;
use crate::service::{Cause, Failure, Service};
use crate::stamp::Stamp;
use crate::table::DynamoTable;

mod answers;
mod at_once;
mod batch;
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

pub(crate) use batch::write_batch;
pub(crate) use guarded::unbuilt;
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

    /// Which records have expired where a call meets them.
    fn expiry(&self, context: &Context) -> Option<Expiry> {
        self.definition.ttl().and_then(|ttl| Expiry::at(ttl, context.now))
    }
}

/// What became of a write with a condition.
enum Outcome {
    Done,
    /// Something else stands there, or nothing.
    Other {
        item: Option<Item>,
        /// Whether an earlier try may have been done, and then be replaced by what stands there now.
        is_unclear: bool,
    },
}

impl Outcome {
    /// What a write with a condition comes to: with its own stamp on what stands there it was done.
    fn of(written: Result<(), Failure>, stamp: &Stamp) -> Result<Self> {
        let Err(failure) = written else { return Ok(Self::Done) };
        match failure.cause {
            Cause::Condition(Some(item)) if stamp.is_on(&item) => Ok(Self::Done),
            Cause::Condition(item) => Ok(Self::Other { item, is_unclear: failure.is_unclear }),
            Cause::Conditions(_) | Cause::Error(_) => Err(failure.into_error()),
        }
    }

    /// The same for a write on the condition that what was read is there still.
    fn swapped(self) -> Result<Swapped> {
        match self {
            Self::Done => Ok(Swapped::Done),
            Self::Other { is_unclear: true, .. } => Err(lost()),
            Self::Other { is_unclear: false, .. } => Ok(Swapped::Changed),
        }
    }
}

/// Whether an item is a record that has expired.
fn is_over(expiry: Option<&Expiry>, item: &Item) -> Result<bool> {
    expiry.map_or(Ok(false), |expiry| expiry.is_over(&mut ItemTokens::new(item)))
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
        let (context, expiry) = (&request.context, request.expiry.as_ref());
        self.put_new(context, &request.key, &request.record, Stamp::of(context), expiry).await?;
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
