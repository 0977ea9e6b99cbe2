//! C33: writes to several records are done together or not at all, in the order given.

use backends_core::{Document, Error, ErrorKind, Filter, Index, Repository, Result, Update, Value, WrittenBatch};
use serde_json::json;

use super::batches_refused::has_batches;
use crate::Context;
use crate::expect::{SECRET, debug_tells_nothing, refused};
use crate::records::{Holds, Keyed, User, document, id};

/// That a batch is refused at this position of this repository, and surely did nothing.
#[track_caller]
pub(crate) fn refused_at(answer: Result<WrittenBatch>, kind: ErrorKind, position: usize, repository: &str) -> Error {
    let error = refused(answer, kind, "batch");
    assert_eq!((error.position(), error.repository()), (Some(position), Some(repository)), "{error}");
    assert!(!error.is_retryable() && !error.may_have_happened(), "{error}");
    error
}

/// Notes by name, with versions, of whom no two have one title where the backend has unique indexes.
async fn notes(context: &Context) -> Repository<Document> {
    let mut definition = context.definition("notes").partition_key("name").version("rev");
    if context.backend().await.capabilities().unique_indexes {
        definition = definition.index(Index::unique(["title"]));
    }
    context.define(definition).await
}

fn note(name: &str, rev: i64) -> Document {
    document(json!({"name": name, "title": format!("{SECRET} {name}"), "n": 0, "rev": rev}))
}

fn count() -> Update {
    Update::new().inc("n", 1)
}

/// Everything that is stored, by its text.
async fn everything(repository: &Repository<Document>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for record in repository.find(Filter::all()).await.unwrap() {
        all.push(serde_json::to_string(&record).unwrap());
    }
    all.sort();
    all
}

pub async fn c33_l31_a_batch_writes_all_it_has_to_any_repository(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let users = context.repository::<User>("users").await;
    let keyed = context.define::<Keyed<i64>>(context.definition("keyed").partition_key("key")).await;
    let old = users.insert(&User::new("old")).await.unwrap();
    let gone = users.insert(&User::new("gone")).await.unwrap();
    let seven = keyed.insert(&Keyed::new(7, "seven")).await.unwrap();
    let batch = context.backend().await.batch();
    debug_tells_nothing(&batch.insert(&users, &old));
    let batch = context.backend().await.batch();
    let batch = batch.insert(&users, &User::new("new")).replace(&users, &old.with_logins(2));
    let batch = batch.upsert(&keyed, &Keyed::new(7, "sevens")).upsert(&keyed, &Keyed::new(-8, "eight"));
    let batch = batch.delete(&users, &gone.id).insert(&keyed, &Keyed::new(9, "nine"));
    assert_eq!((batch.len(), batch.is_empty()), (6, false));
    let written = batch.await.unwrap();
    debug_tells_nothing(&written);
    assert_eq!(written.len(), 6);
    let new = written.record(&users, 0).unwrap().unwrap();
    assert_eq!((new.name.as_str(), new.id.len()), (User::new("new").name.as_str(), 24));
    assert_eq!(written.record(&users, 1).unwrap(), Some(old.with_logins(2)));
    let sevens = written.record(&keyed, 2).unwrap().unwrap();
    assert_eq!((&sevens.id, &sevens.text), (&seven.id, &Keyed::new(7, "sevens").text));
    assert_eq!(written.record(&users, 4).unwrap(), None);
    let created: Vec<_> = (0..6).map(|position| written.created(position)).collect();
    assert_eq!(created, [true, false, false, true, false, true]);
    for (position, key) in [(2, 7), (3, -8), (5, 9)] {
        assert_eq!(keyed.get(key).await.unwrap(), written.record(&keyed, position).unwrap(), "{position}");
    }
    assert_eq!(users.get(&new.id).await.unwrap(), Some(new));
    assert_eq!(users.get(&old.id).await.unwrap(), Some(old.with_logins(2)));
    assert_eq!((users.count(Filter::all()).await.unwrap(), keyed.count(Filter::all()).await.unwrap()), (2, 3));
    // Of one record too, and what was written is there for the next.
    let one = context.backend().await.batch().update(&users, &old.id, Update::new().inc("logins", 1)).await.unwrap();
    assert_eq!(one.record(&users, 0).unwrap(), Some(old.with_logins(3)));
}

pub async fn c33_a_batch_that_fails_changes_nothing_and_says_where(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let (notes, users) = (notes(context).await, context.repository::<User>("users").await);
    for name in ["a", "b", "c"] {
        notes.insert(&note(name, 0)).await.unwrap();
    }
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let before = (everything(&notes).await, everything(&users.untyped()).await);
    let backend = context.backend().await;
    let failing = [
        ("insert", ErrorKind::AlreadyExists),
        ("replace of what is missing", ErrorKind::NotFound),
        ("stale replace", ErrorKind::Conflict),
        ("stale upsert", ErrorKind::Conflict),
        ("upsert of a version that is not there", ErrorKind::Conflict),
        ("update of what is missing", ErrorKind::NotFound),
        ("update of a version of what is missing", ErrorKind::NotFound),
        ("update of a key that no record has", ErrorKind::NotFound),
        ("stale update", ErrorKind::Conflict),
        ("update that does not apply", ErrorKind::InvalidInput),
        ("stale delete", ErrorKind::Conflict),
        ("delete of a version of what is missing", ErrorKind::Conflict),
        ("delete of a version of what no record has", ErrorKind::Conflict),
    ];
    for (what, kind) in failing {
        for position in 0..3 {
            let mut batch = backend.batch();
            for at in 0..3 {
                batch = match (at == position, what) {
                    (true, "insert") => batch.insert(&notes, &note("c", 0)),
                    (true, "replace of what is missing") => batch.replace(&notes, &note("x", 1)),
                    (true, "stale replace") => batch.replace(&notes, &note("c", 7)),
                    (true, "stale upsert") => batch.upsert(&notes, &note("c", 0)),
                    (true, "upsert of a version that is not there") => batch.upsert(&notes, &note("x", 1)),
                    (true, "update of what is missing") => batch.update(&notes, "x", count()),
                    (true, "update of a version of what is missing") => {
                        batch.update(&notes, "x", count()).expect_version(1)
                    }
                    (true, "update of a key that no record has") => batch.update(&notes, "", count()),
                    (true, "stale update") => batch.update(&notes, "c", count()).expect_version(2),
                    (true, "update that does not apply") => batch.update(&notes, "c", Update::new().inc("title", 1)),
                    (true, "stale delete") => batch.delete(&notes, "c").expect_version(2),
                    (true, "delete of a version of what is missing") => batch.delete(&notes, "x").expect_version(1),
                    (true, _) => batch.delete(&notes, "").expect_version(1),
                    (false, _) => match at {
                        0 => batch.update(&notes, "a", count()),
                        1 => batch.delete(&users, &ada.id),
                        _ => batch.insert(&users, &User::new("new")),
                    },
                };
            }
            let error = refused_at(batch.await, kind, position, notes.name());
            assert_eq!(error.index().is_some(), what == "insert", "{what}: {error}");
            let after = (everything(&notes).await, everything(&users.untyped()).await);
            assert_eq!(after, before, "{what} at {position}");
        }
    }
}

pub async fn c33_the_error_is_that_of_the_first_write_that_fails(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let notes = notes(context).await;
    let has_unique = notes.definition().indexes().len() > 0;
    for name in ["a", "b", "c"] {
        notes.insert(&note(name, 0)).await.unwrap();
    }
    let backend = context.backend().await;
    let taken = |name: &str| document(json!({"name": name, "title": format!("{SECRET} a"), "n": 0}));
    let new = || note("new", 0);
    let missing = |batch: backends_core::AtomicBatch| batch.update(&notes, "x", count());
    let batch = missing(backend.batch().insert(&notes, &note("a", 0)));
    refused_at(batch.await, ErrorKind::AlreadyExists, 0, notes.name());
    let batch = missing(backend.batch().insert(&notes, &new())).insert(&notes, &note("a", 0));
    refused_at(batch.await, ErrorKind::NotFound, 1, notes.name());
    let batch = missing(backend.batch().update(&notes, "b", count()).expect_version(3));
    refused_at(batch.await, ErrorKind::Conflict, 0, notes.name());
    if has_unique {
        let batch = missing(backend.batch().insert(&notes, &new()).insert(&notes, &taken("other")));
        let error = refused_at(batch.await, ErrorKind::AlreadyExists, 1, notes.name());
        assert_eq!(error.index(), Some("title"), "{error}");
        let batch = missing(backend.batch().insert(&notes, &new())).insert(&notes, &taken("other"));
        refused_at(batch.await, ErrorKind::NotFound, 1, notes.name());
        let batch = backend.batch().upsert(&notes, &taken("other")).delete(&notes, "b").expect_version(9);
        refused_at(batch.await, ErrorKind::AlreadyExists, 0, notes.name());
        let batch = backend.batch().insert(&notes, &taken("other")).insert(&notes, &note("c", 0));
        let error = refused_at(batch.await, ErrorKind::AlreadyExists, 0, notes.name());
        assert_eq!(error.index(), Some("title"), "{error}");
    }
    assert_eq!(notes.count(Filter::all()).await.unwrap(), 3);
}

pub async fn c33_p03_deleting_what_is_missing_is_nothing_and_so_is_an_empty_batch(context: &Context) {
    let backend = context.backend().await;
    let written = backend.batch().await.unwrap();
    assert!(written.is_empty() && !written.created(0));
    if !has_batches(context).await {
        return;
    }
    let users = context.repository::<User>("users").await;
    let written = backend.batch().delete(&users, id(1)).delete(&users, id(2)).await.unwrap();
    assert_eq!((written.len(), written.record(&users, 1).unwrap()), (2, None));
    let numbers = context.define::<Keyed<i64>>(context.definition("numbers").partition_key("key")).await;
    // What no record can have is not there either.
    let written = backend.batch().delete(&numbers, 0.5).await.unwrap();
    assert_eq!(written.len(), 1);
    let batch = backend.batch().delete(&numbers, 0.5).insert(&numbers, &Keyed::new(1, "one")).delete(&users, id(3));
    let written = batch.await.unwrap();
    assert!(written.record(&numbers, 0).unwrap().is_none() && written.created(1) && !written.created(2));
    let batch = backend.batch().delete(&numbers, 0.5).insert(&numbers, &Keyed::new(1, "again"));
    refused_at(batch.await, ErrorKind::AlreadyExists, 1, numbers.name());
}

pub async fn c32_c33_d07_versions_are_compared_counted_and_given_back(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let (notes, backend) = (notes(context).await, context.backend().await);
    let rev = |written: &WrittenBatch, position| match written.record(&notes, position).unwrap().unwrap().get("rev") {
        Some(Value::Int(rev)) => *rev,
        other => panic!("{other:?} is no version"),
    };
    let written = backend.batch().insert(&notes, &note("a", 0)).upsert(&notes, &note("b", 0)).await.unwrap();
    assert_eq!((rev(&written, 0), rev(&written, 1)), (1, 1));
    let batch = backend.batch().replace(&notes, &note("a", 1)).update(&notes, "b", count()).expect_version(1);
    let written = batch.await.unwrap();
    assert_eq!((rev(&written, 0), rev(&written, 1)), (2, 2));
    let batch = backend.batch().upsert(&notes, &note("a", 2)).update(&notes, "b", count());
    let written = batch.await.unwrap();
    assert_eq!((rev(&written, 0), rev(&written, 1)), (3, 3));
    for name in ["a", "b"] {
        assert_eq!(notes.get(name).await.unwrap().unwrap().get("rev"), Some(&Value::Int(3)));
    }
    let batch = backend.batch().delete(&notes, "a").expect_version(3_u8).delete(&notes, "b").expect_version(Some(2));
    refused_at(batch.await, ErrorKind::Conflict, 1, notes.name());
    backend.batch().delete(&notes, "a").expect_version(3_u8).delete(&notes, "b").expect_version(3.0).await.unwrap();
    assert_eq!(notes.count(Filter::all()).await.unwrap(), 0);
}

pub async fn c11_c33_d06_ids_are_given_and_kept_as_by_single_writes(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let keyed = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    let backend = context.backend().await;
    let record = |name: &str, text: &str| Keyed::new(name.to_owned(), text);
    let written = backend.batch().insert(&keyed, &record("a", "1")).insert(&keyed, &record("b", "1")).await.unwrap();
    let [a, b] = [0, 1].map(|position| written.record(&keyed, position).unwrap().unwrap());
    assert!(a.id.len() == 24 && b.id.len() == 24 && a.id != b.id);
    let batch = backend.batch().replace(&keyed, &record("a", "2")).upsert(&keyed, &record("b", "2"));
    let written = batch.upsert(&keyed, &record("c", "2")).await.unwrap();
    let ids = [0, 1].map(|position| written.record(&keyed, position).unwrap().unwrap().id);
    assert_eq!(ids, [a.id.clone(), b.id.clone()]);
    let c = keyed.get("c").await.unwrap();
    assert!(c.is_some() && c == written.record(&keyed, 2).unwrap());
    let other = Keyed { id: id(7), ..record("b", "3") };
    let batch = backend.batch().replace(&keyed, &Keyed { id: a.id, ..record("a", "3") }).upsert(&keyed, &other);
    let error = refused_at(batch.await, ErrorKind::InvalidInput, 1, keyed.name());
    assert_eq!(error.path(), Some("id"), "{error}");
    assert_eq!(keyed.get("a").await.unwrap().unwrap().text, record("a", "2").text);
}

pub async fn c33_what_was_written_is_read_by_its_position(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let users = context.repository::<User>("users").await;
    let others = context.repository::<Holds<i64>>("others").await;
    let batch = context.backend().await.batch();
    let written = batch.insert(&users, &User::new("ada")).insert(&others, &Holds::new(1)).await.unwrap();
    assert_eq!(written.record(&others, 1).unwrap().unwrap().value, 1);
    assert!(written.record(&users.untyped(), 0).unwrap().unwrap().get("logins").is_some());
    for answer in [written.record(&users, 1), written.record(&users, 2)] {
        let error = refused(answer, ErrorKind::InvalidInput, "batch");
        assert!(error.position().is_some(), "{error}");
    }
    let error = refused(written.record(&others.typed::<User>(), 1), ErrorKind::Unreadable, "batch");
    assert!(error.may_have_happened() && error.position() == Some(1), "{error}");
}

pub async fn c33_a_hundred_writes_are_one_batch(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    let users = context.repository::<User>("users").await;
    let mut batch = context.backend().await.batch();
    for number in 0..100 {
        batch = batch.insert(&users, &User::new("user").with_id(&id(number)));
    }
    assert_eq!(batch.await.unwrap().len(), 100);
    let mut batch = context.backend().await.batch();
    for number in 0..100 {
        batch = match number % 4 {
            0 => batch.delete(&users, id(number)),
            1 => batch.update(&users, id(number), Update::new().set("logins", 1)),
            2 => batch.replace(&users, &User::new("user").with_id(&id(number)).with_logins(1)),
            _ => batch.upsert(&users, &User::new("user").with_id(&id(number)).with_logins(1)),
        };
    }
    batch.await.unwrap();
    let stored = users.find(Filter::all()).await.unwrap();
    assert_eq!((stored.len(), stored.iter().filter(|user| user.logins == 1).count()), (75, 75));
}
