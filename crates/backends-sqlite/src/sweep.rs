//! Removing the records that have expired: a few at a time, by an index of their instants, beside other writes.

use std::sync::atomic::{AtomicI64, Ordering};

use backends_core::driver::Expiry;
use backends_core::{Definition, Result, Timestamp};
use rusqlite::Connection;

use crate::column::TableIndex;
use crate::error::Fault;
use crate::schema::{self, Table, quoted};

/// So many records are removed in one go: less than a millisecond of the writer's time.
const MOST: usize = 100;

/// How often it is looked for more, in milliseconds of the caller's clock.
const PAUSE: i64 = 60_000;

/// What removes the expired records of a table, and when.
#[derive(Debug)]
pub(crate) struct Sweep {
    sql: String,
    /// When it is time again, in milliseconds.
    due: AtomicI64,
}

impl Sweep {
    pub(crate) fn new(table: &str, columns: &[&str], index: &TableIndex) -> Self {
        let (table, by, columns) = (quoted(table), quoted(&index.name), columns.join(", "));
        let at = &index.columns[0].sql;
        // Text that is no instant of the library's own ends no record: the year 0, the 30th of February, a second 60.
        let sql = format!(
            "DELETE FROM {table} WHERE ({columns}) IN (SELECT {columns} FROM {table} INDEXED BY {by} \
             WHERE {at} BETWEEN '0001' AND ?1 AND strftime('%Y-%m-%dT%H:%M:%fZ', {at}) = {at} LIMIT {MOST})"
        );
        Self { sql, due: AtomicI64::new(i64::MIN) }
    }

    /// Whether it is time; then it is again after a while.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let (due, now) = (self.due.load(Ordering::Relaxed), now.millis());
        now >= due && self.due.compare_exchange(due, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Removes some of the records that have expired, by the time to live that is stored now. Says whether there may be
    /// more, which the next write goes on with.
    pub(crate) fn remove(&self, connection: &Connection, table: &Table, now: Timestamp) -> Result<bool, Fault> {
        let Some(stored) = schema::stored(connection, &table.name)? else { return Ok(false) };
        let definition = Definition::from_stored(&stored)?;
        let Some(expiry) = definition.ttl().and_then(|ttl| Expiry::at(ttl, now)) else { return Ok(false) };
        let removed = connection.prepare_cached(&self.sql)?.execute([expiry.until().to_string()])?;
        let more = removed == MOST;
        if more {
            self.due.store(i64::MIN, Ordering::Relaxed);
        }
        Ok(more)
    }
}
