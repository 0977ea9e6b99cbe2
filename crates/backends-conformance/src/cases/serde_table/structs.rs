//! Rows of structs and of serde's attributes for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use backends_core::{Document, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::{Row, becomes, refused, same, shapes, tuples};

pub(super) fn rows() -> Vec<Row> {
    [names(), bad_names(), lost_names(), left_out(), forms(), converted(), untyped(), depth()]
        .into_iter()
        .flatten()
        .collect()
}

shapes! {
    struct Plain { a_b: i64 }
    struct Renamed { #[serde(rename = "other name")] a: i64 }
    #[serde(rename_all = "camelCase")] struct Camel { first_name: i64, x: i64 }
    #[serde(rename_all = "PascalCase")] struct Pascal { first_name: i64 }
    #[serde(rename_all = "snake_case")] struct Snake { first_name: i64 }
    #[serde(rename_all = "kebab-case")] struct Kebab { first_name: i64 }
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")] struct Screaming { first_name: i64 }
    #[serde(rename_all = "SCREAMING-KEBAB-CASE")] struct ScreamingKebab { first_name: i64 }
    #[serde(rename_all = "UPPERCASE")] struct Upper { name: i64 }
    struct Raw { r#type: i64, r#struct: i64 }
    struct Foreign { #[serde(rename = "größe 👍")] a: i64 }
    struct Aliased { #[serde(alias = "b", alias = "c")] a: i64 }
    struct Ids { id: String, #[serde(rename = "_id")] own: i64 }
}

fn names() -> Vec<Row> {
    vec![
        same("a struct", Plain { a_b: 1 }, json!({"a_b": 1})),
        same("a field by another name", Renamed { a: 1 }, json!({"other name": 1})),
        same("camelCase", Camel { first_name: 1, x: 2 }, json!({"firstName": 1, "x": 2})),
        same("PascalCase", Pascal { first_name: 1 }, json!({"FirstName": 1})),
        same("snake_case", Snake { first_name: 1 }, json!({"first_name": 1})),
        same("kebab-case", Kebab { first_name: 1 }, json!({"first-name": 1})),
        same("SCREAMING_SNAKE_CASE", Screaming { first_name: 1 }, json!({"FIRST_NAME": 1})),
        same("SCREAMING-KEBAB-CASE", ScreamingKebab { first_name: 1 }, json!({"FIRST-NAME": 1})),
        same("UPPERCASE", Upper { name: 1 }, json!({"NAME": 1})),
        same("names that are words of the language", Raw { r#type: 1, r#struct: 2 }, json!({"type": 1, "struct": 2})),
        same("a name beyond ASCII", Foreign { a: 1 }, json!({"größe 👍": 1})),
        same("a field with aliases", Aliased { a: 1 }, json!({"a": 1})),
        same("fields named as ids", Ids { id: "x".to_owned(), own: 1 }, json!({"id": "x", "_id": 1})),
    ]
}

shapes! {
    struct Dotted { #[serde(rename = "a.b")] a: i64 }
    struct Operator { #[serde(rename = "$set")] a: i64 }
    struct Nameless { #[serde(rename = "")] a: i64 }
    struct Reserved { #[serde(rename = "_backends_x")] a: i64 }
    struct Quoted { #[serde(rename = "a\"b")] a: i64 }
    struct Backslash { #[serde(rename = "a\\b")] a: i64 }
}

fn bad_names() -> Vec<Row> {
    vec![
        refused("a name with a dot", Dotted { a: 1 }),
        refused("a name like an operator", Operator { a: 1 }),
        refused("an empty name", Nameless { a: 1 }),
        refused("a name of the library's own", Reserved { a: 1 }),
        refused("a name with a quote", Quoted { a: 1 }),
        refused("a name with a backslash", Backslash { a: 1 }),
    ]
}

shapes! {
    struct TwoNames { #[serde(rename(serialize = "w", deserialize = "r"))] a: i64 }
    struct TwoNamesByDefault { #[serde(rename(serialize = "w", deserialize = "r"), default)] a: i64 }
    struct TwoNamesOfSome { #[serde(rename(serialize = "w", deserialize = "r"))] a: Option<i64> }
    #[serde(rename_all(serialize = "camelCase", deserialize = "kebab-case"), default)] #[derive(Default)]
    struct TwoCases { first_name: i64 }
    struct Healed { #[serde(rename(serialize = "w", deserialize = "r"), alias = "w")] a: i64 }
    struct NeverRead { #[serde(skip_deserializing)] a: i64 }
    struct NeverWritten { #[serde(skip_serializing, default)] a: i64 }
    struct NeverWrittenAndMissed { #[serde(skip_serializing)] a: i64 }
    struct Outer { inner: Vec<TwoNamesByDefault> }
}

fn lost_names() -> Vec<Row> {
    let lost = TwoNamesByDefault { a: 1 };
    vec![
        refused("a name that is not read", TwoNames { a: 1 }),
        refused("a name that is not read, and a default", lost.clone()),
        refused("a name that is not read, of an option", TwoNamesOfSome { a: Some(1) }),
        same("a name that is not read, and not written", TwoNamesOfSome { a: None }, json!({})),
        refused("names that are not read", TwoCases { first_name: 1 }),
        refused("a name that is read by an alias only, since aliases are never written", Healed { a: 1 }),
        refused("a field that is never read", NeverRead { a: 1 }),
        becomes("a field that is never written", NeverWritten { a: 1 }, NeverWritten { a: 0 }, json!({})),
        refused("a field that is never written, and missed", NeverWrittenAndMissed { a: 1 }),
        refused("a name that is not read, in an option", Some(lost.clone())),
        refused("a name that is not read, in a vector", Outer { inner: vec![lost] }),
    ]
}

fn seven() -> i64 {
    7
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_seven(value: &i64) -> bool {
    *value == seven()
}

shapes! {
    #[derive(Default)] #[serde(default)] struct Defaults { a: i64, b: String, c: Option<bool> }
    struct Seven { #[serde(default = "seven", skip_serializing_if = "is_seven")] a: i64 }
    struct Skipped { #[serde(skip)] a: i64, b: i64 }
    struct SomeSkipped { #[serde(skip_serializing_if = "Option::is_none")] a: Option<i64> }
    struct EmptySkipped { #[serde(default, skip_serializing_if = "Vec::is_empty")] a: Vec<i64> }
    struct Missed { #[serde(skip_serializing_if = "is_seven")] a: i64 }
    struct Phantom { a: PhantomData<i64>, b: i64 }
    struct PhantomByDefault { #[serde(default)] a: PhantomData<i64>, b: i64 }
    struct UnitField { a: (), b: i64 }
    struct UnitByDefault { #[serde(default)] a: (), b: i64 }
}

fn left_out() -> Vec<Row> {
    vec![
        same("fields with defaults", Defaults::default(), json!({"a": 0, "b": ""})),
        same("a default that is not written", Seven { a: 7 }, json!({})),
        same("what is not the default", Seven { a: 8 }, json!({"a": 8})),
        becomes("a skipped field", Skipped { a: 1, b: 2 }, Skipped { a: 0, b: 2 }, json!({"b": 2})),
        same("none that is skipped", SomeSkipped { a: None }, json!({})),
        same("some that is not skipped", SomeSkipped { a: Some(1) }, json!({"a": 1})),
        same("an empty vector that is skipped", EmptySkipped { a: vec![] }, json!({})),
        refused("a skipped field that is missed", Missed { a: 7 }),
        refused("a phantom field", Phantom { a: PhantomData, b: 1 }),
        same("a phantom field by default", PhantomByDefault { a: PhantomData, b: 1 }, json!({"b": 1})),
        refused("a unit field", UnitField { a: (), b: 1 }),
        same("a unit field by default", UnitByDefault { a: (), b: 1 }, json!({"b": 1})),
    ]
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newtype<T>(T);

tuples! { Pair(i64, String) }

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Clear(Option<i64>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Generic<T> {
    inner: T,
}

shapes! {
    struct Empty {}
    #[serde(transparent)] struct Transparent { inner: Vec<i64> }
    #[serde(deny_unknown_fields)] struct Closed { a: i64 }
    struct Borrowed { text: Cow<'static, str>, list: Cow<'static, [i64]> }
    struct Tree { value: i64, children: Vec<Tree> }
    struct Chain { value: i64, next: Option<Box<Chain>> }
    #[serde(rename = "$__anything")] struct NamedForSerde { a: i64 }
}

fn forms() -> Vec<Row> {
    let tree = |value, children| Tree { value, children };
    let chain = Chain { value: 1, next: Some(Box::new(Chain { value: 2, next: None })) };
    vec![
        same("an empty struct", Empty {}, json!({})),
        same("an empty struct in an option", Some(Empty {}), json!({})),
        same("a newtype", Newtype(1), json!(1)),
        same("a newtype of a newtype", Newtype(Newtype("a".to_owned())), json!("a")),
        same("a newtype of a struct", Newtype(Plain { a_b: 1 }), json!({"a_b": 1})),
        refused("a newtype of none, which serde misses", Newtype(None::<i64>)),
        same("a transparent newtype of none", Clear(None), json!(null)),
        same("a transparent newtype of some", Clear(Some(1)), json!(1)),
        same("a tuple struct", Pair(1, "a".to_owned()), json!([1, "a"])),
        same("a transparent struct", Transparent { inner: vec![1] }, json!([1])),
        same("a closed struct", Closed { a: 1 }, json!({"a": 1})),
        same("a generic struct", Generic { inner: vec![Some(1), None] }, json!({"inner": [1, null]})),
        same("a struct in a struct", Generic { inner: Generic { inner: 1 } }, json!({"inner": {"inner": 1}})),
        same(
            "text that may be borrowed",
            Borrowed { text: "a".into(), list: vec![1].into() },
            json!({"text": "a", "list": [1]}),
        ),
        same(
            "a tree",
            tree(1, vec![tree(2, vec![]), tree(3, vec![tree(4, vec![])])]),
            json!({"value": 1, "children": [
            {"value": 2, "children": []}, {"value": 3, "children": [{"value": 4, "children": []}]}]}),
        ),
        same("a chain", chain, json!({"value": 1, "next": {"value": 2}})),
        same("structs in a map", BTreeMap::from([("a".to_owned(), Plain { a_b: 1 })]), json!({"a": {"a_b": 1}})),
        same("a struct by another name", NamedForSerde { a: 1 }, json!({"a": 1})),
    ]
}

/// Writes an integer as text.
mod as_text {
    use super::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

shapes! {
    struct WithText { #[serde(with = "as_text")] a: i64 }
    #[serde(from = "i64", into = "i64")] struct Into64 { a: i64 }
    #[serde(try_from = "String", into = "String")] struct Even { text: String }
}

impl From<i64> for Into64 {
    fn from(a: i64) -> Self {
        Self { a }
    }
}

impl From<Into64> for i64 {
    fn from(into: Into64) -> Self {
        into.a
    }
}

impl TryFrom<String> for Even {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.len().is_multiple_of(2) { Ok(Self { text }) } else { Err("an odd number of bytes") }
    }
}

impl From<Even> for String {
    fn from(even: Even) -> Self {
        even.text
    }
}

fn converted() -> Vec<Row> {
    vec![
        same("a field by functions", WithText { a: 7 }, json!({"a": "7"})),
        same("a struct by conversion", Into64 { a: 7 }, json!(7)),
        same("a struct that may refuse", Even { text: "ab".to_owned() }, json!("ab")),
        refused("a struct that refuses", Even { text: "abc".to_owned() }),
    ]
}

fn untyped() -> Vec<Row> {
    let document =
        Document::from([("a", Value::Int(1)), ("b", Value::Bytes(vec![1])), ("c", Value::Array(vec![Value::Null]))]);
    vec![
        same("a document", document.clone(), json!({"a": 1, "b": {"$binary": "AQ=="}, "c": [null]})),
        same("a value", Value::Float(0.5), json!(0.5)),
        same("a value of text", Value::from("a"), json!("a")),
        same("a value of bytes", Value::Bytes(vec![1]), json!({"$binary": "AQ=="})),
        same("a value that is a map", Value::Map(document), json!({"a": 1, "b": {"$binary": "AQ=="}, "c": [null]})),
        same("values in a vector", vec![Value::Null, Value::Bool(true)], json!([null, true])),
        refused("an undeclared instant as a value", Value::Timestamp(backends_core::Timestamp::MIN)),
        same("JSON", json!({"a": [1, 0.5, "x", null, true, {}]}), json!({"a": [1, 0.5, "x", null, true, {}]})),
        becomes("JSON with null", json!({"a": null, "b": {"c": null}}), json!({"b": {}}), json!({"b": {}})),
        becomes("JSON with an integral float", json!({"a": 2.0}), json!({"a": 2}), json!({"a": 2})),
        refused("null as JSON", json!(null)),
        same("null as some JSON", Some(json!(1)), json!(1)),
        refused("a large integer as JSON", json!(u64::MAX)),
        refused("a large float as JSON", json!(1e300)),
    ]
}

tuples! { Nested(Vec<Nested>) }

fn nested(levels: usize) -> Nested {
    (1..levels).fold(Nested(vec![]), |inner, _| Nested(vec![inner]))
}

fn depth() -> Vec<Row> {
    let stored = (1..30).fold(json!([]), |inner, _| json!([inner]));
    vec![same("thirty levels", nested(30), stored), refused("thirty-one levels", nested(31))]
}
