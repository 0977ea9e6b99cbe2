//! Putting one item.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::Context;
use backends_core::{Error, Key, RecordBuf, Result};

use super::guarded::{Change, Guarded, Shift};
use super::{DynamoRepository, Outcome, outcome};
use crate::codec::Item;
use crate::expression::{Condition, Expression};
use crate::retry::Effect;
use crate::service::Failure;
use crate::stamp::Stamp;

/// A record to put, its stamp, and what has to be so.
pub(super) struct Put<'a> {
    pub(super) record: &'a RecordBuf,
    pub(super) stamp: Stamp,
    pub(super) condition: Option<Condition<'a>>,
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
                let Expression { text, names, values } = condition.expression(self.codec.partition());
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

    /// Puts a record whose key nothing has, and whose unique values nothing has either.
    pub(super) async fn put_new(&self, context: &Context, key: &Key, record: &RecordBuf, stamp: Stamp) -> Result<()> {
        if !self.guards.is_empty() {
            let item = self.codec.item(record, &stamp)?;
            let shift = Shift::new(Vec::new(), self.guards.of(&item));
            if !shift.is_nothing() {
                let condition = Condition::Missing.expression(self.codec.partition());
                let change = Change::Put { item: &item, condition };
                return match self.with_guards(context, key, change, &shift, stamp).await? {
                    Guarded::Done => Ok(()),
                    Guarded::Changed { is_unclear } => Err(Error::key_taken().with_may_have_happened(is_unclear)),
                };
            }
        }
        let put = Put { record, stamp, condition: Some(Condition::Missing), returns_old: false };
        match self.put(context, Effect::WritesOnce, &put).await {
            Ok(_) => Ok(()),
            Err(failure) => match outcome(failure, &stamp)? {
                Outcome::Done => Ok(()),
                Outcome::Other { is_unclear } => Err(Error::key_taken().with_may_have_happened(is_unclear)),
            },
        }
    }
}
