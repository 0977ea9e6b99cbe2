//! Deleting by key.

use backends_core::{Document, ErrorKind};
use serde_json::json;

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Holds, Pair, User, document, id};

pub async fn c27_a_delete_gives_the_record_that_it_deleted(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    assert_eq!(users.delete(&ada.id).await.unwrap().as_ref(), Some(&ada));
    assert!(users.get(&ada.id).await.unwrap().is_none());
    assert!(users.delete(&ada.id).await.unwrap().is_none());
}

pub async fn c27_a_delete_of_what_is_missing_is_none(context: &Context) {
    let users = context.repository::<User>("users").await;
    assert!(users.delete(id(1)).await.unwrap().is_none());
    users.insert(&User::new("ada").with_id(&id(2))).await.unwrap();
    assert!(users.delete(id(1)).await.unwrap().is_none());
    assert!(users.get(id(2)).await.unwrap().is_some());
}

pub async fn l18_a_delete_takes_no_other_record(context: &Context) {
    let pairs = context.define::<Pair<String, i64>>(context.definition("pairs").partition_key("p").sort_key("s")).await;
    let all = [("a", 1), ("a", 2), ("b", 1)].map(|(p, s)| Pair::new(p.to_owned(), s, "x"));
    pairs.insert_many(&all).await.unwrap();
    assert_eq!(pairs.delete(("a", 2)).await.unwrap().as_ref(), Some(&all[1]));
    let read = pairs.get_many([("a", 1), ("a", 2), ("b", 1)]).await.unwrap();
    assert_eq!(read, [Some(all[0].clone()), None, Some(all[2].clone())]);
}

pub async fn c22_a_record_that_the_type_cannot_read_is_deleted_all_the_same(context: &Context) {
    let records = context.repository::<Document>("records").await;
    records.insert(&document(json!({"id": id(1), "value": SECRET}))).await.unwrap();
    let error = refused(records.typed::<Holds<i64>>().delete(id(1)).await, ErrorKind::Unreadable, "delete");
    assert!(error.may_have_happened() && !error.is_retryable(), "{error}");
    assert!(records.get(id(1)).await.unwrap().is_none());
}

pub async fn c27_a_delete_does_nothing_until_it_is_awaited(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    drop(users.delete(&ada.id).into_future());
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn l15_a_deleted_record_is_gone_at_once_for_everybody(context: &Context) {
    let users = context.repository::<User>("users").await;
    let other = context.another_process().await;
    let others = other.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    for _ in 0..20 {
        let ada = users.insert(&User::new("ada")).await.unwrap();
        assert_eq!(others.delete(&ada.id).await.unwrap().as_ref(), Some(&ada));
        assert!(users.get(&ada.id).await.unwrap().is_none());
    }
}
