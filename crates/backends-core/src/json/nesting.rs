//! Which arrays and maps are open, one bit each, so that no text can exhaust the stack.

/// How many may be open at once.
pub(super) const LEVELS: usize = 256;

/// The arrays and maps that are open.
#[derive(Default)]
pub(super) struct Nesting {
    maps: [u64; LEVELS / 64],
    levels: usize,
}

impl Nesting {
    /// Opens a map or an array; `false` if there is no room.
    #[inline]
    #[must_use]
    pub(super) fn open(&mut self, is_map: bool) -> bool {
        let Some(word) = self.maps.get_mut(self.levels / 64) else { return false };
        let at = self.levels % 64;
        *word = *word & !(1 << at) | u64::from(is_map) << at;
        self.levels += 1;
        true
    }

    /// Closes the innermost; whether it was a map, or `None` if none was open.
    #[inline]
    pub(super) fn close(&mut self) -> Option<bool> {
        let closed = self.innermost();
        self.levels = self.levels.saturating_sub(1);
        closed
    }

    /// Whether the innermost is a map, or `None` if none is open.
    #[inline]
    pub(super) fn innermost(&self) -> Option<bool> {
        let last = self.levels.checked_sub(1)?;
        self.maps.get(last / 64).map(|word| word >> (last % 64) & 1 == 1)
    }

    /// How many are open.
    #[inline]
    pub(super) fn levels(&self) -> usize {
        self.levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_last_is_closed_first_up_to_the_limit() {
        let is_map = |level: usize| level.is_multiple_of(3);
        let mut nesting = Nesting::default();
        assert_eq!(nesting.close(), None);
        for _ in 0..2 {
            for level in 0..LEVELS {
                assert!(nesting.open(is_map(level)));
                assert_eq!(nesting.innermost(), Some(is_map(level)));
            }
            assert!(!nesting.open(true));
            for level in (0..LEVELS).rev() {
                assert_eq!(nesting.close(), Some(is_map(level)));
            }
            assert_eq!((nesting.levels(), nesting.close()), (0, None));
        }
    }
}
