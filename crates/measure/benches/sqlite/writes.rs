//! The writes of `rusqlite` used directly: the same statements, each write in a transaction of its own.

use measure::{NAME, NOTE, Record, Writer};
use rusqlite::Connection;

use crate::direct::{Direct, Pool, get, insert};

const PUT: &str = "INSERT INTO \"records\" (partition_key, record) VALUES (?1, ?2) \
     ON CONFLICT (partition_key) DO UPDATE SET record = excluded.record";
const DELETE: &str = "DELETE FROM \"records\" WHERE partition_key = ?1 RETURNING record";

/// One statement, which changes all or none. It adds to fractions too, and does not ask whether the type reads what
/// comes of it.
const UPDATE_MANY: &str = "UPDATE \"records\" SET record = json_set(record, '$.name', ?1, '$.logins', \
     json_extract(record, '$.logins') + 1) WHERE json_extract(record, '$.note') = ?2";

/// Does the work in a transaction that has the lock from the start, as one that reads before it writes needs it.
fn whole<R>(connection: &Connection, work: impl FnOnce(&Connection) -> R) -> R {
    let execute = |sql| connection.prepare_cached(sql).unwrap().execute([]).unwrap();
    execute("BEGIN IMMEDIATE");
    let done = work(connection);
    execute("COMMIT");
    done
}

fn put(connection: &Connection, record: &Record) {
    let json = serde_json::to_string(record).unwrap();
    connection.prepare_cached(PUT).unwrap().execute((&record.id, json)).unwrap();
}

/// By the type, which does not hold what it could not read.
fn update(connection: &Connection, id: &str) -> Record {
    let mut record = get(connection, id).unwrap();
    record.name = NAME.into();
    record.logins = record.logins.checked_add(1).unwrap();
    put(connection, &record);
    record
}

fn upsert(connection: &Connection, record: &Record) -> bool {
    let is_new = get(connection, &record.id).is_none();
    put(connection, record);
    is_new
}

fn delete(connection: &Connection, id: &str) -> Record {
    let mut statement = connection.prepare_cached(DELETE).unwrap();
    statement.query_row([id], |row| Ok(serde_json::from_str(row.get_ref(0)?.as_str()?).unwrap())).unwrap()
}

impl<P: Pool> Writer for Direct<P> {
    async fn update(&self, id: String) -> Record {
        self.writer.call(move |connection| whole(connection, |connection| update(connection, &id))).await
    }

    async fn upsert(&self, record: Record) -> bool {
        self.writer.call(move |connection| whole(connection, |connection| upsert(connection, &record))).await
    }

    async fn delete(&self, id: String) -> Record {
        self.writer.call(move |connection| delete(connection, &id)).await
    }

    async fn insert_batch(&self, records: Vec<Record>) {
        let insert = move |connection: &Connection| records.iter().for_each(|record| insert(connection, record));
        self.writer.call(move |connection| whole(connection, insert)).await;
    }

    async fn update_batch(&self, ids: Vec<String>) -> Vec<Record> {
        let update = move |connection: &Connection| ids.iter().map(|id| update(connection, id)).collect();
        self.writer.call(move |connection| whole(connection, update)).await
    }

    async fn update_many(&self) -> usize {
        self.writer
            .call(|connection| connection.prepare_cached(UPDATE_MANY).unwrap().execute((NAME, NOTE)).unwrap())
            .await
    }
}
