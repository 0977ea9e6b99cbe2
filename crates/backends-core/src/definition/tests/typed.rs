//! Definitions and the kinds of a record's type.

use super::*;

fn typed(text: &str, kinds: &[(&str, Kind)]) -> Result<Definition> {
    let kinds: Vec<_> = kinds.iter().map(|(path, kind)| ((*path).to_owned(), *kind)).collect();
    good(text).with_type_kinds(&kinds)
}

#[test]
fn c09_open_kinds_are_those_of_the_type() {
    for kind in [Kind::String, Kind::Number, Kind::Integer, Kind::Timestamp, Kind::ObjectId] {
        let users = typed(r#"{"name": "users", "indexes": ["x"]}"#, &[("x", kind), ("y", Kind::Bool)]).unwrap();
        assert_eq!((users.kind_of("x"), users.is_open("x"), users.kind_of("y")), (Some(kind), false, None));
    }
    for (kind, part) in [(Kind::Bool, "store a word"), (Kind::Bytes, "store them as text")] {
        let list = mistakes(typed(r#"{"name": "users", "indexes": ["x"]}"#, &[("x", kind)]));
        assert!(list.len() == 1 && list[0].contains(part), "{list:?}");
    }
    let open = typed(r#"{"name": "users", "indexes": ["x"]}"#, &[]).unwrap();
    assert!(open.is_open("x"));
}

#[test]
fn c09_a_type_that_contradicts_the_definition_is_refused() {
    let definition = r#"{"name": "users", "version": "v", "enableTtl": true, "ttlAttribute": "ttl", "ttl": 1,
        "fields": {"n": "number", "i": "integer", "s": "string", "t": "timestamp", "o": "objectId", "b": "bool", "y": "bytes"}}"#;
    for (path, kind) in [
        ("n", Kind::Integer),
        ("n", Kind::Number),
        ("i", Kind::Integer),
        ("t", Kind::String),
        ("o", Kind::String),
        ("v", Kind::Integer),
        ("ttl", Kind::Timestamp),
        ("ttl", Kind::String),
        ("id", Kind::String),
        ("b", Kind::Bool),
    ] {
        let before = good(definition);
        assert_eq!(typed(definition, &[(path, kind)]).unwrap(), before, "{path} {kind}");
    }
    for (path, kind) in [
        ("i", Kind::Number),
        ("n", Kind::String),
        ("s", Kind::Integer),
        ("s", Kind::Timestamp),
        ("t", Kind::Integer),
        ("o", Kind::Integer),
        ("v", Kind::Number),
        ("ttl", Kind::Integer),
        ("id", Kind::Integer),
        ("b", Kind::String),
        ("y", Kind::String),
        ("s.x", Kind::String),
        ("s[]", Kind::Timestamp),
    ] {
        assert_eq!(mistakes(typed(definition, &[(path, kind)])).len(), 1, "{path} {kind}");
    }
    let all = mistakes(typed(definition, &[("i", Kind::Number), ("b", Kind::String), ("s.x", Kind::Bool)]));
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn c04_timestamps_of_the_type_are_declared() {
    let kinds = [("at", Kind::Timestamp), ("log[].at", Kind::Timestamp), ("log[].by", Kind::String)];
    let users = typed(r#"{"name": "users"}"#, &kinds).unwrap();
    assert_eq!(
        (users.kind_of("at"), users.kind_of("log[].at"), users.kind_of("log[].by")),
        (Some(Kind::Timestamp), Some(Kind::Timestamp), None)
    );
    assert!(mistakes(typed(r#"{"name": "users"}"#, &[("$at", Kind::Timestamp)]))[0].contains("may not start"));
    let inside = typed(r#"{"name": "users", "fields": {"a.b": "string"}}"#, &[("a", Kind::Timestamp)]);
    assert!(mistakes(inside)[0].contains("a place inside `a`"));
}

#[test]
fn c09_a_field_that_the_type_does_not_have_is_refused() {
    let users = good(
        r#"{"name": "users", "indexes": ["emial"], "version": "v", "fields": {"address.city": "string", "log[].at": "timestamp"}}"#,
    );
    assert!(users.check_type_fields(&["emial", "address", "log"]).is_ok());
    let list = mistakes(users.check_type_fields(&["email", "name", "logs"]));
    assert_eq!(list.len(), 3, "{list:?}");
    assert!(list.iter().any(|mistake| mistake.contains("`emial`: did you mean `email`?")), "{list:?}");
    let keyed = good(r#"{"name": "users", "customId": true}"#);
    assert!(mistakes(keyed.check_type_fields(&["name"]))[0].contains("`id`"));
}

#[test]
fn c40_a_kind_has_its_article_in_messages() {
    let users = good(r#"{"name": "users", "fields": {"a": "string"}}"#);
    for (kind, part) in [(Kind::Integer, "is an `integer` in the type"), (Kind::Bool, "is a `bool` in the type")] {
        let list = mistakes(users.with_type_kinds(&[("a".to_owned(), kind)]));
        assert!(list[0].contains(part), "{list:?}");
    }
}
