//! C5: what fields may be called, at any depth.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, Value};

use crate::Context;
use crate::expect::{DIGITS, refused};
use crate::records::{id, text};

const LONGEST: usize = 255;

pub async fn c05_field_names_are_any_utf8_within_the_rules(context: &Context) {
    let records = context.repository::<Document>("names").await;
    let longest = "ü".repeat(LONGEST / 2);
    let names = [
        "a",
        "A",
        "größe",
        "日本",
        "👍",
        " ",
        "a b",
        " a",
        "a'b",
        "a;b",
        "a$b",
        "a$",
        "0",
        "00",
        "-1",
        "a[]",
        "[0]",
        "a/b",
        "a:b",
        "#a",
        "@a",
        "%",
        "*",
        "a\u{85}",
        "key",
        "value",
        "select",
        "null",
        "true",
        "__proto__",
        "_backend",
        "_x",
        "Id",
        "ID",
        "type",
        "a,b",
        "`",
        "{",
        "(",
        &longest,
    ];
    let all: Document = names.iter().enumerate().map(|(at, name)| (*name, i64::try_from(at).unwrap())).collect();
    let mut written = all.clone();
    written.insert("nested", all.clone());
    written.insert("list", vec![Value::Map(all.clone())]);
    let inserted = records.insert(&written).await.unwrap();
    let mut read = records.get(text(inserted.get("id"))).await.unwrap().unwrap();
    read.remove("id");
    assert_eq!(read, written);
}

pub async fn c05_field_names_outside_the_rules_are_refused_at_any_depth(context: &Context) {
    let records = context.repository::<Document>("names").await;
    let longer = "x".repeat(LONGEST + 1);
    let names = [
        "",
        "a.b",
        ".",
        "a\"b",
        "a\\b",
        "a\u{0}b",
        "\u{1}",
        "\u{1f}",
        "a\nb",
        "\u{7f}",
        "$a",
        "$",
        "_backends",
        "_backends_x",
        &longer,
    ];
    for name in names {
        let bad = Document::from([(name, DIGITS)]);
        let top: Document = [("id", Value::from(id(4))), (name, DIGITS.into())].into_iter().collect();
        let nested = Document::from([("id", Value::from(id(4))), ("in", Value::Map(bad.clone()))]);
        let listed = Document::from([("id", Value::from(id(4))), ("in", Value::Array(vec![Value::Map(bad)]))]);
        for record in [top, nested, listed] {
            refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
            refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
        }
    }
    assert!(records.get(id(4)).await.unwrap().is_none());
}

pub async fn c05_the_keys_of_a_map_are_field_names(context: &Context) {
    let records = context.repository::<BTreeMap<String, BTreeMap<String, i64>>>("maps").await;
    let bad = BTreeMap::from([("in".to_owned(), BTreeMap::from([("a.b".to_owned(), 1)]))]);
    let error = refused(records.insert(&bad).await, ErrorKind::InvalidInput, "insert");
    assert!(error.path().is_some_and(|path| path.starts_with("in")), "{error}");
}

pub async fn c05_underscore_id_is_a_name_of_the_librarys_own(context: &Context) {
    let records = context.repository::<Document>("names").await;
    let error = refused(records.insert(&Document::from([("_id", DIGITS)])).await, ErrorKind::InvalidInput, "insert");
    assert!(error.to_string().contains("customId"), "{error}");
    let nested = Document::from([("in", Value::Map(Document::from([("_id", DIGITS)])))]);
    let inserted = records.insert(&nested).await.unwrap();
    assert_eq!(records.get(text(inserted.get("id"))).await.unwrap().unwrap().get("in"), nested.get("in"));
}
