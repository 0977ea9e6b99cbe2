//! C37: what is stored is compared with what is wanted, within a process as between two.

use backends_core::{Backend, Definition, Document, ErrorKind, FieldKind, IdKind, Kind, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Keyed, User, document, id, text};

/// The backend that defined it, and another process.
async fn both(context: &Context) -> [Backend; 2] {
    [context.backend().await.clone(), context.another_process().await]
}

/// That the definition conflicts with the stored one, and every one of `told` is in the error.
async fn conflicts(context: &Context, definition: &Definition, told: &[&str]) {
    for backend in both(context).await {
        let error =
            refused(backend.define::<Document>(definition.clone()).await, ErrorKind::DefinitionConflict, "define");
        assert_eq!(error.mistakes().len().max(1), told.len(), "{error}");
        for part in told {
            assert!(error.to_string().contains(part), "{part} is not told: {error}");
        }
    }
}

pub async fn c37_l41_l47_every_difference_is_told(context: &Context) {
    let stored = context.definition("records").partition_key("a").sort_key_of("b", Kind::Integer);
    let records = context.define::<Document>(stored.clone().field("c", Kind::Timestamp)).await;
    records.insert(&document(json!({"a": "x", "b": 1}))).await.unwrap();
    let wanted = context
        .definition("records")
        .partition_key_of("b", Kind::String)
        .field("c", Kind::Bool)
        .id_kind(IdKind::String)
        .custom_id(true)
        .build()
        .unwrap();
    conflicts(context, &wanted, &["partition key", "sort key", "idKind", "customId", "`b`", "`c`"]).await;
    let same = context.define::<Document>(stored).await;
    assert!(same.get(("x", 1)).await.unwrap().is_some());
}

pub async fn c37_each_difference_alone_is_a_conflict(context: &Context) {
    let stored = || context.definition("records").partition_key("a").sort_key("b").field("c", Kind::Number);
    context.define::<Document>(stored()).await;
    let plain = || context.definition("records").field("c", Kind::Number);
    for (wanted, told) in [
        (plain().partition_key("b").sort_key("a"), &["partition key", "sort key"][..]),
        (plain().partition_key("a"), &["sort key"]),
        (plain().partition_key("a").sort_key_of("b", Kind::Number), &["`b`"]),
        (plain().partition_key_of("a", Kind::ObjectId).sort_key("b"), &["`a`"]),
        (stored().id_kind(IdKind::String), &["idKind"]),
        (stored().custom_id(true), &["customId"]),
        (context.definition("records").partition_key("a").sort_key("b").field("c", Kind::Integer), &["`c`"]),
    ] {
        conflicts(context, &wanted.build().unwrap(), told).await;
    }
}

pub async fn c37_another_case_of_a_name_is_a_conflict(context: &Context) {
    context.repository::<Document>("records").await;
    let other = Definition::builder(context.name("Records")).build().unwrap();
    for backend in both(context).await {
        let error = refused(backend.define::<Document>(other.clone()).await, ErrorKind::DefinitionConflict, "define");
        assert!(error.to_string().contains("records"), "{error}");
    }
}

pub async fn c37_kinds_may_be_added_and_are_enforced_by_earlier_handles(context: &Context) {
    let before = context.repository::<Document>("records").await;
    let inserted = before.insert(&document(json!({"at": "2024-01-01T00:00:00Z"}))).await.unwrap();
    before.insert(&document(json!({"at": null, "other": SECRET}))).await.unwrap();
    let with = |at: FieldKind| context.definition("records").field("at", at).build().unwrap();
    let after = match context.backend().await.define::<Document>(with(Kind::Timestamp.into())).await {
        Ok(after) => after,
        // A database that compares its own dates with no text takes the text where the definition says so.
        conflict => {
            let error = refused(conflict, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains("`foreignText: true`"), "{error}");
            let foreign = with(FieldKind::from(Kind::Timestamp).foreign_text());
            context.backend().await.define(foreign).await.unwrap()
        }
    };
    assert_eq!(before.definition().kind_of("at"), Some(Kind::Timestamp));
    let wrong = document(json!({"at": SECRET}));
    for handle in [&before, &after, &before.untyped(), &before.clone()] {
        refused(handle.insert(&wrong).await, ErrorKind::InvalidInput, "insert");
    }
    let read = before.get(text(inserted.get("id"))).await.unwrap().unwrap();
    assert!(matches!(read.get("at"), Some(Value::Timestamp(_))));
}

pub async fn c37_a_kind_that_stored_records_break_is_a_conflict_and_changes_nothing(context: &Context) {
    let records = context.repository::<Document>("records").await;
    let good: Vec<_> = (0..250).map(|at| document(json!({"id": id(at), "n": at, "in": {"x": "y"}}))).collect();
    records.insert_many(&good).await.unwrap();
    records
        .insert(&document(json!({"id": id(900), "n": SECRET, "in": {"x": 1}, "list": [{"t": SECRET}]})))
        .await
        .unwrap();
    let wanted = context
        .definition("records")
        .field("n", Kind::Integer)
        .field("in.x", Kind::String)
        .field("list[].t", Kind::Timestamp)
        .field("fine", Kind::Bool);
    for backend in both(context).await {
        let defined = backend.define::<Document>(wanted.clone().build().unwrap()).await;
        let error = refused(defined, ErrorKind::DefinitionConflict, "define");
        assert_eq!(error.mistakes().len(), 3, "{error}");
        for path in ["`n`", "`in.x`", "`list[].t`"] {
            assert!(error.to_string().contains(path), "{path}: {error}");
        }
    }
    assert_eq!(context.repository::<Document>("records").await.definition().kind_of("n"), None);
    records.insert(&document(json!({"n": SECRET}))).await.unwrap();
    records.delete(id(900)).await.unwrap();
    let other = context.another_process().await;
    other.define::<Document>(context.definition("records").field("in.x", Kind::String).build().unwrap()).await.unwrap();
}

#[derive(Debug, Serialize, Deserialize)]
struct Counted {
    at: i64,
    n: i64,
}

pub async fn c37_a_type_that_contradicts_a_stored_kind_is_a_conflict(context: &Context) {
    context.define::<Document>(context.definition("records").field("at", Kind::Timestamp)).await;
    let plain = context.definition("records").build().unwrap();
    let more = context.definition("records").field("n", Kind::Integer).build().unwrap();
    for backend in both(context).await {
        for wanted in [&plain, &more] {
            let defined = backend.define::<Counted>(wanted.clone()).await;
            let error = refused(defined, ErrorKind::DefinitionConflict, "define");
            assert_eq!(error.mistakes().len(), 1, "{error}");
            for part in ["`at`", "`timestamp`", "`integer`"] {
                assert!(error.to_string().contains(part), "{part} is not told: {error}");
            }
        }
    }
    assert_eq!(context.define::<Document>(context.definition("records")).await.definition().kind_of("n"), None);
}

pub async fn c37_a_kind_that_is_left_open_is_the_stored_one(context: &Context) {
    let plain = || context.definition("keyed").partition_key("key");
    let typed = context.define::<Keyed<u32>>(plain()).await;
    typed.insert(&Keyed::new(7, "x")).await.unwrap();
    let number = format!(r#"{{"name": "{}", "hashKey": "key", "hashKeyType": "N"}}"#, context.name("keyed"));
    for backend in both(context).await {
        for definition in [plain().build().unwrap(), Definition::from_json(&number).unwrap()] {
            let untyped = backend.define::<Document>(definition.clone()).await.unwrap();
            assert_eq!(untyped.definition().kind_of("key"), Some(Kind::Integer));
            assert!(untyped.get(7).await.unwrap().is_some());
            refused(untyped.insert(&document(json!({"key": SECRET}))).await, ErrorKind::InvalidInput, "insert");
            backend.define::<Keyed<u32>>(definition.clone()).await.unwrap();
            let float = backend.define::<Keyed<f64>>(definition).await;
            let error = refused(float, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains("type"), "{error}");
        }
    }
    let number = Definition::from_json(&number.replace("keyed", "other")).unwrap();
    context.backend().await.define::<Document>(number).await.unwrap();
    let other = context.define::<Keyed<u32>>(context.definition("other").partition_key("key")).await;
    assert_eq!(other.definition().kind_of("key"), Some(Kind::Number));
    let stored = other.insert(&Keyed::new(7, "x")).await.unwrap();
    assert_eq!(other.get(7).await.unwrap(), Some(stored));
}

pub async fn c37_a_kind_that_nobody_has_said_is_stored_as_string(context: &Context) {
    let plain = || context.definition("keyed").partition_key("key");
    let untyped = context.define::<Document>(plain()).await;
    refused(untyped.insert(&document(json!({"key": 7}))).await, ErrorKind::InvalidInput, "insert");
    for backend in both(context).await {
        let typed = backend.define::<Keyed<u32>>(plain().build().unwrap()).await;
        let error = refused(typed, ErrorKind::DefinitionConflict, "define");
        for part in ["`key`", "`string`", "`integer`", "type"] {
            assert!(error.to_string().contains(part), "{part} is not told: {error}");
        }
        backend.define::<Keyed<String>>(plain().build().unwrap()).await.unwrap();
    }
    untyped.insert(&document(json!({"key": "a"}))).await.unwrap();
}

pub async fn c37_what_is_stored_and_not_wanted_stays_and_is_enforced(context: &Context) {
    let newer = context.definition("records").field("n", Kind::Integer).field("at", Kind::Timestamp);
    context.define::<Document>(newer).await;
    let older = context.definition("records").build().unwrap();
    for backend in both(context).await {
        let records = backend.define::<Document>(older.clone()).await.unwrap();
        assert_eq!(records.definition().kind_of("n"), Some(Kind::Integer));
        refused(records.insert(&document(json!({"n": SECRET}))).await, ErrorKind::InvalidInput, "insert");
        let inserted = records.insert(&document(json!({"at": "2024-01-01T00:00:00Z"}))).await.unwrap();
        assert!(matches!(inserted.get("at"), Some(Value::Timestamp(_))));
    }
}

pub async fn c37_two_versions_of_a_service_add_to_one_definition(context: &Context) {
    let one = context.definition("records").field("a", Kind::Integer).build().unwrap();
    let two = context.definition("records").field("b", Kind::Bool).build().unwrap();
    let [first, second] = both(context).await;
    first.define::<Document>(one.clone()).await.unwrap();
    second.define::<Document>(two.clone()).await.unwrap();
    for backend in [&first, &second, &context.another_process().await] {
        for definition in [&one, &two] {
            let records = backend.define::<Document>(definition.clone()).await.unwrap();
            assert!(records.definition().kind_of(if definition == &one { "a" } else { "b" }).is_some());
        }
    }
    let conflicting = context.definition("records").field("b", Kind::Bytes).build().unwrap();
    conflicts(context, &conflicting, &["`b`"]).await;
}

pub async fn c37_throughput_is_not_compared(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let definition = context.definition("users").throughput(backends_core::Throughput::new(7, 9));
    let again = context.define::<User>(definition).await;
    assert_eq!(again.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c37_a_definition_made_again_looks_at_what_another_process_stored(context: &Context) {
    let [here, there] = both(context).await;
    let plain = || context.definition("records").partition_key("a");
    let records = here.define::<Document>(plain().build().unwrap()).await.unwrap();
    there.define::<Document>(plain().field("at", Kind::Timestamp).build().unwrap()).await.unwrap();
    // The older version defines once more: what the newer one declared stays, is named, and is enforced.
    let again = here.define::<Document>(plain().build().unwrap()).await.unwrap();
    assert!(again.warnings().iter().any(|warning| warning.contains("`at`")), "{:?}", again.warnings());
    for handle in [&records, &again] {
        refused(handle.insert(&document(json!({"a": "x", "at": "no time"}))).await, ErrorKind::InvalidInput, "insert");
    }
    let other = plain().field("at", Kind::Bool).build().unwrap();
    refused(here.define::<Document>(other).await, ErrorKind::DefinitionConflict, "define");
}

pub async fn c37_trust_looks_at_nothing_and_the_next_definition_does(context: &Context) {
    let [here, there] = both(context).await;
    let with = |kind| context.definition("records").partition_key("a").field("n", kind).build().unwrap();
    there.define::<Document>(with(Kind::Integer)).await.unwrap();
    let trust = backends_core::SchemaMode::Trust;
    here.define::<Document>(with(Kind::String)).schema_mode(trust).await.unwrap();
    refused(here.define::<Document>(with(Kind::String)).await, ErrorKind::DefinitionConflict, "define");
    let records = here.define::<Document>(with(Kind::Integer)).await.unwrap();
    refused(records.insert(&document(json!({"a": "x", "n": "text"}))).await, ErrorKind::InvalidInput, "insert");
}

pub async fn c37_trust_takes_no_live_handle_over(context: &Context) {
    let plain = || context.definition("records").partition_key("a");
    let trust = backends_core::SchemaMode::Trust;
    let records = context.define::<Document>(plain()).await;
    let kept = records.insert(&document(json!({"a": "x", "b": "y", "n": 1}))).await.unwrap();
    for other in [context.definition("records").partition_key("b"), plain().id_kind(IdKind::String)] {
        let trusted = context.backend().await.define::<Document>(other.build().unwrap()).schema_mode(trust).await;
        refused(trusted, ErrorKind::DefinitionConflict, "define");
        assert_eq!(records.get("x").await.unwrap().as_ref(), Some(&kept));
    }
    // What is only added holds for the earlier handles too, and what is live stays.
    for field in ["n", "m"] {
        let more = plain().field(field, Kind::Integer).build().unwrap();
        context.backend().await.define::<Document>(more).schema_mode(trust).await.unwrap();
    }
    for field in ["n", "m"] {
        let wrong = document(json!({"a": "z", field: "text"}));
        refused(records.insert(&wrong).await, ErrorKind::InvalidInput, "insert");
    }
}
