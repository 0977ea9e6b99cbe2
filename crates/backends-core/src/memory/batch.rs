//! Writes to several records, in memory: every repository stays locked until the last, and what was done is undone if one
//! fails.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use super::{Contents, MemoryRepository, Table};
use crate::driver::{BatchStep, BatchWrite, BatchWritten, WriteBatchRequest};
use crate::{Error, Key, RecordBuf, Result, Tokens};

/// The repositories of a batch, by where they are.
type Open<'t> = BTreeMap<*const Table, MutexGuard<'t, Contents>>;

pub(super) fn write(request: &WriteBatchRequest) -> Result<BatchWritten> {
    let tables: Vec<&Arc<Table>> = request.writes.iter().map(table).collect::<Result<_>>()?;
    // Every batch locks in the same order, so that no two wait for each other.
    let in_order: BTreeMap<*const Table, &Arc<Table>> =
        tables.iter().map(|table| (Arc::as_ptr(table), *table)).collect();
    let mut open = Open::new();
    for (place, table) in in_order {
        open.insert(place, table.lock());
    }
    let mut before = Vec::new();
    let written = write_each(request, &tables, &mut open, &mut before);
    if written.is_err() {
        for (place, key, record) in before.into_iter().rev() {
            if let Some(contents) = open.get_mut(&place) {
                contents.restore(&key, record);
            }
        }
    }
    written
}

fn table(write: &BatchWrite) -> Result<&Arc<Table>> {
    write.repository_as::<MemoryRepository>().map(|repository| &repository.table)
}

/// Does one write after another, and notes what was there before.
fn write_each(
    request: &WriteBatchRequest,
    tables: &[&Arc<Table>],
    open: &mut Open<'_>,
    before: &mut Vec<(*const Table, Key, Option<RecordBuf>)>,
) -> Result<BatchWritten> {
    let mut steps = request.steps();
    for (position, (write, table)) in request.writes.iter().zip(tables).enumerate() {
        let (place, key) = (Arc::as_ptr(table), write.key());
        let contents = open.get_mut(&place).filter(|contents| contents.definition().is_some());
        let contents = contents.ok_or_else(|| request.at(position, Error::never_defined()))?;
        let stored = contents.get(key).cloned();
        let mut tokens = stored.as_ref().map(RecordBuf::tokens);
        let step = steps.next(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
        match step {
            BatchStep::Put { record, .. } => {
                contents.put(key, record).map_err(|error| request.at(position, error))?;
            }
            BatchStep::Remove => drop(contents.remove(key)),
            BatchStep::Nothing => {}
        }
        before.push((place, key.clone(), stored));
    }
    Ok(steps.finish())
}
