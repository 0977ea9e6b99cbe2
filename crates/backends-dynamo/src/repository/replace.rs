//! Replacing a record, or inserting it.

use backends_core::driver::{ExpectedVersion, IdRule, ReplaceRequest, Replaced, Swapped};
use backends_core::{Error, RecordBuf, Result, Tokens};

use super::put::Put;
use super::{DynamoRepository, is_over, lost};
use crate::codec::{Item, ItemTokens};
use crate::expression::Condition;
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::Stamp;

impl DynamoRepository {
    pub(super) async fn put_in_place(&self, request: &ReplaceRequest) -> Result<Replaced> {
        // What the record had before is to be known, so that it is freed.
        if !self.guards.is_empty() {
            return self.put_over(request, None).await;
        }
        match (&request.id, &request.expected) {
            (_, Some(expected)) if request.only_inserts() => {
                let merged = request.merge(None)?;
                self.put_expecting(request, expected, &merged.record, Condition::Missing).await
            }
            (IdRule::Keep { .. }, _) => self.put_over(request, None).await,
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
        let expiry = request.expiry.as_ref();
        let alive = expiry.filter(|_| !request.only_inserts());
        let put = Put { record, stamp, condition: Some(condition), alive, returns_old: false };
        let stored = || Ok(Replaced::stored(record.clone(), request.only_inserts()));
        let Err(failure) = self.put(context, Effect::WritesOnce, &put).await else { return stored() };
        match failure {
            Failure { cause: Cause::Condition(Some(item)), .. } if stamp.is_on(&item) => stored(),
            // What has expired is none of this write's tries, as of an `insert`.
            Failure { cause: Cause::Condition(Some(item)), is_unclear }
                if request.expiry.is_some() && (!is_unclear || request.create && is_over(expiry, &item)?) =>
            {
                self.put_over(request, Some(item)).await
            }
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
        let (condition, alive) =
            if request.create { (None, None) } else { (Some(Condition::There), request.expiry.as_ref()) };
        let put = Put { record: &request.record, stamp, condition, alive, returns_old: request.create };
        let failure = match self.put(context, Effect::Writes, &put).await {
            Ok(old) => {
                let old = old.filter(|item| !item.is_empty());
                let was_free = old.map_or(Ok(true), |item| is_over(request.expiry.as_ref(), &item))?;
                return Ok(Replaced::stored(request.record.clone(), request.create && was_free));
            }
            Err(failure) => failure,
        };
        match failure {
            // It has expired, or tells when it does in another form than this library.
            Failure { cause: Cause::Condition(Some(item)), is_unclear: false } => {
                self.put_over(request, Some(item)).await
            }
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

    /// Where the key is other fields, or values are unique: what is stored is read first, if nobody has `seen` it, and has
    /// to be there still.
    async fn put_over(&self, request: &ReplaceRequest, mut seen: Option<Item>) -> Result<Replaced> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        loop {
            let stored = match seen.take() {
                None => self.fetch_one(context, &request.key, None).await?,
                seen => seen,
            };
            let mut tokens = stored.as_ref().map(ItemTokens::new);
            let merged = request.merge(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
            let (key, record, expiry) = (&request.key, &merged.record, request.expiry.as_ref());
            let outcome = self.put_over_seen(context, key, stored.as_ref(), record, stamp, expiry).await?;
            if outcome.swapped()? == Swapped::Done {
                return Ok(merged.into());
            }
            tokio::task::yield_now().await;
        }
    }
}
