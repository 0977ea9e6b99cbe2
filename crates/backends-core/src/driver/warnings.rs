//! Warnings about calls: each place of a program is told once.

use std::collections::HashSet;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// The places of a program that were told about a repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<HashSet<&'static Location<'static>>>>);

/// Who is told about a call.
#[derive(Debug, Clone)]
pub(crate) struct Warnings {
    told: Told,
    caller: &'static Location<'static>,
    #[cfg(feature = "tracing")]
    repository: Arc<str>,
}

impl Warnings {
    pub(crate) fn new(told: &Told, caller: &'static Location<'static>, repository: &Arc<str>) -> Self {
        #[cfg(not(feature = "tracing"))]
        let _ = repository;
        Self {
            told: told.clone(),
            caller,
            #[cfg(feature = "tracing")]
            repository: Arc::clone(repository),
        }
    }

    /// Whether the place is told now, for the first time.
    pub(super) fn tell(&self, warning: &str) -> bool {
        let is_new = self.told.0.lock().unwrap_or_else(PoisonError::into_inner).insert(self.caller);
        #[cfg(feature = "tracing")]
        if is_new {
            tracing::warn!(repository = &*self.repository, caller = %self.caller, "{warning}");
        }
        #[cfg(not(feature = "tracing"))]
        let _ = warning;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_told_once() {
        let (told, other, repository) = (Told::default(), Told::default(), Arc::from("users"));
        let here = Location::caller();
        let there = std::thread::spawn(Location::caller).join().unwrap();
        assert!(Warnings::new(&told, here, &repository).tell("a scan"));
        assert!(!Warnings::new(&told.clone(), here, &repository).tell("a scan"));
        assert!(Warnings::new(&told, there, &repository).tell("a scan"));
        assert!(Warnings::new(&other, here, &repository).tell("a scan"));
    }
}
