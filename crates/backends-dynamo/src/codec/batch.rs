//! Records as the client has them.

use std::fmt;

use backends_core::{Batch, Error, Result, Tokens};

use super::{Item, ItemTokens};

/// The items of an answer as records: nothing is copied out of them.
pub(crate) struct ItemBatch(pub(crate) Vec<Item>);

impl Batch for ItemBatch {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        let item = self.0.get(index).ok_or_else(|| Error::unexpected("a batch was read outside its length"))?;
        reader(&mut ItemTokens::new(item))
    }
}

impl fmt::Debug for ItemBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemBatch").field("records", &self.0.len()).finish_non_exhaustive()
    }
}
