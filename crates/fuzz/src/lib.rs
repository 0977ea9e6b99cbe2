//! Random input for what reads text or values from outside: `cargo xtask fuzz <target>`.
//!
//! A [`Target`] makes inputs of its own kind and checks what the library does with any bytes; the [engine](run) makes,
//! mutates, runs and shrinks them. There is no feedback from coverage, so that every stable compiler will do; but
//! [`Target::check`] takes bytes and keeps no state, so that an engine with feedback can call it as well.

mod codec;
mod config;
mod definition;
mod engine;
mod filter;
mod json;
mod page_token;
mod pattern;
mod properties;
mod source;

pub use codec::CODEC;
pub use config::CONFIG;
pub use definition::DEFINITION;
pub use engine::{Failure, Options, Report, Target, Verdict, main, run};
pub use filter::FILTER;
pub use json::JSON;
pub use page_token::PAGE_TOKEN;
pub use pattern::PATTERN;

#[cfg(test)]
mod tests;
