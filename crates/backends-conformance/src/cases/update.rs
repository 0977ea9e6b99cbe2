//! Changing a record by its key.

use backends_core::{DefinitionBuilder, Document, ErrorKind, Index, Kind, Repository, Update, Value, field};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::Context;
use crate::expect::{DIGITS, SECRET, debug_tells_nothing, refused};
use crate::records::{Pair, User, document, id, instant, stored};

/// A repository that is keyed by `name`, with one record of that name.
async fn one(context: &Context, record: Json) -> Repository<Document> {
    let definition = context.definition("one").partition_key("name").field("at", Kind::Timestamp);
    let repository = context.define::<Document>(definition.field("count", Kind::Integer)).await;
    let mut record = document(record);
    record.insert("name", "it");
    repository.insert(&record).await.unwrap();
    repository
}

/// What is stored of it besides its name.
async fn rest(repository: &Repository<Document>) -> Json {
    let mut record = stored(repository, "it").await;
    record.remove("name");
    serde_json::to_value(record).unwrap()
}

/// Each change in words, what is there, and what is there then.
fn changes() -> Vec<(Update, Json, Json)> {
    let new = Update::new;
    vec![
        (new().set("a", 1), json!({}), json!({"a": 1})),
        (new().set("a", "x"), json!({"a": [1], "b": 2}), json!({"a": "x", "b": 2})),
        (new().set("a", json!({"b": {"c": [1, null]}})), json!({"a": 1}), json!({"a": {"b": {"c": [1, null]}}})),
        (new().set("a", json!({"b": null, "c": 1})), json!({"a": {"d": 1}}), json!({"a": {"c": 1}})),
        (new().set("a.b.c", true), json!({}), json!({"a": {"b": {"c": true}}})),
        (new().set("a.b", 1), json!({"a": {"c": 2}}), json!({"a": {"b": 1, "c": 2}})),
        (new().set("a.0", 1), json!({"a": {}}), json!({"a": {"0": 1}})),
        (new().set("a", -0.0), json!({}), json!({"a": 0})),
        (new().set("a", 2.0), json!({}), json!({"a": 2})),
        (new().set("a", Value::Null), json!({"a": 1, "b": 2}), json!({"b": 2})),
        (new().set("a.b", None::<i64>), json!({"a": {"b": 1}}), json!({"a": {}})),
        (new().set("at", "2024-02-29T13:30:00.001999+01:00"), json!({}), json!({"at": "2024-02-29T12:30:00.001Z"})),
        (new().unset("a"), json!({"a": 1}), json!({})),
        (new().unset("a"), json!({"b": 1}), json!({"b": 1})),
        (new().unset("a.b"), json!({"a": {"b": 1}}), json!({"a": {}})),
        (new().unset("a.b.c"), json!({"a": 7}), json!({"a": 7})),
        (new().unset("a.0"), json!({"a": [1]}), json!({"a": [1]})),
        (new().inc("n", 3), json!({}), json!({"n": 3})),
        (new().inc("n", 3), json!({"n": 4}), json!({"n": 7})),
        (new().inc("n", -3), json!({"n": 3.0}), json!({"n": 0})),
        (new().inc("m.n", 1), json!({}), json!({"m": {"n": 1}})),
        (new().inc("count", i64::MAX), json!({"count": 0}), json!({"count": i64::MAX})),
        (new().inc("count", -3), json!({}), json!({"count": -3})),
        (new().inc("count", 0), json!({"count": i64::MIN}), json!({"count": i64::MIN})),
        (
            new().inc("count", 1).set("a.b", 1).push("l", 2),
            json!({"count": 1}),
            json!({"count": 2, "a": {"b": 1}, "l": [2]}),
        ),
        (new().inc("n", i64::MIN), json!({"n": -0.0}), json!({"n": i64::MIN})),
        (new().inc("n", 1), json!({"n": 9_007_199_254_740_992_i64}), json!({"n": 9_007_199_254_740_993_i64})),
        (new().push("l", "x"), json!({}), json!({"l": ["x"]})),
        (new().push("l", 2), json!({"l": [1, 1]}), json!({"l": [1, 1, 2]})),
        (new().push("l", json!([1])), json!({"l": []}), json!({"l": [[1]]})),
        (new().push("l", json!({"a": 1})), json!({"l": [null]}), json!({"l": [null, {"a": 1}]})),
        (new().push("l", Value::Null), json!({"l": []}), json!({"l": [null]})),
        (new().push("m.l", 1), json!({"m": {}}), json!({"m": {"l": [1]}})),
        (new().pull("l", 1), json!({"l": [1, 2, 1.0, "1", true, [1]]}), json!({"l": [2, "1", true, [1]]})),
        (new().pull("l", "a"), json!({"l": ["a", "A", "a", ""]}), json!({"l": ["A", ""]})),
        (new().pull("l", json!([1, 2])), json!({"l": [[1, 2], [2, 1], 1]}), json!({"l": [[2, 1], 1]})),
        (
            new().pull("l", json!({"a": 1, "b": 2})),
            json!({"l": [{"b": 2, "a": 1}, {"a": 1}]}),
            json!({"l": [{"a": 1}]}),
        ),
        (new().pull("l", 1), json!({"l": [1]}), json!({"l": []})),
        (new().pull("l", 1), json!({}), json!({})),
        (new().pull("l.m", 1), json!({"l": "text"}), json!({"l": "text"})),
        (
            new().set("a", 1).unset("b").inc("n", 2).push("l", 3).pull("o", 4).set("m.x", "y"),
            json!({"b": 1, "n": 1, "l": [], "o": [4, 5], "m": {"z": 1}}),
            json!({"a": 1, "n": 3, "l": [3], "o": [5], "m": {"x": "y", "z": 1}}),
        ),
        (new().set("a-b", 1).set("a.b", 2), json!({}), json!({"a-b": 1, "a": {"b": 2}})),
        (new().set("$not", 1), json!({}), Json::Null),
    ]
}

pub async fn c28_each_change_does_what_it_says(context: &Context) {
    let definition = context.definition("one").partition_key("name").field("at", Kind::Timestamp);
    let repository = context.define::<Document>(definition.field("count", Kind::Integer)).await;
    for (number, (update, before, after)) in changes().into_iter().enumerate() {
        let name = format!("record {number:03}");
        let mut record = document(before.clone());
        record.insert("name", name.as_str());
        repository.insert(&record).await.unwrap();
        let what = format!("{update:?} on {before}");
        let answer = repository.update(&name, update).await;
        if after.is_null() {
            refused(answer, ErrorKind::InvalidInput, "update");
            continue;
        }
        let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}")).unwrap();
        let kept = stored(&repository, &name).await;
        let mut expected = document(after);
        expected.insert("name", name.as_str());
        let shown = |document: &Document| serde_json::to_value(document).unwrap();
        assert_eq!(shown(&kept), shown(&expected), "{what}");
        assert!(answer.get("id").is_some(), "{what}: the answer has the id");
        let mut answer = answer;
        answer.remove("id");
        assert_eq!(shown(&answer), shown(&expected), "{what}: the answer is what is stored");
    }
}

pub async fn c04_c28_instants_in_arrays_are_pulled_as_instants(context: &Context) {
    let definition = context.definition("times").partition_key("name").field("times[]", Kind::Timestamp);
    let times = context.define::<Document>(definition.field("visits[].at", Kind::Timestamp)).await;
    let visit = |at: &str| json!({"at": at, "n": 1});
    let (first, second) = ("2024-02-29T12:30:00.000Z", "2024-03-01T00:00:00.000Z");
    times
        .insert(&document(
            json!({"name": "it", "times": [first, second, first], "visits": [visit(first), visit(second)]}),
        ))
        .await
        .unwrap();
    let gone = "2024-02-29T13:30:00+01:00";
    let update = Update::new().pull("times", gone).pull("visits", visit(gone));
    let left = times.update("it", update).await.unwrap().unwrap();
    assert_eq!(left.get("times"), Some(&Value::Array(vec![Value::Timestamp(instant(second))])));
    assert_eq!(serde_json::to_value(left.get("visits")).unwrap(), json!([visit(second)]));
    let pushed = times.update("it", Update::new().push("times", instant(first))).await.unwrap().unwrap();
    assert_eq!(pushed.get("times").map(|times| serde_json::to_value(times).unwrap()), Some(json!([second, first])));
}

pub async fn c28_s08_what_does_not_apply_changes_nothing(context: &Context) {
    let before = json!({"text": SECRET, "half": 0.5, "flag": true, "map": {"a": 1}, "list": [1], "count": i64::MAX,
        "low": i64::MIN, "far": 1e19, "bytes": {"$binary": "AA=="}});
    let repository = one(context, before).await;
    let before = rest(&repository).await;
    let new = || Update::new().set("other", DIGITS);
    let updates = [
        (new().inc("text", 1), "text"),
        (new().inc("half", 1), "half"),
        (new().inc("flag", 1), "flag"),
        (new().inc("map", 1), "map"),
        (new().inc("list", 1), "list"),
        (new().inc("far", 1), "far"),
        (new().inc("bytes", 1), "bytes"),
        (new().inc("count", 1), "count"),
        (new().inc("low", -1), "low"),
        (new().inc("text.x", 1), "text.x"),
        (new().set("text.x", 1), "text.x"),
        (new().set("list.0", 1), "list.0"),
        (new().set("map.a.b", 1), "map.a.b"),
        (new().push("text", 1), "text"),
        (new().push("map", 1), "map"),
        (new().push("half.x", 1), "half.x"),
        (new().pull("text", 1), "text"),
        (new().pull("map", 1), "map"),
        (new().pull("count", 1), "count"),
    ];
    for (update, path) in updates {
        debug_tells_nothing(&update);
        let what = format!("{update:?}");
        let error = refused(repository.update("it", update).await, ErrorKind::InvalidInput, "update");
        assert_eq!(error.path(), Some(path), "{what}: {error}");
        assert!(!error.may_have_happened(), "{what}: {error}");
        assert_eq!(rest(&repository).await, before, "{what}");
    }
}

pub async fn c28_an_update_that_no_record_takes_is_refused(context: &Context) {
    let repository = one(context, json!({"a": 1})).await;
    let before = rest(&repository).await;
    let new = Update::new;
    let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let updates = [
        (new(), None),
        (new().set("a", 1).set("a", 2), Some("a")),
        (new().set("a", 1).unset("a"), Some("a")),
        (new().set("a", json!({})).set("a.b", 2), Some("a.b")),
        (new().inc("a.b.c", 1).push("a.b", 2), Some("a.b.c")),
        (new().set("a", f64::NAN), Some("a")),
        (new().set("a", u64::MAX), Some("a")),
        (new().set("a", "x\0y"), Some("a")),
        (new().push("a", f64::INFINITY), Some("a")),
        (new().set("", 1), None),
        (new().set("a..b", 1), None),
        (new().set("$a", 1), None),
        (new().set("a.$b", 1), None),
        (new().set("_backends_a", 1), None),
        (new().set("a", json!({"b.c": 1})), None),
        (new().set("a", instant("2024-02-29T12:30:00Z")), Some("a")),
        (new().set("at", 1), Some("at")),
        (new().set("count", "1"), Some("count")),
        (new().set("count", 0.5), Some("count")),
        (new().inc("at", 1), Some("at")),
        (new().push("count", 1), Some("count")),
        (new().set("a", deep(31)), None),
        (new().set("a.b", deep(30)), None),
        (new().push("a", deep(30)), None),
    ];
    for (number, (update, path)) in updates.into_iter().enumerate() {
        let what = format!("{number}: {update:?}");
        for key in ["it", "nobody"] {
            let error = refused(repository.update(key, update.clone()).await, ErrorKind::InvalidInput, "update");
            assert!(path.is_none() || error.path() == path, "{what}: {error}");
        }
        assert_eq!(rest(&repository).await, before, "{what}");
    }
}

pub async fn c12_the_key_and_the_id_never_change(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key_of("s", Kind::Integer);
    let pairs = context.define::<Pair<String, i64>>(definition).await;
    pairs.insert(&Pair::new("a".to_owned(), 1, "x")).await.unwrap();
    let before = stored(&pairs, ("a", 1)).await;
    let new = Update::new;
    for update in [
        new().set("p", "b"),
        new().set("p", "a"),
        new().unset("s"),
        new().inc("s", 1),
        new().set("s.x", 1),
        new().set("text", "y").set("id", id(1)),
        new().unset("id"),
    ] {
        refused(pairs.update(("a", 1), update.clone()).await, ErrorKind::InvalidInput, "update");
        refused(pairs.untyped().update(("a", 1), update).await, ErrorKind::InvalidInput, "update");
    }
    assert!(stored(&pairs, ("a", 1)).await == before);
}

pub async fn c27_an_update_creates_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let set = || Update::new().set("nick", "x");
    assert!(users.update(id(1), set()).await.unwrap().is_none());
    assert!(users.get(id(1)).await.unwrap().is_none());
    let ada = users.insert(&User::new("ada")).await.unwrap();
    users.delete(&ada.id).await.unwrap();
    assert!(users.update(&ada.id, set()).await.unwrap().is_none());
    assert!(users.get(&ada.id).await.unwrap().is_none());
    // No record can have such a key.
    assert!(
        context
            .define::<Document>(context.definition("keyed").partition_key("k"))
            .await
            .update("", set())
            .await
            .unwrap()
            .is_none()
    );
}

pub async fn c27_an_update_gives_the_record_as_it_is_then(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_logins(1)).await.unwrap();
    let updated = users.update(&ada.id, Update::new().inc("logins", 2).set("nick", "a")).await.unwrap();
    assert_eq!(updated, Some(ada.with_logins(3).with_nick("a")));
    assert_eq!(users.get(&ada.id).await.unwrap(), updated);
}

pub async fn c28_the_type_says_what_its_fields_hold(context: &Context) {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Strict {
        #[serde(default)]
        id: String,
        small: u8,
        role: Role,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Role {
        Admin,
        Guest,
    }

    async fn check(strict: &Repository<Strict>) {
        let one = Strict { id: String::new(), small: 7, role: Role::Guest, note: None };
        let one = strict.insert(&one).await.unwrap();
        let new = Update::new;
        for (update, path) in [
            (new().set("small", 256), "small"),
            (new().inc("small", 249), "small"),
            (new().set("small", "x"), "small"),
            (new().unset("small"), "small"),
            (new().set("role", "nobody"), "role"),
            (new().set("note", 7), "note"),
            (new().set("nota", "x"), "nota"),
        ] {
            let what = format!("{update:?}");
            let error = refused(strict.update(&one.id, update).await, ErrorKind::InvalidInput, "update");
            assert_eq!(error.path(), Some(path), "{what}: {error}");
            assert!(!error.may_have_happened(), "{what}: {error}");
            assert_eq!(strict.get(&one.id).await.unwrap().as_ref(), Some(&one), "{what}");
        }
        let updated =
            strict.update(&one.id, new().set("role", Role::Admin).inc("small", 248).set("note", "x")).await.unwrap();
        assert_eq!(updated, Some(Strict { small: 255, role: Role::Admin, note: Some("x".to_owned()), ..one.clone() }));
        let error = refused(strict.update(&one.id, new().inc("small", 1)).await, ErrorKind::InvalidInput, "update");
        assert!(error.path() == Some("small") && !error.may_have_happened(), "{error}");
        assert_eq!(strict.update(&one.id, new().inc("small", -255)).await.unwrap().unwrap().small, 0);
    }

    let builder = |name: &str| context.definition(name);
    for definition in [builder("strict"), builder("declared").field("small", Kind::Integer)] {
        check(&context.define::<Strict>(definition).await).await;
    }
}

pub async fn c10_index_fields_hold_what_every_index_holds(context: &Context) {
    let definition = context.definition("indexed").partition_key("name").field("tag", Kind::String);
    let definition = definition.index(Index::on(["tag", "mark"])).build().unwrap();
    let backend = context.backend().await;
    if !backend.capabilities().indexes {
        refused(backend.define::<Document>(definition).await, ErrorKind::Unsupported, "define");
        return;
    }
    let repository = backend.define::<Document>(definition).await.unwrap();
    repository.insert(&document(json!({"name": "it", "tag": "t", "mark": "m"}))).await.unwrap();
    let new = Update::new;
    let long = |bytes: usize| SECRET.repeat(1 + bytes / SECRET.len())[..bytes].to_owned();
    for update in [new().set("tag", ""), new().set("tag", long(1_025)), new().set("tag", 7), new().push("tag", "x")] {
        let what = format!("{update:?}");
        let error = refused(repository.update("it", update).await, ErrorKind::InvalidInput, "update");
        assert_eq!(error.path(), Some("tag"), "{what}: {error}");
    }
    let most = repository.update("it", new().set("tag", long(1_024)).set("mark", long(1_024))).await.unwrap().unwrap();
    assert_eq!(most.get("tag"), Some(&Value::from(long(1_024))));
    let found = repository.find(field("tag").eq(long(1_024))).await.unwrap();
    assert_eq!(found.len(), 1, "an index knows what an update has changed");
    assert!(repository.find(field("tag").eq("t")).await.unwrap().is_empty());
}

pub async fn c28_fifty_tasks_increment_one_counter(context: &Context) {
    increment(context, context.definition("users")).await;
    increment(context, context.definition("declared").field("logins", Kind::Integer)).await;
}

async fn increment(context: &Context, definition: DefinitionBuilder) {
    let definition = definition.build().unwrap();
    let users = context.backend().await.define::<User>(definition.clone()).await.unwrap();
    let others = context.another_process().await.define::<User>(definition).await.unwrap();
    let ada = users.insert(&User::new("ada").with_logins(0)).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            let users = if task % 2 == 0 { users.clone() } else { others.clone() };
            let id = ada.id.clone();
            tokio::spawn(
                async move { users.update(&id, Update::new().inc("logins", 1)).await.unwrap().unwrap().logins },
            )
        })
        .collect();
    let mut seen = Vec::new();
    for task in tasks {
        seen.push(task.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<_>>(), "each sees its own sum");
    assert_eq!(users.get(&ada.id).await.unwrap().unwrap().logins, 50);
}

pub async fn c28_an_update_does_nothing_until_it_is_awaited(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    drop(users.update(&ada.id, Update::new().unset("nick").inc("logins", 1)).into_future());
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
