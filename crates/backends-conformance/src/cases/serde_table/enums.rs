//! Rows of enums in each of serde's four forms.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Row, becomes, refused, same, shapes};

pub(super) fn rows() -> Vec<Row> {
    [external(), around_null(), renamed(), internal(), adjacent(), untagged(), inside()].into_iter().flatten().collect()
}

shapes! {
    enum External { Unit, New(i64), Tuple(i64, String), Struct { a: i64, b: Option<i64> }, List(Vec<i64>), Inner(Box<External>), Empty {} }
}

fn external() -> Vec<Row> {
    vec![
        same("a variant", External::Unit, json!("Unit")),
        same("a newtype variant", External::New(1), json!({"New": 1})),
        same("a tuple variant", External::Tuple(1, "a".to_owned()), json!({"Tuple": [1, "a"]})),
        same("a struct variant", External::Struct { a: 1, b: Some(2) }, json!({"Struct": {"a": 1, "b": 2}})),
        same("a struct variant with none", External::Struct { a: 1, b: None }, json!({"Struct": {"a": 1}})),
        same("a variant of a vector", External::List(vec![1, 2]), json!({"List": [1, 2]})),
        same("a variant of an empty vector", External::List(vec![]), json!({"List": []})),
        same("a variant in a variant", External::Inner(Box::new(External::New(1))), json!({"Inner": {"New": 1}})),
        same("a unit variant in a variant", External::Inner(Box::new(External::Unit)), json!({"Inner": "Unit"})),
        same("an empty struct variant", External::Empty {}, json!({"Empty": {}})),
    ]
}

shapes! {
    enum AroundNull { Maybe(Option<i64>), Unit(()), Tuple(Option<i64>, Option<i64>), Struct { a: Option<i64> }, Map(BTreeMap<String, Option<i64>>) }
}

fn around_null() -> Vec<Row> {
    let none = BTreeMap::from([("a".to_owned(), None)]);
    vec![
        same("a variant around some", AroundNull::Maybe(Some(1)), json!({"Maybe": 1})),
        refused("a variant around none", AroundNull::Maybe(None)),
        refused("a variant around a unit", AroundNull::Unit(())),
        same("a tuple variant of none", AroundNull::Tuple(None, None), json!({"Tuple": [null, null]})),
        same("a struct variant of none", AroundNull::Struct { a: None }, json!({"Struct": {}})),
        becomes(
            "a variant of a map of none",
            AroundNull::Map(none),
            AroundNull::Map(BTreeMap::new()),
            json!({"Map": {}}),
        ),
        refused("a variant around none, in a vector", vec![AroundNull::Maybe(None)]),
    ]
}

shapes! {
    #[serde(rename_all = "snake_case", rename_all_fields = "camelCase")] enum Cases { FirstOne, SecondOne { field_name: i64 } }
    enum Named { #[serde(rename = "größe 👍")] Size, #[serde(alias = "old")] New, #[serde(rename = "a b")] Spaced(i64) }
    enum BadName { #[serde(rename = "a.b")] Dotted(i64), #[serde(rename = "a.b.c")] Text }
    enum TwoNames { #[serde(rename(serialize = "w", deserialize = "r"))] Lost, Kept }
    enum Skipped { #[serde(skip_deserializing)] Lost, #[serde(skip)] Never, Kept }
    enum Other { Known, #[serde(other)] Rest }
    #[serde(from = "u8", into = "u8")] enum Coded { One, Two }
}

impl From<u8> for Coded {
    fn from(code: u8) -> Self {
        if code == 1 { Self::One } else { Self::Two }
    }
}

impl From<Coded> for u8 {
    fn from(coded: Coded) -> Self {
        if coded == Coded::One { 1 } else { 2 }
    }
}

fn renamed() -> Vec<Row> {
    vec![
        same("a variant in snake_case", Cases::FirstOne, json!("first_one")),
        same(
            "a variant's fields in camelCase",
            Cases::SecondOne { field_name: 1 },
            json!({"second_one": {"fieldName": 1}}),
        ),
        same("a variant beyond ASCII", Named::Size, json!("größe 👍")),
        same("a variant with an alias", Named::New, json!("New")),
        same("a variant with a space", Named::Spaced(1), json!({"a b": 1})),
        refused("a variant with a dot that holds something", BadName::Dotted(1)),
        same("a variant with dots that holds nothing", BadName::Text, json!("a.b.c")),
        refused("a variant by a name that is not read", TwoNames::Lost),
        same("another variant of that enum", TwoNames::Kept, json!("Kept")),
        refused("a variant that is never read", Skipped::Lost),
        refused("a variant that is never written", Skipped::Never),
        same("the variant that is left", Skipped::Kept, json!("Kept")),
        same("a known variant", Other::Known, json!("Known")),
        same("the variant for all others", Other::Rest, json!("Rest")),
        same("an enum as a number", vec![Coded::One, Coded::Two], json!([1, 2])),
    ]
}

shapes! {
    struct Inner { x: i64, y: Option<f64> }
    #[serde(tag = "type")] enum Internal { Unit, New(Inner), Struct { a: i64, c: char, n: Option<i64> }, Map(BTreeMap<String, i64>) }
    #[serde(tag = "type")] enum InternalText { New(String) }
    #[serde(tag = "a.b")] enum InternalDotted { Struct { a: i64 } }
}

fn internal() -> Vec<Row> {
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    vec![
        same("a tag alone", Internal::Unit, json!({"type": "Unit"})),
        same("a tag beside a struct", Internal::New(Inner { x: 1, y: None }), json!({"type": "New", "x": 1})),
        same(
            "a tag beside an integral float",
            Internal::New(Inner { x: 1, y: Some(2.0) }),
            json!({"type": "New", "x": 1, "y": 2}),
        ),
        same(
            "a tag beside fields",
            Internal::Struct { a: i64::MIN, c: 'é', n: None },
            json!({"type": "Struct", "a": i64::MIN, "c": "é"}),
        ),
        same("a tag beside a map", Internal::Map(map), json!({"type": "Map", "a": 1})),
        refused("a tag beside text, which serde cannot write", InternalText::New("x".to_owned())),
        refused("a tag with a dot", InternalDotted::Struct { a: 1 }),
    ]
}

shapes! {
    #[serde(tag = "t", content = "c")] enum Adjacent { Unit, New(i64), Maybe(Option<i64>), Tuple(i64, i64), Struct { a: i64 }, Nothing(()) }
}

fn adjacent() -> Vec<Row> {
    vec![
        same("a tag without content", Adjacent::Unit, json!({"t": "Unit"})),
        same("a tag and content", Adjacent::New(1), json!({"t": "New", "c": 1})),
        same("a tag and some content", Adjacent::Maybe(Some(1)), json!({"t": "Maybe", "c": 1})),
        same("a tag and none", Adjacent::Maybe(None), json!({"t": "Maybe"})),
        same("a tag and a tuple", Adjacent::Tuple(1, 2), json!({"t": "Tuple", "c": [1, 2]})),
        same("a tag and a struct", Adjacent::Struct { a: 1 }, json!({"t": "Struct", "c": {"a": 1}})),
        refused("a tag and a unit", Adjacent::Nothing(())),
    ]
}

shapes! {
    #[serde(untagged)] enum Untagged { Int(i64), Float(f64), Text(String), List(Vec<i64>), Struct { a: i64, b: Option<i64> }, Pair(i64, String) }
    #[serde(untagged)] enum FloatFirst { Float(f64), Int(i64) }
    #[serde(untagged)] enum WithUnit { Unit, Int(i64) }
    #[serde(untagged)] enum WithBytes { Bytes(serde_bytes::ByteBuf), Int(i64) }
    #[serde(untagged)] enum Greedy { All { a: Option<i64> }, Other { b: i64 } }
}

fn untagged() -> Vec<Row> {
    vec![
        same("an integer without a tag", Untagged::Int(i64::MIN), json!(i64::MIN)),
        same("a float without a tag", Untagged::Float(0.5), json!(0.5)),
        becomes("an integral float without a tag", Untagged::Float(2.0), Untagged::Int(2), json!(2)),
        becomes("an integer where floats come first", FloatFirst::Int(2), FloatFirst::Float(2.0), json!(2)),
        same("text without a tag", Untagged::Text("a".to_owned()), json!("a")),
        same("a vector without a tag", Untagged::List(vec![1]), json!([1])),
        same("a struct without a tag", Untagged::Struct { a: 1, b: None }, json!({"a": 1})),
        same("a tuple without a tag", Untagged::Pair(1, "a".to_owned()), json!([1, "a"])),
        refused("a unit without a tag", WithUnit::Unit),
        same("another variant beside a unit", WithUnit::Int(1), json!(1)),
        same("bytes without a tag", WithBytes::Bytes(vec![1].into()), json!({"$binary": "AQ=="})),
        refused("a variant that an earlier one takes", Greedy::Other { b: 1 }),
    ]
}

fn inside() -> Vec<Row> {
    let map = BTreeMap::from([("a".to_owned(), External::Unit), ("b".to_owned(), External::New(1))]);
    vec![
        same("some variant", Some(External::Unit), json!("Unit")),
        same("no variant", None::<External>, json!(null)),
        same("variants in a vector", vec![External::Unit, External::New(1)], json!(["Unit", {"New": 1}])),
        same("variants in a map", map, json!({"a": "Unit", "b": {"New": 1}})),
        same("a variant in a tuple", (External::Unit, 1), json!(["Unit", 1])),
        same("tagged variants in a vector", vec![Internal::Unit], json!([{"type": "Unit"}])),
        same("some untagged variant", Some(Untagged::Float(0.5)), json!(0.5)),
        same("a unit without a tag, in an option", None::<WithUnit>, json!(null)),
    ]
}
