//! The writes of the contenders.

use backends_core::{Repository, Update, field};

use crate::{Client, NOTE, Record, had};

/// What an update sets the name of a record to.
pub const NAME: &str = "Changed";

/// How many writes a batch has.
pub const BATCH: usize = 10;

/// Who changes records. Each call answers the same on both sides.
pub trait Writer: Client {
    /// Sets the name of a record, which is there, and counts its logins on; the record as it is then.
    fn update(&self, id: String) -> impl Future<Output = Record> + Send;

    /// Stores a record, in the place of the one with its id if there is one; whether there was none.
    fn upsert(&self, record: Record) -> impl Future<Output = bool> + Send;

    /// Deletes a record, which is there; the record as it was.
    fn delete(&self, id: String) -> impl Future<Output = Record> + Send;

    /// Stores records whose ids are new, all or none.
    fn insert_batch(&self, records: Vec<Record>) -> impl Future<Output = ()> + Send;

    /// Does to these records what an update does, to all or none; the records as they are then.
    fn update_batch(&self, ids: Vec<String>) -> impl Future<Output = Vec<Record>> + Send;

    /// Does to every record with the note of all what an update does, to each once; how many there are.
    fn update_many(&self) -> impl Future<Output = usize> + Send;
}

impl Writer for Repository<Record> {
    async fn update(&self, id: String) -> Record {
        present(had(Self::update(self, id, changes()).await, "a record cannot be changed"))
    }

    async fn upsert(&self, record: Record) -> bool {
        had(Self::upsert(self, &record).await, "a record cannot be stored").created
    }

    async fn delete(&self, id: String) -> Record {
        present(had(Self::delete(self, id).await, "a record cannot be deleted"))
    }

    async fn insert_batch(&self, records: Vec<Record>) {
        let batch = records.iter().fold(self.backend().batch(), |batch, record| batch.insert(self, record));
        had(batch.await, "a batch cannot be written");
    }

    async fn update_batch(&self, ids: Vec<String>) -> Vec<Record> {
        let batch = ids.iter().fold(self.backend().batch(), |batch, id| batch.update(self, id, changes()));
        let written = had(batch.await, "a batch cannot be written");
        let records = (0..written.len()).map(|at| had(written.record(self, at), "a record cannot be read"));
        records.map(present).collect()
    }

    async fn update_many(&self) -> usize {
        let updated =
            had(Self::update_many(self, field("note").eq(NOTE), changes()).await, "records cannot be changed");
        had(updated.try_into(), "there are too many records")
    }
}

fn changes() -> Update {
    Update::new().set("name", NAME).inc("logins", 1)
}

fn present(record: Option<Record>) -> Record {
    record.unwrap_or_else(|| panic!("a record is not there"))
}
