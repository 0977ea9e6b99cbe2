//! Updates that are one request: what they leave, and what becomes of those that meet something else than is declared.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backends_core::{Document, ErrorKind, Repository, Update, Value, field};
use backends_dynamo::aws_sdk_dynamodb::types::AttributeValue;
use proxy::{Fault, Protocol, Proxy};
use serde::{Deserialize, Serialize};

use crate::store::{Item, Store, definition, endpoint, n, s};

const NOTES: &str = r#"{"name": "notes", "idKind": "string", "fields": {"n": "integer", "map.n": "integer"}}"#;

/// A repository that is reached through a proxy, and another program.
struct Stage {
    proxy: Proxy,
    store: Store,
    notes: Repository<Document>,
}

impl Stage {
    async fn open(json: &str) -> Self {
        let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
        let store = Store::through(&proxy.url()).await;
        let notes = store.backend.define(definition(json)).await.unwrap();
        Self { proxy, store, notes }
    }

    /// Puts the note `a` as another program does.
    async fn put(&self, attributes: &[(&str, AttributeValue)]) {
        self.store.put("notes", &[&[("id", s("a"))], attributes].concat()).await;
        self.proxy.clear();
    }

    async fn stored(&self) -> Item {
        self.store.all("notes").await.remove(0)
    }
}

fn new() -> Update {
    Update::new()
}

#[tokio::test]
async fn c28_what_is_declared_is_counted_by_one_request() {
    let stage = Stage::open(NOTES).await;
    stage.put(&[("map", AttributeValue::M(Item::new())), ("tags", AttributeValue::Ss(vec!["x".into()]))]).await;
    let update = new().inc("n", 5).inc("map.n", -1).push("list", "x").set("name", "new").unset("gone");
    let updated = stage.notes.update("a", update).await.unwrap().unwrap();
    assert_eq!(stage.proxy.operations(), ["UpdateItem"]);
    assert_eq!(updated, stage.notes.get("a").await.unwrap().unwrap());
    let stored = stage.stored().await;
    assert_eq!((&stored["n"], &stored["name"]), (&n("5"), &s("new")));
    assert_eq!(stored["map"], AttributeValue::M([("n".to_owned(), n("-1"))].into()));
    assert_eq!(stored["list"], AttributeValue::L(vec![s("x")]));
    // What it does not name stays as another program stored it.
    assert_eq!(stored["tags"], AttributeValue::Ss(vec!["x".into()]));
    stage.proxy.clear();
    assert_eq!(stage.notes.update("nobody", new().inc("n", 1)).await.unwrap(), None);
    let filter = field("id").eq("a") & field("name").eq("new");
    assert!(stage.notes.update_one(filter, new().inc("n", 1)).await.unwrap().is_some());
    assert_eq!(stage.proxy.operations(), ["UpdateItem", "GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn c28_what_does_not_meet_the_condition_is_looked_at() {
    let stage = Stage::open(NOTES).await;
    let cases = [
        // Nothing on the way, null, and a set: as other programs store them.
        ("missing map", vec![], new().inc("map.n", 1), "map", AttributeValue::M([("n".to_owned(), n("1"))].into())),
        ("null", vec![("n", AttributeValue::Null(true))], new().inc("n", 2), "n", n("2")),
        (
            "set",
            vec![("list", AttributeValue::Ss(vec!["x".into()]))],
            new().push("list", "y"),
            "list",
            AttributeValue::L(vec![s("x"), s("y")]),
        ),
    ];
    for (what, before, update, name, after) in cases {
        stage.put(&before).await;
        assert!(stage.notes.update("a", update).await.unwrap().is_some(), "{what}");
        assert_eq!(stage.proxy.operations(), ["UpdateItem", "UpdateItem"], "{what}");
        assert_eq!(stage.stored().await[name], after, "{what}");
    }
    let refused = [
        ("overflow", ("n", n("9223372036854775807")), new().inc("n", 1), "n"),
        ("beyond", ("n", n("9300000000000000000")), new().inc("n", -1), "n"),
        ("text", ("n", s("1")), new().inc("n", 1), "n"),
        ("no map", ("map", n("1")), new().set("map.x", 1), "map.x"),
        ("no array", ("list", s("x")), new().push("list", 1), "list"),
    ];
    for (what, before, update, path) in refused {
        stage.put(&[before]).await;
        let there = stage.stored().await;
        let error = stage.notes.update("a", update.set("other", 1)).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some(path)), "{what}: {error}");
        assert!(!error.may_have_happened(), "{what}: {error}");
        assert_eq!(stage.proxy.operations(), ["UpdateItem"], "{what}");
        assert_eq!(stage.stored().await, there, "{what}");
    }
}

/// No condition tells a fraction from an integer.
#[tokio::test]
async fn c28_c43_a_fraction_where_an_integer_is_declared_is_put_back() {
    let stage = Stage::open(NOTES).await;
    let stamp = AttributeValue::B(vec![7].into());
    for before in [
        vec![("n", n("0.5"))],
        vec![("n", n("-1.25")), ("name", s("old")), ("_backends_write", stamp.clone())],
        vec![("n", n("1.5")), ("gone", AttributeValue::Ss(vec!["x".into()]))],
    ] {
        stage.put(&before).await;
        let there = stage.stored().await;
        let update = new().inc("n", 1).set("name", "new").set("more", 1).unset("gone");
        let error = stage.notes.update("a", update).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("n")), "{error}");
        assert!(!error.may_have_happened(), "{error}");
        assert_eq!(stage.proxy.operations(), ["UpdateItem", "UpdateItem"]);
        assert_eq!(stage.stored().await, there);
    }
    // Somebody writes before it is put back.
    stage.put(&[("n", n("0.5"))]).await;
    let proxy = &stage.proxy;
    let seen = AtomicUsize::new(0);
    proxy.on(move |_, _| match seen.fetch_add(1, Ordering::Relaxed) {
        1 => Fault::Delay(Duration::from_millis(500)),
        _ => Fault::Pass,
    });
    let meanwhile = async {
        while proxy.operations().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stage.store.put("notes", &[("id", s("a")), ("n", n("7"))]).await;
    };
    let (error, ()) = tokio::join!(stage.notes.update("a", new().inc("n", 1)).into_future(), meanwhile);
    let error = error.unwrap_err();
    assert!(error.is_invalid_input() && error.may_have_happened(), "{error}");
    assert_eq!(stage.stored().await["n"], n("7"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    id: String,
    n: Option<u8>,
    name: String,
    #[serde(default)]
    list: Vec<String>,
    /// An integer of the type only.
    #[serde(default)]
    more: i64,
}

#[tokio::test]
async fn c28_a_record_that_the_type_cannot_read_is_put_back() {
    let stage = Stage::open(NOTES).await;
    let typed = stage.notes.typed::<Typed>();
    stage.put(&[("n", n("1")), ("name", n("7"))]).await;
    let there = stage.stored().await;
    let error = typed.update("a", new().inc("n", 1)).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unreadable, Some("name")), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert_eq!(stage.stored().await, there);
    stage.put(&[("n", n("1")), ("name", s("x")), ("more", n("0.5"))]).await;
    let there = stage.stored().await;
    let error = typed.update("a", new().inc("more", 1)).await.unwrap_err();
    assert!(error.path() == Some("more") && !error.may_have_happened(), "{error}");
    assert_eq!(stage.stored().await, there);
}

#[tokio::test]
async fn c28_an_item_that_would_become_too_large_stays_as_it_is() {
    let stage = Stage::open(NOTES).await;
    let large = Document::from([("id", Value::from("a")), ("text", "x".repeat(409_000).into())]);
    stage.notes.insert(&large).await.unwrap();
    stage.proxy.clear();
    let error = stage.notes.update("a", new().push("list", "x".repeat(1_000))).await.unwrap_err();
    assert!(error.is_invalid_input() && error.message().contains("409600"), "{error}");
    assert!(!error.may_have_happened());
    assert_eq!(stage.proxy.operations(), ["UpdateItem"]);
    assert_eq!(stage.notes.get("a").await.unwrap(), Some(large));
}

/// A version of the service that does not know an ordered index leaves no place in it that is wrong by then.
#[tokio::test]
async fn c39_a_place_in_an_index_that_another_version_knows_is_taken_away() {
    let stage = Stage::open(NOTES).await;
    let place = AttributeValue::B(vec![1].into());
    stage.put(&[("n", n("1")), ("_backends_shard", n("3")), ("_backends_order_0123456789abcdef", place)]).await;
    assert!(stage.notes.update("a", new().inc("n", 1)).await.unwrap().is_some());
    let stored = stage.stored().await;
    assert_eq!(stored["n"], n("2"));
    assert!(stored.keys().all(|name| name == "_backends_write" || !name.starts_with("_backends")), "{stored:?}");
}
