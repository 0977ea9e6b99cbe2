//! Changing a record by one request without a read, and taking that back where it should not have been done.

use backends_core::driver::{UpdateRequest, Updated};
use backends_core::{Error, Result};
use mongodb::bson::{Document, RawDocumentBuf};
use mongodb::options::ReturnDocument;

use super::MongoRepository;
use super::swap::{can_be_met, change, condition, is_twice, raw};
use crate::database::max_time;
use crate::error::Effect;
use crate::update::{at_once, left_by};

impl MongoRepository {
    /// The answer to an update that is one request; none where it is not, or met nothing: then what is there has to be
    /// looked at.
    pub(super) async fn update_at_once(&self, request: &UpdateRequest) -> Result<Option<Updated>> {
        let meant = self.meant(&request.key, request.expected.as_ref(), None)?;
        let Some(at_once) = at_once(request, &self.definition, meant)? else { return Ok(None) };
        let update = self
            .collection
            .find_one_and_update(at_once.condition, at_once.update)
            .return_document(ReturnDocument::Before)
            .max_time(max_time(&request.context));
        let before = self.database.ask(&request.context, update.into_future()).await;
        match before.map_err(|failure| self.refused(failure))? {
            Some(before) => self.after(request, &before).await.map(Some),
            None => Ok(None),
        }
    }

    /// The record as core makes it of what was there. What it refuses was done all the same: no condition tells what the
    /// type cannot read.
    async fn after(&self, request: &UpdateRequest, before: &RawDocumentBuf) -> Result<Updated> {
        let seen = are_once(request, before).and_then(|()| self.record(before));
        let refused = match seen.and_then(|seen| request.apply(&seen)) {
            Ok(Some(record)) => return Ok(Updated::record(Box::new(record))),
            Ok(None) => Error::unexpected("MongoDB changed a document that the filter does not mean"),
            Err(error) => error,
        };
        let is_back = matches!(self.take_back(request, before).await, Ok(true));
        Err(refused.with_may_have_happened(!is_back))
    }

    /// Puts back what was there, as long as the document is what the changes left. Whether it is there again.
    async fn take_back(&self, request: &UpdateRequest, before: &RawDocumentBuf) -> Result<bool> {
        let unreadable = |native| Error::unexpected("a document is no well-formed BSON").with_native(native);
        can_be_met(before)?;
        let document = Document::try_from(&**before).map_err(unreadable)?;
        let Some(left) = left_by(&request.changes, document) else { return Ok(false) };
        let update = self.collection.update_one(condition(&raw(&left)?)?, change(request, before)?);
        let answer = self.database.call(&request.context, Effect::Writes, update.into_future()).await?;
        Ok(answer.matched_count > 0)
    }
}

/// Sees that the fields that change stand in a document once: the server takes the first of two for it.
fn are_once(request: &UpdateRequest, before: &RawDocumentBuf) -> Result<()> {
    let count = |name: &str| before.iter().flatten().filter(|(field, _)| *field == name).count();
    let are_once = request.changes.iter().all(|change| count(change.path().first()) <= 1);
    if are_once { Ok(()) } else { Err(is_twice()) }
}
