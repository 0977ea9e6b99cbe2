//! Changing one record if what is stored is what was read.

use backends_core::driver::{SwapRequest, Swapped};
use backends_core::{RecordBuf, Result};

use super::{DynamoRepository, Outcome, lost, outcome};
use crate::codec::{Item, ItemTokens};
use crate::service::Failure;
use crate::stamp::Stamp;

impl DynamoRepository {
    pub(super) async fn compare_and_swap(&self, request: &SwapRequest) -> Result<Swapped> {
        let (context, stamp) = (&request.context, Stamp::of(&request.context));
        // What is to be inserted needs no look: its condition says it all.
        let stored = match (&request.seen, &request.record) {
            (None, Some(_)) => None,
            _ => self.fetch_one(context, &request.key, None).await?,
        };
        if !is(request.seen.as_ref(), stored.as_ref())? {
            return Ok(Swapped::Changed);
        }
        match (&request.record, stored) {
            (None, None) => Ok(Swapped::Done),
            (None, Some(stored)) => self.take_away(context, &request.key, &stored, stamp).await,
            (Some(record), stored) => self.write_over(context, &request.key, stored.as_ref(), record, stamp).await,
        }
    }
}

/// What became of a write on the condition that what was read is there still.
pub(super) fn what_came(written: Result<(), Failure>, stamp: &Stamp) -> Result<Swapped> {
    match written {
        Ok(()) => Ok(Swapped::Done),
        Err(failure) => match outcome(failure, stamp)? {
            Outcome::Done => Ok(Swapped::Done),
            Outcome::Other { is_unclear: true } => Err(lost()),
            Outcome::Other { is_unclear: false } => Ok(Swapped::Changed),
        },
    }
}

/// Whether what is stored is the record that was read.
fn is(seen: Option<&RecordBuf>, stored: Option<&Item>) -> Result<bool> {
    Ok(match (seen, stored) {
        (Some(seen), Some(stored)) => RecordBuf::from_tokens(&mut ItemTokens::new(stored))? == *seen,
        (None, None) => true,
        _ => false,
    })
}
