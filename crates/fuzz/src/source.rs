//! Decisions that follow from bytes, so that a structure can be mutated and shrunk as bytes are.

use fastrand::Rng;

/// Bytes that decide; where they end, every decision is the first choice.
pub(crate) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `limit`, which is at most 256.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    pub(crate) fn choice<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }

    pub(crate) fn word(&mut self) -> u64 {
        u64::from_be_bytes([(); 8].map(|()| self.byte()))
    }
}

/// Random bytes to decide by.
pub(crate) fn bytes(rng: &mut Rng) -> Vec<u8> {
    let longest = 1 << rng.u32(3..10);
    (0..rng.usize(..longest)).map(|_| rng.u8(..)).collect()
}
