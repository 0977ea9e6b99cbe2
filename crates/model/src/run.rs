//! Running a program on a store and on the model, and comparing each answer.

mod batch;
mod harmed;
mod pages;
mod reads;
mod updates;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use backends::{Backend, Document, Error, ErrorKind, Filter, Repository, Timestamp, Value};
use serde::{Serialize, Serializer};
use tokio::task::JoinSet;

use crate::generate::START;
use crate::harm::Harm;
use crate::operation::{Operation, Outside, value_shown};
use crate::program::Program;
use crate::reference::{Reference, is_same};
use crate::schema::Schema;
use crate::store::Stores;

use batch::Second;
use harmed::Harming;

/// What differed.
#[derive(Debug)]
enum Difference {
    Words(String),
    /// A call failed on its way, as it may where requests are harmed.
    Failed(Error),
}

type Check<T = ()> = Result<T, Difference>;

impl From<String> for Difference {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Difference {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Failed(error) => write!(f, "error where an answer is expected: {error}"),
        }
    }
}

/// A program on its way.
struct Running {
    stores: Arc<Stores>,
    number: u64,
    /// All that were opened, of which the last is used: a store may live as long as somebody has it open.
    opened: Vec<Backend>,
    repository: Repository<Document>,
    reference: Reference,
    second: Option<Second>,
    /// What harms its requests, if anything does.
    harming: Option<Harming>,
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
        Err(difference) => Some((0, difference.to_string())),
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
                Err(difference) => return Ok((writer, 0, Some((0, difference.to_string())))),
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
        let counted = count(&first, &program.schema).await.map_err(|difference| difference.to_string())?;
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
        let clean = clock.of(first);
        let (mut opened, mut harming) = (first.clone(), None);
        if let Some(percent) = stores.harm() {
            let mut harm = Harm::new(percent);
            opened = stores.open_behind(number, &mut harm).await?;
            let second = define_second(&clean, program.second.as_ref()).await?;
            let clean = define(&clean, &schema, false).await?;
            let (failed, told) = (0, String::new());
            harming = Some(Harming { harm, seed: program.seed, clean, second, failed, told });
        }
        let repository = define(&clock.of(&opened), &schema, false).await?;
        let second = define_second(&clock.of(&opened), program.second.as_ref()).await?;
        let second = second
            .zip(program.second.clone())
            .map(|(repository, schema)| Second { repository, reference: Reference::new(schema) });
        let (reference, opened) = (Reference::new(schema), vec![opened]);
        let stores = Arc::clone(stores);
        Ok(Self { stores, number, opened, repository, reference, second, harming, has_all_indexes: false, clock })
    }

    /// The backend as the last process has it.
    fn backend(&self) -> &Backend {
        self.repository.backend()
    }

    /// Closes all that were opened but the first, which removes the store.
    async fn close(&mut self) -> Result<(), String> {
        let kept = usize::from(self.harming.is_none());
        for backend in self.opened.drain(kept..) {
            let closed = backend.close().await;
            // What was let hang may keep it from closing in time.
            if self.harming.is_none() {
                closed.map_err(|error| format!("a store cannot be closed: {error}"))?;
            }
        }
        if let Some(harming) = &self.harming {
            self.stores.count(harming.harm.counts(), harming.failed);
        }
        Ok(())
    }

    async fn all(&mut self, operations: &[Operation]) -> Option<(usize, String)> {
        for (at, operation) in operations.iter().enumerate() {
            let is_harmed = self.harming.is_some();
            let is_harmed =
                is_harmed && !matches!(operation, Operation::Define | Operation::Reopen | Operation::Pass(_));
            let step =
                if is_harmed { Box::pin(self.harmed(operation)).await } else { Box::pin(self.step(operation)).await };
            if let Err(difference) = step {
                return Some((at, difference.to_string()));
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
                let opened = match &mut self.harming {
                    Some(harming) => self.stores.open_behind(self.number, &mut harming.harm).await?,
                    None => self.stores.open(self.number).await?,
                };
                self.opened.push(opened);
                self.define().await
            }
            Operation::Pass(millis) => {
                self.reference.now += i64::from(*millis);
                self.clock.0.store(self.reference.now, Ordering::Relaxed);
                Ok(())
            }
            Operation::Insert(..)
            | Operation::Replace(..)
            | Operation::Upsert(..)
            | Operation::Delete(_)
            | Operation::ExpectingDelete(..)
            | Operation::Update(..)
            | Operation::ExpectingUpdate(..) => self.write(operation).await,
            Operation::InsertMany(records) => self.insert_many(records).await,
            Operation::Batch(writes) => self.batch(writes).await,
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
            let latest = self.clock.of(latest);
            self.repository = define(&latest, &self.reference.schema, self.has_all_indexes).await?;
            if let Some(second) = &mut self.second {
                second.repository = define(&latest, &second.reference.schema, false).await?;
            }
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

async fn define_second(backend: &Backend, schema: Option<&Schema>) -> Check<Option<Repository<Document>>> {
    match schema {
        Some(schema) => define(backend, schema, false).await.map(Some),
        None => Ok(None),
    }
}

/// How many records there are.
async fn count(backend: &Backend, schema: &Schema) -> Check<u64> {
    let all = define(backend, schema, false).await?;
    all.count(Filter::all()).await.map_err(unexpected)
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
fn unexpected(error: Error) -> Difference {
    Difference::Failed(error)
}

/// Whether a call failed on its way, which says nothing of what it is about.
fn is_of_the_way(error: &Error) -> bool {
    error.is_throttled() || error.is_unavailable() || error.is_timeout()
}

/// Whether a call gave this error.
fn is_error<T>(answer: backends::Result<T>, kind: ErrorKind) -> Check {
    match answer {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) if is_of_the_way(&error) => Err(unexpected(error)),
        Err(error) => Err(format!("{kind:?} expected, but: {error}").into()),
        Ok(_) => Err(format!("{kind:?} expected, but it went well").into()),
    }
}

/// Compares an answer with the expected one.
fn same<T: PartialEq + std::fmt::Debug>(answer: &T, expected: &T, what: &str) -> Check {
    if answer == expected { Ok(()) } else { Err(format!("{what}: {answer:?}, but expected {expected:?}").into()) }
}

/// Compares records in their order.
fn same_records(answer: &[Document], expected: &[Document]) -> Check {
    let shown = |record: &Document| value_shown(&Value::Map(record.clone()));
    if let Some((at, (answer, expected))) =
        answer.iter().zip(expected).enumerate().find(|(_, (answer, expected))| !is_same(answer, expected))
    {
        return Err(
            format!("record {at} is\n      {}\n    but expected\n      {}", shown(answer), shown(expected)).into()
        );
    }
    let (all, what) = if answer.len() > expected.len() { (answer, "too many") } else { (expected, "missing") };
    let Some(first) = all.get(answer.len().min(expected.len())) else { return Ok(()) };
    let counts = format!("{} records, but expected {}", answer.len(), expected.len());
    Err(format!("{counts}; the first that is {what}:\n      {}", shown(first)).into())
}
