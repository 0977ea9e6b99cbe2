//! When a request is made again, and after how long: as data, without a clock.

use std::time::Duration;

/// Whether a request that failed is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would fail the same way.
    Never,
    /// A few times: a connection that broke, a server that stumbled, another write in the way.
    Briefly,
    /// Until the deadline: the table lets no more through for now.
    Patiently,
}

/// What a request does, which says whether it may be made again when it may have been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Reads,
    /// It writes on a condition that its own success breaks, so that a second one does nothing.
    WritesOnce,
    /// It writes, and a second one would write over what others wrote meanwhile.
    Writes,
}

impl Effect {
    pub(crate) fn is_write(self) -> bool {
        self != Self::Reads
    }
}

/// How often a request is made that fails for a moment, at most.
const BRIEFLY: u32 = 4;

/// The first wait, and the longest: a server on the same network is asked again before anybody notices, and a table
/// whose capacity is used up is left in peace.
const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_secs(1);

/// How long to wait before the next try, if there is to be one. `tries` have failed in this way; `is_unclear` says whether the
/// last may have been done; `chance` is a random number from 0 to below 1.
pub(crate) fn pause(again: Again, effect: Effect, is_unclear: bool, tries: u32, chance: f64) -> Option<Duration> {
    if is_unclear && effect == Effect::Writes {
        return None;
    }
    match again {
        Again::Never => None,
        Again::Briefly if tries >= BRIEFLY => None,
        // The whole of it at random, so that callers that failed together do not come back together.
        Again::Briefly | Again::Patiently => {
            let longest = FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST);
            Some(longest.mul_f64(chance.clamp(0.0, 1.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c42_what_may_have_been_done_is_made_again_only_where_that_is_harmless() {
        for (again, effect, is_unclear, tries, expected) in [
            (Again::Never, Effect::Reads, false, 1, None),
            (Again::Briefly, Effect::Reads, true, 1, Some(25)),
            (Again::Briefly, Effect::Reads, true, 3, Some(100)),
            (Again::Briefly, Effect::Reads, true, 4, None),
            (Again::Briefly, Effect::WritesOnce, true, 1, Some(25)),
            (Again::Briefly, Effect::Writes, true, 1, None),
            (Again::Briefly, Effect::Writes, false, 1, Some(25)),
            (Again::Patiently, Effect::Writes, false, 4, Some(200)),
            (Again::Patiently, Effect::Writes, false, 40, Some(1000)),
            (Again::Patiently, Effect::Writes, false, u32::MAX, Some(1000)),
        ] {
            let longest = pause(again, effect, is_unclear, tries, 1.0);
            assert_eq!(longest, expected.map(Duration::from_millis), "{again:?} {effect:?} {is_unclear} {tries}");
            assert_eq!(pause(again, effect, is_unclear, tries, 0.0).is_some(), expected.is_some());
        }
        assert_eq!(pause(Again::Briefly, Effect::Reads, false, 2, 0.5), Some(Duration::from_millis(25)));
    }
}
