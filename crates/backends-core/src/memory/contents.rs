//! What one repository holds, in memory: records by key, and who has which values in each unique index.

use std::collections::BTreeMap;

use crate::driver::{Expiry, Taken};
use crate::{Definition, Error, Index, Key, RecordBuf, Result, Timestamp, Ttl};

#[derive(Debug, Default)]
pub(super) struct Contents {
    definition: Option<String>,
    ttl: Option<Ttl>,
    records: BTreeMap<Key, RecordBuf>,
    unique: Vec<Unique>,
}

#[derive(Debug)]
struct Unique {
    /// The definition that has the index, which says how values are read.
    definition: Definition,
    index: Index,
    owners: BTreeMap<Taken, Key>,
}

impl Contents {
    /// The definition as text, once there is one.
    pub(super) fn definition(&self) -> Option<&str> {
        self.definition.as_deref()
    }

    /// Makes this the definition. No two records have the same values in its unique indexes.
    pub(super) fn define(&mut self, definition: &Definition) {
        self.definition = Some(definition.to_json());
        self.ttl = definition.ttl().cloned();
        let indexes = definition.indexes().filter(|index| index.is_unique());
        self.unique = indexes
            .map(|index| {
                let mut unique =
                    Unique { definition: definition.clone(), index: index.clone(), owners: BTreeMap::new() };
                self.records.iter().for_each(|(key, record)| unique.add(key, record));
                unique
            })
            .collect();
    }

    pub(super) fn records(&self) -> impl ExactSizeIterator<Item = &RecordBuf> {
        self.records.values()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&RecordBuf> {
        self.records.get(key)
    }

    /// Stores a record in the place of the one with its key, if there is one.
    pub(super) fn put(&mut self, key: &Key, record: &RecordBuf) -> Result<()> {
        for unique in &self.unique {
            let owner = unique.taken(record).and_then(|taken| unique.owners.get(&taken));
            if owner.is_some_and(|owner| owner != key) {
                return Err(Error::value_taken(unique.index.name()));
            }
        }
        self.restore(key, Some(record.clone()));
        Ok(())
    }

    /// Makes this what is there, whatever others have: for what was there before, when what came after it is undone.
    pub(super) fn restore(&mut self, key: &Key, record: Option<RecordBuf>) {
        self.remove(key);
        let Some(record) = record else { return };
        self.unique.iter_mut().for_each(|unique| unique.add(key, &record));
        self.records.insert(key.clone(), record);
    }

    /// Forgets the records that have expired.
    pub(super) fn drop_expired(&mut self, now: Timestamp) {
        let Some(expiry) = self.ttl.as_ref().and_then(|ttl| Expiry::at(ttl, now)) else { return };
        let is_over = |record: &RecordBuf| expiry.is_over(&mut record.tokens()).unwrap_or(false);
        let over: Vec<Key> =
            self.records.iter().filter(|(_, record)| is_over(record)).map(|(key, _)| key.clone()).collect();
        for key in over {
            self.remove(&key);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<RecordBuf> {
        let record = self.records.remove(key)?;
        for unique in &mut self.unique {
            if let Some(taken) = unique.taken(&record) {
                unique.owners.remove(&taken);
            }
        }
        Some(record)
    }
}

impl Unique {
    /// The values that a record takes.
    fn taken(&self, record: &RecordBuf) -> Option<Taken> {
        Taken::by(record, &self.definition, &self.index)
    }

    fn add(&mut self, key: &Key, record: &RecordBuf) {
        let taken = self.taken(record);
        self.owners.extend(taken.map(|taken| (taken, key.clone())));
    }
}
