//! Storing many records, in pieces that are a transaction each.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use backends_core::driver::{Expiry, InsertManyRequest, InsertedRecords, NewRecord};
use backends_core::json::JsonBatch;
use backends_core::{Error, Result};
use rusqlite::{Connection, Statement, ffi};

use super::{SqliteRepository, execute, take_over};
use crate::claim::{Claim, Line, Receipt};
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
    // From the first position to the end.
    let mut to_send = BTreeMap::new();
    if !request.records.is_empty() {
        to_send.insert(0, request.records.len());
    }
    let mut on_their_way: VecDeque<(Range<usize>, Receipt<Option<Failures>>)> = VecDeque::new();
    let (mut line, mut at_most) = (Line::default(), IN_FLIGHT);
    loop {
        while on_their_way.len() < at_most
            && stopped.is_none()
            && let Some((start, end)) = to_send.pop_first()
        {
            let before = on_their_way.back().map(|(_, receipt)| receipt.claim());
            let piece = Piece::cut(&request.records[start..end]);
            match piece.and_then(|piece| piece.start(repository, request, line.clone(), before)) {
                Ok((length, receipt)) => {
                    on_their_way.push_back((start..start + length, receipt));
                    if start + length < end {
                        to_send.insert(start + length, end);
                    }
                }
                Err(error) => {
                    to_send.insert(start, end);
                    stopped = Some(error);
                }
            }
        }
        let Some((piece, receipt)) = on_their_way.pop_front() else { break };
        match receipt.wait().await {
            Ok(Some(refused)) => {
                failures.extend(refused.into_iter().map(|(position, error)| (piece.start + position, error)));
                at_most = IN_FLIGHT.min(at_most * 2);
                request.context.renew();
            }
            // A piece before it was not stored.
            Ok(None) => {
                to_send.insert(piece.start, piece.end);
            }
            Err(error) => {
                // What is behind it comes back, to wait for what becomes of its parts.
                line.break_off();
                at_most = 0;
                let is_of_part = is_of_part(&error);
                if is_of_part && piece.len() > 1 {
                    // A part of it may be stored.
                    let middle = piece.start + piece.len() / 2;
                    to_send.extend([(piece.start, middle), (middle, piece.end)]);
                } else {
                    failures.extend(piece.map(|position| (position, error::repeat(&error))));
                    if !is_of_part {
                        stopped.get_or_insert(error);
                    }
                }
            }
        }
        if on_their_way.is_empty() && at_most == 0 {
            (line, at_most) = (Line::default(), 1);
        }
    }
    let Some(error) = stopped else { return Ok(InsertedRecords::except(failures)) };
    let rest = to_send.into_iter().flat_map(|(start, end)| start..end);
    failures.extend(rest.map(|position| (position, error::repeat(&error).with_may_have_happened(false))));
    if failures.len() == request.records.len() && failures.iter().all(|(_, failure)| failure.kind() == error.kind()) {
        // Nothing is stored, for a reason that concerns them all.
        return Err(error);
    }
    Ok(InsertedRecords::except(failures))
}

/// Whether a smaller piece may be stored where this one was not: there is too little room on the disk, or memory, or a
/// trigger rolled the whole back for one of its records.
fn is_of_part(error: &Error) -> bool {
    let Some(native) = error.native::<rusqlite::Error>().filter(|_| !error.may_have_happened()) else { return false };
    matches!(error::primary_code(native), ffi::SQLITE_FULL | ffi::SQLITE_NOMEM | ffi::SQLITE_IOERR)
        || error::extended_code(native) == ffi::SQLITE_CONSTRAINT_TRIGGER
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

    /// Puts it in the queue, behind `before`; it is passed over, and answered with `None`, if that is not stored.
    fn start(
        self,
        repository: &SqliteRepository,
        request: &InsertManyRequest,
        line: Line,
        before: Option<Claim>,
    ) -> Result<(usize, Receipt<Option<Failures>>)> {
        let (length, expiry) = (self.keys.len(), request.expiry.clone());
        let work = repository.asking(move |connection, table| {
            if line.holds(before.as_ref()) {
                self.store(connection, table, expiry.as_ref()).map(Some)
            } else {
                Ok(None)
            }
        });
        let patience = repository.backend.patience(&request.context);
        Ok((length, repository.backend.start_write(Manner::Grouped, patience, work)?))
    }

    fn store(&self, connection: &Connection, table: &Table, expiry: Option<&Expiry>) -> Result<Failures, Fault> {
        let mut failures = Vec::new();
        let mut statement = connection.prepare_cached(&table.insert)?;
        for position in 0..self.keys.len() {
            let place = self.keys.bind(position, &mut statement)?;
            let record = self.records.get(position).unwrap_or_default();
            let bind = |statement: &mut Statement<'_>| self.keys.bind(position, statement);
            let stored = match execute(&mut statement, place, record) {
                Ok(false) => take_over(connection, table, expiry, &bind, record),
                stored => stored,
            };
            match stored {
                Ok(true) => {}
                Ok(false) => failures.push((position, Error::key_taken())),
                // What a trigger rolled back took the records before it along.
                Err(Fault::Refused(error)) if !connection.is_autocommit() => failures.push((position, error)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(failures)
    }
}
