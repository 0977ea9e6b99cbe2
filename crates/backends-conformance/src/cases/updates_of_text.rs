//! C7: text that some server reads as a field, a variable, an operator or a placeholder stays text, in writes and filters.

use backends_core::{Document, Filter, Index, Kind, Repository, Update, field};
use serde_json::{Value as Json, json};

use super::indexes::has_indexes;
use crate::Context;
use crate::reading::table::names;
use crate::records::{document, stored};

const TEXTS: [&str; 20] = [
    "$name",
    "$other",
    "$map.a",
    "$$ROOT",
    "$$REMOVE",
    "$$NOW",
    "$literal",
    "$",
    "$$",
    "a.b",
    "map.a",
    "list.0",
    "other",
    "#n0",
    ":v0",
    "?1",
    "@p1",
    "'other'",
    "\"other\"",
    "{\"$literal\":1}",
];

/// One whose fields nobody has declared, and one whose fields have kinds, and an index if the backend has any.
async fn repositories(context: &Context) -> [Repository<Document>; 2] {
    let plain = context.definition("texts").partition_key("name");
    let declared = context.definition("declared").partition_key("name");
    let declared = declared.field("other", Kind::String).field("map.a", Kind::String);
    let has_indexes = has_indexes(context).await;
    let declared = if has_indexes { declared.index(Index::on(["other"])) } else { declared };
    [context.define(plain).await, context.define(declared).await]
}

fn record(text: &str) -> Json {
    json!({"name": text, "other": text, "map": {"a": text}, "list": [text, null, {"a": text}]})
}

/// That this is stored under its name.
async fn is_stored(records: &Repository<Document>, expected: &Json, what: &str) {
    let name = expected["name"].as_str().unwrap();
    let stored = serde_json::to_value(stored(records, name).await).unwrap();
    assert_eq!(stored, *expected, "{name}, after {what}");
}

pub async fn c07_s07_no_text_that_is_written_is_taken_for_an_expression(context: &Context) {
    for records in repositories(context).await {
        for text in TEXTS {
            let whole = document(record(text));
            records.insert(&whole).await.unwrap();
            is_stored(&records, &record(text), "insert").await;
            records.replace(&whole).await.unwrap();
            is_stored(&records, &record(text), "replace").await;
            assert!(!records.upsert(&whole).await.unwrap().created);
            is_stored(&records, &record(text), "upsert").await;
            assert!(records.delete(text).await.unwrap().is_some());
            assert!(records.upsert(&whole).await.unwrap().created);
            is_stored(&records, &record(text), "upsert of a new one").await;
        }
    }
}

pub async fn c07_c28_s07_no_text_of_an_update_is_taken_for_an_expression(context: &Context) {
    for records in repositories(context).await {
        for text in TEXTS {
            records.insert(&document(record(text))).await.unwrap();
            let mut expected = record(text);
            let update = Update::new().set("other", text).set("set", text).set("map.b.c", text);
            let update = update.set("whole", json!({"a": [text]})).push("list", text).push("new", text);
            let answer = records.update(text, update).await.unwrap().unwrap();
            expected["set"] = json!(text);
            expected["map"] = json!({"a": text, "b": {"c": text}});
            expected["whole"] = json!({"a": [text]});
            expected["list"] = json!([text, null, {"a": text}, text]);
            expected["new"] = json!([text]);
            is_stored(&records, &expected, "set and push").await;
            let mut answer = serde_json::to_value(answer).unwrap();
            answer.as_object_mut().unwrap().remove("id");
            assert_eq!(answer, expected, "{text}: the answer is what is stored");
            records.update(text, Update::new().pull("list", text)).await.unwrap().unwrap();
            records.update(text, Update::new().pull("list", json!({"a": text}))).await.unwrap().unwrap();
            expected["list"] = json!([null]);
            is_stored(&records, &expected, "pull").await;
            let one = Update::new().set("map.a", text).set("one", text).push("new", text);
            assert!(records.update_one(field("other").eq(text), one).await.unwrap().is_some(), "{text}");
            let many = Update::new().set("many", text).set("map.b.c", text).push("new", text);
            assert_eq!(records.update_many(field("other").eq(text), many).await.unwrap(), 1, "{text}");
            expected["one"] = json!(text);
            expected["many"] = json!(text);
            expected["new"] = json!([text, text, text]);
            is_stored(&records, &expected, "updates by filter").await;
        }
    }
}

pub async fn c07_c13_s07_no_text_that_is_looked_for_is_taken_for_an_expression(context: &Context) {
    for records in repositories(context).await {
        records.insert_many(&TEXTS.map(|text| document(record(text)))).await.unwrap();
        for text in TEXTS {
            let other = field("other");
            for filter in [
                field("name").eq(text),
                other.eq(text),
                field("map.a").eq(text),
                field("list").contains(text),
                other.is_in([text, "nobody"]),
                other.between(text, text),
                other.like(text),
                other.starts_with(text) & other.le(text),
                other.contains(text) & field("map.a").eq(text),
                !other.ne(text),
            ] {
                assert_eq!(names(&records, &filter).await, text, "{text}: {filter:?}");
                assert_eq!(records.count(&filter).await.unwrap(), 1, "{text}: {filter:?}");
            }
        }
        for text in TEXTS {
            assert_eq!(records.delete_many(field("map.a").eq(text)).await.unwrap(), 1, "{text}");
        }
        assert_eq!(records.count(Filter::all()).await.unwrap(), 0);
    }
}
