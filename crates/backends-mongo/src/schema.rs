//! Definitions: what is wanted, against what is stored and what is there.

use std::sync::Arc;

use backends_core::driver::{DefineRequest, Defined, SchemaMode};
use backends_core::{Definition, Reconciled, Result};

use crate::codec::Codec;
use crate::database::Database;
use crate::repository::MongoRepository;

mod adopt;
mod collection;
mod definitions;
mod key_index;

use collection::Collection;
use definitions::Definitions;

/// The name of the index that keeps a primary key unique which is not the id.
pub(crate) const KEY_INDEX: &str = "primary";

pub(crate) async fn define(database: &Arc<Database>, request: &DefineRequest) -> Result<Defined> {
    let (definition, key_index) = match request.mode {
        SchemaMode::Trust => (request.definition.clone(), None),
        _ => {
            let (definition, key_index) = agree(database, request).await?;
            (definition, Some(key_index))
        }
    };
    Ok(Defined::new(Arc::new(MongoRepository::new(database, &definition, key_index)), definition))
}

/// Compares and creates until nobody else stored a definition in between: what holds from now on, and the name of the
/// index that keeps the primary key unique.
async fn agree(database: &Arc<Database>, request: &DefineRequest) -> Result<(Definition, String)> {
    let definitions = Definitions::new(database, &request.context);
    loop {
        let stored = definitions.stored(request.definition.name()).await?;
        let reconciled = request.reconcile(stored.as_deref())?;
        let key_index = ensure(database, request, &reconciled, stored.is_none()).await?;
        let text = reconciled.merged.to_json();
        if stored.as_deref() == Some(text.as_str()) || request.mode == SchemaMode::Verify {
            return Ok((reconciled.merged, key_index));
        }
        if definitions.store(request.definition.name(), stored.as_deref(), &text).await? {
            return Ok((reconciled.merged, key_index));
        }
        request.context.renew();
    }
}

/// Creates what is missing, and looks at what is stored. It may be done twice.
async fn ensure(
    database: &Arc<Database>,
    request: &DefineRequest,
    reconciled: &Reconciled,
    is_new: bool,
) -> Result<String> {
    let codec = Codec::new(&reconciled.merged);
    let collection = Collection::new(database, request);
    if collection.ensure().await? {
        adopt::check(database, request, reconciled, &codec, is_new).await?;
    }
    if codec.id_is_key() {
        return Ok(KEY_INDEX.to_owned());
    }
    key_index::ensure(database, request, &codec).await
}
