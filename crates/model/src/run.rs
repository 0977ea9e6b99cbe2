//! Running a program on a store and on the model, and comparing each answer.

mod pages;
mod reads;
mod updates;
mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use backends::{Backend, Document, Error, ErrorKind, Filter, Repository, Timestamp, Value};
use serde::{Serialize, Serializer};
use tokio::task::JoinSet;

use crate::generate::START;
use crate::operation::{Operation, Outside, value_shown};
use crate::program::Program;
use crate::reference::{Reference, is_same};
use crate::schema::Schema;
use crate::store::Stores;

/// What differed, in words.
type Check<T = ()> = Result<T, String>;

/// A program on its way.
struct Running {
    stores: Arc<Stores>,
    number: u64,
    /// All that were opened, of which the last is used: a store may live as long as somebody has it open.
    opened: Vec<Backend>,
    repository: Repository<Document>,
    reference: Reference,
    has_all_indexes: bool,
    clock: Clock,
}

/// The time of a program, which every process of it sees.
#[derive(Debug, Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn of(&self, backend: &Backend) -> Backend {
        let clock = self.clone();
        backend.with_clock(move || Timestamp::from_millis(clock.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX))
    }
}

/// Runs a program in a store of this number; what differed, and in which operation.
///
/// # Errors
/// The store cannot be opened or removed.
pub(crate) async fn run(
    stores: &Arc<Stores>,
    number: u64,
    program: &Program,
) -> Result<Option<(usize, String)>, String> {
    let first = stores.open(number).await?;
    let difference = match Running::new(stores, number, &first, program).await {
        Err(difference) => Some((0, difference)),
        Ok(mut running) => {
            let difference = running.all(&program.operations).await;
            running.close().await?;
            difference
        }
    };
    stores.remove(number, first).await?;
    Ok(difference)
}

/// Runs programs at once in one store; what differed: for which of them, in which of its operations, and how.
///
/// # Errors
/// The store cannot be opened or removed.
pub(crate) async fn run_together(
    stores: &Arc<Stores>,
    number: u64,
    programs: &[Program],
) -> Result<Vec<(usize, (Option<usize>, String))>, String> {
    let first = stores.open(number).await?;
    let mut running = JoinSet::new();
    for (writer, program) in programs.iter().enumerate() {
        let (stores, first, program) = (Arc::clone(stores), first.clone(), program.clone());
        running.spawn(async move {
            let mut running = match Running::new(&stores, number, &first, &program).await {
                Ok(running) => running,
                Err(difference) => return Ok((writer, 0, Some((0, difference)))),
            };
            let difference = running.all(&program.operations).await;
            running.close().await?;
            Ok::<_, String>((writer, running.reference.records.len(), difference))
        });
    }
    let (mut differences, mut records) = (Vec::new(), 0);
    while let Some(ended) = running.join_next().await {
        let (writer, left, difference) = ended.map_err(|error| format!("a program panicked: {error}"))??;
        differences.extend(difference.map(|(at, difference)| (writer, (Some(at), difference))));
        records += left as u64;
    }
    if let (Some(program), true) = (programs.first(), differences.is_empty()) {
        let all = define(&first, &program.schema, false).await?;
        let counted = all.count(Filter::all()).await.map_err(unexpected)?;
        if counted != records {
            differences.push((0, (None, format!("{counted} records in the end, but the writers have {records}"))));
        }
    }
    stores.remove(number, first).await?;
    Ok(differences)
}

impl Running {
    async fn new(stores: &Arc<Stores>, number: u64, first: &Backend, program: &Program) -> Check<Self> {
        let mut schema = program.schema.clone();
        schema.time = schema.time.filter(|_| first.capabilities().ttl);
        let clock = Clock(Arc::new(AtomicI64::new(START)));
        let repository = define(&clock.of(first), &schema, false).await?;
        let (reference, opened) = (Reference::new(schema), vec![first.clone()]);
        Ok(Self { stores: Arc::clone(stores), number, opened, repository, reference, has_all_indexes: false, clock })
    }

    /// Closes all that were opened but the first, which removes the store.
    async fn close(&mut self) -> Check {
        for backend in self.opened.drain(1..) {
            backend.close().await.map_err(unexpected)?;
        }
        Ok(())
    }

    async fn all(&mut self, operations: &[Operation]) -> Option<(usize, String)> {
        for (at, operation) in operations.iter().enumerate() {
            if let Err(difference) = Box::pin(self.step(operation)).await {
                return Some((at, difference));
            }
            self.reference.forget();
        }
        None
    }

    async fn step(&mut self, operation: &Operation) -> Check {
        match operation {
            Operation::Define => {
                self.has_all_indexes = true;
                self.define().await
            }
            Operation::Reopen => {
                let opened = self.stores.open(self.number).await?;
                self.opened.push(opened);
                self.define().await
            }
            Operation::Pass(millis) => {
                self.reference.now += i64::from(*millis);
                self.clock.0.store(self.reference.now, Ordering::Relaxed);
                Ok(())
            }
            Operation::Insert(at, body) => self.insert(at, body).await,
            Operation::InsertMany(records) => self.insert_many(records).await,
            Operation::Replace(at, body) => self.replace(at, body).await,
            Operation::Upsert(at, body) => self.upsert(at, body).await,
            Operation::Delete(at) => self.delete(at, None).await,
            Operation::ExpectingDelete(at, off) => self.delete(at, Some(*off)).await,
            Operation::Update(at, update) => self.update(at, update, None).await,
            Operation::ExpectingUpdate(at, update, off) => self.update(at, update, Some(*off)).await,
            Operation::UpdateOne(query, update) => self.update_one(query, update).await,
            Operation::UpdateMany(filter, update) => self.update_many(filter, update).await,
            Operation::DeleteOne(query) => self.delete_one(query).await,
            Operation::DeleteMany(filter) => self.delete_many(filter).await,
            Operation::Get(at) => self.get(at).await,
            Operation::GetMany(all) => self.get_many(all).await,
            Operation::Find(query) => self.find(query).await,
            Operation::Select(query) => self.select(query).await,
            Operation::Stream(query) => self.stream(query).await,
            Operation::FindOne(query) => self.find_one(query).await,
            Operation::Count(filter) => self.count(filter).await,
            Operation::Exists(filter) => self.exists(filter).await,
            Operation::Pages(query, sizes, between) => self.pages(query, sizes, between).await,
            Operation::Outside(outside) => self.outside(outside).await,
        }
    }

    async fn define(&mut self) -> Check {
        if let Some(latest) = self.opened.last() {
            self.repository = define(&self.clock.of(latest), &self.reference.schema, self.has_all_indexes).await?;
        }
        Ok(())
    }

    async fn outside(&self, outside: &Outside) -> Check {
        let answer = match outside {
            Outside::Write(at, body) => {
                let Some((_, document)) = self.reference.document(at, body) else { return Ok(()) };
                self.repository.upsert(&document).await.map(drop)
            }
            Outside::Get(key) => self.repository.get(KeyOf(key)).await.map(drop),
            Outside::Find(query) => self.asking(query).await.map(drop),
            Outside::Page(query, size) => self.asking(query).page(*size).await.map(drop),
        };
        is_error(answer, ErrorKind::InvalidInput)
    }
}

async fn define(backend: &Backend, schema: &Schema, is_late: bool) -> Check<Repository<Document>> {
    let definition = schema.definition(is_late).map_err(unexpected)?;
    backend.define(definition).await.map_err(unexpected)
}

/// A key as calls take it: one value, or two.
struct KeyOf<'v>(&'v [Value]);

impl Serialize for KeyOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => one.serialize(serializer),
            both => both.serialize(serializer),
        }
    }
}

/// An error where the model has an answer.
fn unexpected(error: Error) -> String {
    format!("error where an answer is expected: {error}")
}

/// Whether a call gave this error.
fn is_error<T>(answer: backends::Result<T>, kind: ErrorKind) -> Check {
    match answer {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(format!("{kind:?} expected, but: {error}")),
        Ok(_) => Err(format!("{kind:?} expected, but it went well")),
    }
}

/// Compares an answer with the expected one.
fn same<T: PartialEq + std::fmt::Debug>(answer: &T, expected: &T, what: &str) -> Check {
    if answer == expected { Ok(()) } else { Err(format!("{what}: {answer:?}, but expected {expected:?}")) }
}

/// Compares records in their order.
fn same_records(answer: &[Document], expected: &[Document]) -> Check {
    let shown = |record: &Document| value_shown(&Value::Map(record.clone()));
    if let Some((at, (answer, expected))) =
        answer.iter().zip(expected).enumerate().find(|(_, (answer, expected))| !is_same(answer, expected))
    {
        return Err(format!("record {at} is\n      {}\n    but expected\n      {}", shown(answer), shown(expected)));
    }
    let (all, what) = if answer.len() > expected.len() { (answer, "too many") } else { (expected, "missing") };
    let Some(first) = all.get(answer.len().min(expected.len())) else { return Ok(()) };
    let counts = format!("{} records, but expected {}", answer.len(), expected.len());
    Err(format!("{counts}; the first that is {what}:\n      {}", shown(first)))
}
