//! Reading by key: one record, and many.

use backends_core::{Document, ErrorKind, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{DIGITS, SECRET, refused};
use crate::records::{Holds, User, document, id, text};
use crate::wrapped::Faults;

pub async fn c23_get_answers_what_is_there_and_none_else(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
    assert!(users.get(&ada.id).eventual().await.unwrap().is_none_or(|read| read == ada));
    assert!(users.get(id(1)).await.unwrap().is_none());
}

pub async fn c23_get_many_answers_in_the_order_of_the_keys(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all: Vec<_> = (1..=3).map(|at| User::new(&at.to_string()).with_id(&id(at))).collect();
    users.insert_many(&all).await.unwrap();
    let read = users.get_many([3, 9, 1, 3, 2, 9, 1].map(id)).await.unwrap();
    let expected: Vec<_> = [Some(2), None, Some(0), Some(2), Some(1), None, Some(0)]
        .into_iter()
        .map(|at| at.map(|at: usize| all[at].clone()))
        .collect();
    assert_eq!(read, expected);
}

pub async fn c23_get_many_of_none_is_none(context: &Context) {
    let users = context.repository::<User>("users").await;
    assert!(users.get_many(Vec::<String>::new()).await.unwrap().is_empty());
    assert_eq!(users.get_many([id(1), id(2)]).await.unwrap(), [None, None]);
}

pub async fn c23_t04_a_thousand_keys_are_read_at_once(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all: Vec<_> = (0..1_000).map(|at| User::new(&at.to_string()).with_id(&id(at))).collect();
    users.insert_many(all.iter().filter(|user| !user.id.ends_with('3'))).await.unwrap();
    let keys: Vec<_> = (0..1_000).rev().map(id).collect();
    for (key, read) in keys.iter().zip(users.get_many(&keys).await.unwrap()) {
        let expected = all.iter().find(|user| &user.id == key).filter(|user| !user.id.ends_with('3'));
        assert_eq!(read.as_ref(), expected);
    }
}

pub async fn c23_the_position_of_a_wrong_key_is_told(context: &Context) {
    let users = context.repository::<User>("users").await;
    let keys = [Value::from(id(1)), Value::from(id(2)), Value::Int(DIGITS)];
    let error = refused(users.get_many(keys).await, ErrorKind::InvalidInput, "get_many");
    assert_eq!(error.position(), Some(2), "{error}");
}

pub async fn d01_a_read_of_more_than_a_server_gives_at_once_is_complete(context: &Context) {
    let records = context.repository::<Document>("large").await;
    let large = |at: usize| Document::from([("id", Value::from(id(at))), ("text", "x".repeat(250_000).into())]);
    for chunk in (0..80).collect::<Vec<_>>().chunks(20) {
        let all: Vec<_> = chunk.iter().map(|at| large(*at)).collect();
        records.insert_many(&all).await.unwrap();
    }
    let read = records.get_many((0..80).map(id)).await.unwrap();
    assert_eq!(read.iter().filter(|read| read.is_none()).count(), 0, "records are reported as missing");
    assert!(read.iter().enumerate().all(|(at, read)| text(read.as_ref().unwrap().get("id")) == id(at)));
}

pub async fn l07_l08_a_get_asks_the_driver_once_and_scans_nothing(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let all: Vec<_> = (0..9).map(|at| User::new("x").with_id(&id(at))).collect();
    users.insert_many(&all).await.unwrap();
    faults.take_seen();
    users.get(id(1)).await.unwrap().unwrap();
    let seen = faults.take_seen();
    assert_eq!(seen.iter().map(|seen| (seen.operation, seen.size)).collect::<Vec<_>>(), [("get", 1)]);
    users.get_many([1, 2, 1, 3, 2, 99].map(id)).await.unwrap();
    let seen = faults.take_seen();
    assert_eq!(seen.iter().map(|seen| (seen.operation, seen.size)).collect::<Vec<_>>(), [("get", 4)]);
}

pub async fn c10_l08_what_no_record_can_have_asks_nobody(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let definition = context.definition("texts").partition_key("name").build().unwrap();
    let users = backend.define::<User>(definition).await.unwrap();
    faults.take_seen();
    let longer = "x".repeat(1_025);
    assert!(users.get("").await.unwrap().is_none() && users.get(&longer).await.unwrap().is_none());
    assert!(users.delete("").await.unwrap().is_none() && users.delete(&longer).await.unwrap().is_none());
    assert_eq!(users.get_many(["", &longer]).await.unwrap(), [None, None]);
    assert_eq!(faults.take_operations(), [""; 0]);
}

#[derive(Serialize, Deserialize)]
struct Deep {
    #[serde(rename = "in")]
    inner: Vec<Inner>,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    x: i64,
}

pub async fn c22_a_record_that_the_type_cannot_read_is_unreadable(context: &Context) {
    let records = context.repository::<Document>("records").await;
    let nested = document(json!({"id": id(1), "value": {"in": [{"x": 1}, {"x": SECRET}]}}));
    records.insert(&nested).await.unwrap();
    records.insert(&document(json!({"id": id(2), "value": SECRET}))).await.unwrap();
    records.insert(&document(json!({"id": id(3)}))).await.unwrap();
    records.insert(&document(json!({"id": id(4), "value": DIGITS}))).await.unwrap();
    let integers = records.typed::<Holds<i64>>();
    for (at, path) in [(1, Some("value")), (2, Some("value")), (3, Some("value"))] {
        let error = refused(integers.get(id(at)).await, ErrorKind::Unreadable, "get");
        assert_eq!(error.path(), path, "{error}");
        assert!(!error.is_retryable() && !error.may_have_happened());
    }
    assert_eq!(integers.get(id(4)).await.unwrap().unwrap().value, DIGITS);
    let error = refused(integers.get_many([4, 2].map(id)).await, ErrorKind::Unreadable, "get_many");
    assert_eq!((error.position(), error.path()), (Some(1), Some("value")), "{error}");
    let error = refused(records.typed::<Holds<Deep>>().get(id(1)).await, ErrorKind::Unreadable, "get");
    assert_eq!(error.path(), Some("value.in[1].x"), "{error}");
    assert!(error.to_string().contains(&id(1)), "the id that the library knows is missing: {error}");
}

pub async fn c23_a_smaller_type_reads_its_fields(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Contact {
        name: String,
    }
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("a")).await.unwrap();
    let contacts = users.typed::<Contact>();
    assert_eq!(contacts.get(&ada.id).await.unwrap(), Some(Contact { name: ada.name.clone() }));
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn l16_a_field_is_read_back_under_the_name_it_was_written_under(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        #[serde(default)]
        id: String,
        created_by: String,
        #[serde(rename = "Wholly Different")]
        other: i64,
        r#type: bool,
    }
    let records = context.repository::<Named>("named").await;
    let named = Named { id: String::new(), created_by: "x".to_owned(), other: 1, r#type: true };
    let inserted = records.insert(&named).await.unwrap();
    let read = records.untyped().get(&inserted.id).await.unwrap().unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), ["Wholly Different", "createdBy", "id", "type"]);
    assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
}
