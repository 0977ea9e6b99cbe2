//! Storing many records, in pieces that are a transaction each.

use backends_core::driver::{InsertManyRequest, InsertedRecords, NewRecord};
use backends_core::json::{self, JsonBatch};
use backends_core::{Error, Result};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::{SqliteRepository, store};
use crate::backend::lost;
use crate::codec::SqlKey;
use crate::error::{self, Fault};
use crate::schema::Table;
use crate::writer::Manner;

/// A piece is a few milliseconds of work, in which no other caller's write is done.
const RECORDS: usize = 1_000;
const BYTES: usize = 4 << 20;

/// What became of the records of one piece: those that were not stored, by position in the piece.
type Failures = Vec<(usize, Error)>;

pub(super) async fn insert_many(repository: &SqliteRepository, request: &InsertManyRequest) -> Result<InsertedRecords> {
    let mut failures = Vec::new();
    let (mut start, mut end) = (0, 0);
    let mut next = Piece::cut(&request.records)?;
    while let Some(piece) = next {
        let length = piece.keys.len();
        end += length;
        let answer = piece.start(repository, request);
        // While the writer is busy with this one.
        next = Piece::cut(&request.records[end..])?;
        let outcome = match answer {
            Ok(answer) => answer.await.unwrap_or_else(|_| Err(lost())),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(refused) => failures.extend(refused.into_iter().map(|(position, error)| (start + position, error))),
            Err(error) if start == 0 => return Err(error),
            Err(error) => {
                let ours = (start..end).map(|position| (position, error::repeat(&error)));
                let rest = (end..request.records.len())
                    .map(|position| (position, error::repeat(&error).with_may_have_happened(false)));
                failures.extend(ours.chain(rest));
                break;
            }
        }
        request.context.renew();
        start = end;
    }
    Ok(InsertedRecords::except(failures))
}

/// Records as they are stored.
struct Piece {
    keys: Vec<SqlKey>,
    records: JsonBatch,
}

impl Piece {
    /// The first of `records`, as many as fit.
    fn cut(records: &[NewRecord]) -> Result<Option<Self>> {
        let mut piece = Self { keys: Vec::new(), records: JsonBatch::new() };
        let (mut bytes, mut text) = (0, String::new());
        for new in records.iter().take(RECORDS) {
            if bytes >= BYTES {
                break;
            }
            text.clear();
            json::write(&mut new.record.tokens(), &mut text)?;
            bytes += text.len();
            piece.records.push(&text);
            piece.keys.push(SqlKey::new(&new.key)?);
        }
        Ok((!piece.keys.is_empty()).then_some(piece))
    }

    fn start(
        self,
        repository: &SqliteRepository,
        request: &InsertManyRequest,
    ) -> Result<oneshot::Receiver<Result<Failures>>> {
        let work = repository.asking(move |connection, table| self.store(connection, table));
        repository.backend.start_write(Manner::Grouped, repository.backend.patience(&request.context), work)
    }

    fn store(&self, connection: &Connection, table: &Table) -> Result<Failures, Fault> {
        let mut failures = Vec::new();
        for (position, key) in self.keys.iter().enumerate() {
            let record = self.records.get(position).unwrap_or_default();
            match store(connection, &table.insert, key, record) {
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
