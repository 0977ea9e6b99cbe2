//! Records that break off.

use async_trait::async_trait;

use crate::{Batch, Cursor, Error, Position, Result, Tokens};

/// A cursor that fails after some records, which may be in the middle of a batch.
pub(super) struct CutCursor {
    inner: Box<dyn Cursor>,
    left: usize,
    /// Whether the last batch is not the whole of that of the driver.
    is_cut: bool,
    /// How many records the last batch has.
    handed: usize,
    error: Error,
}

impl CutCursor {
    pub(super) fn new(inner: Box<dyn Cursor>, records: usize, error: Error) -> Self {
        Self { inner, left: records, is_cut: false, handed: 0, error }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Cursor for CutCursor {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        if self.is_cut {
            return Err(self.error.repeat());
        }
        let Some(batch) = self.inner.next().await? else { return Ok(None) };
        self.is_cut = batch.len() > self.left;
        self.handed = batch.len().min(self.left);
        self.left -= self.handed;
        Ok(Some(if self.is_cut { Box::new(First { batch, records: self.handed }) } else { batch }))
    }

    fn reached(&self) -> Option<Position> {
        if self.is_cut { None } else { self.inner.reached() }
    }

    fn in_doubt(&self) -> &[usize] {
        let all = self.inner.in_doubt();
        &all[..all.partition_point(|index| *index < self.handed)]
    }
}

/// The first records of a batch.
struct First {
    batch: Box<dyn Batch>,
    records: usize,
}

impl Batch for First {
    fn len(&self) -> usize {
        self.records
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        self.batch.read(index, reader)
    }
}
