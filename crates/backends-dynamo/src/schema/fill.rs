//! Records from before an index for orders: they are given their places in it.

use std::sync::Arc;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use backends_core::driver::Context;
use backends_core::{Error, Result};
use tokio::task::JoinSet;

use crate::codec::{Codec, Item, SHARD};
use crate::expression::Expression;
use crate::retry::Effect;
use crate::service::{Cause, Service};
use crate::throughput::AT_ONCE;

/// Gives every record of a table its places, where it lacks one. It may be done by many at once, and again.
///
/// # Errors
/// `DefinitionConflict` for a record that has no room for them.
pub(super) async fn fill(service: &Arc<Service>, context: &Context, table: &str, codec: &Codec) -> Result<()> {
    let fill = Arc::new(Fill {
        service: Arc::clone(service),
        context: context.clone(),
        table: table.to_owned(),
        codec: codec.clone(),
    });
    let mut running = JoinSet::new();
    let mut after: Option<Item> = None;
    loop {
        let (items, last) = fill.lacking(after.take()).await?;
        for item in items {
            wait_for_fewer_than(&mut running, AT_ONCE).await?;
            let fill = Arc::clone(&fill);
            running.spawn(async move { fill.give(item).await });
        }
        after = last;
        if after.is_none() {
            return wait_for_fewer_than(&mut running, 1).await;
        }
    }
}

pub(super) async fn wait_for_fewer_than(running: &mut JoinSet<Result<()>>, most: usize) -> Result<()> {
    while running.len() >= most {
        match running.join_next().await {
            Some(Ok(given)) => given?,
            Some(Err(_)) => return Err(Error::unexpected("the task of a request ended without an answer")),
            None => break,
        }
    }
    Ok(())
}

struct Fill {
    service: Arc<Service>,
    context: Context,
    table: String,
    codec: Codec,
}

impl Fill {
    /// The next items that lack a place, with what places are made of, and where to go on.
    async fn lacking(&self, after: Option<Item>) -> Result<(Vec<Item>, Option<Item>)> {
        let places = self.codec.places();
        let hidden = [SHARD].into_iter().chain(places.orders().iter().map(|order| order.attribute.as_str()));
        let hidden: Vec<&str> = hidden.collect();
        let keys = self.codec.keys().iter().map(|key| key.name.as_str());
        let mut names: Vec<&str> = hidden.iter().copied().chain(keys).chain(places.fields()).collect();
        names.sort_unstable();
        names.dedup();
        let alias = |name: &&str| format!("#f{}", names.iter().position(|known| known == name).unwrap_or_default());
        let lacks = |name: &&str| format!("attribute_not_exists({})", alias(name));
        let filter = hidden.iter().map(lacks).collect::<Vec<_>>().join(" OR ");
        let projection = names.iter().map(alias).collect::<Vec<_>>().join(", ");
        let request = || {
            let mut scan = self.service.client.scan().table_name(&self.table).consistent_read(true);
            for name in &names {
                scan = scan.expression_attribute_names(alias(name), *name);
            }
            let scan = scan.filter_expression(&filter).projection_expression(&projection);
            Ok(scan.set_exclusive_start_key(after.clone()).send())
        };
        let answer = self.service.call(&self.context, Effect::Reads, request).await?;
        self.context.looked_at(usize::try_from(answer.scanned_count).unwrap_or_default());
        self.context.renew();
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// Gives one item its places, as long as it is what they were made of.
    async fn give(&self, mut item: Item) -> Result<()> {
        loop {
            let places = self.codec.places().of(&item);
            if places.iter().all(|(name, place)| item.get(name) == Some(place)) {
                return Ok(());
            }
            let key: Item = self
                .codec
                .keys()
                .iter()
                .filter_map(|key| Some((key.name.clone(), item.get(&key.name)?.clone())))
                .collect();
            let fields: Vec<&str> = self.codec.places().fields().collect();
            let Expression { text, names, values } = Expression::same(&item, &fields, self.codec.partition());
            let request = || {
                let update = self.service.client.update_item().table_name(&self.table).set_key(Some(key.clone()));
                let mut update = update
                    .condition_expression(&text)
                    .set_expression_attribute_names(Some(names.clone()))
                    .set_expression_attribute_values(values.clone())
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
                let mut sets = Vec::new();
                for (number, (name, place)) in places.iter().enumerate() {
                    let [field, operand] = ["#h", ":h"].map(|sign| format!("{sign}{number}"));
                    sets.push(format!("{field} = {operand}"));
                    update = update.expression_attribute_names(field, name);
                    update = update.expression_attribute_values(operand, place.clone());
                }
                Ok(update.update_expression(format!("SET {}", sets.join(", "))).send())
            };
            match self.service.ask(&self.context, Effect::WritesOnce, request).await {
                Ok(_) => {
                    self.context.renew();
                    return Ok(());
                }
                Err(failure) => match failure.cause {
                    // It was deleted meanwhile, or changed.
                    Cause::Condition(None) => return Ok(()),
                    Cause::Condition(Some(now)) => item = now,
                    Cause::Error(error) if error.is_invalid_input() => {
                        return Err(Error::definition_conflict(
                            "a stored record has no room for its place in an ordered index: make it smaller, or leave the index out",
                        ));
                    }
                    _ => return Err(failure.into_error()),
                },
            }
        }
    }
}
