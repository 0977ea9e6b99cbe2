//! Writes by filter whose time is over, or which nobody waits for any longer.

use std::time::Duration;

use backends_core::{Document, Filter, Repository, Update, Value, field};
use proxy::{Fault, Proxy};

use crate::proxied::proxied_notes;
use crate::store::Store;

const RECORDS: usize = 40;

async fn notes() -> (Proxy, Store, Repository<Document>) {
    let (proxy, store, notes) = proxied_notes("").await;
    let records: Vec<_> = (0..RECORDS).map(|n| Document::from([("id", Value::from(format!("{n:02}")))])).collect();
    notes.insert_many(&records).await.unwrap();
    proxy.clear();
    (proxy, store, notes)
}

fn updates(proxy: &Proxy) -> usize {
    proxy.operations().iter().filter(|operation| *operation == "findAndModify").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c29_a_time_limit_says_how_many_were_done() {
    let (proxy, store, notes) = notes().await;
    let seen = std::sync::atomic::AtomicUsize::new(0);
    proxy.on(move |request, _| match request.operation() {
        "findAndModify" if seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 3 => Fault::Hang,
        _ => Fault::Pass,
    });
    let mark = Update::new().set("seen", true);
    let call = notes.update_many(Filter::all(), mark).timeout(Duration::from_millis(500));
    let error = call.await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_happened(), "{error}");
    assert_eq!(error.counts().map(|counts| (counts.done, counts.failed)), Some((3, 0)), "{error}");
    proxy.pass();
    assert_eq!(notes.count(field("seen").eq(true)).await.unwrap(), 3);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_a_call_that_is_dropped_ends_with_the_records_at_hand() {
    let (proxy, store, notes) = notes().await;
    proxy.on(|request, _| match request.operation() {
        "findAndModify" => Fault::Delay(Duration::from_millis(50)),
        _ => Fault::Pass,
    });
    let call = notes.update_many(Filter::all(), Update::new().set("seen", true));
    tokio::select! {
        answer = call => panic!("{answer:?} before it was dropped"),
        () = async { while updates(&proxy) < 3 { tokio::task::yield_now().await } } => {}
    }
    let sent = updates(&proxy) as u64;
    let seen = || async { notes.count(field("seen").eq(true)).await.unwrap() };
    while seen().await < sent {
        tokio::task::yield_now().await;
    }
    // Longer than what would come next takes.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let last = seen().await;
    assert_eq!(updates(&proxy) as u64, last);
    // One more is at hand than are done.
    assert!((sent..=2 * sent + 1).contains(&last) && last < RECORDS as u64, "{sent} were sent, then {last}");
    store.remove().await;
}
