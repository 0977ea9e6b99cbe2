//! The service: the names of tables in it, and how requests to it wait, are made again, and fail.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::CancellationReason;
use backends_core::driver::Context;
use backends_core::{Error, Result};
use tokio::time::{Instant, sleep, timeout_at};

use crate::ScanMode;
use crate::codec::Item;
use crate::error::{Meaning, Native, cancelled, translate};
use crate::retry::{Again, Effect, pause};

/// How long before a call's deadline it is said why no answer came; core says nothing but "too late".
const MARGIN: Duration = Duration::from_millis(5);

/// How much time has to be left for another try: one that is cut off makes a write that surely was not done one that
/// may have been.
const ROOM: Duration = Duration::from_millis(20);

/// The client, what the names of its tables begin with, and what reads by filter may do.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) prefix: String,
    pub(crate) scan: ScanMode,
    pub(crate) max_sort_bytes: u64,
}

/// Why a request came to nothing.
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// Whether one of the tries may have been done.
    pub(crate) is_unclear: bool,
}

pub(crate) enum Cause {
    /// The condition is not met: the item that stands there.
    Condition(Option<Item>),
    /// Those of a transaction that are not met, by position: the items that stand there.
    Conditions(Vec<Option<Unmet>>),
    /// Anything else.
    Error(Error),
}

/// A condition that is not met: the item that stands there, if one does.
pub(crate) type Unmet = Option<Item>;

impl Failure {
    /// The error, for a request that has no condition.
    pub(crate) fn into_error(self) -> Error {
        match self.cause {
            Cause::Error(error) => error,
            Cause::Condition(_) | Cause::Conditions(_) => {
                Error::unexpected("DynamoDB speaks of a condition where there is none")
                    .with_may_have_happened(self.is_unclear)
            }
        }
    }
}

/// The errors of one kind of request.
pub(crate) trait Refusal: ProvideErrorMetadata + StdError + Send + Sync + 'static {
    /// The item that did not meet the condition, if that is what it says.
    fn condition(&mut self) -> Option<Option<Item>> {
        None
    }

    /// Why a transaction was cancelled, by position, if that is what it says.
    fn reasons(&mut self) -> Option<Vec<CancellationReason>> {
        None
    }
}

impl Service {
    /// The name that the table of `name` has here.
    pub(crate) fn table_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The name of the companion table, which keeps what is no record of any repository.
    pub(crate) fn companion(&self) -> String {
        // No repository has a name like it.
        self.table_name("_backends")
    }

    /// Makes a request, again where that helps and does no harm, until the deadline of the call.
    pub(crate) async fn ask<T, E, F>(
        &self,
        context: &Context,
        effect: Effect,
        mut request: impl FnMut() -> Result<F>,
    ) -> Result<T, Failure>
    where
        E: Refusal,
        F: Future<Output = Result<T, Native<E>>>,
    {
        let (mut throttled, mut stumbled, mut was_unclear, mut last) = (0, 0, false, None);
        loop {
            // What is polled is sent, also when its time is over before it begins.
            if Instant::now() >= early(context) {
                return Err(error(last.unwrap_or_else(too_late), was_unclear, effect));
            }
            // Boxed: the future of a request has kilobytes, which every one around it would hold too, and copy.
            let failed = match request().map(Box::pin) {
                Ok(request) => match timeout_at(early(context), request).await {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(native)) => fail(native, was_unclear)?,
                    // Why it went on until now says more than that it did.
                    Err(_) => return Err(error(last.unwrap_or_else(too_late), true, effect)),
                },
                Err(unsent) => return Err(error(unsent, was_unclear, effect)),
            };
            was_unclear |= failed.is_unclear;
            // A table that was throttled for long has failed no oftener for that.
            let tries = if failed.again == Again::Patiently { &mut throttled } else { &mut stumbled };
            *tries += 1;
            let tries = *tries;
            let Some(pause) = pause(failed.again, effect, failed.is_unclear, tries, fastrand::f64()) else {
                return Err(error(failed.error, was_unclear, effect));
            };
            if Instant::now() + pause + ROOM >= early(context) {
                return Err(error(failed.error, was_unclear, effect));
            }
            last = Some(failed.error);
            sleep(pause).await;
        }
    }

    /// The same for requests without a condition, with an error of this library.
    pub(crate) async fn call<T, E, F>(
        &self,
        context: &Context,
        effect: Effect,
        request: impl FnMut() -> Result<F>,
    ) -> Result<T>
    where
        E: Refusal,
        F: Future<Output = Result<T, Native<E>>>,
    {
        self.ask(context, effect, request).await.map_err(Failure::into_error)
    }
}

/// What an error of the client means; a condition that is not met ends the tries.
fn fail<E: Refusal>(mut native: Native<E>, was_unclear: bool) -> Result<Meaning, Failure> {
    if let Native::ServiceError(_) = &native {
        let (mut refusal, mut reasons) = (None, None);
        native = native.map_service_error(|mut service| {
            (refusal, reasons) = (service.condition(), service.reasons());
            service
        });
        if let Some(item) = refusal {
            return Err(Failure { cause: Cause::Condition(item), is_unclear: was_unclear });
        }
        if let Some(reasons) = reasons {
            return match unmet(reasons) {
                Ok(unmet) => Err(Failure { cause: Cause::Conditions(unmet), is_unclear: was_unclear }),
                Err(reason) => Ok(cancelled(&reason, native)),
            };
        }
    }
    Ok(translate(native))
}

/// The conditions that are not met; where all are, the reason of the cancellation.
fn unmet(reasons: Vec<CancellationReason>) -> Result<Vec<Option<Unmet>>, CancellationReason> {
    let is_condition = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    if reasons.iter().any(is_condition) {
        let unmet = |reason: CancellationReason| {
            let is_unmet = is_condition(&reason);
            is_unmet.then(|| reason.item.filter(|item| !item.is_empty()))
        };
        return Ok(reasons.into_iter().map(unmet).collect());
    }
    let is_none = |reason: &CancellationReason| matches!(reason.code(), None | Some("None"));
    Err(reasons.into_iter().find(|reason| !is_none(reason)).unwrap_or_else(|| CancellationReason::builder().build()))
}

fn error(error: Error, is_unclear: bool, effect: Effect) -> Failure {
    let is_unclear = is_unclear && effect.is_write();
    Failure { cause: Cause::Error(error.with_may_have_happened(is_unclear)), is_unclear }
}

fn too_late() -> Error {
    Error::timeout("DynamoDB did not answer in time: ask again, or give more time with `.timeout(…)`")
}

/// Shortly before the deadline.
fn early(context: &Context) -> Instant {
    let deadline = context.deadline();
    deadline.checked_sub(MARGIN).unwrap_or(deadline)
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// The errors of the requests that this backend makes.
mod refusals {
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
    use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemError;
    use aws_sdk_dynamodb::operation::create_table::CreateTableError;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
    use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
    use aws_sdk_dynamodb::operation::describe_time_to_live::DescribeTimeToLiveError;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_sdk_dynamodb::operation::query::QueryError;
    use aws_sdk_dynamodb::operation::scan::ScanError;
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    use aws_sdk_dynamodb::operation::update_table::UpdateTableError;
    use aws_sdk_dynamodb::operation::update_time_to_live::UpdateTimeToLiveError;

    use aws_sdk_dynamodb::types::CancellationReason;

    use super::{Item, Refusal};

    impl Refusal for GetItemError {}
    impl Refusal for BatchGetItemError {}
    impl Refusal for BatchWriteItemError {}
    impl Refusal for QueryError {}
    impl Refusal for ScanError {}
    impl Refusal for DescribeTableError {}
    impl Refusal for CreateTableError {}
    impl Refusal for UpdateTableError {}
    impl Refusal for DescribeTimeToLiveError {}
    impl Refusal for UpdateTimeToLiveError {}

    impl Refusal for TransactWriteItemsError {
        fn reasons(&mut self) -> Option<Vec<CancellationReason>> {
            match self {
                Self::TransactionCanceledException(cancelled) => {
                    Some(cancelled.cancellation_reasons.take().unwrap_or_default())
                }
                _ => None,
            }
        }
    }

    impl Refusal for PutItemError {
        fn condition(&mut self) -> Option<Option<Item>> {
            match self {
                Self::ConditionalCheckFailedException(failed) => Some(failed.item.take()),
                _ => None,
            }
        }
    }

    impl Refusal for UpdateItemError {
        fn condition(&mut self) -> Option<Option<Item>> {
            match self {
                Self::ConditionalCheckFailedException(failed) => Some(failed.item.take()),
                _ => None,
            }
        }
    }

    impl Refusal for DeleteItemError {
        fn condition(&mut self) -> Option<Option<Item>> {
            match self {
                Self::ConditionalCheckFailedException(failed) => Some(failed.item.take()),
                _ => None,
            }
        }
    }
}
