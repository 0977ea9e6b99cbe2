//! Guards for records that are there already, when an index becomes unique.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use backends_core::driver::{Context, Duplicates};
use backends_core::{Definition, Error, Result};

use super::DynamoRepository;
use super::guarded::unbuilt;
use crate::codec::Item;
use crate::expression::Expression;
use crate::guard::{Guard, Guards, OWNER};
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::Stamp;

impl DynamoRepository {
    /// Holds the values of one item by guards of these indexes, as long as it is what was read. It may be done by many at
    /// once, and again.
    ///
    /// # Errors
    /// `DefinitionConflict` if another record has one of the values.
    pub(crate) async fn give_guards(&self, context: &Context, guards: &Guards, mut item: Item) -> Result<()> {
        let fields: Vec<String> = guards.fields().map(str::to_owned).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        loop {
            let given = guards.of(&item);
            if given.is_empty() {
                return Ok(());
            }
            let owner = self.owner(&item);
            let condition = Expression::same(&item, &fields, self.codec.partition());
            let mut items = vec![self.as_read(&owner, condition)?];
            for guard in &given {
                items.push(self.taking(guard, &owner, Stamp::of(context))?);
            }
            let request = || {
                let transaction = self.table.client.transact_write_items();
                Ok(transaction.set_transact_items(Some(items.clone())).send())
            };
            let unmet = match self.service.ask(context, Effect::WritesOnce, request).await {
                Ok(_) => return Ok(()),
                Err(Failure { cause: Cause::Conditions(unmet), .. }) => unmet,
                Err(failure) => return Err(failure.into_error()),
            };
            let mut unmet = unmet.into_iter();
            match unmet.next().flatten() {
                // It was deleted meanwhile, or changed.
                Some(None) => return Ok(()),
                Some(Some(now)) => item = now,
                None => {
                    let taken = given.iter().zip(unmet).find_map(|(guard, unmet)| Some((guard, unmet??)));
                    let Some((guard, held)) = taken else {
                        return Err(Error::unexpected("a condition without a cause"));
                    };
                    if self.holder(context, guard, &held).await?.is_some() {
                        return Err(self.stored_twice(guard, &item, &held));
                    }
                    self.let_go(context, guard, &held).await?;
                }
            }
        }
    }

    /// The attributes of the key.
    fn owner(&self, item: &Item) -> Item {
        let key = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
        self.codec.keys().iter().filter_map(|field| key(&field.name)).collect()
    }

    fn as_read(&self, key: &Item, condition: Expression) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder().table_name(&self.table.name).set_key(Some(key.clone()));
        let check = check
            .condition_expression(condition.text)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuilt)?).build())
    }

    fn stored_twice(&self, guard: &Guard, item: &Item, held: &Item) -> Error {
        let id_field = self.definition.id_field();
        let other = match held.get(OWNER) {
            Some(AttributeValue::M(owner)) => id_of(owner, id_field),
            _ => String::new(),
        };
        told(&self.definition, &guard.index, vec![vec![id_of(item, id_field), other]])
    }
}

/// The error that names records with the same values in an index.
pub(crate) fn told(definition: &Definition, index: &str, groups: Vec<Vec<String>>) -> Error {
    match definition.index(index) {
        Some(index) => Duplicates::new(groups).of(index),
        None => Error::unexpected("a guard without an index"),
    }
}

/// The id in an item, if it has one.
pub(crate) fn id_of(item: &Item, id_field: &str) -> String {
    match item.get(id_field) {
        Some(AttributeValue::S(id)) => id.clone(),
        _ => String::new(),
    }
}
