//! The contract of `backends` as tests, which any backend runs by one line.
//!
//! In the `tests/conformance.rs` of a backend, with this crate among its `dev-dependencies`:
//!
//! ```
//! backends_conformance::suite!(backends_conformance::by_uri(backends_core::memory::Memory, |store| {
//!     format!("memory:{store}")
//! }));
//! # fn main() {}
//! ```
//!
//! That makes one test a case, named by the sentence of the contract that it shows (`insert::c26_insert_never_overwrites`),
//! so that each runs, is chosen and fails by itself. Every case opens a store of its own and gives its repositories
//! names of their own, so a suite may run in parallel, and again and again on one server.
//!
//! The line takes any [`Harness`]: what [`by_uri`] makes of a factory and a URI, a closure that opens a driver, or a
//! type of the backend's own, which then also says how a store is made and cleaned up. A backend with a file:
//!
//! ```
//! # use backends_core::memory::Memory as Sqlite;
//! # struct Folder;
//! # impl Folder { fn path(&self) -> &str { "memory" } }
//! # fn temporary_folder() -> Folder { Folder }
//! backends_conformance::suite!({
//!     let folder = temporary_folder();
//!     backends_conformance::by_uri(Sqlite, move |store| format!("{}:{store}", folder.path()))
//! });
//! # fn main() {}
//! ```
//!
//! A capability that a backend does not have is no reason to skip: then the case shows that what needs it is refused,
//! with a typed error that names the capability and what to do.

// A case that fails panics, which is what it is for.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite of tests stops where something is wrong")]

use std::pin::Pin;

#[doc(hidden)]
pub mod cases;
mod cases_of_batches;
mod cases_of_expiry;
mod cases_of_reading;
mod cases_of_unique;
mod cases_of_writing;
mod context;
mod expect;
mod expiring;
mod harness;
#[doc(hidden)]
pub mod oracle;
mod reading;
mod records;
mod spelled;
mod suite;
mod wrapped;

pub use context::Context;
pub use harness::{Harness, ViaUri, by_uri};
pub use spelled::spelled;

/// A case on its way.
#[doc(hidden)]
pub type Case<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Runs one case in a runtime of its own. [`suite!`] calls it.
#[doc(hidden)]
pub fn run(topic: &str, case: &str, harness: Box<dyn Harness>, of: impl FnOnce(&Context) -> Case<'_>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{topic}::{case} has no runtime: {error}"));
    runtime.block_on(async {
        let context = Context::new(harness);
        of(&context).await;
        context.close().await;
    });
}
