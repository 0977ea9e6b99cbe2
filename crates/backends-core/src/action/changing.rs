//! What the writes by filter share: which records they are about, and what is done to one of them.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::draw::Opening;
use super::query::Query;
use super::room::{Storing, in_room};
use super::{Invocation, by_swap};
use crate::decode::Only;
use crate::driver::{
    Check, Consistency, Context, DeleteRequest, ExpectedVersion, FindRequest, RepositoryDriver, Takes, UpdateRequest,
};
use crate::error::Counts;
use crate::filter::Scope;
use crate::layer::Operation;
use crate::repository::{State, check_index_strings, decode, key_of, with_id};
use crate::{Batch, Change, Document, Error, Filter, Key, Record, RecordBuf, Repository, Result, Update};

/// A record as a driver hands it over.
pub(super) type Handed = Option<Box<dyn Batch>>;

/// An update that was held against what is known of the records.
#[derive(Clone)]
pub(super) struct Changes {
    each: Arc<[Change]>,
    check: Arc<Check>,
    takes: Takes,
}

impl Changes {
    /// # Errors
    /// `InvalidInput` for a change that no record takes.
    pub(super) fn new<T: Record>(repository: &Repository<T>, state: &Arc<State>, update: &Update) -> Result<Self> {
        let scope = Scope::new(&state.definition, &state.schema, repository.asked());
        let mut changes = scope.bind_update(update)?;
        changes.extend(state.next_version());
        let each = changes.into();
        let takes = if TypeId::of::<T>() == TypeId::of::<Document>() {
            Takes::All
        } else {
            Takes::Known(Arc::clone(repository.asked()), state.definition.clone())
        };
        let state = Arc::clone(state);
        let check = move |record: &RecordBuf, before: &RecordBuf| {
            check_index_strings(&state, record)?;
            state.reading().read_or_explain::<T>(record, 0).map(drop).or_else(|error| {
                // What the type cannot read already is not what the update has done.
                state.reading().read_or_explain::<T>(before, 0).map(drop)?;
                let message = format!("the type could not read the record after this update: {}", error.message());
                let refused = Error::invalid_input(message);
                let path = error.path().map(str::to_owned);
                Err(path.into_iter().fold(refused, Error::with_path).caused_by(error))
            })
        };
        Ok(Self { each, check: Arc::new(check), takes })
    }

    /// The same for many records.
    ///
    /// # Errors
    /// `InvalidInput` for a change that could give several of them the same values in a unique index.
    pub(super) fn of_many(self, state: &State) -> Result<Self> {
        let unique = || state.definition.indexes().filter(|index| index.is_unique());
        let changed = self.each.iter().filter(|change| !matches!(change, Change::Unset(_))).find_map(|change| {
            let index = unique().find(|index| index.fields().any(|field| field == change.path().first()))?;
            Some((index, change.path()))
        });
        match changed {
            None => Ok(self),
            Some((index, path)) => Err(Error::invalid_input(
                "many records at once may lose a field of a unique index, and not get another value: update one at a time",
            )
            .with_path(path.as_str())
            .with_index(index.name())),
        }
    }

    /// A request to do them to the record with a key, if a filter means it.
    pub(super) fn request(&self, context: Context, key: Key, filter: &Filter, state: &State) -> UpdateRequest {
        let mut request = UpdateRequest::new(context, key, Arc::clone(&self.each));
        request.filter = filter.clone();
        request.schema = Arc::clone(&state.schema);
        request.check = Some(Arc::clone(&self.check));
        request.takes = self.takes.clone();
        request
    }
}

/// The record after an update; none if there was none that the filter means.
pub(super) async fn update(state: &State, request: &UpdateRequest) -> Result<Handed> {
    let driver = &*state.driver;
    let once = || async move {
        if ExpectedVersion::is_by_core(request.expected.as_ref()) {
            return by_swap::update(driver, request).await;
        }
        driver.update(request).await?.0.or_by_swap(by_swap::update(driver, request)).await
    };
    let expiry = state.expiry(request.context.now);
    in_room(state, Storing::Update(request, expiry.as_ref()), once).await
}

/// The record that was deleted; none if there was none.
pub(super) async fn delete(driver: &dyn RepositoryDriver, request: &DeleteRequest) -> Result<Handed> {
    if ExpectedVersion::is_by_core(request.expected.as_ref()) {
        return by_swap::delete(driver, request).await;
    }
    driver.delete(request).await?.0.or_by_swap(by_swap::delete(driver, request)).await
}

/// The record that was deleted; none if the target means none that is there.
async fn delete_if(driver: &dyn RepositoryDriver, target: &FindRequest, request: &DeleteRequest) -> Result<Handed> {
    let matcher = target.matcher(&target.filter, []);
    let is_meant = |record: &RecordBuf| matcher.look(&mut record.tokens(), &mut matcher.sighting());
    by_swap::delete_if(driver, request, &is_meant).await
}

/// What is done to each record.
#[derive(Clone)]
pub(super) enum Deed {
    Update(Changes),
    Delete,
}

/// Does something to one record of a query, the first of its order, and gives it back.
pub(super) async fn finish_one<T: Record>(
    mut query: Query,
    deed: Result<Deed>,
    expected: Result<Option<ExpectedVersion>>,
    operation: &'static str,
    unreadable: &str,
) -> Result<Option<T>> {
    query.limit = Some(1);
    let (invocation, state) = (query.invocation(operation), Arc::clone(&query.state));
    let deed = deed.and_then(|deed| Ok((deed, expected?)));
    let Some(doing) = Doing::new(query, deed, &invocation)? else { return invocation.check().map(|()| None) };
    let record = invocation.write(One(doing)).await?;
    record
        .map(|batch| decode(&state, &*batch, 0, None))
        .transpose()
        .map_err(|error: Error| invocation.place(error.saying(unreadable).with_may_have_happened(true)))
}

/// Does something to every record of a query, and gives their number.
pub(super) async fn finish_all(
    query: Query,
    deed: Result<Deed>,
    operation: &'static str,
    says_all: bool,
) -> Result<u64> {
    let invocation = query.invocation(operation);
    let deed = deed.map(|deed| (deed, None));
    let Some(doing) = Doing::new(query, deed, &invocation)? else { return invocation.check().map(|()| 0) };
    if doing.query.filter()?.is_all() && !says_all {
        let unsaid = "a filter that means every record, as `not_in` of nothing does: say so with `Filter::all()`";
        return Err(invocation.place(Error::invalid_input(unsaid)));
    }
    let tally = Arc::new(Tally::default());
    let answer = invocation.write(All { doing, tally: Arc::downgrade(&tally) }).await;
    answer.map_err(|error| match tally.counts() {
        counts if error.counts().is_none() && counts != Counts::default() => part_done(error, counts, false),
        _ => error,
    })
}

/// A write by filter on its way.
struct Doing {
    query: Query,
    target: FindRequest,
    deed: Deed,
    expected: Option<ExpectedVersion>,
}

impl Doing {
    /// Nothing if no record can be meant.
    fn new(
        query: Query,
        deed: Result<(Deed, Option<ExpectedVersion>)>,
        invocation: &Invocation,
    ) -> Result<Option<Self>> {
        let (deed, expected) = deed.map_err(|error| invocation.place(error))?;
        let target = query.request(invocation).map_err(|error| invocation.place(error))?;
        Ok(target.map(|target| Self { query, target, deed, expected }))
    }

    /// The keys of the records that are meant, each once: a record that moves in an order meanwhile may come again. For
    /// one record it is the first.
    async fn keys(&self, is_in_doubt: bool) -> Result<Vec<Key>> {
        let state = &self.query.state;
        let fields: Vec<String> = state.definition.key_fields().map(str::to_owned).collect();
        let request = self.target.clone();
        let draw = Opening { is_in_doubt, ..Opening::new(&self.query, request) };
        let mut draw = draw.run().await?;
        let (mut keys, mut seen) = (Vec::new(), HashSet::new());
        let is_one = self.target.limit == Some(1);
        while let Some(drawn) = draw.next().await? {
            for index in drawn.indexes {
                let record = RecordBuf::from_batch(&Only::new(&*drawn.batch, &fields), index)?;
                // A record without its key was stored by another program.
                let key = key_of(state, &record).map_err(|error| {
                    let told =
                        Error::unreadable("a stored record has no key: repair it, or leave it out by the filter");
                    with_id(state, &*drawn.batch, index, error.path().into_iter().fold(told, Error::with_path))
                })?;
                if is_one || seen.insert(key.clone()) {
                    keys.push(key);
                }
            }
            self.target.context.renew();
        }
        Ok(keys)
    }

    /// The record is read anew for the write, whatever staleness the search may have.
    async fn to(&self, key: Key, mut context: Context) -> Result<Handed> {
        context.consistency = Consistency::Default;
        let (state, target) = (&self.query.state, &self.target);
        match &self.deed {
            Deed::Update(changes) => {
                let mut request = changes.request(context, key, &target.filter, state);
                request.expected.clone_from(&self.expected);
                update(state, &request).await
            }
            Deed::Delete => {
                let mut request = DeleteRequest::new(context, key);
                request.expected.clone_from(&self.expected);
                request.expiry = state.expiry(request.context.now);
                if self.query.filter()?.is_all() {
                    return delete(&*state.driver, &request).await;
                }
                delete_if(&*state.driver, target, &request).await
            }
        }
    }
}

struct One(Doing);

impl Operation for One {
    type Answer = Handed;

    /// What is found is looked at once more where it is written: if it is not meant any longer, another is looked for. What
    /// is found again is looked at before, for a search that goes by what another program left behind never settles.
    async fn run(&self) -> Result<Handed> {
        let context = &self.0.target.context;
        // What is found again and again, and is not meant where it is written, is no progress.
        let deadline = context.deadline();
        let mut pause = Duration::from_millis(1);
        let (mut passed, mut is_in_doubt) = (None, false);
        loop {
            let Some(key) = self.0.keys(is_in_doubt).await?.pop() else { return Ok(None) };
            if let Some(record) = self.0.to(key.clone(), context.clone()).await? {
                return Ok(Some(record));
            }
            is_in_doubt |= passed.as_ref() == Some(&key);
            passed = Some(key);
            if Instant::now() >= deadline {
                return Err(context.too_late());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }
}

/// How many records were changed, and how many stay as they were, as long as somebody waits for it.
#[derive(Default)]
struct Tally {
    done: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    fn counts(&self) -> Counts {
        Counts { done: self.done.load(Ordering::Relaxed), failed: self.failed.load(Ordering::Relaxed) }
    }
}

/// How many records a write by filter has on their way at a time.
const AT_ONCE: usize = 32;

struct All {
    doing: Doing,
    tally: Weak<Tally>,
}

impl Operation for All {
    type Answer = u64;

    /// The keys are collected first, so that a record is met once, whatever the write does to it; then several are on
    /// their way at a time. Where nobody waits any longer, those at hand are the last.
    ///
    /// # Errors
    /// The first `InvalidInput` of a record that stays as it was, with both numbers, when all others are done; any other
    /// error as soon as those at hand are done, with the numbers until then.
    async fn run(&self) -> Result<u64> {
        let context = &self.doing.target.context;
        let mut counts = Counts::default();
        let mut refused: Option<(usize, Error)> = None;
        let (mut end, mut is_unclear) = (None::<Error>, false);
        let mut keys = self.doing.keys(false).await?.into_iter().enumerate();
        let (mut at_hand, mut settled) = (FuturesUnordered::new(), 0);
        loop {
            // One more for each that is settled: a few records are no burst.
            while end.is_none() && at_hand.len() < AT_ONCE.min(settled + 1) {
                let Some((position, key)) = keys.next() else { break };
                if self.tally.strong_count() == 0 {
                    end = Some(context.too_late());
                    break;
                }
                let mut own = context.clone();
                own.write_id = context.write_id_at(position);
                at_hand.push(async move { (position, self.doing.to(key, own).await) });
            }
            let Some((position, answer)) = at_hand.next().await else { break };
            settled += 1;
            match answer {
                Ok(record) => counts.done += u64::from(record.is_some()),
                Err(error) if error.is_invalid_input() => {
                    counts.failed += 1;
                    is_unclear |= error.may_have_happened();
                    if refused.as_ref().is_none_or(|(first, _)| position < *first) {
                        refused = Some((position, error));
                    }
                }
                Err(error) => {
                    is_unclear |= error.may_have_happened();
                    end.get_or_insert(error);
                }
            }
            if let Some(tally) = self.tally.upgrade() {
                tally.done.store(counts.done, Ordering::Relaxed);
                tally.failed.store(counts.failed, Ordering::Relaxed);
            }
            context.renew();
        }
        match end.or_else(|| refused.map(|(_, error)| error)) {
            None => Ok(counts.done),
            // One of those at hand may have been done, though another was the first to fail.
            Some(error) => Err(part_done(error, counts, is_unclear)),
        }
    }
}

fn part_done(error: Error, counts: Counts, is_unclear: bool) -> Error {
    let may = error.may_have_happened() || is_unclear || counts.done > 0;
    error.with_counts(counts).with_may_have_happened(may)
}

/// Makes a write by filter something to await, and gives it what reads by filter have.
macro_rules! by_filter {
    ($action:ident<$type:ident>, $output:ty) => {
        impl<$type: $crate::Record> $action<$type> {
            /// Says how the records would be found; see [`Find::explain`]($crate::action::Find::explain).
            pub fn explain(self) -> $crate::action::Explain {
                $crate::action::Explain::new(self.query)
            }
        }

        $crate::action::query::reads!($action<$type: $crate::Record>);

        impl<$type: $crate::Record> IntoFuture for $action<$type> {
            type Output = $crate::Result<$output>;
            type IntoFuture = $crate::action::Pending<$output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}
pub(super) use by_filter;
