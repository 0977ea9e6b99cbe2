//! Which updates are one request, by which condition, and which are not.

use std::time::Duration;

use backends_core::driver::{Context, ExpectedVersion};
use backends_core::{Filter, Key, Value, field};
use mongodb::bson::DateTime;

use super::*;

const JSON: &str = r#"{"name": "notes", "idKind": "string", "fields": {"s": "string", "n": "integer", "at": "timestamp",
    "seen": {"kind": "timestamp", "foreignText": true}}}"#;

fn request(changes: Vec<Change>) -> UpdateRequest {
    let context = Context::new("2026-01-01T00:00:00Z".parse().unwrap(), Duration::from_secs(1));
    UpdateRequest::new(context, Key::new(Value::from("a"), None), changes)
}

fn planned(request: &UpdateRequest) -> Option<AtOnce> {
    at_once(request, &Definition::from_json(JSON).unwrap(), doc! { "_id": "a" }).unwrap()
}

fn set(path: &str, value: impl Into<Value>) -> Change {
    Change::Set(path.into(), value.into())
}

fn inc(path: &str, by: i64) -> Change {
    Change::Inc(path.into(), by)
}

fn push(path: &str, value: impl Into<Value>) -> Change {
    Change::Push(path.into(), value.into())
}

#[test]
fn c28_each_change_is_a_part_of_the_request() {
    let unreadable = [6, 11, 12, 13, 15, 17, 19, 127, -1, 5];
    let readable = |name: &str| vec![doc! { name: { "$type": unreadable.to_vec() } }];
    let integer = |name: &str| doc! { name: { "$type": [1, 19] } };
    let at: backends_core::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for (change, not, update) in [
        (set("s", "x"), readable("s"), doc! { "$set": { "s": "x" } }),
        (set("at", at), readable("at"), doc! { "$set": { "at": DateTime::from_millis(at.millis()) } }),
        (set("x", "$s"), readable("x"), doc! { "$set": { "x": "$s" } }),
        (set("x", vec![Value::from(1), true.into()]), readable("x"), doc! { "$set": { "x": [1_i64, true] } }),
        (Change::Unset("x".into()), readable("x"), doc! { "$unset": { "x": "" } }),
        (inc("n", 1), vec![integer("n"), doc! { "n": { "$gt": i64::MAX - 1 } }], doc! { "$inc": { "n": 1_i64 } }),
        (inc("x", -2), vec![integer("x"), doc! { "x": { "$lt": i64::MIN + 2 } }], doc! { "$inc": { "x": -2_i64 } }),
        (inc("n", 0), vec![integer("n")], doc! { "$inc": { "n": 0_i64 } }),
        (push("x", 1.5), readable("x"), doc! { "$push": { "x": 1.5 } }),
    ] {
        let condition = doc! { "_id": "a", "$nor": not };
        assert_eq!(planned(&request(vec![change.clone()])), Some(AtOnce { condition, update }), "{change:?}");
    }
    let several = planned(&request(vec![set("s", "x"), inc("n", 1), inc("x", 2), set("at", at)])).unwrap();
    let written: Vec<_> =
        several.update.iter().map(|(op, of)| (op.as_str(), of.as_document().unwrap().len())).collect();
    assert_eq!(written, [("$set", 2), ("$inc", 2)]);
}

#[test]
fn c28_a_sum_is_one_that_the_type_takes() {
    let not = |by: i64, most: RangeInclusive<i64>| {
        let mut writer = Writer { is_untyped: false, not: Vec::new(), update: Document::new() };
        writer.change(&inc("n", by), &most).map(|()| writer.not[1..].to_vec())
    };
    let (less, more) = (|n: i64| doc! { "n": { "$lt": n } }, |n: i64| doc! { "n": { "$gt": n } });
    assert_eq!(not(1, 0..=255), Some(vec![less(-1), more(254)]));
    assert_eq!(not(-1, 0..=255), Some(vec![less(1), more(256), doc! { "n": { "$exists": false } }]));
    assert_eq!(not(i64::MIN, 0..=255), None);
    let mut writer = Writer { is_untyped: false, not: Vec::new(), update: Document::new() };
    assert!(writer.change(&set("s", "x"), &(i64::MIN..=i64::MAX)).is_some() && writer.not.is_empty());
}

#[test]
fn c28_what_only_a_look_at_the_record_can_tell_takes_a_read() {
    for change in [
        set("a.b", 1),
        inc("a.b", 1),
        push("a.b", 1),
        Change::Unset("a.b".into()),
        Change::Pull("x".into(), 1.into()),
        set("$x", 1),
        set("x", "y".repeat(MOST_BYTES)),
    ] {
        let request = request(vec![set("s", "x"), change]);
        assert_eq!(planned(&request), None, "{:?}", request.changes[1].path());
    }
}

#[test]
fn c27_the_filter_is_a_part_of_the_condition_where_the_server_means_the_same() {
    let of = |filter: Filter| {
        let mut request = request(vec![Change::Unset("s".into())]);
        request.filter = filter;
        planned(&request).map(|at_once| at_once.condition)
    };
    let both = doc! { "$and": [{ "s": { "$eq": "a" } }, { "n": { "$gt": 1_i64 } }] };
    let condition = of(field("s").eq("a") & field("n").gt(1)).unwrap();
    assert_eq!(condition.get_array("$and").unwrap()[..], [doc! { "_id": "a" }.into(), both.into()]);
    // What no record holds may stand there, and core says so.
    assert_eq!(of(field("x").eq(1)), None);
    assert_eq!(of(field("seen").is_set() & field("seen").lt(Value::from("2026-01-01T00:00:00Z"))), None);
}

#[test]
fn c32_an_expected_version_is_counted_in_the_same_request() {
    let mut request = request(vec![inc("v", 1)]);
    request.expected = Some(ExpectedVersion::new("v", 3));
    let AtOnce { condition, update } = planned(&request).unwrap();
    assert_eq!(update, doc! { "$inc": { "v": 1_i64 } });
    assert_eq!(condition.get_array("$nor").unwrap().len(), 2);
}

#[test]
fn c10_text_that_is_limited_with_others_takes_a_read() {
    let json = |fields: &str| {
        format!(r#"{{"name": "notes", "idKind": "string", "indexes": [{{"fields": [{fields}], "unique": false}}]}}"#)
    };
    for (fields, value, is_one) in [
        (r#""a", "b""#, Value::from("x"), true),
        (r#""a", "b", "c""#, Value::from("x"), false),
        (r#""a", "b", "c""#, Value::from(1), true),
        (r#""b", "c", "d""#, Value::from("x"), true),
    ] {
        let definition = Definition::from_json(&json(fields)).unwrap();
        let planned = at_once(&request(vec![set("a", value)]), &definition, doc! { "_id": "a" }).unwrap();
        assert_eq!(planned.is_some(), is_one, "{fields}");
    }
}

#[test]
fn c42_what_is_taken_back_is_what_the_server_left() {
    let before = || doc! { "_id": "a", "z": 1, "n": 2_i32, "l": ["x"], "s": "old" };
    let left = |changes: &[Change]| left_by(changes, before());
    assert_eq!(
        left(&[
            push("new", 1),
            inc("n", 3),
            inc("count", 1),
            push("l", "y"),
            set("s", "new"),
            Change::Unset("z".into())
        ]),
        Some(doc! { "_id": "a", "n": 5_i64, "l": ["x", "y"], "s": "new", "count": 1_i64, "new": [1_i64] })
    );
    // Equal documents may differ in the order of their fields.
    let names = |changes: &[Change]| left(changes).unwrap().keys().skip(5).cloned().collect::<Vec<_>>();
    assert_eq!(names(&[set("b", 1), set("10", 1), set("9", 1), set("a", 1)]), ["9", "10", "a", "b"]);
    for impossible in [inc("s", 1), inc("n", i64::MAX), push("s", 1), Change::Pull("l".into(), "x".into())] {
        assert_eq!(left(&[impossible]), None);
    }
}
