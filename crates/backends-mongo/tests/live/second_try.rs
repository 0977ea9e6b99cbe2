//! Errors of a second try: the driver gives the last one, and the first try may have been done.

use std::sync::atomic::{AtomicUsize, Ordering};

use backends_core::{Document, Error, ErrorKind, Update};
use backends_mongo::mongodb::bson::{self, doc};
use proxy::{Answer, Fault, Proxy, mongodb};

use crate::proxied::proxied_notes;

/// What becomes of one request of this name after the other.
fn meet(proxy: &Proxy, operation: &'static str, faults: Vec<Fault>) {
    let seen = AtomicUsize::new(0);
    proxy.on(move |request, _| {
        let is_it = request.operation() == operation;
        let fault = is_it.then(|| faults.get(seen.fetch_add(1, Ordering::SeqCst)).cloned());
        fault.flatten().unwrap_or_default()
    });
}

/// A server that steps down, and says that it did nothing.
fn nothing_done() -> Fault {
    mongodb::error(10107, "NotWritablePrimary", "not primary", &["RetryableWriteError", "NoWritesPerformed"]).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_an_error_of_a_second_try_leaves_the_first_in_doubt() {
    let (proxy, store, notes) = proxied_notes("").await;
    let steps_down = || Fault::from(mongodb::not_writable_primary());
    let lost = || Fault::LoseAnswer;
    for (case, (faults, kind, is_stored, may)) in [
        (vec![lost(), steps_down()], ErrorKind::Unavailable, true, true),
        (vec![lost(), nothing_done()], ErrorKind::Unavailable, true, true),
        (vec![lost(), mongodb::unauthorized().into()], ErrorKind::PermissionDenied, true, true),
        (vec![lost(), mongodb::max_time_expired().into()], ErrorKind::Timeout, true, true),
        (vec![lost(), mongodb::write_conflict().into()], ErrorKind::Unavailable, true, true),
        (vec![Fault::Cut, mongodb::unauthorized().into()], ErrorKind::PermissionDenied, false, true),
        (vec![nothing_done(), nothing_done()], ErrorKind::Unavailable, false, false),
        (vec![mongodb::unauthorized().into()], ErrorKind::PermissionDenied, false, false),
        (vec![mongodb::max_time_expired().into()], ErrorKind::Timeout, false, false),
        (vec![mongodb::write_conflict().into()], ErrorKind::Unavailable, false, false),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("note {case}");
        let told = format!("{case}: {faults:?}");
        let tries = faults.len();
        proxy.clear();
        meet(&proxy, "update", faults);
        let error = notes.upsert(&Document::from([("id", id.as_str())])).await.unwrap_err();
        proxy.pass();
        let sent = proxy.operations().iter().filter(|operation| *operation == "update").count();
        assert_eq!((error.kind(), error.may_have_happened(), sent), (kind, may, tries), "{told}: {error}");
        assert_eq!(notes.get(id).await.unwrap().is_some(), is_stored, "{told}");
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_the_same_holds_for_each_of_many() {
    let (proxy, store, notes) = proxied_notes("").await;
    let records = ["a", "b"].map(|id| Document::from([("id", id)]));
    for (faults, may) in
        [(vec![Fault::LoseAnswer, mongodb::unauthorized().into()], true), (vec![mongodb::unauthorized().into()], false)]
    {
        store.collection("notes").delete_many(doc! {}).await.unwrap();
        meet(&proxy, "insert", faults);
        let error = notes.insert_many(&records).await.unwrap_err();
        let failures: Vec<_> = error.inserted().unwrap().failures().collect();
        assert!(failures.len() == 2 && failures.iter().all(|(_, error)| error.may_have_happened() == may), "{error}");
        assert_eq!(store.collection("notes").count_documents(doc! {}).await.unwrap() > 0, may);
        proxy.pass();
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_a_write_whose_time_is_over_before_the_majority_has_it_is_late() {
    let (proxy, store, notes) = proxied_notes("").await;
    let concern = doc! { "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit" };
    let answer = bson::serialize_to_vec(&doc! { "ok": 1, "n": 1, "writeConcernError": concern }).unwrap();
    meet(&proxy, "insert", vec![Fault::Replace(Answer::document(answer))]);
    let error = notes.insert(&Document::from([("id", "a")])).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_happened(), "{error}");
    assert!(error.message().contains("`.timeout(…)`") && !error.message().contains("replica set"), "{error}");
    proxy.pass();
    assert!(notes.get("a").await.unwrap().is_some());
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c40_a_call_that_an_operator_ends_is_no_election() {
    let (proxy, store, notes) = proxied_notes("").await;
    let killed = || vec![mongodb::error(11601, "Interrupted", "operation was interrupted", &[]).into()];
    meet(&proxy, "find", killed());
    let read = notes.get("a").await.unwrap_err();
    meet(&proxy, "update", killed());
    let write = notes.upsert(&Document::from([("id", "a")])).await.unwrap_err();
    for (error, may) in [(&read, false), (&write, true)] {
        assert!(error.is_unavailable() && error.may_have_happened() == may, "{error}");
        assert!(error.message().contains("ended the call") && !error.message().contains("elected"), "{error}");
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_a_second_try_that_does_not_apply_leaves_the_first_in_doubt() {
    let (proxy, store, notes) = proxied_notes("").await;
    let refused = || Fault::from(mongodb::error(2, "BadValue", "the field must be an array", &[]));
    for (id, faults, kind, may) in [
        ("a", vec![Fault::LoseAnswer, refused()], Some(ErrorKind::Unavailable), true),
        ("b", vec![refused()], None, false),
    ] {
        notes.insert(&Document::from([("id", id)])).await.unwrap();
        meet(&proxy, "findAndModify", faults);
        let updated = notes.update(id, Update::new().push("tags", "x")).await;
        proxy.pass();
        let error = updated.err();
        assert_eq!(error.as_ref().map(Error::kind), kind, "{error:?}");
        assert_eq!(error.is_some_and(|error| error.may_have_happened()), may, "{id}");
        // Done once, whether it is told or not.
        let tags = store.collection("notes").find_one(doc! { "_id": id }).await.unwrap().unwrap();
        assert_eq!(tags.get_array("tags").unwrap().len(), 1, "{id}");
    }
    store.remove().await;
}
