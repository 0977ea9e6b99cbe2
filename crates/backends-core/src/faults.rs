//! Faults in process, for the tests of programs: calls that are refused, answers that are lost, time that passes.
//!
//! [`Faults::around`] puts a backend behind them, any backend, and the program under test takes the one that it gives.
//! Which calls meet which [`Fault`] is said by a rule, by the next call of an operation, or by a share of all calls that
//! a seed draws. What stands behind is the real thing: a write whose answer was lost is done.
//!
//! Is a service's retry safe? It is if a record is there once, whatever became of the answer to the first try:
//!
//! ```
//! use std::time::Duration;
//!
//! use backends_core::faults::{Fault, Faults};
//! use backends_core::{Backend, Definition, Document, ErrorKind, Filter, Registry, Repository, Result, memory};
//!
//! /// The code under test.
//! async fn order(orders: &Repository, number: &str) -> Result<()> {
//!     for _ in 0..3 {
//!         match orders.insert(&Document::from([("number", number)])).await {
//!             // The first try had happened, and its answer was lost: the number is the key, so that this says so.
//!             Err(error) if error.is_already_exists() => return Ok(()),
//!             Err(error) if error.is_retryable() || error.may_have_happened() => {}
//!             other => return other.map(drop),
//!         }
//!     }
//!     orders.insert(&Document::from([("number", number)])).await.map(drop)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
//! let faults = Faults::new();
//! let backend = faults.around(&Registry::new().register(memory::Memory).open("memory:").await?);
//! let orders: Repository = backend.define(Definition::builder("orders").partition_key("number").build()?).await?;
//! for fault in [Fault::Pass, Fault::Refuse(ErrorKind::Throttled), Fault::LoseAnswer] {
//!     faults.once("insert", fault);
//!     order(&orders, &format!("{fault:?}")).await?;
//! }
//! assert_eq!(orders.count(Filter::all()).await?, 3);
//! assert_eq!(faults.calls("insert"), 5);
//! # Ok(())
//! # }
//! ```

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::driver::BackendFactory;
use crate::{Backend, ErrorKind};

mod backend;
mod cursor;
mod meet;
mod repository;

use backend::{FaultyBackend, Opening};

/// What becomes of a call of a driver.
///
/// An error that says `may_have_happened() == false` is that of a call which surely changed nothing. Reads change
/// nothing, so no error of theirs says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fault {
    /// It goes as if nothing were.
    #[default]
    Pass,
    /// The database is not asked. The error has this kind, and `may_have_happened()` is false.
    Refuse(ErrorKind),
    /// The database is asked, and its answer, good or bad, is lost: `Unavailable`, of a write one that may have
    /// happened.
    LoseAnswer,
    /// The database is asked after this time. Where the deadline of the call comes first, it is that error.
    Delay(Duration),
    /// The database is not asked, and nobody answers until the deadline: `Timeout`, of a write one that may have
    /// happened, since nobody can know.
    Hang,
    /// The database is asked, and nobody answers until the deadline: `Timeout`, of a write one that may have happened.
    HoldAnswer,
    /// A read by filter breaks off after so many records of the database, those that a filter leaves out counted too:
    /// `Unavailable`. A stream has handed some over by then; a page or a list fails. It does not where it ends before.
    /// Any other call is met by [`LoseAnswer`](Self::LoseAnswer).
    CutAfter(usize),
}

/// A call of a driver, as a rule sees it. It holds no value of a record.
///
/// A call of a program may be several of these: a write by filter finds the records first, and then writes each.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DriverCall<'c> {
    /// `get`, `find`, `count`, `insert`, `insert_many`, `replace` (which upserts too), `update`, `delete`, `swap`,
    /// `batch`, `define`, `remove_index`, `ping` or `close`. A `swap` is a write that the backend leaves to the library,
    /// which builds it on `get` and `swap`.
    pub operation: &'static str,
    /// The repository; none of a batch, `ping` and `close`.
    pub repository: Option<&'c str>,
    /// Which call of its operation it is, from 1, since the rule was set.
    pub number: u64,
}

/// Faults that calls meet, as a test holds them. Every clone is the same.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

type Rule = dyn Fn(&DriverCall<'_>) -> Fault + Send + Sync;

#[derive(Default)]
struct State {
    rule: Option<Arc<Rule>>,
    /// How many calls of each operation the rule has seen.
    numbers: HashMap<&'static str, u64>,
    next: HashMap<&'static str, VecDeque<Fault>>,
    calls: HashMap<&'static str, u64>,
    met: u64,
    /// What becomes of writes that the driver leaves to core, by their write ids, where it is for the swap to meet.
    left: HashMap<[u8; 16], Fault>,
}

impl Faults {
    /// None: every call passes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same store behind these faults, as another process would have it: what is defined through this backend meets
    /// them, what is defined through the one that was given does not. It has the layers, the clock and the time limit of
    /// that one, and closing either closes both.
    #[must_use]
    pub fn around(&self, backend: &Backend) -> Backend {
        backend.through(|inner| Arc::new(FaultyBackend::new(inner, self.clone())))
    }

    /// The factory of backends behind these faults, for a program that opens its backends from a configuration.
    ///
    /// ```
    /// use backends_core::faults::{Fault, Faults};
    /// use backends_core::{DatabaseConfig, ErrorKind, Registry, memory::Memory};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// let faults = Faults::new();
    /// let registry = Registry::new().register(faults.factory(Memory));
    /// let manager = registry.manager(&DatabaseConfig::new("memory"))?;
    /// faults.once("ping", Fault::Refuse(ErrorKind::Unavailable));
    /// assert!(manager.backend("memory").await?.ping().await.unwrap_err().is_unavailable());
    /// # Ok(())
    /// # }
    /// ```
    pub fn factory(&self, factory: impl BackendFactory) -> impl BackendFactory {
        Opening::new(factory, self.clone())
    }

    /// From now on each call meets what the rule says, in place of what an earlier rule said.
    ///
    /// ```
    /// use backends_core::ErrorKind;
    /// use backends_core::faults::{Fault, Faults};
    ///
    /// let faults = Faults::new();
    /// faults.on(|call| match (call.operation, call.repository, call.number) {
    ///     ("insert", Some("orders"), _) => Fault::Refuse(ErrorKind::Throttled),
    ///     ("find", _, 2) => Fault::CutAfter(10),
    ///     _ => Fault::Pass,
    /// });
    /// ```
    pub fn on(&self, rule: impl Fn(&DriverCall<'_>) -> Fault + Send + Sync + 'static) {
        let mut state = self.lock();
        state.rule = Some(Arc::new(rule));
        state.numbers.clear();
    }

    /// From now on so many of 100 calls that read or write records meet one of these faults, in place of what an earlier
    /// rule said. Which of them, and what, a seed draws, so that a program which makes one call after another meets the
    /// same again.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use backends_core::ErrorKind;
    /// use backends_core::faults::{Fault, Faults};
    ///
    /// let faults = Faults::new();
    /// let refused = Fault::Refuse(ErrorKind::Throttled);
    /// faults.share(20, 1, [refused, Fault::LoseAnswer, Fault::Delay(Duration::from_millis(5))]);
    /// ```
    pub fn share(&self, percent: u32, seed: u64, faults: impl IntoIterator<Item = Fault>) {
        let faults: Vec<Fault> = faults.into_iter().collect();
        let rng = Mutex::new(fastrand::Rng::with_seed(seed));
        self.on(move |call| {
            if ["define", "remove_index", "ping", "close"].contains(&call.operation) {
                return Fault::Pass;
            }
            let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
            let is_met = rng.u32(..100) < percent;
            rng.choice(&faults).copied().filter(|_| is_met).unwrap_or_default()
        });
    }

    /// The next call of an operation meets this, whatever the rule says; said again, the one after it.
    pub fn once(&self, operation: &'static str, fault: Fault) {
        self.lock().next.entry(operation).or_default().push_back(fault);
    }

    /// From now on every call passes.
    pub fn pass(&self) {
        let mut state = self.lock();
        state.rule = None;
        state.next.clear();
    }

    /// How many calls of an operation there were, those that were refused counted too.
    pub fn calls(&self, operation: &str) -> u64 {
        self.lock().calls.get(operation).copied().unwrap_or_default()
    }

    /// How many calls did not pass.
    pub fn met(&self) -> u64 {
        self.lock().met
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("met", &self.met()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
