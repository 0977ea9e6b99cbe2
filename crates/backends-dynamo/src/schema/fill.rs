//! What records carry beside their fields, given to those that lack it: their places in orders, and when they expire.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::Context;
use backends_core::{Error, Result};
use tokio::task::JoinSet;

use crate::codec::{Codec, EXPIRES, Expires, Item, SHARD};
use crate::expression::Expression;
use crate::retry::Effect;
use crate::service::{Cause, Service};
use crate::throughput::AT_ONCE;

/// What records are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Their places in the orders of indexes, where they lack one, or have that of other values.
    Places,
    /// When they expire, where something else stands there.
    Ends,
}

/// Gives it to every record of a table. It may be done by many at once, and again.
///
/// # Errors
/// `DefinitionConflict` for a record that has no room for it.
pub(super) async fn fill(
    service: &Arc<Service>,
    context: &Context,
    table: &str,
    codec: &Codec,
    what: What,
) -> Result<()> {
    let fill = Arc::new(Fill {
        service: Arc::clone(service),
        context: context.clone(),
        table: table.to_owned(),
        codec: codec.clone(),
        what,
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
    what: What,
}

// DynamoDB developer guide, "Using time to live": a time more than five years past is not looked at.
const LONG_AGO: i64 = 4 * 365 * 86_400;

impl Fill {
    /// The attributes that are given.
    fn hidden(&self) -> Vec<&str> {
        match self.what {
            What::Places => {
                let orders = self.codec.places().orders();
                [SHARD].into_iter().chain(orders.iter().map(|order| order.attribute.as_str())).collect()
            }
            What::Ends => vec![EXPIRES],
        }
    }

    /// The fields that they are made of.
    fn fields(&self) -> Vec<&str> {
        match self.what {
            What::Places => self.codec.places().fields().collect(),
            What::Ends => self.codec.expires().map(Expires::field).into_iter().collect(),
        }
    }

    /// What an item has to carry; nothing of an attribute that it may not.
    fn wanted(&self, item: &Item) -> Vec<(String, Option<AttributeValue>)> {
        match self.what {
            What::Places => self.codec.places().of(item).into_iter().map(|(name, place)| (name, Some(place))).collect(),
            What::Ends => {
                let now = self.context.now.millis().div_euclid(1_000);
                let end = self.codec.expires().and_then(|expires| expires.of(item)).map(|second| {
                    let recent = now - LONG_AGO..=now;
                    match Expires::stored(item) {
                        Some(stored) if second < now - LONG_AGO && recent.contains(&stored) => stored,
                        _ if second < now - LONG_AGO => now,
                        _ => second,
                    }
                });
                vec![(EXPIRES.to_owned(), end.map(|second| AttributeValue::N(second.to_string())))]
            }
        }
    }

    fn is_right(&self, item: &Item) -> bool {
        self.wanted(item).iter().all(|(name, value)| item.get(name) == value.as_ref())
    }

    /// The next items that carry something else, with what it is made of, and where to go on.
    async fn lacking(&self, after: Option<Item>) -> Result<(Vec<Item>, Option<Item>)> {
        let hidden = self.hidden();
        let keys = self.codec.keys().iter().map(|key| key.name.as_str());
        let mut names: Vec<&str> = hidden.iter().copied().chain(keys).chain(self.fields()).collect();
        names.sort_unstable();
        names.dedup();
        let alias = |name: &&str| format!("#f{}", names.iter().position(|known| known == name).unwrap_or_default());
        let projection = names.iter().map(alias).collect::<Vec<_>>().join(", ");
        let request = || {
            let mut scan = self.service.client.scan().table_name(&self.table).consistent_read(true);
            for name in &names {
                scan = scan.expression_attribute_names(alias(name), *name);
            }
            let scan = scan.projection_expression(&projection);
            Ok(scan.set_exclusive_start_key(after.clone()).send())
        };
        let answer = self.service.call(&self.context, Effect::Reads, request).await?;
        self.context.looked_at(usize::try_from(answer.scanned_count).unwrap_or_default());
        self.context.renew();
        let mut items = answer.items.unwrap_or_default();
        items.retain(|item| !self.is_right(item));
        Ok((items, answer.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// Gives one item what it has to carry, as long as it is what that was made of.
    async fn give(&self, mut item: Item) -> Result<()> {
        loop {
            if self.is_right(&item) {
                return Ok(());
            }
            let key: Item = self
                .codec
                .keys()
                .iter()
                .filter_map(|key| Some((key.name.clone(), item.get(&key.name)?.clone())))
                .collect();
            let mut expression = Expression::same(&item, &self.fields(), self.codec.partition());
            let change = written(self.wanted(&item), &mut expression);
            let Expression { text, names, values } = expression;
            let request = || {
                let update = self.service.client.update_item().table_name(&self.table).set_key(Some(key.clone()));
                let update = update
                    .update_expression(&change)
                    .condition_expression(&text)
                    .set_expression_attribute_names(Some(names.clone()))
                    .set_expression_attribute_values(values.clone())
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
                Ok(update.send())
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
                        return Err(Error::definition_conflict(match self.what {
                            What::Places => {
                                "a stored record has no room for its place in an ordered index: make it smaller, or leave the index out"
                            }
                            What::Ends => {
                                "a stored record has no room for the time at which it expires: make it smaller, or leave `enableTtl` out"
                            }
                        }));
                    }
                    _ => return Err(failure.into_error()),
                },
            }
        }
    }
}

/// What is done to attributes; their names and values go beside those that are there.
fn written(wanted: Vec<(String, Option<AttributeValue>)>, beside: &mut Expression) -> String {
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    for (number, (name, value)) in wanted.into_iter().enumerate() {
        let [field, operand] = ["#h", ":h"].map(|sign| format!("{sign}{number}"));
        match value {
            Some(value) => {
                set.push(format!("{field} = {operand}"));
                beside.values.get_or_insert_default().insert(operand, value);
            }
            None => removed.push(field.clone()),
        }
        beside.names.insert(field, name);
    }
    let part = |word: &str, list: Vec<String>| (!list.is_empty()).then(|| format!("{word} {}", list.join(", ")));
    [part("SET", set), part("REMOVE", removed)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_and_what_is_taken_away_is_said_beside_what_is_compared() {
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let item = Item::from([("at".to_owned(), number("1"))]);
        let mut beside = Expression::same(&item, &["at"], "id");
        let all = [("a", Some("2")), ("b", None), ("c", Some("3"))];
        let wanted = all.map(|(name, value)| (name.to_owned(), value.map(number))).to_vec();
        assert_eq!(written(wanted, &mut beside), "SET #h0 = :h0, #h2 = :h2 REMOVE #h1");
        assert_eq!((beside.names["#h1"].as_str(), beside.names["#a0"].as_str()), ("b", "at"));
        let values = beside.values.as_ref().unwrap();
        assert_eq!((&values[":h2"], &values[":a0"], values.len()), (&number("3"), &number("1"), 3));
        let mut beside = Expression::same(&Item::new(), &["at"], "id");
        assert_eq!(written(vec![("a".to_owned(), None)], &mut beside), "REMOVE #h0");
        assert_eq!(beside.values, None);
    }
}
