//! Rows of arrays, tuples, options, bytes and maps.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use serde_json::json;

use super::{Row, becomes, refused, same};

pub(super) fn rows() -> Vec<Row> {
    [arrays(), tuples(), options(), bytes(), maps(), keys(), bad_keys()].into_iter().flatten().collect()
}

fn arrays() -> Vec<Row> {
    vec![
        same("a vector", vec![3, 1, 2], json!([3, 1, 2])),
        same("an empty vector", Vec::<i64>::new(), json!([])),
        same("a vector of vectors", vec![vec![1], vec![], vec![2, 3]], json!([[1], [], [2, 3]])),
        same("a deque", VecDeque::from([1, 2]), json!([1, 2])),
        same("a list", LinkedList::from([1, 2]), json!([1, 2])),
        same("a sorted set", BTreeSet::from([2, 1]), json!([1, 2])),
        same("a set", HashSet::from(["a".to_owned()]), json!(["a"])),
        same("an array", [1, 2, 3], json!([1, 2, 3])),
        same("an array of none", [0_i64; 0], json!([])),
        same("an array of 32", [7_u8; 32], [7; 32].into_iter().collect()),
        same("a boxed slice", Box::<[i64]>::from([1, 2]), json!([1, 2])),
        same("a shared slice", Arc::<[i64]>::from([1, 2]), json!([1, 2])),
        same("a slice that may be borrowed", Cow::<'static, [i64]>::Owned(vec![1]), json!([1])),
        same("a vector of options", vec![Some(1), None], json!([1, null])),
        same("a vector of units", vec![(), ()], json!([null, null])),
        same("a vector of texts", vec!["a".to_owned(), String::new()], json!(["a", ""])),
        same("a vector of floats", vec![0.5, 2.0], json!([0.5, 2])),
        refused("a vector with no number", vec![0.5, f64::NAN]),
        refused("a vector with U+0000", vec!["\0".to_owned()]),
    ]
}

fn tuples() -> Vec<Row> {
    vec![
        same("a tuple of one", (1,), json!([1])),
        same("a tuple", (1, "a".to_owned(), true), json!([1, "a", true])),
        same("a tuple in a tuple", ((1, 2), (3,)), json!([[1, 2], [3]])),
        same("a tuple with none", (1, None::<i64>), json!([1, null])),
        same("a tuple of none", (None::<i64>, None::<i64>), json!([null, null])),
        same(
            "a tuple of twelve",
            (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
            json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ),
        same("tuples in a vector", vec![(1, 'a'), (2, 'b')], json!([[1, "a"], [2, "b"]])),
    ]
}

fn options() -> Vec<Row> {
    vec![
        same("some", Some(1), json!(1)),
        same("none", None::<i64>, json!(null)),
        same("some in some", Some(Some(1)), json!(1)),
        becomes("none in some", Some(None::<i64>), None, json!(null)),
        same("some empty text", Some(String::new()), json!("")),
        same("some empty vector", Some(Vec::<i64>::new()), json!([])),
        same("some empty map", Some(BTreeMap::<String, i64>::new()), json!({})),
        same("some box", Some(Box::new(1)), json!(1)),
        becomes("some unit", Some(()), None, json!(null)),
        same("some false", Some(false), json!(false)),
        same("some zero", Some(0), json!(0)),
        becomes(
            "none in some in a vector",
            vec![Some(None), Some(Some(1)), None],
            vec![None, Some(Some(1)), None],
            json!([null, 1, null]),
        ),
    ]
}

fn bytes() -> Vec<Row> {
    let all = ByteBuf::from(vec![0, 1, 255]);
    vec![
        same("bytes", all.clone(), json!({"$binary": "AAH/"})),
        same("no bytes", ByteBuf::new(), json!({"$binary": ""})),
        same("an array of bytes", ByteArray::new([0, 1, 255]), json!({"$binary": "AAH/"})),
        same("some bytes", Some(all.clone()), json!({"$binary": "AAH/"})),
        same("a vector of bytes", vec![all.clone(), ByteBuf::new()], json!([{"$binary": "AAH/"}, {"$binary": ""}])),
        same("a map of bytes", BTreeMap::from([("a".to_owned(), all)]), json!({"a": {"$binary": "AAH/"}})),
        same("a vector of small integers", vec![0_u8, 255], json!([0, 255])),
    ]
}

fn maps() -> Vec<Row> {
    let text = |text: &str| text.to_owned();
    vec![
        same("a map", HashMap::from([(text("a"), 1)]), json!({"a": 1})),
        same("a sorted map", BTreeMap::from([(text("b"), 2), (text("a"), 1)]), json!({"a": 1, "b": 2})),
        same("an empty map", HashMap::<String, i64>::new(), json!({})),
        same("a map of vectors", BTreeMap::from([(text("a"), vec![1, 2])]), json!({"a": [1, 2]})),
        same("a map of maps", BTreeMap::from([(text("a"), BTreeMap::from([(text("b"), 1)]))]), json!({"a": {"b": 1}})),
        same("a map of empty maps", BTreeMap::from([(text("a"), BTreeMap::<String, i64>::new())]), json!({"a": {}})),
        becomes(
            "a map of options",
            BTreeMap::from([(text("a"), None), (text("b"), Some(1))]),
            BTreeMap::from([(text("b"), Some(1))]),
            json!({"b": 1}),
        ),
        becomes("a map of none", BTreeMap::from([(text("a"), None::<i64>)]), BTreeMap::new(), json!({})),
        same(
            "a map with the name of the id",
            BTreeMap::from([(text("id"), 1), (text("_id"), 2)]),
            json!({"id": 1, "_id": 2}),
        ),
        same("a map in a vector", vec![BTreeMap::from([(text("a"), 1)])], json!([{"a": 1}])),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Newtype<T>(T);

fn one<K: Eq + Hash>(key: K) -> HashMap<K, i64> {
    HashMap::from([(key, 1)])
}

fn keys() -> Vec<Row> {
    let uuid = uuid::Uuid::from_u128(7);
    let address = "192.0.2.1".parse::<std::net::IpAddr>().unwrap();
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    vec![
        same("integers as keys", BTreeMap::from([(-1, 1), (10, 2)]), json!({"-1": 1, "10": 2})),
        same("small integers as keys", one(255_u8), json!({"255": 1})),
        same("the least i64 as a key", one(i64::MIN), json!({"-9223372036854775808": 1})),
        same("the largest u64 as a key", one(u64::MAX), json!({"18446744073709551615": 1})),
        same("the least i128 as a key", one(i128::MIN), json!({"-170141183460469231731687303715884105728": 1})),
        same("bools as keys", BTreeMap::from([(true, 1), (false, 2)]), json!({"true": 1, "false": 2})),
        same("chars as keys", one('é'), json!({"é": 1})),
        same("variants as keys", BTreeMap::from([(Colour::Red, 1), (Colour::Green, 2)]), json!({"red": 1, "green": 2})),
        same("newtypes of text as keys", one(Newtype("a".to_owned())), json!({"a": 1})),
        same("newtypes of integers as keys", one(Newtype(7_u32)), json!({"7": 1})),
        same("newtypes of variants as keys", one(Newtype(Colour::Red)), json!({"red": 1})),
        same("UUIDs as keys", one(uuid), json!({"00000000-0000-0000-0000-000000000007": 1})),
        same("dates as keys", one(date), json!({"2024-02-29": 1})),
        same("some text as a key", one(Some("a".to_owned())), json!({"a": 1})),
        same("text beyond ASCII as a key", one("größe 日本".to_owned()), json!({"größe 日本": 1})),
        same("paths without a dot as keys", one(PathBuf::from("a/b")), json!({"a/b": 1})),
        refused("addresses, which have dots, as keys", one(address)),
    ]
}

fn bad_keys() -> Vec<Row> {
    let text = |text: &str| text.to_owned();
    vec![
        refused("a dot in a key", one(text("a.b"))),
        refused("an empty key", one(text(""))),
        refused("a key like an operator", one(text("$ne"))),
        refused("a quote in a key", one(text("a\"b"))),
        refused("a control character in a key", one(text("a\nb"))),
        refused("a key of the library's own", one(text("_backends"))),
        refused("a long key", one("x".repeat(256))),
        same("a key that is not too long", one("x".repeat(255)), json!({"x".repeat(255): 1})),
        refused("tuples as keys", one((1, 2))),
        refused("none as a key", one(None::<String>)),
        refused("units as keys", one(())),
    ]
}
