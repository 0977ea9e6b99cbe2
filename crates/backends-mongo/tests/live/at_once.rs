//! Updates that are one request: what they leave, and what becomes of those that meet something else than is declared.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backends_core::{Document, ErrorKind, Repository, Update, Value, field};
use backends_mongo::mongodb::bson::{Bson, DateTime, Decimal128, Document as Native, RawDocumentBuf, doc, raw::cstr};
use proxy::{Fault, Proxy};
use serde::{Deserialize, Serialize};

use crate::proxied::proxied;
use crate::store::{Store, all, definition};

const NOTES: &str = r#"{"name": "notes", "idKind": "string", "fields": {"n": "integer", "name": "string"}}"#;
const SENT: &str = "findAndModify";

/// A repository that is reached through a proxy, and another program.
struct Stage {
    proxy: Proxy,
    store: Store,
    notes: Repository<Document>,
}

impl Stage {
    async fn open() -> Self {
        let (proxy, store, backend) = proxied("").await;
        let notes = backend.define(definition(NOTES)).await.unwrap();
        Self { proxy, store, notes }
    }

    /// Puts the note `a` as another program does.
    async fn put(&self, fields: Native) -> Native {
        let notes = self.store.collection("notes");
        notes.delete_many(doc! {}).await.unwrap();
        let mut note = doc! { "_id": "a" };
        note.extend(fields);
        notes.insert_one(&note).await.unwrap();
        self.proxy.clear();
        note
    }

    /// The repository, as a process has it that has seen nothing yet.
    async fn again(&self) -> Repository<Document> {
        let notes = self.notes.backend().define(definition(NOTES)).await.unwrap();
        self.proxy.clear();
        notes
    }

    async fn stored(&self) -> Native {
        all(&self.store.collection("notes")).await.remove(0)
    }

    async fn close(self) {
        self.notes.backend().close().await.unwrap();
        self.store.remove().await;
    }
}

fn new() -> Update {
    Update::new()
}

#[tokio::test]
async fn c28_what_the_server_can_do_alone_is_one_request() {
    let stage = Stage::open().await;
    stage.put(doc! { "n": 2_i32, "price": "x", "gone": 1 }).await;
    let update = new().inc("n", 5).push("list", "x").set("name", "$new").unset("gone").inc("count", -1);
    let updated = stage.notes.update("a", update).await.unwrap().unwrap();
    assert_eq!(stage.proxy.operations(), [SENT]);
    assert_eq!(updated, stage.notes.get("a").await.unwrap().unwrap());
    let left = doc! { "_id": "a", "n": 7_i64, "price": "x", "count": -1_i64, "list": ["x"], "name": "$new" };
    assert_eq!(stage.stored().await, left);
    stage.proxy.clear();
    assert_eq!(stage.notes.update("nobody", new().inc("n", 1)).await.unwrap(), None);
    let filter = field("id").eq("a") & field("name").eq("$new");
    assert!(stage.notes.update_one(filter, new().inc("n", 1)).await.unwrap().is_some());
    assert_eq!(stage.proxy.operations(), [SENT, "find", "find", SENT]);
    stage.close().await;
}

#[tokio::test]
async fn c28_what_does_not_meet_the_condition_is_read() {
    let stage = Stage::open().await;
    for (before, update, after) in [
        (doc! { "n": null }, new().inc("n", 2), doc! { "n": 2_i64 }),
        (doc! { "n": 3.0 }, new().inc("n", 2), doc! { "n": 5_i64 }),
        (doc! { "list": null }, new().push("list", "y"), doc! { "list": ["y"] }),
        (doc! { "list": ["x", "y"] }, new().pull("list", "x"), doc! { "list": ["y"] }),
        (doc! { "map": { "n": 1_i32 } }, new().inc("map.n", 1), doc! { "map": { "n": 2_i64 } }),
    ] {
        stage.put(before).await;
        let told = format!("{update:?}");
        assert!(stage.notes.update("a", update).await.unwrap().is_some(), "{told}");
        assert_eq!(stage.proxy.operations().last().map(String::as_str), Some("update"), "{told}");
        let mut stored = stage.stored().await;
        stored.remove("_id");
        assert_eq!(stored, after, "{told}");
    }
    for (before, update, kind, path) in [
        (doc! { "n": i64::MAX }, new().inc("n", 1), ErrorKind::InvalidInput, "n"),
        (doc! { "n": 1.5 }, new().inc("n", 1), ErrorKind::InvalidInput, "n"),
        (doc! { "n": "1" }, new().inc("n", 1), ErrorKind::InvalidInput, "n"),
        (doc! { "n": [1_i64] }, new().inc("n", 1), ErrorKind::InvalidInput, "n"),
        (doc! { "list": "x" }, new().push("list", 1), ErrorKind::InvalidInput, "list"),
        (doc! { "list": [Bson::MinKey] }, new().push("list", 1), ErrorKind::Unreadable, "list[0]"),
        (doc! { "x": Decimal128::from_bytes([9; 16]) }, new().set("x", 1), ErrorKind::Unreadable, "x"),
    ] {
        let there = stage.put(before).await;
        let error = stage.notes.update("a", update.set("other", 1)).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (kind, Some(path)), "{there}: {error}");
        assert!(!error.may_have_happened(), "{there}: {error}");
        assert_eq!(stage.proxy.operations(), [SENT, "find"], "{there}");
        assert_eq!(stage.stored().await, there);
    }
    stage.close().await;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    id: String,
    n: Option<u8>,
    name: String,
    #[serde(default)]
    list: Vec<String>,
}

/// No condition tells what a type cannot read, nor a date that is none.
#[tokio::test]
async fn c28_c43_a_record_that_cannot_be_read_is_put_back() {
    let stage = Stage::open().await;
    let typed = stage.notes.typed::<Typed>();
    let there = stage.put(doc! { "n": 1_i32, "name": 7, "list": ["x"], "price": Bson::MaxKey }).await;
    let update = || new().inc("n", 1).push("list", "y").set("name", "z");
    let error = typed.update("a", new().inc("n", 1).push("list", "y")).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unreadable, Some("name")), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert_eq!(stage.proxy.operations(), [SENT, "update"]);
    assert_eq!(stage.stored().await, there);
    // Where there are such documents updates read first.
    stage.proxy.clear();
    assert!(typed.update("a", update()).await.unwrap().is_some());
    assert_eq!(stage.proxy.operations(), ["find", "update"]);
    let never = DateTime::from_millis(8_640_000_000_000_000);
    let there = stage.put(doc! { "x": never, "deep": [[Decimal128::from_bytes([9; 16])]] }).await;
    for (update, path) in
        [(new().set("x", 1).inc("9", 1).inc("10", 1).unset("y"), "x"), (new().push("deep", 1), "deep[0][0]")]
    {
        let error = stage.again().await.update("a", update).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unreadable, Some(path)), "{error}");
        assert!(!error.may_have_happened(), "{error}");
        assert_eq!(stage.proxy.operations(), [SENT, "update"]);
        assert_eq!(stage.stored().await, there);
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_what_somebody_wrote_meanwhile_is_not_put_back() {
    let stage = Stage::open().await;
    stage.put(doc! { "n": 1_i64, "name": 7 }).await;
    let seen = AtomicUsize::new(0);
    stage.proxy.on(move |request, _| match request.operation() {
        "update" if seen.fetch_add(1, Ordering::Relaxed) == 0 => Fault::Delay(Duration::from_millis(500)),
        _ => Fault::Pass,
    });
    let meanwhile = async {
        while !stage.proxy.operations().iter().any(|operation| operation == "update") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let notes = stage.store.collection("notes");
        notes.update_one(doc! { "_id": "a" }, doc! { "$inc": { "n": 10_i64 } }).await.unwrap();
    };
    let typed = stage.notes.typed::<Typed>();
    let (error, ()) = tokio::join!(typed.update("a", new().inc("n", 1)).into_future(), meanwhile);
    let error = error.unwrap_err();
    assert!(error.is_unreadable() && error.may_have_happened(), "{error}");
    assert_eq!(stage.stored().await.get("n"), Some(&Bson::Int64(12)));
    stage.close().await;
}

#[tokio::test]
async fn c27_c43_an_array_where_text_is_declared_is_not_meant() {
    let stage = Stage::open().await;
    let there = stage.put(doc! { "n": 1_i64, "name": ["x"] }).await;
    let named = || field("id").eq("a") & field("name").eq("x");
    for _ in 0..2 {
        assert_eq!(stage.notes.update_many(named(), new().inc("n", 1)).await.unwrap(), 0);
    }
    assert_eq!(stage.stored().await, there);
    stage.close().await;
}

#[tokio::test]
async fn c43_a_field_that_stands_twice_in_a_document_is_told() {
    let stage = Stage::open().await;
    let mut twice = RawDocumentBuf::new();
    twice.append(cstr!("_id"), "a");
    twice.append(cstr!("n"), 1);
    twice.append(cstr!("n"), 2);
    stage.store.collection("notes").clone_with_type::<RawDocumentBuf>().insert_one(twice).await.unwrap();
    let error = stage.notes.update("a", new().inc("n", 1)).await.unwrap_err();
    assert!(error.is_unreadable() && error.may_have_happened(), "{error}");
    assert!(error.message().contains("two fields of one name"), "{error}");
    stage.close().await;
}

#[tokio::test]
async fn c28_a_document_that_would_become_too_large_stays_as_it_is() {
    let stage = Stage::open().await;
    let large = Document::from([("id", Value::from("a")), ("text", "x".repeat(16_776_000).into())]);
    stage.notes.insert(&large).await.unwrap();
    stage.proxy.clear();
    let error = stage.notes.update("a", new().push("list", "x".repeat(2_000))).await.unwrap_err();
    assert!(error.is_invalid_input() && error.message().contains("16777216"), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert_eq!(stage.proxy.operations(), [SENT]);
    assert_eq!(stage.notes.get("a").await.unwrap(), Some(large));
    stage.close().await;
}
