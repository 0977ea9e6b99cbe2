//! What every call sends and costs, by the log of the proxy, against the tables of the backend's requests.

use live::costs::{BY_ID, BY_KEY, Cost};
use live::{Stage, Table, costs};
use proxy::Request;
use serde_json::Value;

use crate::stage::stage_on;
use crate::store::{fresh_prefix, remove};

/// Reads and writes as DynamoDB counts them for items of at most 1 KB.
// DynamoDB developer guide, "Read/write capacity mode": a unit reads 4 KB consistently or writes 1 KB, and at least one
// is taken for each item, also for one that is missing and for a write whose condition is not met. A read that is not
// consistent takes half a unit.
fn units(request: &Request) -> (f64, u32) {
    let body = request.json();
    let tables = || body["RequestItems"].as_object().into_iter().flatten().map(|(_, table)| table);
    let listed = |list: &Value| list.as_array().map_or(0, |list| u32::try_from(list.len()).unwrap());
    match request.operation() {
        "GetItem" => (read_units(&body), 0),
        "PutItem" | "UpdateItem" | "DeleteItem" => (0.0, 1),
        // Twice, for each item is looked at before it is written.
        "TransactWriteItems" => (0.0, 2 * listed(&body["TransactItems"])),
        "BatchGetItem" => (tables().map(|table| f64::from(listed(&table["Keys"])) * read_units(table)).sum(), 0),
        "BatchWriteItem" => (0.0, tables().map(listed).sum()),
        other => panic!("a call sends `{other}`, whose cost is not known here"),
    }
}

/// What a read takes for each item, or for each 4 KB.
fn read_units(request: &Value) -> f64 {
    if request["ConsistentRead"] == true { 1.0 } else { 0.5 }
}

fn told(cost: &Cost) -> String {
    if cost.requests.is_empty() {
        return "none".to_owned();
    }
    // Of queries and scans the items that are looked at are measured together.
    if cost.requests.iter().all(|request| ["Query", "Scan"].contains(&request.operation())) {
        let least = cost.requests.iter().map(|request| read_units(&request.json())).reduce(f64::min);
        return format!("{} read for each 4 KB", least.unwrap_or_default());
    }
    let units: Vec<_> = cost.requests.iter().map(units).collect();
    let reads: f64 = units.iter().map(|(reads, _)| reads).sum();
    let writes: u32 = units.iter().map(|(_, writes)| writes).sum();
    match (reads, writes) {
        (reads, 0) => format!("{reads} read"),
        (0.0, writes) => format!("{writes} write"),
        (reads, writes) => format!("{reads} read, {writes} write"),
    }
}

/// Holds what calls send against the table under a heading of the page.
async fn hold(heading: &str, observe: impl AsyncFnOnce(&Stage) -> Vec<Cost>) -> (Table, Vec<Cost>) {
    let prefix = fresh_prefix();
    let stage = stage_on(prefix.clone()).await;
    let table = Table::under(include_str!("../../../../docs/backends/dynamodb-requests.md"), heading);
    let sent = observe(&stage).await;
    costs::assert_table(&table, &sent);
    stage.close().await;
    remove(&prefix).await;
    (table, sent)
}

/// The same, and the units that they take.
async fn hold_with_units(heading: &str, observe: impl AsyncFnOnce(&Stage) -> Vec<Cost>) -> Vec<Cost> {
    let (table, sent) = hold(heading, observe).await;
    for cost in &sent {
        assert_eq!(table.cell(cost.call, "Units"), Some(told(cost).as_str()), "{}", cost.call);
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_call_sends_and_costs_what_the_page_says() {
    let (table, sent) = hold("What every call sends and costs", costs::observe).await;
    for cost in &sent {
        let column = if cost.column == BY_ID { "Units" } else { "Units there" };
        let (said, is) = (table.cell(cost.call, column), told(cost));
        assert_eq!(said, Some(is.as_str()), "{} where {}", cost.call, cost.column);
        assert!([BY_ID, BY_KEY].contains(&cost.column));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c28_l07_fifty_increments_at_once_are_exact_and_one_request_each() {
    let prefix = fresh_prefix();
    let stage = stage_on(prefix.clone()).await;
    let sent = live::counter::run(&stage).await;
    assert_eq!(sent.alone, ["UpdateItem"]);
    assert_eq!(sent.at_once, vec!["UpdateItem"; live::counter::TASKS]);
    stage.close().await;
    remove(&prefix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c28_l07_a_type_that_says_what_it_takes_needs_no_read() {
    let prefix = fresh_prefix();
    let stage = stage_on(prefix.clone()).await;
    assert_eq!(live::typed::run(&stage).await, ["UpdateItem"]);
    stage.close().await;
    remove(&prefix).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_update_sends_and_costs_what_the_page_says() {
    hold_with_units("What updates send and cost", costs::updates::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_read_by_filter_sends_and_costs_what_the_page_says() {
    hold_with_units("What reads by filter send and cost", costs::reads::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l07_every_read_by_an_index_sends_and_costs_what_the_page_says() {
    for cost in hold_with_units("What reads by an index send and cost", costs::indexed::observe).await {
        let of_index = |request: &Request| request.json().get("IndexName").is_some();
        let is_consistent = |request: &Request| request.json()["ConsistentRead"] == true;
        assert!(cost.requests.iter().all(|request| of_index(request) != is_consistent(request)), "{}", cost.call);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c32_l07_every_write_with_a_version_sends_what_the_page_says() {
    hold("What writes with a version send", costs::versioned::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c31_l07_every_call_on_unique_values_sends_and_costs_what_the_page_says() {
    hold_with_units("What calls on unique values send and cost", costs::guarded::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_l07_every_call_on_records_that_expire_sends_and_costs_what_the_page_says() {
    hold_with_units("What calls on records that expire send and cost", costs::expiring::observe).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c33_l07_every_batch_sends_and_costs_what_the_page_says() {
    hold_with_units("What batches send and cost", costs::batches::observe).await;
}
