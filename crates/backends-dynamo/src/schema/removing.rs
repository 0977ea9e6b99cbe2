//! Removing an index: a secondary index of the table, and the guards of a unique one.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem};
use backends_core::driver::{Context, DefineRequest, Defined, RemoveIndexRequest};
use backends_core::{Definition, Error, Result};

use super::companion::{Companion, LEAVING, Stored, key_of};
use super::define;
use super::table::Table;
use crate::codec::{Codec, Item};
use crate::guard::{Guards, KEY, start};
use crate::repository::unbuilt;
use crate::retry::Effect;
use crate::service::{Cause, Failure, Service};

// DynamoDB: 100 items a transaction, of which one is the definition.
const TOGETHER: usize = 99;

/// Removes an index, and stores the definition without it, until nobody else stored one in between. That of a unique one
/// is stored first, so that nobody begins to hold values by it, with the note that its guards are still there.
pub(crate) async fn remove_index(service: &Arc<Service>, request: &RemoveIndexRequest) -> Result<Defined> {
    let (context, name) = (&request.context, request.repository.as_str());
    let companion = Companion::new(service, context);
    let mut had_left = false;
    loop {
        let stored = companion.stored(name).await?;
        let leaves = stored.as_ref().is_some_and(|stored| stored.leaving.contains(&request.index));
        let (definition, new) = match &stored {
            // This call, or one that did not come to its end, has stored the definition without it.
            Some(stored) if leaves => (Definition::from_stored(&stored.text)?, without(stored, request)),
            // Somebody finished it, or wants the index again.
            Some(stored) if had_left => return defined(service, context, &stored.text).await,
            _ => {
                let (definition, index, rest) = request.split(stored.as_ref().map(|stored| stored.text.as_str()))?;
                let left = without(&stored.clone().unwrap_or_default(), request);
                let new = Stored { text: rest.to_json(), ..left };
                if Guards::new(&definition).names().any(|name| name == index.name()) {
                    check_word(request)?;
                    let mut leaving = new.leaving.clone();
                    leaving.push(request.index.clone());
                    leaving.sort_unstable();
                    companion.store(name, stored.as_ref(), &Stored { leaving, ..new }).await?;
                    continue;
                }
                (definition, new)
            }
        };
        had_left |= leaves;
        let codec = Codec::new(&definition);
        let table = service.table_name(definition.name());
        let table = Table { service, context, name: table, keys: codec.keys(), throughput: None, indexes: &[] };
        table.remove_index(&request.index).await?;
        let is_done = !leaves || take_guards_away(service, context, name, &request.index).await?;
        if is_done && companion.store(name, stored.as_ref(), &new).await? {
            return defined(service, context, &new.text).await;
        }
        context.renew();
    }
}

async fn defined(service: &Arc<Service>, context: &Context, text: &str) -> Result<Defined> {
    define(service, &DefineRequest::new(context.clone(), Definition::from_stored(text)?)).await
}

fn without(stored: &Stored, request: &RemoveIndexRequest) -> Stored {
    let mut left = stored.clone();
    for names in [&mut left.unfinished, &mut left.waiting, &mut left.leaving] {
        names.retain(|name| *name != request.index);
    }
    left
}

/// # Errors
/// `Unsupported` without the caller's word.
fn check_word(request: &RemoveIndexRequest) -> Result<()> {
    if request.no_other_writers {
        return Ok(());
    }
    Err(Error::unsupported(
        "the capability `unique_indexes`: a process that has the index would look for its values by guards, and miss what others store without them: stop those that have it, and say so with `.no_other_writers()`",
    ))
}

/// Takes the guards of an index away, as long as the stored definition says that it leaves: `false` if it does not any
/// more, for then there may be guards that hold. Those that are left, of whatever time, are found free by who wants the
/// values.
async fn take_guards_away(service: &Service, context: &Context, repository: &str, index: &str) -> Result<bool> {
    let mut after: Option<Item> = None;
    loop {
        let scan = || {
            let scan = service.client.scan().table_name(service.companion()).consistent_read(true);
            let scan = scan.filter_expression("begins_with(#k, :s)").projection_expression("#k");
            let scan = scan.expression_attribute_names("#k", KEY);
            let scan = scan.expression_attribute_values(":s", AttributeValue::S(start(repository, index)));
            Ok(scan.set_exclusive_start_key(after.clone()).send())
        };
        let page = service.call(context, Effect::Reads, scan).await?;
        for guards in page.items.unwrap_or_default().chunks(TOGETHER) {
            let mut items = vec![still_leaving(service, repository, index)?];
            for guard in guards {
                let delete = Delete::builder().table_name(service.companion()).set_key(Some(guard.clone()));
                items.push(TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build());
            }
            let transact = || {
                let transaction = service.client.transact_write_items();
                Ok(transaction.set_transact_items(Some(items.clone())).send())
            };
            match service.ask(context, Effect::WritesOnce, transact).await {
                Ok(_) => context.renew(),
                Err(Failure { cause: Cause::Conditions(_), .. }) => return Ok(false),
                Err(failure) => return Err(failure.into_error()),
            }
        }
        context.renew();
        after = page.last_evaluated_key.filter(|key| !key.is_empty());
        if after.is_none() {
            return Ok(true);
        }
    }
}

/// The condition that the stored definition says that an index leaves.
fn still_leaving(service: &Service, repository: &str, index: &str) -> Result<TransactWriteItem> {
    let check = ConditionCheck::builder().table_name(service.companion());
    let check = check.key(KEY, AttributeValue::S(key_of(repository)));
    let check = check.condition_expression("contains(#l, :i)").expression_attribute_names("#l", LEAVING);
    let check = check.expression_attribute_values(":i", AttributeValue::S(index.to_owned()));
    Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuilt)?).build())
}
