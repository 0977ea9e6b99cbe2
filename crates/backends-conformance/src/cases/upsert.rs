//! C30: an upsert inserts or replaces, and says which.

use backends_core::ErrorKind;
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, Pair, User, document, id, stored};

pub async fn c30_an_upsert_says_whether_it_inserted(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = User::new("ada").with_id(&id(1));
    let first = users.upsert(&ada).await.unwrap();
    assert_eq!((first.created, first.record), (true, ada.clone()));
    let second = users.upsert(&ada.with_logins(2)).await.unwrap();
    assert_eq!((second.created, second.record), (false, ada.with_logins(2)));
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada.with_logins(2)));
}

pub async fn c30_an_upsert_replaces_the_whole_record(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    users.upsert(&User { nick: None, ..ada.with_logins(2) }).await.unwrap();
    assert_eq!(stored(&users, &ada.id).await, document(json!({"name": ada.name, "logins": 2})));
}

pub async fn c30_an_upsert_goes_by_the_whole_key(context: &Context) {
    let pairs = context.define::<Pair<i64, i64>>(context.definition("pairs").partition_key("p").sort_key("s")).await;
    for (p, s, created) in [(1, 1, true), (1, 2, true), (2, 1, true), (1, 1, false), (2, 1, false)] {
        let upserted = pairs.upsert(&Pair::new(p, s, "x")).await.unwrap();
        assert_eq!(upserted.created, created, "{p} {s}");
    }
}

pub async fn c30_an_upsert_after_a_delete_inserts(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    let first = records.upsert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    records.delete("a").await.unwrap();
    let second = records.upsert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    assert!(first.created && second.created);
    assert_ne!(first.record.id, second.record.id);
}

pub async fn c30_a_refused_upsert_changes_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.upsert(&User::new("ada").with_id(&id(1))).await.unwrap().record;
    let mut bad = ada.clone();
    bad.name.push('\0');
    refused(users.upsert(&bad).await, ErrorKind::InvalidInput, "upsert");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
    bad.id = id(2);
    refused(users.upsert(&bad).await, ErrorKind::InvalidInput, "upsert");
    assert!(users.get(id(2)).await.unwrap().is_none());
}

pub async fn c30_the_answer_of_an_upsert_is_what_is_stored(context: &Context) {
    let records = context.define::<Keyed<i64>>(context.definition("keyed").partition_key("key")).await;
    for text in ["first", "second"] {
        let upserted = records.upsert(&Keyed::new(7, text)).await.unwrap();
        assert_eq!(records.get(7).await.unwrap(), Some(upserted.record));
    }
}
