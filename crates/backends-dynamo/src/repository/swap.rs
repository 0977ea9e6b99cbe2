//! Changing one record if what is stored is what was read.

use backends_core::driver::{SwapRequest, Swapped};
use backends_core::{RecordBuf, Result};

use super::DynamoRepository;
use crate::codec::{Item, ItemTokens};
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
            (None, Some(stored)) => self.take_away(context, &request.key, &stored, stamp).await?.swapped(),
            (Some(record), stored) => {
                self.put_over_seen(context, &request.key, stored.as_ref(), record, stamp, None).await?.swapped()
            }
        }
    }
}

/// Whether what is stored is the record that was read.
fn is(seen: Option<&RecordBuf>, stored: Option<&Item>) -> Result<bool> {
    Ok(match (seen, stored) {
        (Some(seen), Some(stored)) => RecordBuf::in_part(|| ItemTokens::new(stored))? == *seen,
        (None, None) => true,
        _ => false,
    })
}
