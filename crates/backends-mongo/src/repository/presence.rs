//! Whether the collection is there. The server finds nothing in one that is not, and creates it for the first write.

use std::sync::atomic::{AtomicBool, Ordering};

use backends_core::driver::Context;
use backends_core::{Error, Result};
use mongodb::bson::doc;

use super::MongoRepository;
use crate::error::Effect;

/// What is known of the collection.
pub(super) struct Presence(AtomicBool);

impl Presence {
    /// Known, where `define` looked; else the first call looks.
    pub(super) fn new(is_known: bool) -> Self {
        Self(AtomicBool::new(is_known))
    }
}

impl MongoRepository {
    /// Looks, until the collection was seen once.
    ///
    /// # Errors
    /// `DefinitionConflict` if it is not there.
    pub(crate) async fn is_there(&self, context: &Context) -> Result<()> {
        if self.presence.0.load(Ordering::Relaxed) {
            return Ok(());
        }
        let name = self.collection.name();
        // MongoDB: these two need no right but one on the collection.
        let list =
            self.database.native.list_collection_names().filter(doc! { "name": name }).authorized_collections(true);
        match self.database.call(context, Effect::Reads, list.into_future()).await {
            Ok(names) if names.is_empty() => return Err(Error::never_defined().with_context("collection", name)),
            Ok(_) => {}
            // Who may not even look believes.
            Err(error) if error.is_permission_denied() => {}
            Err(error) => return Err(error),
        }
        self.presence.0.store(true, Ordering::Relaxed);
        Ok(())
    }
}
