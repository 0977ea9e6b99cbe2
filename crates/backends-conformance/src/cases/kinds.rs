//! C9: what is declared is enforced, and what is open is taken from the type.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, Kind, Record, Timestamp, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{DIGITS, SECRET, refused};
use crate::records::{Holds, Keyed, Pair, User, document, id};

pub async fn c09_a_value_of_another_kind_is_refused_where_one_is_declared(context: &Context) {
    let definition = Kind::ALL.iter().fold(context.definition("declared"), |definition, kind| {
        definition.field(format!("f.{kind}"), *kind).field(format!("l[].{kind}"), *kind)
    });
    let records = context.define::<Document>(definition).await;
    let values = [
        ("string", Value::from(SECRET)),
        ("number", Value::Float(471_147.5)),
        ("integer", Value::Int(DIGITS)),
        ("timestamp", Value::Timestamp(Timestamp::MIN)),
        ("objectId", Value::from("0123456789abcdef01234567")),
        ("bool", Value::Bool(true)),
        ("bytes", Value::Bytes(SECRET.as_bytes().to_vec())),
        ("array", Value::Array(vec![])),
        ("map", Value::Map(Document::new())),
    ];
    for kind in Kind::ALL {
        for (name, value) in &values {
            let fits =
                *name == kind.name() || matches!((kind, *name), (Kind::Number, "integer") | (Kind::String, "objectId"));
            // An instant may not stand at a place of another kind; text may stand at many.
            let inner = Value::Map(Document::from([(kind.name(), value.clone())]));
            let places = [("f", inner.clone(), format!("f.{kind}")), ("l", Value::Array(vec![inner]), "l".to_owned())];
            for (field, value, path) in places {
                let record = Document::from([("id", Value::from(id(6))), (field, value)]);
                let written = records.upsert(&record).await;
                if fits {
                    assert_eq!(written.unwrap().record.get(field), record.get(field), "{name} at {kind}");
                    records.delete(id(6)).await.unwrap();
                } else {
                    let error = refused(written, ErrorKind::InvalidInput, "upsert");
                    assert!(error.path().is_some_and(|shown| shown.starts_with(&path)), "{error}");
                    assert!(records.get(id(6)).await.unwrap().is_none());
                }
            }
        }
    }
}

pub async fn c09_null_and_absence_fit_every_kind(context: &Context) {
    let definition = Kind::ALL.iter().fold(context.definition("declared"), |definition, kind| {
        definition.field(kind.name(), *kind).field(format!("l_{kind}[]"), *kind)
    });
    let records = context.define::<Document>(definition).await;
    let nulls: Document = Kind::ALL.iter().map(|kind| (kind.name(), Value::Null)).collect();
    records.insert(&nulls).await.unwrap();
    let lists: Document = Kind::ALL.iter().map(|kind| (format!("l_{kind}"), Value::Array(vec![Value::Null]))).collect();
    records.insert(&lists).await.unwrap();
    records.insert(&Document::new()).await.unwrap();
}

pub async fn c09_on_undeclared_fields_any_kind_is_stored(context: &Context) {
    let records = context.repository::<Document>("open").await;
    let key = id(6);
    for value in [json!("text"), json!(1), json!(1.5), json!(true), json!([1, "a"]), json!({"a": 1})] {
        let record = document(json!({"id": key, "value": value}));
        assert_eq!(records.upsert(&record).await.unwrap().record, record);
    }
}

pub async fn c09_the_kind_of_an_open_key_is_that_of_the_type(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let pairs = context.define::<Pair<i32, Timestamp>>(definition).await;
    assert_eq!(pairs.definition().kind_of("p"), Some(Kind::Integer));
    assert_eq!(pairs.definition().kind_of("s"), Some(Kind::Timestamp));
    let floats = context.define::<Keyed<f32>>(context.definition("floats").partition_key("key")).await;
    assert_eq!(floats.definition().kind_of("key"), Some(Kind::Number));
    let untyped = context.define::<Document>(context.definition("untyped").partition_key("key")).await;
    assert_eq!(untyped.definition().kind_of("key"), Some(Kind::String));
    refused(untyped.insert(&Document::from([("key", DIGITS)])).await, ErrorKind::InvalidInput, "insert");
}

#[derive(Serialize, Deserialize)]
struct Flag {
    id: String,
    active: bool,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    email: String,
}

pub async fn c09_l44_a_bool_or_bytes_are_no_key(context: &Context) {
    let backend = context.backend().await;
    for field in ["active", "bytes"] {
        let definition = context.definition("flags").partition_key(field).build().unwrap();
        let error = refused(backend.define::<Flag>(definition).await, ErrorKind::InvalidInput, "define");
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Empty;

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    Circle { radius: f64 },
    Named(String),
}

async fn is_no_record<T: Record>(context: &Context) {
    let definition = context.definition("nothing").build().unwrap();
    let error = refused(context.backend().await.define::<T>(definition).await, ErrorKind::InvalidInput, "define");
    assert!(error.message().contains("a record is a struct or a map"), "{error}");
}

pub async fn c09_a_key_that_is_no_scalar_in_the_type_is_refused(context: &Context) {
    async fn refuses<K: DeserializeOwned + Serialize + Send + Sync + 'static>(context: &Context) {
        let definition = context.definition("keyed").partition_key("key").build().unwrap();
        let defined = context.backend().await.define::<Keyed<K>>(definition).await;
        let error = refused(defined, ErrorKind::InvalidInput, "define");
        assert!(error.mistakes().len() == 1 && error.to_string().contains("`key`"), "{error}");
    }
    refuses::<Vec<String>>(context).await;
    refuses::<Option<Vec<u8>>>(context).await;
    refuses::<(String, i64)>(context).await;
    refuses::<[i32; 2]>(context).await;
    refuses::<BTreeMap<String, String>>(context).await;
    refuses::<()>(context).await;
    refuses::<Address>(context).await;
    refuses::<bool>(context).await;
}

pub async fn c09_a_type_that_is_no_record_is_refused_when_it_is_defined(context: &Context) {
    is_no_record::<String>(context).await;
    is_no_record::<i64>(context).await;
    is_no_record::<Timestamp>(context).await;
    is_no_record::<Vec<User>>(context).await;
    is_no_record::<(User, User)>(context).await;
    is_no_record::<()>(context).await;
    is_no_record::<Empty>(context).await;
    is_no_record::<Shape>(context).await;
    let definition = context.definition("anything").build().unwrap();
    context.backend().await.define::<serde_json::Value>(definition).await.unwrap();
}

pub async fn c09_a_definition_that_names_a_field_the_type_does_not_have_is_refused(context: &Context) {
    let backend = context.backend().await;
    let definition = context.definition("flags").partition_key("emial").field("colour", Kind::String).build().unwrap();
    let error = refused(backend.define::<Flag>(definition.clone()).await, ErrorKind::InvalidInput, "define");
    assert_eq!(error.mistakes().len(), 2, "{error}");
    assert!(error.to_string().contains("`emial`") && error.to_string().contains("`email`"), "{error}");
    assert!(error.to_string().contains("`colour`"), "{error}");
    backend.define::<Document>(definition).await.unwrap();
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nest {
    address: Address,
    events: Vec<Event>,
    free: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Event {
    at: Timestamp,
}

pub async fn c09_a_definition_that_names_a_place_the_type_does_not_have_is_refused(context: &Context) {
    let backend = context.backend().await;
    for (path, nearest) in [
        ("address.citty", "`address.city`"),
        ("events[].att", "`events[].at`"),
        ("events.at", "`events[].at`"),
        ("address[]", "address.city"),
    ] {
        let definition = context.definition("nests").field(path, Kind::String).build().unwrap();
        let error = refused(backend.define::<Nest>(definition.clone()).await, ErrorKind::InvalidInput, "define");
        assert!(error.to_string().contains(path) && error.to_string().contains(nearest), "{error}");
    }
    let right = context.definition("nests").field("address.city", Kind::String).field("free.any", Kind::String);
    context.define::<Nest>(right).await;
}

pub async fn c09_a_definition_that_contradicts_the_type_is_refused(context: &Context) {
    let backend = context.backend().await;
    let definition = context.definition("users").field("name", Kind::Integer).field("logins", Kind::String);
    let error = refused(backend.define::<User>(definition.build().unwrap()).await, ErrorKind::InvalidInput, "define");
    assert_eq!(error.mistakes().len(), 2, "{error}");
}

pub async fn c09_c38_what_the_type_lacks_and_what_it_contradicts_is_told_at_once(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key_of("s", Kind::Integer);
    let definition = definition.field("nowhere", Kind::String).field("text", Kind::Bool).build().unwrap();
    let defined = context.backend().await.define::<Pair<String, String>>(definition).await;
    let error = refused(defined, ErrorKind::InvalidInput, "define");
    assert_eq!(error.mistakes().len(), 3, "{error}");
    for part in ["`nowhere`", "`s`", "`text`"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

pub async fn c09_a_declared_field_of_the_type_is_enforced_for_untyped_handles_too(context: &Context) {
    let definition = context.definition("records").field("value", Kind::Integer);
    let records = context.define::<Holds<i64>>(definition).await;
    let wrong = document(json!({"value": SECRET}));
    let error = refused(records.untyped().insert(&wrong).await, ErrorKind::InvalidInput, "insert");
    assert_eq!(error.path(), Some("value"), "{error}");
    let fraction = document(json!({"value": 1.5}));
    refused(records.untyped().insert(&fraction).await, ErrorKind::InvalidInput, "insert");
    let integral = records.untyped().insert(&document(json!({"value": 2.0}))).await.unwrap();
    assert_eq!(integral.get("value"), Some(&Value::Int(2)));
}
