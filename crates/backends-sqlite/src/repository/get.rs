//! Reading by key: one record, or many in pieces that several connections share.

use std::collections::VecDeque;

use backends_core::driver::{Fetched, GetRequest};
use backends_core::json::JsonBatch;
use backends_core::{Batch, Key, Result};
use rusqlite::{Connection, Statement};

use super::SqliteRepository;
use crate::backend::lost;
use crate::codec::{self, SqlKey, SqlKeys};
use crate::error::Fault;
use crate::schema::Table;

/// So many keys are looked up in one go; a call with more leaves room for others in between.
const PIECE: usize = 500;

/// So many pieces of one call are on their way at the same time.
const IN_FLIGHT: usize = 4;

/// The records of some keys, and for each key where its record is.
type Piece = (JsonBatch, Vec<Option<usize>>);

pub(super) async fn get(repository: &SqliteRepository, request: &GetRequest) -> Result<Fetched> {
    if let [key] = &*request.keys {
        let key = SqlKey::new(key)?;
        let work = repository.asking(move |connection, table| one(connection, table, &key));
        let (batch, position) = repository.backend.read(repository.backend.patience(&request.context), work).await?;
        return Ok(Fetched::new(Box::new(batch), vec![position]));
    }
    let mut batches: Vec<Box<dyn Batch>> = Vec::new();
    let mut positions = Vec::with_capacity(request.keys.len());
    let mut on_their_way = VecDeque::new();
    let mut pieces = request.keys.chunks(PIECE);
    loop {
        while on_their_way.len() < IN_FLIGHT
            && let Some(keys) = pieces.next()
        {
            let keys = sql_keys(keys)?;
            let work = repository.asking(move |connection, table| many(connection, table, &keys));
            on_their_way.push_back(repository.backend.start_read(repository.backend.patience(&request.context), work)?);
        }
        let Some(piece) = on_their_way.pop_front() else { return Ok(Fetched::from_batches(batches, positions)) };
        let (batch, places): Piece = piece.await.map_err(|_| lost())??;
        request.context.renew();
        let number = batches.len();
        positions.extend(places.into_iter().map(|place| place.map(|index| (number, index))));
        batches.push(Box::new(batch));
    }
}

fn sql_keys(keys: &[Key]) -> Result<SqlKeys> {
    let mut sql = SqlKeys::with_capacity(keys.len());
    for key in keys {
        sql.push(key)?;
    }
    Ok(sql)
}

fn one(connection: &Connection, table: &Table, key: &SqlKey) -> Result<(JsonBatch, Option<usize>), Fault> {
    let mut batch = JsonBatch::new();
    let mut statement = connection.prepare_cached(&table.get)?;
    key.bind(&mut statement, 1)?;
    let position = look_up(&mut statement, &mut batch)?;
    Ok((batch, position))
}

/// In one transaction, which spares taking the lock for each key.
fn many(connection: &Connection, table: &Table, keys: &SqlKeys) -> Result<Piece, Fault> {
    let transaction = connection.unchecked_transaction()?;
    let mut batch = JsonBatch::with_capacity(keys.len(), 0);
    let mut positions = Vec::with_capacity(keys.len());
    let mut statement = transaction.prepare_cached(&table.get)?;
    for index in 0..keys.len() {
        keys.bind(index, &mut statement)?;
        positions.push(look_up(&mut statement, &mut batch)?);
    }
    drop(statement);
    transaction.commit()?;
    Ok((batch, positions))
}

/// The record of the key that is bound.
fn look_up(statement: &mut Statement<'_>, batch: &mut JsonBatch) -> Result<Option<usize>, Fault> {
    let mut rows = statement.raw_query();
    let Some(row) = rows.next()? else { return Ok(None) };
    batch.push(codec::record(row, 0)?);
    Ok(Some(batch.len() - 1))
}
