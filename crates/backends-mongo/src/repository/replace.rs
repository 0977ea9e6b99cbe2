//! Replacing a record, or inserting it: one request each.

use backends_core::driver::{ExpectedVersion, IdRule, ReplaceRequest, Replaced};
use backends_core::{Error, Result};
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;

use super::MongoRepository;
use crate::codec::{BsonTokens, ID};
use crate::database::{Failure, max_time};
use crate::error::taken_index;

/// How often a write that lost a race for its key is made again. Each time the other one has won, and what it wrote is
/// there to be replaced, unless it is deleted meanwhile.
const TRIES: usize = 100;

impl MongoRepository {
    pub(super) async fn put(&self, request: &ReplaceRequest) -> Result<Replaced> {
        if request.only_inserts() {
            return self.put_new(request).await;
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = match &request.id {
                IdRule::Keep { field, brought, fresh } => {
                    let id = Keep { field, brought: brought.as_deref(), fresh };
                    self.put_and_keep(request, &id).await?
                }
                _ => self.put_whole(request).await?,
            };
            match answer {
                Ok(replaced) => return Ok(replaced),
                Err(lost) if tries == TRIES => return Err(lost),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// With the version of what is not there.
    async fn put_new(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let merged = request.merge(None)?;
        let document = self.codec.document(&merged.record)?;
        match self.store_new(&request.context, &request.key, request.expiry.as_ref(), document).await? {
            Ok(()) => Ok(merged.into()),
            Err(refusal) if refusal.is_of_key => Err(stale(request)),
            Err(refusal) => Err(self.told(refusal)),
        }
    }

    /// Why no document was met, or `Ok(Err(…))` if one would be now.
    async fn missed(&self, request: &ReplaceRequest) -> Result<Result<Replaced>> {
        // An upsert that expects a version has only one way to fail.
        let stored = match request.expected {
            Some(_) if !request.create => self.stored(&request.context, &request.key).await?,
            _ => None,
        };
        match stored {
            Some(stored) => {
                request.merge(Some(&mut BsonTokens::new(stored.as_bytes(), self.codec.id_field())))?;
                Ok(Err(stale(request)))
            }
            None => request.merge(None).map(|merged| Ok(merged.into())),
        }
    }

    /// Where the id is the key: the record is all that is to be stored. `Ok(Err(…))` if a race was lost.
    async fn put_whole(&self, request: &ReplaceRequest) -> Result<Result<Replaced>> {
        let document = self.codec.document(&request.record)?;
        let meant = self.meant(&request.key, request.expected.as_ref(), request.expiry.as_ref())?;
        let replace = self.collection.replace_one(meant, document).upsert(creates(request));
        let answer = match self.database.ask(&request.context, replace.into_future()).await {
            Ok(answer) => answer,
            Err(failure) if request.create && self.is_key_taken(&failure) => {
                self.clear(&request.context, &request.key, request.expiry.as_ref()).await?;
                return Ok(Err(self.refused(failure)));
            }
            Err(failure) => return Err(self.refused(failure)),
        };
        let created = answer.upserted_id.is_some();
        if !created && answer.matched_count == 0 {
            return self.missed(request).await;
        }
        Ok(Ok(Replaced::stored(request.record.clone(), created)))
    }

    /// Where the key is other fields: the server keeps the stored id, and tells which it was.
    async fn put_and_keep(&self, request: &ReplaceRequest, id: &Keep<'_>) -> Result<Result<Replaced>> {
        let lost = match self.ask_to_keep(request, id, creates(request)).await? {
            Ok(Some(before)) => return kept(request, id, &before),
            Ok(None) => return self.missed(request).await,
            Err(failure) if creates(request) => failure,
            Err(failure) => return Err(self.refused(failure)),
        };
        let hides_the_key = lost.native().and_then(taken_index).is_some_and(|index| self.may_hide_the_key(index));
        if hides_the_key {
            // What has the key was met, or was in the way of the insert: without one it is met now.
            match self.ask_to_keep(request, id, false).await? {
                Ok(Some(before)) => return kept(request, id, &before),
                Ok(None) => {}
                Err(failure) => return Err(self.refused(failure)),
            }
        } else if !self.is_key_taken(&lost) {
            return Err(self.refused(lost));
        }
        let is_cleared = self.clear(&request.context, &request.key, request.expiry.as_ref()).await?;
        let refused = self.refused(lost);
        // Another value is taken still, if nothing that had expired was in the way.
        if hides_the_key && !is_cleared { Err(refused) } else { Ok(Err(refused)) }
    }

    /// Replaces the document that is meant, and hands over what of it the outcome depends on.
    async fn ask_to_keep(
        &self,
        request: &ReplaceRequest,
        id: &Keep<'_>,
        creates: bool,
    ) -> Result<Result<Option<RawDocumentBuf>, Failure>> {
        let document = self.codec.document_without_id(&request.record)?;
        let pipeline = vec![doc! { "$replaceWith": self.merged(document, id)? }];
        let mut looked_at = doc! { ID: 1 };
        looked_at.extend(request.expected.iter().map(|expected| (expected.field().to_owned(), 1.into())));
        let update = self
            .collection
            .find_one_and_update(
                self.meant(&request.key, request.expected.as_ref(), request.expiry.as_ref())?,
                pipeline,
            )
            .upsert(creates)
            .projection(looked_at)
            .return_document(ReturnDocument::Before)
            .max_time(max_time(&request.context));
        Ok(self.database.ask(&request.context, update.into_future()).await)
    }

    /// The expression of the document to store: an id that is there stays, and one that is not to be there leaves all
    /// as it was. `$literal` keeps values from being read as fields.
    fn merged(&self, document: RawDocumentBuf, id: &Keep<'_>) -> Result<Document> {
        let new = self.codec.id(id.brought.unwrap_or(id.fresh))?;
        let document = literal(&document)?;
        let merged = doc! { "$mergeObjects": [{ ID: { "$ifNull": ["$_id", { "$literal": &new }] } }, document] };
        Ok(match id.brought {
            None => merged,
            Some(brought) => {
                let allowed = self.codec.id_forms(brought)?;
                let kept = doc! { "$ifNull": ["$_id", { "$literal": &new }] };
                doc! { "$cond": [{ "$in": [kept, { "$literal": allowed }] }, merged, "$$ROOT"] }
            }
        })
    }
}

/// Whether the server inserts what it does not meet: what has a version is there already.
fn creates(request: &ReplaceRequest) -> bool {
    request.create && request.expected.is_none()
}

fn kept(request: &ReplaceRequest, id: &Keep<'_>, before: &RawDocumentBuf) -> Result<Result<Replaced>> {
    let merged = request.merge(Some(&mut BsonTokens::new(before.as_bytes(), id.field)))?;
    Ok(Ok(merged.into()))
}

fn stale(request: &ReplaceRequest) -> Error {
    Error::stale_version(request.expected.as_ref().map_or("", ExpectedVersion::field))
}

/// The id of a record whose key is other fields.
struct Keep<'a> {
    field: &'a str,
    brought: Option<&'a str>,
    fresh: &'a str,
}

/// An expression that is this document, whatever it holds.
pub(super) fn literal(document: &RawDocumentBuf) -> Result<Document> {
    let document = Document::try_from(&**document)
        .map_err(|native| Error::unexpected("a document became no well-formed BSON").with_native(native))?;
    Ok(doc! { "$literal": Bson::Document(document) })
}
