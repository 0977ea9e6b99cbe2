//! Deleting a record: one request, which hands it over.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{Context, DeleteRequest, Deleted, Swapped};
use backends_core::{Key, Result};

use super::DynamoRepository;
use crate::codec::{Item, ItemBatch, ItemTokens};
use crate::expression::{Condition, Expression};
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::Stamp;

impl DynamoRepository {
    /// A second try would find nothing, and could not tell who deleted the record: an answer that is lost is an error.
    pub(super) async fn remove(&self, request: &DeleteRequest) -> Result<Deleted> {
        if !self.guards.is_empty() {
            return self.remove_seen(request).await;
        }
        // DynamoDB Local hands one item to several deletes at once that have no condition.
        let condition = request.expected.as_ref().map_or(Condition::There, Condition::Version);
        match self.delete_item(&request.context, Effect::Writes, &request.key, condition).await {
            // What has expired is gone by this, and was not there.
            Ok(Some(item)) if !request.check(Some(&mut ItemTokens::new(&item)))? => Ok(Deleted::missing()),
            Ok(Some(item)) => Ok(Deleted::record(Box::new(ItemBatch(vec![item])))),
            Ok(None) | Err(Failure { cause: Cause::Condition(_), .. }) => {
                request.check(None).map(|_| Deleted::missing())
            }
            Err(failure) => Err(failure.into_error()),
        }
    }

    /// Where values are unique: what the record has is to be known, so that it is freed.
    async fn remove_seen(&self, request: &DeleteRequest) -> Result<Deleted> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        loop {
            let Some(seen) = self.fetch_one(context, &request.key, None).await? else {
                return request.check(None).map(|_| Deleted::missing());
            };
            if !request.check(Some(&mut ItemTokens::new(&seen)))? {
                return Ok(Deleted::missing());
            }
            if self.take_away(context, &request.key, &seen, stamp).await?.swapped()? == Swapped::Done {
                return Ok(Deleted::record(Box::new(ItemBatch(vec![seen]))));
            }
            tokio::task::yield_now().await;
        }
    }

    /// Deletes the item with this key, if the condition is met; the item, if there was one.
    pub(super) async fn delete_item(
        &self,
        context: &Context,
        effect: Effect,
        key: &Key,
        condition: Condition<'_>,
    ) -> Result<Option<Item>, Failure> {
        let request = || {
            let Expression { text, names, values } = condition.expression(self.codec.partition());
            let delete = self
                .table
                .client
                .delete_item()
                .table_name(&self.table.name)
                .set_key(Some(self.codec.key(key)?))
                .condition_expression(text)
                .set_expression_attribute_names(Some(names))
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_values(ReturnValue::AllOld);
            Ok(delete.send())
        };
        let answer = self.service.ask(context, effect, request).await?;
        Ok(answer.attributes.filter(|item| !item.is_empty()))
    }
}
