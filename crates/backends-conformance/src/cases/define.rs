//! C36: a definition can be used when it is given, again and again, by many at once.

use std::collections::HashSet;

use backends_core::{Definition, Document, ErrorKind, Filter, Kind, SchemaMode, Update};
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, Pair, User, document, id};

pub async fn c36_t07_a_definition_can_be_given_again_and_keeps_the_records(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for _ in 0..3 {
        let again = context.repository::<User>("users").await;
        assert_eq!(again.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
        assert_eq!(again.definition(), users.definition());
        let other = context.another_process().await;
        let others = other.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
        assert_eq!(others.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
        other.close().await.unwrap();
    }
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c36_the_same_repository_is_given_for_another_type(context: &Context) {
    let keyed = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    keyed.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let untyped = context.define::<Document>(context.definition("keyed").partition_key("key")).await;
    assert!(untyped.get("a").await.unwrap().is_some());
}

pub async fn c36_repositories_do_not_share_records(context: &Context) {
    let bases = ["a", "aa", "a-b", "a.b", "a_b"];
    for base in bases {
        let users = context.repository::<User>(base).await;
        users.insert(&User::new(base).with_id(&id(1))).await.unwrap();
    }
    for base in bases {
        let users = context.repository::<User>(base).await;
        assert!(users.get(id(1)).await.unwrap().unwrap().name.ends_with(&format!("-{base}")));
        assert!(users.delete(id(1)).await.unwrap().is_some());
    }
}

pub async fn c36_c38_every_name_that_is_allowed_can_be_used(context: &Context) {
    let suffix = context.name("");
    let longest = format!("Z{}{suffix}", "z".repeat(47 - suffix.len()));
    assert_eq!(longest.len(), 48);
    for name in [longest, format!("a{suffix}"), format!("A.-_9{suffix}"), format!("select{suffix}-.")] {
        let definition = Definition::builder(&name).build().unwrap();
        let users = context.backend().await.define::<User>(definition).await.unwrap();
        assert_eq!(users.name(), name);
        let ada = users.insert(&User::new("ada")).await.unwrap();
        assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
    }
}

pub async fn c36_l36_the_hundred_and_first_repository_is_seen_like_the_first(context: &Context) {
    let ada = User::new("ada").with_id(&id(1));
    for at in 0..=100 {
        let users = context.repository::<User>(&format!("r{at}")).await;
        users.insert(&ada).await.unwrap();
    }
    let other = context.another_process().await;
    for at in [0, 50, 99, 100] {
        let definition = context.definition(&format!("r{at}")).build().unwrap();
        let verified = other.define::<User>(definition).schema_mode(SchemaMode::Verify).await.unwrap();
        assert_eq!(verified.get(&ada.id).await.unwrap().as_ref(), Some(&ada), "{at}");
    }
}

pub async fn c36_l37_eight_that_start_at_once_all_succeed(context: &Context) {
    let mut starting = Vec::new();
    for at in 0..8 {
        let backend = if at % 2 == 0 { context.another_process().await } else { context.backend().await.clone() };
        let definition =
            context.definition("pairs").partition_key("p").sort_key("s").field("text", Kind::String).build().unwrap();
        starting.push(tokio::spawn(async move {
            let pairs = backend.define::<Pair<String, i64>>(definition).await.unwrap();
            pairs.insert(&Pair::new("a".to_owned(), at, "x")).await.unwrap();
            pairs
        }));
    }
    for start in starting {
        start.await.unwrap();
    }
    let pairs = context.define::<Pair<String, i64>>(context.definition("pairs").partition_key("p").sort_key("s")).await;
    let read = pairs.get_many((0..8).map(|at| ("a", at))).await.unwrap();
    assert!(read.iter().all(Option::is_some));
}

pub async fn c36_many_repositories_are_defined_at_once(context: &Context) {
    let backend = context.backend().await;
    let definitions: Vec<_> = (0..8).map(|at| context.definition(&format!("r{at}")).build().unwrap()).collect();
    let all: Vec<_> =
        definitions.into_iter().map(|one| tokio::spawn(backend.define::<User>(one).into_future())).collect();
    let mut names = HashSet::new();
    for one in all {
        let users = one.await.unwrap().unwrap();
        users.insert(&User::new("ada")).await.unwrap();
        names.insert(users.name().to_owned());
    }
    assert_eq!(names.len(), 8);
}

pub async fn c36_verify_finds_what_is_there_and_creates_nothing(context: &Context) {
    let backend = context.backend().await;
    let definition = context.definition("users").build().unwrap();
    let missing = backend.define::<User>(definition.clone()).schema_mode(SchemaMode::Verify).await;
    let error = refused(missing, ErrorKind::DefinitionConflict, "define");
    assert!(error.to_string().contains("Ensure"), "the remedy is missing: {error}");
    let again = context.another_process().await;
    let missing = again.define::<User>(definition.clone()).schema_mode(SchemaMode::Verify).await;
    refused(missing, ErrorKind::DefinitionConflict, "define");
    let users = backend.define::<User>(definition.clone()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for backend in [backend, &again] {
        let verified = backend.define::<User>(definition.clone()).schema_mode(SchemaMode::Verify).await.unwrap();
        assert_eq!(verified.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    }
}

pub async fn c36_verify_adds_nothing(context: &Context) {
    context.repository::<Document>("records").await;
    let more = context.definition("records").field("at", Kind::Timestamp).build().unwrap();
    for backend in [context.backend().await, &context.another_process().await] {
        let verified = backend.define::<Document>(more.clone()).schema_mode(SchemaMode::Verify).await;
        let error = refused(verified, ErrorKind::DefinitionConflict, "define");
        assert!(error.to_string().contains("`at`"), "{error}");
    }
    let other = context.another_process().await;
    let plain = context.definition("records").build().unwrap();
    let records = other.define::<Document>(plain).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!(records.definition().kind_of("at"), None);
}

pub async fn c36_trust_takes_the_definition_to_be_what_is_there(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let other = context.another_process().await;
    let definition = context.definition("users").build().unwrap();
    let trusted = other.define::<User>(definition).schema_mode(SchemaMode::Trust).await.unwrap();
    assert_eq!(trusted.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    let eve = trusted.insert(&User::new("eve")).await.unwrap();
    assert_eq!(users.get(&eve.id).await.unwrap(), Some(eve));
}

pub async fn c37_trust_in_what_is_not_there_is_told_by_the_first_call(context: &Context) {
    let backend = context.another_process().await;
    let definition = context.definition("users").build().unwrap();
    let trusted = backend.define::<User>(definition.clone()).schema_mode(SchemaMode::Trust).await.unwrap();
    let (ada, key) = (User { id: id(1), ..User::new("ada") }, id(1));
    let (every, count) = (Filter::all, || Update::new().inc("logins", 1));
    for error in [
        refused(trusted.get(&key).await, ErrorKind::DefinitionConflict, "get"),
        refused(trusted.get_many([&key, &id(2)]).await, ErrorKind::DefinitionConflict, "get_many"),
        refused(trusted.insert(&ada).await, ErrorKind::DefinitionConflict, "insert"),
        refused(trusted.insert_many([&ada, &User::new("eve")]).await, ErrorKind::DefinitionConflict, "insert_many"),
        refused(trusted.replace(&ada).await, ErrorKind::DefinitionConflict, "replace"),
        refused(trusted.upsert(&ada).await, ErrorKind::DefinitionConflict, "upsert"),
        refused(trusted.delete(&key).await, ErrorKind::DefinitionConflict, "delete"),
        refused(trusted.update(&key, count()).await, ErrorKind::DefinitionConflict, "update"),
        refused(trusted.update_one(every(), count()).await, ErrorKind::DefinitionConflict, "update_one"),
        refused(trusted.update_many(every(), count()).await, ErrorKind::DefinitionConflict, "update_many"),
        refused(trusted.delete_one(every()).await, ErrorKind::DefinitionConflict, "delete_one"),
        refused(trusted.delete_many(every()).await, ErrorKind::DefinitionConflict, "delete_many"),
    ] {
        assert!(error.to_string().contains("SchemaMode::Ensure"), "the remedy is missing: {error}");
        assert!(!error.may_have_happened() && !error.is_retryable(), "{error}");
    }
    let other = context.backend().await;
    let verified = other.define::<User>(definition.clone()).schema_mode(SchemaMode::Verify).await;
    refused(verified, ErrorKind::DefinitionConflict, "define");
    let users = other.define::<User>(definition).await.unwrap();
    assert_eq!(trusted.get(&key).await.unwrap(), None, "something was stored");
    assert_eq!(trusted.insert(&ada).await.unwrap(), ada);
    assert_eq!(users.get(&key).await.unwrap(), Some(ada));
}

pub async fn c38_a_definition_from_json_is_the_one_that_is_built(context: &Context) {
    let name = context.name("readings");
    let json = json!({
        "name": name, "hashKey": "p", "hashKeyType": "S", "rangeKey": "s", "rangeKeyType": "N", "readCapacity": 5,
        "writeCapacity": 5, "fields": {"text": "string"}
    });
    let definition = Definition::from_json(&json.to_string()).unwrap();
    let pairs = context.backend().await.define::<Pair<String, f64>>(definition).await.unwrap();
    pairs.insert(&Pair::new("a".to_owned(), 0.5, "x")).await.unwrap();
    let built =
        context.definition("readings").partition_key("p").sort_key_of("s", Kind::Number).field("text", Kind::String);
    let pairs = context.define::<Pair<String, f64>>(built).await;
    assert!(pairs.get(("a", 0.5)).await.unwrap().is_some());
}

pub async fn c38_l40_every_mistake_is_told_at_once_and_before_any_call(context: &Context) {
    let text = json!({
        "name": "x", "hashKye": "a", "rangeKey": "b", "readCapacity": 0, "writeCapacity": "5", "ttl": -1,
        "fields": {"a..b": "string", "c": "strnig"}
    });
    let error = crate::expect::failed(Definition::from_json(&text.to_string()), ErrorKind::InvalidInput);
    assert!(error.mistakes().len() >= 6, "{error}");
    for part in ["hashKey", "writeCapacity", "at least 1", "a..b", "string"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    let users = context.repository::<User>("users").await;
    users.insert(&User::new("ada")).await.unwrap();
}

pub async fn c36_what_a_definition_says_is_known_of_the_handle(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key_of("s", Kind::Number);
    let pairs = context.define::<Document>(definition).await;
    let known = pairs.definition();
    assert_eq!(known.key_fields().collect::<Vec<_>>(), ["p", "s"]);
    assert_eq!((known.kind_of("p"), known.kind_of("s")), (Some(Kind::String), Some(Kind::Number)));
    assert_eq!((known.name(), known.id_field(), known.id_is_key()), (pairs.name(), "id", false));
    pairs.insert(&document(json!({"p": "a", "s": 1}))).await.unwrap();
}
