//! Putting one item.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{Context, Expiry};
use backends_core::{Error, Key, RecordBuf, Result};

use super::{DynamoRepository, Outcome, is_over, lost};
use crate::codec::Item;
use crate::expression::{Alive, Condition, Expression};
use crate::retry::Effect;
use crate::service::Failure;
use crate::stamp::Stamp;

/// A record to put, its stamp, and what has to be so.
pub(super) struct Put<'a> {
    pub(super) record: &'a RecordBuf,
    pub(super) stamp: Stamp,
    pub(super) condition: Option<Condition<'a>>,
    /// Besides, that what stands there has not expired.
    pub(super) alive: Option<&'a Expiry>,
    /// Whether the item is wanted that stood there.
    pub(super) returns_old: bool,
}

impl DynamoRepository {
    /// Puts the record; the item that stood there, if it is wanted and there was one.
    pub(super) async fn put(&self, context: &Context, effect: Effect, put: &Put<'_>) -> Result<Option<Item>, Failure> {
        let request = || {
            let item = self.codec.item(put.record, &put.stamp)?;
            let mut request = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
            if let Some(condition) = put.condition {
                let condition = condition.expression(self.codec.partition());
                let alive = put.alive.map(|expiry| Alive(expiry).expression());
                let Expression { text, names, values } = alive.into_iter().fold(condition, Expression::and);
                request = request
                    .condition_expression(text)
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            }
            if put.returns_old {
                request = request.return_values(ReturnValue::AllOld);
            }
            Ok(request.send())
        };
        let answer = self.service.ask(context, effect, request).await?;
        Ok(answer.attributes)
    }

    /// Puts a record whose key nothing has, and whose unique values nothing has either; or what has, has expired, and is
    /// gone by then.
    ///
    /// # Errors
    /// `AlreadyExists`; `Unavailable` where an answer was lost, and what has the key may be this record, changed since.
    pub(super) async fn put_new(
        &self,
        context: &Context,
        key: &Key,
        record: &RecordBuf,
        stamp: Stamp,
        expiry: Option<&Expiry>,
    ) -> Result<()> {
        let (mut expired, mut was_unclear) = (None, false);
        loop {
            match self.put_over_seen(context, key, expired.as_ref(), record, stamp, expiry).await? {
                Outcome::Done => return Ok(()),
                Outcome::Other { item, is_unclear } => {
                    was_unclear |= is_unclear;
                    expired = match item {
                        Some(item) if is_over(expiry, &item)? => Some(item),
                        // Somebody else has removed it.
                        None if expired.is_some() => None,
                        _ if was_unclear => return Err(lost()),
                        _ => return Err(Error::key_taken()),
                    };
                }
            }
        }
    }
}
