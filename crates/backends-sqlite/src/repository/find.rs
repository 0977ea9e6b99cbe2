//! Reading everything, a batch at a time: between two batches nothing is held open.

use async_trait::async_trait;
use backends_core::driver::{Context, FindRequest, Found};
use backends_core::json::JsonBatch;
use backends_core::{Batch, Cursor, Result};
use rusqlite::Connection;

use super::SqliteRepository;
use crate::codec::{self, SqlKey};
use crate::error::Fault;
use crate::schema::Table;

/// The first batch is small, so that whoever wants one record does not wait for thousands; each later one may be four
/// times as large, up to the largest.
const FIRST: Size = Size { records: 128, bytes: 64 << 10 };
const LARGEST: Size = Size { records: 8_192, bytes: 1 << 20 };

#[derive(Debug, Clone, Copy)]
struct Size {
    records: usize,
    bytes: usize,
}

impl Size {
    fn next(self) -> Self {
        Self { records: (self.records * 4).min(LARGEST.records), bytes: (self.bytes * 4).min(LARGEST.bytes) }
    }
}

pub(super) fn find(repository: &SqliteRepository, request: &FindRequest) -> Found {
    Found::everything(cursor(repository, request))
}

pub(super) fn cursor(repository: &SqliteRepository, request: &FindRequest) -> Box<dyn Cursor> {
    let context = request.context.clone();
    Box::new(Rows { repository: repository.clone(), context, from: From::Start, size: FIRST })
}

/// Where the next batch begins.
enum From {
    Start,
    After(SqlKey),
    End,
}

struct Rows {
    repository: SqliteRepository,
    context: Context,
    from: From,
    size: Size,
}

#[async_trait]
impl Cursor for Rows {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        let after = match &self.from {
            From::Start => None,
            From::After(key) => Some(key.clone()),
            From::End => return Ok(None),
        };
        let (size, repository) = (self.size, &self.repository);
        let work = repository.asking(move |connection, table| batch(connection, table, after.as_ref(), size));
        let (batch, last) = repository.backend.read(repository.backend.patience(&self.context), work).await?;
        self.context.renew();
        self.from = last.map_or(From::End, From::After);
        self.size = size.next();
        Ok(Some(Box::new(batch)))
    }
}

/// The records behind a key, and the key of the last if there may be more.
fn batch(
    connection: &Connection,
    table: &Table,
    after: Option<&SqlKey>,
    size: Size,
) -> Result<(JsonBatch, Option<SqlKey>), Fault> {
    let mut statement = connection.prepare_cached(if after.is_some() { &table.next } else { &table.first })?;
    if let Some(key) = after {
        key.bind(&mut statement, 1)?;
    }
    let mut batch = JsonBatch::with_capacity(size.records.min(1_024), size.bytes.min(256 << 10));
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let record = codec::record(row, 0)?;
        bytes += record.len();
        batch.push(record);
        if batch.len() >= size.records || bytes >= size.bytes {
            return Ok((batch, Some(SqlKey::of_row(row, 1, table.has_sort)?)));
        }
    }
    Ok((batch, None))
}

#[cfg(test)]
mod tests;
