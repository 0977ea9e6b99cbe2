//! C31 as records change: a value that is taken is refused and nothing changes, and one that is left is free.

use backends_core::{
    Definition, DefinitionBuilder, Document, ErrorKind, FieldKind, Filter, Index, Kind, SchemaMode, Update, field,
};
use serde_json::json;

use super::unique::{has_unique, taken, users};
use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Keyed, User, document, id};

pub async fn c30_c31_a_replace_takes_and_frees_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    let eve = users.insert(&User::new("eve").with_nick("e")).await.unwrap();
    taken(users.replace(&eve.with_nick("a")).await, "nick", "replace");
    taken(users.replace(&User { name: ada.name.clone(), ..eve.clone() }).await, "name_logins", "replace");
    assert_eq!(users.get(&eve.id).await.unwrap().as_ref(), Some(&eve));
    // Its own values are no obstacle, and neither is what only one of them keeps.
    users.replace(&eve).await.unwrap();
    users.replace(&eve.with_logins(7)).await.unwrap();
    users.replace(&ada.with_nick("b")).await.unwrap();
    users.replace(&eve.with_nick("a")).await.unwrap();
    users.replace(&User { nick: None, ..eve.clone() }).await.unwrap();
    users.replace(&ada.with_nick("e")).await.unwrap();
    users.replace(&ada.with_nick("a")).await.unwrap();
    // There is no such record, whatever is taken.
    let nobody = User::new("x").with_id(&id(9)).with_nick("a");
    refused(users.replace(&nobody).await, ErrorKind::NotFound, "replace");
}

pub async fn c30_c31_an_upsert_takes_and_frees_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let definition = context.definition("keyed").partition_key("key").index(Index::unique(["text"]));
    let records = context.define::<Keyed<String>>(definition).await;
    let record = |key: &str, text: &str| Keyed::new(key.to_owned(), text);
    assert!(records.upsert(&record("a", "1")).await.unwrap().created);
    taken(records.upsert(&record("b", "1")).await, "text", "upsert");
    assert!(records.get("b").await.unwrap().is_none());
    assert!(records.upsert(&record("b", "2")).await.unwrap().created);
    taken(records.upsert(&record("b", "1")).await, "text", "upsert");
    assert!(!records.upsert(&record("a", "1")).await.unwrap().created);
    assert!(!records.upsert(&record("a", "3")).await.unwrap().created);
    assert!(!records.upsert(&record("b", "1")).await.unwrap().created);
    let texts = records.find(Filter::all()).sort("key", backends_core::Order::Asc).await.unwrap();
    let texts: Vec<_> = texts.iter().map(|record| record.text.trim_start_matches(SECRET)).collect();
    assert_eq!(texts, ["-3", "-1"]);
}

pub async fn c28_c31_t06_an_update_takes_and_frees_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let definition =
        context.definition("records").index(Index::unique(["one"])).index(Index::unique(["number", "one"]));
    let records = context.define::<Document>(definition.field("number", Kind::Integer)).await;
    let insert = async |at: usize, a: &str, n: i64| {
        records.insert(&document(json!({"id": id(at), "one": a, "number": n, "other": SECRET}))).await.unwrap()
    };
    let (one, two) = (insert(1, "x", 1).await, insert(2, "y", 2).await);
    let update = |at: usize, update: Update| records.update(id(at), update).into_future();
    taken(update(2, Update::new().set("one", "x")).await, "one", "update");
    let first = records.update_one(field("number").eq(2), Update::new().set("one", "x")).await;
    taken(first, "one", "update_one");
    assert_eq!(records.get(id(2)).await.unwrap().as_ref(), Some(&two));
    // What is not changed, and what is set to what it is.
    update(2, Update::new().set("other", 1)).await.unwrap().unwrap();
    update(2, Update::new().set("one", "y").inc("number", 1)).await.unwrap().unwrap();
    update(1, Update::new().unset("one")).await.unwrap().unwrap();
    update(2, Update::new().set("one", "x")).await.unwrap().unwrap();
    taken(update(1, Update::new().set("one", "x")).await, "one", "update");
    update(1, Update::new().set("one", "y")).await.unwrap().unwrap();
    update(2, Update::new().set("one", serde_json::Value::Null)).await.unwrap().unwrap();
    records.replace(&one).await.unwrap();
    // One that no filter means takes nothing.
    assert!(records.update_one(field("number").eq(99), Update::new().set("one", "x")).await.unwrap().is_none());
    assert!(update(9, Update::new().set("one", "x")).await.unwrap().is_none());
}

pub async fn c28_c31_an_increment_into_a_value_that_is_taken_is_refused(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let definition = context.definition("numbered").index(Index::unique(["number"])).field("number", Kind::Integer);
    let records = context.define::<Document>(definition).await;
    for n in [1, 2, 4] {
        records.insert(&document(json!({"id": id(n), "number": n}))).await.unwrap();
    }
    let inc = |at: usize, by: i64| records.update(id(at), Update::new().inc("number", by)).into_future();
    taken(inc(1, 1).await, "number", "update");
    inc(2, 1).await.unwrap().unwrap();
    inc(1, 1).await.unwrap().unwrap();
    taken(inc(2, 1).await, "number", "update");
    taken(records.insert(&document(json!({"number": 3}))).await, "number", "insert");
    records.insert(&document(json!({"number": 1}))).await.unwrap();
}

pub async fn c29_c31_an_update_of_many_may_only_unset_what_is_unique(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    for (name, nick) in [("ada", "a"), ("bob", "b"), ("cy", "c")] {
        users.insert(&User::new(name).with_nick(nick)).await.unwrap();
    }
    for update in [
        Update::new().set("nick", "x"),
        Update::new().inc("logins", 1),
        Update::new().unset("nick").set("logins", 1),
        Update::new().set("name", "x"),
    ] {
        let error = refused(users.update_many(Filter::all(), update).await, ErrorKind::InvalidInput, "update_many");
        assert!(error.path().is_some() && error.index().is_some(), "{error}");
    }
    assert_eq!(users.count(field("nick").is_set()).await.unwrap(), 3);
    assert_eq!(users.update_many(field("nick").is_in(["a", "b"]), Update::new().unset("nick")).await.unwrap(), 2);
    assert_eq!(users.update_many(Filter::all(), Update::new().set("nick", None::<String>)).await.unwrap(), 3);
    for (name, nick) in [("dan", "a"), ("eve", "b"), ("fay", "c")] {
        users.insert(&User::new(name).with_nick(nick)).await.unwrap();
    }
}

pub async fn c27_c31_a_delete_frees_its_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    let insert = |name: &str| users.insert(&User::new(name).with_nick(name)).into_future();
    for _ in 0..2 {
        let ada = insert("ada").await.unwrap();
        taken(users.insert(&User::new("other").with_nick("ada")).await, "nick", "insert");
        assert!(users.delete(&ada.id).await.unwrap().is_some());
        insert("ada").await.unwrap();
        assert!(users.delete_one(field("nick").eq("ada")).await.unwrap().is_some());
        insert("ada").await.unwrap();
        insert("bob").await.unwrap();
        assert_eq!(users.delete_many(field("nick").is_set()).await.unwrap(), 2);
    }
}

pub async fn c31_c37_l42_stored_duplicates_are_told_and_nothing_is_created(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let plain = || context.definition("records").field("two", Kind::Number);
    let before = context.define::<Document>(plain()).await;
    let all = [
        json!({"id": id(1), "one": "x", "two": 1}),
        json!({"id": id(2), "one": "x", "two": 2}),
        json!({"id": id(3), "one": "y", "two": 1.0}),
        json!({"id": id(4), "one": "z"}),
        json!({"id": id(5), "two": 3}),
        json!({"id": id(6)}),
    ];
    let all: Vec<_> = all.into_iter().map(document).collect();
    before.insert_many(&all).await.unwrap();
    let wanted =
        || plain().index(Index::unique(["one"])).index(Index::unique(["two"])).index(Index::unique(["one", "two"]));
    for backend in [context.backend().await.clone(), context.another_process().await] {
        let defined = backend.define::<Document>(wanted().build().unwrap()).no_other_writers().await;
        let error = refused(defined, ErrorKind::DefinitionConflict, "define");
        assert_eq!(error.mistakes().len(), 2, "{error}");
        for (index, ids) in [("`one`", [id(1), id(2)]), ("`two`", [id(1), id(3)])] {
            let told = error.mistakes().iter().find(|told| told.contains(index));
            assert!(told.is_some_and(|told| ids.iter().all(|id| told.contains(id))), "{index}: {error}");
            assert!(!error.to_string().contains(&id(4)), "{error}");
        }
    }
    let again = context.another_process().await;
    let stored = again.define::<Document>(plain().build().unwrap()).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!((stored.definition().indexes().len(), stored.warnings().len()), (0, 0));
    before.insert(&document(json!({"id": id(7), "one": "z", "two": 3}))).await.unwrap();
    for at in [1, 7] {
        before.delete(id(at)).await.unwrap();
    }
    let defined = context.backend().await.define::<Document>(wanted().build().unwrap()).no_other_writers().await;
    let after = defined.unwrap();
    // Who had it before has the index now.
    for handle in [&before, &after] {
        taken(handle.insert(&document(json!({"one": "z", "two": 7}))).await, "one", "insert");
        taken(handle.insert(&document(json!({"one": "new", "two": 3}))).await, "two", "insert");
    }
    after.insert(&document(json!({"two": 4}))).await.unwrap();
}

pub async fn c31_c37_stored_duplicates_are_told_in_bounds_and_without_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let plain = || context.definition("users").partition_key("key").id_kind(backends_core::IdKind::String);
    let before = context.define::<Document>(plain()).await;
    let all =
        (0..400).map(|at| document(json!({"key": format!("{SECRET}{at}"), "one": format!("{SECRET}{}", at % 40)})));
    before.insert_many(&all.collect::<Vec<_>>()).await.unwrap();
    let wanted = plain().index(Index::unique(["one"])).build().unwrap();
    let defined = context.backend().await.define::<Document>(wanted).no_other_writers().await;
    let error = refused(defined, ErrorKind::DefinitionConflict, "define");
    assert!(error.to_string().len() < 2_000, "{error}");
    assert!(error.message().contains("`one`"), "{error}");
}

pub async fn c10_c31_c37_stored_empty_texts_that_count_as_missing_are_exempt(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let before = context.define::<Document>(context.definition("records")).await;
    let all = [
        json!({"id": id(1), "nick": "", "role": "x"}),
        json!({"id": id(2), "nick": "", "role": "x"}),
        json!({"id": id(3), "nick": "a", "role": "x"}),
    ];
    before.insert_many(&all.map(document)).await.unwrap();
    let nick = FieldKind::new(Kind::String).empty_is_missing();
    let indexes = [Index::unique(["nick"]), Index::unique(["role", "nick"])];
    let wanted = indexes.into_iter().fold(context.definition("records"), DefinitionBuilder::index).field("nick", nick);
    let wanted = wanted.build().unwrap();
    for backend in [context.backend().await.clone(), context.another_process().await] {
        let records = backend.define::<Document>(wanted.clone()).no_other_writers().await.unwrap();
        records.insert(&document(json!({"nick": "", "role": "x"}))).await.unwrap();
        records.update(id(1), Update::new().set("other", 1)).await.unwrap().unwrap();
        taken(records.insert(&document(json!({"nick": "a"}))).await, "nick", "insert");
    }
    assert_eq!(before.count(field("nick").is_missing()).await.unwrap(), 4);
    before.delete(id(2)).await.unwrap().unwrap();
    // Two indexes hold it, of which one is named.
    refused(before.update(id(1), Update::new().set("nick", "a")).await, ErrorKind::AlreadyExists, "update");
    before.update(id(1), Update::new().set("nick", "b")).await.unwrap().unwrap();
}

pub async fn c04_c31_c37_stored_texts_of_one_instant_are_the_same(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for (name, second, is_same) in
        [("same", "2024-01-01T01:00:00+01:00", true), ("other", "2024-01-01T01:00:00+00:00", false)]
    {
        let before = context.define::<Document>(context.definition(name)).await;
        let all = [json!({"id": id(1), "at": "2024-01-01T00:00:00Z"}), json!({"id": id(2), "at": second})];
        before.insert_many(&all.map(document)).await.unwrap();
        let index = Index::unique(["at"]).named("when");
        let wanted = context.definition(name).field("at", Kind::Timestamp).index(index);
        let defined = context.backend().await.define::<Document>(wanted.build().unwrap()).no_other_writers().await;
        let records = match defined {
            Ok(records) if !is_same => records,
            other => {
                let error = refused(other, ErrorKind::DefinitionConflict, "define");
                // A database with dates of its own takes no text for one.
                let has_dates = error.to_string().contains("`at`, which no comparison would find");
                assert!(has_dates || is_same && error.to_string().contains("`when`"), "{name}: {error}");
                continue;
            }
        };
        for handle in [&before, &records] {
            for at in ["2024-01-01T00:00:00.000Z", "2024-01-01T02:00:00+02:00", "2024-01-01T01:00:00Z"] {
                taken(handle.insert(&document(json!({"at": at}))).await, "when", "insert");
            }
        }
        records.insert(&document(json!({"at": "2024-01-01T03:00:00+01:00"}))).await.unwrap();
    }
}

pub async fn c37_a_unique_index_that_is_stored_and_not_wanted_stays_and_is_enforced(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let newer = context.definition("records").index(Index::unique(["one"])).build().unwrap();
    let older = context.definition("records").build().unwrap();
    let [first, second] = [context.backend().await.clone(), context.another_process().await];
    let records = first.define::<Document>(newer).await.unwrap();
    records.insert(&document(json!({"one": SECRET}))).await.unwrap();
    for backend in [&first, &second] {
        let records = backend.define::<Document>(older.clone()).await.unwrap();
        assert!(records.warnings().iter().any(|warning| warning.contains("`one`")), "{:?}", records.warnings());
        assert!(records.definition().index("one").is_some_and(Index::is_unique));
        taken(records.insert(&document(json!({"one": SECRET}))).await, "one", "insert");
    }
}

pub async fn c37_an_index_that_is_unique_otherwise_is_a_conflict(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let with = |index: Index| -> Definition { context.definition("records").index(index).build().unwrap() };
    context.backend().await.define::<Document>(with(Index::unique(["a", "b"]))).await.unwrap();
    for backend in [context.backend().await.clone(), context.another_process().await] {
        for (other, told) in
            [(Index::on(["a", "b"]), "unique"), (Index::unique(["a", "b"]).ordered().named("other"), "ordered")]
        {
            let defined = backend.define::<Document>(with(other)).await;
            let error = refused(defined, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains(told), "{error}");
        }
        // Another name is the same index, which keeps its own.
        let records = backend.define::<Document>(with(Index::unique(["a", "b"]).named("by_both"))).await.unwrap();
        records.upsert(&document(json!({"id": id(1), "a": "x", "b": "y"}))).await.unwrap();
        taken(records.insert(&document(json!({"a": "x", "b": "y"}))).await, "a_b", "insert");
    }
}

pub async fn c36_c37_a_missing_unique_index_is_told_by_verify(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    context.define::<Document>(context.definition("records")).await;
    let wanted = context.definition("records").index(Index::unique(["one"])).build().unwrap();
    let other = context.another_process().await;
    let verified = other.define::<Document>(wanted).schema_mode(SchemaMode::Verify).no_other_writers().await;
    let error = refused(verified, ErrorKind::DefinitionConflict, "define");
    assert!(error.to_string().contains("`one`"), "{error}");
}
