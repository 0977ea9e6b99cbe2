//! Records that are there already: whether they are what the definition says.

use std::sync::Arc;

use backends_core::driver::{DefineRequest, StoredKinds};
use backends_core::{Batch, Error, IdKind, Reconciled, Result};
use mongodb::bson::{Bson, Document, doc};

use crate::codec::element::{Elements, tag};
use crate::codec::{Codec, ID, another_id, is_id};
use crate::database::{Database, max_time, next_reply};
use crate::error::Effect;

/// Holds stored records against what is new in a definition: all of it, if none was stored before.
///
/// # Errors
/// `DefinitionConflict` for values of another kind, and for text at timestamps without `foreignText`; `Unsupported` for ids that are neither text nor an `ObjectId`.
pub(super) async fn check(
    database: &Arc<Database>,
    request: &DefineRequest,
    reconciled: &Reconciled,
    codec: &Codec,
    is_new: bool,
) -> Result<()> {
    if is_new && !check_ids(database, request, codec).await? {
        return Ok(());
    }
    let kinds = if is_new { StoredKinds::of_all(reconciled) } else { StoredKinds::new(reconciled) };
    let kinds = kinds.without(reconciled.merged.id_field()).having_instants().reporting(&request.context);
    if kinds.is_empty() {
        return Ok(());
    }
    let mut projection: Document = kinds.fields().into_iter().map(|field| (field, Bson::Int32(1))).collect();
    projection.insert(ID, 0);
    look(database, request, codec, projection, kinds).await
}

async fn look(
    database: &Arc<Database>,
    request: &DefineRequest,
    codec: &Codec,
    projection: Document,
    mut kinds: StoredKinds,
) -> Result<()> {
    let context = &request.context;
    let collection = database.collection(request.definition.name());
    let find = collection.find(doc! {}).projection(projection);
    let mut cursor = database.call(context, Effect::Reads, Box::pin(find.batch())).await?;
    while let Some(reply) = database.call(context, Effect::Reads, next_reply(&mut cursor)).await? {
        kinds.look(&codec.batch(reply)?)?;
    }
    kinds.finish()
}

/// Whether there are records, and their ids are of the definition's kind. Ids are sorted by kind, so that the first
/// and the last tell of all.
async fn check_ids(database: &Arc<Database>, request: &DefineRequest, codec: &Codec) -> Result<bool> {
    let mut tags = Vec::new();
    for direction in [1, -1] {
        let collection = database.collection(request.definition.name());
        let find = collection
            .find(doc! {})
            .sort(doc! { ID: direction })
            .projection(doc! { ID: 1 })
            .limit(-1)
            .max_time(max_time(&request.context));
        let reply = database
            .call(
                &request.context,
                Effect::Reads,
                Box::pin(async {
                    let mut cursor = find.batch().await?;
                    next_reply(&mut cursor).await
                }),
            )
            .await?;
        let Some(batch) = reply.map(|reply| codec.batch(reply)).transpose()? else { return Ok(false) };
        if batch.is_empty() {
            return Ok(false);
        }
        tags.push(Elements::new(batch.document(0)?, 0).find(ID)?.map_or(tag::NULL, |id| id.tag));
    }
    if let Some(tag) = tags.iter().find(|tag| !is_id(**tag)) {
        return Err(another_id(*tag));
    }
    let of = |is_object_id: bool| tags.iter().any(|tag| (*tag == tag::OBJECT_ID) == is_object_id);
    let kind = request.definition.id_kind();
    match (of(true), of(false), kind) {
        (true, true, _) => Err(Error::definition_conflict(
            "the `_id`s of the stored records are of several kinds: give them ids of one kind",
        )),
        (true, false, IdKind::String) => Err(Error::definition_conflict(
            "the `_id`s of the stored records are ObjectIds: leave `idKind: string` out",
        )),
        (false, true, IdKind::ObjectId) => {
            Err(Error::definition_conflict("the `_id`s of the stored records are text: declare `idKind: string`"))
        }
        _ => Ok(true),
    }
}
