//! C3: null is absence, and what could not be read back is refused before the write.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, FieldKind, Filter, Index, Kind, Record, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::indexes::has_indexes;
use crate::Context;
use crate::expect::{SECRET, has_source, refused};
use crate::records::{Holds, document, id, stored, text};

pub async fn c03_null_is_absence_at_every_depth(context: &Context) {
    let records = context.repository::<Document>("nulls").await;
    let written =
        document(json!({"a": null, "b": 1, "c": {"d": null, "e": {"f": null, "g": 1}}, "h": [{"i": null, "j": 1}]}));
    let inserted = records.insert(&written).await.unwrap();
    let expected = document(json!({"b": 1, "c": {"e": {"g": 1}}, "h": [{"j": 1}]}));
    let read = stored(&records, text(inserted.get("id"))).await;
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&expected).unwrap());
    let mut answered = inserted.clone();
    answered.remove("id");
    assert_eq!(serde_json::to_value(&answered).unwrap(), serde_json::to_value(&expected).unwrap());
}

pub async fn c03_none_reads_back_as_none_either_way(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Optional {
        #[serde(default)]
        id: String,
        plain: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        skipped: Option<i64>,
    }
    let records = context.repository::<Optional>("optionals").await;
    let inserted = records.insert(&Optional { id: String::new(), plain: None, skipped: None }).await.unwrap();
    assert!(stored(&records, &inserted.id).await.is_empty());
    assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
}

pub async fn c03_a_map_that_loses_all_its_fields_stays(context: &Context) {
    let records = context.repository::<Document>("maps").await;
    let inserted =
        records.insert(&document(json!({"a": {"b": null}, "c": {}, "d": {"e": {"f": null}}}))).await.unwrap();
    let read = stored(&records, text(inserted.get("id"))).await;
    assert_eq!(serde_json::to_value(&read).unwrap(), json!({"a": {}, "c": {}, "d": {"e": {}}}));
}

pub async fn c03_nulls_in_arrays_stay(context: &Context) {
    let records = context.repository::<Holds<Vec<Option<i64>>>>("arrays").await;
    let written = Holds::new(vec![None, Some(1), None, None]);
    let inserted = records.insert(&written).await.unwrap();
    assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, written.value);
    let read = stored(&records, &inserted.id).await;
    assert!(
        matches!(read.get("value"), Some(Value::Array(all)) if matches!(all[..], [Value::Null, Value::Int(1), Value::Null, Value::Null]))
    );
}

pub async fn c03_l25_an_absent_field_stays_absent_through_a_replace(context: &Context) {
    let records = context.repository::<Holds<Option<i64>>>("records").await;
    let inserted = records.insert(&Holds::new(Some(1))).await.unwrap();
    records.replace(&Holds { id: inserted.id.clone(), value: None }).await.unwrap();
    assert!(stored(&records, &inserted.id).await.is_empty());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(default)]
    id: String,
    #[serde(alias = "old", alias = "older", default)]
    new: i64,
}

pub async fn c03_l16_aliases_are_read_and_never_written(context: &Context) {
    let records = context.repository::<Renamed>("renamed").await;
    let written = records.untyped().insert(&document(json!({"older": 5}))).await.unwrap();
    let read = records.get(text(written.get("id"))).await.unwrap().unwrap();
    assert_eq!(read.new, 5);
    records.replace(&read).await.unwrap();
    assert_eq!(serde_json::to_value(stored(&records, &read.id).await).unwrap(), json!({"new": 5}));
}

pub async fn c03_no_definition_names_an_alias(context: &Context) {
    let definition = context.definition("renamed").partition_key("old").build().unwrap();
    let error = refused(context.backend().await.define::<Renamed>(definition).await, ErrorKind::InvalidInput, "define");
    assert!(error.to_string().contains("`old`"), "{error}");
}

pub async fn c03_fields_that_a_closed_type_does_not_list_are_not_offered_to_it(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        value: i64,
    }
    let records = context.repository::<Closed>("closed").await;
    let inserted = records.untyped().insert(&document(json!({"value": 5, "more": 1}))).await.unwrap();
    assert_eq!(records.get(text(inserted.get("id"))).await.unwrap(), Some(Closed { value: 5 }));
    assert_eq!(records.insert(&Closed { value: 6 }).await.unwrap(), Closed { value: 6 });
}

/// That no write stores the record, and that each says where it is wrong.
async fn cannot_be_read_back<T: Record>(context: &Context, base: &str, record: T, path: &str) {
    let records = context.repository::<T>(base).await;
    let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
    assert!(error.to_string().contains(path), "the field is not told: {error}");
    refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
    refused(records.replace(&record).await, ErrorKind::InvalidInput, "replace");
    let error = refused(records.insert_many([&record, &record]).await, ErrorKind::InvalidInput, "insert_many");
    assert_eq!(error.inserted().unwrap().failures().count(), 2);
    assert!(records.untyped().get(id(3)).await.unwrap().is_none());
}

pub async fn c03_a_unit_field_is_refused(context: &Context) {
    #[derive(Serialize, Deserialize)]
    struct Unit {
        id: String,
        nothing: (),
    }
    cannot_be_read_back(context, "units", Unit { id: id(3), nothing: () }, "nothing").await;
}

pub async fn c03_l16_a_name_that_is_written_and_not_read_is_refused(context: &Context) {
    #[derive(Serialize, Deserialize)]
    struct TwoNames {
        id: String,
        #[serde(rename(serialize = "written", deserialize = "read"), default)]
        value: i64,
    }
    cannot_be_read_back(context, "names", TwoNames { id: id(3), value: 1 }, "written").await;
}

pub async fn c03_l16_a_name_inside_that_is_written_and_not_read_is_refused(context: &Context) {
    #[derive(Serialize, Deserialize)]
    struct Inner {
        #[serde(rename(serialize = "written", deserialize = "read"), default)]
        value: i64,
    }
    #[derive(Serialize, Deserialize)]
    struct Outer {
        id: String,
        inner: Inner,
    }
    cannot_be_read_back(context, "names", Outer { id: id(3), inner: Inner { value: 1 } }, "inner.written").await;
}

pub async fn c03_a_variant_around_null_is_refused(context: &Context) {
    #[derive(Serialize, Deserialize)]
    enum Choice {
        One(Option<i64>),
    }
    let record = Holds { id: id(3), value: Choice::One(None) };
    cannot_be_read_back(context, "variants", record, "value.One").await;
}

pub async fn c03_a_type_that_refuses_itself_is_refused_in_its_own_words(context: &Context) {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    #[derive(Clone)]
    struct Never(String);
    impl TryFrom<String> for Never {
        type Error = String;
        fn try_from(text: String) -> Result<Self, String> {
            Err(format!("no {text}"))
        }
    }
    impl From<Never> for String {
        fn from(never: Never) -> Self {
            never.0
        }
    }
    let records = context.repository::<Holds<Never>>("never").await;
    let error = refused(records.insert(&Holds::new(Never(SECRET.to_owned()))).await, ErrorKind::InvalidInput, "insert");
    has_source(&error);
}

pub async fn c03_insert_many_looks_at_each_shape(context: &Context) {
    #[derive(Serialize, Deserialize)]
    enum Choice {
        Plain(i64),
        Empty(Option<i64>),
        Unit(()),
    }
    let records = context.repository::<Holds<Choice>>("shapes").await;
    let all: Vec<_> =
        [Choice::Plain(1), Choice::Empty(Some(1)), Choice::Empty(None), Choice::Plain(2), Choice::Unit(())]
            .map(Holds::new)
            .into();
    let error = refused(records.insert_many(&all).await, ErrorKind::InvalidInput, "insert_many");
    let inserted = error.inserted().unwrap();
    assert_eq!(inserted.failures().map(|(position, _)| position).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(inserted.stored(), 3);
}

pub async fn c03_insert_many_looks_at_what_is_stored_without_an_empty_text(context: &Context) {
    #[derive(Serialize, Deserialize)]
    struct Person {
        #[serde(default)]
        id: String,
        email: String,
    }
    if !has_indexes(context).await {
        return;
    }
    let email = FieldKind::new(Kind::String).empty_is_missing();
    let definition = context.definition("people").index(Index::on(["email"])).field("email", email);
    let people = context.define::<Person>(definition).await;
    let person = |email: &str| Person { id: String::new(), email: email.to_owned() };
    refused(people.insert(&person("")).await, ErrorKind::InvalidInput, "insert");
    let all = [person("a@example.org"), person(""), person("b@example.org")];
    let error = refused(people.insert_many(&all).await, ErrorKind::InvalidInput, "insert_many");
    let inserted = error.inserted().unwrap();
    assert_eq!(inserted.failures().map(|(position, _)| position).collect::<Vec<_>>(), [1]);
    assert_eq!(people.find(Filter::all()).await.unwrap().len(), 2);
}

pub async fn c03_a_map_of_options_loses_what_is_none(context: &Context) {
    let records = context.repository::<Holds<BTreeMap<String, Option<i64>>>>("maps").await;
    let written = Holds::new(BTreeMap::from([("a".to_owned(), None), ("b".to_owned(), Some(1))]));
    let inserted = records.insert(&written).await.unwrap();
    assert_eq!(inserted.value, BTreeMap::from([("b".to_owned(), Some(1))]));
    assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
}
