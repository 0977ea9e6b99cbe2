//! The benches of the backends against their own clients, and what they share: rounds of work in turn, what they cost,
//! and the record that they store.
//!
//! Each contender does the same rounds of work, one after another, in alternating order. `ops/s` is the median of its
//! rounds. `ratio` is how many times as fast ours is, the median of the ratios of the rounds that stood beside each
//! other, with an interval of 95 % (below 1, ours is slower). `CPU µs/op` is the time of all threads of this process,
//! and its ratio ours by theirs (below 1, ours takes less). A call on 10,000 records is so many operations, a batch of ten
//! is one. `allocations/op` counts those of all threads. `target` is
//! what was promised: a throughput holds if the interval reaches it, a CPU time if its median does.

#![allow(
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "a part of programs that print what they measure, and end if they cannot"
)]

use std::fmt::Display;

mod bench;
mod call;
mod client;
mod flight;
mod record;
mod rounds;
mod writes;

pub use bench::{Bench, UPDATED_MANY, ours, ours_indexed, ours_unique, runtime};
pub use call::Call;
pub use client::{Client, FIRST, Reader};
pub use flight::in_flight;
pub use record::{NOTE, Record, STORED, changed, fresh, id, many_fresh, record, stored};
pub use rounds::{Comparison, Contender, print_head};
pub use writes::{BATCH, NAME, Writer};

/// The outcome of a step that a measurement cannot go on without.
///
/// # Panics
/// With `what` and the error, if it failed: a program that cannot measure ends.
fn had<T, E: Display>(outcome: Result<T, E>, what: &str) -> T {
    outcome.unwrap_or_else(|error| panic!("{what}: {error}"))
}
