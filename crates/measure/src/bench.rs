//! The bench of a backend on a server: this library against the client of that server, call by call.

use backends_core::{Backend, Definition, Repository};
use tokio::runtime::Runtime;

use crate::{Client, Comparison, Contender, Reader, Record, had, stored};

// The targets of the design.
const THROUGHPUT: f64 = 0.97;
const THROUGHPUT_OF_MANY: f64 = 0.95;
const CPU: f64 = 1.10;

/// This library and a client used directly, each with the same records in a place of its own.
#[derive(Debug)]
pub struct Bench<C> {
    /// Where the calls are made.
    pub runtime: Runtime,
    /// This library.
    pub ours: Repository<Record>,
    /// The client used directly.
    pub direct: C,
}

impl<C: Client> Bench<C> {
    /// With what `open` opens, which is empty.
    pub fn new(open: impl AsyncFnOnce() -> (Backend, C)) -> Self {
        let runtime = runtime();
        let (ours, direct) = runtime.block_on(async {
            let (backend, direct) = open().await;
            let ours = ours(&backend).await;
            direct.insert_many(stored()).await;
            (ours, direct)
        });
        Self { runtime, ours, direct }
    }

    /// Compares `get`: so many callers, and so many calls of each.
    pub fn get(&self, flights: &[(usize, usize)]) {
        let Self { runtime, ours, direct } = self;
        compare_in_flight("get", flights, |callers, each| {
            [Contender::getting(runtime, ours, callers, each), Contender::getting(runtime, direct, callers, each)]
        });
    }

    /// Compares `insert`: so many callers, and so many calls of each.
    pub fn insert(&self, flights: &[(usize, usize)]) {
        let Self { runtime, ours, direct } = self;
        compare_in_flight("insert", flights, |callers, each| {
            [Contender::inserting(runtime, ours, callers, each), Contender::inserting(runtime, direct, callers, each)]
        });
    }

    /// Compares `get_many` of the records that are there from the start.
    pub fn get_many(&self) {
        let Self { runtime, ours, direct } = self;
        Comparison::of("get_many of 10,000")
            .run(&mut [Contender::getting_many(runtime, ours), Contender::getting_many(runtime, direct)]);
    }

    /// Compares `insert_many` of so many `records`, which ours stores, with what `direct` does.
    pub fn insert_many(&self, of: &str, records: impl Fn() -> Vec<Record>, direct: Contender<'_>) {
        let ours = Contender::inserting_many(&self.runtime, &self.ours, records);
        Comparison::of(format!("insert_many of {of}")).throughput(THROUGHPUT_OF_MANY).run(&mut [ours, direct]);
    }

    /// Compares reading all records with `others`, which read as many.
    pub fn read<'a>(
        &'a self,
        ours: &'a Repository<Record>,
        target: f64,
        others: impl IntoIterator<Item = Contender<'a>>,
    ) {
        let mut contenders = vec![Contender::reading(&self.runtime, ours)];
        contenders.extend(others);
        Comparison::of("read of 10,000").throughput(target).run(&mut contenders);
    }

    /// Compares filters with an order and a limit, by an index and without one: so many callers, and so many calls of
    /// each.
    pub fn find<R: Reader>(&self, ours: &Repository<Record>, direct: &R, indexed: &[(usize, usize)], scan: usize) {
        let runtime = &self.runtime;
        compare_in_flight("first 50 by an index", indexed, |callers, each| {
            [
                Contender::finding(runtime, ours, true, callers, each),
                Contender::finding(runtime, direct, true, callers, each),
            ]
        });
        Comparison::of("first 50 without an index").throughput(THROUGHPUT).run(&mut [
            Contender::finding(runtime, ours, false, 1, scan),
            Contender::finding(runtime, direct, false, 1, scan),
        ]);
    }

    /// Closes this library's backend.
    pub fn close(self) {
        had(self.runtime.block_on(self.ours.backend().close()), "the backend cannot be closed");
    }
}

fn compare_in_flight<'a>(
    call: &str,
    flights: &[(usize, usize)],
    contenders: impl Fn(usize, usize) -> [Contender<'a>; 2],
) {
    for (callers, each) in flights {
        let comparison = Comparison::of(format!("{call}, {callers} in flight"));
        comparison.throughput(THROUGHPUT).cpu(CPU).run(&mut contenders(*callers, *each));
    }
}

/// A runtime of several threads.
pub fn runtime() -> Runtime {
    had(tokio::runtime::Builder::new_multi_thread().enable_all().build(), "no runtime can be had")
}

/// A repository with the records that are there from the start.
pub async fn ours(backend: &Backend) -> Repository<Record> {
    defined(backend, r#"{"name": "ours", "idKind": "string"}"#).await
}

/// The same, with an index.
pub async fn ours_indexed(backend: &Backend) -> Repository<Record> {
    let indexes = r#"[{"fields": ["note", "logins"], "unique": false}]"#;
    defined(backend, &format!(r#"{{"name": "ours_indexed", "idKind": "string", "indexes": {indexes}}}"#)).await
}

async fn defined(backend: &Backend, definition: &str) -> Repository<Record> {
    let definition = had(Definition::from_json(definition), "the definition is none");
    let ours = had(backend.define::<Record>(definition).await, "the repository cannot be defined");
    had(ours.insert_many(&stored()).await, "the records that are there from the start cannot be stored");
    ours
}
