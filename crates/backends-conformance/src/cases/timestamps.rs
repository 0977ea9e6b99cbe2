//! C4: timestamps stand where they are declared, and are the same instants everywhere.

use backends_core::{Document, ErrorKind, Kind, Timestamp, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Holds, Keyed, document, id, instant, stored, text};

pub async fn c04_l30_d08_instants_come_back_to_the_millisecond(context: &Context) {
    let records = context.repository::<Holds<Timestamp>>("instants").await;
    for millis in [
        Timestamp::MIN.millis(),
        -62_135_596_799_999,
        -1,
        0,
        1,
        999,
        1_000,
        951_827_696_789,
        1_709_209_800_120,
        4_102_444_800_000,
        253_402_300_799_998,
        Timestamp::MAX.millis(),
    ] {
        let at = Timestamp::from_millis(millis).unwrap();
        let inserted = records.insert(&Holds::new(at)).await.unwrap();
        assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, at);
        assert_eq!(stored(&records, &inserted.id).await.get("value"), Some(&Value::Timestamp(at)));
    }
}

pub async fn c04_define_declares_the_instants_of_a_type(context: &Context) {
    #[derive(Serialize, Deserialize)]
    struct Event {
        at: Timestamp,
        maybe: Option<Timestamp>,
        all: Vec<Timestamp>,
        inner: Inner,
        list: Vec<Inner>,
        text: String,
    }
    #[derive(Serialize, Deserialize)]
    struct Inner {
        at: chrono::DateTime<chrono::Utc>,
    }
    let definition = context.repository::<Event>("events").await.definition();
    for path in ["at", "maybe", "all[]", "inner.at", "list[].at"] {
        assert_eq!(definition.kind_of(path), Some(Kind::Timestamp), "{path}");
    }
    assert_eq!(definition.kind_of("text"), None);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reply {
    #[serde(default)]
    id: String,
    at: Timestamp,
    replies: Vec<Reply>,
}

pub async fn c04_define_declares_the_instants_of_a_type_inside_itself(context: &Context) {
    let threads = context.repository::<Reply>("threads").await;
    let reply = |replies| Reply { id: id(1), at: instant("2024-02-29T12:30:00.123Z"), replies };
    // Each is an array and a map, and the last has an empty array: as deep as a record may be.
    let thread = (0..14).fold(reply(vec![]), |inner, _| reply(vec![inner]));
    threads.upsert(&thread).await.unwrap();
    assert_eq!(threads.get(id(1)).await.unwrap(), Some(thread));
    let untyped = stored(&threads, id(1)).await;
    let Some(Value::Array(replies)) = untyped.get("replies") else { panic!("{untyped:?}") };
    let Value::Map(first) = &replies[0] else { panic!("{replies:?}") };
    assert!(matches!(first.get("at"), Some(Value::Timestamp(_))));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Calendars {
    #[serde(default)]
    id: String,
    chrono: chrono::DateTime<chrono::Utc>,
    jiff: jiff::Timestamp,
    #[serde(with = "time::serde::rfc3339")]
    time: time::OffsetDateTime,
    own: Timestamp,
}

pub async fn c04_chrono_and_jiff_work_undecorated_and_time_as_rfc3339(context: &Context) {
    let records = context.repository::<Calendars>("calendars").await;
    let at = instant("2024-02-29T12:30:00.123Z");
    let written = Calendars {
        id: String::new(),
        chrono: chrono::DateTime::from_timestamp_millis(at.millis()).unwrap(),
        jiff: jiff::Timestamp::from_millisecond(at.millis()).unwrap(),
        time: time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.millis()) * 1_000_000).unwrap(),
        own: at,
    };
    let inserted = records.insert(&written).await.unwrap();
    assert_eq!(Calendars { id: inserted.id.clone(), ..written }, inserted);
    assert_eq!(records.get(&inserted.id).await.unwrap().as_ref(), Some(&inserted));
    for (name, value) in stored(&records, &inserted.id).await.iter() {
        assert_eq!(value, &Value::Timestamp(at), "{name}");
    }
}

pub async fn c04_finer_fractions_are_cut_off(context: &Context) {
    let records = context.repository::<Holds<chrono::DateTime<chrono::Utc>>>("fine").await;
    for (nanos, millis) in [(1_999_999, 1), (999, 0), (-1, -1), (-1_000_001, -2), (1_500_000_000, 1_500)] {
        let inserted = records.insert(&Holds::new(chrono::DateTime::from_timestamp_nanos(nanos))).await.unwrap();
        assert_eq!(inserted.value.timestamp_micros(), millis * 1_000, "{nanos}");
        assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
    }
}

pub async fn c04_text_at_a_declared_place_is_that_instant(context: &Context) {
    let definition = context
        .definition("declared")
        .field("at", Kind::Timestamp)
        .field("in.at", Kind::Timestamp)
        .field("events[].at", Kind::Timestamp)
        .field("all[]", Kind::Timestamp);
    let records = context.define::<Document>(definition).await;
    let text_form = "2024-02-29T13:30:00.1239+01:00";
    let written = document(json!({
        "at": text_form, "in": {"at": text_form}, "events": [{"at": text_form}, {}], "all": [text_form, null],
        "other": text_form
    }));
    let inserted = records.insert(&written).await.unwrap();
    let read = stored(&records, text(inserted.get("id"))).await;
    let at = Value::Timestamp(instant(text_form));
    assert_eq!(read.get("at"), Some(&at));
    assert_eq!(read.get("in"), Some(&Value::Map(Document::from([("at", at.clone())]))));
    let events = vec![Value::Map(Document::from([("at", at.clone())])), Value::Map(Document::new())];
    assert_eq!(read.get("events"), Some(&Value::Array(events)));
    assert_eq!(read.get("all"), Some(&Value::Array(vec![at, Value::Null])));
    assert_eq!(read.get("other"), Some(&Value::from(text_form)));
}

pub async fn c04_an_instant_is_offered_as_text_to_a_type_that_asks_for_text(context: &Context) {
    let records = context.repository::<Holds<Timestamp>>("texts").await;
    let at = instant("2024-02-29T12:30:00.12Z");
    let inserted = records.insert(&Holds::new(at)).await.unwrap();
    let read = records.typed::<Holds<String>>().get(&inserted.id).await.unwrap().unwrap();
    assert_eq!(read.value, "2024-02-29T12:30:00.120Z");
    assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, at);
}

pub async fn c04_an_instant_where_none_is_declared_is_refused(context: &Context) {
    let records = context.repository::<Document>("undeclared").await;
    let at = Value::Timestamp(instant("2024-02-29T12:30:00Z"));
    for value in [at.clone(), Value::Array(vec![at.clone()]), Value::Map(Document::from([("in", at.clone())]))] {
        let record = Document::from([("id", Value::from(id(5))), ("value", value)]);
        let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert!(error.to_string().contains("declare"), "{error}");
        refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
    }
    assert!(records.get(id(5)).await.unwrap().is_none());
}

pub async fn c04_what_is_no_instant_is_refused_where_one_is_declared(context: &Context) {
    let records = context.define::<Document>(context.definition("bad").field("at", Kind::Timestamp)).await;
    for value in [
        Value::from(SECRET),
        "".into(),
        "2024-02-30T00:00:00Z".into(),
        "2024-01-01".into(),
        "2024-01-01T00:00:00".into(),
        "0000-12-31T23:59:59Z".into(),
        "10000-01-01T00:00:00Z".into(),
        Value::Int(crate::expect::DIGITS),
        Value::Bool(true),
        Value::Map(Document::new()),
    ] {
        let record = Document::from([("id", Value::from(id(5))), ("at", value)]);
        let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert_eq!(error.path(), Some("at"), "{error}");
    }
    assert!(records.get(id(5)).await.unwrap().is_none());
}

pub async fn c04_instants_and_their_texts_are_keys(context: &Context) {
    let definition = context.definition("keyed").partition_key("key");
    let records = context.define::<Keyed<Timestamp>>(definition).await;
    assert_eq!(records.definition().kind_of("key"), Some(Kind::Timestamp));
    let at = instant("2024-02-29T12:30:00.123Z");
    records.insert(&Keyed::new(at, "a")).await.unwrap();
    records.insert(&Keyed::new(Timestamp::from_millis(at.millis() + 1).unwrap(), "b")).await.unwrap();
    for operand in ["2024-02-29T12:30:00.123Z", "2024-02-29T13:30:00.1239+01:00", "2024-02-29t12:30:00.123z"] {
        assert_eq!(records.get(operand).await.unwrap().unwrap().key, at, "{operand}");
    }
    assert_eq!(records.get(at).await.unwrap().unwrap().key, at);
    let chrono = chrono::DateTime::from_timestamp_millis(at.millis()).unwrap();
    assert_eq!(records.get(chrono).await.unwrap().unwrap().key, at);
    refused(records.get(SECRET).await, ErrorKind::InvalidInput, "get");
    refused(records.get(at.millis()).await, ErrorKind::InvalidInput, "get");
    let again = records.untyped().insert(&document(json!({"key": "2024-02-29T13:30:00.123+01:00", "text": "c"}))).await;
    refused(again, ErrorKind::AlreadyExists, "insert");
}

pub async fn c04_an_instant_is_no_operand_of_another_kind(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    refused(records.get(instant("2024-01-01T00:00:00Z")).await, ErrorKind::InvalidInput, "get");
}
