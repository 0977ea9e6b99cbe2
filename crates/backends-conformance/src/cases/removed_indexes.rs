//! C37: an index is removed by a call of its own, and by no definition.

use backends_core::{Document, ErrorKind, Filter, Index, Kind, Order, field};
use serde_json::json;

use super::unique::has_unique;
use crate::Context;
use crate::expect::refused;
use crate::records::{document, id};

fn records() -> Vec<Document> {
    (1_usize..=6)
        .map(|n| document(json!({"id": id(n), "level": n % 3, "role": if n % 2 == 0 { "a" } else { "b" }})))
        .collect()
}

pub async fn c37_an_index_is_removed_by_a_call_of_its_own(context: &Context) {
    let backend = context.backend().await;
    let plain = || context.definition("records").field("level", Kind::Integer);
    let name = plain().build().unwrap().name().to_owned();
    if !backend.capabilities().indexes {
        refused(backend.remove_index(&name, "role").await, ErrorKind::Unsupported, "remove_index");
        return;
    }
    refused(backend.remove_index(&name, "role").await, ErrorKind::NotFound, "remove_index");
    let both = || plain().index(Index::on(["role"])).index(Index::on(["level"]).ordered()).build().unwrap();
    let handle =
        context.define::<Document>(plain().index(Index::on(["role"])).index(Index::on(["level"]).ordered())).await;
    handle.insert_many(&records()).await.unwrap();
    refused(backend.remove_index(&name, "rule").await, ErrorKind::NotFound, "remove_index");
    for index in ["role", "level"] {
        backend.remove_index(&name, index).await.unwrap();
        refused(backend.remove_index(&name, index).await, ErrorKind::NotFound, "remove_index");
        // The handles that there are follow.
        assert_eq!(handle.find(field("role").eq("a")).await.unwrap().len(), 3);
        let sorted = handle.find(Filter::all()).sort("level", Order::Desc).limit(2).await.unwrap();
        assert!(sorted.iter().all(|record| record.get("level") == Some(&2.into())), "{sorted:?}");
    }
    assert_eq!(handle.definition().indexes().len(), 0);
    let other = context.another_process().await;
    let defined = other.define::<Document>(plain().build().unwrap()).await.unwrap();
    // The kind of its field stays.
    assert!(defined.warnings().iter().all(|told| !told.contains("index")), "{:?}", defined.warnings());
    // What is stored and not wanted is named as long as it is stored.
    other.define::<Document>(both()).await.unwrap();
    let plainly = backend.define::<Document>(plain().build().unwrap()).await.unwrap();
    let named = |index: &str| plainly.warnings().iter().any(|told| told.contains(&format!("index {index}")));
    assert!(named("`role`") && named("`level`"), "{:?}", plainly.warnings());
    backend.remove_index(&name, "role").await.unwrap();
    assert!(!named("`role`") && named("`level`"), "{:?}", plainly.warnings());
    backend.remove_index(&name, "level").await.unwrap();
    // Who wants it again has it again.
    let again = other.define::<Document>(both()).await.unwrap();
    assert_eq!(again.definition().indexes().len(), 2);
    assert_eq!(again.find(field("role").eq("b")).await.unwrap().len(), 3);
}

pub async fn c31_c37_what_a_unique_index_kept_apart_may_be_equal_when_it_is_removed(context: &Context) {
    let backend = context.backend().await;
    if !has_unique(context).await {
        return;
    }
    let definition = context.definition("records").index(Index::unique(["role"]));
    let name = definition.clone().build().unwrap().name().to_owned();
    let handle = context.define::<Document>(definition).await;
    let [first, second] = [1, 2].map(|n| document(json!({"id": id(n), "role": "a"})));
    handle.insert(&first).await.unwrap();
    refused(handle.insert(&second).await, ErrorKind::AlreadyExists, "insert");
    if let Err(error) = backend.remove_index(&name, "role").await {
        // Where guards keep it, those that know it have to be gone.
        refused(Err::<(), _>(error), ErrorKind::Unsupported, "remove_index");
        refused(handle.insert(&second).await, ErrorKind::AlreadyExists, "insert");
        backend.remove_index(&name, "role").no_other_writers().await.unwrap();
    }
    handle.insert(&second).await.unwrap();
    let found = handle.find(field("role").eq("a")).sort("id", Order::Asc).await.unwrap();
    assert_eq!(found, [first, second]);
    let wanted = context.definition("records").index(Index::unique(["role"])).build().unwrap();
    let other = context.another_process().await;
    let again = || other.define::<Document>(wanted.clone()).no_other_writers();
    refused(again().await, ErrorKind::DefinitionConflict, "define");
    handle.delete(id(2)).await.unwrap().unwrap();
    let again = again().await.unwrap();
    refused(again.insert(&document(json!({"id": id(3), "role": "a"}))).await, ErrorKind::AlreadyExists, "insert");
}
