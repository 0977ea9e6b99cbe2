//! Many records at once: positions, limits, and one request where one will do.

use backends_core::{Document, Error, Update, Value, field};
use backends_mongo::mongodb::bson::doc;

use crate::records::{User, user};
use crate::store::{Store, definition};

const TEXT_IDS: &str = r#"{"name": "users", "idKind": "string"}"#;

fn failures(error: &Error) -> Vec<(usize, bool)> {
    error.inserted().unwrap().failures().map(|(position, error)| (position, error.is_already_exists())).collect()
}

#[tokio::test]
async fn p04_the_first_of_several_with_one_key_wins_and_positions_are_right() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(TEXT_IDS)).await.unwrap();
    users.insert(&user("taken", 0)).await.unwrap();
    let ids = ["z", "taken", "a", "z", "b", "a", "z"];
    let records: Vec<User> = ids.iter().zip(0..).map(|(id, logins)| user(id, logins)).collect();
    let error = users.insert_many(&records).await.unwrap_err();
    assert!(error.is_already_exists() && error.position() == Some(1) && error.index() == Some("primary"), "{error}");
    assert_eq!(failures(&error), [(1, true), (3, true), (5, true), (6, true)]);
    let stored = users.get_many(["z", "a", "b", "taken"]).await.unwrap();
    let logins: Vec<u32> = stored.into_iter().map(|user| user.unwrap().logins).collect();
    assert_eq!(logins, [0, 2, 4, 0]);
    store.remove().await;
}

#[tokio::test]
async fn c10_a_record_over_the_limit_stops_no_other() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let note =
        |id: &str, length: usize| Document::from([("id", Value::from(id)), ("text", Value::from("x".repeat(length)))]);
    let records = [
        note("a", 1),
        note("b", 17_000_000),
        note("b", 2),
        note("c", 16_000_000),
        note("d", 16_000_000),
        note("e", 16_000_000),
    ];
    let error = notes.insert_many(&records).await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.position() == Some(1) && error.to_string().contains("16777216"),
        "{error}"
    );
    assert_eq!(failures(&error), [(1, false)]);
    assert_eq!(store.collection("notes").count_documents(doc! {}).await.unwrap(), 5);
    let many = notes.get_many(["a", "b", "c", "d", "e", "f"]).await.unwrap();
    assert_eq!(many.iter().filter(|note| note.is_some()).count(), 5);
    for error in [
        notes.insert(&note("g", 17_000_000)).await.map(|_| ()).unwrap_err(),
        notes.replace(&note("a", 17_000_000)).await.map(|_| ()).unwrap_err(),
        notes.upsert(&note("g", 17_000_000)).await.map(|_| ()).unwrap_err(),
    ] {
        assert!(error.is_invalid_input() && !error.may_have_happened(), "{error}");
    }
    let two = store.backend.define::<Document>(definition(r#"{"name": "two", "hashKey": "key"}"#)).await.unwrap();
    let most =
        Document::from([("key", Value::from("k".repeat(1_024))), ("text", Value::from("x".repeat(16_776_000 - 850)))]);
    assert!(two.upsert(&most).await.unwrap().created);
    assert!(!two.upsert(&most).await.unwrap().created);
    store.remove().await;
}

#[tokio::test]
async fn d01_thousands_of_keys_come_back_in_their_places() {
    let store = Store::open().await;
    let users = store.backend.define::<User>(definition(TEXT_IDS)).await.unwrap();
    let records: Vec<User> = (0..9_000).map(|n| user(&format!("u{n:05}"), n)).collect();
    assert_eq!(users.insert_many(&records).await.unwrap().stored(), 9_000);
    let keys: Vec<String> = (0..9_500).rev().map(|n| format!("u{n:05}")).collect();
    let found = users.get_many(&keys).await.unwrap();
    for (key, found) in keys.iter().zip(&found) {
        assert_eq!(found.as_ref().map(|user| &user.id), (key.as_str() < "u09000").then_some(key));
    }
    let json = r#"{"name": "pairs", "hashKey": "a", "rangeKey": "b", "rangeKeyType": "integer"}"#;
    let pairs = store.backend.define::<Document>(definition(json)).await.unwrap();
    let pair = |n: i64| Document::from([("a", Value::from(format!("p{}", n % 700))), ("b", Value::from(n))]);
    let records: Vec<Document> = (0..2_100).map(pair).collect();
    pairs.insert_many(&records).await.unwrap();
    let keys: Vec<(String, i64)> = (0..2_200).rev().map(|n| (format!("p{}", n % 700), n)).collect();
    let found = pairs.get_many(&keys).await.unwrap();
    for ((_, n), found) in keys.iter().zip(&found) {
        assert_eq!(found.as_ref().map(|found| found.get("b") == Some(&Value::from(*n))), (*n < 2_100).then_some(true));
    }
    assert!(pairs.insert(&pair(5)).await.unwrap_err().index() == Some("primary"));
    assert!(pairs.get_many([("p1", 1_i64), ("p1", 2)]).await.unwrap()[1].is_none());
    store.remove().await;
}

#[tokio::test]
async fn c27_an_update_of_a_large_record_needs_no_room_for_what_it_overwrites() {
    let store = Store::open().await;
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let text = |letter: &str, megabytes: usize| letter.repeat(megabytes * 1_000_000);
    let mut note =
        Document::from([("id", Value::from("a")), ("text", text("x", 8).into()), ("rest", text("r", 1).into())]);
    note.insert("map", Document::from([("n", 1)]));
    notes.insert(&note).await.unwrap();
    let set = || Update::new().set("text", text("y", 8)).inc("count", 1);
    let updated = notes.update("a", set()).await.unwrap().unwrap();
    assert!(updated.get("text") == Some(&text("y", 8).into()) && updated.get("count") == Some(&Value::from(1)));
    assert!(notes.get("a").await.unwrap() == Some(updated));
    assert!(notes.update_one(field("rest").is_set(), set()).await.unwrap().is_some());
    // What the filter looks at has to be what was read.
    let looked_at = notes.update_one(field("text").starts_with("y"), set()).await.unwrap_err();
    let grown = notes.update("a", Update::new().set("map", text("m", 10))).await.unwrap_err();
    for (error, is_too_large) in [(looked_at, false), (grown, true)] {
        assert_eq!((error.is_unsupported(), error.is_invalid_input()), (!is_too_large, is_too_large), "{error}");
        assert!(!error.may_have_happened(), "{error}");
    }
    assert!(notes.update("a", Update::new().unset("text").set("map", text("m", 9))).await.unwrap().is_some());
    store.remove().await;
}
