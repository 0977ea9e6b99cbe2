//! Typed reads: what a type takes, and where it says no.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::encode::{USUAL, encode};
use crate::{Kind, RecordBuf, Timestamp, Token};

fn stored(value: &serde_json::Value) -> RecordBuf {
    encode(value, &Place::default(), USUAL).unwrap().record
}

fn read<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T> {
    Reading::default().read_or_explain(&stored(value), 0)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    name: String,
    #[serde(default)]
    inner: Option<Inner>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    city: u8,
    #[serde(default)]
    many: Vec<Inner>,
}

#[test]
fn c03_a_closed_type_is_not_offered_what_it_does_not_list() {
    let closed: Closed = read(&json!({"id": "x", "name": "Ada", "version": {"a": [1]}})).unwrap();
    assert_eq!(closed, Closed { name: "Ada".into(), inner: None });
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum ClosedTag {
    A { a: u8, rev: Option<u8> },
}

#[test]
fn c03_a_closed_type_without_a_list_is_not_offered_what_it_refuses_of_the_library() {
    let definition = Definition::builder("notes").version("rev").build().unwrap();
    let reading = Reading::default().with_own_of(&definition);
    let read = |record: &serde_json::Value| reading.read_or_explain::<ClosedTag>(&stored(record), 0);
    let record = json!({"type": "A", "a": 1, "id": "x", "rev": 2});
    assert_eq!(read(&record).unwrap(), ClosedTag::A { a: 1, rev: Some(2) }, "only what it refuses is held back");
    let error = read(&json!({"type": "A", "a": 1, "id": "x", "other": 2})).unwrap_err();
    assert_eq!(error.path(), Some("other"), "{error}");
    assert_eq!(read(&json!({"type": "A", "id": "x"})).unwrap_err().path(), Some("a"));
    assert!(Reading::default().read_or_explain::<ClosedTag>(&stored(&record), 0).is_err(), "nothing is its own");
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is only refused")]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(alias = "old")]
    a: u8,
    #[serde(default)]
    many: Vec<Strict>,
}

#[test]
fn l16_a_field_that_is_missing_unknown_or_there_twice_is_named_by_its_path() {
    for (record, path) in [
        (json!({"many": []}), "a"),
        (json!({"a": 1, "many": [{"a": 1}, {}]}), "many[1].a"),
        (json!({"a": 1, "many": [{"a": 1, "more": 1}]}), "many[0].more"),
        (json!({"a": 1, "many": [{"a": 1, "old": 1}]}), "many[0].old"),
    ] {
        assert_eq!(read::<Strict>(&record).unwrap_err().path(), Some(path), "{record}");
    }
}

#[test]
fn l16_an_unreadable_value_is_named_by_its_path_and_not_shown() {
    for (record, path) in [
        (json!({"name": "Ada", "inner": {"city": "secret"}}), "inner.city"),
        (json!({"name": "Ada", "inner": {"city": 1, "many": [{"city": 1}, {"city": 4711}]}}), "inner.many[1].city"),
        (json!({"name": 4711}), "name"),
        (json!({"name": "Ada", "inner": {"city": 1, "many": 4711}}), "inner.many"),
    ] {
        let error = read::<Closed>(&record).unwrap_err();
        assert!(error.is_unreadable());
        assert_eq!(error.path(), Some(path));
        assert!(!format!("{error} {error:?}").contains("secret") && !error.to_string().contains("4711"), "{error}");
    }
    assert_eq!(
        read::<Closed>(&json!({"name": "x", "inner": {"city": "x"}})).unwrap_err().to_string(),
        "unreadable: stored a string, expected u8 (field: inner.city)"
    );
    assert!(read::<Closed>(&json!({})).unwrap_err().message().contains("`name` is missing"));
}

#[test]
fn c02_integers_and_floats_read_each_other_where_nothing_is_lost() {
    assert_eq!(read::<HashMap<String, f64>>(&json!({"a": 7})).unwrap()["a"], 7.0);
    assert_eq!(read::<HashMap<String, f64>>(&json!({"a": 0})).unwrap()["a"], 0.0);
    assert_eq!(read::<HashMap<String, f32>>(&json!({"a": 0.1})).unwrap()["a"], 0.1);
    assert_eq!(read::<HashMap<String, u8>>(&json!({"a": 7.0})).unwrap()["a"], 7);
    assert!(read::<HashMap<String, u8>>(&json!({"a": 7.5})).is_err());
    assert!(read::<HashMap<String, u8>>(&json!({"a": 300})).is_err());
    assert!(read::<HashMap<String, f64>>(&json!({"a": 9_007_199_254_740_993_i64})).is_err());
    assert_eq!(read::<HashMap<String, f64>>(&json!({"a": i64::MIN})).unwrap()["a"], -9_223_372_036_854_775_808.0);
    assert!(read::<HashMap<String, f32>>(&json!({"a": 1e100})).is_err());
}

#[test]
fn c04_an_instant_is_text_for_a_type_that_asks_for_text() {
    let mut record = RecordBuf::new();
    record.push(Token::Field("at"));
    record.push(Token::Timestamp(Timestamp::from_millis(1).unwrap()));
    let text: HashMap<String, String> = Reading::default().read(&record, 0).unwrap();
    assert_eq!(text["at"], "1970-01-01T00:00:00.001Z");
    let instant: HashMap<String, Timestamp> = Reading::default().read(&record, 0).unwrap();
    assert_eq!(instant["at"].millis(), 1);
    let json: serde_json::Value = Reading::default().read(&record, 0).unwrap();
    assert_eq!(json, json!({"at": "1970-01-01T00:00:00.001Z"}));
}

#[test]
fn c04_text_at_a_declared_place_is_an_instant_for_every_type() {
    let mut place = Place::default();
    place.declare("at", Kind::Timestamp.into());
    let reading = Reading::by(&place);
    let record = stored(&json!({"at": "1970-01-01T01:00:00+01:00", "text": "1970-01-01T01:00:00+01:00"}));
    let document: crate::Document = reading.read(&record, 0).unwrap();
    assert_eq!(document.get("at"), Some(&crate::Value::Timestamp(Timestamp::from_millis(0).unwrap())));
    assert_eq!(document.get("text"), Some(&"1970-01-01T01:00:00+01:00".into()));
    let text: HashMap<String, String> = reading.read(&record, 0).unwrap();
    assert_eq!(text["at"], "1970-01-01T00:00:00.000Z");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: Option<u8> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { at: Timestamp },
    B(Inner),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Many(Vec<Untagged>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct All {
    shapes: Vec<Shape>,
    tagged: Tagged,
    untagged: Untagged,
    tuple: (u8, String, [bool; 2]),
    keys: HashMap<u32, Option<char>>,
    nested: Option<Option<Box<Inner>>>,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: HashMap<String, crate::Value>,
}

#[test]
fn c01_every_form_of_serde_comes_back() {
    let mut place = Place::default();
    place.declare("tagged.at", Kind::Timestamp.into());
    let inner = |city| Inner { city, many: vec![] };
    for tagged in [Tagged::A { at: Timestamp::MAX }, Tagged::B(inner(9))] {
        let all = All {
            shapes: vec![Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, "x".into()), Shape::Struct { a: None }],
            tagged,
            untagged: Untagged::Many(vec![Untagged::Number(1), Untagged::Text("x".into())]),
            tuple: (1, "y".into(), [true, false]),
            keys: HashMap::from([(7, Some('ß'))]),
            nested: Some(Some(Box::new(inner(3)))),
            inner: Inner { city: 4, many: vec![inner(5)] },
            rest: HashMap::from([
                ("bytes".into(), crate::Value::Bytes(vec![1])),
                ("list".into(), crate::Value::Array(vec![])),
            ]),
        };
        let record = encode(&all, &place, USUAL).unwrap().record;
        let back: All = Reading::by(&place).read_or_explain(&record, 0).unwrap();
        assert_eq!(back, all);
    }
}

#[test]
fn c41_a_walk_that_is_out_of_step_is_an_error() {
    for tokens in [&[Token::String("x")][..], &[Token::Field("a"), Token::End], &[Token::Field("a"), Token::Field("b")]]
    {
        let mut record = RecordBuf::new();
        for token in tokens {
            record.push(*token);
        }
        assert!(Reading::default().read::<crate::Document>(&record, 0).is_err());
        assert!(Reading::default().read::<Closed>(&record, 0).is_err());
    }
}
