//! What the cases of records that expire share: a clock that is given, and repositories of several shapes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use backends_core::driver::{self, DefineRequest, SwapRequest, Swapped};
use backends_core::{
    Backend, DefinitionBuilder, Document, ErrorKind, Key, RecordBuf, Repository, Timestamp, Token, TtlHolds, Update,
    Value,
};

use crate::Context;
use crate::expect::refused;
use crate::records::{id, instant};
use crate::wrapped::{Act, Faults};

/// How long records live, in milliseconds.
pub(crate) const TTL: i64 = 10_000;

/// A clock that stands still until it is set. It is far ahead of every server's, so that none removes a record by its own.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(instant("2100-01-01T00:00:00Z").millis())))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).unwrap()
    }

    pub(crate) fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, backend: &Backend) -> Backend {
        let hand = self.clone();
        backend.with_clock(move || hand.now())
    }
}

/// A repository of records that expire.
pub(crate) struct Sessions {
    pub(crate) name: &'static str,
    /// The field that is the key.
    pub(crate) key: &'static str,
    pub(crate) holds: TtlHolds,
    pub(crate) hand: Hand,
    pub(crate) records: Repository<Document>,
    /// What its keys begin with, so that no other has them.
    number: usize,
}

impl Sessions {
    /// The definition, without what else was said.
    pub(crate) fn definition(&self, context: &Context) -> DefinitionBuilder {
        definition(context, self.key, self.holds)
    }

    pub(crate) fn key(&self, number: usize) -> String {
        id(self.number * 1_000 + number)
    }

    /// What the field of the time holds in a record that expires so many milliseconds from now on.
    pub(crate) fn time(&self, ends_in: i64) -> Timestamp {
        let before = if self.holds == TtlHolds::Start { TTL } else { 0 };
        Timestamp::from_millis(self.hand.now().millis() + ends_in - before).unwrap()
    }

    /// A record that brings no time.
    pub(crate) fn plain(&self, number: usize) -> Document {
        Document::from([(self.key, Value::from(self.key(number))), ("n", Value::from(i64::try_from(number).unwrap()))])
    }

    /// A record that expires so many milliseconds from now on.
    pub(crate) fn record(&self, number: usize, ends_in: i64) -> Document {
        let mut record = self.plain(number);
        record.insert("at", self.time(ends_in));
        record
    }

    pub(crate) async fn insert(&self, number: usize, ends_in: i64) -> Document {
        self.records.insert(&self.record(number, ends_in)).await.unwrap()
    }

    pub(crate) async fn get(&self, number: usize) -> Option<Document> {
        self.records.get(self.key(number)).await.unwrap()
    }
}

/// The instant of a record.
pub(crate) fn time_of(record: &Document) -> Timestamp {
    match record.get("at") {
        Some(Value::Timestamp(at)) => *at,
        other => panic!("{other:?} is no instant"),
    }
}

pub(crate) fn count() -> Update {
    Update::new().inc("n", 1)
}

fn definition(context: &Context, key: &str, holds: TtlHolds) -> DefinitionBuilder {
    let (base, ttl) = (format!("{key}_{}", holds.name()), Duration::from_millis(TTL.unsigned_abs()));
    context.definition(&base).partition_key(key).ttl("at", ttl).ttl_holds(holds)
}

/// Whether records expire; where they do not, a definition that wants it is refused.
pub(crate) async fn expires(context: &Context) -> bool {
    let backend = context.backend().await;
    if backend.capabilities().ttl {
        return true;
    }
    let definition = definition(context, "id", TtlHolds::Start).build().unwrap();
    let error = refused(backend.define::<Document>(definition).await, ErrorKind::Unsupported, "define");
    assert!(error.message().contains("`ttl`"), "{error}");
    false
}

/// By both kinds of keys and of times, and each as the driver does it and as core does it on a driver that does less;
/// none where records do not expire.
pub(crate) async fn sessions(context: &Context) -> Vec<Sessions> {
    sessions_with(context, |builder| builder).await
}

/// The same, of definitions that say more.
pub(crate) async fn sessions_with(
    context: &Context,
    more: impl Fn(DefinitionBuilder) -> DefinitionBuilder,
) -> Vec<Sessions> {
    if !expires(context).await {
        return Vec::new();
    }
    let faults = Faults::default();
    for operation in ["insert", "insert_many", "replace", "update", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    let by_swap = context.wrapped(&faults).await;
    let by_driver = context.backend().await;
    let (start, expiry) = (TtlHolds::Start, TtlHolds::Expiry);
    let mut sessions = Vec::new();
    for (number, (backend, holds, key, name)) in [
        (by_driver, start, "id", "by id, from a start"),
        (by_driver, expiry, "name", "by another field, until an end"),
        (&by_swap, expiry, "id", "by id, until an end, by swap"),
        (&by_swap, start, "name", "by another field, from a start, by swap"),
    ]
    .into_iter()
    .enumerate()
    {
        let hand = Hand::new();
        let definition = more(definition(context, key, holds)).build().unwrap();
        let records = hand.of(backend).define(definition).await.unwrap();
        sessions.push(Sessions { name, key, holds, hand, records, number });
    }
    sessions
}

/// Stores a record as another program may have left it: with this for its time.
pub(crate) async fn foreign(context: &Context, sessions: &Sessions, number: usize, time: Option<Token<'_>>) {
    let own = || driver::Context::new(sessions.hand.now(), Duration::from_secs(30));
    let request = DefineRequest::new(own(), sessions.records.definition());
    let (native, _) = context.driver().await.define(&request).await.unwrap().into_parts();
    let (key, name) = (sessions.key(number), sessions.key);
    let mut record = RecordBuf::new();
    record.set(name, Token::String(&key));
    if name != "id" {
        record.set("id", Token::String(&id(number)));
    }
    if let Some(time) = time {
        record.set("at", time);
    }
    let key = Key::new(Value::from(key), None);
    assert_eq!(native.swap(&SwapRequest::new(own(), key, None, Some(record))).await.unwrap(), Swapped::Done);
}
