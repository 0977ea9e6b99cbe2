//! Which updates are one request, by which expressions, and which are not.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use backends_core::driver::Context;
use backends_core::{Key, Timestamp, field};

use super::*;

const PLAIN: &str =
    r#"{"name": "notes", "idKind": "string", "fields": {"n": "integer", "a.n": "integer", "x": "number"}}"#;
/// What stands in every condition.
const THERE: &str = "attribute_exists(id)";
const NO_OTHER: &str = "attribute_not_exists(_backends_shard)";
const NO_END: &str = "attribute_not_exists(_backends_expires)";

fn context() -> Context {
    Context::new("2026-01-01T00:00:00Z".parse().unwrap(), Duration::from_secs(1))
}

fn request(changes: Vec<Change>) -> UpdateRequest {
    UpdateRequest::new(context(), Key::new(Value::from("a"), None), changes)
}

fn planned(json: &str, request: &UpdateRequest) -> Option<AtOnce> {
    let definition = Definition::from_json(json).unwrap();
    let (codec, guards) = (Codec::new(&definition), Guards::new(&definition));
    let expiry = definition.ttl().and_then(|ttl| Expiry::at(ttl, request.context.now));
    let records = Records { definition: &definition, codec: &codec, guards: &guards };
    at_once(request, records, expiry.as_ref(), &Stamp::of(&request.context))
}

/// The condition without what stands in every one, and the update without the stamp: names and values in their places.
fn spelled(json: &str, request: &UpdateRequest) -> Option<(String, String)> {
    let AtOnce { condition, update } = planned(json, request)?;
    let (names, values) = (&condition.names, condition.values.as_ref().unwrap());
    // `#u1` is in `#u10` too.
    let mut aliases: Vec<(&String, String)> = names.iter().map(|(alias, name)| (alias, name.clone())).collect();
    aliases.extend(values.iter().map(|(alias, value)| (alias, told(value))));
    aliases.sort_by_key(|(alias, _)| std::cmp::Reverse(alias.len()));
    let spell = |text: &str| aliases.iter().fold(text.to_owned(), |text, (alias, is)| text.replace(*alias, is));
    let update = spell(&update);
    let mut condition =
        [THERE, NO_OTHER, NO_END].iter().fold(spell(&condition.text), |text, part| text.replace(part, ""));
    while condition.contains(" AND  AND ") {
        condition = condition.replace(" AND  AND ", " AND ");
    }
    let condition = condition.trim_start_matches(" AND ").trim_end_matches(" AND ").to_owned();
    Some((condition, update.replace(", _backends_write = stamp", "").replace("SET _backends_write = stamp", "")))
}

fn told(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => format!("'{text}'"),
        AttributeValue::N(text) => text.clone(),
        AttributeValue::B(_) => "stamp".to_owned(),
        AttributeValue::Bool(bool) => bool.to_string(),
        AttributeValue::L(members) => format!("[{}]", members.iter().map(told).collect::<Vec<_>>().join(", ")),
        AttributeValue::M(map) => format!("{{{}}}", map.len()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn c28_each_change_is_a_part_of_the_request() {
    let set = |path: &str, value: Value| Change::Set(path.into(), value);
    let inc = |path: &str, by| Change::Inc(path.into(), by);
    for (change, condition, update) in [
        (set("s", "x".into()), "", "SET s = 'x'"),
        (set("a.b", 1.5.into()), "attribute_type(a, 'M')", "SET a.b = 1.5"),
        (set("a.b.0", true.into()), "attribute_type(a.b, 'M')", "SET a.b.0 = true"),
        (set("s", Value::Array(vec![1.into(), "x".into()])), "", "SET s = [1, 'x']"),
        (Change::Unset("s".into()), "", " REMOVE s"),
        (Change::Unset("a.b".into()), "attribute_type(a, 'M')", " REMOVE a.b"),
        (
            inc("n", 1),
            "(attribute_not_exists(n) OR n BETWEEN -9223372036854775808 AND 9223372036854775806)",
            "SET n = if_not_exists(n, 0) + 1",
        ),
        (
            inc("n", i64::MIN),
            "(attribute_not_exists(n) OR n BETWEEN 0 AND 9223372036854775807)",
            "SET n = if_not_exists(n, 0) + -9223372036854775808",
        ),
        (
            inc("a.n", -2),
            "attribute_type(a, 'M') AND (attribute_not_exists(a.n) OR a.n BETWEEN -9223372036854775806 AND 9223372036854775807)",
            "SET a.n = if_not_exists(a.n, 0) + -2",
        ),
        (
            Change::Push("l".into(), "x".into()),
            "(attribute_not_exists(l) OR attribute_type(l, 'L'))",
            "SET l = list_append(if_not_exists(l, []), ['x'])",
        ),
    ] {
        let told = format!("{change:?}");
        let expected = Some((condition.to_owned(), update.to_owned()));
        assert_eq!(spelled(PLAIN, &request(vec![change])), expected, "{told}");
    }
    let several = request(vec![set("s", "x".into()), inc("n", 1), Change::Unset("gone".into())]);
    let (condition, update) = spelled(PLAIN, &several).unwrap();
    assert!(condition.starts_with("(attribute_not_exists(n) OR"), "{condition}");
    assert_eq!(update, "SET s = 'x', n = if_not_exists(n, 0) + 1 REMOVE gone");
}

#[test]
fn c28_what_the_service_cannot_be_asked_exactly_is_read() {
    let ordered = r#"{"name": "notes", "indexes": [{"fields": ["at"], "unique": false, "ordered": true}]}"#;
    let indexed =
        r#"{"name": "notes", "fields": {"n": "integer"}, "indexes": [{"fields": ["s", "n"], "unique": false}]}"#;
    let unique =
        r#"{"name": "notes", "fields": {"n": "integer"}, "indexes": [{"fields": ["s", "n"], "unique": true}]}"#;
    let set = |path: &str, value: Value| vec![Change::Set(path.into(), value)];
    let inc = |path: &str, by| vec![Change::Inc(path.into(), by)];
    let long = || Value::from("x".repeat(MOST_BYTES + 1));
    let many = |count: usize| (0..count).map(|at| Change::Push(format!("f{at}").as_str().into(), 1.into())).collect();
    for (json, changes, is_one) in [
        (PLAIN, inc("n", 1), true),
        (PLAIN, inc("x", 1), false),
        (PLAIN, inc("other", 1), false),
        (PLAIN, vec![Change::Pull("l".into(), 1.into())], false),
        (PLAIN, set("s", long()), false),
        (PLAIN, vec![Change::Push("l".into(), long())], false),
        (PLAIN, many(20), true),
        (PLAIN, many(60), false),
        (ordered, set("other", 1.into()), false),
        (indexed, inc("n", 1), true),
        (indexed, set("n", 1.into()), true),
        (indexed, vec![Change::Unset("s".into())], true),
        (indexed, set("s", "x".into()), false),
        (unique, inc("n", 1), false),
        (unique, vec![Change::Unset("s".into())], false),
        (unique, set("other", "x".into()), true),
    ] {
        let request = request(changes);
        assert_eq!(planned(json, &request).is_some(), is_one, "{json} {:?}", request.changes);
    }
}

#[test]
fn c27_the_filter_is_a_part_of_the_condition_where_the_service_means_the_same() {
    let of = |filter: Filter| {
        let mut request = request(vec![Change::Set("s".into(), "x".into())]);
        request.filter = filter;
        spelled(PLAIN, &request).map(|(condition, _)| condition)
    };
    let (s, n) = (field("s"), field("n"));
    assert_eq!(of(s.eq("a") & n.gt(1)).as_deref(), Some("s = 'a' AND n > 1"));
    assert_eq!(of(s.eq("a") | n.gt(1)).as_deref(), Some("(s = 'a' OR n > 1)"));
    assert_eq!(of(s.like("a%b%c")), None);
}

#[test]
fn c32_an_expected_version_is_compared_and_counted() {
    let json = r#"{"name": "notes", "idKind": "string", "version": "v"}"#;
    let of = |version| {
        let mut request = request(vec![Change::Inc("v".into(), 1)]);
        request.expected = Some(ExpectedVersion::new("v", version));
        spelled(json, &request).unwrap()
    };
    let (condition, update) = of(3);
    assert!(condition.starts_with("v = 3 AND (attribute_not_exists(v) OR v BETWEEN"), "{condition}");
    assert_eq!(update, "SET v = if_not_exists(v, 0) + 1");
    assert!(of(0).0.starts_with("(attribute_not_exists(v) OR v = 0) AND "));
}

#[test]
fn c35_what_has_expired_does_not_meet_the_condition() {
    let json = r#"{"name": "notes", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 60}"#;
    let definition = Definition::from_json(json).unwrap();
    let alive = Alive(&Expiry::at(definition.ttl().unwrap(), context().now).unwrap()).expression();
    assert_eq!(alive.values.as_ref().unwrap()[":e"], AttributeValue::S("2025-12-31T23:59:00.000Z".to_owned()));
    let time = |text: &str| Value::Timestamp(text.parse::<Timestamp>().unwrap());
    for (text, update) in [
        ("2026-01-01T00:00:00.001Z", "SET _backends_expires = 1767225661, "),
        ("0001-01-01T00:00:00Z", " REMOVE _backends_expires"),
    ] {
        let (condition, is) = spelled(json, &request(vec![Change::Set("at".into(), time(text))])).unwrap();
        assert_eq!(condition, "");
        assert!(is.contains(update.trim_end_matches(", ").trim_start_matches("SET ")), "{is}");
    }
    // Another definition of the same records says when they end.
    let condition = planned(PLAIN, &request(vec![Change::Unset("s".into())])).unwrap().condition;
    assert!(condition.names.values().any(|name| name == EXPIRES) && condition.text.matches("not_exists").count() == 2);
    let condition = planned(json, &request(vec![Change::Unset("s".into())])).unwrap().condition;
    assert!(condition.names.values().all(|name| name != EXPIRES), "{condition:?}");
}

#[test]
fn c07_values_and_names_stand_beside_the_expressions() {
    let at_once = planned(PLAIN, &request(vec![Change::Set("s".into(), Value::Bytes(vec![1]))])).unwrap();
    let AtOnce { condition, update } = &at_once;
    let is_used = |alias: &str| update.contains(alias) || condition.text.contains(alias);
    assert!(condition.names.keys().all(|alias| is_used(alias)), "the service refuses what is not used");
    assert!(condition.values.iter().flatten().all(|(alias, _)| is_used(alias)));
    assert!(condition.values.iter().flatten().any(|(_, value)| *value == AttributeValue::B(Blob::new([1]))));
    assert_eq!(update, "SET #u1 = :u0, #u4 = :u1");
}
