//! Reading by filter, a batch at a time: between two batches nothing is held open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use backends_core::driver::{Context, FindRequest, Found};
use backends_core::json::{JsonBatch, JsonTokens};
use backends_core::{Batch, Cursor, Matcher, Position, Result, Sighting};
use rusqlite::types::Value as SqlValue;
use rusqlite::{CachedStatement, Connection, Row, Statement, ffi};

use super::SqliteRepository;
use crate::codec;
use crate::error::Fault;
use crate::plan::Plan;

/// The first batch is small, so that whoever wants one record does not wait for thousands; each later one may be four
/// times as large, up to the largest.
const FIRST: Size = Size { records: 128, bytes: 64 << 10 };
const LARGEST: Size = Size { records: 8_192, bytes: 1 << 20 };

/// So many bytes of records are looked at in one go; a call that looks at more leaves room for others in between.
const LOOK_AT: usize = 8 << 20;

/// A go that takes longer ends before that, so that whoever waits can stop.
const LOOK_FOR: Duration = Duration::from_millis(20);

/// After so many bytes the clock is looked at.
const CLOCK_AT: usize = 64 << 10;

#[derive(Debug, Clone, Copy)]
struct Size {
    records: usize,
    bytes: usize,
}

impl Size {
    fn next(self) -> Self {
        Self { records: (self.records * 4).min(LARGEST.records), bytes: (self.bytes * 4).min(LARGEST.bytes) }
    }

    /// The same, of no more records than are asked for.
    fn at_most(self, records: Option<u64>) -> Self {
        let most = records.and_then(|records| usize::try_from(records).ok()).unwrap_or(usize::MAX);
        Self { records: self.records.min(most).max(1), ..self }
    }
}

pub(super) fn find(repository: &SqliteRepository, request: &FindRequest) -> Result<Found> {
    let plan = Plan::new(&repository.table, request)?;
    let remainder = plan.remainder.clone();
    Ok(Found::new(rows(repository, request, plan), remainder))
}

/// The records that the filter means, in the order of the plan.
pub(super) fn rows(repository: &SqliteRepository, request: &FindRequest, plan: Plan) -> Box<dyn Cursor> {
    let enough = request.limit.filter(|_| !plan.remainder.sort).map(|limit| limit.saturating_add(request.offset));
    Box::new(Rows {
        repository: repository.clone(),
        context: request.context.clone(),
        size: FIRST.at_most(enough),
        from: plan.after.clone().map_or(From::Start, From::After),
        in_doubt: Vec::new(),
        reading: Arc::new(Reading::new(request, plan)),
    })
}

/// How many records the filter means.
pub(super) async fn count(repository: &SqliteRepository, request: &FindRequest) -> Result<u64> {
    let plan = Plan::new(&repository.table, request)?;
    let mut from = From::Start;
    let reading = Arc::new(Reading::new(request, plan));
    let mut count = 0;
    while let Some(after) = from.take() {
        let this = Arc::clone(&reading);
        let work = repository.asking(move |connection, _| this.count(connection, after.as_deref()));
        let (counted, last) = repository.backend.read(repository.backend.patience(&request.context), work).await?;
        request.context.renew();
        count += counted;
        from = last.map_or(From::End, From::After);
    }
    Ok(count)
}

/// Where the next batch begins.
enum From {
    Start,
    After(Vec<SqlValue>),
    End,
}

impl From {
    /// The place behind which the next batch begins, if it does behind one; nothing at the end.
    fn take(&self) -> Option<Option<Vec<SqlValue>>> {
        match self {
            Self::Start => Some(None),
            Self::After(place) => Some(Some(place.clone())),
            Self::End => None,
        }
    }
}

struct Rows {
    repository: SqliteRepository,
    context: Context,
    reading: Arc<Reading>,
    from: From,
    /// The indexes of the records of the last batch that could not be looked at.
    in_doubt: Vec<usize>,
    size: Size,
}

#[async_trait]
impl Cursor for Rows {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        let Some(after) = self.from.take() else { return Ok(None) };
        let (size, repository, reading) = (self.size, &self.repository, Arc::clone(&self.reading));
        let work = repository.asking(move |connection, _| reading.batch(connection, after.as_deref(), size));
        let Looked { batch, in_doubt, last } =
            repository.backend.read(repository.backend.patience(&self.context), work).await?;
        self.context.renew();
        self.from = last.map_or(From::End, From::After);
        self.in_doubt = in_doubt;
        self.size = size.next();
        Ok(Some(Box::new(batch)))
    }

    fn reached(&self) -> Option<Position> {
        match &self.from {
            From::After(place) => self.reading.plan.position(place),
            From::Start | From::End => None,
        }
    }

    fn in_doubt(&self) -> &[usize] {
        &self.in_doubt
    }
}

/// The rows to look at, and what is looked for in them.
struct Reading {
    plan: Plan,
    /// Nothing where every row that the plan finds is meant.
    matcher: Option<Matcher>,
}

/// The records that are meant among those that were looked at.
struct Looked {
    batch: JsonBatch,
    /// The indexes of those that could not be looked at: core says what is wrong with them.
    in_doubt: Vec<usize>,
    /// The place of the last that was looked at, if there may be more.
    last: Option<Vec<SqlValue>>,
}

impl Reading {
    fn new(request: &FindRequest, plan: Plan) -> Self {
        let matcher = (!plan.rest.is_all()).then(|| request.matcher(&plan.rest, []));
        Self { plan, matcher }
    }

    /// The records that are meant behind a place.
    fn batch(&self, connection: &Connection, after: Option<&[SqlValue]>, size: Size) -> Result<Looked, Fault> {
        let mut batch = JsonBatch::with_capacity(size.records.min(1_024), size.bytes.min(256 << 10));
        let mut in_doubt = Vec::new();
        let last = self.look(connection, after, |record, is_meant| {
            if is_meant.is_err() {
                in_doubt.push(batch.len());
            }
            if is_meant.unwrap_or(true) {
                batch.push(record);
            }
            Ok(batch.len() >= size.records || batch.bytes() >= size.bytes)
        })?;
        Ok(Looked { batch, in_doubt, last })
    }

    fn count(
        &self,
        connection: &Connection,
        after: Option<&[SqlValue]>,
    ) -> Result<(u64, Option<Vec<SqlValue>>), Fault> {
        let mut count = 0;
        let last = self.look(connection, after, |_, is_meant| {
            count += u64::from(is_meant?);
            Ok(false)
        })?;
        Ok((count, last))
    }

    /// Looks at rows behind a place until `take` has enough, and gives the place of the last if there may be more.
    fn look(
        &self,
        connection: &Connection,
        after: Option<&[SqlValue]>,
        mut take: impl FnMut(&str, Result<bool>) -> Result<bool, Fault>,
    ) -> Result<Option<Vec<SqlValue>>, Fault> {
        let mut seen = self.matcher.as_ref().map(Matcher::sighting);
        let (mut looked_at, mut clock_at, began) = (0, CLOCK_AT, Instant::now());
        let statements = match after {
            None => vec![(&self.plan.first, [].as_slice())],
            Some(after) => self.plan.next().iter().map(|(sql, values)| (sql, &after[..*values])).collect(),
        };
        let mut is_late = |looked_at: usize| {
            let looks = looked_at >= clock_at;
            clock_at += if looks { CLOCK_AT } else { 0 };
            looks && began.elapsed() >= LOOK_FOR
        };
        let mut look_by = |sql: &str, place: &[SqlValue], looked_at: &mut usize| {
            let mut statement = self.statement(connection, sql, place)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                let record = codec::record(row, 0)?;
                *looked_at += record.len();
                let has_enough = take(record, self.is_meant(record, seen.as_mut()))?;
                if has_enough || *looked_at >= LOOK_AT || is_late(*looked_at) {
                    return self.place(row).map(Some);
                }
            }
            Ok(None)
        };
        for (sql, place) in statements {
            let before = looked_at;
            let last = match (look_by(sql, place, &mut looked_at), &self.plan.by_index) {
                // Somebody else has dropped the index, or nobody has created it: the answer is the same without it.
                // A statement that was prepared before says so when it looks for its first row.
                (Err(Fault::Native(error)), Some(by_index)) if looked_at == before && is_refused(&error) => {
                    look_by(&sql.replace(by_index, ""), place, &mut looked_at)
                }
                (last, _) => last,
            }?;
            if last.is_some() {
                return Ok(last);
            }
        }
        Ok(None)
    }

    fn is_meant(&self, record: &str, seen: Option<&mut Sighting>) -> Result<bool> {
        match (&self.matcher, seen) {
            (Some(matcher), Some(seen)) => matcher.look(&mut JsonTokens::new(record), seen),
            _ => Ok(true),
        }
    }

    /// The statement with its parameters, and the values of a place after them.
    fn statement<'c>(
        &self,
        connection: &'c Connection,
        sql: &str,
        place: &[SqlValue],
    ) -> rusqlite::Result<Prepared<'c>> {
        let mut statement = self.prepare(connection, sql)?;
        for (at, parameter) in self.plan.parameters.iter().chain(place).enumerate() {
            statement.raw_bind_parameter(at + 1, parameter)?;
        }
        Ok(statement)
    }

    fn prepare<'c>(&self, connection: &'c Connection, sql: &str) -> rusqlite::Result<Prepared<'c>> {
        if self.plan.is_usual {
            connection.prepare_cached(sql).map(Prepared::Cached)
        } else {
            connection.prepare(sql).map(Prepared::Once)
        }
    }

    /// The place of a row among those of the plan.
    fn place(&self, row: &Row<'_>) -> Result<Vec<SqlValue>, Fault> {
        Ok((1..=self.plan.places()).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?)
    }
}

/// Whether `SQLite` does not understand the statement, as when it names an index that is not there.
fn is_refused(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_ERROR)
        || matches!(error, rusqlite::Error::SqlInputError { .. })
}

/// A statement that is kept for other calls, or not.
enum Prepared<'c> {
    Cached(CachedStatement<'c>),
    Once(Statement<'c>),
}

impl<'c> std::ops::Deref for Prepared<'c> {
    type Target = Statement<'c>;

    fn deref(&self) -> &Statement<'c> {
        match self {
            Self::Cached(statement) => statement,
            Self::Once(statement) => statement,
        }
    }
}

impl std::ops::DerefMut for Prepared<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Cached(statement) => statement,
            Self::Once(statement) => statement,
        }
    }
}

#[cfg(test)]
mod tests;
