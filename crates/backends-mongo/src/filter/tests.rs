//! Filters and the queries they become.

use backends_core::{Definition, Filter, Timestamp, Value, field};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};

use super::*;

const JSON: &str = r#"{"name": "notes", "indexes": [{"fields": ["nick"], "unique": false}], "fields": {"name": "string",
    "nick": {"kind": "string", "emptyIsMissing": true}, "age": "integer", "at": "timestamp", "ref": "objectId",
    "seen": {"kind": "timestamp", "foreignText": true}, "address.city": "string"}}"#;

const HEX: &str = "0123456789abcdef01234567";

fn condition(filter: &Filter) -> Condition {
    Condition::new(&Definition::from_json(JSON).unwrap(), filter, Alternatives::Any).unwrap()
}

fn no_array() -> Document {
    doc! { "$not": { "$type": 4 } }
}

fn unreadable() -> Document {
    doc! { "$type": UNREADABLE.iter().map(|(number, _)| *number).collect::<Vec<_>>() }
}

fn id() -> ObjectId {
    ObjectId::parse_str(HEX).unwrap()
}

#[test]
fn c13_declared_fields_are_asked_for_as_they_are() {
    for (filter, query) in [
        (field("name").eq("$a"), doc! { "name": { "$eq": "$a" } }),
        (field("name").ne("a"), doc! { "name": { "$ne": "a" } }),
        (field("name").gt("a"), doc! { "name": { "$gt": "a" } }),
        (field("age").between(1, 2.5), doc! { "age": { "$gte": 1_i64, "$lte": 2.5 } }),
        (field("age").is_in([1, 2]), doc! { "age": { "$in": [1_i64, 2_i64] } }),
        (field("age").not_in([1, 2]), doc! { "age": { "$nin": [1_i64, 2_i64] } }),
        (!field("age").lt(1), doc! { "age": { "$not": { "$lt": 1_i64 } } }),
        (field("age").is_set(), doc! { "age": { "$ne": Bson::Null } }),
        (field("age").is_missing(), doc! { "age": { "$eq": Bson::Null } }),
        (field("id").eq(HEX), doc! { "_id": { "$eq": id() } }),
        (field("id").ge(HEX), doc! { "_id": { "$gte": id() } }),
        (field("ref").eq(HEX), doc! { "ref": { "$in": [HEX, id()] } }),
        (field("ref").gt(HEX), doc! { "$or": [{ "ref": { "$gt": HEX } }, { "ref": { "$gt": id() } }] }),
        (field("nick").lt("b"), doc! { "nick": { "$lt": "b", "$ne": "" } }),
        (field("nick").is_missing(), doc! { "nick": { "$in": [Bson::Null, ""] } }),
        (field("name").starts_with("ab"), doc! { "name": { "$gte": "ab", "$lt": "ac" } }),
        (field("name").starts_with("a\u{d7ff}"), doc! { "name": { "$gte": "a\u{d7ff}", "$lt": "a\u{e000}" } }),
        (field("name").starts_with("a\u{10ffff}"), doc! { "name": { "$gte": "a\u{10ffff}", "$lt": "b" } }),
        (field("name").starts_with("\u{10ffff}"), doc! { "name": { "$gte": "\u{10ffff}" } }),
    ] {
        let found = condition(&filter);
        assert_eq!(found.document, query, "{filter:?}");
        assert!(found.rest.is_all() && found.left.is_all() && found.suspects.is_empty(), "{filter:?}");
        assert_eq!(found.asked, filter);
    }
}

#[test]
fn l35_undeclared_places_are_guarded_against_arrays() {
    let guarded = |mut op: Document| {
        op.extend(no_array());
        op
    };
    let hex = doc! { "$and": [{ "$gt": [{ "$convert": { "input": "$x", "to": "string", "onError": Bson::Null } }, { "$literal": "a" }] }] };
    let by_hex = doc! { "x": guarded(doc! { "$type": 7 }), "$expr": hex };
    for (filter, query, suspects) in [
        (field("x").eq(1), doc! { "x": guarded(doc! { "$eq": 1_i64 }) }, &["x"][..]),
        (field("x").eq(HEX), doc! { "x": guarded(doc! { "$in": [HEX, id()] }) }, &["x"]),
        (field("x").gt("a"), doc! { "$or": [{ "x": guarded(doc! { "$gt": "a" }) }, by_hex] }, &["x"]),
        (field("x.y").lt(1), doc! { "x": no_array(), "x.y": guarded(doc! { "$lt": 1_i64 }) }, &["x", "x.y"]),
        (field("address.city").eq("a"), doc! { "address": no_array(), "address.city": { "$eq": "a" } }, &["address"]),
        (field("x").contains(1), doc! { "x": { "$elemMatch": { "$eq": 1_i64 } } }, &["x"]),
        (field("x").ne(1), doc! { "$nor": [{ "x": guarded(doc! { "$eq": 1_i64 }) }] }, &["x"]),
        (
            field("x").is_missing(),
            doc! { "$nor": [{ "$or": [{ "x": { "$type": 4 } }, { "x": { "$ne": Bson::Null } }] }] },
            &["x"],
        ),
    ] {
        let found = condition(&filter);
        let unreadable = suspects.iter().map(|name| doc! { *name: unreadable() });
        let all: Vec<_> = std::iter::once(query).chain(unreadable).collect();
        assert_eq!(found.document, doc! { "$or": all }, "{filter:?}");
        assert!(found.rest.is_all() && found.left == filter, "{filter:?}");
        let wanted: Vec<_> = suspects.iter().map(|name| Suspect::Undeclared((*name).to_owned())).collect();
        assert!(found.suspects.iter().eq(&wanted), "{filter:?}");
    }
}

#[test]
fn c13_bytes_are_found_in_both_of_their_forms() {
    let of = |subtype| Bson::Binary(Binary { subtype, bytes: vec![1, 2] });
    let both = vec![of(BinarySubtype::Generic), of(BinarySubtype::BinaryOld)];
    let found = condition(&field("x").eq(Value::Bytes(vec![1, 2])));
    let [Bson::Document(first), _] = found.document.get_array("$or").unwrap().as_slice() else { panic!() };
    assert_eq!(first.get_document("x").unwrap().get_array("$in").unwrap(), &both);
}

#[test]
fn c43_text_that_is_no_instant_is_found_where_one_is_declared() {
    let (at, date) = (Timestamp::from_millis(7).unwrap(), DateTime::from_millis(7));
    let found = condition(&field("at").le(at));
    let text = doc! { "at": { "$type": 2, "$not": { "$regex": INSTANT } } };
    assert_eq!(found.document, doc! { "$or": [{ "at": { "$lte": date } }, text] });
    assert!(found.rest.is_all() && !found.left.is_all() && found.suspects.len() == 1);
}

#[test]
fn c43_text_that_may_be_an_instant_is_left_to_core() {
    let (at, date) = (Timestamp::from_millis(7).unwrap(), DateTime::from_millis(7));
    let seen = || field("seen").gt(at);
    let none = doc! { "seen": { "$type": 2, "$not": { "$regex": INSTANT } } };
    let either = doc! { "$or": [{ "$or": [{ "seen": { "$gt": date } }, { "seen": { "$type": 2 } }] }, none] };
    let name = doc! { "name": { "$eq": "a" } };
    for (filter, query) in [
        (seen(), either.clone()),
        (!seen(), doc! {}),
        (field("seen").ne(at), doc! {}),
        (seen() | field("name").eq("a"), doc! { "$or": [&either, &name] }),
        (!seen() | field("name").eq("a"), doc! {}),
    ] {
        let found = condition(&filter);
        assert_eq!(found.document, query, "{filter:?}");
        assert!(found.rest == filter && found.left == filter && found.asked.is_all(), "{filter:?}");
    }
    let part = condition(&(seen() & field("name").eq("a")));
    assert_eq!(part.document, doc! { "$and": [either, name] });
    assert!(part.rest == seen() && part.asked == field("name").eq("a"));
    assert!(condition(&field("seen").is_set()).rest.is_all());
}

#[test]
fn s07_every_text_in_an_expression_is_a_literal() {
    /// The texts of operands in expressions, and whether each is inside a `$literal`.
    fn texts(value: &Bson, in_expression: bool, is_literal: bool, found: &mut Vec<bool>) {
        match value {
            Bson::String(text) if in_expression && text.starts_with("$pay") => found.push(is_literal),
            Bson::Array(elements) => {
                for element in elements {
                    texts(element, in_expression, is_literal, found);
                }
            }
            Bson::Document(document) => document.iter().for_each(|(name, value)| {
                texts(value, in_expression || name == "$expr", is_literal || name == "$literal", found);
            }),
            _ => {}
        }
    }
    for (filter, operands) in [
        (field("x").contains("$pay"), 1),
        (field("x").like("$pay1%$pay2%$pay3"), 3),
        (field("x").like("%$pay1%$pay2"), 2),
        (field("name").like("%$pay"), 1),
    ] {
        let mut found = Vec::new();
        let query = condition(&filter).document;
        assert!(!query.to_string().contains("$regex"), "{query}");
        texts(&Bson::Document(query), false, false, &mut found);
        assert!(found.len() == operands && found.iter().all(|is_literal| *is_literal), "{filter:?}: {found:?}");
    }
}

#[test]
fn c17_a_pattern_with_a_beginning_is_a_range_too() {
    let found = condition(&field("name").like("ab%c"));
    let parts = found.document.get_array("$and").unwrap();
    assert_eq!(parts[0], Bson::Document(doc! { "name": { "$gte": "ab", "$lt": "ac" } }));
    assert!(parts[1].as_document().unwrap().contains_key("$expr") && found.rest.is_all());
}

#[test]
fn c13_what_no_command_holds_is_left_to_core() {
    let huge = field("name").is_in((0..14).map(|n| format!("{}{n}", "x".repeat(1 << 20))));
    let small = field("age").eq(1);
    let found = condition(&(huge.clone() & small.clone()));
    assert!(found.rest == huge && found.asked == small);
    assert_eq!(found.document, doc! { "age": { "$eq": 1_i64 } });
}
