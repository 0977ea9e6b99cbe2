//! Changing a record by one request without a read, and taking that back where it should not have been done.

use std::sync::atomic::Ordering;

use backends_core::driver::{UpdateRequest, Updated};
use backends_core::{Error, Result};
use mongodb::bson::{Document, RawDocumentBuf};
use mongodb::error::Error as NativeError;
use mongodb::options::ReturnDocument;

use super::MongoRepository;
use super::swap::{can_be_met, change, condition, is_twice, raw};
use crate::database::{Failure, max_time};
use crate::error::{Effect, has_code};
use crate::update::{at_once, left_by};

// MongoDB: BadValue and TypeMismatch, where an operator finds another kind than it is for. Nothing is done then.
const NO_OPERAND: [i32; 2] = [2, 14];

impl MongoRepository {
    /// The answer to an update that is one request; none where it is not, or met nothing: then what is there has to be
    /// looked at.
    pub(super) async fn update_at_once(&self, request: &UpdateRequest) -> Result<Option<Updated>> {
        if self.reads_first.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let meant = self.meant(&request.key, request.expected.as_ref(), None)?;
        let Some(at_once) = at_once(request, &self.definition, meant)? else { return Ok(None) };
        let update = self
            .collection
            .find_one_and_update(at_once.condition, at_once.update)
            .return_document(ReturnDocument::Before)
            .max_time(max_time(&request.context));
        let before = self.database.ask(&request.context, update.into_future()).await;
        match before {
            Ok(Some(before)) => self.after(request, &before).await.map(Some),
            Ok(None) => Ok(None),
            Err(Failure::Native { error, sent: ..=1 }) if has_code(&error, &NO_OPERAND) => Ok(None),
            Err(Failure::Native { error, .. }) if has_code(&error, &NO_OPERAND) => {
                Err(self.doubted(request, error).await)
            }
            Err(failure) => Err(self.refused(failure)),
        }
    }

    /// The error of an update that the server could not apply when it was asked again: it may have done it when it was
    /// asked first, and somebody have written since.
    async fn doubted(&self, request: &UpdateRequest, native: NativeError) -> Error {
        let seen = self.stored(&request.context, &request.key).await;
        let error = match seen.and_then(|seen| seen.map(|seen| request.apply(&self.record(&seen)?)).transpose()) {
            Ok(_) => changed_or_not().with_native(native),
            Err(error) => error,
        };
        error.with_may_have_happened(true)
    }

    /// The record as core makes it of what was there. What it refuses was done all the same, for no condition tells what the
    /// type cannot read, nor an array where text is declared. Where such documents are, the next updates read first.
    async fn after(&self, request: &UpdateRequest, before: &RawDocumentBuf) -> Result<Updated> {
        let seen = are_once(request, before).and_then(|()| self.record(before));
        let refused = match seen.and_then(|seen| request.apply(&seen)) {
            Ok(Some(record)) => return Ok(Updated::record(Box::new(record))),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        self.reads_first.store(true, Ordering::Relaxed);
        let is_back = matches!(self.take_back(request, before).await, Ok(true));
        match refused {
            Some(error) => Err(error.with_may_have_happened(!is_back)),
            None if is_back => Ok(Updated::missing()),
            None => Err(changed_for_nothing()),
        }
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

#[cold]
fn changed_or_not() -> Error {
    Error::unavailable("the answer was lost, and the server could not do it again: look whether the record is changed")
}

#[cold]
fn changed_for_nothing() -> Error {
    let what = "a document that the filter does not mean was changed, and somebody wrote to it before it was put back: look at it by the native client";
    Error::unavailable(what).with_may_have_happened(true)
}

/// Sees that the fields that change stand in a document once: the server takes the first of two for it.
fn are_once(request: &UpdateRequest, before: &RawDocumentBuf) -> Result<()> {
    let count = |name: &str| before.iter().flatten().filter(|(field, _)| *field == name).count();
    let are_once = request.changes.iter().all(|change| count(change.path().first()) <= 1);
    if are_once { Ok(()) } else { Err(is_twice()) }
}
