//! Copies of records in which some values cannot be read.

use std::collections::BTreeMap;

use super::{RecordBuf, tag};
use crate::{Batch, Result, Token, Tokens};

/// So many values of one record are left out before the whole of it counts as unreadable: the record is walked once for
/// each.
const MOST: usize = 100;

impl RecordBuf {
    /// Copies the record at `index` of `batch`. In the place of a value that cannot be read stands why, so that only who
    /// asks for it fails.
    ///
    /// # Errors
    /// Those of the batch; `Unreadable` where more cannot be read than single values.
    pub(crate) fn from_batch_in_part(batch: &dyn Batch, index: usize) -> Result<Self> {
        match Self::from_batch(batch, index) {
            Err(error) if error.is_unreadable() => copy_in_part(batch, index),
            copied => copied,
        }
    }

    fn push_unreadable(&mut self, why: &str) {
        self.push_run(tag::UNREADABLE, why.as_bytes());
    }
}

#[cold]
fn copy_in_part(batch: &dyn Batch, index: usize) -> Result<RecordBuf> {
    let mut unreadable = BTreeMap::new();
    loop {
        let mut copy = Copy { record: RecordBuf::new(), failed: None };
        let Err(error) = batch.read(index, &mut |tokens| copy.take(tokens, &unreadable)) else {
            return Ok(copy.record);
        };
        match copy.failed {
            Some(step) if error.is_unreadable() && unreadable.len() < MOST => {
                unreadable.insert(step, error.message().to_owned());
            }
            _ => return Err(error),
        }
    }
}

struct Copy {
    record: RecordBuf,
    /// The step of the walk at which a value could not be read.
    failed: Option<usize>,
}

impl Copy {
    /// Copies what is walked, without the values at these steps.
    fn take(&mut self, tokens: &mut dyn Tokens, unreadable: &BTreeMap<usize, String>) -> Result<()> {
        if tokens.next()? != Token::Map {
            return Err(super::no_map());
        }
        // For each array and map that is open, whether it is an array.
        let mut open = vec![false];
        let mut is_value_due = false;
        let mut step = 0;
        while let Some(is_array) = open.last() {
            let is_value = *is_array || is_value_due;
            step += 1;
            is_value_due = false;
            if let Some(why) = unreadable.get(&step) {
                tokens.skip()?;
                self.record.push_unreadable(why);
                continue;
            }
            let token = tokens.next().inspect_err(|_| self.failed = is_value.then_some(step))?;
            match token {
                Token::Array => open.push(true),
                Token::Map => open.push(false),
                Token::End => _ = open.pop(),
                Token::Field(_) => is_value_due = true,
                _ => {}
            }
            if !open.is_empty() {
                self.record.push(token);
            }
        }
        Ok(())
    }
}
