//! One repository interface over many databases.
//!
//! > The same program gives the same answers on every backend, or a typed error that says what to do. Nothing is ever
//! > silently ignored.
//!
//! A service keeps its records behind a [`Repository`]. Which database holds them is said by the configuration, not by
//! the code: MongoDB in one deployment, DynamoDB in another, an embedded SQLite file on a laptop, memory in a test.
//! PostgreSQL comes later.
//!
//! ```
//! use backends::{Definition, Repository};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct User {
//!     #[serde(default)]
//!     id: String,
//!     email: String,
//!     logins: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> backends::Result<()> {
//! let backend = backends::open("memory:").await?; // or "sqlite:users.sqlite", with the feature `sqlite`
//! let definition = Definition::builder("users").partition_key("email").build()?;
//! let users: Repository<User> = backend.define(definition).await?;
//!
//! let ada = users.insert(&User { id: String::new(), email: "ada@example.org".into(), logins: 1 }).await?;
//! assert_eq!(ada.id.len(), 24); // given by the library, the same way on every backend
//!
//! let again = users.insert(&User { id: String::new(), email: "ada@example.org".into(), logins: 1 }).await;
//! assert!(again.unwrap_err().is_already_exists()); // an insert never overwrites
//!
//! let found = users.get("ada@example.org").await?;
//! assert_eq!(found, Some(ada));
//! # Ok(())
//! # }
//! ```
//!
//! # From a configuration file
//!
//! The `database` block that services have is read as it is; `dbName` chooses the backend.
//!
//! ```
//! use backends::ServiceConfig;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> backends::Result<()> {
//! let config = ServiceConfig::from_json(r#"{ "service": { "name": "accounts" }, "database": { "dbName": "memory" } }"#)?;
//! let manager = backends::manager(&config.database)?;
//! let backend = manager.backend(&config.database.db_name).await?; // opened once, even under a race
//! backend.ping().await?;
//! manager.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to read on
//!
//! The [guide](https://github.com/backends-rs/backends/blob/main/docs/guide/index.md) has a chapter on definitions with
//! the keys of their JSON form, on values, errors, deadlines, layers and tests. Every setting of the `database` block is
//! in [the reference](https://github.com/backends-rs/backends/blob/main/docs/configuration.md), and each backend has
//! [a page](https://github.com/backends-rs/backends/tree/main/docs/backends): how records are stored, what a call sends,
//! and what goes wrong.
//!
//! # What keeps the promise
//!
//! - *The domain is one.* What one backend cannot store or compare exactly, none accepts, and says so before anything
//!   is written: see [`Error`] and [`ErrorKind::InvalidInput`].
//! - *Kinds are declared.* A [`Definition`] says what key, index and timestamp fields hold; with a typed record the
//!   type says the rest.
//! - *What a server only approximates, the library finishes*, in one place, for every backend.
//!
//! # Features
//!
//! None is on by default, and none changes a type or what a call does.
//!
//! | feature | what it adds |
//! |---|---|
//! | `dynamodb` | the module `dynamodb`: Amazon's service, or DynamoDB Local |
//! | `mongodb` | the module `mongodb`: a replica set or a single server |
//! | `mongodb-srv` | `mongodb`, and its URIs that begin with `mongodb+srv://` |
//! | `sqlite` | the module `sqlite`: an embedded file |
//! | `tracing` | `TracingLayer`: a span around every call |
//! | `metrics` | `MetricsLayer`: the duration of every call |
//! | `full` | all of them |
//!
//! The [`memory`] backend needs no feature. Another author's backend is added by [`Registry::register`]; what it has
//! to implement is in [`driver`].

pub use backends_core::{
    AtomicBatch, Backend, BackendConfig, BackendInfo, BackendManager, Batch, Call, Capabilities, Change, Clock, Counts,
    Cursor, DatabaseConfig, Definition, DefinitionBuilder, Document, Environment, Error, ErrorKind, Expr, Field,
    FieldKind, Filter, IdKind, Index, InsertedMany, Key, Kind, Layer, Matcher, Mistakes, Next, Order, Page, PageToken,
    Path, Pattern, Position, Predicate, Property, PropertyKind, Reconciled, Record, RecordBuf, RecordTokens, Records,
    Registry, Repository, Requirement, Result, SchemaMode, Secret, ServiceConfig, Setting, Sighting, Sort, SortField,
    SystemClock, Throughput, Timestamp, Token, Tokens, Ttl, TtlChange, TtlHolds, Update, Upserted, Uri, Value,
    WrittenBatch, field, reconcile,
};
pub use backends_core::{action, driver, faults, json, memory};

#[cfg(feature = "metrics")]
pub use backends_core::MetricsLayer;
#[cfg(feature = "tracing")]
pub use backends_core::TracingLayer;

#[cfg(feature = "dynamodb")]
#[doc(inline)]
pub use backends_dynamo as dynamodb;
#[cfg(feature = "mongodb")]
#[doc(inline)]
pub use backends_mongo as mongodb;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use backends_sqlite as sqlite;

/// Every backend that was compiled in.
///
/// ```
/// let names: Vec<_> = backends::registry().supported().iter().map(|info| info.name).collect();
/// assert!(names.contains(&"memory"));
/// ```
pub fn registry() -> Registry {
    let registry = Registry::new().register(memory::Memory);
    #[cfg(feature = "dynamodb")]
    let registry = registry.register(dynamodb::Dynamodb);
    #[cfg(not(feature = "dynamodb"))]
    let registry = registry.absent("dynamodb", "dynamodb");
    #[cfg(feature = "mongodb")]
    let registry = registry.register(mongodb::Mongodb);
    #[cfg(not(feature = "mongodb"))]
    let registry = registry.absent("mongodb", "mongodb");
    #[cfg(feature = "sqlite")]
    let registry = registry.register(sqlite::Sqlite);
    #[cfg(not(feature = "sqlite"))]
    let registry = registry.absent("sqlite", "sqlite");
    registry
}

/// A manager of the backends that `config` describes. Nothing is opened yet.
///
/// # Errors
/// [`InvalidConfig`](ErrorKind::InvalidConfig) with every mistake at once.
#[doc(alias = "NewBackendSupport")]
pub fn manager(config: &DatabaseConfig) -> Result<BackendManager> {
    registry().manager(config)
}

/// Opens one backend by URI, without a configuration file: `memory:`, `memory:name`, `sqlite:path`,
/// `mongodb://…`, `dynamodb://…`.
///
/// # Errors
/// [`InvalidConfig`](ErrorKind::InvalidConfig) for a URI that no backend opens, and what the backend says.
pub async fn open(uri: &str) -> Result<Backend> {
    registry().open(uri).await
}
