//! The collection of a repository: it is there, and of the kind that keeps the promises.

use backends_core::driver::{DefineRequest, SchemaMode};
use backends_core::{Error, Result};
use mongodb::bson::{Document, RawDocument, doc};
use mongodb::raw_batch_cursor::RawBatch;

use crate::database::{Database, next_reply};
use crate::error::{Effect, has_code};

// MongoDB: NamespaceExists.
const EXISTS: [i32; 1] = [48];

pub(super) struct Collection<'a> {
    database: &'a Database,
    request: &'a DefineRequest,
    name: String,
}

impl<'a> Collection<'a> {
    pub(super) fn new(database: &'a Database, request: &'a DefineRequest) -> Self {
        Self { database, request, name: database.collection_name(request.definition.name()) }
    }

    /// Creates the collection, unless it is there: then whether it is fit is looked at, and the answer is `true`.
    ///
    /// # Errors
    /// `DefinitionConflict` for a view, a capped or a time-series collection, another collation than the simple one,
    /// and for what is missing and may not be created.
    pub(super) async fn ensure(&self) -> Result<bool> {
        loop {
            match self.look().await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                // A user who may only read and write records cannot look; who created the collection did.
                Err(error) if error.is_permission_denied() && self.request.mode == SchemaMode::Verify => {
                    return Ok(true);
                }
                Err(error) => return Err(error),
            }
            if self.request.mode == SchemaMode::Verify {
                return Err(DefineRequest::missing("the collection"));
            }
            let create = || self.database.native.create_collection(&self.name).into_future();
            match self.database.ask_again(&self.request.context, create).await {
                Ok(()) => return Ok(false),
                Err(failure) if failure.native().is_some_and(|native| has_code(native, &EXISTS)) => {}
                Err(failure) => return Err(self.database.fail(failure, Effect::Reads)),
            }
        }
    }

    /// Whether it is there.
    async fn look(&self) -> Result<bool> {
        let list = self.database.native.list_collections().filter(doc! { "name": &self.name });
        let reply = self
            .database
            .call(
                &self.request.context,
                Effect::Reads,
                Box::pin(async {
                    let mut cursor = list.batch().await?;
                    next_reply(&mut cursor).await
                }),
            )
            .await?;
        let Some(reply) = reply else { return Ok(false) };
        let Some(found) = first(&reply)? else { return Ok(false) };
        match unfit(&found) {
            None => Ok(true),
            Some(why) => Err(Error::definition_conflict(format!(
                "the collection is {why}: choose another name, or move its documents into an ordinary collection"
            ))
            .with_context("collection", &self.name)),
        }
    }
}

fn first(reply: &RawBatch) -> Result<Option<Document>> {
    let broken = |native: mongodb::error::Error| {
        Error::unexpected("the server's list of collections cannot be read").with_native(native)
    };
    let Some(found) = reply.doc_slices().map_err(broken)?.into_iter().next() else { return Ok(None) };
    let found: &RawDocument = match found.map_err(|native| broken(native.into()))?.as_document() {
        Some(found) => found,
        None => return Ok(None),
    };
    Document::try_from(found).map(Some).map_err(|native| broken(native.into()))
}

/// Why a collection cannot keep the promises, from what the server tells of it.
fn unfit(found: &Document) -> Option<&'static str> {
    match found.get_str("type") {
        Ok("view") => return Some("a view"),
        Ok("timeseries") => return Some("a time-series collection"),
        _ => {}
    }
    let options = found.get_document("options").ok()?;
    if options.get_bool("capped").unwrap_or(false) {
        return Some("capped, and so loses documents");
    }
    if options.contains_key("timeseries") {
        return Some("a time-series collection");
    }
    let locale = options.get_document("collation").ok()?.get_str("locale").unwrap_or_default();
    (locale != "simple").then_some("of a collation that takes different texts for equal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c37_collections_that_cannot_keep_the_promises_are_unfit() {
        for (found, fit) in [
            (doc! { "type": "collection", "options": {} }, true),
            (doc! { "type": "collection", "options": { "capped": false } }, true),
            (doc! { "type": "collection", "options": { "collation": { "locale": "simple" } } }, true),
            (doc! { "type": "collection", "options": { "validator": {} } }, true),
            (doc! { "type": "view", "options": { "viewOn": "a" } }, false),
            (doc! { "type": "timeseries", "options": { "timeseries": {} } }, false),
            (doc! { "type": "collection", "options": { "capped": true, "size": 4096 } }, false),
            (doc! { "type": "collection", "options": { "collation": { "locale": "de" } } }, false),
        ] {
            assert_eq!(unfit(&found).is_none(), fit, "{found}");
        }
    }
}
