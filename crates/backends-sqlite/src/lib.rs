//! The embedded backend: one SQLite file in this process, with group commit and no server.
//!
//! A repository is one table: its key columns, and the whole record as JSON text. One connection writes, and a pool of
//! read-only connections reads; each has a thread of its own, off the async threads and independent of the runtime.
//! Writes that come in while another is on its way to the disk share one transaction, so that many callers pay for one
//! flush of the disk together. An acknowledged write survives the end of the process and of the power. Several
//! processes may use one file at the same time, on a local disk.
//!
//! The native client is [`SqliteBackend`], the native table of a repository is [`SqliteRepository`].
//!
//! ```
//! use backends_core::{Backend, Definition, Document, Registry};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("app.db");
//! let registry = Registry::new().register(backends_sqlite::Sqlite);
//! let backend: Backend = registry.open(&format!("sqlite:{}", path.display())).await?;
//! let notes = backend.define::<Document>(Definition::builder("notes").build()?).await?;
//! # let _ = notes;
//! backend.close().await?;
//! # Ok(())
//! # }
//! ```

mod backend;
mod capabilities;
mod claim;
mod codec;
mod column;
mod config;
mod connection;
mod error;
mod file;
mod options;
mod patience;
mod plan;
mod queue;
mod readers;
mod repository;
mod schema;
mod sweep;
mod writer;

pub use backend::{Sqlite, SqliteBackend};
pub use options::{SqliteOptions, Synchronous};
pub use repository::SqliteRepository;
