//! C40: one error with a kind, a place and a line to act on, and no value in it.

use std::error::Error as _;

use backends_core::{Definition, Document, Error, ErrorKind, Key, Result, Update, Value, field};
use serde_json::json;

use crate::Context;
use crate::expect::{DIGITS, SECRET, debug_tells_nothing, has_source, looks_right, refused};
use crate::records::{User, document, id};
use crate::wrapped::{Act, Faults, NativeError};

async fn users(context: &Context, faults: &Faults) -> backends_core::Repository<User> {
    let backend = context.wrapped(faults).await;
    backend.define(context.definition("users").build().unwrap()).await.unwrap()
}

pub async fn c40_an_error_says_where_it_arose(context: &Context) {
    let users = context.repository::<User>("users").await;
    let bad = User { name: "\0".to_owned(), ..User::new("ada").with_id(&id(1)) };
    let missing = User::new("eve").with_id(&id(2));
    let errors: [(Result<()>, &str); 7] = [
        (users.insert(&bad).await.map(drop), "insert"),
        (users.insert_many([&bad]).await.map(drop), "insert_many"),
        (users.upsert(&bad).await.map(drop), "upsert"),
        (users.replace(&missing).await.map(drop), "replace"),
        (users.get(DIGITS).await.map(drop), "get"),
        (users.get_many([DIGITS]).await.map(drop), "get_many"),
        (users.delete(DIGITS).await.map(drop), "delete"),
    ];
    for (result, operation) in errors {
        let error = result.unwrap_err();
        looks_right(&error);
        assert_eq!(error.operation(), Some(operation));
        assert_eq!(error.repository(), Some(users.name()));
        assert_eq!(error.backend(), Some(users.backend().name()));
        for part in [operation, users.name(), users.backend().name()] {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}

pub async fn c40_l50_d10_the_kind_of_a_drivers_error_is_kept_with_its_cause(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for kind in ErrorKind::ALL.iter().copied() {
        for operation in ["insert", "insert_many", "get", "replace", "delete"] {
            faults.always(operation, Act::Fail(kind));
        }
        let errors: [(Result<()>, &str); 7] = [
            (users.insert(&User::new("eve")).await.map(drop), "insert"),
            (users.insert_many([&User::new("eve")]).await.map(drop), "insert_many"),
            (users.upsert(&ada).await.map(drop), "upsert"),
            (users.replace(&ada).await.map(drop), "replace"),
            (users.get(&ada.id).await.map(drop), "get"),
            (users.get_many([&ada.id]).await.map(drop), "get_many"),
            (users.delete(&ada.id).await.map(drop), "delete"),
        ];
        for (result, operation) in errors {
            let error = refused(result, kind, operation);
            assert!(error.native::<NativeError>().is_some(), "the native error is lost: {error}");
            assert!(error.source().is_none(), "a native error may hold values");
            assert!(!error.may_have_happened());
            let may_be_tried = [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::Timeout].contains(&kind);
            assert_eq!(error.is_retryable(), may_be_tried, "{error}");
        }
    }
}

pub async fn c40_errors_of_define_and_ping_have_their_place(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    faults.always("define", Act::Fail(ErrorKind::PermissionDenied));
    faults.always("ping", Act::Fail(ErrorKind::Unavailable));
    let definition = context.definition("users").build().unwrap();
    let error = refused(backend.define::<User>(definition.clone()).await, ErrorKind::PermissionDenied, "define");
    assert_eq!(error.repository(), Some(definition.name()));
    let error = refused(backend.ping().await, ErrorKind::Unavailable, "ping");
    assert_eq!(error.repository(), None);
    faults.always("define", Act::Pass);
    backend.define::<User>(definition).await.unwrap();
}

pub async fn c42_t01_a_write_whose_answer_was_lost_is_not_reported_as_done(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for operation in ["insert", "insert_many", "replace", "delete"] {
        faults.always(operation, Act::LoseAnswer);
    }
    let errors: [(Result<()>, &str); 5] = [
        (users.insert(&User::new("eve")).await.map(drop), "insert"),
        (users.insert_many([&User::new("eve")]).await.map(drop), "insert_many"),
        (users.replace(&ada.with_logins(1)).await.map(drop), "replace"),
        (users.upsert(&ada.with_logins(2)).await.map(drop), "upsert"),
        (users.delete(&ada.id).await.map(drop), "delete"),
    ];
    for (result, operation) in errors {
        let error = refused(result, ErrorKind::Unavailable, operation);
        assert!(error.may_have_happened() && !error.is_retryable(), "{error}");
        assert!(error.to_string().contains("may have happened"), "{error}");
    }
}

pub async fn c42_s02_a_stored_insert_is_not_reported_as_a_conflict_nor_tried_again(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    faults.once("insert", Act::LoseAnswer);
    faults.take_seen();
    let eve = User::new("eve").with_id(&id(1));
    let error = refused(users.insert(&eve).await, ErrorKind::Unavailable, "insert");
    assert!(error.may_have_happened());
    let mut operations = faults.take_operations();
    operations.retain(|operation| *operation != "get");
    // The second where the driver leaves its inserts to core.
    assert!(["insert", "swap"].starts_with(&operations), "what cannot be known is not tried again: {operations:?}");
    assert_eq!(users.get(&eve.id).await.unwrap(), Some(eve));
}

pub async fn c42_s02_an_insert_by_swap_does_not_hide_a_lost_answer(context: &Context) {
    let faults = Faults::default();
    let users = users(context, &faults).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    for operation in ["insert", "insert_many", "replace", "delete"] {
        faults.always(operation, Act::BySwap);
    }
    faults.always("swap", Act::LoseAnswer);
    let errors: [(Result<()>, &str); 3] = [
        (users.insert(&User::new("eve")).await.map(drop), "insert"),
        (users.replace(&ada.with_logins(1)).await.map(drop), "replace"),
        (users.delete(&ada.id).await.map(drop), "delete"),
    ];
    for (result, operation) in errors {
        let error = refused(result, ErrorKind::Unavailable, operation);
        assert!(error.may_have_happened(), "{error}");
    }
    let error = refused(users.insert_many([&User::new("eve")]).await, ErrorKind::Unavailable, "insert_many");
    assert!(error.may_have_happened(), "{error}");
    let (_, error) = error.inserted().unwrap().failures().next().unwrap();
    assert!(error.may_have_happened(), "{error}");
}

pub async fn c40_no_debug_text_holds_a_value(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = User::new("ada");
    let untyped = document(json!({"text": SECRET, "list": [DIGITS, {"in": SECRET}], "bytes": {"$binary": "czNjcmV0"}}));
    debug_tells_nothing(&untyped);
    for (_, value) in untyped.iter() {
        debug_tells_nothing(value);
    }
    debug_tells_nothing(&Key::new(SECRET.into(), Some(Value::Int(DIGITS))));
    debug_tells_nothing(&users);
    debug_tells_nothing(users.backend());
    debug_tells_nothing(&users.insert(&ada));
    debug_tells_nothing(&users.upsert(&ada));
    debug_tells_nothing(&users.replace(&ada));
    debug_tells_nothing(&users.insert_many([&ada]));
    debug_tells_nothing(&users.get(SECRET));
    debug_tells_nothing(&users.get_many([SECRET]));
    debug_tells_nothing(&users.delete(SECRET));
    let update = Update::new().set("name", SECRET).inc("logins", DIGITS).push("tags", SECRET).pull("tags", DIGITS);
    debug_tells_nothing(&update);
    update.changes().iter().for_each(debug_tells_nothing);
    debug_tells_nothing(&users.update(SECRET, update.clone()));
    debug_tells_nothing(&users.update_many(field("name").eq(SECRET), update.clone()));
    let texts = context.define::<User>(context.definition("texts").partition_key("name")).await;
    debug_tells_nothing(&texts.get(SECRET));
    debug_tells_nothing(&texts.insert_many([&ada, &ada]).await.unwrap_err());
    debug_tells_nothing(&texts.insert_many([&User::new("eve")]).await.unwrap());
}

pub async fn c40_the_words_of_a_type_are_a_source_and_no_message(context: &Context) {
    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
    #[serde(try_from = "String", into = "String")]
    struct Even(String);
    impl TryFrom<String> for Even {
        type Error = String;
        fn try_from(text: String) -> Result<Self, String> {
            if text.len().is_multiple_of(2) { Ok(Self(text)) } else { Err(format!("{text} is odd")) }
        }
    }
    impl From<Even> for String {
        fn from(even: Even) -> Self {
            even.0
        }
    }
    let records = context.repository::<Document>("records").await;
    records.insert(&document(json!({"id": id(1), "value": format!("{SECRET}x")}))).await.unwrap();
    let even = records.typed::<crate::records::Holds<Even>>();
    let error = refused(even.get(id(1)).await, ErrorKind::Unreadable, "get");
    has_source(&error);
    assert_eq!(error.path(), Some("value"), "{error}");
}

pub async fn c40_an_error_goes_into_a_boxed_one(context: &Context) {
    async fn run(users: backends_core::Repository<User>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        users.get(DIGITS).await?;
        Ok(())
    }
    let users = context.repository::<User>("users").await;
    let boxed = tokio::spawn(run(users)).await.unwrap().unwrap_err();
    assert!(boxed.downcast_ref::<Error>().unwrap().is_invalid_input());
}

pub async fn c40_c41_every_kind_of_refusal_is_told_by_its_kind(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    assert!(users.insert(&ada).await.unwrap_err().is_already_exists());
    assert!(users.replace(&User::new("eve").with_id(&id(1))).await.unwrap_err().is_not_found());
    assert!(users.get(true).await.unwrap_err().is_invalid_input());
    assert!(users.typed::<crate::records::Holds<i64>>().get(&ada.id).await.unwrap_err().is_unreadable());
    let other = Definition::builder(users.name()).partition_key("name").build().unwrap();
    assert!(users.backend().define::<User>(other).await.unwrap_err().is_definition_conflict());
}
