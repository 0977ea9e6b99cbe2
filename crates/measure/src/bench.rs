//! The bench of a backend on a server: this library against the client of that server, call by call.

use backends_core::{Backend, Definition, Repository};
use tokio::runtime::Runtime;

use crate::{Call, Comparison, Contender, Reader, Record, Writer, had, stored};

// The targets of the design.
const THROUGHPUT: f64 = 0.97;
const THROUGHPUT_OF_MANY: f64 = 0.95;
const CPU: f64 = 1.10;

/// How many rounds `update_many` of 10,000 has: each takes seconds.
pub const UPDATED_MANY: usize = 7;

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

impl<C: Writer> Bench<C> {
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

    /// Compares a call: so many callers, and so many calls of each.
    pub fn call(&self, call: Call, flights: &[(usize, usize)]) {
        let Self { runtime, ours, direct } = self;
        compare_in_flight(call.name(), call.is_single(), flights, |callers, each| {
            [
                Contender::calling(runtime, ours, call, callers, each),
                Contender::calling(runtime, direct, call, callers, each),
            ]
        });
    }

    /// Compares `insert` where there is a unique index besides the key, in places of their own.
    pub fn insert_unique(&self, ours: &Repository<Record>, direct: &C, flights: &[(usize, usize)]) {
        compare_in_flight("insert with a unique value", true, flights, |callers, each| {
            [
                Contender::calling(&self.runtime, ours, Call::Insert, callers, each),
                Contender::calling(&self.runtime, direct, Call::Insert, callers, each),
            ]
        });
    }

    /// Compares `update_many` of the records that are there from the start, before others are stored.
    pub fn update_many(&self) {
        let Self { runtime, ours, direct } = self;
        Comparison::of("update_many of 10,000")
            .rounds(UPDATED_MANY)
            .run(&mut [Contender::updating_many(runtime, ours), Contender::updating_many(runtime, direct)]);
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

    /// Compares reading all records with `others`, which read as many and have targets of their own.
    pub fn read<'a>(&'a self, ours: &'a Repository<Record>, others: impl IntoIterator<Item = Contender<'a>>) {
        let mut contenders = vec![Contender::reading(&self.runtime, ours)];
        contenders.extend(others);
        Comparison::of("read of 10,000").run(&mut contenders);
    }

    /// Compares filters with an order and a limit, by an index and without one: so many callers, and so many calls of
    /// each.
    pub fn find<R: Reader>(&self, ours: &Repository<Record>, direct: &R, flights: [&[(usize, usize)]; 2]) {
        let runtime = &self.runtime;
        for (call, is_indexed, flights) in
            [("first 50 by an index", true, flights[0]), ("first 50 without an index", false, flights[1])]
        {
            compare_in_flight(call, true, flights, |callers, each| {
                [
                    Contender::finding(runtime, ours, is_indexed, callers, each),
                    Contender::finding(runtime, direct, is_indexed, callers, each),
                ]
            });
        }
    }

    /// Closes this library's backend.
    pub fn close(self) {
        had(self.runtime.block_on(self.ours.backend().close()), "the backend cannot be closed");
    }
}

fn compare_in_flight<'a>(
    call: &str,
    has_targets: bool,
    flights: &[(usize, usize)],
    contenders: impl Fn(usize, usize) -> [Contender<'a>; 2],
) {
    for (callers, each) in flights {
        let comparison = Comparison::of(format!("{call}, {callers} in flight"));
        let comparison = if has_targets { comparison.throughput(THROUGHPUT).cpu(CPU) } else { comparison };
        comparison.run(&mut contenders(*callers, *each));
    }
}

/// A runtime of several threads.
pub fn runtime() -> Runtime {
    had(tokio::runtime::Builder::new_multi_thread().enable_all().build(), "no runtime can be had")
}

/// A repository with the records that are there from the start.
pub async fn ours(backend: &Backend) -> Repository<Record> {
    filled(defined(backend, r#"{"name": "ours", "idKind": "string"}"#).await).await
}

/// The same, with an index.
pub async fn ours_indexed(backend: &Backend) -> Repository<Record> {
    let indexes = r#"[{"fields": ["note", "logins"], "unique": false}]"#;
    let definition = format!(r#"{{"name": "ours_indexed", "idKind": "string", "indexes": {indexes}}}"#);
    filled(defined(backend, &definition).await).await
}

/// An empty repository with a unique index on `email`.
pub async fn ours_unique(backend: &Backend) -> Repository<Record> {
    defined(backend, r#"{"name": "ours_unique", "idKind": "string", "indexes": ["email"]}"#).await
}

async fn defined(backend: &Backend, definition: &str) -> Repository<Record> {
    let definition = had(Definition::from_json(definition), "the definition is none");
    had(backend.define::<Record>(definition).await, "the repository cannot be defined")
}

async fn filled(ours: Repository<Record>) -> Repository<Record> {
    had(ours.insert_many(&stored()).await, "the records that are there from the start cannot be stored");
    ours
}
