//! The tables: one for each repository, and one for their definitions.

use backends_core::driver::{DefineRequest, RemoveIndexRequest, SchemaMode, StoredKinds};
use backends_core::json::{self, JsonBatch, JsonTokens};
use backends_core::{Definition, Error, Result};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension};

use crate::codec;
use crate::column::{Column, TableIndex};
use crate::error::Fault;
use crate::sweep::Sweep;

mod indexes;

/// Where the definitions are kept, by the name of the table.
const DEFINITIONS: &str = "_backends_definitions";

/// The columns of the primary key.
const COLUMNS: [&str; 2] = ["partition_key", "sort_key"];

/// So many records are looked at together when a kind is new.
const LOOK_AT: usize = 1_000;

/// The name of a repository's table, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// The columns of the primary key.
    pub(crate) key: Vec<Column>,
    /// The indexes besides.
    pub(crate) indexes: Vec<TableIndex>,
    pub(crate) get: String,
    pub(crate) insert: String,
    pub(crate) put: String,
    pub(crate) delete: String,
    change: String,
    pub(crate) first: String,
    /// What removes expired records, if records expire.
    pub(crate) sweep: Option<Sweep>,
}

impl Table {
    pub(crate) fn new(prefix: &str, definition: &Definition) -> Self {
        let name = format!("{prefix}{}", definition.name());
        let has_sort = definition.sort_key().is_some();
        let table = quoted(&name);
        let (columns, values, one) = if has_sort {
            ("partition_key, sort_key", "?1, ?2, ?3", "partition_key = ?1 AND sort_key = ?2")
        } else {
            ("partition_key", "?1, ?2", "partition_key = ?1")
        };
        let insert = format!("INSERT INTO {table} ({columns}, record) VALUES ({values}) ON CONFLICT ({columns})");
        let find = format!("SELECT record, {columns} FROM {table}");
        Self {
            get: format!("SELECT record FROM {table} WHERE {one}"),
            put: format!("{insert} DO UPDATE SET record = excluded.record"),
            insert: format!("{insert} DO NOTHING"),
            change: format!(
                "UPDATE {table} SET record = ?1 WHERE {}",
                if has_sort { "partition_key = ?2 AND sort_key = ?3" } else { "partition_key = ?2" }
            ),
            delete: format!("DELETE FROM {table} WHERE {one} RETURNING record"),
            first: format!("{find} ORDER BY {columns}"),
            key: Column::of_key(definition, &COLUMNS),
            indexes: indexes::of(&name, definition),
            sweep: TableIndex::of_ttl(&name, definition)
                .map(|index| Sweep::new(&name, &COLUMNS[..definition.key_fields().len()], &index)),
            name,
        }
    }

    /// The names of the columns of the primary key.
    pub(crate) fn columns(&self) -> &'static [&'static str] {
        &COLUMNS[..self.key.len()]
    }

    /// Columns without a type keep each value as it is given.
    pub(crate) fn ddl(&self) -> String {
        let (table, key) = (quoted(&self.name), self.columns().join(", "));
        format!("CREATE TABLE {table} ({key}, record TEXT NOT NULL, PRIMARY KEY ({key})) WITHOUT ROWID")
    }

    /// Whether the table is there, and is one that this library would have made.
    fn look(&self, connection: &Connection) -> Result<Found, Fault> {
        let kind: Option<String> = connection
            .query_row("SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", [&self.name], |row| row.get(0))
            .optional()?;
        let Some(kind) = kind else { return Ok(Found::Nothing) };
        let mut statement = connection.prepare("SELECT name, pk, hidden FROM pragma_table_xinfo(?1)")?;
        let columns = statement.query_map([&self.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let columns: Vec<(String, i32, i32)> = columns.collect::<rusqlite::Result<_>>()?;
        let mut key: Vec<_> = columns.iter().filter(|(_, place, _)| *place > 0).collect();
        key.sort_by_key(|(_, place, _)| *place);
        let has_key = key.iter().map(|(name, ..)| name).eq(self.columns());
        let has_record = columns.iter().any(|(name, place, hidden)| name == "record" && *place == 0 && *hidden == 0);
        Ok(if kind == "table" && has_key && has_record { Found::Ours } else { Found::Other })
    }

    /// Whether the table is there at all.
    pub(crate) fn is_there(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection
            .query_row("SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", [&self.name], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
    }

    /// Holds every stored record against the kinds that are new. Texts that are instants from now on get the form in which
    /// they are compared.
    fn check_kinds(
        &self,
        connection: &Connection,
        mut kinds: StoredKinds,
        request: &DefineRequest,
    ) -> Result<(), Fault> {
        if kinds.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&self.first)?;
        let mut change = connection.prepare_cached(&self.change)?;
        let mut rows = statement.query([])?;
        let mut batch = JsonBatch::new();
        loop {
            let row = rows.next()?;
            if let Some(row) = row {
                let record = codec::record(row, 0)?;
                batch.push(record);
                // What cannot be read is told of by the kinds, where one asks for it.
                if let Ok(Some(record)) = kinds.rewritten(&mut JsonTokens::new(record)) {
                    change.raw_bind_parameter(1, json::to_string(&record)?)?;
                    for column in 1..=self.key.len() {
                        change.raw_bind_parameter(column + 1, row.get::<_, SqlValue>(column)?)?;
                    }
                    // The row that was read last may be changed while the others are read.
                    change.raw_execute()?;
                }
            }
            let is_last = row.is_none();
            if is_last || backends_core::Batch::len(&batch) == LOOK_AT {
                if request.context.remaining().is_zero() {
                    return Err(Fault::Refused(Error::timeout(
                        "the stored records could not be looked at in time, and nothing was changed: give more time",
                    )));
                }
                kinds.look(&batch)?;
                request.context.renew();
                batch = JsonBatch::new();
            }
            if is_last {
                return Ok(kinds.finish()?);
            }
        }
    }
}

enum Found {
    Nothing,
    Ours,
    Other,
}

/// The definition that holds if nothing has to be changed for it. Only reads.
pub(crate) fn unchanged(
    connection: &Connection,
    table: &Table,
    request: &DefineRequest,
) -> Result<Option<Definition>, Fault> {
    let stored = stored(connection, &table.name)?;
    let found = table.look(connection)?;
    if request.mode == SchemaMode::Ensure && (stored.is_none() || matches!(found, Found::Nothing)) {
        return Ok(None);
    }
    let reconciled = request.reconcile(stored.as_deref())?;
    table.refuse(&found, request, stored.as_deref())?;
    let missing = indexes::missing(connection, &table.name, &reconciled.merged)?;
    if request.mode == SchemaMode::Verify && !missing.is_empty() {
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(Fault::Refused(Error::definition_conflict(format!(
            "the indexes {names} are not there, and `SchemaMode::Verify` creates nothing: define the repository once with \
             `SchemaMode::Ensure`"
        ))));
    }
    let is_stored = missing.is_empty() && stored.is_some_and(|stored| stored == reconciled.merged.to_json());
    Ok((is_stored || request.mode == SchemaMode::Verify).then_some(reconciled.merged))
}

/// Creates what is missing, inside a transaction of the caller that holds the write lock.
pub(crate) fn ensure(connection: &Connection, table: &Table, request: &DefineRequest) -> Result<Definition, Fault> {
    let stored = stored(connection, &table.name)?;
    let found = table.look(connection)?;
    let reconciled = request.reconcile(stored.as_deref())?;
    table.refuse(&found, request, stored.as_deref())?;
    match found {
        Found::Nothing => connection.execute_batch(&table.ddl())?,
        Found::Ours | Found::Other => {
            table.check_kinds(connection, StoredKinds::new(&reconciled).reporting(&request.context), request)?;
        }
    }
    indexes::ensure_ttl(connection, &table.name, &reconciled.merged)?;
    if let Some(sweep) = &table.sweep
        && reconciled.added_indexes.iter().any(backends_core::Index::is_unique)
    {
        // What has expired has no values that another record could have too.
        while sweep.remove(connection, table, request.context.now)? {}
    }
    indexes::ensure(connection, &table.name, &reconciled.merged)?;
    let text = reconciled.merged.to_json();
    if stored.is_none_or(|stored| stored != text) {
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {DEFINITIONS} \
             (name TEXT PRIMARY KEY COLLATE NOCASE, definition TEXT NOT NULL) WITHOUT ROWID"
        ))?;
        store(connection, &table.name, &text)?;
    }
    Ok(reconciled.merged)
}

/// Removes an index, inside a transaction of the caller that holds the write lock; the definition without it.
pub(crate) fn remove_index(
    connection: &Connection,
    prefix: &str,
    request: &RemoveIndexRequest,
) -> Result<Definition, Fault> {
    let name = format!("{prefix}{}", request.repository);
    let (definition, index, rest) = request.split(stored(connection, &name)?.as_deref())?;
    let table = Table::new(prefix, &definition);
    for index in table.indexes.iter().filter(|own| own.index == index.name()) {
        for name in index.names() {
            connection.execute_batch(&format!("DROP INDEX IF EXISTS {}", quoted(name)))?;
        }
    }
    store(connection, &table.name, &rest.to_json())?;
    Ok(rest)
}

fn store(connection: &Connection, table: &str, definition: &str) -> rusqlite::Result<usize> {
    connection.execute(
        &format!(
            "INSERT INTO {DEFINITIONS} (name, definition) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET definition = excluded.definition"
        ),
        [table, definition],
    )
}

impl Table {
    /// Refuses a table that is not the library's, or of another repository.
    fn refuse(&self, found: &Found, request: &DefineRequest, stored: Option<&str>) -> Result<()> {
        let conflict = match (found, stored) {
            (Found::Other, _) => {
                "the file has a table, view or index of this name that is none of this library: rename it, or choose \
                 another name or `tablePrefix`"
            }
            (Found::Ours, None) => {
                "the file has a table of this name and no definition of it: rename the table, or choose another name or \
                 `tablePrefix`"
            }
            (Found::Nothing, Some(_)) if request.mode == SchemaMode::Verify => {
                "the table is not there, though its definition is, and `SchemaMode::Verify` creates nothing: define it \
                 once with `SchemaMode::Ensure`"
            }
            (_, Some(stored)) => {
                let stored = Definition::from_stored(stored)?;
                if stored.name() == request.definition.name() {
                    return Ok(());
                }
                "the table is that of a repository whose name differs in case, or in where `tablePrefix` ends: choose \
                 another name"
            }
            _ => return Ok(()),
        };
        Err(Error::definition_conflict(conflict).with_context("table", &self.name))
    }
}

/// The definition that is stored for a table.
pub(crate) fn stored(connection: &Connection, table: &str) -> Result<Option<String>, Fault> {
    if !has_definitions(connection)? {
        return Ok(None);
    }
    let sql = format!("SELECT definition FROM {DEFINITIONS} WHERE name = ?1");
    Ok(connection.query_row(&sql, [table], |row| row.get(0)).optional()?)
}

/// Whether the file has a table of definitions.
pub(crate) fn has_definitions(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(sql, [DEFINITIONS], |_| Ok(())).optional().map(|found| found.is_some())
}

/// Whether the file has no tables, indexes, views or triggers.
pub(crate) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let found = connection.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(())).optional()?;
    Ok(found.is_none())
}

/// A name as SQL; no letter in it acts.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> Table {
        Table::new("p_", &Definition::from_json(json).unwrap())
    }

    #[test]
    fn c07_names_are_quoted() {
        assert_eq!(quoted("a-b.c"), "\"a-b.c\"");
        assert_eq!(quoted("a\"; DROP TABLE b; --"), "\"a\"\"; DROP TABLE b; --\"");
    }

    #[test]
    fn statements_are_answered_from_the_key() {
        let connection = Connection::open_in_memory().unwrap();
        for json in
            [r#"{"name": "one-key.x"}"#, r#"{"name": "two", "hashKey": "a", "rangeKey": "b", "rangeKeyType": "N"}"#]
        {
            let table = table(json);
            connection.execute_batch(&table.ddl()).unwrap();
            let plan = |sql: &str| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let mut rows = statement.raw_query();
                let mut plan = Vec::new();
                while let Some(row) = rows.next().unwrap() {
                    plan.push(row.get::<_, String>(3).unwrap());
                }
                plan.join("; ")
            };
            for (sql, scans) in [(&table.get, false), (&table.delete, false), (&table.first, true)] {
                let plan = plan(sql);
                assert_eq!(plan.contains("SCAN"), scans, "{sql}: {plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
            }
            assert!(connection.prepare(&table.insert).is_ok() && connection.prepare(&table.put).is_ok());
            assert!(plan(&table.change).contains("SEARCH"));
        }
    }

    #[test]
    fn a_table_of_this_library_is_told_from_others() {
        let connection = Connection::open_in_memory().unwrap();
        let table = table(r#"{"name": "two", "hashKey": "a", "rangeKey": "b"}"#);
        assert!(matches!(table.look(&connection).unwrap(), Found::Nothing));
        for (ddl, ours) in [
            (table.ddl().as_str(), true),
            ("CREATE TABLE P_TWO (sort_key, partition_key, record, PRIMARY KEY (partition_key, sort_key))", true),
            ("CREATE TABLE p_two (sort_key, partition_key, record, PRIMARY KEY (sort_key, partition_key))", false),
            ("CREATE TABLE p_two (partition_key PRIMARY KEY, record)", false),
            ("CREATE TABLE p_two (a)", false),
            ("CREATE VIEW p_two AS SELECT 1 AS partition_key, 2 AS sort_key, 3 AS record", false),
        ] {
            connection.execute_batch(ddl).unwrap();
            assert!(table.is_there(&connection).unwrap());
            assert_eq!(matches!(table.look(&connection).unwrap(), Found::Ours), ours, "{ddl}");
            let what = if ddl.contains("VIEW") { "VIEW" } else { "TABLE" };
            connection.execute_batch(&format!("DROP {what} p_two")).unwrap();
        }
    }
}
