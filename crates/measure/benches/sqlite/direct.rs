//! `rusqlite` used directly, as a program would without this library: the same file settings, SQL and JSON.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use measure::Record;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

const GET: &str = "SELECT record FROM \"records\" WHERE partition_key = ?1";
const INSERT: &str =
    "INSERT INTO \"records\" (partition_key, record) VALUES (?1, ?2) ON CONFLICT (partition_key) DO NOTHING";
const ALL: &str = "SELECT record FROM \"records\" ORDER BY partition_key";

/// The file of this contender, with its table.
pub(crate) fn writer(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS \"records\" (partition_key, record TEXT NOT NULL, PRIMARY KEY (partition_key)) \
             WITHOUT ROWID",
        )
        .unwrap();
    connection
}

pub(crate) fn reader(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX).unwrap()
}

pub(crate) fn get(connection: &Connection, id: &str) -> Option<Record> {
    let mut statement = connection.prepare_cached(GET).unwrap();
    let mut rows = statement.query([id]).unwrap();
    rows.next().unwrap().map(|row| serde_json::from_str(row.get_ref(0).unwrap().as_str().unwrap()).unwrap())
}

pub(crate) fn get_many(connection: &Connection, ids: &[String]) -> Vec<Option<Record>> {
    let transaction = connection.unchecked_transaction().unwrap();
    let found = ids.iter().map(|id| get(&transaction, id)).collect();
    transaction.commit().unwrap();
    found
}

pub(crate) fn all(connection: &Connection) -> Vec<Record> {
    let mut statement = connection.prepare_cached(ALL).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut records = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        records.push(serde_json::from_str(row.get_ref(0).unwrap().as_str().unwrap()).unwrap());
    }
    records
}

pub(crate) fn insert(connection: &Connection, record: &Record) {
    let json = serde_json::to_string(record).unwrap();
    assert_eq!(connection.prepare_cached(INSERT).unwrap().execute((&record.id, json)).unwrap(), 1);
}

pub(crate) fn insert_many(connection: &Connection, records: &[Record]) {
    let transaction = connection.unchecked_transaction().unwrap();
    for record in records {
        insert(&transaction, record);
    }
    transaction.commit().unwrap();
}

/// A call of `spawn_blocking` for each call, with as many connections as permits.
#[derive(Clone)]
pub(crate) struct Spawning {
    connections: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Spawning {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { connections: Arc::new(Mutex::new(connections)), permits }
    }

    pub(crate) async fn call<R: Send + 'static>(&self, work: impl FnOnce(&Connection) -> R + Send + 'static) -> R {
        let _permit = self.permits.acquire().await.unwrap();
        let connections = Arc::clone(&self.connections);
        let job = move || {
            let connection = connections.lock().unwrap().pop().unwrap();
            let answer = work(&connection);
            connections.lock().unwrap().push(connection);
            answer
        };
        tokio::task::spawn_blocking(job).await.unwrap()
    }
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Permanent threads, each with its connection, that take jobs from one queue.
#[derive(Clone)]
pub(crate) struct Threads(Arc<(Mutex<VecDeque<Job>>, Condvar)>);

impl Threads {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        let queue = Arc::new((Mutex::new(VecDeque::<Job>::new()), Condvar::new()));
        for connection in connections {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || {
                loop {
                    let job = {
                        let mut jobs = queue.1.wait_while(queue.0.lock().unwrap(), |jobs| jobs.is_empty()).unwrap();
                        jobs.pop_front().unwrap()
                    };
                    job(&connection);
                }
            });
        }
        Self(queue)
    }

    pub(crate) async fn call<R: Send + 'static>(&self, work: impl FnOnce(&Connection) -> R + Send + 'static) -> R {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = answer.send(work(connection));
        });
        self.0.0.lock().unwrap().push_back(job);
        self.0.1.notify_one();
        receiver.await.unwrap()
    }
}
