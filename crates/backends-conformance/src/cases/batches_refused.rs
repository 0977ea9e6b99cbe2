//! C33, C41, C42: what is no batch, and what is one call to whoever looks on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use backends_core::{
    Call, Document, Error, ErrorKind, Filter, Index, Layer, Next, Repository, Result, Update, WrittenBatch,
};
use serde_json::json;
use tokio::sync::Semaphore;

use super::batches::refused_at;
use crate::Context;
use crate::expect::refused;
use crate::records::{Pair, User, document, id};
use crate::wrapped::{Act, Faults};

/// Whether the backend has batches; that it says so, where it has none.
pub(crate) async fn has_batches(context: &Context) -> bool {
    let backend = context.backend().await;
    if backend.capabilities().batches {
        return true;
    }
    let users = context.repository::<User>("without_batches").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let batch = backend.batch().insert(&users, &User::new("eve")).delete(&users, &ada.id);
    let error = refused(batch.await, ErrorKind::Unsupported, "batch");
    assert!(error.message().contains("`batches`") && error.message().contains("one record after another"), "{error}");
    assert!(!error.is_retryable() && !error.may_have_happened() && error.position().is_none(), "{error}");
    assert_eq!(users.find(Filter::all()).await.unwrap(), [ada]);
    false
}

pub async fn c33_c41_batches_are_there_or_refused(context: &Context) {
    if has_batches(context).await {
        let users = context.repository::<User>("users").await;
        let batch = context.backend().await.batch();
        assert_eq!(batch.insert(&users, &User::new("ada")).await.unwrap().len(), 1);
    }
}

/// That a batch is refused as a whole.
#[track_caller]
fn refused_whole(answer: Result<WrittenBatch>) -> Error {
    let error = refused(answer, ErrorKind::InvalidInput, "batch");
    assert!(error.position().is_none() && !error.may_have_happened(), "{error}");
    error
}

pub async fn c33_what_is_wrong_with_a_batch_is_told_before_any_request(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let definition = |base: &str| context.definition(base).build().unwrap();
    let users: Repository<User> = backend.define(definition("users")).await.unwrap();
    let others: Repository<User> = backend.define(definition("others")).await.unwrap();
    let pairs: Repository<Pair<String, i64>> =
        backend.define(context.definition("pairs").partition_key("p").sort_key("s").build().unwrap()).await.unwrap();
    let elsewhere = context.repository::<User>("users").await;
    faults.take_seen();
    let (ada, count) = (User::new("ada").with_id(&id(1)), || Update::new().inc("logins", 1));
    let batch = || backend.batch();

    let mut many = batch();
    for number in 0..=100 {
        many = many.delete(&users, id(number));
    }
    refused_whole(many.await);

    // In quotation marks, behind which a name stands.
    let large = |bytes: usize| User::new(&"x".repeat(bytes));
    refused_whole(batch().insert(&users, &large(2_200_000)).insert(&others, &large(2_200_000)).await);
    refused_whole(batch().update(&users, id(1), Update::new().set("name", "x".repeat(4_200_000))).await);

    for twice in [
        batch().insert(&users, &ada).insert(&users, &ada),
        batch().upsert(&users, &ada).delete(&others, id(1)).delete(&users, id(1)),
        batch().update(&users, id(1), count()).replace(&users, &ada),
        batch().delete(&pairs, ("a", 1)).delete(&pairs, ("a", 1.0)),
    ] {
        refused_whole(twice.await);
    }
    let error = refused_whole(batch().delete(&users, id(2)).insert(&elsewhere, &ada).await);
    assert!(error.message().contains("another backend"), "{error}");
    refused_whole(batch().expect_version(1).await);
    refused_whole(batch().expect_version(1).insert(&users, &ada).await);
    assert_eq!(faults.take_seen(), []);
}

pub async fn c33_what_is_wrong_with_a_write_is_told_with_its_position(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users: Repository<Document> = backend.define(context.definition("users").build().unwrap()).await.unwrap();
    let notes = context.definition("notes").version("rev").build().unwrap();
    let notes: Repository<Document> = backend.define(notes).await.unwrap();
    faults.take_seen();
    let record = |json: serde_json::Value| document(json);
    let batch = || backend.batch().delete(&users, id(1)).insert(&users, &record(json!({"a": 1})));
    let set = |name: &str| Update::new().set(name, 1);
    for (wrong, repository) in [
        (batch().insert(&users, &record(json!({"id": "no id"}))), &users),
        (batch().insert(&users, &record(json!({"a.b": 1}))), &users),
        (batch().replace(&users, &record(json!({"a": 1}))), &users),
        (batch().update(&users, 7, set("a")), &users),
        (batch().update(&users, id(2), set("id")), &users),
        (batch().update(&users, id(2), Update::new()), &users),
        (batch().delete(&users, ("a", "b")), &users),
        (batch().delete(&users, id(2)).expect_version(1), &users),
        (batch().insert(&notes, &record(json!({"rev": 1}))), &notes),
        (batch().insert(&notes, &record(json!({"a": 1}))).expect_version(0), &notes),
        (batch().upsert(&notes, &record(json!({"a": 1}))).expect_version(0), &notes),
        (batch().delete(&notes, id(2)).expect_version("1"), &notes),
    ] {
        refused_at(wrong.delete(&notes, id(9)).await, ErrorKind::InvalidInput, 2, repository.name());
    }
    assert_eq!(faults.take_seen(), []);
}

pub async fn c33_a_batch_counts_its_unique_indexes(context: &Context) {
    if !has_batches(context).await || !context.backend().await.capabilities().unique_indexes {
        return;
    }
    // The last is the key, and counts nothing.
    let definition = context.definition("guarded").partition_key("name").index(Index::unique(["a"]));
    let definition = definition.index(Index::unique(["b"])).index(Index::on(["c"])).index(Index::unique(["name"]));
    let guarded = context.define::<Document>(definition).await;
    let plain = context.repository::<User>("users").await;
    let fill = |writes: usize, besides: usize| {
        let mut batch = None;
        for number in 0..writes {
            let record = document(json!({"name": id(number), "a": id(number), "b": id(number)}));
            batch = Some((batch.take().unwrap_or_else(|| context_batch(&plain))).upsert(&guarded, &record));
        }
        let mut batch = batch.unwrap();
        for number in 0..besides {
            batch = batch.delete(&plain, id(number));
        }
        batch
    };
    fill(20, 0).await.unwrap();
    fill(19, 5).await.unwrap();
    refused_whole(fill(20, 1).await);
    refused_whole(fill(19, 6).await);
    assert_eq!(guarded.count(Filter::all()).await.unwrap(), 20);
}

fn context_batch<T>(repository: &Repository<T>) -> backends_core::AtomicBatch {
    repository.backend().batch()
}

pub async fn c33_c42_a_batch_ends_at_its_deadline_and_may_have_happened(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users: Repository<User> = backend.define(context.definition("users").build().unwrap()).await.unwrap();
    faults.once("batch", Act::Hang);
    let batch = backend.batch().insert(&users, &User::new("ada")).timeout(Duration::from_millis(30));
    let error = refused(batch.await, ErrorKind::Timeout, "batch");
    assert!(error.may_have_happened(), "{error}");
    faults.once("batch", Act::LoseAnswer);
    let batch = backend.batch().insert(&users, &User::new("eve"));
    let error = refused(batch.await, ErrorKind::Unavailable, "batch");
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(users.count(Filter::all()).await.unwrap(), 1);
}

pub async fn c33_c42_a_batch_that_is_dropped_half_way_is_done(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let (faults, gate) = (Faults::default(), Arc::new(Semaphore::new(0)));
    let backend = context.wrapped(&faults).await;
    let users: Repository<User> = backend.define(context.definition("users").build().unwrap()).await.unwrap();
    faults.once("batch", Act::Wait(Arc::clone(&gate)));
    let batch = backend.batch().insert(&users, &User::new("ada")).insert(&users, &User::new("eve"));
    let given_up = tokio::time::timeout(Duration::from_millis(20), batch.into_future()).await;
    assert!(given_up.is_err());
    assert_eq!(users.count(Filter::all()).await.unwrap(), 0);
    gate.add_permits(1);
    while users.count(Filter::all()).await.unwrap() < 2 {
        tokio::task::yield_now().await;
    }
}

/// Notes what it sees.
#[derive(Debug, Clone, Default)]
struct Noting(Arc<Mutex<Vec<Call>>>);

#[async_trait]
impl Layer for Noting {
    async fn around(&self, call: &Call, next: Next<'_>) -> Result<()> {
        self.0.lock().unwrap().push(call.clone());
        next.run().await
    }
}

pub async fn c33_layers_see_a_batch_as_one_call(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let users = context.repository::<User>("users").await;
    let others = context.repository::<User>("others").await;
    let noting = Noting::default();
    let backend = context.backend().await.with_layer(noting.clone());
    backend.batch().insert(&users, &User::new("ada")).insert(&users, &User::new("eve")).await.unwrap();
    backend.batch().insert(&users, &User::new("ada")).delete(&others, id(1)).delete(&others, id(2)).await.unwrap();
    let seen = noting.0.lock().unwrap().clone();
    let told: Vec<_> = seen.iter().map(|call| (call.operation, call.batch_size, call.repository.as_deref())).collect();
    assert_eq!(told, [("batch", Some(2), Some(users.name())), ("batch", Some(3), None)]);
}
