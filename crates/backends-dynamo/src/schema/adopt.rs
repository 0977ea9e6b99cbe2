//! Records that are there already: whether they are what the definition says.

use std::sync::Arc;

use backends_core::driver::{DefineRequest, StoredKinds};
use backends_core::{Reconciled, Result};

use crate::codec::{Item, ItemBatch};
use crate::retry::Effect;
use crate::service::Service;
use crate::words::MOST_NAMES;

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
    let kinds = if is_new { StoredKinds::of_all(reconciled) } else { StoredKinds::new(reconciled) };
    let kinds = kinds.reporting(&request.context);
    if kinds.is_empty() {
        return Ok(());
    }
    look(service, request, kinds).await
}

/// Reads what the new kinds are about, and nothing else: what the definition does not name may be what no record holds.
/// More fields than an expression has room for are read in several rounds.
async fn look(service: &Arc<Service>, request: &DefineRequest, mut kinds: StoredKinds) -> Result<()> {
    let fields: Vec<String> = kinds.fields().into_iter().collect();
    for fields in fields.chunks(MOST_NAMES) {
        look_at(service, request, fields, &mut kinds).await?;
    }
    kinds.finish()
}

async fn look_at(
    service: &Arc<Service>,
    request: &DefineRequest,
    fields: &[String],
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
                scan = scan.expression_attribute_names(name, field);
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
