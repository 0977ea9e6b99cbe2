//! The index by which the server removes what has expired.

use std::time::Duration;

use backends_core::driver::{DefineRequest, Expiry, SchemaMode};
use backends_core::{Definition, Error, Result, TtlHolds};
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::IndexOptions;

use super::indexes::name;
use crate::codec::date;
use crate::database::Database;
use crate::error::{Effect, has_code};

/// Its name; no index of a definition has it.
const NAME: &str = "_backends_ttl";

// MongoDB: InvalidOptions. Before 5.1 an index without a time to live gets none.
const NO_TIME: [i32; 1] = [72];

/// Creates the index, or gives the one that is there the time to live of the definition. An index on the field alone
/// that another program made is taken for it.
///
/// # Errors
/// `DefinitionConflict` if it is missing and may not be created, or if it has no time to live and the server gives it none.
pub(super) async fn ensure(
    database: &Database,
    request: &DefineRequest,
    definition: &Definition,
    seen: Option<&[IndexModel]>,
) -> Result<()> {
    let (Some(ttl), Some(seen)) = (definition.ttl(), seen) else { return Ok(()) };
    let seconds = match ttl.holds() {
        TtlHolds::Start => ttl.seconds(),
        TtlHolds::Expiry => 0,
    };
    let after = Duration::from_secs(seconds.into());
    let collection = database.collection(definition.name());
    let there = seen.iter().find(|index| is_on(index, ttl.field()));
    match there.map(|index| (name(index), index.options.as_ref().and_then(|options| options.expire_after))) {
        None if request.mode == SchemaMode::Verify => Err(DefineRequest::missing(&format!("the index `{NAME}`"))),
        None => {
            let options = IndexOptions::builder().name(NAME.to_owned()).expire_after(after).build();
            let model = IndexModel::builder().keys(doc! { ttl.field(): 1 }).options(options).build();
            let create = || collection.create_index(model.clone()).into_future();
            let created = database.ask_again(&request.context, create).await;
            created.map(drop).map_err(|failure| database.fail(failure, Effect::Reads))
        }
        Some((Some(name), stored)) if stored != Some(after) && request.mode == SchemaMode::Ensure => {
            let index = doc! { "name": name, "expireAfterSeconds": i64::from(seconds) };
            let change = doc! { "collMod": collection.name(), "index": index };
            let changed = || database.native.run_command(change.clone()).into_future();
            let changed = database.ask_again(&request.context, changed).await;
            changed.map(drop).map_err(|failure| match failure.native() {
                Some(native) if stored.is_none() && has_code(native, &NO_TIME) => {
                    no_time(name).with_native(native.clone())
                }
                _ => database.fail(failure, Effect::Reads),
            })
        }
        Some(_) => Ok(()),
    }
}

fn no_time(index: &str) -> Error {
    Error::definition_conflict(
        "another program made an index on the field of the time to live, and this server gives none to an index that has none: drop it, or use MongoDB 5.1 or newer",
    )
    .with_index(index)
}

/// Removes what has expired, so that it is not in the way of a new unique index.
pub(super) async fn remove(database: &Database, request: &DefineRequest, definition: &Definition) -> Result<()> {
    let expiry = definition.ttl().and_then(|ttl| Expiry::at(ttl, request.context.now));
    let Some(expiry) = expiry else { return Ok(()) };
    let collection = database.collection(definition.name());
    let delete = collection.delete_many(is_over(&expiry));
    database.call(&request.context, Effect::Writes, delete.into_future()).await.map(drop)
}

/// The condition that a document has expired.
pub(crate) fn is_over(expiry: &Expiry) -> Document {
    doc! { expiry.field(): { "$lte": date(expiry.until()) } }
}

/// Whether an index is one on this field alone, which may have a time to live.
fn is_on(index: &IndexModel, field: &str) -> bool {
    let options = index.options.as_ref();
    index.keys.keys().eq([field])
        && !matches!(index.keys.get(field), Some(Bson::String(_)))
        && options.is_none_or(|options| options.partial_filter_expression.is_none() && options.unique != Some(true))
}
