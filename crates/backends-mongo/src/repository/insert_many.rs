//! Storing many records: as few requests as there can be, and the outcome of each record.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{Context, InsertManyRequest, InsertedRecords, NewRecord};
use backends_core::{Error, Index, Key, Result};
use mongodb::bson::RawDocument;
use mongodb::error::{ErrorKind as NativeKind, IndexedWriteError, InsertManyError};
use serde::ser::{Error as _, Serialize, Serializer};
use tokio::time::{Instant, timeout, timeout_at};

use super::MongoRepository;
use crate::codec::expected_size;
use crate::database::{Failure, early};
use crate::error::{Effect, index_in, of_write, repeat, unconfirmed};
use crate::tries::{counted, sent};

// MongoDB: maxWriteBatchSize, and maxMessageSizeBytes less what a message has besides.
const DOCUMENTS: usize = 100_000;
const BYTES: usize = 47_900_000;

/// How much longer than its deadline a request may take that nobody waits for.
const GRACE: Duration = Duration::from_secs(60);

impl MongoRepository {
    /// Stores the records in rounds: two of one key are never on their way together, since a sharded cluster may take
    /// the second first. With unique indexes nothing goes before what stands before it, for that may take its values.
    pub(super) async fn store_many(&self, request: &InsertManyRequest) -> Result<InsertedRecords> {
        let mut errors = Errors(request.records.iter().map(|_| None).collect());
        let mut waiting: Vec<usize> = (0..request.records.len()).collect();
        while !waiting.is_empty() {
            let Round { firsts, later } = if self.definition.indexes().any(Index::is_unique) {
                Round::in_order(&request.records, &waiting)
            } else {
                Round::new(&request.records, waiting)
            };
            waiting = Vec::new();
            let lost = self.store_round(request, &firsts, &mut errors).await;
            for (position, first) in later {
                let has_key = |first: usize| errors.0[first].as_ref().is_none_or(|error| error.index() == Some(KEY));
                match &lost {
                    _ if first.is_some_and(has_key) => errors.put(position, Error::key_taken()),
                    Some(lost) => errors.put(position, not_tried(lost)),
                    None => waiting.push(position),
                }
            }
        }
        Ok(InsertedRecords::except(errors.by_position()))
    }

    /// Stores records of different keys. The error that ended it, if not all were tried.
    async fn store_round(
        &self,
        request: &InsertManyRequest,
        positions: &[usize],
        errors: &mut Errors,
    ) -> Option<Error> {
        let record = |position: usize| &request.records[position].record;
        let mut left: usize = positions.iter().map(|position| expected_size(record(*position))).sum();
        let mut group = Group::default();
        group.make_room_for(left);
        for (tried, position) in positions.iter().enumerate() {
            left -= expected_size(record(*position));
            let start = group.bytes.len();
            if let Err(error) = self.codec.append(&mut group.bytes, record(*position)) {
                errors.put(*position, error);
                continue;
            }
            if let Some(full) = group.cut_if_full(start) {
                if let Some(lost) = self.store_group(request, full, errors).await {
                    positions[tried..].iter().for_each(|position| errors.put(*position, not_tried(&lost)));
                    return Some(lost);
                }
                group.make_room_for(left);
            }
            group.end(*position);
        }
        self.store_group(request, group, errors).await
    }

    /// Stores a group by one request. The error, if it is one of all of them.
    async fn store_group(&self, request: &InsertManyRequest, group: Group, errors: &mut Errors) -> Option<Error> {
        if group.positions.is_empty() {
            return None;
        }
        let Group { bytes, ends, positions } = group;
        match self.send(&request.context, documents(bytes, ends)).await {
            Ok(None) => {}
            Ok(Some((outcome, sent))) => {
                self.sort_out(&outcome, sent, &positions, errors);
                self.look_for_keys(request, &outcome, &positions, errors).await;
            }
            Err(lost) => {
                for position in positions {
                    errors.put(position, repeat(&lost));
                }
                return Some(lost);
            }
        }
        request.context.renew();
        None
    }

    /// Sends the documents, in a task that goes on when the deadline passes. What the server says of single ones is an
    /// outcome and no error.
    async fn send(
        &self,
        context: &Context,
        documents: impl Iterator<Item = Part> + Send + 'static,
    ) -> Result<Option<(InsertManyError, u32)>> {
        let (collection, began) = (self.collection.clone_with_type(), Instant::now());
        let insert = async move {
            let inserted = collection.insert_many(documents).ordered(false).await;
            inserted.map(drop).map_err(|native| (native, sent()))
        };
        let mut task = tokio::spawn(timeout(context.remaining().saturating_add(GRACE), counted(insert)));
        let (native, sent) = match timeout_at(early(context), &mut task).await {
            Ok(Ok(Ok(Ok(())))) => return Ok(None),
            Ok(Ok(Ok(Err(failed)))) => failed,
            Ok(Err(_)) => {
                let error = Error::unexpected("the task of a request ended without an answer");
                return Err(error.with_may_have_happened(true));
            }
            Ok(Ok(Err(_))) | Err(_) => match self.database.topology.unreachable_since(began) {
                Some(fault) => {
                    task.abort();
                    return Err(self.database.fail(Failure::Unreachable(fault), Effect::Writes));
                }
                None => return Err(too_late()),
            },
        };
        match *native.kind {
            NativeKind::InsertMany(outcome) => Ok(Some((outcome, sent))),
            _ => Err(self.database.fail(Failure::Native { error: native, sent }, Effect::Writes)),
        }
    }

    /// Tells of the key where it is taken too, of those that another index refused.
    async fn look_for_keys(
        &self,
        request: &InsertManyRequest,
        outcome: &InsertManyError,
        positions: &[usize],
        errors: &mut Errors,
    ) {
        let hides_it = |write: &&IndexedWriteError| {
            index_in(write.code, &write.message).is_some_and(|index| self.may_hide_the_key(index))
        };
        let writes = outcome.write_errors.iter().flatten().filter(hides_it);
        let mut positions: Vec<usize> = writes.filter_map(|write| positions.get(write.index).copied()).collect();
        positions.sort_by_key(|position| &request.records[*position].key);
        let keys: Vec<&Key> = positions.iter().map(|position| &request.records[*position].key).collect();
        if keys.is_empty() {
            return;
        }
        match self.taken_keys(&request.context, &keys).await {
            Ok(taken) => {
                let are_taken = positions.iter().zip(keys).filter(|(_, key)| taken.contains(key));
                are_taken.for_each(|(position, _)| errors.put(*position, Error::key_taken()));
            }
            // Nobody knows which of the two it is: nothing was done.
            Err(lost) => positions.iter().for_each(|position| errors.put(*position, not_tried(&lost))),
        }
    }

    fn sort_out(&self, outcome: &InsertManyError, sent: u32, positions: &[usize], errors: &mut Errors) {
        for write in outcome.write_errors.iter().flatten() {
            let Some(position) = positions.get(write.index) else { continue };
            let error = match index_in(write.code, &write.message) {
                Some(index) => self.taken(index),
                None => of_write(write.code, write.code_name.as_deref(), sent),
            };
            errors.put(*position, error);
        }
        let Some(concern) = &outcome.write_concern_error else { return };
        for position in positions {
            if errors.0[*position].is_none() {
                errors.put(*position, unconfirmed(concern));
            }
        }
    }
}

/// The name of the primary key in errors.
const KEY: &str = "primary";

/// The error of the record at each position.
struct Errors(Vec<Option<Error>>);

impl Errors {
    fn put(&mut self, position: usize, error: Error) {
        if let Some(place) = self.0.get_mut(position) {
            *place = Some(error);
        }
    }

    fn by_position(self) -> Vec<(usize, Error)> {
        let errors = self.0.into_iter().enumerate();
        errors.filter_map(|(position, error)| error.map(|error| (position, error))).collect()
    }
}

/// The records that are tried together, and those that come after them.
struct Round {
    firsts: Vec<usize>,
    /// Position, and that of the first with the same key, if one has it.
    later: Vec<(usize, Option<usize>)>,
}

impl Round {
    fn new(records: &[NewRecord], mut waiting: Vec<usize>) -> Self {
        // Ids that the library gave are sorted already, which this sort sees in one pass.
        waiting.sort_by(|left, right| records[*left].key.cmp(&records[*right].key));
        let mut round = Self { firsts: Vec::with_capacity(waiting.len()), later: Vec::new() };
        for position in waiting {
            match round.firsts.last() {
                Some(first) if records[*first].key == records[position].key => {
                    round.later.push((position, Some(*first)));
                }
                _ => round.firsts.push(position),
            }
        }
        round.firsts.sort_unstable();
        round.later.sort_unstable();
        round
    }

    /// Those up to the first whose key one before it has.
    fn in_order(records: &[NewRecord], waiting: &[usize]) -> Self {
        let mut by_key: HashMap<&Key, usize> = HashMap::with_capacity(waiting.len());
        let mut firsts = Vec::with_capacity(waiting.len());
        for position in waiting {
            if by_key.contains_key(&records[*position].key) {
                break;
            }
            by_key.insert(&records[*position].key, *position);
            firsts.push(*position);
        }
        let later = &waiting[firsts.len()..];
        let later = later.iter().map(|position| (*position, by_key.get(&records[*position].key).copied())).collect();
        Self { firsts, later }
    }
}

/// Documents of one request, one behind the other: as many pieces of memory would cost more than their content.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    /// Where each document ends.
    ends: Vec<usize>,
    positions: Vec<usize>,
}

impl Group {
    /// Makes room for more documents of about so many bytes together, as far as they go into one request.
    fn make_room_for(&mut self, bytes: usize) {
        self.bytes.reserve(bytes.min(BYTES));
    }

    /// If there is no room for the document that begins at `start`: what is before it; it stays.
    fn cut_if_full(&mut self, start: usize) -> Option<Self> {
        let is_full = self.ends.len() == DOCUMENTS || (self.bytes.len() > BYTES && !self.ends.is_empty());
        is_full.then(|| {
            let next = self.bytes.split_off(start);
            std::mem::replace(self, Self { bytes: next, ..Self::default() })
        })
    }

    /// The last document is that of the record at `position`.
    fn end(&mut self, position: usize) {
        self.ends.push(self.bytes.len());
        self.positions.push(position);
    }
}

/// A document among others.
struct Part {
    all: Arc<Vec<u8>>,
    range: Range<usize>,
}

fn documents(bytes: Vec<u8>, ends: Vec<usize>) -> impl Iterator<Item = Part> + Send + 'static {
    let all = Arc::new(bytes);
    ends.into_iter().scan(0, move |start, end| {
        let range = std::mem::replace(start, end)..end;
        Some(Part { all: Arc::clone(&all), range })
    })
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = RawDocument::from_bytes(&self.all[self.range.clone()]).map_err(S::Error::custom)?;
        document.serialize(serializer)
    }
}

/// The error of a record that was not sent, since an earlier request failed.
fn not_tried(lost: &Error) -> Error {
    repeat(lost).with_may_have_happened(false)
}

fn too_late() -> Error {
    Error::timeout("no answer to one of the requests in time: see what is stored, or give more time with `.timeout(…)`")
        .with_may_have_happened(true)
}

#[cfg(test)]
mod tests {
    use backends_core::{Key, RecordBuf, Value};

    use super::*;

    #[test]
    fn c26_c31_the_first_of_several_with_one_key_goes_first() {
        let records: Vec<NewRecord> = ["b", "a", "b", "c", "a", "b"]
            .map(|key| NewRecord::new(Key::new(Value::from(key), None), RecordBuf::new()))
            .into();
        let round = Round::new(&records, (0..records.len()).collect());
        assert_eq!(round.firsts, [0, 1, 3]);
        assert_eq!(round.later, [(2, Some(0)), (4, Some(1)), (5, Some(0))]);
        let round = Round::new(&records, vec![2, 5]);
        assert_eq!((round.firsts, round.later), (vec![2], vec![(5, Some(2))]));
        let round = Round::in_order(&records, &[0, 1, 2, 3, 4, 5]);
        assert_eq!(
            (round.firsts, round.later),
            (vec![0, 1], vec![(2, Some(0)), (3, None), (4, Some(1)), (5, Some(0))])
        );
    }

    #[test]
    fn a_group_that_is_full_leaves_the_document_that_had_no_room() {
        let mut group = Group::default();
        for (position, length) in [(3, BYTES - 1), (4, 1)] {
            let start = group.bytes.len();
            group.bytes.resize(start + length, 0);
            assert!(group.cut_if_full(start).is_none());
            group.end(position);
        }
        let start = group.bytes.len();
        group.bytes.push(7);
        let full = group.cut_if_full(start).unwrap();
        assert_eq!((full.bytes.len(), full.ends, full.positions), (BYTES, vec![BYTES - 1, BYTES], vec![3, 4]));
        assert_eq!((group.bytes.as_slice(), group.ends.len()), (&[7][..], 0));
        group.end(5);
        let ranges = documents(group.bytes, group.ends).map(|part| (part.range.start, part.range.end));
        assert_eq!(ranges.collect::<Vec<_>>(), [(0, 1)]);
    }
}
