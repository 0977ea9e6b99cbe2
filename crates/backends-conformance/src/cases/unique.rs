//! C31: no two records have the same values in a unique index, and a record without one of its fields is exempt.

use backends_core::{Document, ErrorKind, Filter, IdKind, Index, Kind, Order, Repository, Result, Value, field};
use serde_json::{Value as Json, json};

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{User, document, id};
use crate::wrapped::{Act, Faults};

/// Whether the backend has unique indexes; that it says so, where it has none.
pub(crate) async fn has_unique(context: &Context) -> bool {
    if context.backend().await.capabilities().unique_indexes {
        return true;
    }
    let definition = context.definition("guarded").index(Index::unique(["name"])).build().unwrap();
    let error = refused(context.backend().await.define::<Document>(definition).await, ErrorKind::Unsupported, "define");
    assert!(error.to_string().contains("`unique_indexes`"), "{error}");
    false
}

/// Users of whom no two have one nick, nor the same name and logins.
pub(crate) async fn users(context: &Context) -> Repository<User> {
    let nick = Index::unique(["nick"]);
    let both = Index::unique(["name", "logins"]);
    context.define(context.definition("users").index(nick).index(both).field("logins", Kind::Integer)).await
}

/// That a write is refused by this index.
#[track_caller]
pub(crate) fn taken<T>(answer: Result<T>, index: &str, operation: &str) {
    let error = refused(answer, ErrorKind::AlreadyExists, operation);
    assert_eq!(error.index(), Some(index), "{error}");
    assert!(!error.is_retryable() && !error.may_have_happened(), "{error}");
}

pub async fn c31_l27_a_value_is_that_of_one_record(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    let ada = users.insert(&User::new("ada").with_nick(SECRET)).await.unwrap();
    let eve = User::new("eve").with_nick(SECRET);
    taken(users.insert(&eve).await, "nick", "insert");
    taken(users.insert(&User::new("ada")).await, "name_logins", "insert");
    assert_eq!(users.count(Filter::all()).await.unwrap(), 1);
    // What an insert was refused for takes nothing.
    users.insert(&eve.with_nick("eve")).await.unwrap();
    users.insert(&User::new("ada").with_logins(1).with_nick("other")).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c08_c31_a_part_of_the_key_may_be_unique_by_itself(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for part in ["id", "email"] {
        let definition = context.definition(&format!("by_{part}")).id_kind(IdKind::String).partition_key("tenant");
        let definition = definition.sort_key(part).index(Index::unique([part]).named("of_part"));
        let records = context.define::<Document>(definition).await;
        let record = |tenant: &str, value: &str| Document::from([("tenant", tenant), (part, value)]);
        records.insert(&record("a", "x")).await.unwrap();
        taken(records.insert(&record("b", "x")).await, "of_part", "insert");
        taken(records.upsert(&record("b", "x")).await, "of_part", "upsert");
        taken(records.insert(&record("a", "x")).await, "primary", "insert");
        records.delete(("a", "x")).await.unwrap();
        records.insert(&record("b", "x")).await.unwrap();
    }
}

pub async fn c31_a_key_that_is_taken_too_is_told_first(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    let eve = users.insert(&User::new("eve").with_nick("e")).await.unwrap();
    taken(users.insert(&ada).await, "primary", "insert");
    taken(users.insert(&eve.with_id(&ada.id)).await, "primary", "insert");
    let error = refused(users.insert_many([&eve.with_id(&ada.id)]).await, ErrorKind::AlreadyExists, "insert_many");
    assert_eq!(error.index(), Some("primary"), "{error}");
}

/// Pairs of values of one kind, and whether they are the same.
fn pairs() -> Vec<(Kind, Value, Value, bool)> {
    let float = |bits: u64| Value::Float(f64::from_bits(bits));
    let tenth = 0.1_f64.to_bits();
    let huge = 1e22_f64.to_bits();
    let mut pairs = vec![
        (Kind::Number, Value::Int(1), Value::Float(1.0), true),
        (Kind::Number, Value::Int(0), Value::Float(-0.0), true),
        (Kind::Number, Value::Int(i64::MIN), Value::Float(-9_223_372_036_854_775_808.0), true),
        (Kind::Number, Value::Int(9_007_199_254_740_993), Value::Float(9_007_199_254_740_992.0), false),
        (Kind::Number, Value::Int(i64::MAX), Value::Float(9_223_372_036_854_775_808.0), false),
        (Kind::Number, Value::Int(i64::MAX), Value::Int(i64::MAX - 1), false),
        (Kind::Number, Value::Float(1e-130), Value::Float(2e-130), false),
        (Kind::Number, Value::Float(0.5), Value::Float(0.5), true),
        (Kind::Integer, Value::Int(i64::MAX), Value::Int(i64::MAX), true),
        (Kind::String, "ada".into(), "ADA".into(), false),
        (Kind::String, "e\u{301}".into(), "é".into(), false),
        (Kind::String, "ada".into(), "ada ".into(), false),
        (Kind::String, "7".into(), "7".into(), true),
        (Kind::String, "7".into(), "7.0".into(), false),
        (Kind::String, "x".repeat(1_024).into(), "x".repeat(1_023).into(), false),
        (Kind::Timestamp, "2024-01-01T00:00:00Z".into(), "2024-01-01T01:00:00.0009+01:00".into(), true),
        (Kind::Timestamp, "2024-01-01T00:00:00.000Z".into(), "2024-01-01T00:00:00.001Z".into(), false),
        (Kind::ObjectId, id(1).into(), id(1).into(), true),
        (Kind::ObjectId, id(1).into(), id(2).into(), false),
    ];
    // Neighbours, which a text that is read carelessly makes one number.
    for (bits, steps) in [(tenth, 1..4), (huge, 1..4), (1.7e-9_f64.to_bits(), 1..4), (123_456.789_f64.to_bits(), 1..4)]
    {
        pairs.extend(steps.map(|step| (Kind::Number, float(bits), float(bits + step), false)));
        pairs.push((Kind::Number, float(bits), float(bits), true));
    }
    pairs
}

pub async fn c02_c31_values_are_the_same_as_everywhere(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    for kind in [Kind::Number, Kind::Integer, Kind::String, Kind::Timestamp, Kind::ObjectId] {
        let definition = context.definition(&format!("of_{kind}")).index(Index::unique(["value"])).field("value", kind);
        let records = context.define::<Document>(definition).await;
        for (_, left, right, same) in pairs().into_iter().filter(|(of, ..)| *of == kind) {
            let left = records.insert(&Document::from([("value", left)])).await.unwrap();
            let second = records.insert(&Document::from([("value", right)])).await;
            assert_eq!(second.is_err(), same, "the pair {:?}", records.find(Filter::all()).await.unwrap().len());
            if same {
                taken(second, "value", "insert");
            }
            for record in [Some(&left), records.find_one(Filter::all()).await.unwrap().as_ref()].into_iter().flatten() {
                records.delete(record.get("id")).await.unwrap();
            }
            records.delete_many(Filter::all()).await.unwrap();
        }
    }
}

pub async fn c31_s09_a_record_without_one_of_the_fields_is_exempt(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let json = json!({"name": context.name("exempt"), "indexes": ["one", {"fields": ["b", "c"], "unique": true}],
        "fields": {"one": {"kind": "string", "emptyIsMissing": true}, "c": "number"}});
    let definition = backends_core::Definition::from_json(&json.to_string()).unwrap();
    let records = context.backend().await.define::<Document>(definition).await.unwrap();
    let insert = |json: Json| records.insert(&document(json)).into_future();
    for json in [json!({}), json!({"one": null}), json!({"one": ""}), json!({"b": "x"}), json!({"b": "x", "c": null})] {
        insert(json.clone()).await.unwrap();
        insert(json).await.unwrap();
    }
    insert(json!({"c": 1})).await.unwrap();
    insert(json!({"c": 1, "one": "x"})).await.unwrap();
    insert(json!({"b": "x", "c": 1})).await.unwrap();
    insert(json!({"b": "x", "c": 2})).await.unwrap();
    insert(json!({"b": "y", "c": 1})).await.unwrap();
    taken(insert(json!({"b": "y", "c": 1.0})).await, "b_c", "insert");
    taken(insert(json!({"one": "x"})).await, "one", "insert");
    assert_eq!(records.count(Filter::all()).await.unwrap(), 15);
}

pub async fn c31_the_fields_of_an_index_do_not_run_together(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let records = context.define::<Document>(context.definition("pairs").index(Index::unique(["a", "b"]))).await;
    let other = context.define::<Document>(context.definition("others").index(Index::unique(["a", "b"]))).await;
    let words = ["a", "aa", "a/a", "a:a", "a,a", "a|a", "\u{1f}", "a\u{1f}", "1:a", "%", "#"];
    for a in words {
        for b in words {
            let record = document(json!({"a": a, "b": b}));
            records.insert(&record).await.unwrap();
            taken(records.insert(&record).await, "a_b", "insert");
        }
    }
    // Each repository has its own.
    other.insert(&document(json!({"a": "a", "b": "a"}))).await.unwrap();
    let long = document(json!({"a": "x".repeat(1_024), "b": "x".repeat(1_024)}));
    records.insert(&long).await.unwrap();
    taken(records.insert(&long).await, "a_b", "insert");
}

pub async fn c26_c31_insert_many_stores_what_is_not_taken(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    let user = |at: usize, nick: &str| User::new(&at.to_string()).with_id(&id(at)).with_nick(nick);
    users.insert(&user(100, "ada")).await.unwrap();
    let same_name = User { logins: 5, ..user(7, "eve") };
    let all = [
        user(0, "ada"),
        user(1, "bob"),
        user(2, "bob"),
        user(3, "cy"),
        user(3, "dan"),
        user(4, "dan"),
        user(100, "ada"),
        same_name.clone(),
        User { id: id(8), nick: None, ..same_name },
        user(9, "fay"),
    ];
    let error = refused(users.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let told: Vec<_> = error.inserted().unwrap().failures().map(|(at, error)| (at, error.index().unwrap())).collect();
    assert_eq!(told, [(0, "nick"), (2, "nick"), (4, "primary"), (6, "primary"), (8, "name_logins")]);
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((5, 5)));
    let nicks = users.find(field("nick").is_set()).sort("nick", Order::Asc).await.unwrap();
    let nicks: Vec<_> = nicks.iter().filter_map(|user| user.nick.as_deref()).collect();
    assert_eq!(nicks, ["ada", "bob", "cy", "dan", "eve", "fay"]);
}

pub async fn c26_c31_many_records_are_inserted_with_unique_values(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let definition = context.definition("many").index(Index::unique(["number"])).field("number", Kind::Integer);
    let records = context.define::<Document>(definition).await;
    let all: Vec<_> = (0..600).map(|at| document(json!({"number": at % 590}))).collect();
    let error = refused(records.insert_many(&all).await, ErrorKind::AlreadyExists, "insert_many");
    let failed: Vec<_> = error.inserted().unwrap().failures().map(|(at, _)| at).collect();
    assert_eq!(failed, (590..600).collect::<Vec<_>>());
    assert_eq!(records.count(Filter::all()).await.unwrap(), 590);
}

pub async fn c31_what_core_builds_on_a_swap_is_guarded_too(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let faults = Faults::default();
    for operation in ["insert", "insert_many", "replace", "update", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    let definition = context.definition("users").index(Index::unique(["nick"])).build().unwrap();
    let users = context.wrapped(&faults).await.define::<User>(definition).await.unwrap();
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    let eve = users.insert(&User::new("eve").with_nick("e")).await.unwrap();
    taken(users.insert(&User::new("x").with_nick("a")).await, "nick", "insert");
    taken(users.replace(&eve.with_nick("a")).await, "nick", "replace");
    taken(users.upsert(&eve.with_nick("a")).await, "nick", "upsert");
    taken(users.update(&eve.id, backends_core::Update::new().set("nick", "a")).await, "nick", "update");
    let error = refused(
        users.insert_many(&[User::new("x").with_nick("x"), User::new("y").with_nick("x")]).await,
        ErrorKind::AlreadyExists,
        "insert_many",
    );
    assert_eq!((error.index(), error.position()), (Some("nick"), Some(1)));
    assert_eq!(users.get(&eve.id).await.unwrap().as_ref(), Some(&eve));
    users.replace(&ada.with_nick("b")).await.unwrap();
    users.replace(&eve.with_nick("a")).await.unwrap();
    users.delete(&eve.id).await.unwrap();
    users.insert(&User::new("z").with_nick("a")).await.unwrap();
}

pub async fn c31_records_are_found_by_a_unique_index(context: &Context) {
    if !has_unique(context).await {
        return;
    }
    let users = users(context).await;
    for (at, nick) in [Some("c"), None, Some("a"), Some("b"), None].into_iter().enumerate() {
        let user = User { nick: nick.map(str::to_owned), ..User::new(&at.to_string()).with_id(&id(at)) };
        users.insert(&user).await.unwrap();
    }
    let found = async |filter: Filter, order| {
        let found = users.find(filter).sort("nick", order).await.unwrap();
        found.into_iter().map(|user| user.nick.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(found(field("nick").eq("b"), Order::Asc).await, ["b"]);
    assert_eq!(found(field("nick").is_in(["a", "c", "z"]), Order::Desc).await, ["c", "a"]);
    assert_eq!(found(field("nick").ge("b"), Order::Asc).await, ["b", "c"]);
    assert_eq!(found(field("nick").ne("b"), Order::Asc).await, ["", "", "a", "c"]);
    assert_eq!(found(field("nick").is_missing(), Order::Asc).await, ["", ""]);
    assert_eq!(found(Filter::all(), Order::Asc).await, ["", "", "a", "b", "c"]);
    assert_eq!(found(Filter::all(), Order::Desc).await, ["c", "b", "a", "", ""]);
    let three = User::new("3");
    let both = field("name").eq(three.name) & field("logins").eq(three.logins);
    assert_eq!(users.find_one(both).await.unwrap().and_then(|user| user.nick).as_deref(), Some("b"));
    let freshly = users.find(field("nick").eq("a")).consistent().await.unwrap();
    assert_eq!(freshly.len(), 1);
}
