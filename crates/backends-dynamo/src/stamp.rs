//! The mark that every write leaves in its record, by which it knows its own work again when an answer was lost.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use backends_core::driver::Context;

use crate::codec::Item;

/// The attribute that holds it.
pub(crate) const STAMP: &str = "_backends_write";

/// The id of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp([u8; 16]);

impl Stamp {
    /// The stamp of the one write of a call.
    pub(crate) fn of(context: &Context) -> Self {
        Self(context.write_id)
    }

    /// The stamp of the write at this position of a call.
    pub(crate) fn at(context: &Context, position: usize) -> Self {
        Self(context.write_id_at(position))
    }

    pub(crate) fn put_into(&self, item: &mut Item) {
        item.insert(STAMP.to_owned(), self.attribute());
    }

    /// As it is stored.
    pub(crate) fn attribute(&self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.0))
    }

    /// What it adds to the size of a record.
    pub(crate) fn size(&self) -> u64 {
        (STAMP.len() + self.0.len()) as u64
    }

    /// Whether this write put the item there.
    pub(crate) fn is_on(&self, item: &Item) -> bool {
        matches!(item.get(STAMP), Some(AttributeValue::B(stamp)) if stamp.as_ref() == self.0)
    }
}
