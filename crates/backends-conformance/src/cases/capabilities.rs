//! C41: what a backend can do it does, and what it cannot is refused with the capability and a remedy.

use std::time::Duration;

use backends_core::{Backend, Capabilities, DefinitionBuilder, Document, ErrorKind, Index, Kind, SchemaMode, Value};

use crate::Context;
use crate::expect::refused;
use crate::records::{User, id};

/// That the definition is taken if the backend can do what it needs, else refused, naming what is missing.
async fn taken_or_refused(context: &Context, definition: DefinitionBuilder, needs: &[(&str, bool)]) -> bool {
    let backend = context.backend().await;
    let definition = definition.build().unwrap();
    let defined = backend.define::<Document>(definition.clone()).await;
    let missing: Vec<_> = needs.iter().filter(|(_, has)| !has).map(|(capability, _)| *capability).collect();
    if missing.is_empty() {
        defined.unwrap();
        return true;
    }
    let error = refused(defined, ErrorKind::Unsupported, "define");
    assert!(!error.is_retryable() && !error.may_have_happened());
    assert_eq!(error.mistakes().len(), missing.len(), "{error}");
    for capability in missing {
        let told = error.mistakes().iter().find(|told| told.contains(&format!("`{capability}`")));
        assert!(told.is_some_and(|told| told.contains("leave ")), "the remedy for `{capability}`: {error}");
    }
    leaves_nothing(backend, &definition).await;
    false
}

/// That what was refused is not there.
async fn leaves_nothing(backend: &Backend, definition: &backends_core::Definition) {
    let plain = backends_core::Definition::builder(definition.name()).build().unwrap();
    let verified = backend.define::<Document>(plain).schema_mode(SchemaMode::Verify).await;
    refused(verified, ErrorKind::DefinitionConflict, "define");
}

async fn capabilities(context: &Context) -> Capabilities {
    context.backend().await.capabilities().clone()
}

pub async fn c41_unique_indexes_are_there_or_refused(context: &Context) {
    let can = capabilities(context).await.unique_indexes;
    let definition = context.definition("users").index(Index::unique(["name"]));
    if !taken_or_refused(context, definition.clone(), &[("unique_indexes", can)]).await {
        return;
    }
    let users = context.define::<User>(definition).await;
    users.insert(&User::new("ada")).await.unwrap();
    let error = refused(users.insert(&User::new("ada")).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(error.index(), Some("name"), "{error}");
}

pub async fn c11_c41_an_id_that_is_a_unique_index_may_be_brought(context: &Context) {
    let can = capabilities(context).await.unique_indexes;
    let definition = context.definition("users").partition_key("name").index(Index::unique(["id"]));
    if !taken_or_refused(context, definition.clone(), &[("unique_indexes", can)]).await {
        return;
    }
    let users = context.define::<User>(definition).await;
    let own = User::new("ada").with_id(&id(1));
    assert_eq!(users.insert(&own).await.unwrap(), own);
    let error = refused(users.insert(&User::new("eve").with_id(&id(1))).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(error.index(), users.definition().indexes().next().map(Index::name), "{error}");
}

pub async fn c39_c41_indexes_are_there_or_refused(context: &Context) {
    let can = capabilities(context).await.indexes;
    let definition = context.definition("users").index(Index::on(["name"]));
    taken_or_refused(context, definition, &[("indexes", can)]).await;
}

pub async fn c39_c41_ordered_indexes_are_there_or_refused(context: &Context) {
    let can = capabilities(context).await.indexes;
    let definition = context.definition("users").index(Index::on(["logins"]).ordered()).field("logins", Kind::Integer);
    taken_or_refused(context, definition, &[("indexes", can)]).await;
}

pub async fn c34_c41_ttl_is_there_or_refused(context: &Context) {
    let can = capabilities(context).await.ttl;
    let definition = context.definition("sessions").ttl("at", Duration::from_secs(60));
    taken_or_refused(context, definition, &[("ttl", can)]).await;
}

pub async fn c41_everything_that_is_missing_is_told_at_once(context: &Context) {
    let can = capabilities(context).await;
    let definition = context
        .definition("all")
        .index(Index::unique(["a"]))
        .index(Index::on(["b"]))
        .ttl("at", Duration::from_secs(60));
    let needs = [("unique_indexes", can.unique_indexes), ("indexes", can.indexes), ("ttl", can.ttl)];
    taken_or_refused(context, definition, &needs).await;
}

pub async fn c41_the_largest_record_is_stored_or_its_limit_is_told(context: &Context) {
    let records = context.repository::<Document>("large").await;
    let large = |bytes: usize| Document::from([("id", Value::from(id(1))), ("text", "x".repeat(bytes).into())]);
    // What is above this is no limit that a program meets, and more than a test should write.
    let limit = capabilities(context).await.max_record_bytes.filter(|limit| *limit <= 64 << 20);
    let Some(limit) = limit else {
        let written = large(17 << 20);
        assert!(records.insert(&written).await.unwrap() == written);
        assert!(records.get(id(1)).await.unwrap() == Some(written));
        return;
    };
    let limit = usize::try_from(limit).unwrap();
    let error = refused(records.insert(&large(limit + 1)).await, ErrorKind::InvalidInput, "insert");
    assert!(error.to_string().contains(&limit.to_string()), "the limit is not told: {error}");
    assert!(records.get(id(1)).await.unwrap().is_none());
    let written = large(limit * 3 / 4);
    assert!(records.insert(&written).await.unwrap() == written);
    refused(records.replace(&large(limit + 1)).await, ErrorKind::InvalidInput, "replace");
    refused(records.upsert(&large(limit + 1)).await, ErrorKind::InvalidInput, "upsert");
    assert!(records.get(id(1)).await.unwrap() == Some(written));
}

pub async fn c41_what_is_durable_outlives_its_closing(context: &Context) {
    let first = context.another_process().await;
    let definition = context.definition("users").build().unwrap();
    let users = first.define::<User>(definition.clone()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    first.close().await.unwrap();
    let durable = capabilities(context).await.durable;
    if durable {
        // Nobody has it open any longer.
        context.backend().await.close().await.unwrap();
    }
    let second = context.another_process().await;
    let users = second.define::<User>(definition).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
