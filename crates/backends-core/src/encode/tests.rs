//! What is written, and what is refused before anything is.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::json;

use super::*;
use crate::{Document, FieldKind, Kind, Timestamp};

fn written<T: Serialize>(value: &T) -> Result<Document> {
    let encoded = encode(value, &Place::default(), USUAL)?;
    crate::decode::decode_tokens(&mut encoded.record.tokens())
}

fn refused<T: Serialize>(value: &T) -> Error {
    let error = written(value).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    error
}

#[test]
fn c03_null_fields_are_dropped_at_every_depth_and_stay_in_arrays() {
    let document = written(&json!({"a": null, "b": {"c": null}, "d": [null, {"e": null}], "f": 1})).unwrap();
    let expected = Document::from([
        ("b", Value::Map(Document::new())),
        ("d", Value::Array(vec![Value::Null, Value::Map(Document::new())])),
        ("f", Value::Int(1)),
    ]);
    assert_eq!(document, expected);
}

#[test]
fn c02_numbers_at_the_edges() {
    let document = written(&json!({"a": 1.0, "b": -0.0, "c": 0.1, "d": i64::MIN, "e": 9_223_372_036_854_775_807_u64}));
    let expected = Document::from([
        ("a", Value::Int(1)),
        ("b", Value::Int(0)),
        ("c", Value::Float(0.1)),
        ("d", Value::Int(i64::MIN)),
        ("e", Value::Int(i64::MAX)),
    ]);
    assert_eq!(document.unwrap(), expected);
    for float in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e126, -1e126, 9.9e-131, f64::MIN_POSITIVE, f64::MAX] {
        assert_eq!(refused(&HashMap::from([("at", float)])).path(), Some("at"));
    }
    for float in [1e-130, 9.999e125, -1e-130] {
        assert!(written(&HashMap::from([("at", float)])).is_ok());
    }
    assert_eq!(refused(&HashMap::from([("at", u64::MAX)])).path(), Some("at"));
    assert_eq!(refused(&HashMap::from([("at", i128::from(i64::MAX) + 1)])).path(), Some("at"));
    assert!(written(&HashMap::from([("at", i128::from(i64::MIN))])).is_ok());
}

/// What `serde_json::Number` is with the feature `arbitrary_precision`.
#[derive(Serialize)]
#[serde(rename = "$serde_json::private::Number")]
struct Number {
    #[serde(rename = "$serde_json::private::Number")]
    text: &'static str,
}

#[test]
fn l40_a_number_is_one_however_it_is_handed_out() {
    let numbers = ["5", "-0", "1.0", "0.1", "1e2", "-9223372036854775808"].map(|text| Number { text });
    let document = written(&BTreeMap::from([("numbers", numbers)])).unwrap();
    let expected = [Value::Int(5), 0.into(), 1.into(), 0.1.into(), 100.into(), i64::MIN.into()];
    assert_eq!(document, Document::from([("numbers", Value::Array(expected.to_vec()))]));
    for text in ["9223372036854775808", "123456789012345678901234567890", "1e126", "1e400", "1e-400", "", "x", "1 "] {
        assert_eq!(refused(&HashMap::from([("at", Number { text })])).path(), Some("at"), "{text}");
    }
    refused(&Number { text: "5" });
}

#[test]
fn c05_names_that_not_every_backend_stores_are_refused_at_every_depth() {
    for name in
        ["", "a.b", "a\"b", "a\\b", "a\u{1}", "a\u{7f}", "$set", "_backends", "_backends_x", "a\0", &"x".repeat(256)]
    {
        let error = refused(&json!({name: 1}));
        let begins = |path: &str| !path.is_empty() && name.starts_with(path.trim_end_matches('…'));
        assert!(error.path().map_or(name.is_empty(), begins), "{error}");
        assert!(refused(&json!({"inner": [{name: 1}]})).path() == Some("inner[]"));
    }
    refused(&json!({"_id": 1}));
    for name in ["id", "a$", "ä", "_x", "a b", "a'b", &"x".repeat(255)] {
        assert!(written(&json!({name: 1})).is_ok(), "{name}");
    }
    assert!(written(&json!({"inner": {"_id": 1}})).is_ok());
    assert!(refused(&json!({"a": {"b": "x\0y"}})).path() == Some("a.b"));
}

#[test]
fn c05_thirty_arrays_and_maps_inside_one_another_and_no_more() {
    let nest = |levels: usize| {
        (0..levels).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
    };
    assert!(written(&json!({"a": nest(30)})).is_ok());
    refused(&json!({"a": nest(31)}));
}

#[test]
fn c04_a_timestamp_stands_only_where_one_is_declared() {
    #[derive(Serialize)]
    struct Event {
        at: Timestamp,
    }
    let at = Timestamp::from_millis(1).unwrap();
    let error = refused(&Event { at });
    assert_eq!(error.path(), Some("at"));
    assert_eq!(
        error.message(),
        "a timestamp where the definition declares none: declare it with `fields: {\"at\": \"timestamp\"}`, or store text"
    );
    let inside = refused(&HashMap::from([("log", [Event { at }])]));
    assert!(inside.message().contains("`fields: {\"log[].at\": \"timestamp\"}`"), "{inside}");
    let mut place = Place::default();
    place.declare("at", Kind::Timestamp.into());
    place.declare("events[].at", Kind::Timestamp.into());
    for record in
        [json!({"at": "1970-01-01T01:00:00.0019+01:00"}), json!({"events": [{"at": "1970-01-01T00:00:00.001Z"}]})]
    {
        let encoded = encode(&record, &place, USUAL).unwrap().record;
        let document: Document = crate::decode::decode_tokens(&mut encoded.tokens()).unwrap();
        let stored = match document.get("events") {
            Some(Value::Array(events)) => match &events[0] {
                Value::Map(event) => event.get("at").cloned(),
                _ => None,
            },
            _ => document.get("at").cloned(),
        };
        assert_eq!(stored, Some(Value::Timestamp(at)));
    }
    for wrong in [json!({"at": "yesterday"}), json!({"at": 1}), json!({"at": {"a": 1}}), json!({"at": []})] {
        let error = encode(&wrong, &place, USUAL).unwrap_err();
        assert!(error.is_invalid_input() && error.path() == Some("at"), "{error}");
    }
}

#[test]
fn c10_strings_of_key_and_index_fields_have_1_to_1024_bytes() {
    let mut place = Place::default();
    place.declare("email", Kind::String.into());
    place.mark_held("email", crate::schema::Holder::Index);
    let fits = |text: &str| encode(&json!({"email": text}), &place, USUAL).is_ok();
    assert!(fits("a") && fits(&"x".repeat(1_024)));
    assert!(!fits("") && !fits(&"x".repeat(1_025)) && !fits(&"ä".repeat(513)));
    place.declare("email", FieldKind { empty_is_missing: true, ..Kind::String.into() });
    assert!(encode(&json!({"email": ""}), &place, USUAL).unwrap().record.get("email").is_none());
}

#[test]
fn c01_maps_with_keys_that_are_text_in_json_have_those_names() {
    let document = written(&BTreeMap::from([(-3, 'a'), (7, 'b')])).unwrap();
    assert_eq!(document, Document::from([("-3", "a"), ("7", "b")]));
    refused(&BTreeMap::from([(vec![1], 1)]));
}

#[test]
fn c03_a_name_that_stands_twice_is_refused() {
    #[derive(Serialize)]
    struct Record {
        name: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let record = Record { name: 1, rest: BTreeMap::from([("name".to_owned(), 2)]) };
    assert_eq!(refused(&record).path(), Some("name"));
}

#[test]
fn c01_what_is_no_record_is_refused() {
    refused(&1);
    refused(&"text");
    refused(&[1]);
    refused(&None::<u8>);
    refused(&());
    assert!(written(&Some(json!({"a": 1}))).is_ok());
}

#[test]
fn records_of_one_shape_have_one_number() {
    let shape = |value: serde_json::Value| encode(&value, &Place::default(), USUAL).unwrap().shape;
    assert_eq!(shape(json!({"a": 1, "b": ["x"]})), shape(json!({"a": 2, "b": ["y", "z"]})));
    assert_ne!(shape(json!({"a": 1})), shape(json!({"b": 1})));
    assert_ne!(shape(json!({"a": 1})), shape(json!({"a": "1"})));
    assert_ne!(shape(json!({"a": 1})), shape(json!({"a": -1})));
    assert_ne!(shape(json!({"a": [1]})), shape(json!({"a": [1, "x"]})));
}

#[test]
fn c07_a_map_as_a_value_is_never_an_operator() {
    refused(&json!({"password": {"$ne": null}}));
    refused(&json!({"password": {"$gt": ""}}));
}

#[test]
fn c40_no_refusal_shows_the_value() {
    for record in [json!({"a": "secret\0"}), json!({"a": {"b.secret": 1}}), json!({"$secret": 1})] {
        let error = refused(&record);
        assert!(!error.message().contains("secret"), "{error}");
    }
}
