//! Configuration: the `database` block that services have, the environment, and settings made in code.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

mod backend;
mod block;
mod choose;
mod database;
mod environment;
mod info;
mod json;
mod merge;
mod property;
mod resolve;
mod rules;
mod secret;
mod setting;
mod uri;
mod value;
mod vocabulary;

use block::Block;

pub use backend::BackendConfig;
pub use database::DatabaseConfig;
pub use environment::Environment;
pub use info::BackendInfo;
pub use property::{Property, PropertyKind, Requirement};
pub use secret::Secret;
pub use setting::Setting;
pub use uri::Uri;

/// The part of a service's configuration file that is about its database.
///
/// Only the block `database` is looked at; the other keys of the file are left alone. Variables of the environment
/// that begin with `BACKENDS_` go before what the file says. Nothing here ends the process: what is wrong with a
/// configuration is an `Err` without any value. What is wrong inside the block is told by [`DatabaseConfig::resolve`],
/// and so by a manager, together with everything that only the backends know to be wrong.
///
/// ```
/// use backends_core::{Environment, ServiceConfig};
///
/// let text = r#"{ "service": { "port": 80 }, "database": { "dbName": "sqlite", "dbInfo": { "path": "app.db" } } }"#;
/// let config = ServiceConfig::from_json_in(text, &Environment::empty())?;
/// assert_eq!(config.database.db_name, "sqlite");
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The block `database`, with what the environment says in place of it.
    pub database: DatabaseConfig,
}

impl ServiceConfig {
    /// Reads the configuration file at `path`, which is JSON, and the environment of the process.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig), with the path: the file is not there, cannot be read, is no
    /// UTF-8, no JSON, or its block `database` is missing or no object.
    #[doc(alias = "LoadConfig")]
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_file_in(path, &Environment::process())
    }

    /// Reads the configuration file at `path` with the environment given.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub fn from_file_in(path: impl AsRef<Path>, environment: &Environment) -> Result<Self> {
        let path = path.as_ref();
        let config = read(path).and_then(|text| Self::from_json_in(&text, environment));
        match config {
            Ok(config) => Ok(Self { database: config.database.of_file(path) }),
            Err(error) => Err(error.with_context("file", path.display())),
        }
    }

    /// Reads the text of a configuration file, and the environment of the process.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig): the text is no JSON, or its block `database` is missing or no
    /// object.
    #[doc(alias = "LoadConfigAndMerge")]
    pub fn from_json(text: &str) -> Result<Self> {
        Self::from_json_in(text, &Environment::process())
    }

    /// Reads the text of a configuration file with the environment given.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn from_json_in(text: &str, environment: &Environment) -> Result<Self> {
        Ok(Self { database: DatabaseConfig::of_block(Block::in_file(text)?, environment) })
    }
}

fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|error| {
        Error::invalid_config(match error.kind() {
            io::ErrorKind::NotFound => "there is no such file: create it, or give the path of another",
            io::ErrorKind::PermissionDenied => "the file may not be read: give this user the right to",
            _ if path.is_dir() => "this is a directory: give the path of the file in it",
            _ => "the file cannot be read: check the path and the disk",
        })
        .with_native(error)
    })?;
    String::from_utf8(bytes).map_err(|_| Error::invalid_config("the file is no UTF-8: save it as UTF-8"))
}

#[cfg(test)]
mod tests;
