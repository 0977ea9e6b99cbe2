//! Batches in the tables: their guards, those that other programs left, and what the service refuses.

use backends_core::{Document, Repository, Update, Value};

use crate::store::{Item, Store, definition, s};
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
