//! Batches in the tables: their guards, those that other programs left, and what the service refuses.

use backends_core::{Document, Repository, Update, Value, field};
use proxy::{Fault, Protocol, Proxy};

use crate::store::{Item, Store, definition, endpoint, s};
use crate::unique::{UNIQUE, guards, user, wanted};

async fn users(store: &Store) -> Repository {
    store.backend.define(definition(UNIQUE)).await.unwrap()
}

fn id(number: usize) -> String {
    format!("user {number:05}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c33_each_record_of_a_batch_has_its_guards_and_leaves_none_behind() {
    let store = Store::open().await;
    let users = users(&store).await;
    let batch = || store.backend.batch();
    let with_email = |number: usize, email: usize| {
        let mut record = user(number);
        record.insert("email", format!("{}@example.org", id(email)));
        record
    };
    batch().insert(&users, &user(0)).insert(&users, &user(1)).insert(&users, &user(2)).await.unwrap();
    assert_eq!((guards(&store).await, guards(&store).await.len()), (wanted(&store).await, 6));
    let passed = batch().update(&users, id(0), Update::new().set("email", "x")).replace(&users, &with_email(1, 0));
    passed.upsert(&users, &with_email(2, 1)).insert(&users, &with_email(3, 2)).await.unwrap();
    assert_eq!((guards(&store).await, guards(&store).await.len()), (wanted(&store).await, 8));
    let moved = batch().delete(&users, id(3)).update(&users, id(2), Update::new().unset("city").unset("email"));
    moved.insert(&users, &with_email(4, 2)).await.unwrap();
    assert_eq!((guards(&store).await, guards(&store).await.len()), (wanted(&store).await, 6));
    let refused = batch().delete(&users, id(0)).insert(&users, &with_email(5, 2)).await.unwrap_err();
    assert_eq!((refused.index(), refused.position()), (Some("email"), Some(1)), "{refused}");
    assert_eq!(guards(&store).await, wanted(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c33_a_guard_that_another_program_left_is_in_no_batchs_way() {
    let store = Store::open().await;
    let users = users(&store).await;
    users.insert_many(&[user(0), user(1)]).await.unwrap();
    let gone = store.other.delete_item().table_name(store.table("users")).key("id", s(&id(0)));
    gone.send().await.unwrap();
    let mut heir = user(2);
    heir.insert("email", format!("{}@example.org", id(0)));
    heir.insert("number", 0);
    store.backend.batch().insert(&users, &heir).update(&users, id(1), Update::new().set("city", "y")).await.unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
    // And where it is about the record whose guards they are.
    let unset = store.other.update_item().table_name(store.table("users")).key("id", s(&id(1)));
    unset.update_expression("REMOVE email").send().await.unwrap();
    store.backend.batch().replace(&users, &user(1)).delete(&users, id(2)).await.unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c33_what_is_too_large_for_the_service_and_not_as_json_is_told_as_such() {
    let store = Store::open().await;
    let notes: Repository = store.backend.define(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    // A digit in an array is 2 bytes as JSON, and 3 here.
    let digits = vec![Value::Int(1); 130_000];
    let batch = (0..14).fold(store.backend.batch(), |batch, number| {
        batch.insert(
            &notes,
            &Document::from([("id", Value::from(id(number))), ("digits", Value::Array(digits.clone()))]),
        )
    });
    let error = batch.await.unwrap_err();
    assert!(
        error.is_invalid_input() && !error.may_have_happened(),
        "{error} {:?}",
        error.context().collect::<Vec<_>>()
    );
    assert_eq!(store.all("notes").await, Vec::<Item>::new());
}

/// Puts a record past the guards, with the e-mail of the record with the number 0.
async fn put_past(store: &Store, id: &str) {
    store.put("users", &[("id", s(id)), ("email", s(&format!("{}@example.org", self::id(0))))]).await;
}

async fn holder(users: &Repository) -> Option<Value> {
    let found = users.find(field("email").eq(format!("{}@example.org", id(0)))).await.unwrap();
    found.first().and_then(|record| record.get("id").cloned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c43_a_record_that_another_program_gave_a_value_of_anothers_leaves_it_to_it() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let users = users(&store).await;
    users.insert(&user(0)).await.unwrap();
    let with_email =
        |id: &str| Document::from([("id", Value::from(id)), ("email", format!("{id}@example.org").into())]);
    let to = |email: &str| Update::new().set("email", email);
    for loses in [false, true] {
        proxy.clear();
        proxy.on(move |request, n| {
            // The answer is lost that says so.
            let is_lost = loses && request.operation() == "TransactWriteItems" && n % 3 == 1;
            if is_lost { Fault::LoseAnswer } else { Fault::Pass }
        });
        for id in ["b", "c", "d", "e"] {
            put_past(&store, id).await;
        }
        assert!(users.delete("b").await.unwrap().is_some());
        users.replace(&with_email("c")).await.unwrap();
        assert!(users.update("d", to("d")).await.unwrap().is_some());
        // And where it takes what somebody has.
        let error = users.update("e", to("d")).await.unwrap_err();
        assert_eq!((error.index(), holder(&users).await), (Some("email"), Some(id(0).into())), "{error}");
        assert!(users.update("e", Update::new().unset("email")).await.unwrap().is_some());
        assert_eq!(guards(&store).await, wanted(&store).await);
        let mut other = user(9);
        other.insert("email", format!("{}@example.org", id(0)));
        assert!(users.insert(&other).await.unwrap_err().is_already_exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_c33_c43_so_it_does_in_a_batch() {
    let store = Store::open().await;
    let users = users(&store).await;
    users.insert(&user(0)).await.unwrap();
    let batch = || store.backend.batch();
    let to = |email: &str| Update::new().set("email", email);
    for id in ["b", "c", "d"] {
        put_past(&store, id).await;
    }
    let others = batch().delete(&users, "b").update(&users, "c", to("c")).insert(&users, &user(1));
    others.await.unwrap();
    assert_eq!(holder(&users).await, Some(id(0).into()));
    // It cannot pass on what it has not got.
    let mut heir = user(2);
    heir.insert("email", format!("{}@example.org", id(0)));
    let error = batch().delete(&users, "d").insert(&users, &heir).await.unwrap_err();
    assert_eq!((error.index(), error.position()), (Some("email"), Some(1)), "{error}");
    // Both of them go, in either order; then the value is free, or another's.
    batch().delete(&users, "d").delete(&users, id(0)).await.unwrap();
    assert_eq!(guards(&store).await, wanted(&store).await);
    for is_first in [true, false] {
        users.insert(&user(0)).await.unwrap();
        put_past(&store, "e").await;
        let [first, second] = if is_first { [id(0), "e".into()] } else { ["e".into(), id(0)] };
        batch().delete(&users, &first).delete(&users, &second).insert(&users, &heir).await.unwrap();
        assert_eq!(guards(&store).await, wanted(&store).await);
        users.delete(id(2)).await.unwrap();
    }
}
