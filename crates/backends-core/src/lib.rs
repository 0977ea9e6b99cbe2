//! The contract of `backends`: what a record, a definition and a backend are.

mod definition;
mod error;
mod kind;
mod names;

pub use definition::{
    Definition, DefinitionBuilder, IdKind, Index, Reconciled, Throughput, Ttl, TtlChange, TtlHolds, reconcile,
};
pub use error::{Counts, Error, ErrorKind, Mistakes, Result};
pub use kind::{FieldKind, Kind};
