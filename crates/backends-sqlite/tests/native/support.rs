//! What the tests of this backend share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use backends_core::{Backend, Definition, Registry, Repository};
use backends_sqlite::{Sqlite, SqliteBackend};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// How long a test waits for what is sure to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) logins: u32,
}

pub(crate) fn user(id: &str, logins: u32) -> User {
    User { id: id.into(), email: format!("{id}@example.org"), logins }
}

pub(crate) fn users() -> Definition {
    Definition::from_json(r#"{"name": "users", "idKind": "string"}"#).unwrap()
}

pub(crate) fn directory() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    (directory, path)
}

pub(crate) async fn open(path: &Path) -> Backend {
    Registry::new().register(Sqlite).open(&format!("sqlite:{}", path.display())).await.unwrap()
}

pub(crate) async fn define(backend: &Backend) -> Repository<User> {
    backend.define(users()).await.unwrap()
}

pub(crate) async fn fresh() -> (TempDir, Backend, Repository<User>) {
    let (directory, path) = directory();
    let backend = open(&path).await;
    let users = define(&backend).await;
    (directory, backend, users)
}

/// How many records the table of users has.
pub(crate) async fn count(backend: &Backend) -> i64 {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_reader(|file| file.query_row("SELECT count(*) FROM users", [], |row| row.get(0))).await.unwrap()
}
