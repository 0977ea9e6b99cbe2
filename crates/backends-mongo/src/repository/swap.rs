//! Changing one record if what is stored is what was read.

use backends_core::driver::{Context, SwapRequest, Swapped, UpdateRequest, Updated};
use backends_core::{Batch, Change, Error, Key, Path, RecordBuf, Result};
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use super::MongoRepository;
use super::replace::literal;
use crate::capabilities::MAX_RECORD_BYTES;
use crate::codec::{BsonTokens, ID};
use crate::database::{max_time, next_reply};
use crate::error::Effect;
use crate::filter::paths;

// MongoDB: a request, with what it compares and what it writes, takes 16 KB more than a document.
const REQUEST: u64 = MAX_RECORD_BYTES;

impl MongoRepository {
    pub(super) async fn compare_and_swap(&self, request: &SwapRequest) -> Result<Swapped> {
        let stored = match (&request.seen, &request.record) {
            (None, Some(record)) => return self.add(request, record).await,
            _ => self.stored(&request.context, &request.key).await?,
        };
        let seen = match (&request.seen, stored) {
            (None, None) => return Ok(Swapped::Done),
            (Some(seen), Some(stored)) if self.is(seen, &stored)? => stored,
            _ => return Ok(Swapped::Changed),
        };
        let changed = match &request.record {
            Some(record) => self.replace_seen(&request.context, &seen, record).await?,
            None => {
                let delete = self.collection.delete_one(condition(&seen)?);
                let answer = self.database.call(&request.context, Effect::Writes, delete.into_future()).await?;
                answer.deleted_count
            }
        };
        if changed > 0 {
            return Ok(Swapped::Done);
        }
        can_be_met(&seen)?;
        Ok(Swapped::Changed)
    }

    async fn add(&self, request: &SwapRequest, record: &RecordBuf) -> Result<Swapped> {
        match self.insert_one(&request.context, &request.key, self.codec.document(record)?).await? {
            Ok(()) => Ok(Swapped::Done),
            Err(refusal) if refusal.is_of_key => Ok(Swapped::Changed),
            Err(refusal) => Err(self.told(refusal)),
        }
    }

    /// The document with this key, byte for byte.
    pub(super) async fn stored(&self, context: &Context, key: &Key) -> Result<Option<RawDocumentBuf>> {
        let find = self.collection.find(self.codec.filter(key)?).limit(-1).max_time(max_time(context));
        let reply = self
            .database
            .call(
                context,
                Effect::Reads,
                Box::pin(async {
                    let mut cursor = find.batch().await?;
                    next_reply(&mut cursor).await
                }),
            )
            .await?;
        let Some(batch) = reply.map(|reply| self.codec.batch(reply)).transpose()? else { return Ok(None) };
        if batch.is_empty() {
            return Ok(None);
        }
        let document = RawDocumentBuf::from_bytes(batch.document(0)?.to_vec());
        document.map(Some).map_err(|native| Error::unexpected("a document is no well-formed BSON").with_native(native))
    }

    /// Changes what is there: by one request where the server can do it alone, else, and where that met nothing, by what is
    /// read, as often as something else gets in between.
    pub(super) async fn update_stored(&self, request: &UpdateRequest) -> Result<Updated> {
        if let Some(updated) = self.update_at_once(request).await? {
            return Ok(updated);
        }
        loop {
            let Some(seen) = self.stored(&request.context, &request.key).await? else { return Ok(Updated::missing()) };
            let Some(record) = request.apply(&self.record(&seen)?)? else { return Ok(Updated::missing()) };
            let (condition, change) = self.conditional_change(request, &seen, &record)?;
            let update = self.collection.update_one(condition, change);
            let answer = self.database.ask(&request.context, update.into_future()).await;
            if answer.map_err(|failure| self.refused(failure))?.matched_count > 0 {
                return Ok(Updated::record(Box::new(record)));
            }
            can_be_met(&seen)?;
            tokio::task::yield_now().await;
        }
    }

    /// The condition that a document is what was seen, and the update that makes the record of it, of those fields only
    /// that the changes are in: what stands in the others stays as another program may have stored it.
    ///
    /// # Errors
    /// `Unsupported` where both are larger together than a request.
    fn conditional_change(
        &self,
        request: &UpdateRequest,
        seen: &RawDocumentBuf,
        record: &RecordBuf,
    ) -> Result<(Document, Document)> {
        let change = self.change(request, record)?;
        if has_room(&[seen, &raw(&change)?]) {
            return Ok((condition(seen)?, change));
        }
        let (condition, compared) = condition_without(seen, &overwritten(request))?;
        if has_room(&[&compared, &raw(&change)?]) { Ok((condition, change)) } else { Err(no_room()) }
    }

    /// The update by which a document becomes this record, in the fields only that the changes are in: what else stands in
    /// it need not be what this library stores.
    pub(super) fn change(&self, request: &UpdateRequest, record: &RecordBuf) -> Result<Document> {
        let changes = |name: &str| request.changes.iter().any(|change| change.path().first() == name);
        change(request, &self.codec.document_without_id(&record.part(changes))?)
    }

    /// The record that a stored document is, where something may not be readable.
    pub(super) fn record(&self, stored: &RawDocumentBuf) -> Result<RecordBuf> {
        RecordBuf::in_part(|| BsonTokens::new(stored.as_bytes(), self.codec.id_field()))
    }

    /// Whether a stored document is the record that was read.
    fn is(&self, seen: &RecordBuf, stored: &RawDocumentBuf) -> Result<bool> {
        Ok(self.record(stored)? == *seen)
    }

    async fn replace_seen(&self, context: &Context, seen: &RawDocumentBuf, record: &RecordBuf) -> Result<u64> {
        let document = self.codec.document_with_id_of(record, seen.as_bytes())?;
        if !has_room(&[seen, &document]) {
            return Err(no_room());
        }
        let replace = self.collection.replace_one(condition(seen)?, document);
        match self.database.ask(context, replace.into_future()).await {
            Ok(answer) => Ok(answer.matched_count),
            Err(failure) => Err(self.refused(failure)),
        }
    }
}

/// The update by which a document gets those fields of this one that the changes are in.
pub(super) fn change(request: &UpdateRequest, document: &RawDocumentBuf) -> Result<Document> {
    let (mut set, mut unset) = (Document::new(), Document::new());
    for change in &*request.changes {
        let field = change.path().first();
        let value = document.get(field).and_then(|value| value.map(Bson::try_from).transpose());
        match value.map_err(|native| Error::unexpected("a record became no well-formed BSON").with_native(native))? {
            Some(value) => _ = set.insert(field, value),
            None => _ = unset.insert(field, ""),
        }
    }
    let parts = [("$set", set), ("$unset", unset)].into_iter().filter(|(_, part)| !part.is_empty());
    Ok(parts.map(|(operator, part)| (operator.to_owned(), Bson::Document(part))).collect())
}

/// The top-level fields that are written whatever stands in them, and that nothing else of the request looks at: the
/// record that comes of it is the same.
fn overwritten(request: &UpdateRequest) -> Vec<&str> {
    let mut looked_at = Vec::new();
    paths(&request.filter, &mut looked_at);
    let is_looked_at = |name: &str| looked_at.iter().any(|path| path.first() == name);
    let written = request.changes.iter().filter_map(|change| match change {
        Change::Set(path, _) | Change::Unset(path) if path.segments().count() == 1 => Some(Path::first(path)),
        _ => None,
    });
    written.filter(|name| !is_looked_at(name)).collect()
}

pub(super) fn raw(document: &Document) -> Result<RawDocumentBuf> {
    RawDocumentBuf::try_from(document)
        .map_err(|native| Error::unexpected("a record became no well-formed BSON").with_native(native))
}

/// Whether a request holds all of these.
fn has_room(documents: &[&RawDocumentBuf]) -> bool {
    documents.iter().map(|document| document.as_bytes().len() as u64).sum::<u64>() <= REQUEST
}

fn no_room() -> Error {
    Error::unsupported(
        "the capability `large_swaps`: a record and what takes its place are larger together than MongoDB's limit of 16777216 bytes: use `replace`",
    )
}

/// Whether a condition can hold for what was seen: the server keeps two fields of one name, and the driver one.
///
/// # Errors
/// `Unreadable` if it never does.
pub(super) fn can_be_met(seen: &RawDocumentBuf) -> Result<()> {
    let compared = Document::try_from(&**seen).ok().and_then(|document| RawDocumentBuf::try_from(&document).ok());
    if compared.is_some_and(|compared| compared.as_bytes().len() == seen.as_bytes().len()) {
        return Ok(());
    }
    Err(is_twice())
}

#[cold]
pub(super) fn is_twice() -> Error {
    Error::unreadable("a stored document has two fields of one name: repair it by the native client")
}

/// The condition that a document is this one, to the byte.
pub(super) fn condition(seen: &RawDocumentBuf) -> Result<Document> {
    Ok(doc! { ID: id_of(seen)?, "$expr": { "$eq": ["$$ROOT", literal(seen)?] } })
}

/// The condition that a document is this one but for these fields, and what of it is compared.
fn condition_without(seen: &RawDocumentBuf, names: &[&str]) -> Result<(Document, RawDocumentBuf)> {
    let mut compared = Document::try_from(&**seen)
        .map_err(|native| Error::unexpected("a document is no well-formed BSON").with_native(native))?;
    let mut stored = Bson::from("$$ROOT");
    for name in names {
        compared.remove(name);
        stored = doc! { "$unsetField": { "field": { "$literal": *name }, "input": stored } }.into();
    }
    let compared = raw(&compared)?;
    Ok((doc! { ID: id_of(seen)?, "$expr": { "$eq": [stored, literal(&compared)?] } }, compared))
}

/// The `_id` of a stored document.
pub(super) fn id_of(seen: &RawDocumentBuf) -> Result<Bson> {
    let id = seen.get(ID).ok().flatten().and_then(|id| Bson::try_from(id).ok());
    id.ok_or_else(|| Error::unexpected("a stored document has no `_id`"))
}
