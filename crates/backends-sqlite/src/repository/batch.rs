//! Writes to several records, also of several tables, in one transaction.

use std::sync::Arc;

use backends_core::driver::{BatchStep, BatchWritten, WriteBatchRequest};
use backends_core::json::{self, JsonTokens};
use backends_core::{Result, Tokens};
use rusqlite::Connection;

use super::{SqliteRepository, delete, explain, store, stored};
use crate::backend::SqliteBackend;
use crate::codec::SqlKey;
use crate::error::Fault;
use crate::schema::Table;
use crate::writer::Manner;

/// Where the record of a write is.
struct Place {
    table: Arc<Table>,
    key: SqlKey,
}

pub(crate) async fn write_batch(backend: &SqliteBackend, request: &WriteBatchRequest) -> Result<BatchWritten> {
    let (mut repositories, mut places) = (Vec::new(), Vec::new());
    for write in &request.writes {
        let repository = write.repository_as::<SqliteRepository>()?;
        places.push(Place { table: Arc::clone(&repository.table), key: SqlKey::new(write.key())? });
        repositories.push(repository);
    }
    let (context, request) = (&request.context, request.clone());
    let write = move |connection: &mut Connection| {
        // What fails half-way leaves nothing behind, and the writes of others that share the transaction stay.
        let whole = connection.savepoint()?;
        let written = write_each(&whole, &request, &places)?;
        whole.commit()?;
        Ok(written)
    };
    let written = backend.write(Manner::Grouped, backend.patience(context), write).await?;
    for repository in repositories {
        repository.sweep(context);
    }
    Ok(written)
}

fn write_each(connection: &Connection, request: &WriteBatchRequest, places: &[Place]) -> Result<BatchWritten, Fault> {
    let mut steps = request.steps();
    for (position, Place { table, key }) in places.iter().enumerate() {
        let at_its_place = |fault| match explain(fault, connection, table) {
            Fault::Refused(error) => Fault::Refused(request.at(position, error)),
            native @ Fault::Native(_) => native,
        };
        let stored = stored(connection, table, key).map_err(at_its_place)?;
        let mut tokens = stored.as_deref().map(JsonTokens::new);
        let step = steps.next(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
        match step {
            BatchStep::Put { record, .. } => {
                let record = json::to_string(record)?;
                let put = || store(&mut *connection.prepare_cached(&table.put)?, key, &record);
                put().map_err(at_its_place)?;
            }
            BatchStep::Remove => drop(delete(connection, table, key).map_err(at_its_place)?),
            BatchStep::Nothing => {}
        }
    }
    Ok(steps.finish())
}
