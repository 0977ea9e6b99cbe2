//! The MongoDB backend, on the official driver: a replica set, a sharded cluster or a single server.
//!
//! A repository is one collection: each record a document, its id under `_id`. Reads go to the primary, the majority
//! confirms writes, and the driver repeats what is safe to repeat. Records are written as BSON and read from the bytes
//! of the server's replies without a detour.
//!
//! ```no_run
//! use backends_core::{Backend, Definition, Document, Registry};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
//! let registry = Registry::new().register(backends_mongo::Mongodb);
//! let backend: Backend = registry.open("mongodb://user:password@localhost/shop?authSource=admin").await?;
//! let notes = backend.define::<Document>(Definition::builder("notes").build()?).await?;
//! # let _ = notes;
//! backend.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The native client of a backend is a [`mongodb::Client`], that of a repository its
//! `mongodb::Collection<mongodb::bson::RawDocumentBuf>`; both crates are re-exported as [`mongodb`].

mod alternatives;
mod backend;
mod batch;
mod capabilities;
mod codec;
mod config;
mod database;
mod error;
mod filter;
mod options;
mod order;
mod place;
mod repository;
mod schema;
mod search;
mod topology;
mod tries;
mod update;

pub use backend::{MongoBackend, Mongodb};
pub use mongodb;
pub use options::MongoOptions;
