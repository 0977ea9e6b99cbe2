//! What filters are made of, and what they come to.

use super::*;
use crate::ask::Asked;
use crate::repository::schema;
use crate::schema::Place;
use crate::{Definition, Document, Timestamp, Value};

/// The records of a definition, as a type knows them.
struct Known {
    definition: Definition,
    schema: Place,
    asked: Asked,
}

impl Known {
    fn new<T: serde::de::DeserializeOwned>(json: &str) -> Self {
        let definition = Definition::from_json(json).unwrap();
        Self { schema: schema(&definition), definition, asked: Asked::of::<T>() }
    }

    fn bind(&self, filter: &Filter) -> Result<Filter> {
        Scope::new(&self.definition, &self.schema, &self.asked).bind(filter)
    }
}

#[test]
fn c13_joins_flatten_and_keep_their_order() {
    let [a, b, c] = ["a", "b", "c"].map(|name| field(name).is_set());
    let joined = (a.clone() & b.clone()) & c.clone();
    assert_eq!(joined, Filter::and([a.clone(), b.clone() & c.clone()]));
    assert!(matches!(joined.expr(), Expr::And(members) if members.len() == 3));
    assert_eq!(!!a.clone(), a);
    assert_eq!(Filter::or([b.clone()]), b);
    assert_ne!(a.clone() | b.clone(), a & b);
}

#[test]
fn c13_a_filter_that_a_loop_has_built_ends_in_an_error_and_not_in_the_stack() {
    let wide = (0..200_000).map(|number| field("a").eq(number)).fold(field("a").eq(0), |all, one| all | one);
    assert!(wide.check().unwrap_err().message().contains("1,000 tests"));
    let deep = (0..200_000).fold(field("a").eq(0), |all, number| !(all & field("a").eq(number)));
    assert!(deep.check().unwrap_err().is_invalid_input());
    let twice = (0..16).fold(field("a").eq(0), |all, _| !(all & field("b").eq(0)));
    assert!(twice.check().is_ok());
    assert!((!(twice & field("c").eq(0))).check().unwrap_err().message().contains("32"));
    let thousand = Filter::or((0..1_000).map(|number| field("a").eq(number)));
    assert!(thousand.check().is_ok() && (thousand & field("a").eq(1)).check().is_err());
    assert!(field("a").is_in(0..10_000).check().is_ok());
    assert!((field("a").is_in(0..9_999) & field("b").not_in([1, 2])).check().is_err());
}

#[test]
fn c13_operands_are_scalars() {
    for wrong in [
        field("a").eq(None::<u8>),
        field("a").ne([1, 2]),
        field("a").eq(Document::new()),
        field("a").is_in([Some(1), None]),
        field("a").eq(f64::NAN),
        field("a").eq(u64::MAX),
        field("a").eq("a\0b"),
        field("a").like("x".repeat(4_097)),
        field("a").like("%\0"),
        field("a").starts_with("\0"),
        Filter::and([]),
        Filter::or([]),
    ] {
        let error = wrong.check().unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        assert!((wrong.clone() & field("b").eq(1)).check().is_err() && (!wrong).check().is_err());
    }
}

#[test]
fn c40_debug_shows_no_operand() {
    let filter = field("a.b").eq("secret") & !(field("n").between(17, 4) | field("t").like("s%cret"));
    assert_eq!(
        format!("{filter:?}"),
        "and[a.b eq a string, not(or[n between an integer an integer, t like a pattern with 1 of `%`])]"
    );
}

#[test]
fn c16_the_json_form_reads_what_it_writes() {
    for text in [
        r#"{"all":true}"#,
        r#"{"field":"age","ge":18}"#,
        r#"{"field":"age","between":[1,2.5]}"#,
        r#"{"and":[{"field":"a","in":["x",true]},{"not":{"field":"b.c","like":"%%x%"}}]}"#,
        r#"{"or":[{"field":"a","isMissing":true},{"field":"a","isSet":true},{"field":"a","notIn":[]}]}"#,
        r#"{"field":"data","eq":{"$binary":"AP8="}}"#,
        r#"{"field":"a","startsWith":"x"}"#,
        r#"{"field":"a","contains":1}"#,
    ] {
        let filter = Filter::from_json(text).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), text);
        assert_eq!(serde_json::from_str::<Filter>(text).unwrap(), filter);
    }
    assert_eq!(Filter::from_json(r#"{"eq":1.0,"field":"a"}"#).unwrap(), field("a").eq(1));
}

#[test]
fn c16_what_is_no_filter_is_refused_with_what_is_known() {
    for (text, says) in [
        ("", "no valid JSON at line 1"),
        ("[]", "object"),
        ("{}", "exactly one operator"),
        (r#"{"field":"a"}"#, "exactly one of"),
        (r#"{"field":"a","gte":1}"#, "did you mean `ge`"),
        (r#"{"field":"a","lte":1}"#, "did you mean `le`"),
        (r#"{"field":"a","$where":1}"#, "unknown operator `$where`"),
        (r#"{"field":"a","eq":1,"ne":2}"#, "exactly one operator"),
        (r#"{"field":"a","eq":1,"eq":2}"#, "exactly one operator"),
        (r#"{"field":"a","field":"b"}"#, "exactly one operator"),
        (r#"{"fild":"a","eq":2}"#, "did you mean `field`"),
        (r#"{"eq":2}"#, "without the key `field`"),
        (r#"{"And":[]}"#, "did you mean `and`"),
        (r#"{"and":[]}"#, "no filters"),
        (r#"{"or":{}}"#, "takes a list"),
        (r#"{"all":false}"#, "`true` only"),
        (r#"{"field":"a","isSet":false}"#, "`true` only"),
        (r#"{"field":"a","eq":null}"#, "null as an operand"),
        (r#"{"field":"a","eq":[1]}"#, "an array as an operand"),
        (r#"{"field":"a","eq":{"$gt":1}}"#, "a map as an operand"),
        (r#"{"field":"a","eq":18446744073709551615}"#, "integer"),
        (r#"{"field":"a","between":[1]}"#, "two values"),
        (r#"{"field":"a","in":1}"#, "list of values"),
        (r#"{"field":"a","like":1}"#, "takes text"),
        (r#"{"field":"a","like":"\u0000%"}"#, "U+0000"),
        (r#"{"field":"a","startsWith":"\u0000"}"#, "U+0000"),
        (r#"{"field":7,"eq":1}"#, "has to be text"),
        (r#"{"field":"a","eq":{"$binary":"?"}}"#, "base64"),
    ] {
        let error = Filter::from_json(text).unwrap_err();
        assert!(error.is_invalid_input() && error.message().contains(says), "{text}: {error}");
    }
    let nested = |depth| format!("{}{}{}", r#"{"not":"#.repeat(depth), r#"{"field":"a","eq":1}"#, "}".repeat(depth));
    assert!(Filter::from_json(&nested(15)).is_ok() && Filter::from_json(&nested(16)).is_err());
    let wide = |parts| format!(r#"{{"or":[{}]}}"#, vec![r#"{"field":"a","eq":1}"#; parts].join(","));
    assert!(Filter::from_json(&wide(255)).is_ok() && Filter::from_json(&wide(256)).is_err());
}

#[test]
fn c02_c16_a_number_outside_i64_is_no_operand() {
    for (number, operand) in [
        ("-9223372036854775808", Some(Value::Int(i64::MIN))),
        ("9223372036854775807", Some(Value::Int(i64::MAX))),
        ("-9.223372036854775808e18", Some(Value::Int(i64::MIN))),
        ("9223372036854775808.0", Some(Value::Float(9_223_372_036_854_775_808.0))),
        ("1e19", Some(Value::Float(1e19))),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("18446744073709551616", None),
        ("1e-400", None),
        ("1e126", None),
    ] {
        for text in [format!(r#"{{"field":"a","eq":{number}}}"#), format!(r#"{{"field":"\\\"","in":[1,{number}]}}"#)] {
            let filter = Filter::from_json(&text);
            let Some(operand) = &operand else {
                let error = filter.unwrap_err();
                assert!(error.is_invalid_input(), "{text}: {error}");
                continue;
            };
            let filter = filter.unwrap();
            let Expr::Test(_, Predicate::Eq(found)) = filter.expr() else { continue };
            assert_eq!(found, operand, "{text}");
        }
    }
    // In a name it is no number.
    assert!(Filter::from_json(r#"{"field":"\"9223372036854775808","eq":1}"#).is_ok());
    for text in [r#"{"field":"a","eq":-9223372036854775809}"#, r#"{"not":{"field":"a","in":[-9223372036854775809]}}"#] {
        let error = serde_json::from_str::<Filter>(text).unwrap_err();
        assert!(error.to_string().contains("-2^63"), "{text}: {error}");
    }
}

#[test]
fn c14_filters_are_folded_before_anybody_is_asked() {
    let known = Known::new::<Document>(r#"{"name": "people", "hashKey": "email", "fields": {"age": "integer"}}"#);
    let (a, b) = (field("a").eq(1), field("b").like("%x%"));
    let nothing = Filter::nothing();
    for (filter, folded) in [
        (field("a").between(2, 1), nothing.clone()),
        (field("a").between(1, "x"), nothing.clone()),
        (field("a").between(1, 1.5), field("a").between(1, 1.5)),
        (field("a").is_in([0_u8; 0]), nothing.clone()),
        (field("a").not_in([0_u8; 0]), Filter::all()),
        (field("a").is_in([1, 1]), a.clone()),
        (field("a").is_in([3, 1, 2, 3]), field("a").is_in([1, 2, 3])),
        (!field("a").eq(1), field("a").ne(1)),
        (!field("a").is_in([1, 2]), field("a").not_in([1, 2])),
        (!b.clone(), !b.clone()),
        (field("a").like("x"), field("a").eq("x")),
        (field("a").like("x%%y%"), field("a").starts_with("x%y")),
        (a.clone() & Filter::all(), a.clone()),
        (a.clone() | Filter::all(), Filter::all()),
        (a.clone() & field("a").is_in([0_u8; 0]), nothing.clone()),
        (a.clone() | field("a").is_in([0_u8; 0]) | b.clone(), a.clone() | b.clone()),
        (a.clone() & (b.clone() & Filter::all()), a.clone() & b.clone()),
        (!(a.clone() & nothing.clone()), Filter::all()),
        (field("email").eq(""), nothing.clone()),
        (field("email").ne("x".repeat(1_025)), Filter::all()),
        (field("email").is_in(["", "x"]), field("email").eq("x")),
        (field("a").eq(""), field("a").eq("")),
    ] {
        assert_eq!(known.bind(&filter).unwrap(), folded, "{filter:?}");
    }
}

#[test]
fn c09_operands_and_operators_have_the_kind_that_is_declared() {
    let known = Known::new::<Document>(
        r#"{"name": "people", "hashKey": "email", "fields": {"age": "integer", "at": "timestamp", "ok": "bool",
            "data": "bytes", "ref": "objectId", "seen[]": "timestamp", "address.city": "string"}}"#,
    );
    let now = Timestamp::now();
    for wrong in [
        field("email").eq(1),
        field("age").eq("1"),
        field("age").like("1%"),
        field("age").contains(1),
        field("at").starts_with("2020"),
        field("at").eq("yesterday"),
        field("at").lt(1),
        field("ok").lt(true),
        field("data").contains("x"),
        field("ref").like("5%"),
        field("ref").eq("5"),
        field("seen").contains("today"),
        field("address.city").gt(1),
        field("other").eq(now),
        field("other").gt(true),
        field("").eq(1),
        field("a..b").eq(1),
        field("$where").eq(1),
        field("_id").eq(1),
    ] {
        let error = known.bind(&wrong).unwrap_err();
        assert!(error.is_invalid_input() && error.path().is_some(), "{wrong:?}: {error}");
    }
    for right in [
        field("age").eq(1.5),
        field("at").eq(now),
        field("ok").ne(true),
        field("ref").gt("000000000000000000000000"),
        field("other").lt("x"),
        field("id").eq("000000000000000000000000"),
    ] {
        assert_eq!(known.bind(&right).unwrap(), right);
    }
    let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    assert_eq!(known.bind(&field("at").ge("2026-01-02T03:04:05Z")).unwrap(), field("at").ge(at));
    assert_eq!(known.bind(&field("seen").contains("2026-01-02T03:04:05Z")).unwrap(), field("seen").contains(at));
}

#[test]
fn c09_a_typed_handle_knows_its_fields_and_their_kinds() {
    #[derive(serde::Deserialize)]
    #[allow(dead_code, reason = "only asked for")]
    struct Person {
        #[serde(alias = "mail")]
        email: String,
        age: Option<u8>,
        tags: Vec<String>,
    }
    let known = Known::new::<Person>(r#"{"name": "people", "hashKey": "email"}"#);
    for (wrong, says) in [
        (field("emial").eq("x"), "did you mean `email`?"),
        (field("mail").eq("x"), "use `email`"),
        (field("zzzzzzz").eq("x"), "untyped()"),
        (field("age").eq("x"), "kind integer"),
    ] {
        let error = known.bind(&wrong).unwrap_err();
        assert!(error.message().contains(says), "{error}");
    }
    for right in [field("id").is_set(), field("tags").contains("x"), field("tags").contains(1), field("age").gt(1.5)] {
        assert!(known.bind(&right).is_ok(), "{right:?}");
    }
}
