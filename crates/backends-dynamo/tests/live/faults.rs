//! What the service does wrong, or says that a local one never says: the typed error in time, and no write twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use backends_core::{Document, ErrorKind, Filter, Repository, SchemaMode, Value};
use proxy::{Answer, Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, config, definition, endpoint, fresh_prefix, n, open_with, s};

async fn proxied() -> (Proxy, Store, Repository<Document>) {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let json = r#"{"name": "notes", "idKind": "string"}"#;
    let notes = store.backend.define::<Document>(definition(json)).await.unwrap();
    proxy.clear();
    (proxy, store, notes)
}

fn note(id: &str, n: i64) -> Document {
    Document::from([("id", Value::from(id)), ("n", Value::from(n))])
}

#[tokio::test]
async fn l07_calls_by_one_key_are_one_request_each() {
    let (proxy, _store, notes) = proxied().await;
    notes.insert(&note("a", 1)).await.unwrap();
    notes.get("a").await.unwrap().unwrap();
    notes.replace(&note("a", 2)).await.unwrap();
    assert!(notes.upsert(&note("b", 1)).await.unwrap().created);
    assert!(!notes.upsert(&note("b", 2)).await.unwrap().created);
    notes.delete("a").await.unwrap().unwrap();
    assert_eq!(proxy.operations(), ["PutItem", "GetItem", "PutItem", "PutItem", "PutItem", "DeleteItem"]);
}

#[tokio::test]
async fn d10_throttling_until_the_deadline_is_throttled() {
    let (proxy, store, notes) = proxied().await;
    for answer in [dynamodb::throughput_exceeded, dynamodb::throttling, dynamodb::request_limit_exceeded] {
        proxy.on(move |_, _| answer().into());
        let began = Instant::now();
        let error = notes.insert(&note("a", 1)).timeout(Duration::from_millis(400)).await.unwrap_err();
        assert!(error.is_throttled() && !error.may_have_happened(), "{error}");
        assert!(began.elapsed() < Duration::from_millis(450), "{:?}", began.elapsed());
        let error = notes.get("a").timeout(Duration::from_millis(200)).await.unwrap_err();
        assert!(error.is_throttled() && error.is_retryable(), "{error}");
    }
    proxy.on(|_, _| Fault::Unprocessed(0));
    let error = notes.get_many(["a", "b"]).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert!(store.all("notes").await.is_empty());
}

#[tokio::test]
async fn d10_a_batch_that_is_left_until_the_deadline_is_throttled_though_its_last_request_is_cut_off() {
    let (proxy, store, notes) = proxied().await;
    let stands_still = || {
        proxy.clear();
        proxy.on(|_, n| if n <= 2 { Fault::Unprocessed(0) } else { Fault::Hang });
    };
    stands_still();
    let error = notes.get_many(["a", "b"]).timeout(Duration::from_millis(1_500)).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(proxy.operations().len(), 3);
    // Keys that the library draws are stored in batches.
    let ids = r#"{"name": "drawn"}"#;
    proxy.on(|_, _| Fault::Pass);
    let drawn = store.backend.define::<Document>(definition(ids)).await.unwrap();
    stands_still();
    let new = [Document::from([("n", 1)]), Document::from([("n", 2)])];
    let error = drawn.insert_many(&new).timeout(Duration::from_millis(1_500)).await.unwrap_err();
    assert!(error.is_throttled() && error.may_have_happened(), "{error}");
    assert_eq!(proxy.operations().len(), 3);
}

#[tokio::test]
async fn c42_a_request_that_is_throttled_for_a_while_is_made_again() {
    let (proxy, store, notes) = proxied().await;
    proxy.on(|_, n| if n <= 5 { dynamodb::throughput_exceeded().into() } else { Fault::Pass });
    notes.insert(&note("a", 1)).await.unwrap();
    notes.upsert(&note("a", 2)).await.unwrap();
    assert!(notes.delete("a").await.unwrap().is_some());
    assert!(store.all("notes").await.is_empty());
}

#[tokio::test]
async fn d10_a_service_that_hangs_is_a_timeout_in_time() {
    let (proxy, _store, notes) = proxied().await;
    proxy.on(|_, _| Fault::Hang);
    let began = Instant::now();
    let error = notes.get("a").timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_happened(), "{error}");
    let error = notes.insert(&note("a", 1)).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_happened(), "{error}");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn c40_rights_and_credentials_that_are_refused_are_permission_denied_at_once() {
    let (proxy, _store, notes) = proxied().await;
    let answers: [fn() -> Answer; 3] =
        [|| dynamodb::access_denied("PutItem"), dynamodb::unrecognized_client, dynamodb::expired_token];
    for answer in answers {
        proxy.clear();
        proxy.on(move |_, _| answer().into());
        let error = notes.insert(&note("a", 1)).await.unwrap_err();
        assert!(error.is_permission_denied() && !error.may_have_happened(), "{error}");
        assert_eq!(proxy.operations().len(), 1, "asked again although that cannot help");
        assert!(!format!("{error} {error:?}").contains("arn:aws"), "{error:?}");
    }
    proxy.on(|_, _| dynamodb::unrecognized_client().into());
    let error = open_with(config(&proxy.url(), &fresh_prefix())).await.unwrap_err();
    assert!(error.is_permission_denied() && !format!("{error} {error:?}").contains("hunter2"), "{error}");
    proxy.on(|_, _| dynamodb::access_denied("GetItem").into());
    open_with(config(&proxy.url(), &fresh_prefix())).await.unwrap();
}

#[tokio::test]
async fn c37_verify_works_without_the_right_to_create_or_to_look() {
    let (proxy, store, notes) = proxied().await;
    notes.insert(&note("a", 1)).await.unwrap();
    proxy.on(|request, _| match request.operation() {
        operation @ ("CreateTable" | "DescribeTable" | "UpdateTable") => dynamodb::access_denied(operation).into(),
        _ => Fault::Pass,
    });
    let other = open_with(config(&proxy.url(), &store.prefix)).await.unwrap();
    let json = r#"{"name": "notes", "idKind": "string"}"#;
    let define = || other.define::<Document>(definition(json));
    assert!(define().await.unwrap_err().is_permission_denied());
    let notes = define().schema_mode(SchemaMode::Verify).await.unwrap();
    assert!(notes.get("a").await.unwrap().is_some());
}

#[tokio::test]
async fn c42_errors_of_the_service_are_tried_a_few_times() {
    let (proxy, store, notes) = proxied().await;
    for (name, answer) in
        [("b", dynamodb::internal_server_error as fn() -> Answer), ("c", dynamodb::service_unavailable)]
    {
        proxy.on(move |_, n| if n < 4 { answer().into() } else { Fault::Pass });
        notes.upsert(&note("a", 1)).await.unwrap_err();
        notes.insert(&note(name, 1)).await.unwrap();
        proxy.on(move |_, _| answer().into());
        let error = notes.get("a").await.unwrap_err();
        assert!(error.is_unavailable() && !error.may_have_happened(), "{error}");
        let error = notes.insert(&note("x", 1)).await.unwrap_err();
        assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    }
    assert_eq!(store.all("notes").await.len(), 2);
}

#[tokio::test]
async fn s02_an_insert_whose_answer_was_lost_is_stored_once_and_no_conflict() {
    let (proxy, store, notes) = proxied().await;
    proxy.on(|_, n| if n == 1 { Fault::LoseAnswer } else { Fault::Pass });
    notes.insert(&note("a", 1)).await.unwrap();
    assert_eq!(proxy.operations(), ["PutItem", "PutItem"]);
    assert_eq!(notes.insert(&note("a", 2)).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(store.all("notes").await[0]["n"], n("1"));
}

/// Makes a call of which the first answer to `lost` is lost, and no `PutItem` after that gets through before `write` is
/// done.
async fn writing_between<T>(
    proxy: &Proxy,
    lost: &'static str,
    call: impl IntoFuture<Output = T>,
    write: impl Future<Output = ()>,
) -> T {
    let (begun, seen) = tokio::sync::oneshot::channel();
    let (begun, is_over) = (std::sync::Mutex::new(Some(begun)), Arc::new(AtomicBool::new(false)));
    let over = Arc::clone(&is_over);
    proxy.on(move |request, n| match request.operation() {
        operation if operation == lost && n == 1 => Fault::LoseAnswer,
        "PutItem" if !over.load(Ordering::Relaxed) => {
            begun.lock().unwrap().take().map(|begun| begun.send(()));
            dynamodb::throttling().into()
        }
        _ => Fault::Pass,
    });
    let write = async {
        seen.await.unwrap();
        write.await;
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(call.into_future(), write).0
}

#[tokio::test]
async fn s02_c42_an_insert_whose_own_record_was_changed_before_its_second_try_is_no_conflict() {
    let (proxy, store, notes) = proxied().await;
    let clean = open_with(config(&endpoint(), &store.prefix)).await.unwrap();
    let other = clean.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    let change = async || drop(other.replace(&note("a", 2)).await.unwrap());
    let error = writing_between(&proxy, "PutItem", notes.insert(&note("a", 1)), change()).await.unwrap_err();
    assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    // One of many, and the others are stored.
    other.delete("a").await.unwrap();
    let insert = notes.insert_many(&[note("a", 1), note("b", 1)]);
    let many = writing_between(&proxy, "PutItem", insert, async {
        while store.all("notes").await.is_empty() {
            tokio::task::yield_now().await;
        }
        for mut record in other.find(Filter::all()).await.unwrap() {
            record.insert("n", 2);
            other.replace(&record).await.unwrap();
        }
    });
    let error = Box::pin(many).await.unwrap_err();
    let failures: Vec<_> = error.inserted().unwrap().failures().map(|(_, error)| error).collect();
    let [error] = failures.as_slice() else { panic!("{failures:?}") };
    assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    assert_eq!(store.all("notes").await.len(), 2);
}

#[tokio::test]
async fn s02_c42_nor_is_a_record_of_a_batch_that_was_changed_before_it_is_put_again() {
    let (proxy, store, _) = proxied().await;
    let fresh = store.backend.define::<Document>(definition(r#"{"name": "fresh"}"#)).await.unwrap();
    let change = async {
        let stored = store.all("fresh").await.remove(0);
        let update = store.other.update_item().table_name(store.table("fresh")).key("id", stored["id"].clone());
        let update =
            update.update_expression("SET n = :n REMOVE #s").expression_attribute_names("#s", "_backends_write");
        update.expression_attribute_values(":n", n("7")).send().await.unwrap();
    };
    let insert = fresh.insert_many(&[Document::from([("n", 1)]), Document::from([("n", 2)])]);
    let writing = writing_between(&proxy, "BatchWriteItem", insert, change);
    let error = Box::pin(writing).await.unwrap_err();
    let failures: Vec<_> = error.inserted().unwrap().failures().map(|(_, error)| error).collect();
    let [error] = failures.as_slice() else { panic!("{failures:?}") };
    assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    assert_eq!(store.all("fresh").await.len(), 2);
}

#[tokio::test]
async fn c42_a_replace_whose_answer_was_lost_is_known_by_its_stamp() {
    let (proxy, store, notes) = proxied().await;
    notes.insert(&note("a", 1)).await.unwrap();
    proxy.on(|request, _| if request.operation() == "PutItem" { Fault::LoseAnswer } else { Fault::Pass });
    proxy.clear();
    notes.replace(&note("a", 2)).await.unwrap();
    assert_eq!(proxy.operations(), ["PutItem", "GetItem"]);
    let error = notes.upsert(&note("a", 3)).await.unwrap_err();
    assert!(error.is_unavailable() && error.may_have_happened() && error.to_string().contains("is stored"), "{error}");
    assert_eq!(store.all("notes").await[0]["n"], n("3"));
    // Somebody else writes before the look at the stamp.
    let (other, table) = (store.other.clone(), store.table("notes"));
    let (begun, seen) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    proxy.on(move |request, _| match request.operation() {
        "PutItem" => Fault::LoseAnswer,
        _ => {
            begun.lock().unwrap().take().map(|begun| begun.send(()));
            Fault::Delay(Duration::from_millis(300))
        }
    });
    let write = tokio::spawn(async move {
        seen.await.unwrap();
        other.put_item().table_name(table).item("id", s("a")).item("n", n("7")).send().await.unwrap();
    });
    let error = notes.replace(&note("a", 4)).await.unwrap_err();
    write.await.unwrap();
    assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    assert_eq!(store.all("notes").await[0]["n"], n("7"), "the write of somebody else was lost");
}

#[tokio::test]
async fn t01_a_delete_whose_answer_was_lost_is_no_success() {
    let (proxy, store, notes) = proxied().await;
    notes.insert(&note("a", 1)).await.unwrap();
    proxy.on(|request, _| if request.operation() == "DeleteItem" { Fault::LoseAnswer } else { Fault::Pass });
    let error = notes.delete("a").await.unwrap_err();
    assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    assert!(store.all("notes").await.is_empty());
}

#[tokio::test]
async fn s02_a_batch_whose_answer_was_lost_is_stored_once() {
    let (proxy, store, _) = proxied().await;
    let fresh = store.backend.define::<Document>(definition(r#"{"name": "fresh"}"#)).await.unwrap();
    proxy.on(|request, n| match (request.operation(), n) {
        ("BatchWriteItem", 1) => Fault::LoseAnswer,
        _ => Fault::Pass,
    });
    let records: Vec<_> = (0..30).map(|number| Document::from([("n", Value::from(number))])).collect();
    let inserted = fresh.insert_many(&records).await.unwrap();
    assert_eq!((inserted.stored(), store.all("fresh").await.len()), (30, 30));
    let batches = proxy.operations().iter().filter(|operation| *operation == "BatchWriteItem").count();
    assert_eq!(batches, 2, "a batch was sent again, which writes over what is there");
}

#[tokio::test]
async fn c42_a_define_whose_answers_are_lost_goes_through() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    proxy.on(|_, n| if n == 1 { Fault::LoseAnswer } else { Fault::Pass });
    let users = store.backend.define::<Document>(definition(r#"{"name": "users"}"#)).await.unwrap();
    users.insert(&Document::new()).await.unwrap();
    assert_eq!(store.all("users").await.len(), 1);
}

#[tokio::test]
async fn c42_a_failure_after_much_throttling_is_tried_again_too() {
    let (proxy, _store, notes) = proxied().await;
    proxy.on(|_, n| match n {
        1..=5 => dynamodb::throttling().into(),
        6..=8 => dynamodb::service_unavailable().into(),
        _ => Fault::Pass,
    });
    assert!(notes.get("a").await.unwrap().is_none());
    assert_eq!(proxy.operations().len(), 9);
}

#[tokio::test]
async fn s02_an_answer_that_nobody_understands_is_a_lost_one() {
    let (proxy, store, notes) = proxied().await;
    for (body, id) in [("<html>", "a"), ("{\"Attributes\": 7}", "b"), ("", "c")] {
        proxy.on(move |_, n| if n == 1 { Fault::Replace(Answer::http(200, body)) } else { Fault::Pass });
        notes.insert(&note(id, 1)).await.unwrap();
        proxy.on(|request, _| match request.operation() {
            "PutItem" | "DeleteItem" => Fault::Replace(Answer::http(200, "<html>")),
            _ => Fault::Pass,
        });
        notes.replace(&note(id, 2)).await.unwrap();
        let error = notes.upsert(&note(id, 3)).await.unwrap_err();
        assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
        let error = notes.delete(id).await.unwrap_err();
        assert!(error.is_unavailable() && error.may_have_happened(), "{error}");
    }
    assert!(store.all("notes").await.is_empty());
}
