//! The indexes of a table in the file: which are missing, and how they come to be.

use std::collections::BTreeMap;

use backends_core::driver::Duplicates;
use backends_core::json::JsonTokens;
use backends_core::{Definition, ErrorKind, Mistakes, RecordBuf, Token};
use rusqlite::{Connection, OptionalExtension, ffi};

use crate::codec;
use crate::column::{Guard, TableIndex};
use crate::error::{self, Fault};
use crate::schema::quoted;

/// Those of a definition, in its order.
pub(super) fn of(table: &str, definition: &Definition) -> Vec<TableIndex> {
    definition.indexes().map(|index| TableIndex::new(table, definition, index, &super::COLUMNS)).collect()
}

/// Every one that the file has to have.
fn needed(table: &str, definition: &Definition) -> impl Iterator<Item = TableIndex> {
    of(table, definition).into_iter().chain(TableIndex::of_ttl(table, definition))
}

/// The names of the indexes that the file lacks, or has of something else.
pub(super) fn missing(connection: &Connection, table: &str, definition: &Definition) -> rusqlite::Result<Vec<String>> {
    let mut missing = Vec::new();
    for index in needed(table, definition) {
        let mut is_there = look(connection, &index.name, &index.ddl(table))? == Found::Same;
        if let Some(guard) = &index.guard {
            is_there &= look(connection, &guard.name, &guard.ddl(table))? == Found::Same;
        }
        if !is_there {
            missing.push(index.index);
        }
    }
    Ok(missing)
}

/// What the file has by the name of an index.
#[derive(PartialEq)]
enum Found {
    Nothing,
    Same,
    /// One of something else, as it was made of a field whose empty texts did not count as missing.
    Other,
}

fn look(connection: &Connection, name: &str, ddl: &str) -> rusqlite::Result<Found> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE";
    let found: Option<Option<String>> =
        connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?;
    Ok(match found {
        None => Found::Nothing,
        Some(sql) if sql.as_deref() == Some(ddl) => Found::Same,
        Some(_) => Found::Other,
    })
}

/// Creates an index, unless it is there.
fn create(connection: &Connection, name: &str, ddl: &str) -> rusqlite::Result<()> {
    match look(connection, name, ddl)? {
        Found::Same => return Ok(()),
        Found::Other => connection.execute_batch(&format!("DROP INDEX {}", quoted(name)))?,
        Found::Nothing => {}
    }
    connection.execute_batch(ddl)
}

/// Creates that of the times to live, if it is missing.
pub(super) fn ensure_ttl(connection: &Connection, table: &str, definition: &Definition) -> Result<(), Fault> {
    let index = TableIndex::of_ttl(table, definition);
    Ok(index.map_or(Ok(()), |index| create(connection, &index.name, &index.ddl(table)))?)
}

/// Creates those that are missing.
///
/// # Errors
/// `DefinitionConflict` with the records of which several have the same values in a unique one.
pub(super) fn ensure(connection: &Connection, table: &str, definition: &Definition) -> Result<(), Fault> {
    let mut duplicates = Mistakes::new(ErrorKind::DefinitionConflict);
    for (index, in_file) in definition.indexes().zip(of(table, definition)) {
        create(connection, &in_file.name, &in_file.ddl(table))?;
        let Some(guard) = in_file.guard else { continue };
        match create(connection, &guard.name, &guard.ddl(table)) {
            Err(native) if error::extended_code(&native) == ffi::SQLITE_CONSTRAINT_UNIQUE => {
                let found = stored_twice(connection, table, &guard, definition.id_field())?;
                duplicates.check(Err::<(), _>(found.of(index)));
            }
            created => created?,
        }
    }
    Ok(duplicates.into_result()?)
}

/// The records that a guard keeps from being.
fn stored_twice(connection: &Connection, table: &str, guard: &Guard, id_field: &str) -> Result<Duplicates, Fault> {
    let mut statement = connection.prepare(&guard.duplicates(table, Duplicates::TOLD + 1))?;
    let mut rows = statement.query([])?;
    let mut groups = BTreeMap::<i64, Vec<String>>::new();
    while let Some(row) = rows.next()? {
        let record = RecordBuf::from_tokens(&mut JsonTokens::new(codec::record(row, 0)?))?;
        let id = match record.get(id_field) {
            Some(Token::String(id)) => id.to_owned(),
            _ => String::new(),
        };
        groups.entry(row.get(1)?).or_default().push(id);
    }
    Ok(Duplicates::new(groups.into_values()))
}
