//! What is the same of every answer of a driver.

use super::{
    BatchWritten, Counted, Defined, Deleted, Fetched, Found, Inserted, InsertedRecords, Replaced, Swapped, Updated,
};

/// What a driver answers to a call, for one that stands around another driver.
pub trait Answer {
    /// Whether nothing is done yet: the write is left to core, which builds it on `swap`.
    fn is_left_to_core(&self) -> bool {
        false
    }
}

impl Answer for () {}
impl Answer for BatchWritten {}
impl Answer for Counted {}
impl Answer for Defined {}
impl Answer for Fetched {}
impl Answer for Found {}
impl Answer for Swapped {}

macro_rules! answers_to_writes {
    ($($answer:ident)+) => {
        $(impl Answer for $answer {
            fn is_left_to_core(&self) -> bool {
                self.is_by_swap()
            }
        })+
    };
}

answers_to_writes! { Inserted InsertedRecords Replaced Updated Deleted }
