//! Storing many records, in pieces that are a transaction each.

use std::collections::VecDeque;
use std::ops::Range;

use backends_core::driver::{InsertManyRequest, InsertedRecords, NewRecord};
use backends_core::json::JsonBatch;
use backends_core::{Error, Result};
use rusqlite::{Connection, ffi};

use super::{SqliteRepository, execute};
use crate::claim::Receipt;
use crate::codec::SqlKeys;
use crate::error::{self, Fault};
use crate::schema::Table;
use crate::writer::Manner;

/// A piece is a few milliseconds of work, in which no other caller's write is done.
const RECORDS: usize = 1_000;
const BYTES: usize = 1 << 20;

/// So many pieces wait for the writer at most, which puts into one transaction what it does in its time.
const IN_FLIGHT: usize = 8;

/// What became of the records of one piece: those that were not stored, by position in the piece.
type Failures = Vec<(usize, Error)>;

pub(super) async fn insert_many(repository: &SqliteRepository, request: &InsertManyRequest) -> Result<InsertedRecords> {
    let mut failures = Vec::new();
    let mut stopped: Option<Error> = None;
    let mut to_send = VecDeque::new();
    if !request.records.is_empty() {
        to_send.push_back(0..request.records.len());
    }
    let mut on_their_way = VecDeque::new();
    loop {
        while on_their_way.len() < IN_FLIGHT
            && stopped.is_none()
            && let Some(range) = to_send.pop_front()
        {
            match Piece::cut(&request.records[range.clone()]).and_then(|piece| piece.start(repository, request)) {
                Ok((length, receipt)) => {
                    let (piece, rest) = split(&range, length);
                    on_their_way.push_back((piece, receipt));
                    if !rest.is_empty() {
                        to_send.push_front(rest);
                    }
                }
                Err(error) => {
                    to_send.push_front(range);
                    stopped = Some(error);
                }
            }
        }
        let Some((piece, receipt)) = on_their_way.pop_front() else { break };
        match receipt.wait().await {
            Ok(refused) => {
                failures.extend(refused.into_iter().map(|(position, error)| (piece.start + position, error)));
                request.context.renew();
            }
            // A part of it may fit.
            Err(error) if needs_room(&error) && piece.len() > 1 => {
                let (first, second) = split(&piece, piece.len() / 2);
                to_send.push_front(second);
                to_send.push_front(first);
            }
            Err(error) => {
                failures.extend(piece.map(|position| (position, error::repeat(&error))));
                if !needs_room(&error) {
                    stopped.get_or_insert(error);
                }
            }
        }
    }
    let Some(error) = stopped else { return Ok(InsertedRecords::except(failures)) };
    let rest = to_send.into_iter().flatten();
    failures.extend(rest.map(|position| (position, error::repeat(&error).with_may_have_happened(false))));
    if failures.len() == request.records.len() && failures.iter().all(|(_, failure)| failure.kind() == error.kind()) {
        // Nothing is stored, for a reason that concerns them all.
        return Err(error);
    }
    Ok(InsertedRecords::except(failures))
}

/// The first `length` of the range, and what follows.
fn split(range: &Range<usize>, length: usize) -> (Range<usize>, Range<usize>) {
    let middle = range.start + length;
    (range.start..middle, middle..range.end)
}

/// Whether a smaller piece may be stored where this one was not: there is too little room on the disk, or memory.
fn needs_room(error: &Error) -> bool {
    let code = error.native::<rusqlite::Error>().map(error::primary_code);
    !error.may_have_happened() && matches!(code, Some(ffi::SQLITE_FULL | ffi::SQLITE_NOMEM | ffi::SQLITE_IOERR))
}

/// Records as they are stored.
struct Piece {
    keys: SqlKeys,
    records: JsonBatch,
}

impl Piece {
    /// The first of `records`, as many as fit, at least one.
    fn cut(records: &[NewRecord]) -> Result<Self> {
        let records = &records[..records.len().min(RECORDS)];
        let size = records.first().map_or(0, |new| new.record.size());
        let mut piece = Self {
            keys: SqlKeys::with_capacity(records.len()),
            records: JsonBatch::with_capacity(records.len(), (size * records.len()).min(BYTES)),
        };
        for new in records {
            if piece.records.bytes() >= BYTES {
                break;
            }
            piece.records.write(&mut new.record.tokens())?;
            piece.keys.push(&new.key)?;
        }
        Ok(piece)
    }

    fn start(self, repository: &SqliteRepository, request: &InsertManyRequest) -> Result<(usize, Receipt<Failures>)> {
        let length = self.keys.len();
        let work = repository.asking(move |connection, table| self.store(connection, table));
        let patience = repository.backend.patience(&request.context);
        Ok((length, repository.backend.start_write(Manner::Grouped, patience, work)?))
    }

    fn store(&self, connection: &Connection, table: &Table) -> Result<Failures, Fault> {
        let mut failures = Vec::new();
        let mut statement = connection.prepare_cached(&table.insert)?;
        for position in 0..self.keys.len() {
            let place = self.keys.bind(position, &mut statement)?;
            let record = self.records.get(position).unwrap_or_default();
            match execute(&mut statement, place, record) {
                Ok(true) => {}
                Ok(false) => failures.push((position, Error::key_taken())),
                Err(fault) => failures.push((position, of_one_record(fault)?)),
            }
        }
        Ok(failures)
    }
}

/// The error of a record that was refused for itself; others spoil the transaction.
fn of_one_record(fault: Fault) -> Result<Error, Fault> {
    match fault {
        Fault::Native(native)
            if matches!(
                error::primary_code(&native),
                ffi::SQLITE_TOOBIG | ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH
            ) =>
        {
            Ok(error::translate(native))
        }
        fault => Err(fault),
    }
}
