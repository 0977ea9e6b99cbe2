//! Writes of records with unique values: the record and its guards together, or none of them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put as PutItem, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use backends_core::driver::{Context, Expiry};
use backends_core::{Error, Key, RecordBuf, Result};

use super::put::Put;
use super::update::Patch;
use super::{DynamoRepository, Outcome, is_over, lost};
use crate::codec::Item;
use crate::expression::{Condition, Expression};
use crate::guard::{Guard, KEY, OWNER};
use crate::retry::Effect;
use crate::service::{Cause, Failure, Unmet};
use crate::stamp::Stamp;

/// What becomes of guards as a record changes.
#[derive(Debug, Default)]
pub(super) struct Shift {
    pub(super) taken: Vec<Guard>,
    pub(super) left: Vec<Guard>,
}

impl Shift {
    pub(super) fn new(old: Vec<Guard>, new: Vec<Guard>) -> Self {
        let (kept, taken): (Vec<_>, Vec<_>) = new.into_iter().partition(|guard| old.contains(guard));
        let left = old.into_iter().filter(|guard| !kept.contains(guard)).collect();
        Self { taken, left }
    }

    /// Whether every guard stays as it is, so that the record can be written by itself.
    pub(super) fn is_nothing(&self) -> bool {
        self.taken.is_empty() && self.left.is_empty()
    }
}

/// What is done to the record itself.
pub(super) enum Change<'a> {
    Put { item: &'a Item, condition: Expression },
    Update { condition: Expression, patch: Patch },
    Delete { condition: Expression },
}

impl DynamoRepository {
    /// Stores a record in the place of what was read, by one put where its unique values stay as they are.
    pub(super) async fn put_over_seen(
        &self,
        context: &Context,
        key: &Key,
        seen: Option<&Item>,
        record: &RecordBuf,
        stamp: Stamp,
        expiry: Option<&Expiry>,
    ) -> Result<Outcome> {
        if !self.guards.is_empty() {
            let item = self.codec.item(record, &stamp)?;
            let shift = Shift::new(seen.map(|seen| self.guards.of(seen)).unwrap_or_default(), self.guards.of(&item));
            if !shift.is_nothing() {
                let condition = Condition::still(seen).expression(self.codec.partition());
                let change = Change::Put { item: &item, condition };
                return self.with_guards(context, key, change, &shift, stamp, expiry).await;
            }
        }
        let put = Put { record, stamp, condition: Some(Condition::still(seen)), alive: None, returns_old: false };
        Outcome::of(self.put(context, Effect::WritesOnce, &put).await.map(drop), &stamp)
    }

    /// Removes what was read, and frees its values.
    pub(super) async fn take_away(&self, context: &Context, key: &Key, seen: &Item, stamp: Stamp) -> Result<Outcome> {
        let condition = Condition::Unchanged(seen);
        let shift = Shift::new(self.guards.of(seen), Vec::new());
        if shift.is_nothing() {
            let deleted = self.delete_item(context, Effect::WritesOnce, key, condition).await;
            return Outcome::of(deleted.map(drop), &stamp);
        }
        let change = Change::Delete { condition: condition.expression(self.codec.partition()) };
        self.with_guards(context, key, change, &shift, stamp, None).await
    }

    /// One transaction: the record, the guards that it takes, and those that it leaves. Records that have expired and
    /// hold what it takes are removed before.
    ///
    /// # Errors
    /// `AlreadyExists` for the first index whose values another record has.
    pub(super) async fn with_guards(
        &self,
        context: &Context,
        key: &Key,
        change: Change<'_>,
        shift: &Shift,
        stamp: Stamp,
        expiry: Option<&Expiry>,
    ) -> Result<Outcome> {
        let owner = self.codec.key(key)?;
        let mut items = vec![self.of_record(change, &owner)?];
        for guard in &shift.taken {
            items.push(self.taking(guard, &owner, stamp)?);
        }
        for guard in &shift.left {
            items.push(self.leaving(guard, &[&owner])?);
        }
        let mut was_unclear = false;
        loop {
            // The same in each try, so that the service knows a second one again.
            let token = format!("{:032x}", fastrand::u128(..));
            let request = || {
                let transaction = self.table.client.transact_write_items();
                Ok(transaction.set_transact_items(Some(items.clone())).client_request_token(&token).send())
            };
            let (unmet, is_unclear) = match self.service.ask(context, Effect::WritesOnce, request).await {
                Ok(_) => return Ok(Outcome::Done),
                Err(Failure { cause: Cause::Conditions(unmet), is_unclear }) => (unmet, was_unclear || is_unclear),
                Err(failure) => return Err(also_unclear(failure.into_error(), was_unclear)),
            };
            was_unclear = is_unclear;
            let is_less = leave_out(&mut items, &unmet, 1 + shift.taken.len());
            let mut unmet = unmet.into_iter();
            match unmet.next().flatten() {
                Some(Some(item)) if stamp.is_on(&item) => return Ok(Outcome::Done),
                Some(item) => return Ok(Outcome::Other { item, is_unclear }),
                None => {}
            }
            let refused = shift.taken.iter().zip(unmet).find_map(|(guard, unmet)| Some((guard, unmet?)));
            let Some((guard, held)) = refused else {
                if is_less {
                    continue;
                }
                return Err(unnamed(is_unclear));
            };
            match held {
                Some(held) if !stamp.is_on(&held) && guard.is(&held) => {
                    match self.holder(context, guard, &held).await? {
                        // Another program deleted the record that had the values, or changed it.
                        None => self.let_go(context, guard, &held).await?,
                        Some(item) if is_over(expiry, &item)? => self.clear_away(context, &item).await?,
                        Some(_) => return Err(of_taken(guard, Some(&held), stamp, is_unclear)),
                    }
                }
                held => return Err(of_taken(guard, held.as_ref(), stamp, is_unclear)),
            }
        }
    }

    /// Removes a record that has expired, or what was read of it, and frees its values. Whether something got in between,
    /// the next try finds out.
    pub(crate) async fn clear_away(&self, context: &Context, expired: &Item) -> Result<()> {
        let Some(key) = self.codec.core_key(expired) else {
            return Err(Error::unreadable("a stored record has no key: repair it, or delete it"));
        };
        Box::pin(self.take_away(context, &key, expired, Stamp::of(context))).await.map(drop)
    }

    /// The record that a guard names, if it has the values.
    pub(super) async fn holder(&self, context: &Context, guard: &Guard, held: &Item) -> Result<Option<Item>> {
        let Some(AttributeValue::M(owner)) = held.get(OWNER) else {
            return Err(Error::unexpected("the guard of a value names no record: another program changed it"));
        };
        let item = self.fetch_by(context, &self.table.name, owner).await?;
        Ok(item.filter(|item| self.guards.of(item).contains(guard)))
    }

    /// Takes a guard away, if it is still the one that was read.
    pub(super) async fn let_go(&self, context: &Context, guard: &Guard, held: &Item) -> Result<()> {
        let Expression { text, names, values } = Condition::Unchanged(held).expression(KEY);
        let request = || {
            let delete = self.table.client.delete_item().table_name(self.companion());
            let delete = delete.key(KEY, AttributeValue::S(guard.key.clone())).condition_expression(&text);
            let delete = delete.set_expression_attribute_names(Some(names.clone()));
            Ok(delete.set_expression_attribute_values(values.clone()).send())
        };
        match self.service.ask(context, Effect::WritesOnce, request).await {
            Ok(_) | Err(Failure { cause: Cause::Condition(_), .. }) => Ok(()),
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// An item of a table, as it is now.
    async fn fetch_by(&self, context: &Context, table: &str, key: &Item) -> Result<Option<Item>> {
        let request = || {
            let get = self.table.client.get_item().table_name(table).consistent_read(true);
            Ok(get.set_key(Some(key.clone())).send())
        };
        let item = self.service.call(context, Effect::Reads, request).await?.item;
        Ok(item.filter(|item| !item.is_empty()))
    }

    /// The item of the companion table by which values are held, as it is now.
    pub(super) async fn held(&self, context: &Context, guard: &Guard) -> Result<Option<Item>> {
        let key = Item::from([(KEY.to_owned(), AttributeValue::S(guard.key.clone()))]);
        self.fetch_by(context, &self.companion(), &key).await
    }

    pub(super) fn of_record(&self, change: Change<'_>, key: &Item) -> Result<TransactWriteItem> {
        let table = &self.table.name;
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let whole = TransactWriteItem::builder();
        Ok(match change {
            Change::Put { item, condition: Expression { text, names, values } } => {
                let put = PutItem::builder().table_name(table).set_item(Some(item.clone()));
                let put = put.condition_expression(text).set_expression_attribute_names(Some(names));
                let put = put.set_expression_attribute_values(values).return_values_on_condition_check_failure(old);
                whole.put(put.build().map_err(unbuilt)?)
            }
            Change::Update { mut condition, patch } => {
                let text = patch.expression(&mut condition);
                let update = Update::builder().table_name(table).set_key(Some(key.clone())).update_expression(text);
                let update = update
                    .condition_expression(condition.text)
                    .set_expression_attribute_names(Some(condition.names))
                    .set_expression_attribute_values(condition.values)
                    .return_values_on_condition_check_failure(old);
                whole.update(update.build().map_err(unbuilt)?)
            }
            Change::Delete { condition: Expression { text, names, values } } => {
                let delete = Delete::builder().table_name(table).set_key(Some(key.clone()));
                let delete = delete.condition_expression(text).set_expression_attribute_names(Some(names));
                let delete =
                    delete.set_expression_attribute_values(values).return_values_on_condition_check_failure(old);
                whole.delete(delete.build().map_err(unbuilt)?)
            }
        }
        .build())
    }

    /// Values that nobody has, or the record itself, whose guard another program forgot.
    pub(super) fn taking(&self, guard: &Guard, owner: &Item, stamp: Stamp) -> Result<TransactWriteItem> {
        self.taking_from(guard, owner, &[], stamp)
    }

    /// The same, or values of one of the records `before`, which leave them.
    pub(super) fn taking_from(
        &self,
        guard: &Guard,
        owner: &Item,
        before: &[&Item],
        stamp: Stamp,
    ) -> Result<TransactWriteItem> {
        let mut item = guard.item(owner);
        stamp.put_into(&mut item);
        let Expression { text, names, values } = free_or_of(&[&[owner], before].concat());
        let put = PutItem::builder().table_name(self.companion()).set_item(Some(item));
        let put = put.condition_expression(text).set_expression_attribute_names(Some(names));
        let put = put.set_expression_attribute_values(values);
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }

    /// Values that one of these records has, or nobody.
    pub(super) fn leaving(&self, guard: &Guard, owners: &[&Item]) -> Result<TransactWriteItem> {
        let Expression { text, names, values } = free_or_of(owners);
        let delete = Delete::builder().table_name(self.companion()).key(KEY, AttributeValue::S(guard.key.clone()));
        let delete = delete.condition_expression(text).set_expression_attribute_names(Some(names));
        let delete = delete.set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build())
    }

    /// The table of the guards.
    pub(super) fn companion(&self) -> String {
        self.service.companion()
    }

    /// The record that has the values of a guard, read anew as often as they moved from one to another meanwhile.
    pub(super) async fn fetch_guarded(&self, context: &Context, guard: &Guard) -> Result<Option<Item>> {
        let mut held = self.held(context, guard).await?;
        loop {
            let Some(AttributeValue::M(owner)) =
                held.as_ref().filter(|held| guard.is(held)).and_then(|held| held.get(OWNER))
            else {
                return Ok(None);
            };
            let item = self.fetch_by(context, &self.table.name, owner).await?;
            if let Some(item) = item.filter(|item| self.guards.of(item).contains(guard)) {
                return Ok(Some(item));
            }
            // It left the values between the two reads, or another program changed it.
            let now = self.held(context, guard).await?;
            if now.is_none() || now == held {
                return Ok(None);
            }
            held = now;
        }
    }
}

/// That nobody has a guard, or one of these records.
fn free_or_of(owners: &[&Item]) -> Expression {
    let names = HashMap::from([("#k".to_owned(), KEY.to_owned()), ("#o".to_owned(), OWNER.to_owned())]);
    let (mut text, mut values) = ("attribute_not_exists(#k)".to_owned(), Item::new());
    for (number, owner) in owners.iter().enumerate() {
        let operand = format!(":o{number}");
        text.extend([" OR #o = ", &operand]);
        values.insert(operand, AttributeValue::M((*owner).clone()));
    }
    Expression { text, names, values: Some(values) }
}

/// Leaves out the items, from the one at `first` on, whose guards turned out to be another record's: this record never
/// had those values by the index, since another program wrote one of the two past the guards, and so it leaves nothing.
/// Whether there were any.
pub(super) fn leave_out<T>(items: &mut Vec<T>, unmet: &[Option<Unmet>], first: usize) -> bool {
    let (before, mut at) = (items.len(), 0);
    items.retain(|_| {
        at += 1;
        at <= first || !matches!(unmet.get(at - 1), Some(Some(_)))
    });
    items.len() < before
}

/// An error after a try that may have been done.
pub(super) fn also_unclear(error: Error, was_unclear: bool) -> Error {
    let may_have = was_unclear || error.may_have_happened();
    error.with_may_have_happened(may_have)
}

/// What it comes to that a guard is another record's.
pub(super) fn of_taken(guard: &Guard, item: Option<&Item>, stamp: Stamp, is_unclear: bool) -> Error {
    match item {
        // An earlier try was done, and its record is gone or another by now.
        Some(item) if stamp.is_on(item) => lost(),
        Some(item) if !guard.is(item) => Error::unexpected("two values have one hash").with_index(&guard.index),
        _ => Error::value_taken(&guard.index).with_may_have_happened(is_unclear),
    }
}

pub(super) fn unnamed(is_unclear: bool) -> Error {
    Error::unexpected("DynamoDB refused a transaction for a condition that it does not name")
        .with_may_have_happened(is_unclear)
}

pub(crate) fn unbuilt(native: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::unexpected("a part of a transaction is not complete").with_native(native)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c31_only_what_changes_hands_is_written() {
        let guard = |index: &str, key: &str| Guard { index: index.into(), key: key.into(), values: key.into() };
        let shift =
            Shift::new(vec![guard("a", "1"), guard("b", "1")], vec![guard("a", "1"), guard("b", "2"), guard("c", "3")]);
        assert_eq!((shift.taken, shift.left), (vec![guard("b", "2"), guard("c", "3")], vec![guard("b", "1")]));
        assert!(Shift::new(vec![guard("a", "1")], vec![guard("a", "1")]).is_nothing());
    }

    #[test]
    fn c31_c43_only_guards_that_are_left_and_are_of_others_are_left_out() {
        for (unmet, first, left) in [
            (vec![None, None, Some(None), None], 2, vec!["record", "taken", "left 2"]),
            (vec![None, Some(None), None, Some(None)], 2, vec!["record", "taken", "left 1"]),
            (vec![Some(None), Some(None)], 2, vec!["record", "taken", "left 1", "left 2"]),
            (vec![None, None, Some(None), Some(None)], 1, vec!["record", "taken"]),
        ] {
            let mut items = vec!["record", "taken", "left 1", "left 2"];
            assert_eq!((leave_out(&mut items, &unmet, first), items.clone()), (left.len() < 4, left), "{unmet:?}");
        }
    }

    #[test]
    fn c31_c42_its_own_guard_is_no_other_records() {
        let guard = Guard { index: "email".into(), key: "k".into(), values: vec![1] };
        let own = Stamp::of(&Context::new(backends_core::Timestamp::MIN, std::time::Duration::ZERO));
        let mut item = guard.item(&Item::new());
        let taken = of_taken(&guard, Some(&item), own, false);
        assert_eq!((taken.index(), taken.may_have_happened()), (Some("email"), false));
        assert!(of_taken(&guard, Some(&item), own, true).may_have_happened());
        own.put_into(&mut item);
        let lost = of_taken(&guard, Some(&item), own, true);
        assert!(lost.is_unavailable() && lost.may_have_happened());
        let other = Guard { values: vec![2], ..guard.clone() };
        assert!(of_taken(&other, Some(&guard.item(&Item::new())), own, false).is_unexpected());
    }
}
