//! Records that are there already: whether they are what the definition says.

use std::collections::BTreeSet;
use std::sync::Arc;

use backends_core::driver::{DefineRequest, StoredKinds};
use backends_core::{Error, Reconciled, Result};

use crate::codec::{Item, ItemBatch};
use crate::retry::Effect;
use crate::service::Service;

// DynamoDB: 4 KB an expression, and each name takes seven of them at most.
const FIELDS: usize = 500;

/// Holds stored records against what is new in a definition: all of it, if none was stored before.
///
/// # Errors
/// `DefinitionConflict` for values of another kind.
pub(super) async fn check(
    service: &Arc<Service>,
    request: &DefineRequest,
    reconciled: &Reconciled,
    is_new: bool,
) -> Result<()> {
    let mut reconciled = reconciled.clone();
    if is_new {
        reconciled.added_kinds = reconciled.merged.fields().map(|(path, kind)| (path.to_owned(), kind)).collect();
    }
    let kinds = StoredKinds::new(&reconciled).reporting(&request.context);
    if kinds.is_empty() {
        return Ok(());
    }
    let fields: BTreeSet<&str> = reconciled.added_kinds.iter().map(|(path, _)| top_level(path)).collect();
    let fields: Vec<&str> = fields.into_iter().collect();
    look(service, request, &fields, kinds).await.map_err(|error| {
        if error.is_unreadable() {
            return Error::definition_conflict(format!("where the definition declares a kind, {}", error.message()));
        }
        error
    })
}

/// Reads what the new kinds are about, and nothing else: what the definition does not name may be what no record holds.
/// More fields than an expression has room for are read in several rounds.
async fn look(service: &Arc<Service>, request: &DefineRequest, fields: &[&str], mut kinds: StoredKinds) -> Result<()> {
    for fields in fields.chunks(FIELDS) {
        look_at(service, request, fields, &mut kinds).await?;
    }
    kinds.finish()
}

async fn look_at(
    service: &Arc<Service>,
    request: &DefineRequest,
    fields: &[&str],
    kinds: &mut StoredKinds,
) -> Result<()> {
    let context = &request.context;
    let table = service.table_name(request.definition.name());
    let names: Vec<String> = (0..fields.len()).map(|number| format!("#f{number}")).collect();
    let mut after: Option<Item> = None;
    loop {
        let send = || {
            let mut scan = service.client.scan().table_name(&table).consistent_read(true);
            for (name, field) in names.iter().zip(fields) {
                scan = scan.expression_attribute_names(name, *field);
            }
            Ok(scan.projection_expression(names.join(", ")).set_exclusive_start_key(after.clone()).send())
        };
        let answer = service.call(context, Effect::Reads, send).await?;
        kinds.look(&ItemBatch(answer.items.unwrap_or_default()))?;
        after = answer.last_evaluated_key.filter(|key| !key.is_empty());
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The field of the record itself that a path begins with.
fn top_level(path: &str) -> &str {
    let first = path.split_once('.').map_or(path, |(first, _)| first);
    // A name may have a bracket of its own.
    first.trim_end_matches("[]")
}
