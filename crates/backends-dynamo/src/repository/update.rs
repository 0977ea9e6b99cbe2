//! Changing a record where it is: the fields that an update names, on the condition that they are what was read.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{Context, Swapped, UpdateRequest, Updated};
use backends_core::{Key, RecordBuf, Result};

use super::at_once::Attempt;
use super::guarded::{Change, Shift};
use super::{DynamoRepository, Outcome};
use crate::codec::{EXPIRES, Expires, Item, ItemTokens, RESERVED};
use crate::expression::Expression;
use crate::plan::visit;
use crate::retry::Effect;
use crate::service::Failure;
use crate::stamp::{STAMP, Stamp};
use crate::update::{Records, at_once};

// DynamoDB: 4 KB and 300 operators an expression; a field takes 32 bytes and two operators of the condition, and less of
// what is done.
const MOST_COMPARED: usize = 120;

impl DynamoRepository {
    /// Changes what is there: by one request where the service can do it alone, else, and where that was not to be done, by
    /// what is read, as often as something else gets in between.
    pub(super) async fn update_stored(&self, request: &UpdateRequest) -> Result<Updated> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        let expiry = self.expiry(context);
        let records = Records { definition: &self.definition, codec: &self.codec, guards: &self.guards };
        let mut seen = match at_once(request, records, expiry.as_ref(), &stamp) {
            None => None,
            Some(at_once) => match self.update_at_once(request, at_once, &stamp).await? {
                Attempt::Updated(updated) => return Ok(updated),
                Attempt::Seen(item) => Some(item),
            },
        };
        loop {
            let stored = match seen.take() {
                None => self.fetch_one(context, &request.key, None).await?,
                seen => seen,
            };
            let Some(stored) = stored else { return Ok(Updated::missing()) };
            let read = RecordBuf::in_part(|| ItemTokens::new(&stored))?;
            let Some(record) = request.apply(&read)? else { return Ok(Updated::missing()) };
            let item = self.codec.item_over(&record.readable(), &stamp, unread(&record, &stored))?;
            let outcome = match self.patching(request, &stored, &item) {
                None => {
                    self.put_over_seen(context, &request.key, Some(&stored), &record, stamp, expiry.as_ref()).await?
                }
                Some((condition, patch)) => {
                    let shift = Shift::new(self.guards.of(&stored), self.guards.of(&item));
                    if shift.is_nothing() {
                        Outcome::of(self.patch(context, &request.key, condition, patch).await, &stamp)?
                    } else {
                        let change = Change::Update { condition, patch };
                        self.with_guards(context, &request.key, change, &shift, stamp, expiry.as_ref()).await?
                    }
                }
            };
            if outcome.swapped()? == Swapped::Done {
                return Ok(Updated::record(Box::new(record)));
            }
            tokio::task::yield_now().await;
        }
    }

    /// What makes the new item of the stored one, and on which condition; nothing where more fields would have to be
    /// compared than a condition takes.
    pub(super) fn patching(&self, request: &UpdateRequest, stored: &Item, item: &Item) -> Option<(Expression, Patch)> {
        let fields = Fields::of(request);
        let beside = self.guards.fields_beside(|field| fields.changed.contains(field));
        let of_time = self.codec.expires().map(Expires::field);
        let condition = fields.unchanged(
            stored,
            self.codec.places().fields().chain(of_time).chain(beside),
            self.codec.partition(),
        )?;
        Some((condition, Patch::new(stored, item, &fields.changed)))
    }

    pub(super) async fn patch(
        &self,
        context: &Context,
        key: &Key,
        mut condition: Expression,
        patch: Patch,
    ) -> Result<(), Failure> {
        let text = patch.expression(&mut condition);
        let request = || {
            let update = self.table.client.update_item().table_name(&self.table.name);
            let update = update
                .set_key(Some(self.codec.key(key)?))
                .update_expression(&text)
                .condition_expression(&condition.text)
                .set_expression_attribute_names(Some(condition.names.clone()))
                .set_expression_attribute_values(condition.values.clone())
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            Ok(update.send())
        };
        self.service.ask(context, Effect::WritesOnce, request).await.map(drop)
    }
}

/// The fields that an update is about.
struct Fields<'r> {
    changed: BTreeSet<&'r str>,
    /// Those that it changes, and those that its filter tests.
    looked_at: BTreeSet<&'r str>,
}

impl<'r> Fields<'r> {
    fn of(request: &'r UpdateRequest) -> Self {
        let changed: BTreeSet<&str> = request.changes.iter().map(|change| change.path().first()).collect();
        let mut looked_at = changed.clone();
        visit(&request.filter, &mut |path| _ = looked_at.insert(path.first()));
        Self { changed, looked_at }
    }

    /// That these, those beside them and the stamp are what they are in the stored item, if a condition has room for it.
    fn unchanged<'f>(
        &'f self,
        stored: &Item,
        beside: impl Iterator<Item = &'f str>,
        partition: &str,
    ) -> Option<Expression> {
        let mut same: BTreeSet<&str> = self.looked_at.iter().copied().chain([STAMP]).chain(beside).collect();
        same.remove(partition);
        let same: Vec<&str> = same.into_iter().collect();
        (same.len() <= MOST_COMPARED).then(|| Expression::same(stored, &same, partition))
    }
}

/// What of a stored item cannot be read, and stays as it stands there: places and guards are made of it all the same.
fn unread(record: &RecordBuf, stored: &Item) -> Item {
    let held = |name: &str| Some((name.to_owned(), stored.get(name)?.clone()));
    record.unreadable().into_iter().filter_map(held).collect()
}

/// What becomes of attributes: a value, or none.
#[derive(Debug, PartialEq)]
pub(super) struct Patch {
    set: Vec<(String, AttributeValue)>,
    removed: Vec<String>,
}

impl Patch {
    /// What makes of one item the other, in these fields and in what is the library's own: the others stay as whoever
    /// stored them.
    fn new(seen: &Item, item: &Item, fields: &BTreeSet<&str>) -> Self {
        let is_meant = |name: &str| fields.contains(name) || name.starts_with(RESERVED);
        let is_gone = |name: &&String| is_meant(name) && !item.contains_key(*name);
        let mut removed: Vec<String> = seen.keys().filter(is_gone).cloned().collect();
        removed.sort_unstable();
        let set = item.iter().filter(|(name, _)| is_meant(name));
        let mut set: Vec<_> = set.map(|(name, value)| (name.clone(), value.clone())).collect();
        set.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        Self { set, removed }
    }

    /// What makes of an item again what it was, in these fields and in what is the library's own.
    pub(super) fn back(before: &Item, fields: &BTreeSet<&str>) -> Self {
        let own = [STAMP, EXPIRES];
        let mut there = before.clone();
        for name in fields.iter().chain(&own) {
            there.entry((*name).to_owned()).or_insert(AttributeValue::Null(true));
        }
        Self::new(&there, before, fields)
    }

    /// The text of it; its names and values go beside those that are there.
    pub(super) fn expression(self, beside: &mut Expression) -> String {
        let mut sets = Vec::new();
        for (number, (name, value)) in self.set.into_iter().enumerate() {
            let (field, operand) = (format!("#s{number}"), format!(":s{number}"));
            sets.push(format!("{field} = {operand}"));
            beside.names.insert(field, name);
            beside.values.get_or_insert_default().insert(operand, value);
        }
        let removes = self.removed.into_iter().enumerate().map(|(number, name)| {
            let field = format!("#r{number}");
            beside.names.insert(field.clone(), name);
            field
        });
        let parts = [("SET ", sets), ("REMOVE ", removes.collect())];
        let parts = parts.into_iter().filter(|(_, places)| !places.is_empty());
        parts.map(|(word, places)| format!("{word}{}", places.join(", "))).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(&str, &str)]) -> Item {
        attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect()
    }

    #[test]
    fn what_the_update_does_not_name_is_left_alone() {
        let seen = item(&[("id", "1"), ("name", "Ada"), ("gone", "x"), ("theirs", "set"), ("_backends_shard", "3")]);
        let after = item(&[("id", "1"), ("name", "Eve"), ("theirs", "list"), ("_backends_write", "w")]);
        let patch = Patch::new(&seen, &after, &BTreeSet::from(["name", "gone", "never"]));
        let mut beside = Expression::same(&seen, &["name", "never"], "id");
        assert_eq!(beside.text, "attribute_exists(#p) AND #a0 = :a0 AND attribute_not_exists(#a1)");
        assert_eq!(patch.expression(&mut beside), "SET #s0 = :s0, #s1 = :s1 REMOVE #r0, #r1");
        let name = |alias: &str| beside.names[alias].as_str();
        let named = ["#s0", "#s1", "#r0", "#r1"].map(name);
        assert_eq!(named, ["_backends_write", "name", "_backends_shard", "gone"]);
        let values = beside.values.as_ref().unwrap();
        assert_eq!(
            (&values[":s1"], &values[":a0"]),
            (&AttributeValue::S("Eve".into()), &AttributeValue::S("Ada".into()))
        );
    }

    #[test]
    fn as_many_fields_as_it_takes_stay_within_an_expression() {
        let names: Vec<String> = (0..MOST_COMPARED).map(|n| format!("field{n}")).collect();
        // Fields of the update, then those that indexes add, some of them the same ones; the stamp is one more.
        for (of_update, is_room) in [(0, true), (40, true), (MOST_COMPARED - 1, true), (MOST_COMPARED, false)] {
            let changed: BTreeSet<&str> = names[..of_update].iter().map(String::as_str).collect();
            let fields = Fields { looked_at: changed.clone(), changed };
            let of_indexes = names[of_update / 2..MOST_COMPARED - 1].iter().map(String::as_str).chain(["id"]);
            let condition = fields.unchanged(&Item::new(), of_indexes, "id");
            assert_eq!(condition.is_some(), is_room, "{of_update}");
            let Some(mut beside) = condition else { continue };
            let own = (0..23).map(|n| format!("_backends_order_{n}"));
            let after = names.iter().cloned().chain(own).map(|name| (name, AttributeValue::Bool(true))).collect();
            let text = Patch::new(&Item::new(), &after, &fields.changed).expression(&mut beside);
            // DynamoDB: 4 KB and 300 operators an expression.
            assert!(beside.text.len() <= 4_096 && text.len() <= 4_096, "{} {}", beside.text.len(), text.len());
            assert!(beside.text.matches("AND").count() + beside.text.matches('(').count() <= 300);
        }
    }
}
