//! The contract of `backends`: what a record, a definition and a backend are.
//!
//! Programs use the crate `backends`, which re-exports what they need from here and adds the backends. This crate is for
//! authors of backends: it knows no database, and everything that is the same on all of them lives here once.
//!
//! - A record goes `T` → [`RecordBuf`] → the driver's own form; what no backend stores is refused on the way, before
//!   any I/O. It comes back as a walk over [`Tokens`], which one decoder turns into a `T`.
//! - [`driver`] has the traits that a backend implements; [`memory`] is the reference, short enough to read first.
//! - [`faults`] is for the tests of programs: calls that fail, and answers that are lost.
//! - [`json`] is the JSON form of records, for backends that store text.
//! - The rest is what users hold: [`Registry`], [`BackendManager`], [`Backend`], [`Repository`], the actions in
//!   [`action`], [`Definition`], [`DatabaseConfig`], [`Error`].

pub mod action;
mod ask;
mod backend;
mod capabilities;
mod clock;
mod config;
mod decode;
mod definition;
mod document;
pub mod driver;
mod encode;
mod error;
pub mod faults;
mod filter;
mod id;
pub mod json;
mod key;
mod kind;
mod layer;
mod manager;
pub mod memory;
mod names;
mod order;
mod record_buf;
mod registry;
mod repository;
mod schema;
mod sort;
mod timestamp;
mod token;
mod update;
mod value;

pub use action::{AtomicBatch, InsertedMany, Page, PageToken, Records, Upserted, WrittenBatch};
pub use backend::Backend;
pub use capabilities::Capabilities;
pub use clock::{Clock, SystemClock};
pub use config::{
    BackendConfig, BackendInfo, DatabaseConfig, Environment, Property, PropertyKind, Requirement, Secret,
    ServiceConfig, Setting, Uri,
};
pub use definition::{
    Definition, DefinitionBuilder, IdKind, Index, Reconciled, Throughput, Ttl, TtlChange, TtlHolds, reconcile,
};
pub use document::Document;
pub use driver::SchemaMode;
pub use error::{Counts, Error, ErrorKind, Mistakes, Result};
pub use filter::{Expr, Field, Filter, Matcher, Path, Pattern, Predicate, Sighting, field};
pub use key::Key;
pub use kind::{FieldKind, Kind};
#[cfg(feature = "metrics")]
pub use layer::MetricsLayer;
#[cfg(feature = "tracing")]
pub use layer::TracingLayer;
pub use layer::{Call, Layer, Next};
pub use manager::BackendManager;
pub use record_buf::{RecordBuf, RecordTokens};
pub use registry::Registry;
pub use repository::{Record, Repository};
pub use sort::{Order, Position, Sort, SortField};
pub use timestamp::Timestamp;
pub use token::{Batch, Cursor, Token, Tokens};
pub use update::{Change, Update};
pub use value::Value;
