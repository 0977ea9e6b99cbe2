//! Definitions: what is wanted, against what is stored and what is there.

use std::sync::Arc;

use backends_core::driver::{DefineRequest, Defined, RemoveIndexRequest, SchemaMode};
use backends_core::{Definition, Index, Reconciled, Result};

use crate::codec::Codec;
use crate::database::Database;
use crate::repository::MongoRepository;

mod adopt;
mod collection;
mod definitions;
mod indexes;
mod key_index;
mod ttl;
mod unique;

use collection::Collection;
use definitions::Definitions;
pub(crate) use indexes::Named;
pub(crate) use ttl::is_over;

/// The name of the index that keeps a primary key unique which is not the id.
pub(crate) const KEY_INDEX: &str = "primary";

/// The names that indexes have on the server.
#[derive(Debug, Clone)]
pub(crate) struct IndexNames {
    /// Those of the ones that refuse a primary key which is taken.
    pub(crate) keys: Vec<String>,
    pub(crate) others: Vec<Named>,
}

pub(crate) async fn define(database: &Arc<Database>, request: &DefineRequest) -> Result<Defined> {
    let (definition, names) = match request.mode {
        SchemaMode::Trust => (request.definition.clone(), None),
        _ => {
            let (definition, names) = agree(database, request).await?;
            (definition, Some(names))
        }
    };
    Ok(Defined::new(Arc::new(MongoRepository::new(database, &definition, names)), definition))
}

/// Removes an index, and stores the definition without it, until nobody else stored one in between.
pub(crate) async fn remove_index(database: &Arc<Database>, request: &RemoveIndexRequest) -> Result<Defined> {
    let definitions = Definitions::new(database, &request.context);
    loop {
        let stored = definitions.stored(&request.repository).await?;
        let (definition, index, rest) = request.split(stored.as_deref())?;
        indexes::remove(database, &request.context, &definition, &index).await?;
        if definitions.store(&request.repository, stored.as_deref(), &rest.to_json()).await? {
            // One that it shared with another index is created again.
            return define(database, &DefineRequest::new(request.context.clone(), rest)).await;
        }
        request.context.renew();
    }
}

/// Compares and creates until nobody else stored a definition in between: what holds from now on, and the names of the
/// indexes.
async fn agree(database: &Arc<Database>, request: &DefineRequest) -> Result<(Definition, IndexNames)> {
    let definitions = Definitions::new(database, &request.context);
    loop {
        let stored = definitions.stored(request.definition.name()).await?;
        let reconciled = match &stored {
            Some(stored) => request.reconcile(Some(stored))?,
            // What another program made is looked at all the same, so that what is in the way is told.
            None => Reconciled::created(&request.definition),
        };
        let names = ensure(database, request, &reconciled, stored.is_none()).await?;
        if stored.is_none() && request.mode == SchemaMode::Verify {
            return Err(DefineRequest::missing("the definition"));
        }
        let text = reconciled.merged.to_json();
        if stored.as_deref() == Some(text.as_str()) || request.mode == SchemaMode::Verify {
            return Ok((reconciled.merged, names));
        }
        if definitions.store(request.definition.name(), stored.as_deref(), &text).await? {
            return Ok((reconciled.merged, names));
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
) -> Result<IndexNames> {
    let definition = &reconciled.merged;
    let codec = Codec::new(definition);
    let collection = Collection::new(database, request);
    if collection.ensure().await? {
        adopt::check(database, request, reconciled, &codec, is_new).await?;
    }
    let mut names = IndexNames { keys: vec![KEY_INDEX.to_owned()], others: Vec::new() };
    if codec.id_is_key() && definition.indexes().len() == 0 && definition.ttl().is_none() {
        return Ok(names);
    }
    let seen = indexes::look(database, request).await?;
    if !codec.id_is_key() {
        names.keys = key_index::ensure(database, request, &codec, seen.as_deref()).await?;
    }
    ttl::ensure(database, request, definition, seen.as_deref()).await?;
    if request.mode == SchemaMode::Ensure && reconciled.added_indexes.iter().any(Index::is_unique) {
        ttl::remove(database, request, definition).await?;
    }
    names.others = indexes::ensure(database, request, definition, &codec, seen.as_deref()).await?;
    Ok(names)
}
