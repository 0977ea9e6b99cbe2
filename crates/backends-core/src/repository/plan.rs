//! How records and keys of a type become requests: encoded, completed, and checked before any I/O.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Record, Repository, State};
use crate::decode::Only;
use crate::driver::{ExpectedVersion, IdRule, stored_id};
use crate::encode::{encode, encode_value};
use crate::schema::conform;
use crate::token::read_one;
use crate::{Batch, Error, Key, Kind, RecordBuf, Result, Token, Ttl, Value, id};

/// DynamoDB's item key, and MongoDB's index entry with it, hold this much of all strings of an index together.
const INDEX_STRINGS: usize = 2_048;

/// What is needed to make requests of records of `T`.
pub(crate) struct Plan<'a, T> {
    repository: &'a Repository<T>,
    record: PhantomData<fn() -> T>,
}

/// A record that may be written.
pub(crate) struct Checked {
    pub(crate) key: Key,
    pub(crate) record: RecordBuf,
    /// Whether the record brings an id itself.
    pub(crate) brings_id: bool,
    /// The id that the library gives where the record brings none.
    pub(crate) fresh: Option<String>,
    pub(crate) shape: u64,
    /// The version that the record in whose place it is put has to have.
    pub(crate) expected: Option<ExpectedVersion>,
    /// Whether the record lacks the time that its time to live needs, which is that of the write.
    pub(crate) lacks_time: bool,
}

impl Checked {
    /// The fields besides the id that the library gives the record, and that its type need not have.
    fn given<'s>(&self, state: &'s State) -> impl Iterator<Item = &'s str> {
        let time = state.definition.ttl().map(Ttl::field).filter(|_| self.lacks_time);
        state.definition.version().into_iter().chain(time)
    }
}

impl<'a, T: Record> Plan<'a, T> {
    pub(super) fn new(repository: &'a Repository<T>) -> Self {
        Self { repository, record: PhantomData }
    }

    pub(crate) fn state(&self) -> Arc<State> {
        self.repository.inner.state()
    }

    /// The record, complete with an id, and its key.
    ///
    /// # Errors
    /// `InvalidInput`, before any I/O.
    pub(crate) fn encode(&self, state: &State, record: &T) -> Result<Checked> {
        let encoded = encode(record, &state.schema, self.repository.about().room())?;
        let mut record = encoded.record;
        let definition = &state.definition;
        let field = definition.id_field();
        let (brings_id, lacks_time) = (record.get(field).is_some(), state.lacks_time(&record));
        let now = || self.repository.inner.backend.clock().now();
        let fresh = (!brings_id).then(|| id::generate(definition.id_kind(), now()));
        if let Some(id) = &fresh {
            record.set(field, Token::String(id));
        }
        let key = key_of(state, &record)?;
        check_index_strings(state, &record)?;
        self.repository.about().took(record.size());
        if lacks_time {
            // For the look whether the type reads it; the write has a time of its own.
            state.begin_at(&mut record, now());
        }
        Ok(Checked { key, record, brings_id, fresh, shape: encoded.shape, expected: None, lacks_time })
    }

    /// The record as `T` will read it; what could not be read back is refused before the write.
    ///
    /// # Errors
    /// `InvalidInput` with the path.
    pub(crate) fn read_back(&self, state: &State, checked: &Checked) -> Result<T> {
        self.repository.about().once_a_shape(checked.shape, || self.check_names(state, checked))?;
        let read: T = state.reading().read_or_explain(&checked.record, 0).map_err(|error| {
            let field = state.definition.id_field();
            if checked.fresh.is_some() && (error.path() == Some(field) || reads_without::<T>(state, checked, field)) {
                let what = "with the id that the library adds: let the type take a string there";
                return not_readable(error, what).with_path(field);
            }
            if let Some(field) = state.definition.version()
                && (error.path() == Some(field) || reads_without::<T>(state, checked, field))
            {
                let what = "with the version that the library counts: let the type take an integer there";
                return not_readable(error, what).with_path(field);
            }
            not_readable(error, "from what would be stored")
        })?;
        check_unchanged(state, checked, &read)?;
        Ok(read)
    }

    /// Refuses a name that the type writes and does not read, as `rename(serialize = …)` alone makes it.
    fn check_names(&self, state: &State, checked: &Checked) -> Result<()> {
        let unread = self.repository.asked().unread_paths(&mut checked.record.tokens())?;
        let is_own =
            |path: &str| path == state.definition.id_field() || checked.given(state).any(|field| field == path);
        match unread.into_iter().find(|path| !is_own(path)) {
            None => Ok(()),
            Some(path) => Err(Error::invalid_input(
                "the type writes a field that it does not read: give it one name for serde in both directions",
            )
            .with_path(path)),
        }
    }
}

/// Whether the type reads the record if the field is not there.
#[cold]
fn reads_without<T: DeserializeOwned>(state: &State, checked: &Checked, field: &str) -> bool {
    let mut record = checked.record.clone();
    record.remove(field) && state.reading().read::<T>(&record, 0).is_ok()
}

/// Refuses a record that the type reads as another one, which it would write in another way: a name that only one
/// direction knows, a default in the place of what was absent.
fn check_unchanged<T: Serialize>(state: &State, checked: &Checked, read: &T) -> Result<()> {
    let id = state.definition.id_field();
    let again = encode(read, &state.schema, checked.record.size());
    let mut again = again.map_err(|error| not_readable(error, "and written again"))?.record;
    // The type may not have what the library adds.
    again.remove(id);
    let mut without = None;
    for field in checked.given(state).filter(|field| again.get(field).is_none()) {
        without.get_or_insert_with(|| checked.record.clone()).remove(field);
    }
    let difference = without.as_ref().unwrap_or(&checked.record).difference_without(id, &again);
    match difference {
        None => Ok(()),
        Some(path) => Err(Error::invalid_input(
            "the type reads another value than it writes, so the record could not be read back: let serde's attributes agree in both directions",
        )
        .with_path(path)),
    }
}

/// A key that somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sought {
    Key(Key),
    /// No record can have it: an empty or an over-long string, a fraction where integers are.
    Nowhere,
}

/// The key that a caller passed.
///
/// # Errors
/// `InvalidInput` for another kind, or another number of parts.
pub(crate) fn sought(state: &State, key: &(impl Serialize + ?Sized)) -> Result<Sought> {
    let (first, second) = (state.definition.partition_key(), state.definition.sort_key());
    let key = encode_value(key).map_err(|error| match (error.path(), second) {
        (None, None) | (Some("[0]"), Some(_)) => error.with_path(first),
        (Some("[1]"), Some(second)) => error.with_path(second),
        _ => error,
    })?;
    let (partition, sort) = match (key, second) {
        (Value::Array(parts), Some(second)) => match <[Value; 2]>::try_from(parts) {
            Ok([partition, sort]) => (partition, Some((second, sort))),
            Err(_) => return Err(not_two_parts(first, second)),
        },
        (Value::Null, _) => return Err(Error::invalid_input("the key is null: pass its value").with_path(first)),
        (_, Some(second)) => return Err(not_two_parts(first, second)),
        (Value::Array(_) | Value::Map(_), None) => {
            return Err(Error::invalid_input("the key is one value, not an array or a map: pass that"));
        }
        (scalar, None) => (scalar, None),
    };
    let partition = key_part(state, first, partition)?;
    let sort = sort.map(|(field, value)| key_part(state, field, value)).transpose()?;
    Ok(match (partition, sort) {
        (Some(partition), None) => Sought::Key(Key::new(partition, None)),
        (Some(partition), Some(Some(sort))) => Sought::Key(Key::new(partition, Some(sort))),
        (None, _) | (_, Some(None)) => Sought::Nowhere,
    })
}

#[cold]
fn not_two_parts(first: &str, second: &str) -> Error {
    Error::invalid_input(format!("the key has two parts: pass the pair (`{first}`, `{second}`)"))
}

/// The value as the key field holds it; nothing if no record can have it.
fn key_part(state: &State, field: &str, value: Value) -> Result<Option<Value>> {
    let kind = state.definition.kind_of(field).unwrap_or(Kind::String);
    if let (Kind::Integer, Token::Float(_)) = (kind, value.token()) {
        // An integer compares with any number, and equals no fraction.
        return Ok(None);
    }
    match conform(kind, value.token()).map_err(|error| error.with_path(field).naming_path())? {
        Token::String(text) if !(1..=crate::schema::KEY_STRING).contains(&text.len()) => Ok(None),
        // RFC 3339 text became an instant.
        Token::Timestamp(at) => Ok(Some(Value::Timestamp(at))),
        _ => Ok(Some(value)),
    }
}

/// Refuses an id that the record brings where only the library gives ids.
pub(crate) fn check_own_id(state: &State, checked: &Checked) -> Result<()> {
    let definition = &state.definition;
    if checked.brings_id && !definition.id_is_key() && !definition.accepts_own_id() {
        return Err(Error::invalid_input(
            "the record brings an id, which the library gives here since it is not the key: leave it out, or declare it a unique index where the backend has them",
        )
        .with_path(definition.id_field()));
    }
    Ok(())
}

/// Refuses to replace by a record whose key is an id that it does not have.
pub(crate) fn check_names_its_key(state: &State, checked: &Checked) -> Result<()> {
    let definition = &state.definition;
    if !checked.brings_id && definition.id_is_key() {
        return Err(Error::invalid_input(
            "the record has no id, which is its key: set it, or use `insert` or `upsert`",
        )
        .with_path(definition.id_field()));
    }
    Ok(())
}

/// The library's id of a record.
pub(crate) fn id_of(state: &State, record: &RecordBuf) -> Option<String> {
    match record.get(state.definition.id_field()) {
        Some(Token::String(id)) => Some(id.to_owned()),
        _ => None,
    }
}

/// The key that a record has.
pub(crate) fn key_of(state: &State, record: &RecordBuf) -> Result<Key> {
    let value = |field: &str| -> Result<Value> {
        let token = record
            .get(field)
            .ok_or_else(|| Error::invalid_input("a key field is missing from the record: set it").with_path(field))?;
        Ok(Value::from_scalar(token))
    };
    let definition = &state.definition;
    let partition = value(definition.partition_key())?;
    let sort = definition.sort_key().map(value).transpose()?;
    Ok(Key::new(partition, sort))
}

/// The strings of the key, and those of each index, are limited together.
pub(crate) fn check_index_strings(state: &State, record: &RecordBuf) -> Result<()> {
    let definition = &state.definition;
    // Some backends hand over instants as text.
    let length = |field: &str| match record.get(field) {
        Some(Token::String(text)) if definition.kind_of(field) != Some(Kind::Timestamp) => text.len(),
        _ => 0,
    };
    let key: usize = definition.key_fields().map(length).sum();
    let over = std::iter::once(("primary", key))
        .chain(definition.indexes().map(|index| (index.name(), index.fields().map(length).sum())))
        .find(|(_, bytes)| *bytes > INDEX_STRINGS);
    match over {
        None => Ok(()),
        Some((index, _)) => {
            Err(Error::invalid_input("the strings of one index have at most 2,048 bytes together: shorten one")
                .with_index(index))
        }
    }
}

#[cold]
fn not_readable(error: Error, from_what: &str) -> Error {
    let message = format!("the record could not be read back {from_what}: {}", error.message());
    let refused = Error::invalid_input(message);
    match error.path().map(str::to_owned) {
        Some(path) => refused.with_path(path),
        None => refused,
    }
    .caused_by(error)
}

/// The record as it is stored, as a `T`; with a list, only these of its fields.
///
/// # Errors
/// `Unreadable` with the path.
pub(crate) fn decode<T: DeserializeOwned>(
    state: &State,
    batch: &dyn Batch,
    index: usize,
    fields: Option<&[String]>,
) -> Result<T> {
    match fields {
        None => state.reading().read_or_explain(batch, index),
        Some(fields) => state.reading().read_or_explain(&Only::new(batch, fields), index),
    }
    .map_err(|error| with_id(state, batch, index, error))
}

/// The error with the id of the record, where that is one that the library gives and so tells nothing else.
#[cold]
pub(crate) fn with_id(state: &State, batch: &dyn Batch, index: usize, error: Error) -> Error {
    // Only the id is read: another field may hold what no record holds.
    let id = read_one(batch, index, |tokens| stored_id(tokens, state.definition.id_field())).ok().flatten();
    match id.filter(|id| id::is_given(id)) {
        Some(id) => error.with_context("id", id),
        None => error,
    }
}

/// What happens to the id when this record takes the place of another.
pub(crate) fn id_rule(state: &State, checked: &mut Checked) -> IdRule {
    let definition = &state.definition;
    if definition.id_is_key() {
        return IdRule::Key;
    }
    let field = definition.id_field().to_owned();
    let brought = if checked.brings_id { id_of(state, &checked.record) } else { None };
    let fresh = checked.fresh.take().unwrap_or_default();
    IdRule::Keep { field, brought, fresh }
}
