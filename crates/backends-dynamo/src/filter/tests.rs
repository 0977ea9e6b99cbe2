//! Which expression asks for which filter, and what is left.

use backends_core::{Kind, Timestamp};

use super::*;

fn definition() -> Definition {
    let json = r#"{"name": "odd", "hashKey": "p", "rangeKey": "s", "rangeKeyType": "integer", "fields": {
        "at": "timestamp", "times[]": "timestamp", "other.at": {"kind": "timestamp", "foreignText": true},
        "many[]": {"kind": "timestamp", "foreignText": true}}}"#;
    let definition = Definition::from_json(json).unwrap();
    assert_eq!(definition.kind_of("s"), Some(Kind::Integer));
    definition
}

fn ask(filter: &Filter, barred: &[&str]) -> Split {
    split(filter.conjuncts(), &definition(), barred)
}

/// The text with the names in it, and the values as `kind:text`.
fn spelled(expression: &Expression) -> String {
    let mut text = format!("{} ", expression.text);
    for (alias, name) in &expression.names {
        for after in [" ", ",", ")", "."] {
            text = text.replace(&format!("{alias}{after}"), &format!("{name}{after}"));
        }
    }
    for (alias, value) in expression.values.iter().flatten() {
        let value = match value {
            AttributeValue::S(text) => format!("'{text}'"),
            AttributeValue::N(text) => text.clone(),
            AttributeValue::Bool(bool) => bool.to_string(),
            AttributeValue::B(bytes) => format!("0x{:02x?}", bytes.as_ref()),
            other => panic!("{other:?}"),
        };
        for after in [" ", ",", ")"] {
            text = text.replace(&format!("{alias}{after}"), &format!("{value}{after}"));
        }
    }
    text.trim_end().to_owned()
}

fn asked(filter: &Filter) -> String {
    let split = ask(filter, &[]);
    assert!(split.rest.is_all(), "{:?} is left", split.rest);
    assert_eq!(split.database, *filter);
    spelled(&split.expression.unwrap())
}

fn instant() -> Timestamp {
    Timestamp::from_millis(0).unwrap()
}

#[test]
fn c13_every_test_is_asked_as_it_is_meant() {
    let a = field("a");
    for (filter, expression) in [
        (a.eq("x"), "a = 'x'".to_owned()),
        (a.eq(true), "a = true".to_owned()),
        (a.eq(1.5), "a = 1.5".to_owned()),
        (a.eq(Value::Bytes(vec![1])), "a = 0x[01]".to_owned()),
        (a.ne(1), "a <> 1".to_owned()),
        (a.lt(1) & a.le(2) & a.gt(3) & a.ge(4), "a < 1 AND a <= 2 AND a > 3 AND a >= 4".to_owned()),
        (a.between("b", "c"), "a BETWEEN 'b' AND 'c'".to_owned()),
        (a.is_in([1, 2]), "a IN (1, 2)".to_owned()),
        (a.not_in([1, 2]), "NOT a IN (1, 2)".to_owned()),
        (a.is_in([Value::from(1), Value::from("x")]), "(a IN (1) OR a IN ('x'))".to_owned()),
        (a.not_in([Value::from(1), Value::from("x")]), "NOT a IN (1) AND NOT a IN ('x')".to_owned()),
        (a.starts_with("x"), "begins_with(a, 'x')".to_owned()),
        (a.starts_with(""), "attribute_type(a, 'S')".to_owned()),
        (a.like("%x%"), "contains(a, 'x') AND attribute_type(a, 'S')".to_owned()),
        (a.contains("x"), "contains(a, 'x')".to_owned()),
        (a.contains(1), "contains(a, 1)".to_owned()),
        (a.contains(Value::Bytes(vec![1])), "contains(a, 0x[01]) AND NOT attribute_type(a, 'B')".to_owned()),
        (a.is_missing(), "(attribute_not_exists(a) OR attribute_type(a, 'NULL'))".to_owned()),
        (a.is_set(), "attribute_exists(a) AND NOT attribute_type(a, 'NULL')".to_owned()),
        (field("a.0.b").eq("$x"), "a.0.b = '$x'".to_owned()),
    ] {
        assert_eq!(asked(&filter), expression);
    }
}

#[test]
fn c13_parts_are_joined_as_they_bind() {
    let [a, b, c] = ["a", "b", "c"].map(|name| field(name).eq(1));
    for (filter, expression) in [
        (a.clone() & (b.clone() | c.clone()), "a = 1 AND (b = 1 OR c = 1)"),
        (a.clone() | b.clone() & c.clone(), "(a = 1 OR b = 1 AND c = 1)"),
        (!(a.clone() & b.clone()), "NOT (a = 1 AND b = 1)"),
        (!(a.clone() | b.clone()), "NOT (a = 1 OR b = 1)"),
        (!(a.clone() & !(b.clone() | c.clone())), "NOT (a = 1 AND NOT (b = 1 OR c = 1))"),
        (!field("a").is_set(), "NOT (attribute_exists(a) AND NOT attribute_type(a, 'NULL'))"),
        (a.clone() & !field("b").is_missing(), "a = 1 AND NOT (attribute_not_exists(b) OR attribute_type(b, 'NULL'))"),
        (a | field("b").is_missing(), "(a = 1 OR attribute_not_exists(b) OR attribute_type(b, 'NULL'))"),
        (!field("a").like("%x%"), "NOT (contains(a, 'x') AND attribute_type(a, 'S'))"),
        (!field("a").starts_with("x"), "NOT begins_with(a, 'x')"),
        (!field("a").is_in([Value::from(1), Value::from("x")]), "NOT (a IN (1) OR a IN ('x'))"),
    ] {
        assert_eq!(asked(&filter), expression);
    }
}

#[test]
fn c07_names_and_values_stand_beside_the_expression() {
    let odd = "a = :x OR attribute_exists(#y)";
    let split = ask(&(field(odd).eq(odd) & field("size").eq("size") & field(odd).ne("")), &[]);
    let Expression { text, names, values } = split.expression.unwrap();
    assert_eq!(text, "#n0 = :v0 AND #n1 = :v1 AND #n0 <> :v2");
    assert_eq!((names["#n0"].as_str(), names.len()), (odd, 2));
    let values = values.unwrap();
    assert_eq!((&values[":v0"], values.len()), (&AttributeValue::S(odd.into()), 3));
}

#[test]
fn c13_what_the_service_cannot_be_asked_is_left_and_helped_where_that_is_wider() {
    let (a, b) = (field("a"), field("b").eq(1));
    let at = field("other.at").eq(instant());
    let database = |filter: &Filter| ask(filter, &["p", "s"]).expression.map(|expression| spelled(&expression));
    for (filter, expression) in [
        (a.like("x%y"), Some("begins_with(a, 'x') AND contains(a, 'y')")),
        (a.like("%x"), Some("contains(a, 'x')")),
        (a.like("%x%%y%z%"), Some("contains(a, 'x%y') AND contains(a, 'z')")),
        (!a.like("x%y"), None),
        (a.like("x%y") | b.clone(), Some("(begins_with(a, 'x') AND contains(a, 'y') OR b = 1)")),
        (at.clone() | b.clone(), None),
        ((at.clone() & b.clone()) | field("c").eq(1), Some("(b = 1 OR c = 1)")),
        (!(at.clone() & b.clone()), None),
        (at, None),
        (field("many").contains(instant()), None),
        // Only core knows an instant in each of its texts.
        (field("times").contains(instant()), Some("attribute_exists(times) AND NOT attribute_type(times, 'NULL')")),
        (!field("times").contains(instant()), None),
        (field("p").ne("x"), None),
        (field("p.x").is_missing(), None),
        (field("s").lt(1) | b.clone(), None),
    ] {
        let split = ask(&filter, &["p", "s"]);
        assert_eq!(split.rest, filter);
        assert_eq!(database(&filter).as_deref(), expression, "{filter:?}");
        // What can be asked is, beside what cannot.
        let with = database(&(filter.clone() & b.clone())).unwrap();
        assert_eq!(with, expression.map_or("b = 1".to_owned(), |wider| format!("{wider} AND b = 1")));
        assert_eq!(ask(&(filter.clone() & b.clone()), &["p", "s"]).rest, filter);
    }
}

#[test]
fn c43_a_text_at_an_instant_that_is_none_of_this_library_is_looked_at_by_core() {
    let at = field("at");
    let own = "(size(at) = 24 AND contains(at, 'T') AND contains(at, ':') AND contains(at, 'Z'))";
    let written = format!("(at >= '1970-01-01T00:00:00.000Z' OR attribute_type(at, 'S') AND NOT {own})");
    for (filter, expression, is_left) in [
        (at.ge(instant()), Some(written.clone()), true),
        (at.ge(instant()) | field("b").eq(1), Some(format!("({} OR b = 1)", &written[1..written.len() - 1])), true),
        (!at.ge(instant()), None, true),
        (at.is_missing(), Some("(attribute_not_exists(at) OR attribute_type(at, 'NULL'))".to_owned()), false),
    ] {
        let split = ask(&filter, &[]);
        assert_eq!(split.expression.as_ref().map(spelled), expression, "{filter:?}");
        assert_eq!(split.rest, if is_left { filter } else { Filter::all() });
    }
}

#[test]
fn c10_operands_that_no_key_has_do_not_get_to_the_service() {
    let (p, long) = (field("p"), "x".repeat(1_025));
    assert!(ask(&p.lt("x"), &[]).rest.is_all(), "a scan may be asked of the key");
    for filter in [p.lt(""), p.ge(&long), p.between("", "x"), p.is_in(["x", &long]), !p.ne(&long), p.eq(&long)] {
        let split = ask(&(filter.clone() | field("a").eq("")), &[]);
        assert!(split.expression.is_none() && !split.rest.is_all(), "{filter:?}");
    }
}

#[test]
fn c13_an_expression_stays_within_what_the_service_takes() {
    let a = field("a");
    let limits = |filter: &Filter| {
        let split = ask(filter, &[]);
        if let Some(expression) = &split.expression {
            let words = expression.text.split(' ').filter(|word| {
                ["=", "<>", "AND", "OR", "NOT", "IN", "BETWEEN"].contains(&word.trim_start_matches('('))
                    || word.contains("s(#")
            });
            assert!(words.count() <= 300 && expression.text.len() <= 4_096, "{}", expression.text);
        }
        split
    };
    // 100 operands an IN.
    let expression = limits(&a.is_in(0..250)).expression.unwrap();
    assert_eq!((expression.text.matches(" IN ").count(), expression.values.unwrap().len()), (3, 250));
    assert!(limits(&a.is_in(0..10_000)).expression.is_none());
    // 300 operators: 150 tests and what is between them.
    assert!(limits(&Filter::or((0..150).map(|n| a.eq(n)))).rest.is_all());
    assert!(limits(&Filter::or((0..151).map(|n| a.eq(n)))).expression.is_none());
    let split = limits(&Filter::and((0..200).map(|n| a.ne(n))));
    assert_eq!((split.database.conjuncts().len(), split.rest.conjuncts().len()), (150, 50));
    // 4 KB.
    assert!(limits(&Filter::or((0..140).map(|n| field(format!("m.n.o.p.q{n}")).eq(n)))).expression.is_none());
    // Values have a limit of their own.
    let long = "x".repeat(300_000);
    let split = limits(&Filter::and((0..5).map(|n| field(format!("a{n}")).ne(&long))));
    assert_eq!((split.database.conjuncts().len(), split.rest.conjuncts().len()), (3, 2));
}
