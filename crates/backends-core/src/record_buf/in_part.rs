//! Copies of records in which some values cannot be read.

use super::{RecordBuf, tag};
use crate::token::read_one;
use crate::{Batch, Error, Result, Token, Tokens};

/// So many values of one record are left out before the whole of it counts as unreadable: no record that a database
/// holds has more, and a walk that does not go on behind such a value ends.
const MOST: usize = 1_000_000;

impl RecordBuf {
    /// Copies the record at `index` of `batch`. In the place of a value that cannot be read stands why, so that only who
    /// asks for it fails.
    ///
    /// # Errors
    /// Those of the batch; `Unreadable` where more cannot be read than single values.
    pub(crate) fn from_batch_in_part(batch: &dyn Batch, index: usize) -> Result<Self> {
        match Self::from_batch(batch, index) {
            Err(error) if error.is_unreadable() => read_one(batch, index, copy_in_part).map_err(|_| error),
            copied => copied,
        }
    }

    fn push_unreadable(&mut self, why: &str) {
        self.push_run(tag::UNREADABLE, why.as_bytes());
    }
}

#[cold]
fn copy_in_part(tokens: &mut dyn Tokens) -> Result<RecordBuf> {
    if tokens.next()? != Token::Map {
        return Err(super::no_map());
    }
    let mut record = RecordBuf::new();
    // For each array and map that is open, whether it is an array.
    let mut open = vec![false];
    let (mut is_value_due, mut unreadable) = (false, 0);
    while let Some(is_array) = open.last() {
        let is_value = *is_array || is_value_due;
        is_value_due = false;
        let token = match tokens.next() {
            Err(error) if is_value && is_passed_over(&error, &mut unreadable) => {
                record.push_unreadable(error.message());
                continue;
            }
            token => token?,
        };
        match token {
            Token::Array => open.push(true),
            Token::Map => open.push(false),
            Token::End => _ = open.pop(),
            Token::Field(_) => is_value_due = true,
            _ => {}
        }
        if !open.is_empty() {
            record.push(token);
        }
    }
    Ok(record)
}

/// Whether the value is one more that is left out.
fn is_passed_over(error: &Error, unreadable: &mut usize) -> bool {
    *unreadable += 1;
    error.is_unreadable() && *unreadable <= MOST
}
