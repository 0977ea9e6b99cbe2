//! The definitions that are stored: one document for each repository.

use backends_core::driver::Context;
use backends_core::{Error, Result};
use mongodb::Collection;
use mongodb::bson::{Document, doc};

use super::indexes::DUPLICATE;
use crate::codec::ID;
use crate::database::{Database, max_time};
use crate::error::{Effect, has_code};

/// The collection of the definitions; no repository has a name like it.
const NAME: &str = "_backends_definitions";
const DEFINITION: &str = "definition";

pub(super) struct Definitions<'a> {
    database: &'a Database,
    collection: Collection<Document>,
    context: &'a Context,
}

impl<'a> Definitions<'a> {
    pub(super) fn new(database: &'a Database, context: &'a Context) -> Self {
        let collection = database.collection(NAME).clone_with_type();
        Self { database, collection, context }
    }

    /// The definition that is stored for a repository.
    pub(super) async fn stored(&self, name: &str) -> Result<Option<String>> {
        let find = self.collection.find_one(doc! { ID: id(name) }).max_time(max_time(self.context));
        let document = self.database.call(self.context, Effect::Reads, find.into_future()).await?;
        let Some(document) = document else { return Ok(None) };
        let text = document.get_str(DEFINITION).map_err(|_| {
            Error::unreadable("the stored definition is no text: another program uses the collection of definitions")
        })?;
        Ok(Some(text.to_owned()))
    }

    /// Stores a definition in the place of what was read. `false` if something else is there now.
    pub(super) async fn store(&self, name: &str, seen: Option<&str>, text: &str) -> Result<bool> {
        let Some(seen) = seen else {
            let insert = self.collection.insert_one(doc! { ID: id(name), DEFINITION: text });
            return match self.database.ask(self.context, insert.into_future()).await {
                Ok(_) => Ok(true),
                Err(failure) if failure.native().is_some_and(|native| has_code(native, &DUPLICATE)) => Ok(false),
                Err(failure) => Err(self.database.fail(failure, Effect::Reads)),
            };
        };
        let update =
            self.collection.update_one(doc! { ID: id(name), DEFINITION: seen }, doc! { "$set": { DEFINITION: text } });
        let answer = self.database.call(self.context, Effect::Reads, update.into_future()).await?;
        Ok(answer.matched_count == 1)
    }
}

/// Names are unique without regard to case.
fn id(name: &str) -> String {
    name.to_ascii_lowercase()
}
