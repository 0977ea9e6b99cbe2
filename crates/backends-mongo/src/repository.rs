//! The records of one repository: one file a request.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use backends_core::driver::{
    Context, Counted, DeleteRequest, Deleted, ExpectedVersion, Expiry, Fetched, FindRequest, Found, GetRequest,
    InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan, ReplaceRequest, Replaced, RepositoryDriver,
    SwapRequest, Swapped, UpdateRequest, Updated,
};
use backends_core::{Definition, Key, Result};
use mongodb::Collection;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use crate::codec::Codec;
use crate::database::{Database, max_time};
use crate::error::Effect;
use crate::place::Place;
use crate::schema::{IndexNames, KEY_INDEX, Named, is_over};

mod at_once;
mod batch;
mod count;
mod explain;
mod find;
mod get;
mod insert_many;
mod presence;
mod replace;
mod swap;
mod taken;
mod walk;

pub(crate) use batch::Inserts;
use presence::Presence;
use taken::Refusal;

/// The records of one repository.
pub(crate) struct MongoRepository {
    database: Arc<Database>,
    collection: Collection<RawDocumentBuf>,
    definition: Definition,
    codec: Codec,
    /// The names of the indexes that refuse a primary key which is taken.
    key_indexes: Vec<String>,
    indexes: Vec<Named>,
    /// The name of the unique index on the library's id, if the definition has one.
    id_index: Option<String>,
    presence: Presence,
    /// Whether an update by one request had to be put back: then there are documents that no condition tells apart, and
    /// updates read first.
    reads_first: AtomicBool,
}

impl MongoRepository {
    /// Without the names of the indexes nobody has looked at what is there.
    pub(crate) fn new(database: &Arc<Database>, definition: &Definition, names: Option<IndexNames>) -> Self {
        let on_id = definition.indexes().find(|index| index.is_unique() && index.fields().eq([definition.id_field()]));
        Self {
            database: Arc::clone(database),
            collection: database.collection(definition.name()),
            definition: definition.clone(),
            codec: Codec::new(definition),
            presence: Presence::new(names.is_some()),
            reads_first: AtomicBool::new(false),
            key_indexes: names.as_ref().map_or_else(|| vec![KEY_INDEX.to_owned()], |names| names.keys.clone()),
            indexes: names.map(|names| names.others).unwrap_or_default(),
            id_index: on_id.map(|index| index.name().to_owned()),
        }
    }

    /// The condition that a document has this key and the expected version, and has not expired.
    fn meant(&self, key: &Key, expected: Option<&ExpectedVersion>, expiry: Option<&Expiry>) -> Result<Document> {
        let mut filter = self.codec.filter(key)?;
        if let Some(expected) = expected {
            let version = Bson::Int64(expected.version());
            // MongoDB: a field that is not there equals null.
            let is_that = if expected.means_missing() { doc! { "$in": [version, Bson::Null] }.into() } else { version };
            filter.insert(expected.field(), is_that);
        }
        for (field, is_over) in expiry.map(is_over).unwrap_or_default() {
            filter.insert(field, doc! { "$not": is_over });
        }
        Ok(filter)
    }

    /// Whether text may tell when a record expires, which the server does not compare: such a write reads first.
    fn expires_by_text(&self, expiry: Option<&Expiry>) -> bool {
        expiry.is_some_and(|expiry| Place::at(&self.definition, &expiry.field().into()).has_foreign_text())
    }

    /// Removes the document with this key if it has expired. Says whether it did.
    async fn clear(&self, context: &Context, key: &Key, expiry: Option<&Expiry>) -> Result<bool> {
        let Some(expiry) = expiry else { return Ok(false) };
        let mut filter = self.codec.filter(key)?;
        filter.extend(is_over(expiry));
        let delete = self.collection.delete_one(filter);
        let answer = self.database.call(context, Effect::Writes, delete.into_future()).await?;
        Ok(answer.deleted_count > 0)
    }

    /// Stores a document; in the place of one that has expired, if there is one with its key.
    async fn store_new(
        &self,
        context: &Context,
        key: &Key,
        expiry: Option<&Expiry>,
        document: RawDocumentBuf,
    ) -> Result<Result<(), Refusal>> {
        let again = expiry.map(|_| document.clone());
        match (self.insert_one(context, key, document).await?, again) {
            (Err(refusal), Some(document)) if refusal.is_of_key && self.clear(context, key, expiry).await? => {
                self.insert_one(context, key, document).await
            }
            (inserted, _) => Ok(inserted),
        }
    }

    /// Inserts a document, or says what refused it.
    async fn insert_one(&self, context: &Context, key: &Key, document: RawDocumentBuf) -> Result<Result<(), Refusal>> {
        let insert = self.collection.insert_one(document);
        match self.database.ask(context, insert.into_future()).await {
            Ok(_) => Ok(Ok(())),
            Err(failure) => self.refusal(context, key, failure).await.map(Err),
        }
    }
}

#[async_trait]
impl RepositoryDriver for MongoRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        self.is_there(&request.context).await?;
        let document = self.codec.document(&request.record)?;
        let stored = self.store_new(&request.context, &request.key, request.expiry.as_ref(), document).await?;
        stored.map_err(|refusal| self.told(refusal))?;
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        self.is_there(&request.context).await?;
        self.store_many(request).await
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        self.is_there(&request.context).await?;
        self.fetch(request).await
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        self.is_there(&request.context).await?;
        self.search(request).await
    }

    async fn count(&self, request: &FindRequest) -> Result<Counted> {
        self.is_there(&request.context).await?;
        self.count_all(request).await
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        self.is_there(&request.context).await?;
        self.plan(request).await
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        self.is_there(&request.context).await?;
        if self.expires_by_text(request.expiry.as_ref()) {
            return Ok(Replaced::by_swap());
        }
        self.put(request).await
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        self.is_there(&request.context).await?;
        self.update_stored(request).await
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        self.is_there(&request.context).await?;
        if self.expires_by_text(request.expiry.as_ref()) {
            return Ok(Deleted::by_swap());
        }
        let meant = self.meant(&request.key, request.expected.as_ref(), request.expiry.as_ref())?;
        let delete = self.collection.find_one_and_delete(meant).max_time(max_time(&request.context));
        let deleted = self.database.call(&request.context, Effect::Writes, delete.into_future()).await?;
        Ok(match deleted {
            Some(document) => Deleted::record(Box::new(self.codec.batch_of(document))),
            None => request.check(None).map(|_| Deleted::missing())?,
        })
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        self.is_there(&request.context).await?;
        self.compare_and_swap(request).await
    }

    fn native(&self) -> &dyn Any {
        &self.collection
    }
}

impl fmt::Debug for MongoRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoRepository").field("collection", &self.collection.name()).finish_non_exhaustive()
    }
}
