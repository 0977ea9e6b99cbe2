//! C26: an insert stores a new record, and never overwrites.

use backends_core::ErrorKind;

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, Pair, User, id};

pub async fn c26_t02_insert_never_overwrites(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let error = refused(users.insert(&User::new("eve").with_id(&ada.id)).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(error.index(), Some("primary"), "{error}");
    assert!(!error.may_have_happened() && !error.is_retryable() && !error.to_string().contains(&ada.id), "{error}");
    refused(users.insert(&ada).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c26_t02_insert_never_overwrites_where_the_key_is_a_field(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    let first = records.insert(&Keyed::new("a".to_owned(), "first")).await.unwrap();
    let error =
        refused(records.insert(&Keyed::new("a".to_owned(), "second")).await, ErrorKind::AlreadyExists, "insert");
    assert_eq!(error.index(), Some("primary"), "{error}");
    assert_eq!(records.get("a").await.unwrap(), Some(first));
}

pub async fn c26_only_the_whole_key_is_taken(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, i64>>(definition).await;
    let all = [("a", 1), ("a", 2), ("b", 1), ("b", 2)].map(|(p, s)| Pair::new(p.to_owned(), s, "x"));
    for record in &all {
        assert_eq!(&records.insert(record).await.unwrap(), record);
    }
    for record in &all {
        refused(records.insert(record).await, ErrorKind::AlreadyExists, "insert");
    }
}

pub async fn c26_l15_an_inserted_record_is_read_at_once_by_everybody(context: &Context) {
    let users = context.repository::<User>("users").await;
    let other = context.another_process().await;
    let others = other.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    for round in 0..20 {
        let ada = users.insert(&User::new("ada").with_logins(round)).await.unwrap();
        assert_eq!(others.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
        let eve = others.insert(&User::new("eve").with_logins(round)).await.unwrap();
        assert_eq!(users.get(&eve.id).await.unwrap().as_ref(), Some(&eve));
        refused(others.insert(&ada).await, ErrorKind::AlreadyExists, "insert");
    }
}

pub async fn c26_a_key_is_free_again_once_its_record_is_deleted(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    users.delete(&ada.id).await.unwrap();
    let eve = users.insert(&User::new("eve").with_id(&ada.id)).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(eve));
}

pub async fn c26_what_is_refused_changes_nothing(context: &Context) {
    let users = context.repository::<User>("users").await;
    let mut bad = User::new("ada").with_id(&id(1));
    bad.name.push('\0');
    refused(users.insert(&bad).await, ErrorKind::InvalidInput, "insert");
    assert!(users.get(&bad.id).await.unwrap().is_none());
    let good = users.insert(&User::new("ada").with_id(&id(1))).await.unwrap();
    refused(users.insert(&bad).await, ErrorKind::InvalidInput, "insert");
    assert_eq!(users.get(&good.id).await.unwrap(), Some(good));
}

pub async fn c26_an_insert_does_nothing_until_it_is_awaited(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = User::new("ada").with_id(&id(1));
    let action = users.insert(&ada);
    let future = users.insert(&ada).into_future();
    drop(future);
    assert!(users.get(&ada.id).await.unwrap().is_none());
    assert_eq!(action.await.unwrap(), ada);
}

pub async fn c26_the_answer_is_what_is_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    assert_eq!(User { id: ada.id.clone(), ..User::new("ada").with_nick("a") }, ada);
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
