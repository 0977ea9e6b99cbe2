//! Storing many new records.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::insert::insert;
use super::{Invocation, action, by_swap};
use crate::driver::{InsertManyRequest, NewRecord, Taken};
use crate::error::Counts;
use crate::layer::Operation;
use crate::repository::{Inner, State, begin_version, check_own_id, id_of};
use crate::{Error, Key, Record, Repository, Result, Value};

/// Stores new records. See [`Repository::insert_many`].
#[must_use = "an action does nothing until it is awaited"]
pub struct InsertMany<T> {
    inner: Arc<Inner>,
    prepared: Batch,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

/// What was encoded, and what was refused before any I/O.
struct Batch {
    state: Arc<State>,
    records: Vec<NewRecord>,
    /// The records, by their place among them, that lack the time that their time to live needs.
    lack_time: Vec<usize>,
    /// Where in the call each record stands.
    positions: Vec<usize>,
    answers: Vec<Answer>,
}

/// What became of the record at one position.
struct Answer {
    key: Option<Key>,
    /// The id, unless it is the key.
    id: Option<String>,
    error: Option<Error>,
}

/// What became of each record of an `insert_many`, by its position in the call.
pub struct InsertedMany(Vec<Answer>);

impl InsertedMany {
    /// How many records the call had.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the call had none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many records were stored.
    pub fn stored(&self) -> usize {
        self.0.iter().filter(|answer| answer.error.is_none()).count()
    }

    /// The id of the record at `position`: the one it brought, or the one it was given; none if it was not stored.
    pub fn id(&self, position: usize) -> Option<&str> {
        let answer = self.0.get(position).filter(|answer| answer.error.is_none())?;
        match (&answer.id, answer.key.as_ref()?.partition()) {
            (Some(id), _) | (None, Value::String(id)) => Some(id),
            _ => None,
        }
    }

    /// The key of the record at `position`, if it was stored.
    pub fn key(&self, position: usize) -> Option<&Key> {
        self.0.get(position).filter(|answer| answer.error.is_none())?.key.as_ref()
    }

    /// The records that were not stored: position and error.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &Error)> {
        self.0.iter().enumerate().filter_map(|(position, answer)| Some((position, answer.error.as_ref()?)))
    }
}

impl fmt::Debug for InsertedMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertedMany").field("records", &self.len()).field("stored", &self.stored()).finish()
    }
}

impl<T: Record> InsertMany<T> {
    pub(crate) fn new<'a>(repository: &Repository<T>, records: impl IntoIterator<Item = &'a T>) -> Self
    where
        T: 'a,
    {
        let inner = Arc::clone(repository.inner());
        Self { inner, prepared: prepare(repository, records), timeout: None, record: PhantomData }
    }

    async fn run(self) -> Result<InsertedMany> {
        let invocation = self.inner.invoke("insert_many", self.timeout);
        let Batch { state, mut records, lack_time, positions, mut answers } = self.prepared;
        let invocation = invocation.of_many(answers.len());
        if !records.is_empty() {
            let now = invocation.context().now;
            for index in lack_time {
                state.begin_at(&mut records[index].record, now);
            }
            let mut request = InsertManyRequest::new(invocation.context().clone(), records);
            request.expiry = state.expiry(now);
            let failures = match invocation.write(InsertingMany { state: Arc::clone(&state), request }).await {
                Ok(failures) => failures,
                Err(error) => return Err(none_known(error, &invocation, positions, answers)),
            };
            for (index, error) in failures {
                let answer = positions.get(index).and_then(|position| answers.get_mut(*position));
                let outside = || Error::unexpected("a driver reports a position outside the call");
                answer.ok_or_else(|| invocation.place(outside().with_may_have_happened(true)))?.error = Some(error);
            }
        }
        for (position, answer) in answers.iter_mut().enumerate() {
            answer.error = answer.error.take().map(|error| invocation.place(error.with_position(position)));
        }
        finish(InsertedMany(answers))
    }
}

action!(InsertMany<T: Record>, InsertedMany);

/// Encodes every record; looks at each new shape once, whether it can be read back.
fn prepare<'a, T: Record>(repository: &Repository<T>, records: impl IntoIterator<Item = &'a T>) -> Batch {
    let plan = repository.plan();
    let state = plan.state();
    let records = records.into_iter();
    let (at_least, _) = records.size_hint();
    let mut batch = Batch {
        state: Arc::clone(&state),
        records: Vec::with_capacity(at_least),
        lack_time: Vec::new(),
        positions: Vec::with_capacity(at_least),
        answers: Vec::with_capacity(at_least),
    };
    let mut shapes = HashSet::new();
    for (position, record) in records.enumerate() {
        let checked = plan.encode(&state, record).and_then(|mut checked| {
            check_own_id(&state, &checked)?;
            begin_version(&state, &mut checked)?;
            if !shapes.contains(&checked.shape) {
                plan.read_back(&state, &checked)?;
                shapes.insert(checked.shape);
            }
            Ok(checked)
        });
        match checked {
            Ok(checked) => {
                let id_is_key = state.definition.id_is_key();
                let is_fresh = checked.fresh.is_some() && id_is_key;
                let id = if id_is_key { None } else { checked.fresh.or_else(|| id_of(&state, &checked.record)) };
                batch.answers.push(Answer { key: Some(checked.key.clone()), id, error: None });
                batch.positions.push(position);
                if checked.lacks_time {
                    batch.lack_time.push(batch.records.len());
                }
                let record = NewRecord::new(checked.key, checked.record);
                batch.records.push(if is_fresh { record.fresh() } else { record });
            }
            Err(error) => batch.answers.push(Answer { key: None, id: None, error: Some(error) }),
        }
    }
    batch
}

/// The outcome, or the error of the first record that was not stored, which carries the outcome.
fn finish(mut inserted: InsertedMany) -> Result<InsertedMany> {
    let failed = inserted.failures().count();
    let Some(first) = inserted.0.iter_mut().find_map(|answer| answer.error.as_mut()) else { return Ok(inserted) };
    let error = first.repeat();
    let done = inserted.stored();
    let counts = Counts { done: done as u64, failed: failed as u64 };
    Err(error.with_counts(counts).with_inserted(inserted))
}

/// The error of the whole call, which carries what became of each record: those that were refused before any I/O with
/// their own error, the others with this one.
fn none_known(error: Error, invocation: &Invocation, positions: Vec<usize>, mut answers: Vec<Answer>) -> Error {
    for position in positions {
        answers[position].error = Some(error.repeat());
    }
    for (position, answer) in answers.iter_mut().enumerate() {
        answer.error = answer.error.take().map(|error| invocation.place(error.with_position(position)));
    }
    error.with_inserted(InsertedMany(answers))
}

struct InsertingMany {
    state: Arc<State>,
    request: InsertManyRequest,
}

impl InsertingMany {
    /// The records, by their positions, of which others of the call have the key, or the values in a unique index: which
    /// of them are stored depends on which come first.
    fn contested(&self) -> BTreeSet<usize> {
        let records = || self.request.records.iter().enumerate();
        let mut contested = BTreeSet::new();
        let mut keys = HashMap::new();
        for (position, new) in records() {
            if let Some(first) = keys.insert(&new.key, position) {
                contested.extend([first, position]);
            }
        }
        let definition = &self.state.definition;
        for index in definition.indexes().filter(|index| index.is_unique()) {
            let mut taken = BTreeMap::new();
            for (position, new) in records() {
                let first = Taken::by(&new.record, definition, index).and_then(|values| taken.insert(values, position));
                contested.extend(first.into_iter().flat_map(|first| [first, position]));
            }
        }
        contested
    }

    /// What the driver refused, by position.
    async fn refused(&self, request: &InsertManyRequest) -> Result<Vec<(usize, Error)>> {
        let driver = &*self.state.driver;
        match driver.insert_many(request).await?.0 {
            Some(failures) => Ok(failures),
            None => by_swap::insert_many(driver, request).await,
        }
    }

    /// Stores by itself what was refused for what has expired; what is refused all the same is reported.
    async fn make_room(&self, mut refused: Vec<(usize, Error)>) -> Result<Vec<(usize, Error)>> {
        refused.sort_by_key(|(position, _)| *position);
        let mut failures = Vec::new();
        for (position, error) in refused {
            let error = match self.request.records.get(position).filter(|_| error.is_already_exists()) {
                None => Err(error),
                Some(new) => insert(&self.state, &self.request.one(position, new)).await,
            };
            failures.extend(error.err().map(|error| (position, error)));
            self.request.context.renew();
        }
        Ok(failures)
    }
}

impl Operation for InsertingMany {
    type Answer = Vec<(usize, Error)>;

    async fn run(&self) -> Result<Vec<(usize, Error)>> {
        if self.request.expiry.is_none() {
            return self.refused(&self.request).await;
        }
        // What has expired may be in the way of the first of them, and must not let a later one go first.
        let contested = self.contested();
        let failures = if contested.is_empty() {
            self.refused(&self.request).await?
        } else {
            let (rest, positions) = self.request.without(&contested);
            let refused = if positions.is_empty() { Vec::new() } else { self.refused(&rest).await? };
            let place = |at: usize| positions.get(at).copied().unwrap_or(usize::MAX);
            let refused = refused.into_iter().map(|(at, error)| (place(at), error));
            refused.chain(contested.into_iter().map(|position| (position, Error::key_taken()))).collect()
        };
        self.make_room(failures).await
    }
}
