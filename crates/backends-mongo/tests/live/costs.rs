//! What every call sends, by the log of the proxy, against the table in the backend's page.

use live::{Table, costs};

use crate::stage::stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_call_sends_what_the_page_says() {
    let (stage, store) = stage().await;
    let page = include_str!("../../../../docs/backends/mongodb.md");
    let sent = costs::observe(&stage).await;
    costs::assert_table(&Table::under(page, "What every call sends"), &sent);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_read_by_filter_sends_what_the_page_says() {
    let (stage, store) = stage().await;
    let page = include_str!("../../../../docs/backends/mongodb.md");
    let sent = costs::reads::observe(&stage).await;
    costs::assert_table(&Table::under(page, "What reads by filter send"), &sent);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c32_l07_every_write_with_a_version_sends_what_the_page_says() {
    let (stage, store) = stage().await;
    let page = include_str!("../../../../docs/backends/mongodb.md");
    let sent = costs::versioned::observe(&stage).await;
    costs::assert_table(&Table::under(page, "What writes with a version send"), &sent);
    stage.close().await;
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_l07_every_call_on_unique_values_sends_what_the_page_says() {
    let (stage, store) = stage().await;
    let page = include_str!("../../../../docs/backends/mongodb.md");
    let sent = costs::guarded::observe(&stage).await;
    costs::assert_table(&Table::under(page, "What calls on unique values send"), &sent);
    stage.close().await;
    store.remove().await;
}
