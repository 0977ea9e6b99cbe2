//! The contract of `backends`: what a record, a definition and a backend are.

mod error;
mod kind;
mod names;

pub use error::{Counts, Error, ErrorKind, Mistakes, Result};
pub use kind::{FieldKind, Kind};
