//! The part of a transaction that is about one collection: what is read of it, and what is written.

use std::collections::BTreeMap;

use backends_core::driver::{BatchStep, BatchSteps, BatchWrite, Context, KeyedWrite, WriteBatchRequest};
use backends_core::{Error, Key, RecordBuf, Result, Tokens};
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use super::MongoRepository;
use super::swap::id_of;
use super::taken::Refusal;
use crate::batch::{Stop, stop};
use crate::codec::{BsonTokens, ID};
use crate::error::{Effect, first_refused};

/// Inserts that follow each other in one collection, and are one request.
#[derive(Default)]
pub(crate) struct Inserts<'r> {
    repository: Option<&'r MongoRepository>,
    positions: Vec<usize>,
    documents: Vec<RawDocumentBuf>,
}

impl<'r> Inserts<'r> {
    /// Whether there is none yet of another repository than this one.
    pub(crate) fn are_of(&self, repository: &MongoRepository) -> bool {
        self.repository.is_none_or(|own| std::ptr::eq(own, repository))
    }

    /// Takes the record of the write at this position.
    pub(crate) fn add(&mut self, repository: &'r MongoRepository, position: usize, record: &RecordBuf) -> Result<()> {
        self.documents.push(repository.codec.document(record)?);
        self.positions.push(position);
        self.repository = Some(repository);
        Ok(())
    }

    /// Sends those that there are. The server stops at the first that it refuses, and says which.
    pub(crate) async fn send(&mut self, request: &WriteBatchRequest, session: &mut ClientSession) -> Result<(), Stop> {
        let Self { repository: Some(repository), positions, documents } = std::mem::take(self) else { return Ok(()) };
        let insert = repository.collection.insert_many(documents).session(session);
        let Err(failure) = repository.database.ask(&request.context, insert.into_future()).await else {
            return Ok(());
        };
        let refused = failure.native().and_then(first_refused).map_or(0, |write| write.index);
        let position = positions.get(refused).or(positions.first()).copied().unwrap_or_default();
        let key = request.writes[position].key();
        // MongoDB: the transaction is over, so it is looked outside of it.
        let refusal = repository.refusal(&request.context, key, failure).await;
        let Refusal { failure, is_of_key } = refusal.map_err(|error| Stop::from(error).at(request, position))?;
        let told = |failure| repository.told(Refusal { failure, is_of_key });
        Err(stop(failure, told).at(request, position))
    }
}

impl MongoRepository {
    /// Reads the documents that the writes at these positions are about, as far as they have to be known.
    pub(crate) async fn look(
        &self,
        request: &WriteBatchRequest,
        positions: &[usize],
        session: &mut ClientSession,
        seen: &mut [Option<RawDocumentBuf>],
    ) -> Result<(), Stop> {
        let is_looked_at = |write: &BatchWrite| match &write.write {
            // What is in its way refuses it; what has expired has to go before.
            KeyedWrite::Insert(insert) => insert.expiry.is_some(),
            _ => true,
        };
        let write = |position: &usize| (&request.writes[*position], *position);
        let looked_at = positions.iter().map(write).filter(|(write, _)| is_looked_at(write));
        let places: BTreeMap<&Key, usize> = looked_at.map(|(write, position)| (write.key(), position)).collect();
        if places.is_empty() {
            return Ok(());
        }
        let keys: Vec<&Key> = places.keys().copied().collect();
        // MongoDB: a reply that is full does not say that it is the last.
        let at_once = u32::try_from(keys.len() + 1).unwrap_or(u32::MAX);
        let find = self.collection.find(self.codec.filter_of_many(&keys)?).batch_size(at_once);
        let read = Box::pin(async {
            let mut cursor = find.session(&mut *session).await?;
            let mut documents = Vec::new();
            while cursor.advance(session).await? {
                documents.push(cursor.current().to_owned());
            }
            Ok(documents)
        });
        let documents = self.database.ask(&request.context, read).await;
        let failed = |failure| stop(failure, |failure| self.database.fail(failure, Effect::Reads));
        for document in documents.map_err(failed)? {
            if let Some(position) = places.get(&self.codec.key_of(document.as_bytes())?) {
                seen[*position] = Some(document);
            }
        }
        Ok(())
    }

    /// What the next write comes to where this document is stored.
    pub(crate) fn step<'s>(
        &self,
        steps: &'s mut BatchSteps<'_>,
        seen: Option<&RawDocumentBuf>,
    ) -> Result<&'s BatchStep> {
        let mut tokens = seen.map(|seen| BsonTokens::new(seen.as_bytes(), self.codec.id_field()));
        steps.next(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))
    }

    /// Writes what a write comes to, where something was read: that is there still, or the server ends the transaction.
    pub(crate) async fn take_step(
        &self,
        context: &Context,
        session: &mut ClientSession,
        write: &BatchWrite,
        seen: Option<&RawDocumentBuf>,
        step: &BatchStep,
    ) -> Result<(), Stop> {
        match (step, seen) {
            (BatchStep::Put { record, created: true }, Some(over)) => {
                self.delete_in(context, session, over).await?;
                let insert = self.collection.insert_one(self.codec.document(record)?).session(session);
                self.write_one(context, async { insert.await.map(|_| 1) }).await
            }
            (BatchStep::Put { record, .. }, Some(seen)) => {
                let filter = self_of(seen)?;
                if let KeyedWrite::Update(request) = &write.write {
                    let change = self.change(request, record)?;
                    let update = self.collection.update_one(filter, change).session(session);
                    return self.write_one(context, async { update.await.map(|answer| answer.matched_count) }).await;
                }
                let document = self.codec.document_with_stored_id(record, seen.as_bytes())?;
                let replace = self.collection.replace_one(filter, document).session(session);
                self.write_one(context, async { replace.await.map(|answer| answer.matched_count) }).await
            }
            (BatchStep::Remove, Some(seen)) => self.delete_in(context, session, seen).await,
            (BatchStep::Nothing, _) => Ok(()),
            (BatchStep::Put { .. } | BatchStep::Remove, None) => {
                Err(Error::unexpected("a write of a batch has nothing to write to").into())
            }
        }
    }

    async fn delete_in(
        &self,
        context: &Context,
        session: &mut ClientSession,
        seen: &RawDocumentBuf,
    ) -> Result<(), Stop> {
        let delete = self.collection.delete_one(self_of(seen)?).session(session);
        self.write_one(context, async { delete.await.map(|answer| answer.deleted_count) }).await
    }

    /// Makes a request that is to write one document.
    async fn write_one(
        &self,
        context: &Context,
        request: impl Future<Output = mongodb::error::Result<u64>> + Send,
    ) -> Result<(), Stop> {
        match self.database.ask(context, Box::pin(request)).await {
            Ok(0) => Err(Stop::Again(Error::unavailable("other writes got in the way again and again: ask again"))),
            Ok(_) => Ok(()),
            Err(failure) => Err(stop(failure, |failure| self.refused(failure))),
        }
    }
}

/// The condition that a document is this one.
fn self_of(seen: &RawDocumentBuf) -> Result<Document> {
    id_of(seen).map(|id: Bson| doc! { ID: id })
}
