//! Rows of structs that stand flat in others.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::{Row, becomes, refused, same, shapes};

shapes! {
    #[serde(rename_all = "camelCase")] struct Inner { first_name: i64, list: Vec<i64> }
    struct Flat { a: i64, #[serde(flatten)] inner: Inner }
    struct SomeFlat { a: i64, #[serde(flatten)] inner: Option<Inner> }
    struct Rest { a: i64, #[serde(flatten)] rest: BTreeMap<String, i64> }
    struct AnyRest { a: i64, #[serde(flatten)] rest: HashMap<String, Json> }
    struct NumberedRest { a: i64, #[serde(flatten)] rest: BTreeMap<u32, i64> }
    struct Deep { #[serde(flatten)] flat: Flat, b: i64 }
    struct Same { a: i64, #[serde(flatten)] other: OtherSame }
    struct OtherSame { a: i64 }
    struct TwoFlat { #[serde(flatten)] one: OtherSame, #[serde(flatten)] other: OtherSame }
    struct WithKind { a: i64, #[serde(flatten)] kind: Kind }
    #[serde(tag = "type", rename_all = "lowercase")] enum Kind { Circle { radius: f64 }, Point }
    struct WithVariant { a: i64, #[serde(flatten)] variant: Variant }
    enum Variant { Number(i64), Named { name: String } }
    struct WithUnit { a: i64, #[serde(flatten)] unit: () }
    struct Numbers { #[serde(flatten)] inner: Wide }
    struct Wide { i: i64, f: f64, s: f32, u: u8, c: char, b: bool, o: Option<i64> }
    struct FlatHuge { #[serde(flatten)] inner: Huge }
    struct Huge { n: i128 }
    struct FlatTwoNames { #[serde(flatten)] inner: TwoNames }
    struct TwoNames { #[serde(default, rename(serialize = "w", deserialize = "r"))] n: i64 }
    struct FlatDefault { #[serde(flatten)] inner: Seven }
    struct Seven { #[serde(default = "seven")] n: Option<i64> }
    struct Bytes { #[serde(flatten)] inner: InnerBytes }
    struct InnerBytes { #[serde(with = "serde_bytes")] bytes: Vec<u8> }
}

#[allow(clippy::unnecessary_wraps, reason = "serde asks for the type of the field")]
fn seven() -> Option<i64> {
    Some(7)
}

fn inner() -> Inner {
    Inner { first_name: 1, list: vec![2] }
}

fn map<const N: usize>(fields: [(&str, i64); N]) -> BTreeMap<String, i64> {
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

pub(super) fn rows() -> Vec<Row> {
    let wide = Wide { i: i64::MIN, f: 0.1, s: 0.1, u: 255, c: 'é', b: true, o: None };
    let integral = Wide { f: 2.0, s: 3.0, ..wide.clone() };
    let stored = json!({"i": i64::MIN, "f": 0.1, "s": 0.100_000_001_490_116_12, "u": 255, "c": "é", "b": true});
    let stored_integral = json!({"i": i64::MIN, "f": 2, "s": 3, "u": 255, "c": "é", "b": true});
    let any = HashMap::from([("x".to_owned(), json!({"y": [1, null]})), ("z".to_owned(), json!("text"))]);
    let with_null = HashMap::from([("x".to_owned(), Json::Null)]);
    vec![
        refused(
            "a flat field that is written under one name and read under another",
            FlatTwoNames { inner: TwoNames { n: 1 } },
        ),
        refused("nothing that is read as something", FlatDefault { inner: Seven { n: None } }),
        same("a flat struct", Flat { a: 1, inner: inner() }, json!({"a": 1, "firstName": 1, "list": [2]})),
        same("some flat struct", SomeFlat { a: 1, inner: Some(inner()) }, json!({"a": 1, "firstName": 1, "list": [2]})),
        same("no flat struct", SomeFlat { a: 1, inner: None }, json!({"a": 1})),
        same(
            "a flat struct in a flat one",
            Deep { flat: Flat { a: 1, inner: inner() }, b: 2 },
            json!({"a": 1, "firstName": 1, "list": [2], "b": 2}),
        ),
        same("a flat map", Rest { a: 1, rest: map([("x", 2), ("y", 3)]) }, json!({"a": 1, "x": 2, "y": 3})),
        same("a flat map of none", Rest { a: 1, rest: map([]) }, json!({"a": 1})),
        same(
            "a flat map of anything",
            AnyRest { a: 1, rest: any },
            json!({"a": 1, "x": {"y": [1, null]}, "z": "text"}),
        ),
        becomes(
            "a flat map with null",
            AnyRest { a: 1, rest: with_null },
            AnyRest { a: 1, rest: HashMap::new() },
            json!({"a": 1}),
        ),
        refused("a flat map with the name of a field", Rest { a: 1, rest: map([("a", 2)]) }),
        refused("a flat map with a bad name", Rest { a: 1, rest: map([("x.y", 2)]) }),
        refused(
            "a flat map with integers as keys, which serde cannot read",
            NumberedRest { a: 1, rest: BTreeMap::from([(7, 1)]) },
        ),
        refused("a flat struct with the name of a field", Same { a: 1, other: OtherSame { a: 2 } }),
        refused("two flat structs with one name", TwoFlat { one: OtherSame { a: 1 }, other: OtherSame { a: 2 } }),
        same(
            "a flat enum with a tag",
            WithKind { a: 1, kind: Kind::Circle { radius: 0.5 } },
            json!({"a": 1, "type": "circle", "radius": 0.5}),
        ),
        same(
            "a flat variant that holds nothing",
            WithKind { a: 1, kind: Kind::Point },
            json!({"a": 1, "type": "point"}),
        ),
        same("a flat variant", WithVariant { a: 1, variant: Variant::Number(2) }, json!({"a": 1, "Number": 2})),
        same(
            "a flat variant of a struct",
            WithVariant { a: 1, variant: Variant::Named { name: "n".to_owned() } },
            json!({"a": 1, "Named": {"name": "n"}}),
        ),
        same("a flat unit", WithUnit { a: 1, unit: () }, json!({"a": 1})),
        same("scalars in a flat struct", Numbers { inner: wide }, stored),
        same("integral floats in a flat struct", Numbers { inner: integral }, stored_integral),
        refused("an i128 in a flat struct, which serde cannot read", FlatHuge { inner: Huge { n: 7 } }),
        same(
            "bytes in a flat struct",
            Bytes { inner: InnerBytes { bytes: vec![0, 255] } },
            json!({"bytes": {"$binary": "AP8="}}),
        ),
    ]
}
