//! The records of one repository: what is asked of its table.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    self, Context, Counted, DeleteRequest, Deleted, Expiry, Fetched, FindRequest, Found, GetRequest, InsertManyRequest,
    InsertRequest, Inserted, InsertedRecords, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped,
    UpdateRequest, Updated,
};
use backends_core::json::{self, JsonTokens};
use backends_core::{Error, RecordBuf, Result};
use rusqlite::{Connection, Statement, ffi};

use crate::backend::SqliteBackend;
use crate::codec::{self, SqlKey};
use crate::error::{self, Fault};
use crate::plan::Plan;
use crate::schema::Table;
use crate::writer::Manner;

mod batch;
mod find;
mod get;
mod insert_many;

pub(crate) use batch::write_batch;

/// The records of one repository. Cheap to clone; every clone is the same repository.
#[derive(Clone)]
pub struct SqliteRepository {
    backend: SqliteBackend,
    table: Arc<Table>,
}

impl SqliteRepository {
    pub(crate) fn new(backend: SqliteBackend, table: Arc<Table>) -> Self {
        Self { backend, table }
    }

    /// The name of the table, to be quoted in SQL. Its columns are `partition_key`, `sort_key` if the definition has
    /// one, and `record`, the whole record as JSON text.
    pub fn table(&self) -> &str {
        &self.table.name
    }

    /// The backend that it belongs to, with the connections.
    pub fn backend(&self) -> &SqliteBackend {
        &self.backend
    }

    async fn write<R, F>(&self, manner: Manner, context: &Context, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnMut(&Connection, &Table) -> Result<R, Fault> + Send + 'static,
    {
        self.backend
            .write(manner, self.backend.patience(context), self.asking(work))
            .await
            .inspect(|_| self.sweep(context))
    }

    /// Has expired records removed, if it is time: nobody waits for it.
    pub(crate) fn sweep(&self, context: &Context) {
        let now = context.now;
        if self.table.sweep.as_ref().is_some_and(|sweep| sweep.is_due(now)) {
            let work = self.asking(move |connection, table| match &table.sweep {
                Some(sweep) => sweep.remove(connection, table, now).map(drop),
                None => Ok(()),
            });
            let _ = self.backend.start_write(Manner::Grouped, self.backend.patience(context), work);
        }
    }

    /// The work with its table, and with a word on it if it is not there.
    fn asking<R, F>(&self, mut work: F) -> impl FnMut(&mut Connection) -> Result<R, Fault> + use<R, F>
    where
        F: FnMut(&Connection, &Table) -> Result<R, Fault>,
    {
        let table = Arc::clone(&self.table);
        move |connection| work(connection, &table).map_err(|fault| explain(fault, connection, &table))
    }
}

/// `SQLite` has no result code of its own for a table that is not there.
fn explain(fault: Fault, connection: &Connection, table: &Table) -> Fault {
    match fault {
        Fault::Native(native)
            if error::primary_code(&native) == ffi::SQLITE_ERROR && matches!(table.is_there(connection), Ok(false)) =>
        {
            Fault::Refused(error::with_native(Error::never_defined().with_context("table", &table.name), native))
        }
        fault => fault,
    }
}

/// The stored record with this key.
fn stored(connection: &Connection, table: &Table, key: &SqlKey) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached(&table.get)?;
    key.bind(&mut statement, 1)?;
    let mut rows = statement.raw_query();
    Ok(match rows.next()? {
        Some(row) => Some(codec::record(row, 0)?.to_owned()),
        None => None,
    })
}

/// Stores a record by `put`, or by `insert` only if there is none with its key. Says whether it did.
fn store(statement: &mut Statement<'_>, key: &SqlKey, record: &str) -> Result<bool, Fault> {
    let place = key.bind(statement, 1)?;
    execute(statement, place, record)
}

/// Puts a record in the place of one that has expired. Says whether it did.
fn take_over(
    connection: &Connection,
    table: &Table,
    expiry: Option<&Expiry>,
    bind: &dyn Fn(&mut Statement<'_>) -> rusqlite::Result<usize>,
    record: &str,
) -> Result<bool, Fault> {
    let Some(expiry) = expiry else { return Ok(false) };
    let mut statement = connection.prepare_cached(&table.get)?;
    bind(&mut statement)?;
    let mut rows = statement.raw_query();
    let is_over = match rows.next()? {
        Some(row) => expiry.is_over(&mut JsonTokens::new(codec::record(row, 0)?))?,
        None => false,
    };
    if !is_over {
        return Ok(false);
    }
    let mut put = connection.prepare_cached(&table.put)?;
    let place = bind(&mut put)?;
    execute(&mut put, place, record)
}

/// The same for the key that is bound; the record goes to `place`.
fn execute(statement: &mut Statement<'_>, place: usize, record: &str) -> Result<bool, Fault> {
    // A text that is longer than the limit of SQLite is refused here already.
    statement.raw_bind_parameter(place, record).map_err(Fault::of_statement)?;
    statement.raw_execute().map(|changed| changed > 0).map_err(Fault::of_statement)
}

fn delete(connection: &Connection, table: &Table, key: &SqlKey) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached(&table.delete)?;
    key.bind(&mut statement, 1)?;
    let mut rows = statement.raw_query();
    let deleted = match rows.next()? {
        Some(row) => Some(codec::record(row, 0)?.to_owned()),
        None => None,
    };
    // To the end, or the statement is not done.
    while rows.next()?.is_some() {}
    Ok(deleted)
}

/// The record as JSON, and in it those fields that could not be read, as they stand in the stored text.
fn with_unreadable(connection: &Connection, record: &RecordBuf, stored: &str) -> Result<String, Fault> {
    let mut text = json::to_string(&record.readable())?;
    for field in record.unreadable() {
        if field.contains(['"', '\\']) {
            // No path of SQLite has such a name.
            let message = "a field of a stored record has a name and a value that no record holds: repair it";
            return Err(Error::unreadable(message).into());
        }
        let mut keep = connection.prepare_cached("SELECT json_insert(?1, ?3, json(?2 -> ?3))")?;
        text = keep.query_row((&text, stored, format!("$.\"{field}\"")), |row| row.get(0))?;
    }
    Ok(text)
}

/// Whether what is stored is what was read. A record that was read from here holds instants as text.
fn is_same(stored: Option<&str>, seen: Option<&RecordBuf>) -> Result<bool> {
    match (stored, seen) {
        (None, None) => Ok(true),
        (Some(stored), Some(seen)) => {
            let stored = RecordBuf::in_part(|| JsonTokens::new(stored))?;
            Ok(stored == *seen || *stored.readable() == json::parse(&json::to_string(&seen.readable())?)?)
        }
        _ => Ok(false),
    }
}

#[async_trait]
impl RepositoryDriver for SqliteRepository {
    async fn insert(&self, request: &InsertRequest) -> Result<Inserted> {
        let (key, record) = (SqlKey::new(&request.key)?, json::to_string(&request.record)?);
        let expiry = request.expiry.clone();
        let manner = if expiry.is_none() { Manner::Single } else { Manner::Grouped };
        let insert = move |connection: &Connection, table: &Table| {
            let bind = |statement: &mut Statement<'_>| key.bind(statement, 1);
            if store(&mut *connection.prepare_cached(&table.insert)?, &key, &record)?
                || take_over(connection, table, expiry.as_ref(), &bind, &record)?
            {
                Ok(())
            } else {
                Err(Error::key_taken().into())
            }
        };
        self.write(manner, &request.context, insert).await?;
        Ok(Inserted::stored())
    }

    async fn insert_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        insert_many::insert_many(self, request).await.inspect(|_| self.sweep(&request.context))
    }

    async fn get(&self, request: &GetRequest) -> Result<Fetched> {
        get::get(self, request).await
    }

    async fn find(&self, request: &FindRequest) -> Result<Found> {
        find::find(self, request)
    }

    async fn count(&self, request: &FindRequest) -> Result<Counted> {
        find::count(self, request).await.map(Counted::exactly)
    }

    async fn explain(&self, request: &FindRequest) -> Result<driver::Plan> {
        let plan = Plan::new(&self.table, request)?;
        let requests = "0: the file is read in this process";
        let answered = plan.answered(&request.filter);
        // Core's matcher looks at the rest on the thread of a reader, so that `find` leaves none of it.
        let remainder = plan.remainder.with_filter(plan.rest);
        Ok(driver::Plan::new(request, plan.access, answered, &remainder, requests))
    }

    async fn replace(&self, request: &ReplaceRequest) -> Result<Replaced> {
        let (key, request) = (SqlKey::new(&request.key)?, request.clone());
        let context = request.context.clone();
        let replace = move |connection: &Connection, table: &Table| {
            let stored = stored(connection, table, &key)?;
            let merged = match &stored {
                Some(stored) => request.merge(Some(&mut JsonTokens::new(stored)))?,
                None => request.merge(None)?,
            };
            store(&mut *connection.prepare_cached(&table.put)?, &key, &json::to_string(&merged.record)?)?;
            Ok(merged)
        };
        Ok(self.write(Manner::Grouped, &context, replace).await?.into())
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        let (key, request) = (SqlKey::new(&request.key)?, request.clone());
        let context = request.context.clone();
        let update = move |connection: &Connection, table: &Table| {
            let Some(stored) = stored(connection, table, &key)? else { return Ok(None) };
            let seen = RecordBuf::in_part(|| JsonTokens::new(&stored))?;
            let Some(record) = request.apply(&seen)? else { return Ok(None) };
            let text = with_unreadable(connection, &record, &stored)?;
            store(&mut *connection.prepare_cached(&table.put)?, &key, &text)?;
            Ok(Some(record))
        };
        let updated = self.write(Manner::Grouped, &context, update).await?;
        Ok(updated.map_or_else(Updated::missing, |record| Updated::record(Box::new(record))))
    }

    async fn delete(&self, request: &DeleteRequest) -> Result<Deleted> {
        let key = SqlKey::new(&request.key)?;
        let deleted = if request.expected.is_none() && request.expiry.is_none() {
            self.write(Manner::Single, &request.context, move |connection, table| delete(connection, table, &key))
                .await?
        } else {
            let request = request.clone();
            let context = request.context.clone();
            let delete_expected = move |connection: &Connection, table: &Table| {
                let is_meant = match stored(connection, table, &key)? {
                    Some(stored) => request.check(Some(&mut JsonTokens::new(&stored)))?,
                    None => request.check(None)?,
                };
                if is_meant { delete(connection, table, &key) } else { Ok(None) }
            };
            self.write(Manner::Grouped, &context, delete_expected).await?
        };
        Ok(match deleted {
            Some(record) => Deleted::record(Box::new(codec::batch_of(&record))),
            None => Deleted::missing(),
        })
    }

    async fn swap(&self, request: &SwapRequest) -> Result<Swapped> {
        let (key, seen) = (SqlKey::new(&request.key)?, request.seen.clone());
        let record = request.record.as_ref().map(json::to_string).transpose()?;
        let swap = move |connection: &Connection, table: &Table| {
            let stored = stored(connection, table, &key)?;
            if !is_same(stored.as_deref(), seen.as_ref())? {
                return Ok(Swapped::Changed);
            }
            match &record {
                Some(record) => store(&mut *connection.prepare_cached(&table.put)?, &key, record).map(|_| ())?,
                None => delete(connection, table, &key).map(|_| ())?,
            }
            Ok(Swapped::Done)
        };
        self.write(Manner::Grouped, &request.context, swap).await
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for SqliteRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteRepository").field("table", &self.table.name).finish_non_exhaustive()
    }
}
