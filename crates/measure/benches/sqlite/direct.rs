//! `rusqlite` used directly, as a program would without this library: the same file settings, SQL and JSON.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use measure::{Client, FIRST, NOTE, Reader, Record, stored};
use rusqlite::{Connection, OpenFlags, Params};
use tokio::sync::{Semaphore, oneshot};

const GET: &str = "SELECT record FROM \"records\" WHERE partition_key = ?1";
const INSERT: &str =
    "INSERT INTO \"records\" (partition_key, record) VALUES (?1, ?2) ON CONFLICT (partition_key) DO NOTHING";
const ALL: &str = "SELECT record FROM \"records\" ORDER BY partition_key";
const BY_LOGINS: &str = "SELECT record FROM \"records\" WHERE json_extract(record, '$.note') = ?1 \
     AND json_extract(record, '$.logins') >= ?2 ORDER BY json_extract(record, '$.logins') LIMIT ?3";
const BY_SCORE: &str = "SELECT record FROM \"records\" WHERE json_extract(record, '$.score') >= ?1 \
     ORDER BY json_extract(record, '$.score') LIMIT ?2";

/// The file of this contender, with its table.
fn writer(path: &Path) -> Connection {
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

fn reader(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX).unwrap()
}

pub(crate) fn get(connection: &Connection, id: &str) -> Option<Record> {
    let mut statement = connection.prepare_cached(GET).unwrap();
    let mut rows = statement.query([id]).unwrap();
    rows.next().unwrap().map(|row| serde_json::from_str(row.get_ref(0).unwrap().as_str().unwrap()).unwrap())
}

fn get_many(connection: &Connection, ids: &[String]) -> Vec<Option<Record>> {
    let transaction = connection.unchecked_transaction().unwrap();
    let found = ids.iter().map(|id| get(&transaction, id)).collect();
    transaction.commit().unwrap();
    found
}

fn read(connection: &Connection, sql: &str, params: impl Params) -> Vec<Record> {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let mut rows = statement.query(params).unwrap();
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

fn insert_many(connection: &Connection, records: &[Record]) {
    let transaction = connection.unchecked_transaction().unwrap();
    for record in records {
        insert(&transaction, record);
    }
    transaction.commit().unwrap();
}

/// Connections that readers share, and one that writes.
#[derive(Clone)]
pub(crate) struct Direct<P> {
    pub(crate) readers: P,
    pub(crate) writer: P,
}

impl<P: Pool> Direct<P> {
    /// A file with the records.
    pub(crate) fn new(path: &Path) -> Self {
        Self::open(path, |writer| insert_many(writer, &stored()))
    }

    /// The same with an index.
    pub(crate) fn indexed(path: &Path) -> Self {
        let on = "(json_extract(record, '$.note'), json_extract(record, '$.logins'))";
        Self::open(path, |writer| {
            insert_many(writer, &stored());
            writer.execute_batch(&format!("CREATE INDEX by_logins ON \"records\" {on}")).unwrap();
        })
    }

    /// An empty file with a unique index, from which null is exempt.
    pub(crate) fn unique(path: &Path) -> Self {
        let create = "CREATE UNIQUE INDEX by_email ON \"records\" (json_extract(record, '$.email'))";
        Self::open(path, |writer| writer.execute_batch(create).unwrap())
    }

    /// A file that is filled, and as many readers as there are cores.
    fn open(path: &Path, fill: impl FnOnce(&Connection)) -> Self {
        let writer = writer(path);
        fill(&writer);
        let cores = std::thread::available_parallelism().unwrap().get();
        Self { readers: P::new((0..cores).map(|_| reader(path)).collect()), writer: P::new(vec![writer]) }
    }
}

impl<P: Pool> Reader for Direct<P> {
    async fn all(&self) -> usize {
        self.readers.call(|connection| read(connection, ALL, [])).await.len()
    }

    async fn by_logins(&self, from: u32) -> usize {
        self.readers.call(move |connection| read(connection, BY_LOGINS, (NOTE, from, FIRST))).await.len()
    }

    async fn by_score(&self, from: f64) -> usize {
        self.readers.call(move |connection| read(connection, BY_SCORE, (from, FIRST))).await.len()
    }
}

impl<P: Pool> Client for Direct<P> {
    const NAME: &'static str = P::NAME;

    async fn get(&self, id: String) {
        assert!(self.readers.call(move |connection| get(connection, &id)).await.is_some());
    }

    async fn insert(&self, record: Record) {
        self.writer.call(move |connection| insert(connection, &record)).await;
    }

    async fn insert_many(&self, records: Vec<Record>) -> usize {
        let count = records.len();
        self.writer.call(move |connection| insert_many(connection, &records)).await;
        count
    }

    async fn get_many(&self, ids: &[String]) -> usize {
        let ids = ids.to_vec();
        let found = self.readers.call(move |connection| get_many(connection, &ids)).await;
        found.into_iter().flatten().count()
    }
}

/// How work comes to a connection.
pub(crate) trait Pool: Clone + Send + Sync + 'static {
    /// What the tables call it.
    const NAME: &'static str;

    fn new(connections: Vec<Connection>) -> Self;

    fn call<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> R + Send + 'static,
    ) -> impl Future<Output = R> + Send;
}

/// A call of `spawn_blocking` for each call, with as many connections as permits.
#[derive(Clone)]
pub(crate) struct Spawning {
    connections: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool for Spawning {
    const NAME: &'static str = "spawn_blocking";

    fn new(connections: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { connections: Arc::new(Mutex::new(connections)), permits }
    }

    async fn call<R: Send + 'static>(&self, work: impl FnOnce(&Connection) -> R + Send + 'static) -> R {
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

impl Pool for Threads {
    const NAME: &'static str = "threads";

    fn new(connections: Vec<Connection>) -> Self {
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

    async fn call<R: Send + 'static>(&self, work: impl FnOnce(&Connection) -> R + Send + 'static) -> R {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = answer.send(work(connection));
        });
        self.0.0.lock().unwrap().push_back(job);
        self.0.1.notify_one();
        receiver.await.unwrap()
    }
}
