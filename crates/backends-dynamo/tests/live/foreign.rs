//! What other programs stored, and changes that they make meanwhile.

use std::collections::HashMap;

use std::time::Duration;

use backends_core::{Document, Filter, Order, Repository, Timestamp, Update, Value, field};
use backends_dynamo::aws_sdk_dynamodb::primitives::Blob;
use backends_dynamo::aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use proxy::{Fault, Protocol, Proxy};
use serde::{Deserialize, Serialize};

use crate::records::{User, user};
use crate::store::{Item, Store, definition, endpoint, n, s};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Loose {
    id: String,
    whole: Option<i64>,
    tags: Option<Vec<String>>,
    counts: Option<Vec<f64>>,
    gone: Option<String>,
    at: Option<Timestamp>,
    map: Option<HashMap<String, i64>>,
}

async fn notes(store: &Store) -> Repository<Loose> {
    store.create("notes", "id", ScalarAttributeType::S).await;
    let at = [("id", s("a")), ("at", s("2026-07-01T14:00:00+02:00"))];
    store.put("notes", &at).await;
    let json = r#"{"name": "notes", "idKind": "string", "fields": {"at": "timestamp"}}"#;
    store.backend.define(definition(json)).await.unwrap()
}

#[tokio::test]
async fn c43_what_has_a_counterpart_reads_as_it() {
    let store = Store::open().await;
    let notes = notes(&store).await;
    assert_eq!(notes.get("a").await.unwrap().unwrap().at.unwrap().to_string(), "2026-07-01T12:00:00.000Z");
    store
        .put(
            "notes",
            &[
                ("id", s("b")),
                ("whole", n("7.000")),
                ("tags", AttributeValue::Ss(vec!["x".into()])),
                ("counts", AttributeValue::Ns(vec!["0.5".into()])),
                ("gone", AttributeValue::Null(true)),
                ("more", AttributeValue::Bs(vec![Blob::new([1])])),
                (
                    "map",
                    AttributeValue::M(
                        [("a".to_owned(), n("1e2")), ("b".to_owned(), AttributeValue::Null(true))].into(),
                    ),
                ),
                ("_backends_other", s("not a field")),
            ],
        )
        .await;
    let read = notes.get("b").await.unwrap().unwrap();
    let expected = Loose {
        id: "b".into(),
        whole: Some(7),
        tags: Some(vec!["x".into()]),
        counts: Some(vec![0.5]),
        gone: None,
        at: None,
        map: Some([("a".to_owned(), 100)].into()),
    };
    assert_eq!(read, expected);
    let document: Document = notes.untyped().get("b").await.unwrap().unwrap();
    assert!(document.get("_backends_other").is_none() && document.get("gone").is_none());
    assert_eq!(document.get("more"), Some(&Value::Array(vec![Value::Bytes(vec![1])])));
}

#[tokio::test]
async fn c43_what_has_none_is_unreadable_with_its_place_and_the_rest_is_read() {
    let store = Store::open().await;
    let notes = notes(&store).await;
    let id = "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b";
    store.put("notes", &[("id", s(id)), ("whole", n("12345678901234567890")), ("unknown", n("0.1"))]).await;
    store.put("notes", &[("id", s("c")), ("aside", n("12345678901234567890123"))]).await;
    let error = notes.get(id).await.unwrap_err();
    assert!(error.is_unreadable() && error.path() == Some("whole"), "{error}");
    assert!(error.context().eq([("id", id)]), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("1234567890"), "{error:?}");
    assert!(notes.get("c").await.unwrap().is_some(), "nobody asks for the field");
    assert!(notes.untyped().get("c").await.unwrap_err().is_unreadable());
    // In an order that core makes as in none: the one is told by its id, the other is read.
    let mut found = notes.find(Filter::all()).sort("at", Order::Asc).stream();
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    while let Some(next) = found.next().await {
        match next {
            Ok(note) => ids.push(note.id),
            Err(error) => errors.push(error),
        }
    }
    ids.sort();
    assert_eq!(ids, ["a", "c"]);
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert!(error.path() == Some("whole") && error.context().eq([("id", id)]), "{error:?}");
}

/// What does not ask for the time.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    id: String,
    name: String,
}

fn named(id: &str) -> Named {
    Named { id: id.into(), name: "new".into() }
}

/// A number that no record of this library holds.
const BIG: &str = "12345678901234567890123";

/// A repository whose records expire at the time in `at`, and those with these ids, with what is no time there.
async fn sessions(store: &Store, ids: &[&str]) -> Repository<Named> {
    let json = r#"{"name": "sessions", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": 60}"#;
    let sessions = store.backend.define::<Document>(definition(json)).await.unwrap();
    for id in ids {
        store.put("sessions", &[("id", s(id)), ("name", s("old")), ("at", n(BIG))]).await;
    }
    sessions.typed()
}

#[tokio::test]
async fn c34_c43_a_time_that_cannot_be_read_is_none() {
    let store = Store::open().await;
    let sessions = sessions(&store, &["a", "b", "c"]).await;
    let old = Named { name: "old".into(), ..named("a") };
    assert_eq!(sessions.get("a").await.unwrap(), Some(old));
    assert_eq!(sessions.get_many(["a", "x"]).await.unwrap().iter().flatten().count(), 1);
    assert_eq!(
        (sessions.find(Filter::all()).await.unwrap().len(), sessions.count(Filter::all()).await.unwrap()),
        (3, 3)
    );
    assert!(sessions.insert(&named("a")).await.unwrap_err().is_already_exists());
    assert!(!sessions.upsert(&named("a")).await.unwrap().created);
    assert_eq!(sessions.replace(&named("b")).await.unwrap(), named("b"));
    assert_eq!(sessions.delete("c").await.unwrap().unwrap().name, "old");
    assert_eq!(sessions.get("c").await.unwrap(), None);
    store.remove().await;
}

#[tokio::test]
async fn c26_c43_a_record_that_cannot_be_read_is_in_its_own_way_only() {
    let store = Store::open().await;
    let sessions = sessions(&store, &["000"]).await;
    let many: Vec<Named> = (0..201).map(|at| named(&format!("{at:03}"))).collect();
    let error = sessions.insert_many(&many).await.unwrap_err();
    assert!(error.is_already_exists() && error.position() == Some(0), "{error}");
    assert_eq!(error.inserted().unwrap().stored(), 200);
    store.remove().await;
}

#[tokio::test]
async fn c43_a_write_that_does_not_ask_for_what_it_cannot_read_leaves_it_there() {
    let store = Store::open().await;
    let notes = notes(&store).await;
    let far = n("12345678901234567890123");
    let inside = AttributeValue::M([("far".to_owned(), far.clone())].into());
    let odd = [("id", s("odd")), ("aside", far.clone()), ("more", inside.clone()), ("gone", s("x"))];
    store.put("notes", &odd).await;
    let item = async |id: &str| store.all("notes").await.into_iter().find(|item| item["id"] == s(id));
    // By one request, by a read, and by filter.
    let new = Update::new;
    for update in [new().set("gone", "y"), new().inc("whole", 1), new().pull("tags", "z").inc("whole", 1)] {
        assert!(notes.update("odd", update).await.unwrap().is_some());
    }
    assert_eq!(notes.update_many(field("gone").eq("y"), new().inc("whole", 1)).await.unwrap(), 1);
    assert!(notes.update_one(field("whole").eq(3), new().inc("whole", 1)).await.unwrap().is_some());
    let stored = item("odd").await.unwrap();
    assert_eq!((&stored["aside"], &stored["more"], &stored["whole"]), (&far, &inside, &n("4")));
    // Who asks for it is told, and nothing is changed: the type, the filter, the update.
    let untyped = notes.untyped();
    let aside = field("aside").gt(1);
    for error in [
        untyped.update("odd", new().set("gone", "z")).await.unwrap_err(),
        untyped.update("odd", new().inc("whole", 1)).await.unwrap_err(),
        untyped.update("odd", new().inc("aside", 1)).await.unwrap_err(),
        untyped.update("odd", new().set("more.other", 1)).await.unwrap_err(),
        untyped.update_one(aside.clone(), new().set("gone", "z")).await.unwrap_err(),
    ] {
        assert!(error.is_unreadable() && !error.may_have_happened(), "{error}");
        assert_eq!(item("odd").await.unwrap(), stored, "{error}");
    }
    assert_eq!(notes.delete_one(field("gone").eq("y")).await.unwrap().map(|note| note.whole), Some(Some(4)));
    for id in ["b", "c"] {
        store.put("notes", &[("id", s(id)), ("aside", far.clone()), ("gone", s("x"))]).await;
    }
    assert_eq!(notes.delete_many(field("gone").eq("x")).await.unwrap(), 2);
    assert_eq!(item("odd").await, None);
}

#[tokio::test]
async fn c31_c43_what_cannot_be_read_keeps_its_place_and_its_guard() {
    let store = Store::open().await;
    let json = r#"{"name": "notes", "idKind": "string", "fields": {"aside": "number", "code": "number"},
        "indexes": ["code", {"fields": ["aside"], "unique": false, "ordered": true}]}"#;
    let define = || store.backend.define::<Document>(definition(json)).no_other_writers();
    define().await.unwrap();
    store.put("notes", &[("id", s("odd")), ("name", s("old")), ("aside", n(BIG)), ("code", n(BIG))]).await;
    let notes = define().await.unwrap().typed::<Named>();
    let stored = async || {
        let mut item = store.all("notes").await.remove(0);
        (item.remove("name"), item.remove("_backends_write"), item, store.all("_backends").await)
    };
    let before = stored().await;
    assert!(before.2.keys().any(|name| name.starts_with("_backends_order_")), "{:?}", before.2);
    assert!(before.3.iter().any(|item| item.contains_key("owner")));
    notes.update("odd", Update::new().set("name", "new")).await.unwrap().unwrap();
    let after = stored().await;
    assert_eq!((after.0, after.2, after.3), (Some(s("new")), before.2, before.3));
    // Beside one that is changed too, which has its new place.
    store.put("notes", &[("id", s("odd")), ("name", s("old")), ("aside", n("5")), ("code", n(BIG))]).await;
    let notes = define().await.unwrap().typed::<Named>();
    let before = stored().await;
    notes.update("odd", Update::new().set("aside", 1)).await.unwrap().unwrap();
    assert_eq!(notes.count(field("aside").le(1)).await.unwrap(), 1);
    let after = stored().await;
    assert_eq!((&after.2["code"], after.3), (&n(BIG), before.3));
}

#[tokio::test]
async fn t01_a_change_of_another_program_between_two_requests_is_not_lost() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(r#"{"name": "users", "hashKey": "email"}"#)).await.unwrap();
    let ada = users.insert(&user("ada", 1)).await.unwrap();
    // The mark stays, the content does not.
    let update = store.other.update_item().table_name(store.table("users")).key("email", s("ada"));
    let update = update.update_expression("SET #l = :l").expression_attribute_names("#l", "logins");
    update.expression_attribute_values(":l", n("9")).send().await.unwrap();
    assert_eq!(users.get("ada").await.unwrap().unwrap().logins, 9);
    assert_eq!(users.replace(&user("ada", 10)).await.unwrap(), User { logins: 10, ..ada });
}

/// What comes of an update of a note while another program changes it between the read and the write.
async fn updated_meanwhile(note: &[(&str, AttributeValue)], filter: Filter, other: &str) -> (Option<Document>, Item) {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    store.put("notes", &[&[("id", s("a"))], note].concat()).await;
    proxy.clear();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    proxy.on(move |request, _| {
        let is_held = request.operation() == "UpdateItem" && is_first.swap(false, std::sync::atomic::Ordering::Relaxed);
        if is_held { Fault::Delay(Duration::from_millis(500)) } else { Fault::Pass }
    });
    let meanwhile = async {
        while !proxy.operations().iter().any(|operation| operation == "UpdateItem") {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let update = store.other.update_item().table_name(store.table("notes")).key("id", s("a"));
        update.update_expression(other).expression_attribute_values(":v", n("7")).send().await.unwrap();
    };
    let update = Update::new().set("name", "new").inc("seen", 1);
    let (updated, ()) = tokio::join!(notes.update_one(filter, update), meanwhile);
    (updated.unwrap(), store.all("notes").await.remove(0))
}

#[tokio::test]
async fn c27_an_update_leaves_alone_what_it_does_not_name() {
    let tags = AttributeValue::Ss(vec!["x".into(), "y".into()]);
    let (updated, stored) = updated_meanwhile(&[("tags", tags.clone())], field("id").eq("a"), "SET added = :v").await;
    assert_eq!(updated.unwrap().get("name"), Some(&Value::from("new")));
    // Neither has become a list, nor is what came in between lost.
    assert_eq!((&stored["tags"], &stored["added"]), (&tags, &n("7")));
    assert_eq!((&stored["name"], &stored["seen"]), (&s("new"), &n("1")));
}

#[tokio::test]
async fn c27_what_an_update_looked_at_is_what_it_was_when_it_is_done() {
    let (updated, stored) = updated_meanwhile(&[("seen", n("1"))], field("id").eq("a"), "SET seen = :v").await;
    assert_eq!((updated.unwrap().get("seen"), &stored["seen"]), (Some(&Value::Int(8)), &n("8")));
    // The place that the filter found missing has a value when the write comes.
    let filter = field("id").eq("a") & field("done").is_missing();
    let (updated, stored) = updated_meanwhile(&[("name", s("old"))], filter, "SET done = :v").await;
    assert_eq!((updated, &stored["name"]), (None, &s("old")));
}

const INSTANTS: &str =
    r#"{"name": "notes", "idKind": "string", "fields": {"at": "timestamp", "times[]": "timestamp"}}"#;

#[tokio::test]
async fn c43_instants_in_arrays_are_found_in_whatever_form() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(INSTANTS)).await.unwrap();
    let forms = ["2026-07-01T12:00:00Z", "2026-07-01 12:00:00.000Z", "2026-07-01T14:00:00+02:00"];
    for form in forms.into_iter().chain(["2026-07-01T12:00:00.000Z", "2026-07-01T12:00:00.001Z"]) {
        store.put("notes", &[("id", s(form)), ("times", AttributeValue::L(vec![s(form)]))]).await;
    }
    let at: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let has = field("times").contains(at);
    assert_eq!((notes.find(&has).await.unwrap().len(), notes.count(&has).await.unwrap()), (4, 4));
    assert_eq!(notes.count(!has.clone()).await.unwrap(), 1);
    assert_eq!(notes.count(has | field("id").eq("2026-07-01T12:00:00.001Z")).await.unwrap(), 5);
}

#[tokio::test]
async fn c43_instants_of_as_many_characters_are_found_in_whatever_form_and_what_is_none_is_told() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(INSTANTS)).await.unwrap();
    let forms = [
        "2024-01-01T00:00:00.000Z",
        "2024-01-01 00:00:00.000Z",
        "2024-01-01t00:00:00.000z",
        "2024-01-01T00:00:00.000z",
    ];
    for form in forms {
        store.put("notes", &[("id", s(form)), ("at", s(form))]).await;
    }
    let at: Timestamp = forms[0].parse().unwrap();
    let later = Timestamp::from_millis(at.millis() + 1).unwrap();
    let place = field("at");
    for is_at in [place.eq(at), place.le(at), place.ge(at), place.lt(later), place.between(at, at), place.is_in([at])] {
        assert_eq!(notes.count(&is_at).await.unwrap(), 4, "{is_at:?}");
        assert_eq!(notes.count(!is_at).await.unwrap(), 0);
    }
    for text in
        ["6a44f3c08f1b2c3d4e5f6071", "Thu Jan  1 00:00:00 2026", "TheZ24CharactersOfBase64", "ääääääääääääääääääääääää"]
    {
        store.put("notes", &[("id", s("none")), ("at", s(text))]).await;
        for filter in [place.lt(at), place.gt(at), place.eq(at)] {
            let error = notes.find(&filter).await.unwrap_err();
            assert!(error.is_unreadable() && error.path() == Some("at"), "{text} {filter:?}: {error}");
        }
    }
}
