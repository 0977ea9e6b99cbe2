//! What the live tests of every backend share: a [`Stage`] with the proxy on it, and the suites that run there.
//!
//! - [`lost`] loses the answer of every single request, in turn, and looks at what is stored.
//! - [`Peer`] and [`refusal`] are for backends whose server is not there, or is none.
//! - [`costs`] notes what every call sends, and holds it against the table in the backend's page.
//! - [`counter`] is incremented by fifty tasks at once.
//! - [`typed`] updates records whose type says what it takes.
//! - [`tls`] has certificates of its own, and puts encryption before a server.
//!
//! A suite panics at the first thing that must not be; what it returns is for stronger claims of one backend.

#![allow(clippy::missing_panics_doc, reason = "a suite of tests stops at what it does not expect")]

pub mod costs;
pub mod counter;
pub mod lost;
mod peer;
mod stage;
mod table;
pub mod tls;
pub mod typed;

pub use peer::{Peer, nowhere, refusal};
pub use stage::Stage;
pub use table::Table;
