//! C32: the library counts the writes of a record, and a write that expects another count is a conflict.

use backends_core::{Document, Error, ErrorKind, Index, Kind, Repository, Result, Update, Value, field};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{User, document, id};
use crate::wrapped::{Act, Faults};

/// A record with a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    #[serde(default)]
    id: String,
    text: String,
    #[serde(default)]
    revision: u32,
}

/// A repository of records with versions, and the field that is its key.
struct Shape {
    name: &'static str,
    key: &'static str,
    notes: Repository<Document>,
}

impl Shape {
    fn record(&self, key: &str, revision: impl Serialize) -> Document {
        document(json!({self.key: key, "text": SECRET, "n": 0, "revision": revision}))
    }

    async fn insert(&self, key: &str) -> Document {
        self.notes.insert(&self.record(key, Json::Null)).await.unwrap()
    }

    /// The version of what is stored.
    async fn stored(&self, key: &str) -> Option<i64> {
        self.notes.get(key).await.unwrap().map(|record| revision(&record))
    }
}

fn revision(record: &Document) -> i64 {
    match record.get("revision") {
        Some(Value::Int(revision)) => *revision,
        other => panic!("{other:?} is no version"),
    }
}

/// By both kinds of keys, and each as the driver does it and as core does it on a driver that does less.
async fn shapes(context: &Context) -> [Shape; 4] {
    let faults = Faults::default();
    for operation in ["insert", "insert_many", "replace", "update", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    let by_swap = context.wrapped(&faults).await;
    let by_id = context.definition("by_id").version("revision").build().unwrap();
    let by_text = context.definition("by_name").partition_key("name").version("revision").build().unwrap();
    let by_driver = context.backend().await;
    let mut shapes = Vec::new();
    for (backend, definition, name, key) in [
        (by_driver, &by_id, "by id", "id"),
        (by_driver, &by_text, "by another field", "name"),
        (&by_swap, &by_id, "by id, by swap", "id"),
        (&by_swap, &by_text, "by another field, by swap", "name"),
    ] {
        shapes.push(Shape { name, key, notes: backend.define(definition.clone()).await.unwrap() });
    }
    shapes.try_into().unwrap_or_else(|_| panic!("there are four"))
}

/// A key that no other shape has, of either kind.
fn key(shape: usize, number: usize) -> String {
    id(shape * 100 + number)
}

/// That a call conflicts, with the field and without anything that is stored.
#[track_caller]
fn stale<R>(answer: Result<R>, operation: &str, what: &str) -> Error {
    let error = refused(answer, ErrorKind::Conflict, operation);
    assert_eq!(error.path(), Some("revision"), "{what}: {error}");
    assert!(!error.is_retryable() && !error.may_have_happened(), "{what}: {error}");
    error
}

fn count() -> Update {
    Update::new().inc("n", 1)
}

pub async fn c32_c40_a_version_of_another_kind_is_refused_without_a_remedy_that_would_be_refused(context: &Context) {
    for Shape { name, notes, .. } in &shapes(context).await {
        let record = document(json!({"id": id(1), "name": "a", "revision": "one"}));
        let error = refused(notes.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert!(
            error.path() == Some("revision") && !error.to_string().contains("declare the field"),
            "{name}: {error}"
        );
    }
}

pub async fn c32_an_insert_begins_at_1(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let mut keys = Vec::new();
        for (at, version) in [Json::Null, json!(0), json!(0.0), json!(-0.0)].into_iter().enumerate() {
            let key = key(number, at);
            let answer = shape.notes.insert(&shape.record(&key, &version)).await.unwrap();
            assert_eq!(revision(&answer), 1, "{}: {version}", shape.name);
            keys.push(key);
        }
        let many: Vec<Document> = (50..60).map(|at| shape.record(&key(number, at), Json::Null)).collect();
        shape.notes.insert_many(&many).await.unwrap();
        keys.extend((50..60).map(|at| key(number, at)));
        for key in keys {
            assert_eq!(shape.stored(&key).await, Some(1), "{}", shape.name);
        }
    }
}

pub async fn c32_an_insert_that_brings_a_version_is_refused(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        for version in [json!(1), json!(-1), json!(i64::MAX), json!(0.5), json!("1"), json!([0])] {
            let record = shape.record(&key(number, 0), &version);
            let error = refused(shape.notes.insert(&record).await, ErrorKind::InvalidInput, "insert");
            assert_eq!(error.path(), Some("revision"), "{version}: {error}");
            let many = [shape.record(&key(number, 1), Json::Null), record];
            let error = refused(shape.notes.insert_many(&many).await, ErrorKind::InvalidInput, "insert_many");
            assert_eq!((error.position(), error.inserted().unwrap().stored()), (Some(1), 1), "{version}: {error}");
            assert_eq!(shape.stored(&key(number, 0)).await, None);
            shape.notes.delete(key(number, 1)).await.unwrap();
        }
    }
}

pub async fn c32_every_write_counts_one_on(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let (notes, key) = (&shape.notes, key(number, 0));
        let is_it = || field(shape.key).eq(&key);
        let mut record = shape.insert(&key).await;
        for round in 0..3 {
            let before = revision(&record);
            record = notes.replace(&record).await.unwrap();
            assert_eq!(revision(&record), before + 1, "{}, {round}", shape.name);
            let upserted = notes.upsert(&record).await.unwrap();
            assert_eq!((upserted.created, revision(&upserted.record)), (false, before + 2), "{}", shape.name);
            let updated = notes.update(&key, count()).await.unwrap().unwrap();
            assert_eq!(revision(&updated), before + 3, "{}", shape.name);
            let updated = notes.update(&key, Update::new().unset("nothing")).await.unwrap().unwrap();
            assert_eq!(revision(&updated), before + 4, "{}: a write that changes nothing else", shape.name);
            let updated = notes.update_one(is_it(), count()).await.unwrap().unwrap();
            assert_eq!(revision(&updated), before + 5, "{}", shape.name);
            assert_eq!(notes.update_many(is_it(), count()).await.unwrap(), 1);
            record = notes.get(&key).await.unwrap().unwrap();
            assert_eq!(revision(&record), before + 6, "{}", shape.name);
        }
        let deleted = notes.delete(&key).await.unwrap().unwrap();
        assert_eq!(deleted, record, "{}: what is deleted is as it was", shape.name);
        assert_eq!(revision(&shape.insert(&key).await), 1, "{}: a new record begins anew", shape.name);
    }
}

pub async fn c32_a_stale_replace_is_a_conflict_and_changes_nothing(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let (notes, key) = (&shape.notes, key(number, 0));
        let missing = shape.record(&key, 3);
        refused(notes.replace(&missing).await, ErrorKind::NotFound, "replace");
        let first = shape.insert(&key).await;
        let second = notes.replace(&first).await.unwrap();
        for version in [json!(1), json!(3), json!(0), Json::Null, json!(-1), json!(i64::MAX - 1)] {
            stale(notes.replace(&shape.record(&key, &version)).await, "replace", shape.name);
            stale(notes.upsert(&shape.record(&key, &version)).await, "upsert", shape.name);
        }
        stale(notes.replace(&first).await, "replace", shape.name);
        assert_eq!(notes.get(&key).await.unwrap(), Some(second), "{}", shape.name);
    }
}

pub async fn c32_an_upsert_of_version_0_only_inserts(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let (notes, key) = (&shape.notes, key(number, 0));
        for version in [1, -1, 7] {
            stale(notes.upsert(&shape.record(&key, version)).await, "upsert", shape.name);
            assert_eq!(shape.stored(&key).await, None, "{}", shape.name);
        }
        let first = notes.upsert(&shape.record(&key, 0)).await.unwrap();
        assert_eq!((first.created, revision(&first.record)), (true, 1), "{}", shape.name);
        assert_eq!(notes.get(&key).await.unwrap().as_ref(), Some(&first.record), "{}", shape.name);
        stale(notes.upsert(&shape.record(&key, 0)).await, "upsert", shape.name);
        stale(notes.upsert(&shape.record(&key, Json::Null)).await, "upsert", shape.name);
        assert_eq!(shape.stored(&key).await, Some(1), "{}", shape.name);
    }
}

pub async fn c32_updates_and_deletes_compare_what_is_expected(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let (notes, name, key) = (&shape.notes, shape.name, key(number, 0));
        let is_it = || field(shape.key).eq(&key);
        assert_eq!(notes.update(&key, count()).expect_version(1).await.unwrap(), None, "{name}");
        assert_eq!(notes.update_one(is_it(), count()).expect_version(1).await.unwrap(), None, "{name}");
        assert_eq!(notes.delete_one(is_it()).expect_version(1).await.unwrap(), None, "{name}");
        stale(notes.delete(&key).expect_version(1).await, "delete", name);
        stale(notes.delete(&key).expect_version(0).await, "delete", name);
        let first = shape.insert(&key).await;
        for version in [0, 2, -1, i64::MIN, i64::MAX] {
            stale(notes.update(&key, count()).expect_version(version).await, "update", name);
            stale(notes.update_one(is_it(), count()).expect_version(version).await, "update_one", name);
            stale(notes.delete(&key).expect_version(version).await, "delete", name);
            stale(notes.delete_one(is_it()).expect_version(version).await, "delete_one", name);
        }
        stale(notes.update(&key, count()).expect_version(None::<u8>).await, "update", name);
        assert_eq!(notes.get(&key).await.unwrap(), Some(first), "{name}: a conflict changes nothing");
        let second = notes.update(&key, count()).expect_version(1_u8).await.unwrap().unwrap();
        let third = notes.update_one(is_it(), count()).expect_version(Some(2_u64)).await.unwrap().unwrap();
        assert_eq!((revision(&second), revision(&third)), (2, 3), "{name}");
        assert_eq!(notes.delete_one(is_it()).expect_version(3.0).await.unwrap(), Some(third), "{name}");
        let again = shape.insert(&key).await;
        assert_eq!(notes.delete(&key).expect_version(1).await.unwrap(), Some(again), "{name}");
        assert_eq!(shape.stored(&key).await, None, "{name}");
    }
}

pub async fn c32_what_an_update_does_not_mean_is_no_conflict(context: &Context) {
    for (number, shape) in shapes(context).await.iter().enumerate() {
        let (notes, name, key) = (&shape.notes, shape.name, key(number, 0));
        shape.insert(&key).await;
        let other = field(shape.key).eq(&key) & field("n").eq(7);
        assert_eq!(notes.update_one(&other, count()).expect_version(9).await.unwrap(), None, "{name}");
        assert_eq!(notes.delete_one(&other).expect_version(9).await.unwrap(), None, "{name}");
        let does_not_apply = || Update::new().inc("text", 1);
        stale(notes.update(&key, does_not_apply()).expect_version(9).await, "update", name);
        let refusal = notes.update(&key, does_not_apply()).expect_version(1).await;
        refused(refusal, ErrorKind::InvalidInput, "update");
        assert_eq!(shape.stored(&key).await, Some(1), "{name}");
    }
}

pub async fn c32_an_expected_version_needs_a_version_field_and_an_integer(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let is_ada = || field("id").eq(&ada.id);
    let count = || Update::new().inc("logins", 1);
    for version in [0, 1] {
        let updated = users.update(&ada.id, count()).expect_version(version).await;
        let error = refused(updated, ErrorKind::InvalidInput, "update");
        assert!(error.message().contains("`version`"), "the remedy: {error}");
        let updated = users.update_one(is_ada(), count()).expect_version(version).await;
        refused(updated, ErrorKind::InvalidInput, "update_one");
        refused(users.delete(&ada.id).expect_version(version).await, ErrorKind::InvalidInput, "delete");
        refused(users.delete_one(is_ada()).expect_version(version).await, ErrorKind::InvalidInput, "delete_one");
    }
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
    let notes = context.define::<Note>(context.definition("notes").version("revision")).await;
    let note = Note { id: String::new(), text: SECRET.to_owned(), revision: 0 };
    let note = notes.insert(&note).await.unwrap();
    for version in [json!("1"), json!(0.5), json!([1]), json!({"a": 1}), json!(true), json!(u64::MAX)] {
        let deleted = notes.delete(&note.id).expect_version(&version).await;
        let error = refused(deleted, ErrorKind::InvalidInput, "delete");
        assert_eq!(error.path(), Some("revision"), "{version}: {error}");
    }
    assert_eq!(notes.get(&note.id).await.unwrap(), Some(note));
}

pub async fn c32_no_update_names_the_version(context: &Context) {
    let notes = context.define::<Note>(context.definition("notes").version("revision")).await;
    let note = Note { id: String::new(), text: SECRET.to_owned(), revision: 0 };
    let note = notes.insert(&note).await.unwrap();
    let new = Update::new;
    for update in [
        new().set("revision", 1),
        new().set("revision", 2).set("text", "x"),
        new().inc("revision", 1),
        new().inc("revision", 0),
        new().unset("revision"),
        new().push("revision", 1),
        new().pull("revision", 1),
        new().set("revision.a", 1),
    ] {
        let error = refused(notes.update(&note.id, update.clone()).await, ErrorKind::InvalidInput, "update");
        assert!(error.path().is_some_and(|path| path.starts_with("revision")), "{error}");
        let many = notes.update_many(field("text").eq(SECRET), update).await;
        refused(many, ErrorKind::InvalidInput, "update_many");
    }
    assert_eq!(notes.get(&note.id).await.unwrap(), Some(note));
}

pub async fn c32_versions_are_read_and_compared_as_integers(context: &Context) {
    let can_index = context.backend().await.capabilities().indexes;
    let mut definition = context.definition("notes").version("revision");
    if can_index {
        definition = definition.index(Index::on(["revision"]));
    }
    let notes = context.define::<Note>(definition).await;
    assert_eq!(notes.definition().kind_of("revision"), Some(Kind::Integer));
    for at in 0..4 {
        let note = Note { id: id(at), text: SECRET.to_owned(), revision: 0 };
        let mut note = notes.insert(&note).await.unwrap();
        for _ in 0..at {
            note = notes.replace(&note).await.unwrap();
        }
    }
    let found = notes.find(field("revision").ge(3)).sort("revision", backends_core::Order::Desc).consistent().await;
    assert_eq!(found.unwrap().iter().map(|note| note.revision).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(notes.update_many(field("revision").le(2), Update::new().set("text", "x")).await.unwrap(), 2);
    let found = notes.find(field("revision").eq(3)).consistent().await.unwrap();
    assert_eq!(found.len(), 2, "each was counted on once");
}
