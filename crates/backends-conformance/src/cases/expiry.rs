//! C34: when records expire, and what gives them their times.

use std::time::Duration;

use backends_core::{
    Document, ErrorKind, Filter, Order, SchemaMode, Timestamp, Token, Ttl, TtlHolds, Update, Value, field,
};
use serde::{Deserialize, Serialize};

use crate::Context;
use crate::expect::refused;
use crate::expiring::{Hand, Sessions, TTL, count, expires, foreign, sessions, time_of};
use crate::records::{id, instant};

pub async fn c34_a_record_without_a_time_gets_that_of_its_write(context: &Context) {
    for sessions in sessions(context).await {
        let what = sessions.name;
        let records = &sessions.records;
        // What counts is when it is written, not when the call was made.
        let insert = records.insert(&sessions.plain(1));
        sessions.hand.pass(3);
        let inserted = insert.await.unwrap();
        assert_eq!(time_of(&inserted), sessions.time(TTL), "{what}");
        assert_eq!(sessions.get(1).await, Some(inserted), "{what}");
        let many = records.insert_many(&[sessions.plain(2), sessions.record(3, 5)]);
        sessions.hand.pass(4);
        many.await.unwrap();
        assert_eq!(time_of(&sessions.get(2).await.unwrap()), sessions.time(TTL), "{what}");
        assert_eq!(time_of(&sessions.get(3).await.unwrap()), sessions.time(1), "{what}: a time that is given stays");
        for (number, created) in [(4, true), (1, false)] {
            let upsert = records.upsert(&sessions.plain(number));
            sessions.hand.pass(1);
            let upserted = upsert.await.unwrap();
            assert_eq!((upserted.created, time_of(&upserted.record)), (created, sessions.time(TTL)), "{what}");
            assert_eq!(sessions.get(number).await, Some(upserted.record), "{what}");
        }
        let replace = records.replace(&sessions.plain(2));
        sessions.hand.pass(1);
        let replaced = replace.await.unwrap();
        assert_eq!(time_of(&replaced), sessions.time(TTL), "{what}");
        assert_eq!(sessions.get(2).await, Some(replaced), "{what}");
    }
}

pub async fn c34_l28_a_time_is_never_overwritten_with_another(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        let given = sessions.record(1, 500);
        let time = time_of(&given);
        assert_eq!(time_of(&records.insert(&given).await.unwrap()), time, "{what}");
        sessions.hand.pass(1);
        assert_eq!(time_of(&records.replace(&given).await.unwrap()), time, "{what}");
        assert_eq!(time_of(&records.upsert(&given).await.unwrap().record), time, "{what}");
        let counted = records.update(sessions.key(1), count()).await.unwrap().unwrap();
        assert_eq!(time_of(&counted), time, "{what}");
        assert_eq!(records.update_many(Filter::all(), count()).await.unwrap(), 1, "{what}");
        assert_eq!(time_of(&sessions.get(1).await.unwrap()), time, "{what}");
    }
}

pub async fn c34_a_type_reads_the_time_that_it_is_given(context: &Context) {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Session {
        #[serde(default)]
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    if !expires(context).await {
        return;
    }
    let hand = Hand::new();
    let definition = context.definition("typed").ttl("at", Duration::from_secs(10)).build().unwrap();
    let sessions = hand.of(context.backend().await).define::<Session>(definition).await.unwrap();
    let insert = sessions.insert(&Session { id: String::new(), at: None });
    hand.pass(7);
    let inserted = insert.await.unwrap();
    assert_eq!(inserted.at, Some(hand.now()));
    assert_eq!(sessions.get(&inserted.id).await.unwrap(), Some(inserted));
}

pub async fn c34_what_has_no_instant_never_expires(context: &Context) {
    for sessions in sessions(context).await {
        let what = sessions.name;
        for (number, time) in [None, Some(Token::Int(0)), Some(Token::Bool(false))].into_iter().enumerate() {
            foreign(context, &sessions, number, time).await;
        }
        // 800 years.
        sessions.hand.pass(25_000_000_000_000);
        for number in 0..3 {
            let key = sessions.key(number);
            assert!(sessions.get(number).await.is_some(), "{what}");
            assert_eq!(sessions.records.count(field(sessions.key).eq(&key)).await.unwrap(), 1, "{what}");
            let taken = sessions.records.insert(&sessions.plain(number)).await;
            refused(taken, ErrorKind::AlreadyExists, "insert");
        }
        assert_eq!(sessions.records.find(Filter::all()).await.unwrap().len(), 3, "{what}");
        assert!(sessions.records.update(sessions.key(0), count()).await.unwrap().is_some(), "{what}");
        assert!(sessions.records.delete(sessions.key(0)).await.unwrap().is_some(), "{what}");
    }
}

pub async fn c34_c43_text_that_is_no_instant_is_no_time(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        foreign(context, &sessions, 0, Some(Token::String("soon"))).await;
        sessions.insert(1, 100).await;
        sessions.insert(2, 1).await;
        sessions.hand.pass(1);
        // Nobody asks for it.
        assert_eq!(records.count(Filter::all()).await.unwrap(), 2, "{what}");
        assert_eq!(records.count(field(sessions.key).eq(sessions.key(0))).await.unwrap(), 1, "{what}");
        assert!(records.exists(field(sessions.key).eq(sessions.key(0))).await.unwrap(), "{what}");
        assert_eq!(records.find(Filter::all()).fields(["n"]).await.unwrap().len(), 2, "{what}");
        let sorted = records.find(Filter::all()).fields(["n"]).sort("n", Order::Asc).limit(5).await.unwrap();
        assert_eq!(sorted.len(), 2, "{what}");
        refused(records.insert(&sessions.plain(0)).await, ErrorKind::AlreadyExists, "insert");
        // Who asks for it is told.
        let asked = records.count(field("at").gt(sessions.time(-1_000_000))).await;
        refused(asked, ErrorKind::Unreadable, "count");
        assert_eq!(records.delete_many(Filter::all()).await.unwrap(), 2, "{what}");
        assert_eq!(records.count(Filter::all()).await.unwrap(), 0, "{what}");
    }
}

pub async fn c34_a_type_need_not_have_the_time(context: &Context) {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        n: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Flat {
        n: i64,
        #[serde(flatten)]
        more: More,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct More {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        x: Option<String>,
    }
    if !expires(context).await {
        return;
    }
    let hand = Hand::new();
    let backend = hand.of(context.backend().await);
    let definition = context.definition("timeless").ttl("at", Duration::from_secs(10)).build().unwrap();
    let all = backend.define::<Document>(definition).await.unwrap();
    let closed = all.typed::<Closed>();
    assert_eq!(closed.insert(&Closed { n: 1 }).await.unwrap(), Closed { n: 1 });
    let flat = all.typed::<Flat>();
    let two = Flat { n: 2, more: More { x: Some("x".to_owned()) } };
    assert_eq!(flat.insert(&two).await.unwrap(), two);
    assert_eq!(closed.find(field("n").eq(1)).await.unwrap(), [Closed { n: 1 }]);
    let stored = all.find(Filter::all()).await.unwrap();
    assert!(stored.len() == 2 && stored.iter().all(|record| time_of(record) == hand.now()));
}

pub async fn c34_an_update_moves_the_end_and_never_takes_it_away(context: &Context) {
    for sessions in sessions(context).await {
        let (what, records) = (sessions.name, &sessions.records);
        sessions.insert(1, 100).await;
        for update in [
            Update::new().unset("at"),
            Update::new().set("at", Value::Null),
            Update::new().inc("at", 1),
            Update::new().push("at", 1),
        ] {
            let error = refused(records.update(sessions.key(1), update).await, ErrorKind::InvalidInput, "update");
            assert_eq!(error.path(), Some("at"), "{what}: {error}");
        }
        let later = Update::new().set("at", sessions.time(1_000));
        assert!(records.update(sessions.key(1), later).await.unwrap().is_some(), "{what}");
        sessions.hand.pass(999);
        assert!(sessions.get(1).await.is_some(), "{what}");
        let over = Update::new().set("at", sessions.time(0));
        let answer = records.update(sessions.key(1), over).await.unwrap();
        assert_eq!(
            answer.map(|record| time_of(&record)),
            Some(sessions.time(0)),
            "{what}: it is as the update left it"
        );
        assert!(sessions.get(1).await.is_none(), "{what}");
    }
}

pub async fn c34_c35_a_time_to_live_is_0_to_68_years(context: &Context) {
    let backend = context.backend().await;
    if !expires(context).await {
        return;
    }
    for (base, seconds) in [("none", 0), ("second", 1), ("longest", Ttl::MAX_SECONDS)] {
        for holds in [TtlHolds::Start, TtlHolds::Expiry] {
            let hand = Hand::new();
            let definition = context.definition(&format!("{base}_{}", holds.name())).ttl_holds(holds);
            let definition = definition.ttl("at", Duration::from_secs(seconds.into())).build().unwrap();
            let records = hand.of(backend).define::<Document>(definition).await.unwrap();
            let inserted = records.insert(&Document::from([("id", id(1))])).await.unwrap();
            let end = i64::from(seconds) * 1_000;
            let held = if holds == TtlHolds::Start {
                hand.now()
            } else {
                hand.now().saturating_add(Duration::from_secs(seconds.into()))
            };
            assert_eq!(time_of(&inserted), held, "{base}");
            if end > 0 {
                hand.pass(end - 1);
                assert!(records.get(id(1)).await.unwrap().is_some(), "{base}: a millisecond before its end");
                hand.pass(1);
            }
            assert!(records.get(id(1)).await.unwrap().is_none(), "{base}: at its end");
            assert_eq!(records.count(Filter::all()).await.unwrap(), 0, "{base}");
        }
    }
}

pub async fn c34_the_clock_may_stand_at_either_end_of_time(context: &Context) {
    let backend = context.backend().await;
    if !expires(context).await {
        return;
    }
    for holds in [TtlHolds::Start, TtlHolds::Expiry] {
        let definition = context.definition(&format!("ends_{}", holds.name())).ttl_holds(holds);
        let definition = definition.ttl("at", Duration::from_secs(Ttl::MAX_SECONDS.into())).build().unwrap();
        let first = backend.with_clock(|| Timestamp::MIN).define::<Document>(definition.clone()).await.unwrap();
        let inserted = first.insert(&Document::from([("id", Value::from(id(1)))])).await.unwrap();
        assert_eq!(first.get(id(1)).await.unwrap().as_ref(), Some(&inserted));
        assert_eq!(first.count(Filter::all()).await.unwrap(), 1);
        let last = backend.with_clock(|| Timestamp::MAX).define::<Document>(definition).await.unwrap();
        assert!(last.get(id(1)).await.unwrap().is_none());
        let inserted = last.insert(&Document::from([("id", Value::from(id(1)))])).await.unwrap();
        // There is no later instant than the last one, so that it is over at once where the field holds the end.
        assert_eq!(time_of(&inserted), Timestamp::MAX);
        assert_eq!(last.get(id(1)).await.unwrap().is_some(), holds == TtlHolds::Start);
    }
}

pub async fn c34_without_a_ttl_it_is_an_ordinary_timestamp(context: &Context) {
    let json = format!(r#"{{"name": "{}", "ttlAttribute": "at", "ttl": 1}}"#, context.name("idle"));
    let definition = backends_core::Definition::from_json(&json).unwrap();
    let records = context.backend().await.define::<Document>(definition).await.unwrap();
    let record = Document::from([("id", Value::from(id(1))), ("at", instant("1999-01-01T00:00:00Z").into())]);
    assert_eq!(records.insert(&record).await.unwrap(), record);
    assert_eq!(records.get(id(1)).await.unwrap(), Some(record));
    let plain = records.insert(&Document::from([("id", id(2))])).await.unwrap();
    assert!(plain.get("at").is_none());
    let without = records.update(id(1), Update::new().unset("at")).await.unwrap().unwrap();
    assert!(without.get("at").is_none());
}

/// The definition of `sessions` with another time to live.
fn with_ttl(
    context: &Context,
    sessions: &Sessions,
    at: &str,
    seconds: u64,
    holds: TtlHolds,
) -> backends_core::Definition {
    let base = format!("{}_{}", sessions.key, sessions.holds.name());
    let definition = context.definition(&base).partition_key(sessions.key);
    definition.ttl(at, Duration::from_secs(seconds)).ttl_holds(holds).build().unwrap()
}

pub async fn c34_c37_another_time_to_live_is_applied_and_another_field_is_a_conflict(context: &Context) {
    for sessions in sessions(context).await {
        let what = sessions.name;
        let (old, start) = (sessions.holds, sessions.holds == TtlHolds::Start);
        let other = if start { TtlHolds::Expiry } else { TtlHolds::Start };
        let again = sessions.hand.of(&context.another_process().await);
        for changed in [
            with_ttl(context, &sessions, "born", 10, old),
            with_ttl(context, &sessions, "at", 10, other),
            with_ttl(context, &sessions, "at", 3, other),
        ] {
            refused(again.define::<Document>(changed).await, ErrorKind::DefinitionConflict, "define");
        }
        let inserted = sessions.records.insert(&sessions.plain(1)).await.unwrap();
        let verified = again.define::<Document>(with_ttl(context, &sessions, "at", 3, old));
        let error = verified.schema_mode(SchemaMode::Verify).await;
        let error = refused(error, ErrorKind::DefinitionConflict, "define");
        assert!(error.message().contains("`ttl`"), "{what}: {error}");
        assert_eq!(sessions.get(1).await.as_ref(), Some(&inserted), "{what}: it changes nothing");
        for seconds in [3, 20, 5] {
            let changed = with_ttl(context, &sessions, "at", seconds, old);
            let records = again.define::<Document>(changed).await.unwrap();
            assert_eq!(records.definition().ttl().unwrap().seconds(), u32::try_from(seconds).unwrap(), "{what}");
            assert_eq!(records.get(sessions.key(1)).await.unwrap().as_ref(), Some(&inserted), "{what}");
        }
        // The last one holds: 5 seconds from a start; what holds an end keeps it.
        let last = again.define::<Document>(with_ttl(context, &sessions, "at", 5, old)).await.unwrap();
        sessions.hand.pass(4_999);
        assert!(last.get(sessions.key(1)).await.unwrap().is_some(), "{what}");
        sessions.hand.pass(1);
        assert_eq!(last.get(sessions.key(1)).await.unwrap().is_none(), start, "{what}");
        assert_eq!(last.count(Filter::all()).await.unwrap(), u64::from(!start), "{what}");
        let new = last.insert(&sessions.plain(2)).await.unwrap();
        let ends = sessions.hand.now().saturating_add(Duration::from_secs(5));
        assert_eq!(time_of(&new), if start { sessions.hand.now() } else { ends }, "{what}");
    }
}
