//! What only this backend has, on real files: its connections and locks, other processes, and what may go wrong.
#![allow(clippy::unwrap_used, reason = "tests, and what they share")]

mod batches;
mod expiry;
mod faults;
mod full;
mod indexes;
mod reading;
mod records;
mod sharing;
mod support;
mod triggers;
mod turns;
mod unique;
