//! Handles and actions can be sent, shared, cloned and kept, whatever the type of the records is.

use std::cell::Cell;
use std::marker::PhantomData;

use backends_core::action::{
    Count, Define, Delete, Exists, Find, FindOne, FindPage, Get, GetMany, Insert, InsertMany, Ping, Replace, Upsert,
};
use backends_core::{
    Backend, BackendManager, Definition, Document, Error, Filter, InsertedMany, Key, PageToken, Path, Pattern,
    RecordBuf, Records, Registry, Repository, Timestamp, Value,
};
use serde::{Deserialize, Serialize};

/// Sent, but neither shared nor cloned.
#[derive(Serialize, Deserialize)]
struct Alone {
    count: Cell<i32>,
}

/// Neither sent nor shared nor cloned.
struct Bound {
    _pointer: PhantomData<*const ()>,
}

fn is_shared<T: Send + Sync + 'static>() {}
fn is_sent<T: Send + 'static>() {}
fn is_cloned<T: Clone>() {}
fn stays_where_it_is_put<T: Unpin>() {}
fn is_awaited<A: IntoFuture<IntoFuture: Send + 'static>>() {}

#[test]
fn handles_are_shared_and_cloned_whatever_their_records_are() {
    is_shared::<Backend>();
    is_shared::<BackendManager>();
    is_shared::<Registry>();
    is_shared::<Repository<Document>>();
    is_shared::<Repository<Alone>>();
    is_shared::<Repository<Bound>>();
    is_cloned::<Repository<Alone>>();
    is_cloned::<Repository<Bound>>();
    is_cloned::<Backend>();
    is_cloned::<BackendManager>();
    stays_where_it_is_put::<Repository<Bound>>();
}

#[test]
fn values_and_errors_are_shared() {
    is_shared::<Error>();
    is_shared::<Definition>();
    is_shared::<Document>();
    is_shared::<Value>();
    is_shared::<Key>();
    is_shared::<Timestamp>();
    is_shared::<RecordBuf>();
    is_shared::<InsertedMany>();
    is_shared::<Filter>();
    is_shared::<Path>();
    is_shared::<Pattern>();
    is_shared::<PageToken>();
    assert_eq!(size_of::<Filter>(), size_of::<usize>());
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Definition>(), size_of::<usize>());
}

#[test]
fn actions_are_sent_kept_and_awaited() {
    is_sent::<Insert<Alone>>();
    is_sent::<InsertMany<Alone>>();
    is_sent::<Replace<Alone>>();
    is_sent::<Upsert<Alone>>();
    is_shared::<Get<Alone>>();
    is_shared::<GetMany<Alone>>();
    is_shared::<Delete<Alone>>();
    is_sent::<Find<Alone>>();
    is_sent::<FindPage<Alone>>();
    is_sent::<Records<Alone>>();
    stays_where_it_is_put::<Records<Bound>>();
    is_shared::<Define<Alone>>();
    is_shared::<Ping>();
    is_awaited::<Insert<Alone>>();
    is_awaited::<InsertMany<Alone>>();
    is_awaited::<Replace<Alone>>();
    is_awaited::<Upsert<Alone>>();
    is_awaited::<Get<Alone>>();
    is_awaited::<GetMany<Alone>>();
    is_awaited::<Delete<Alone>>();
    is_awaited::<Find<Alone>>();
    is_awaited::<FindOne<Alone>>();
    is_awaited::<FindPage<Alone>>();
    is_awaited::<Count<Alone>>();
    is_awaited::<Exists<Alone>>();
    is_awaited::<Define<Alone>>();
    is_awaited::<Ping>();
}
