//! Connections that are all taken.

use std::time::{Duration, Instant};

use backends_core::{Document, Value};
use proxy::Fault;

use crate::proxied::proxied_notes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_a_call_that_waits_for_a_connection_ends_with_its_time() {
    let (proxy, store, notes) = proxied_notes("&maxPoolSize=1").await;
    let note = Document::from([("id", Value::from("a"))]);
    notes.insert(&note).await.unwrap();
    proxy.clear();
    proxy.on(|request, _| if request.operation() == "find" { Fault::Hang } else { Fault::Pass });
    let hanging = tokio::spawn(notes.get("a").timeout(Duration::from_secs(20)).into_future());
    while !proxy.operations().iter().any(|operation| operation == "find") {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    let read = notes.get("a").timeout(Duration::from_millis(300)).await.unwrap_err();
    let write = notes.upsert(&note).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(read.is_timeout() && write.is_timeout(), "{read}; {write}");
    assert!(!read.may_have_happened() && !write.may_have_happened(), "{write}");
    assert!(write.message().contains("`maxPoolSize`"), "{write}");
    // None of the two was sent.
    let sent = proxy.log().iter().filter(|request| !request.is_drivers_own()).count();
    assert_eq!(sent, 1, "{:?}", proxy.operations());
    hanging.abort();
    // Nor is the write when a connection is free again.
    proxy.pass();
    assert!(notes.get("a").timeout(Duration::from_secs(20)).await.unwrap().is_some());
    assert!(!proxy.operations().iter().any(|operation| operation == "update"), "{:?}", proxy.operations());
    notes.backend().close().await.unwrap();
    store.remove().await;
}
