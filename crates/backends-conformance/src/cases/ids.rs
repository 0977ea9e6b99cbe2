//! C11, C12: ids that the library gives, ids that records bring, and that neither changes.

use std::collections::HashSet;

use backends_core::{Document, ErrorKind, IdKind, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Keyed, User, document, id, stored, text};

fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub async fn c11_l17_an_id_is_given_where_none_is_brought(context: &Context) {
    let users = context.repository::<User>("users").await;
    let mut ids = HashSet::new();
    for _ in 0..20 {
        ids.insert(users.insert(&User::new("ada")).await.unwrap().id);
        ids.insert(users.upsert(&User::new("ada")).await.unwrap().record.id);
    }
    let all = vec![User::new("ada"); 20];
    let inserted = users.insert_many(&all).await.unwrap();
    ids.extend((0..20).map(|position| inserted.id(position).unwrap().to_owned()));
    assert_eq!(ids.len(), 60);
    for id in &ids {
        assert!(is_object_id(id), "{id}");
        assert_eq!(&users.get(id).await.unwrap().unwrap().id, id);
    }
}

pub async fn c11_l26_an_id_that_is_brought_is_kept(context: &Context) {
    let users = context.repository::<User>("users").await;
    let one = User::new("one").with_id(&id(1));
    assert_eq!(users.insert(&one).await.unwrap(), one);
    let two = User::new("two").with_id(&id(2));
    assert_eq!(users.upsert(&two).await.unwrap().record, two);
    let three = User::new("three").with_id(&id(3));
    assert_eq!(users.insert_many([&three]).await.unwrap().id(0), Some(three.id.as_str()));
    for user in [one, two, three] {
        assert_eq!(users.get(&user.id).await.unwrap(), Some(user));
    }
}

pub async fn c11_l26_an_empty_id_counts_as_none(context: &Context) {
    let users = context.repository::<User>("users").await;
    let first = users.insert(&User::new("ada")).await.unwrap();
    let second = users.upsert(&User::new("ada")).await.unwrap();
    assert!(second.created && second.record.id != first.id && !second.record.id.is_empty());
    let third = users.untyped().insert(&document(json!({"id": "", "name": "x", "logins": 1}))).await.unwrap();
    assert!(is_object_id(text(third.get("id"))));
    let fourth = users.untyped().insert(&document(json!({"id": null, "name": "x", "logins": 1}))).await.unwrap();
    assert!(is_object_id(text(fourth.get("id"))));
    let error = refused(users.replace(&User::new("ada")).await, ErrorKind::InvalidInput, "replace");
    assert_eq!(error.path(), Some("id"), "{error}");
}

/// Every form that an `objectId` does not have.
fn other_forms() -> Vec<Value> {
    vec![
        Value::from(SECRET),
        "1".into(),
        "0123456789ABCDEF01234567".into(),
        "0123456789abcdef0123456".into(),
        "0123456789abcdef012345678".into(),
        "0123456789abcdef0123456g".into(),
        " 123456789abcdef01234567".into(),
        "０123456789abcdef0123456".into(),
        "018f0000-0000-7000-8000-000000000000".into(),
        Value::Int(crate::expect::DIGITS),
        Value::Float(0.5),
        Value::Bool(true),
        Value::Bytes(vec![1; 12]),
        Value::Array(vec!["0123456789abcdef01234567".into()]),
        Value::Map(Document::from([("$oid".trim_start_matches('$'), "0123456789abcdef01234567")])),
    ]
}

pub async fn c11_l21_an_id_of_another_form_is_refused(context: &Context) {
    let records = context.repository::<Document>("records").await;
    for form in other_forms() {
        let record = Document::from([("id", form.clone()), ("name", SECRET.into())]);
        let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert_eq!(error.path(), Some("id"), "{error}");
        refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
        refused(records.replace(&record).await, ErrorKind::InvalidInput, "replace");
        refused(records.insert_many([&record]).await, ErrorKind::InvalidInput, "insert_many");
        refused(records.get(&form).await, ErrorKind::InvalidInput, "get");
        refused(records.delete(&form).await, ErrorKind::InvalidInput, "delete");
    }
    let uuid = document(json!({"id": "018f0000-0000-7000-8000-000000000000"}));
    let error = refused(records.insert(&uuid).await, ErrorKind::InvalidInput, "insert");
    assert!(error.to_string().contains("idKind"), "the remedy is missing: {error}");
}

pub async fn c11_an_id_of_the_kind_string_is_any_key_text(context: &Context) {
    let users = context.define::<User>(context.definition("users").id_kind(IdKind::String)).await;
    for id in ["1", "a b", "é", "0123456789abcdef01234567", "0123456789ABCDEF01234567", &"x".repeat(1_024)] {
        let user = User::new("ada").with_id(id);
        assert_eq!(users.insert(&user).await.unwrap(), user);
        assert_eq!(users.get(id).await.unwrap(), Some(user));
        let read = users.untyped().get(id).await.unwrap().unwrap();
        assert_eq!(read.get("id"), Some(&Value::from(id)), "an id is always text");
    }
    let given = users.insert(&User::new("ada")).await.unwrap().id;
    let uuid: uuid::Uuid = given.parse().unwrap();
    assert_eq!((uuid.get_version_num(), uuid.to_string()), (7, given));
    let longer = User::new("ada").with_id(&"x".repeat(1_025));
    refused(users.insert(&longer).await, ErrorKind::InvalidInput, "insert");
    let read = users.get("0123456789abcdef01234567").await.unwrap().unwrap();
    assert_eq!(read.id, "0123456789abcdef01234567");
}

pub async fn c11_l17_l25_nothing_else_is_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    let read = users.untyped().get(&ada.id).await.unwrap().unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), ["id", "logins", "name"]);
    let by_key = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    by_key.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let read = by_key.untyped().get("a").await.unwrap().unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), ["id", "key", "text"]);
}

pub async fn c11_a_type_without_an_id_gets_one_all_the_same(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Plain {
        name: String,
    }
    let plain = context.repository::<Plain>("plain").await;
    let inserted = plain.insert_many([&Plain { name: "a".to_owned() }]).await.unwrap();
    let id = inserted.id(0).unwrap();
    assert_eq!(plain.get(id).await.unwrap(), Some(Plain { name: "a".to_owned() }));
    assert!(is_object_id(text(plain.untyped().get(id).await.unwrap().unwrap().get("id"))));
    refused(plain.replace(&Plain { name: "b".to_owned() }).await, ErrorKind::InvalidInput, "replace");
}

async fn keyed(context: &Context) -> backends_core::Repository<Keyed<String>> {
    context.define(context.definition("keyed").partition_key("key")).await
}

pub async fn c11_where_the_id_is_not_the_key_the_library_gives_it(context: &Context) {
    let records = keyed(context).await;
    let inserted = records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    assert!(is_object_id(&inserted.id));
    let own = Keyed { id: id(1), ..Keyed::new("b".to_owned(), "x") };
    let error = refused(records.insert(&own).await, ErrorKind::InvalidInput, "insert");
    assert_eq!(error.path(), Some("id"), "{error}");
    refused(records.insert_many([&own]).await, ErrorKind::InvalidInput, "insert_many");
    assert!(records.get("b").await.unwrap().is_none());
}

pub async fn c11_l25_replace_and_upsert_keep_the_stored_id(context: &Context) {
    let records = keyed(context).await;
    let inserted = records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let without = Keyed::new("a".to_owned(), "y");
    let with = Keyed { id: inserted.id.clone(), ..without.clone() };
    assert_eq!(records.replace(&without).await.unwrap(), with);
    assert_eq!(records.replace(&with).await.unwrap(), with);
    let upserted = records.upsert(&without).await.unwrap();
    assert_eq!((upserted.created, upserted.record), (false, with.clone()));
    assert_eq!(records.upsert(&with).await.unwrap().record, with);
    assert_eq!(records.get("a").await.unwrap(), Some(with));
}

pub async fn c11_c12_another_id_than_the_stored_is_refused(context: &Context) {
    let records = keyed(context).await;
    let inserted = records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let another = Keyed { id: id(9), ..Keyed::new("a".to_owned(), "y") };
    let error = refused(records.replace(&another).await, ErrorKind::InvalidInput, "replace");
    assert_eq!(error.path(), Some("id"), "{error}");
    refused(records.upsert(&another).await, ErrorKind::InvalidInput, "upsert");
    assert_eq!(records.get("a").await.unwrap(), Some(inserted));
}

pub async fn c11_an_upsert_that_inserts_keeps_the_id_it_brings(context: &Context) {
    let records = keyed(context).await;
    let own = Keyed { id: id(9), ..Keyed::new("a".to_owned(), "x") };
    let upserted = records.upsert(&own).await.unwrap();
    assert_eq!((upserted.created, upserted.record), (true, own.clone()));
    assert_eq!(records.get("a").await.unwrap(), Some(own));
    let upserted = records.upsert(&Keyed::new("b".to_owned(), "x")).await.unwrap();
    assert!(upserted.created && is_object_id(&upserted.record.id));
}

pub async fn c11_an_id_of_another_form_is_refused_where_it_is_not_the_key(context: &Context) {
    let records = keyed(context).await;
    for form in ["x", SECRET, "0123456789ABCDEF01234567"] {
        let own = Keyed { id: form.to_owned(), ..Keyed::new("a".to_owned(), "x") };
        refused(records.upsert(&own).await, ErrorKind::InvalidInput, "upsert");
    }
    let definition = context.definition("texts").partition_key("key").id_kind(IdKind::String);
    let records = context.define::<Keyed<String>>(definition).await;
    let longer = Keyed { id: SECRET.repeat(200), ..Keyed::new("a".to_owned(), "x") };
    refused(records.upsert(&longer).await, ErrorKind::InvalidInput, "upsert");
    assert!(records.get("a").await.unwrap().is_none());
    assert_eq!(records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap().id.len(), 36);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Custom {
    #[serde(rename = "_id", default)]
    own: String,
    #[serde(default)]
    id: String,
    text: String,
}

pub async fn c11_custom_id_moves_the_librarys_id_and_leaves_id_to_the_record(context: &Context) {
    let records = context.define::<Custom>(context.definition("custom").custom_id(true)).await;
    let record = Custom { own: String::new(), id: "any text".to_owned(), text: SECRET.to_owned() };
    let inserted = records.insert(&record).await.unwrap();
    assert!(is_object_id(&inserted.own) && inserted.id == record.id);
    assert_eq!(records.get("any text").await.unwrap().as_ref(), Some(&inserted));
    let read = stored(&records, "any text").await;
    assert_eq!(read.keys().collect::<Vec<_>>(), ["id", "text"]);
    let missing = Custom { id: String::new(), ..record.clone() };
    let error = refused(records.insert(&missing).await, ErrorKind::InvalidInput, "insert");
    assert_eq!(error.path(), Some("id"), "{error}");
    refused(records.untyped().insert(&document(json!({"text": "x"}))).await, ErrorKind::InvalidInput, "insert");
    let replaced = records.replace(&Custom { text: "new".to_owned(), ..record.clone() }).await.unwrap();
    assert_eq!(replaced.own, inserted.own);
    refused(records.insert(&record).await, ErrorKind::AlreadyExists, "insert");
}

pub async fn c11_custom_id_with_a_partition_key_leaves_id_an_ordinary_field(context: &Context) {
    let definition = context.definition("custom").custom_id(true).partition_key("text");
    let records = context.define::<Custom>(definition).await;
    let record = Custom { own: String::new(), id: "not an id".to_owned(), text: "a".to_owned() };
    let inserted = records.insert(&record).await.unwrap();
    assert_eq!((inserted.id.as_str(), is_object_id(&inserted.own)), ("not an id", true));
    let empty = Custom { id: String::new(), ..record };
    assert_eq!(records.replace(&empty).await.unwrap(), Custom { own: inserted.own, ..empty });
}

pub async fn c12_l23_a_changed_key_is_another_record_and_never_dropped(context: &Context) {
    let records = keyed(context).await;
    let inserted = records.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let moved = Keyed { key: "b".to_owned(), ..inserted.clone() };
    refused(records.replace(&moved).await, ErrorKind::NotFound, "replace");
    assert_eq!(records.get("a").await.unwrap().as_ref(), Some(&inserted));
    assert!(records.get("b").await.unwrap().is_none());
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    refused(users.replace(&ada.with_id(&id(5))).await, ErrorKind::NotFound, "replace");
    assert!(users.upsert(&ada.with_id(&id(5))).await.unwrap().created);
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}
