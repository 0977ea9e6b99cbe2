//! What is known of a type of records: what it was asked, and what the last records that were encoded were like.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::Result;
use crate::ask::Asked;
use crate::encode::USUAL;

/// How much more room a record is given than the last one took, and how much at most: one that waits keeps all of it.
const TO_SPARE: usize = 32;
const MOST: usize = 4_096;

/// What is known of a type of records.
#[derive(Default)]
pub(crate) struct AboutType {
    /// What it was asked, once somebody needed to know.
    asked: OnceLock<Arc<Asked>>,
    /// What was asked of the types that records were read as besides.
    selected: Mutex<HashMap<TypeId, Arc<Asked>>>,
    /// The last shape whose names were found to be read as they are written.
    shape: AtomicU64,
    /// How many bytes the last record took.
    size: AtomicUsize,
}

impl AboutType {
    /// What the type says, which `ask` asks.
    pub(crate) fn asked(&self, ask: fn() -> Asked) -> &Arc<Asked> {
        self.asked.get_or_init(|| Arc::new(ask()))
    }

    /// What the type of this id says, which `ask` asks.
    pub(crate) fn selected(&self, id: TypeId, ask: fn() -> Asked) -> Arc<Asked> {
        let mut selected = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(selected.entry(id).or_insert_with(|| Arc::new(ask())))
    }

    /// Whether `check` holds for records of this shape; asked anew only when the shape changes.
    pub(crate) fn once_a_shape(&self, shape: u64, check: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.shape.load(Ordering::Relaxed) != shape {
            check()?;
            self.shape.store(shape, Ordering::Relaxed);
        }
        Ok(())
    }

    /// How many bytes the next record is given room for, so that its memory need not grow: as many as the last one took.
    pub(crate) fn room(&self) -> usize {
        (self.size.load(Ordering::Relaxed) + TO_SPARE).clamp(USUAL, MOST)
    }

    /// Notes how many bytes a record took.
    pub(crate) fn took(&self, bytes: usize) {
        self.size.store(bytes, Ordering::Relaxed);
    }
}
