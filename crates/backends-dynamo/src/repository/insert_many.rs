//! Storing many records: in batches where nothing can be written over, one by one where it could.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use backends_core::driver::{Context, InsertManyRequest, InsertedRecords};
use backends_core::{Error, ErrorKind, Key, RecordBuf, Result};
use tokio::task::JoinSet;

use super::{DynamoRepository, is_lost, lost};
use crate::codec::{Codec, Item, ItemKey};
use crate::error::{is_of_a_moment, is_of_one_item};
use crate::retry::Effect;
use crate::service::{Cause, Failure};
use crate::stamp::Stamp;
use crate::throughput::{AT_ONCE, Leftovers, TOGETHER, strange};

// DynamoDB: 25 items a BatchWriteItem.
const ITEMS: usize = 25;

/// So many parts in turn for which the service failed by itself, each of which was tried again, and it is down.
const MOST_IN_TURN: u32 = 3;

/// A record, and where it stands in the call.
struct Placed {
    position: usize,
    key: Key,
    record: RecordBuf,
}

/// The records that were not stored: where they stand in the call, and why.
type Errors = Vec<(usize, Error)>;

/// What one task does.
enum Part {
    /// Records whose keys the library drew, in one request.
    Batch(Vec<Placed>),
    /// Records of one key, or of one unique value, one after another.
    InTurn(Vec<Placed>),
}

impl DynamoRepository {
    /// `BatchWriteItem` writes over what is there, so it takes the records whose key the library drew; the others are
    /// put one by one, on the condition that nothing has their key.
    pub(super) async fn store_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        let mut progress = Progress::default();
        for part in self.parts(request) {
            let most = if matches!(part, Part::Batch(_)) { TOGETHER } else { AT_ONCE };
            progress.wait_for_fewer_than(most).await?;
            match &progress.stopped {
                Some(error) => {
                    let (Part::Batch(records) | Part::InTurn(records)) = &part;
                    progress.errors.extend(records.iter().map(|placed| (placed.position, error.repeat())));
                }
                None => {
                    let (this, context) = (self.clone(), request.context.clone());
                    progress.running.spawn(async move { this.store(&context, part).await });
                }
            }
        }
        progress.wait_for_fewer_than(1).await?;
        progress.errors.sort_unstable_by_key(|(position, _)| *position);
        Ok(InsertedRecords::except(progress.errors))
    }

    async fn store(&self, context: &Context, part: Part) -> Errors {
        match part {
            Part::Batch(records) => self.store_batch(context, records).await,
            Part::InTurn(records) => self.store_in_turn(context, &records).await,
        }
    }

    async fn store_batch(&self, context: &Context, mut records: Vec<Placed>) -> Errors {
        let mut leftovers = Leftovers::default();
        while !records.is_empty() {
            let left = match self.write(context, &records).await {
                Ok(left) => left,
                // The answer was lost, so that a second batch could write over what others wrote meanwhile; or one of
                // the records is not fit, and only each by itself tells which.
                Err(Failure { cause: Cause::Error(error), is_unclear })
                    if is_unclear || error.is_invalid_input() || error.is_unexpected() =>
                {
                    let errors = self.store_each(context, &records, is_unclear).await.into_iter();
                    return errors.map(|(position, error)| (position, leftovers.explain(context, error))).collect();
                }
                Err(failure) => return for_each(&records, &leftovers.explain(context, failure.into_error())),
            };
            let (asked, named) = (records.len(), left.len());
            let left: HashSet<ItemKey<'_>> = left.iter().filter_map(|item| self.codec.key_of(item)).collect();
            let is_left = |placed: &Placed| Codec::wanted(&placed.key).is_some_and(|key| left.contains(&key));
            if records.iter().filter(|placed| is_left(placed)).count() != named {
                return for_each(&records, &strange().with_may_have_happened(true));
            }
            records.retain(is_left);
            let done = asked - records.len();
            if let Err(error) = leftovers.wait(context, done, records.len()).await {
                return for_each(&records, &error);
            }
        }
        Errors::new()
    }

    /// One request with all records; the items that were not processed.
    async fn write(&self, context: &Context, records: &[Placed]) -> Result<Vec<Item>, Failure> {
        let request = || {
            let items = records.iter().map(|placed| {
                let item = self.codec.item(&placed.record, &Stamp::at(context, placed.position))?;
                let put = PutRequest::builder().set_item(Some(item)).build();
                let put = put.map_err(|native| Error::unexpected("no item to put").with_native(native))?;
                Ok(WriteRequest::builder().put_request(put).build())
            });
            let items = items.collect::<Result<Vec<_>>>()?;
            Ok(self.table.client.batch_write_item().request_items(&self.table.name, items).send())
        };
        let answer = self.service.ask(context, Effect::Writes, request).await?;
        let left = answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.table.name)).unwrap_or_default();
        Ok(left.into_iter().filter_map(|request| request.put_request).map(|put| put.item).collect())
    }

    /// One by one; `is_unclear` says whether a batch may have stored them already.
    async fn store_each(&self, context: &Context, records: &[Placed], is_unclear: bool) -> Errors {
        let mut errors = Errors::new();
        for placed in records {
            if let Err(mut error) = self.store_one(context, placed).await {
                if is_unclear && error.is_already_exists() {
                    // Of the batch, and changed since: nobody else has a key that was drawn here.
                    error = lost();
                }
                let may_have = is_unclear || error.may_have_happened();
                errors.push((placed.position, error.with_may_have_happened(may_have)));
            }
        }
        errors
    }

    /// Of records of one key the first that can be stored is, and the others find it there.
    async fn store_in_turn(&self, context: &Context, records: &[Placed]) -> Errors {
        let mut errors = Errors::new();
        let mut stored: HashSet<&Key> = HashSet::new();
        for placed in records {
            let is_taken = stored.contains(&placed.key);
            match if is_taken { Err(Error::key_taken()) } else { self.store_one(context, placed).await } {
                Ok(()) => _ = stored.insert(&placed.key),
                Err(error) => errors.push((placed.position, error)),
            }
        }
        errors
    }

    /// What is to be done, in the order of the call.
    fn parts(&self, request: &InsertManyRequest) -> Vec<Part> {
        if self.guards.is_empty() {
            return parts(request, |_| Vec::new());
        }
        let stamp = Stamp::of(&request.context);
        parts(request, |record| {
            // What is no item is refused when it is stored.
            let guards = self.codec.item(record, &stamp).map(|item| self.guards.of(&item)).unwrap_or_default();
            guards.into_iter().map(|guard| guard.key).collect()
        })
    }

    async fn store_one(&self, context: &Context, placed: &Placed) -> Result<()> {
        let (stamp, expiry) = (Stamp::at(context, placed.position), self.expiry(context));
        let stored = self.put_new(context, &placed.key, &placed.record, stamp, expiry.as_ref()).await;
        // Only an answer gives the next record its time.
        if stored.as_ref().err().is_none_or(|error| error.is_already_exists() || is_lost(error)) {
            context.renew();
        }
        stored
    }
}

/// Who comes to want the same as somebody else: one key, or one unique value.
#[derive(PartialEq, Eq, Hash)]
enum Wanted<'r> {
    Key(&'r Key),
    Guard(String),
}

/// What is to be done, in the order of the call. Records of which two want the same are stored in turn.
fn parts(request: &InsertManyRequest, guards: impl Fn(&RecordBuf) -> Vec<String>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut by_wanted: HashMap<Wanted<'_>, usize> = HashMap::new();
    let mut fresh = Vec::with_capacity(ITEMS);
    for (position, new) in request.records.iter().enumerate() {
        let placed = Placed { position, key: new.key.clone(), record: new.record.clone() };
        let mut wanted: Vec<Wanted<'_>> = guards(&new.record).into_iter().map(Wanted::Guard).collect();
        if new.is_fresh && wanted.is_empty() {
            fresh.push(placed);
            if fresh.len() == ITEMS {
                parts.push(Part::Batch(std::mem::replace(&mut fresh, Vec::with_capacity(ITEMS))));
            }
            continue;
        }
        wanted.push(Wanted::Key(&new.key));
        let mut others: Vec<usize> = wanted.iter().filter_map(|wanted| by_wanted.get(wanted).copied()).collect();
        others.sort_unstable();
        others.dedup();
        let part = others.first().copied().unwrap_or(parts.len());
        if part == parts.len() {
            parts.push(Part::InTurn(Vec::new()));
        }
        // Those that had nothing in common until now.
        let mut joined = vec![placed];
        for other in others.iter().skip(1) {
            if let Some(Part::InTurn(records)) = parts.get_mut(*other) {
                joined.append(records);
            }
        }
        if others.len() > 1 {
            by_wanted.values_mut().filter(|at| others.contains(at)).for_each(|at| *at = part);
        }
        by_wanted.extend(wanted.into_iter().map(|wanted| (wanted, part)));
        if let Some(Part::InTurn(records)) = parts.get_mut(part) {
            records.append(&mut joined);
            records.sort_unstable_by_key(|placed| placed.position);
        }
    }
    if !fresh.is_empty() {
        parts.push(Part::Batch(fresh));
    }
    parts.retain(|part| !matches!(part, Part::InTurn(records) if records.is_empty()));
    parts
}

fn for_each(records: &[Placed], error: &Error) -> Errors {
    records.iter().map(|placed| (placed.position, error.repeat())).collect()
}

/// What is on its way, and what came of it.
#[derive(Default)]
struct Progress {
    running: JoinSet<Errors>,
    errors: Errors,
    /// How many parts came to nothing, one after another, because the service failed by itself.
    failed_in_turn: u32,
    /// Why nothing more is tried.
    stopped: Option<Error>,
}

impl Progress {
    async fn wait_for_fewer_than(&mut self, most: usize) -> Result<()> {
        while self.running.len() >= most {
            match self.running.join_next().await {
                Some(Ok(errors)) => self.note(errors),
                Some(Err(_)) => {
                    let error = Error::unexpected("the task of a request ended without an answer");
                    return Err(error.with_may_have_happened(true));
                }
                None => break,
            }
        }
        Ok(())
    }

    fn note(&mut self, errors: Errors) {
        let is_failing = errors.iter().any(|(_, error)| is_of_a_moment(error));
        self.failed_in_turn = if is_failing { self.failed_in_turn + 1 } else { 0 };
        let is_down = self.failed_in_turn >= MOST_IN_TURN;
        let of_all = errors.iter().find(|(_, error)| concerns_all(error) || is_down && is_of_a_moment(error));
        if let (None, Some((_, error))) = (&self.stopped, of_all) {
            self.stopped = Some(error.repeat().with_may_have_happened(false));
        }
        self.errors.extend(errors);
    }
}

/// Whether the error of one record would be that of every other.
fn concerns_all(error: &Error) -> bool {
    let is_its_own = matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::InvalidInput | ErrorKind::Unreadable | ErrorKind::Unexpected
    );
    !is_its_own && !is_lost(error) && !is_of_one_item(error) && !is_of_a_moment(error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backends_core::driver::NewRecord;
    use backends_core::{Timestamp, Token, Value};

    use super::*;

    fn shape(records: Vec<NewRecord>) -> Vec<String> {
        guarded_shape(records, |_| Vec::new())
    }

    fn guarded_shape(records: Vec<NewRecord>, guards: impl Fn(&RecordBuf) -> Vec<String>) -> Vec<String> {
        let context = Context::new(Timestamp::now(), Duration::from_secs(1));
        let parts = parts(&InsertManyRequest::new(context, records), guards);
        let positions =
            |records: &[Placed]| records.iter().map(|placed| placed.position.to_string()).collect::<Vec<_>>().join(",");
        let shape = parts.iter().map(|part| match part {
            Part::Batch(records) => format!("batch {}", positions(records)),
            Part::InTurn(records) => format!("in turn {}", positions(records)),
        });
        shape.collect()
    }

    #[test]
    fn s05_only_records_whose_key_the_library_drew_go_into_batches() {
        let new = |key: &str| NewRecord::new(Key::new(Value::from(key), None), RecordBuf::new());
        let records = vec![new("a"), new("x").fresh(), new("b"), new("a"), new("y").fresh(), new("a")];
        assert_eq!(shape(records), ["in turn 0,3,5", "in turn 2", "batch 1,4"]);
        let many = (0..60).map(|at| new(&at.to_string()).fresh()).collect();
        let sizes: Vec<_> = shape(many).iter().map(|part| part.split(',').count()).collect();
        assert_eq!(sizes, [25, 25, 10]);
    }

    #[test]
    fn c26_what_is_stored_unreadably_is_in_the_way_of_one_record_only() {
        for (error, is_of_all) in [
            (Error::unreadable("a number"), false),
            (Error::key_taken(), false),
            (Error::invalid_input("too large"), false),
            (Error::permission_denied("no right"), true),
            (Error::timeout("too late"), true),
        ] {
            assert_eq!(concerns_all(&error), is_of_all, "{error}");
        }
    }

    #[test]
    fn c26_c31_records_that_want_one_value_are_stored_in_turn() {
        let record = |values: &[&str]| {
            let mut record = RecordBuf::new();
            for value in values {
                record.set(value, Token::Int(1));
            }
            record
        };
        let new = |key: &str, values: &[&str]| NewRecord::new(Key::new(Value::from(key), None), record(values));
        let guards = |record: &RecordBuf| {
            ["x", "y", "z"].iter().filter(|name| record.get(name).is_some()).map(|name| (*name).to_owned()).collect()
        };
        let records = vec![
            new("a", &["x"]),
            new("b", &["y"]).fresh(),
            new("c", &["z"]),
            new("d", &[]).fresh(),
            new("e", &["x", "y"]),
            new("f", &["y"]),
            new("c", &[]),
        ];
        assert_eq!(guarded_shape(records, guards), ["in turn 0,1,4,5", "in turn 2,6", "batch 3"]);
    }
}
