//! Rows of what stands for a whole record.

use std::collections::{BTreeMap, HashMap};

use backends_core::{Document, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Row, shapes, tuples, whole, whole_becomes, whole_refused};

shapes! {
    struct NoId { a: i64 }
    struct TextId { #[serde(default)] id: String, a: i64 }
    struct SomeId { id: Option<String>, a: i64 }
    struct EmptyIdSkipped { #[serde(default, skip_serializing_if = "String::is_empty")] id: String, a: i64 }
    struct NumberId { id: u64, a: i64 }
    struct UnreadId { #[serde(skip_deserializing)] id: Option<String>, a: i64 }
    struct NeedsId { #[serde(skip_serializing_if = "String::is_empty")] id: String }
    #[serde(deny_unknown_fields)] struct Closed { a: i64 }
    #[serde(default)] #[derive(Default)] struct Defaults { a: i64 }
    struct Empty {}
    struct FlatRest { a: i64, #[serde(flatten)] rest: BTreeMap<String, Json> }
    struct FlatNumbers { a: i64, #[serde(flatten)] rest: BTreeMap<String, i64> }
    struct FlatInner { a: i64, #[serde(flatten)] inner: Closed2 }
    struct Closed2 { b: i64 }
    #[serde(tag = "type")] enum Internal { A { a: i64 }, B }
    #[serde(tag = "type", deny_unknown_fields)] enum InternalClosed { A { a: i64, b: Option<Closed> }, B {} }
    #[serde(tag = "type", deny_unknown_fields)] enum InternalWithId { A { id: String } }
    #[serde(untagged, deny_unknown_fields)] enum UntaggedClosed { A { a: i64 } }
    #[serde(tag = "t", content = "c")] enum Adjacent { A(i64), B }
    #[serde(untagged)] enum Untagged { A { a: i64 }, B { b: i64 } }
    enum External { A(i64), B }
}

tuples! {
    Unit()
    Pair(i64, i64)
    Wrapped(NoId)
    Alone(i64)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Id(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct NewtypeId {
    id: Id,
    a: i64,
}

pub(super) fn rows() -> Vec<Row> {
    [structs(), ids(), maps(), enums(), others()].into_iter().flatten().collect()
}

fn structs() -> Vec<Row> {
    vec![
        whole("a record without an id", NoId { a: 1 }, json!({"a": 1})),
        whole("a closed record", Closed { a: 1 }, json!({"a": 1})),
        whole("a record of defaults", Defaults { a: 1 }, json!({"a": 1})),
        whole("an empty record", Empty {}, json!({})),
        whole("a wrapped record", Wrapped(NoId { a: 1 }), json!({"a": 1})),
        whole("a boxed record", Box::new(NoId { a: 1 }), json!({"a": 1})),
        whole("some record", Some(NoId { a: 1 }), json!({"a": 1})),
        whole("a record with a flat struct", FlatInner { a: 1, inner: Closed2 { b: 2 } }, json!({"a": 1, "b": 2})),
        whole_becomes(
            "a record that keeps the rest",
            FlatRest { a: 1, rest: BTreeMap::new() },
            |id| FlatRest { a: 1, rest: BTreeMap::from([("id".to_owned(), json!(id))]) },
            json!({"a": 1}),
        ),
        whole_refused("a record that takes the id for a number", FlatNumbers { a: 1, rest: BTreeMap::new() }),
    ]
}

fn ids() -> Vec<Row> {
    vec![
        whole_becomes(
            "an empty id",
            TextId { id: String::new(), a: 1 },
            |id| TextId { id: id.to_owned(), a: 1 },
            json!({"a": 1}),
        ),
        whole_becomes(
            "no id",
            SomeId { id: None, a: 1 },
            |id| SomeId { id: Some(id.to_owned()), a: 1 },
            json!({"a": 1}),
        ),
        whole_becomes(
            "an empty id that is skipped",
            EmptyIdSkipped { id: String::new(), a: 1 },
            |id| EmptyIdSkipped { id: id.to_owned(), a: 1 },
            json!({"a": 1}),
        ),
        whole_becomes(
            "an empty id in a newtype",
            NewtypeId { id: Id(String::new()), a: 1 },
            |id| NewtypeId { id: Id(id.to_owned()), a: 1 },
            json!({"a": 1}),
        ),
        whole_becomes(
            "an id that is asked for",
            NeedsId { id: String::new() },
            |id| NeedsId { id: id.to_owned() },
            json!({}),
        ),
        whole("an id that is not read", UnreadId { id: None, a: 1 }, json!({"a": 1})),
        whole_refused("an id that is a number", NumberId { id: 7, a: 1 }),
        whole_refused("an id of another form", TextId { id: "x".to_owned(), a: 1 }),
    ]
}

fn maps() -> Vec<Row> {
    let named = |id: &str| json!({"a": 1, "id": id});
    let object = |json: Json| -> Map<String, Json> { serde_json::from_value(json).unwrap_or_default() };
    vec![
        whole_becomes(
            "a map",
            BTreeMap::from([("a".to_owned(), json!(1))]),
            move |id| serde_json::from_value(named(id)).unwrap(),
            json!({"a": 1}),
        ),
        whole_becomes(
            "a hash map",
            HashMap::from([("a".to_owned(), json!(1))]),
            move |id| serde_json::from_value(named(id)).unwrap(),
            json!({"a": 1}),
        ),
        whole_becomes("JSON", json!({"a": 1}), named, json!({"a": 1})),
        whole_becomes("a JSON object", object(json!({"a": 1})), move |id| object(named(id)), json!({"a": 1})),
        whole_becomes(
            "a document",
            Document::from([("a", 1)]),
            |id| Document::from([("a", Value::Int(1)), ("id", Value::from(id))]),
            json!({"a": 1}),
        ),
        whole_becomes(
            "a map of texts",
            BTreeMap::from([("a".to_owned(), "x".to_owned())]),
            |id| BTreeMap::from([("a".to_owned(), "x".to_owned()), ("id".to_owned(), id.to_owned())]),
            json!({"a": "x"}),
        ),
        whole_refused("a map of integers, which has no place for the id", BTreeMap::from([("a".to_owned(), 1)])),
        whole_refused("a map with a bad name", BTreeMap::from([("a.b".to_owned(), json!(1))])),
        whole_refused("a map with the library's own name", BTreeMap::from([("_id".to_owned(), json!(1))])),
    ]
}

fn enums() -> Vec<Row> {
    vec![
        whole("a tagged record", Internal::A { a: 1 }, json!({"type": "A", "a": 1})),
        whole("a tag as a record", Internal::B, json!({"type": "B"})),
        whole("a closed tagged record", InternalClosed::A { a: 1, b: None }, json!({"type": "A", "a": 1})),
        whole(
            "a closed tagged record around a closed struct",
            InternalClosed::A { a: 1, b: Some(Closed { a: 2 }) },
            json!({"type": "A", "a": 1, "b": {"a": 2}}),
        ),
        whole("a closed tag as a record", InternalClosed::B {}, json!({"type": "B"})),
        whole_becomes(
            "a closed tagged record with an id",
            InternalWithId::A { id: String::new() },
            |id| InternalWithId::A { id: id.to_owned() },
            json!({"type": "A"}),
        ),
        whole_refused("a closed untagged record, which does not say what it refuses", UntaggedClosed::A { a: 1 }),
        whole("a record of tag and content", Adjacent::A(1), json!({"t": "A", "c": 1})),
        whole("a record of a tag", Adjacent::B, json!({"t": "B"})),
        whole("an untagged record", Untagged::B { b: 1 }, json!({"b": 1})),
        whole_refused("a variant as a record, which has no place for the id", External::A(1)),
        whole_refused("a name as a record", External::B),
    ]
}

fn others() -> Vec<Row> {
    vec![
        whole_refused("a number as a record", 7),
        whole_refused("text as a record", "text".to_owned()),
        whole_refused("a unit as a record", ()),
        whole_refused("a tuple struct of none as a record", Unit()),
        whole_refused("a vector as a record", vec![NoId { a: 1 }]),
        whole_refused("a tuple as a record", (1, 2)),
        whole_refused("a tuple struct as a record", Pair(1, 2)),
        whole_refused("none as a record", None::<NoId>),
        whole_refused("a wrapped number as a record", Alone(7)),
        whole_refused("bytes as a record", serde_bytes::ByteBuf::from(vec![1])),
    ]
}
