//! Storing many records, in pieces that are a transaction each.

use std::collections::VecDeque;

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
    let mut on_their_way = VecDeque::new();
    let (mut sent, mut answered) = (0, 0);
    while answered < request.records.len() {
        while on_their_way.len() < IN_FLIGHT && sent < request.records.len() && stopped.is_none() {
            match Piece::cut(&request.records[sent..]).and_then(|piece| piece.start(repository, request)) {
                Ok((length, answer)) => {
                    on_their_way.push_back((length, answer));
                    sent += length;
                }
                Err(error) => stopped = Some(error),
            }
        }
        let Some((length, answer)) = on_their_way.pop_front() else { break };
        match answer.wait().await {
            Ok(refused) => failures.extend(refused.into_iter().map(|(position, error)| (answered + position, error))),
            Err(error) => {
                failures.extend((answered..answered + length).map(|position| (position, error::repeat(&error))));
                stopped.get_or_insert(error);
            }
        }
        request.context.renew();
        answered += length;
    }
    let Some(error) = stopped else { return Ok(InsertedRecords::except(failures)) };
    if answered == failures.len() && failures.iter().all(|(_, failure)| failure.kind() == error.kind()) {
        // Nothing is stored, for a reason that concerns them all.
        return Err(error);
    }
    let rest = sent..request.records.len();
    failures.extend(rest.map(|position| (position, error::repeat(&error).with_may_have_happened(false))));
    Ok(InsertedRecords::except(failures))
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
