//! Replacing a record, or inserting it.

use backends_core::driver::{ExpectedVersion, IdRule, ReplaceRequest, Replaced, Swapped};
use backends_core::{Error, RecordBuf, Result, Tokens};

use super::put::Put;
use super::{DynamoRepository, is_over, lost};
use crate::codec::ItemTokens;
use crate::expression::Condition;
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::Stamp;

impl DynamoRepository {
    pub(super) async fn put_in_place(&self, request: &ReplaceRequest) -> Result<Replaced> {
        // What the record had before is to be known, so that it is freed; and whether it has expired, which the one put
        // of an upsert hands over.
        let is_one_put = request.create && request.expected.is_none();
        if !self.guards.is_empty() || request.expiry.is_some() && !is_one_put {
            return self.put_over(request).await;
        }
        match (&request.id, &request.expected) {
            (_, Some(expected)) if request.only_inserts() => {
                let merged = request.merge(None)?;
                self.put_expecting(request, expected, &merged.record, Condition::Missing).await
            }
            (IdRule::Keep { .. }, _) => self.put_over(request).await,
            (_, Some(expected)) => {
                self.put_expecting(request, expected, &request.record, Condition::Version(expected)).await
            }
            _ => self.put_whole(request).await,
        }
    }

    /// Where the version tells what may be there: one request, which a second try does not do twice.
    async fn put_expecting(
        &self,
        request: &ReplaceRequest,
        expected: &ExpectedVersion,
        record: &RecordBuf,
        condition: Condition<'_>,
    ) -> Result<Replaced> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        let put = Put { record, stamp, condition: Some(condition), returns_old: false };
        let stored = || Ok(Replaced::stored(record.clone(), request.only_inserts()));
        let Err(failure) = self.put(context, Effect::WritesOnce, &put).await else { return stored() };
        match failure {
            Failure { cause: Cause::Condition(Some(item)), .. } if stamp.is_on(&item) => stored(),
            Failure { cause: Cause::Condition(_), is_unclear: true } => Err(lost()),
            Failure { cause: Cause::Condition(item), .. } => {
                let mut tokens = item.as_ref().map(ItemTokens::new);
                request.merge(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
                Err(Error::stale_version(expected.field()))
            }
            failure => Err(failure.into_error()),
        }
    }

    /// Where the id is the key: the record is all that is to be stored, by one request. A second try would write over
    /// what others wrote meanwhile; when an answer is lost, a look at the stamp tells whether the write was done.
    async fn put_whole(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        let condition = (!request.create).then_some(Condition::There);
        let put = Put { record: &request.record, stamp, condition, returns_old: request.create };
        let failure = match self.put(context, Effect::Writes, &put).await {
            Ok(old) => {
                let old = old.filter(|item| !item.is_empty());
                let was_free = old.map_or(Ok(true), |item| is_over(request.expiry.as_ref(), &item))?;
                return Ok(Replaced::stored(request.record.clone(), request.create && was_free));
            }
            Err(failure) => failure,
        };
        match failure {
            Failure { cause: Cause::Condition(_), .. } => request.merge(None).map(Into::into),
            Failure { cause: Cause::Error(error), is_unclear: true } => self.settle(request, &stamp, error).await,
            failure => Err(failure.into_error()),
        }
    }

    /// What a put comes to whose answer was lost.
    async fn settle(&self, request: &ReplaceRequest, stamp: &Stamp, error: Error) -> Result<Replaced> {
        match self.fetch_one(&request.context, &request.key, None).await {
            Ok(Some(item)) if stamp.is_on(&item) && !request.create => {
                Ok(Replaced::stored(request.record.clone(), false))
            }
            Ok(Some(item)) if stamp.is_on(&item) => Err(Error::unavailable(
                "the record is stored, and the answer was lost that told whether there was one before: go on, or read it",
            )
            .with_may_have_happened(true)),
            _ => Err(error),
        }
    }

    /// Where the key is other fields, or values are unique: what is stored is read first, and has to be there still.
    async fn put_over(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        loop {
            let seen = self.fetch_one(context, &request.key, None).await?;
            let mut tokens = seen.as_ref().map(ItemTokens::new);
            let merged = request.merge(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
            let (key, record, expiry) = (&request.key, &merged.record, request.expiry.as_ref());
            let outcome = self.put_over_seen(context, key, seen.as_ref(), record, stamp, expiry).await?;
            if outcome.swapped()? == Swapped::Done {
                return Ok(merged.into());
            }
            tokio::task::yield_now().await;
        }
    }
}
