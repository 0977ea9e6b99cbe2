//! What a write of one record comes to that hands the record over.

use crate::{Batch, Result};

/// The record, if there was one; or nothing was done.
pub(crate) enum Handed {
    Record(Box<dyn Batch>),
    Missing,
    BySwap,
}

impl Handed {
    /// The record; `by_swap` does what the driver left to core.
    pub(crate) async fn or_by_swap(
        self,
        by_swap: impl Future<Output = Result<Option<Box<dyn Batch>>>>,
    ) -> Result<Option<Box<dyn Batch>>> {
        match self {
            Self::Record(batch) => Ok(Some(batch)),
            Self::Missing => Ok(None),
            Self::BySwap => by_swap.await,
        }
    }
}

/// The answer to a write of one record, which a driver makes by its constructors.
macro_rules! hands_over {
    ($answer:ident, $what:literal, $record:literal, $missing:literal) => {
        #[doc = $what]
        pub struct $answer(pub(crate) $crate::driver::Handed);

        impl $answer {
            #[doc = $record]
            pub fn record(batch: Box<dyn $crate::Batch>) -> Self {
                Self($crate::driver::Handed::Record(batch))
            }

            #[doc = $missing]
            pub fn missing() -> Self {
                Self($crate::driver::Handed::Missing)
            }

            /// Nothing was done: core builds it on `get` and `swap`.
            pub fn by_swap() -> Self {
                Self($crate::driver::Handed::BySwap)
            }

            /// Whether it is left to core, for a driver that wraps another.
            pub fn is_by_swap(&self) -> bool {
                matches!(self.0, $crate::driver::Handed::BySwap)
            }
        }

        impl std::fmt::Debug for $answer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($answer)).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use hands_over;
