//! A TCP proxy between a real client and a real server, for tests.
//!
//! It records every request, and what a test tells it to do with one it does: it delays, holds, hangs, cuts the
//! connection, loses the answer, answers in place of the server, or has only a part of a batch done. So a test
//! can assert that a read was one request, and provoke what a local server never does by itself.
//!
//! ```no_run
//! # async fn shown() -> std::io::Result<()> {
//! use proxy::{Fault, Protocol, Proxy};
//!
//! let proxy = Proxy::start("127.0.0.1:8000", Protocol::DynamoDb).await?;
//! // The client connects to proxy.address(); the second insert is done, and its answer lost.
//! proxy.on(|request, n| match (request.operation(), n) {
//!     ("PutItem", 2) => Fault::LoseAnswer,
//!     _ => Fault::Pass,
//! });
//! // …
//! assert_eq!(proxy.operations(), ["PutItem", "PutItem", "GetItem"]);
//! # Ok(())
//! # }
//! ```
//!
//! A client of a MongoDB replica set has to be told `directConnection=true`, or it goes round the proxy to the
//! addresses that the members name.

mod connection;
pub mod dynamodb;
mod fault;
mod http;
pub mod mongodb;
mod proxy;
mod request;
mod wire;

pub use fault::{Answer, Fault, Gate};
pub use proxy::Proxy;
pub use request::{Answered, Request};
pub use wire::Protocol;
