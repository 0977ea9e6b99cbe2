//! The contract of `backends`: what a record, a definition and a backend are.

mod config;
mod error;
mod kind;
mod names;

pub use config::{
    BackendConfig, BackendInfo, DatabaseConfig, Environment, Property, PropertyKind, Requirement, Secret,
    ServiceConfig, Setting, Uri,
};
pub use error::{Counts, Error, ErrorKind, Mistakes, Result};
pub use kind::{FieldKind, Kind};
