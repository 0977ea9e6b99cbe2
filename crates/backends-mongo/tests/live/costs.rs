//! What every call sends, by the log of the proxy, against the tables of the backend's requests.

use live::costs::Cost;
use live::{Stage, Table, costs};

use crate::stage::stage;

/// Holds what calls send against the table under a heading of the page.
async fn hold(heading: &str, observe: impl AsyncFnOnce(&Stage) -> Vec<Cost>) {
    let (stage, store) = stage().await;
    let sent = observe(&stage).await;
    let page = include_str!("../../../../docs/backends/mongodb-requests.md");
    costs::assert_table(&Table::under(page, heading), &sent);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_call_sends_what_the_page_says() {
    hold("What every call sends", costs::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c28_l07_a_type_that_says_what_it_takes_needs_no_read() {
    let (stage, store) = stage().await;
    assert_eq!(live::typed::run(&stage).await, ["findAndModify"]);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_update_sends_what_the_page_says() {
    hold("What updates send", costs::updates::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c28_l07_fifty_increments_at_once_are_exact_and_one_request_each() {
    let (stage, store) = stage().await;
    let sent = live::counter::run(&stage).await;
    assert_eq!(sent.alone, ["findAndModify"]);
    assert_eq!(sent.at_once, vec!["findAndModify"; live::counter::TASKS]);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_read_by_filter_sends_what_the_page_says() {
    hold("What reads by filter send", costs::reads::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c32_l07_every_write_with_a_version_sends_what_the_page_says() {
    hold("What writes with a version send", costs::versioned::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_l07_every_call_on_unique_values_sends_what_the_page_says() {
    hold("What calls on unique values send", costs::guarded::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_l07_every_call_on_records_that_expire_sends_what_the_page_says() {
    hold("What calls on records that expire send", costs::expiring::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c33_l07_every_batch_sends_what_the_page_says() {
    hold("What batches send", costs::batches::observe).await;
}
