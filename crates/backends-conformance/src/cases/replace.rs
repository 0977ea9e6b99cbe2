//! C30: a replace needs the record to exist, and replaces all of it.

use backends_core::ErrorKind;
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, Pair, User, document, id, stored};

pub async fn c30_t03_a_replace_of_what_is_missing_is_not_found_and_creates_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = User::new("ada").with_id(&id(1));
    let error = refused(users.replace(&ada).await, ErrorKind::NotFound, "replace");
    assert!(!error.may_have_happened() && !error.is_retryable());
    assert!(users.untyped().get(&ada.id).await.unwrap().is_none());
    let pairs = context.define::<Pair<String, i64>>(context.definition("pairs").partition_key("p").sort_key("s")).await;
    pairs.insert(&Pair::new("a".to_owned(), 1, "x")).await.unwrap();
    refused(pairs.replace(&Pair::new("a".to_owned(), 2, "x")).await, ErrorKind::NotFound, "replace");
    assert!(pairs.untyped().get(("a", 2)).await.unwrap().is_none());
}

pub async fn c30_a_replace_replaces_the_whole_record(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    let after = User { nick: None, ..ada.with_logins(2) };
    assert_eq!(users.replace(&after).await.unwrap(), after);
    assert_eq!(stored(&users, &ada.id).await, document(json!({"name": ada.name, "logins": 2})));
    let untyped = document(json!({"id": ada.id, "only": {"this": 1}}));
    assert_eq!(users.untyped().replace(&untyped).await.unwrap(), untyped);
    assert_eq!(users.untyped().get(&ada.id).await.unwrap(), Some(untyped));
}

pub async fn c30_a_replace_touches_no_other_record(context: &Context) {
    let pairs = context.define::<Pair<String, i64>>(context.definition("pairs").partition_key("p").sort_key("s")).await;
    let all = [("a", 1), ("a", 2), ("b", 1)].map(|(p, s)| Pair::new(p.to_owned(), s, "before"));
    pairs.insert_many(&all).await.unwrap();
    pairs.replace(&Pair::new("a".to_owned(), 1, "after")).await.unwrap();
    let read = pairs.get_many([("a", 1), ("a", 2), ("b", 1)]).await.unwrap();
    assert!(read[0].as_ref().unwrap().text.ends_with("after"));
    assert_eq!(read[1..], [Some(all[1].clone()), Some(all[2].clone())]);
}

pub async fn c30_l22_a_replace_does_not_resurrect_a_deleted_record(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    users.delete(&ada.id).await.unwrap();
    refused(users.replace(&ada.with_logins(2)).await, ErrorKind::NotFound, "replace");
    assert!(users.untyped().get(&ada.id).await.unwrap().is_none());
}

pub async fn c30_a_refused_replace_changes_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let mut bad = ada.clone();
    bad.name.push('\0');
    refused(users.replace(&bad).await, ErrorKind::InvalidInput, "replace");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c30_l15_a_replaced_record_is_read_at_once_by_everybody(context: &Context) {
    let users = context.repository::<User>("users").await;
    let other = context.another_process().await;
    let others = other.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for round in 0..20 {
        let after = users.replace(&ada.with_logins(round)).await.unwrap();
        assert_eq!(others.get(&ada.id).await.unwrap(), Some(after));
    }
}

pub async fn c30_the_answer_of_a_replace_is_what_is_stored(context: &Context) {
    let records = context.define::<Keyed<i64>>(context.definition("keyed").partition_key("key")).await;
    records.insert(&Keyed::new(7, "before")).await.unwrap();
    let after = records.replace(&Keyed::new(7, "after")).await.unwrap();
    assert!(!after.id.is_empty());
    assert_eq!(records.get(7).await.unwrap(), Some(after));
}
