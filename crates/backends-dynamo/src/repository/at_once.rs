//! Changing a record by one request without a read, and taking that back where it should not have been done.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{UpdateRequest, Updated};
use backends_core::{Change, Error, RecordBuf, Result};

use super::update::Patch;
use super::{DynamoRepository, lost};
use crate::codec::{Item, ItemTokens};
use crate::expression::Expression;
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::{STAMP, Stamp};
use crate::update::AtOnce;

/// What came of it.
pub(super) enum Attempt {
    Updated(Updated),
    /// Nothing was done, and this is there: it has to be looked at.
    Seen(Item),
}

impl DynamoRepository {
    /// Makes the request. A second one would count or append twice, so that it is not made again when its answer is lost,
    /// but for one that expects a version, which its own success changes.
    pub(super) async fn update_at_once(
        &self,
        request: &UpdateRequest,
        AtOnce { condition, update }: AtOnce,
        stamp: &Stamp,
    ) -> Result<Attempt> {
        let effect = if request.expected.is_some() { Effect::WritesOnce } else { Effect::Writes };
        let send = || {
            let item = self.table.client.update_item().table_name(&self.table.name);
            let item = item
                .set_key(Some(self.codec.key(&request.key)?))
                .update_expression(&update)
                .condition_expression(&condition.text)
                .set_expression_attribute_names(Some(condition.names.clone()))
                .set_expression_attribute_values(condition.values.clone())
                .return_values(ReturnValue::AllOld)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            Ok(item.send())
        };
        let failure = match self.service.ask(&request.context, effect, send).await {
            Ok(answer) => return self.after(request, &answer.attributes.unwrap_or_default(), stamp).await,
            Err(failure) => failure,
        };
        match failure {
            Failure { cause: Cause::Condition(Some(item)), .. } if stamp.is_on(&item) => done(request, &item),
            Failure { cause: Cause::Condition(_), is_unclear: true } => Err(lost()),
            Failure { cause: Cause::Condition(Some(item)), .. } => Ok(Attempt::Seen(item)),
            Failure { cause: Cause::Condition(None), .. } => Ok(Attempt::Updated(Updated::missing())),
            Failure { cause: Cause::Error(error), is_unclear: true } => {
                match self.fetch_one(&request.context, &request.key, None).await {
                    Ok(Some(item)) if stamp.is_on(&item) => done(request, &item),
                    _ => Err(error),
                }
            }
            failure => Err(failure.into_error()),
        }
    }

    /// The record as core makes it of what was there. What it refuses was done all the same: no condition tells a fraction
    /// from an integer, nor what the type cannot read.
    async fn after(&self, request: &UpdateRequest, before: &Item, stamp: &Stamp) -> Result<Attempt> {
        let seen = RecordBuf::in_part(|| ItemTokens::new(before));
        let refused = match seen.and_then(|seen| request.apply(&seen)) {
            Ok(Some(record)) => return Ok(Attempt::Updated(Updated::record(Box::new(record)))),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let is_back = self.take_back(request, before, stamp).await;
        match refused {
            Some(error) => Err(error.with_may_have_happened(!is_back)),
            None if is_back => Ok(Attempt::Updated(Updated::missing())),
            None => Err(lost()),
        }
    }

    /// Puts back what was there, as long as nobody has written since. Whether it is there again.
    async fn take_back(&self, request: &UpdateRequest, before: &Item, stamp: &Stamp) -> bool {
        let own = Item::from([(STAMP.to_owned(), stamp.attribute())]);
        let condition = Expression::same(&own, &[STAMP], self.codec.partition());
        let changed: BTreeSet<&str> = request.changes.iter().map(|change| change.path().first()).collect();
        let patch = Patch::back(before, &changed);
        match self.patch(&request.context, &request.key, condition, patch).await {
            Ok(()) => true,
            // Of a second try: the first has done it.
            Err(Failure { cause: Cause::Condition(Some(item)), .. }) => item == *before,
            Err(_) => false,
        }
    }
}

/// The record that this very request has left, whose answer was lost.
fn done(request: &UpdateRequest, item: &Item) -> Result<Attempt> {
    let record = RecordBuf::in_part(|| ItemTokens::new(item))?;
    // What was there is not known any more; a fraction is one still.
    let counts = request.changes.iter().filter_map(|change| match change {
        Change::Inc(path, _) => Some(Change::Inc(path.clone(), 0)),
        _ => None,
    });
    let counts: Vec<Change> = counts.collect();
    let again = UpdateRequest::new(request.context.clone(), request.key.clone(), counts);
    again.apply(&record).map_err(|error: Error| error.with_may_have_happened(true))?;
    Ok(Attempt::Updated(Updated::record(Box::new(record))))
}
