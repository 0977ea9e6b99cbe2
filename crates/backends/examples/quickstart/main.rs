//! The main job in one program: a service's configuration, two repositories, an import, and a user's life.
//!
//! `cargo run --example quickstart --features sqlite [CONFIG]`. With `BACKENDS_DB_NAME=memory` the same program keeps
//! its records in memory and prints the same answers; with `--features mongodb`, `BACKENDS_DB_NAME=mongodb` and
//! `BACKENDS_URL=mongodb://localhost/quickstart` on a server.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use backends::{Backend, Definition, Repository, ServiceConfig, Timestamp};
use serde::{Deserialize, Serialize};

mod import;
mod sample;

/// A user, who logs in with an email address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    /// Given by the library.
    #[serde(default)]
    id: String,
    email: String,
    name: String,
    role: Role,
    created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Role {
    Admin,
    Member,
}

/// What a sensor measured, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reading {
    #[serde(default)]
    id: String,
    sensor: String,
    at: Timestamp,
    celsius: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = match std::env::args_os().nth(1) {
        Some(path) => ServiceConfig::from_file(path)?,
        None => {
            beside_the_program()?;
            ServiceConfig::from_file(here().join("config.json"))?
        }
    };
    run(config, &mut std::io::stdout()).await
}

/// Moves to the folder of builds, where the file of the database is in nobody's way.
fn beside_the_program() -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    Ok(std::env::set_current_dir(program.parent().unwrap_or(&program))?)
}

/// The folder of this example.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart")
}

/// Does the job, and says in `out` what it did.
pub(crate) async fn run(config: ServiceConfig, out: &mut impl Write) -> anyhow::Result<()> {
    // The configuration says which database; the rest of the program does not know.
    let manager = backends::manager(&config.database)?;
    let backend = manager.backend(&config.database.db_name).await?;
    writeln!(out, "records are kept by {}", backend.name())?;

    let users: Repository<User> = backend.define(definition("users.json")?).await?;
    let readings: Repository<Reading> = backend.define(definition("readings.json")?).await?;
    writeln!(out, "\n1. two repositories are defined from JSON")?;
    writeln!(out, "   users: the key is {}", users.definition().partition_key())?;
    writeln!(out, "   readings: the key is sensor and at, so a sensor has one reading an instant")?;

    writeln!(out, "\n2. import 10,000 users from a JSON-lines file")?;
    let file = sample::write(10_000).context("the sample file")?;
    let report = import::import(&users, file.path()).await?;
    writeln!(out, "   {} stored, {} there already, {} refused", report.stored, report.known, report.refused)?;

    life_of_a_user(&users, out).await?;
    measure(&readings, out).await?;
    mistakes(&backend, &users, out).await?;

    manager.close().await?;
    writeln!(out, "\ndone; run it again: what was imported is still there, if the database keeps it")?;
    Ok(())
}

fn definition(file: &str) -> anyhow::Result<Definition> {
    let path = here().join(file);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(Definition::from_json(&text)?)
}

async fn life_of_a_user(users: &Repository<User>, out: &mut impl Write) -> anyhow::Result<()> {
    let ada = User {
        id: String::new(),
        email: "ada@example.org".into(),
        name: "Ada".into(),
        role: Role::Member,
        created_at: "2026-01-01T12:00:00+01:00".parse()?,
    };
    users.delete(&ada.email).await?; // of an earlier run

    writeln!(out, "\n3. register a user")?;
    let stored = users.insert(&ada).await?;
    writeln!(out, "   stored, with an id of {} digits, created at {}", stored.id.len(), stored.created_at)?;

    writeln!(out, "\n4. register the same address again")?;
    match users.insert(&ada).await {
        Err(error) if error.is_already_exists() => {
            writeln!(out, "   {} (the index is {:?}: the key)", first_part(&error), error.index().unwrap_or("?"))?;
        }
        other => anyhow::bail!("an insert overwrote a record: {other:?}"),
    }

    writeln!(out, "\n5. read, replace, read")?;
    let read = users.get("ada@example.org").await?.context("the user is gone")?;
    writeln!(out, "   {} has the role {:?}", read.name, read.role)?;
    let replaced = users.replace(&User { role: Role::Admin, ..ada.clone() }).await?;
    writeln!(
        out,
        "   {} has the role {:?} now; the id is the same: {}",
        replaced.name,
        replaced.role,
        replaced.id == stored.id
    )?;
    let found = users.get_many(["ada@example.org", "nobody@example.org", "user00042@example.org"]).await?;
    let names: Vec<_> = found.iter().map(|user| user.as_ref().map_or("-", |user| &*user.name)).collect();
    writeln!(out, "   three addresses, in their order: {}", names.join(", "))?;

    writeln!(out, "\n6. delete")?;
    let deleted = users.delete("ada@example.org").await?;
    writeln!(out, "   deleted: {}; still there: {}", deleted.is_some(), users.get("ada@example.org").await?.is_some())?;
    Ok(())
}

async fn measure(readings: &Repository<Reading>, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\n7. a key of two parts")?;
    let at: Timestamp = "2026-07-01T00:00:00Z".parse()?;
    let reading = Reading { id: String::new(), sensor: "roof".into(), at, celsius: 31.5 };
    let upserted = readings.upsert(&reading).await?;
    let again = readings.upsert(&Reading { celsius: 32.0, ..reading }).await?;
    writeln!(
        out,
        "   upserted twice: the second was new: {}, the id is kept: {}",
        again.created,
        again.record.id == upserted.record.id
    )?;
    let read = readings.get(("roof", at)).await?.context("the reading is gone")?;
    writeln!(out, "   roof at {}: {} °C", read.at, read.celsius)?;
    readings.delete(("roof", at)).await?;
    Ok(())
}

async fn mistakes(backend: &Backend, users: &Repository<User>, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\n8. what is wrong is said, without a value, before anything is written")?;
    let number = users.get(42).await.err().context("a number passed as an address")?;
    writeln!(out, "   get(42) where the key is text\n      {}", first_part(&number))?;
    let conflict = Definition::builder("users").partition_key("name").build()?;
    let conflict = backend.define::<User>(conflict).await.err().context("another key was accepted")?;
    writeln!(out, "   the same repository with another key\n      {}", first_part(&conflict))?;
    Ok(())
}

/// The message without its place, which names the backend.
fn first_part(error: &backends::Error) -> String {
    format!("{}: {}", error.kind(), error.message())
}
