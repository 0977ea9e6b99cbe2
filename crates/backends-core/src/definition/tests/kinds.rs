//! What declared fields hold, and which declarations contradict one another.

use super::*;

#[test]
fn c09_key_and_index_fields_have_a_kind_that_may_be_open() {
    let users = good(
        r#"{"name": "users", "hashKey": "tenant", "indexes": ["email"], "fields": {"age": "integer", "flag": "bool"}}"#,
    );
    let fields: Vec<_> = users.fields().map(|(path, field)| format!("{path}:{}", field.kind)).collect();
    assert_eq!(fields, ["age:integer", "email:string", "flag:bool", "id:objectId", "tenant:string"]);
    assert!(users.is_open("email") && users.is_open("tenant"));
    assert!(!users.is_open("age") && !users.is_open("id") && !users.is_open("other"));
    assert_eq!((users.kind_of("other"), users.field("flag")), (None, Some(Kind::Bool.into())));
    let declared = good(r#"{"name": "users", "indexes": ["email"], "fields": {"email": "string"}}"#);
    assert!(!declared.is_open("email"));
    assert_eq!(declared, good(r#"{"name": "users", "indexes": ["email"]}"#));
}

#[test]
fn c09_a_bool_or_bytes_is_no_key_or_index() {
    for (text, part) in [
        (r#"{"name": "users", "indexes": ["on"], "fields": {"on": "bool"}}"#, "store a word as `string`, or 0 and 1"),
        (r#"{"name": "users", "indexes": ["on"], "fields": {"on": "bytes"}}"#, "store them as text"),
        (r#"{"name": "users", "hashKey": "on", "fields": {"on": "bool"}}"#, "store a word"),
        (r#"{"name": "users", "GSI": {"on": {}}, "fields": {"on": "bool"}}"#, "store a word"),
    ] {
        refused(text, part);
    }
    let built = Definition::builder("users").sort_key_of("on", Kind::Bytes).partition_key_of("by", Kind::Bool).build();
    assert_eq!(mistakes(built).len(), 2);
}

#[test]
fn c09_contradicting_kinds_are_a_mistake() {
    for (text, part) in [
        (
            r#"{"name": "users", "hashKey": "x", "hashKeyType": "N", "fields": {"x": "string"}}"#,
            "declared `string` and has to be `N`",
        ),
        (
            r#"{"name": "users", "hashKey": "x", "hashKeyType": "S", "fields": {"x": "number"}}"#,
            "declared `number` and has to be `S`",
        ),
        (
            r#"{"name": "users", "hashKey": "x", "hashKeyType": "number", "fields": {"x": "integer"}}"#,
            "has to be `number`",
        ),
        (
            r#"{"name": "users", "version": "x", "fields": {"x": "number"}}"#,
            "declared `number` and has to be `integer`",
        ),
        (
            r#"{"name": "users", "ttlAttribute": "x", "fields": {"x": "string"}}"#,
            "declared `string` and has to be `timestamp`",
        ),
    ] {
        refused(text, part);
    }
    let twice = Definition::builder("users").field("a", Kind::String).field("a", Kind::Number).build();
    assert!(mistakes(twice)[0].contains("declared in two ways"));
    assert!(Definition::builder("users").field("a", Kind::String).field("a", Kind::String).build().is_ok());
    for (written, kind) in [("S", "timestamp"), ("S", "objectId"), ("N", "integer"), ("N", "number")] {
        let text =
            format!(r#"{{"name": "users", "hashKey": "x", "hashKeyType": "{written}", "fields": {{"x": "{kind}"}}}}"#);
        assert_eq!(good(&text).kind_of("x").map(Kind::name), Some(kind));
    }
}

#[test]
fn c04_paths_lead_through_maps_and_arrays_but_not_through_scalars() {
    let ok = good(
        r#"{"name": "users", "fields": {"a.b": "timestamp", "a.c": "string", "e[].at": "timestamp", "t[]": "string", "m[][].x": "bool"}}"#,
    );
    assert_eq!(ok.kind_of("e[].at"), Some(Kind::Timestamp));
    for (fields, outer) in [
        (r#"{"a": "string", "a.b": "string"}"#, "inside `a`"),
        (r#"{"a": "string", "a[]": "string"}"#, "inside `a`"),
        (r#"{"a": "string", "a[].b": "string"}"#, "inside `a`"),
        (r#"{"a[]": "string", "a[].b": "string"}"#, "inside `a[]`"),
        (r#"{"a.b": "string", "a.b.c.d": "string"}"#, "inside `a.b`"),
        (r#"{"id.x": "string"}"#, "inside `id`"),
        (r#"{"email.x": "string"}"#, "inside `email`"),
    ] {
        refused(&format!(r#"{{"name": "users", "indexes": ["email"], "fields": {fields}}}"#), outer);
    }
}

#[test]
fn c05_field_names_are_checked_in_every_segment() {
    for (path, part) in [
        ("", "is empty"),
        ("a..b", "is empty"),
        ("a.$b", "`$`"),
        ("_backends", "reserved"),
        ("a._backends1", "reserved"),
        ("a\\u0000", "control"),
        ("a\\\"b", "control"),
        ("a\\\\b", "control"),
        ("_id", "`customId`"),
    ] {
        refused(&format!(r#"{{"name": "users", "fields": {{"{path}": "string"}}}}"#), part);
    }
    let deep = vec!["a"; 32].join(".");
    refused(&format!(r#"{{"name": "users", "fields": {{"{deep}": "string"}}}}"#), "more than 30");
    refused(r#"{"name": "users", "hashKey": ""}"#, "the partition key `` is empty");
    refused(r#"{"name": "users", "version": "a.b"}"#, "the version field `a.b` is a path");
    refused(r#"{"name": "users", "ttlAttribute": "a[]"}"#, "elements of an array");
}

#[test]
fn c10_empty_is_missing_is_for_index_fields_of_text() {
    let ok = good(
        r#"{"name": "users", "indexes": ["nick"], "fields": {"nick": {"kind": "string", "emptyIsMissing": true}}}"#,
    );
    assert!(ok.field("nick").unwrap().empty_is_missing);
    for (text, part) in [
        (r#"{"name": "users", "fields": {"nick": {"kind": "string", "emptyIsMissing": true}}}"#, "for index fields"),
        (
            r#"{"name": "users", "indexes": ["nick"], "fields": {"nick": {"kind": "number", "emptyIsMissing": true}}}"#,
            "for index fields",
        ),
        (
            r#"{"name": "users", "hashKey": "nick", "fields": {"nick": {"kind": "string", "emptyIsMissing": true}}}"#,
            "never missing",
        ),
    ] {
        refused(text, part);
    }
}

#[test]
fn c43_foreign_text_is_for_timestamps_besides_the_key() {
    let ok = good(
        r#"{"name": "users", "ttlAttribute": "at", "fields": {"at": {"kind": "timestamp", "foreignText": true}}}"#,
    );
    assert!(ok.field("at").unwrap().foreign_text);
    refused(r#"{"name": "users", "fields": {"at": {"kind": "string", "foreignText": true}}}"#, "kind `timestamp`");
    refused(
        r#"{"name": "users", "hashKey": "at", "fields": {"at": {"kind": "timestamp", "foreignText": true}}}"#,
        "as it is stored",
    );
    refused(
        r#"{"name": "users", "indexes": ["at"], "fields": {"at": {"kind": "timestamp", "foreignText": true}}}"#,
        "a unique index compares what is stored",
    );
    refused(r#"{"name": "users", "fields": {"at": 7}}"#, "has to be a kind, or an object");
    refused(r#"{"name": "users", "fields": ["at"]}"#, "`fields` has to be an object");
}
