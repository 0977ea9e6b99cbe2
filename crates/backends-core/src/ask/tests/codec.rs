//! What a type says of itself, used by the codec: its own records are written, read back and found whole.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::decode::Reading;
use crate::encode::{USUAL, encode};
use crate::schema::Place;
use crate::{RecordBuf, Token};

fn written<T: Serialize + DeserializeOwned>(record: &T) -> (RecordBuf, Place) {
    let mut place = Place::default();
    for (path, kind) in Asked::of::<T>().kinds() {
        place.declare(&path, kind.into());
    }
    (encode(record, &place, USUAL).unwrap().record, place)
}

fn unread<T: Serialize + DeserializeOwned>(record: &T) -> Vec<String> {
    Asked::of::<T>().unread_paths(&mut written(record).0.tokens()).unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Everything {
    bool: bool,
    char: char,
    small: u8,
    large: i128,
    float: f32,
    integral: f64,
    id: uuid::Uuid,
    bytes: serde_bytes::ByteBuf,
    list: Vec<u8>,
    role: Role,
    day: chrono::NaiveDate,
    own: Timestamp,
    chrono: Option<chrono::DateTime<chrono::Utc>>,
    offset: chrono::DateTime<chrono::FixedOffset>,
    jiff: Vec<jiff::Timestamp>,
    #[serde(with = "time::serde::rfc3339")]
    time: time::OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    option: Option<time::OffsetDateTime>,
    local: time::OffsetDateTime,
    inner: Option<Inner>,
    events: Vec<Event>,
    pair: (Timestamp, Option<chrono::DateTime<chrono::Utc>>),
    mixed: (String, u8),
    duration: std::time::Duration,
    any: serde_json::Value,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Role {
    Admin,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    at: Timestamp,
    count: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Nothing,
    At(Timestamp),
    Inner(Inner),
    Text { at: jiff::Timestamp },
}

fn everything() -> Everything {
    let text = "2024-02-29T12:30:00.125Z";
    let time = time::OffsetDateTime::from_unix_timestamp(1_709_209_800).unwrap();
    let own: Timestamp = text.parse().unwrap();
    Everything {
        bool: true,
        char: 'ß',
        small: 1,
        large: 2,
        float: 0.1,
        integral: 3.0,
        id: uuid::Uuid::from_u128(4),
        bytes: serde_bytes::ByteBuf::from([0, 255]),
        list: vec![5],
        role: Role::Admin,
        day: chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
        own,
        chrono: Some(text.parse().unwrap()),
        offset: "2024-02-29T13:30:00.125+01:00".parse().unwrap(),
        jiff: vec![text.parse().unwrap()],
        time,
        option: Some(time),
        local: time,
        inner: Some(Inner { at: own, count: 6 }),
        events: vec![
            Event::Nothing,
            Event::At(own),
            Event::Inner(Inner { at: own, count: 7 }),
            Event::Text { at: text.parse().unwrap() },
        ],
        pair: (own, None),
        mixed: ("text".into(), 8),
        duration: std::time::Duration::from_millis(9),
        any: serde_json::json!({"a": [1, {"b": "c"}]}),
    }
}

#[test]
fn c04_instants_of_every_crate_are_stored_as_instants_and_read_back() {
    let record = everything();
    let (stored, place) = written(&record);
    for name in ["own", "chrono", "offset", "time", "option"] {
        assert!(matches!(stored.get(name), Some(Token::Timestamp(_))), "{name}");
    }
    let mut tokens = stored.tokens();
    let (mut instants, mut open) = (0, 0);
    loop {
        match crate::Tokens::next(&mut tokens).unwrap() {
            Token::Timestamp(_) => instants += 1,
            Token::Map | Token::Array => open += 1,
            Token::End if open == 1 => break,
            Token::End => open -= 1,
            _ => {}
        }
    }
    assert_eq!(instants, 5 + 1 + 1 + 3 + 1);
    assert_eq!(Reading::by(&place).read_or_explain::<Everything>(&stored, 0).unwrap(), record);
}

#[test]
fn c03_what_a_type_writes_it_reads() {
    assert!(unread(&everything()).is_empty());
}

#[test]
fn c03_names_that_are_written_and_not_read_are_found_at_every_depth() {
    #[derive(Default, Serialize, Deserialize)]
    struct Wrong {
        #[serde(rename(serialize = "addres"), default)]
        address: String,
        #[serde(rename(serialize = "olds"), alias = "olds", default)]
        old: u8,
        more: Vec<Vec<Wrong>>,
        below: Option<Below>,
        variant: Option<Variant>,
        open: HashMap<String, u8>,
    }
    #[derive(Serialize, Deserialize)]
    enum Variant {
        Below(Below),
    }
    #[derive(Serialize, Deserialize)]
    struct Below {
        #[serde(rename(serialize = "att"), default)]
        at: u8,
        #[serde(skip_deserializing)]
        written: u8,
        events: Vec<Deeper>,
    }
    #[derive(Serialize, Deserialize)]
    struct Deeper {
        #[serde(rename(serialize = "y"), default)]
        x: u8,
    }
    let below = || Below { at: 1, written: 2, events: vec![Deeper { x: 3 }] };
    let wrong = Wrong {
        below: Some(below()),
        variant: Some(Variant::Below(below())),
        open: [("any".into(), 4)].into(),
        ..Wrong::default()
    };
    assert_eq!(
        unread(&wrong),
        [
            "addres",
            "olds",
            "below.att",
            "below.written",
            "below.events[].y",
            "variant.Below.att",
            "variant.Below.written",
            "variant.Below.events[].y",
        ]
    );
    let asked = Asked::of::<Wrong>();
    assert_eq!(asked.unread_names(["addres", "olds", "more"].into_iter()), ["addres", "olds"]);
}
