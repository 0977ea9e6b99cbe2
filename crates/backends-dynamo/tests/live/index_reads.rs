//! Declared indexes: what reads by them send, and what they find while others write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backends_core::driver::Access;
use backends_core::{Document, Filter, Order, Value, field};
use proxy::{Fault, Protocol, Proxy};

use crate::indexes::{INDEXED, by_logins, define, ids, user, users};
use crate::store::{Store, config, endpoint, open, open_with};

/// How many records an index has at most where that is to make no difference: `TEST_RECORDS`, or fewer.
fn most_records() -> usize {
    std::env::var("TEST_RECORDS").ok().and_then(|records| records.parse().ok()).unwrap_or(10_000)
}

/// What each page of a walk sent, and the ids on them; of so many pages at most.
async fn walk(
    proxy: &Proxy,
    most: usize,
    query: impl Fn() -> backends_core::action::Find<Document>,
) -> (Vec<usize>, Vec<String>) {
    let (mut sent, mut found, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        proxy.clear();
        let page = query().page(50).after(token).await.unwrap();
        assert!(proxy.operations().iter().all(|operation| operation == "Query"), "{:?}", proxy.operations());
        sent.push(proxy.operations().len());
        found.extend(ids(&page.records));
        token = page.next;
        if token.is_none() || sent.len() == most {
            return (sent, found);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
async fn c19_a_page_of_an_ordered_index_is_one_request_a_shard_at_any_size() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    // All pages of the few, and the first ones of the many.
    for (new, most) in [(0..1_000, usize::MAX), (1_000..most_records(), 40)] {
        let clean = define(&open(&endpoint(), &store.prefix).await, INDEXED).await;
        let size = new.end;
        clean.insert_many(&users(new)).await.unwrap();
        for order in [Order::Asc, Order::Desc] {
            let (sent, found) = walk(&proxy, most, || records.find(Filter::all()).sort("logins", order)).await;
            assert!(sent.iter().all(|requests| *requests == 4), "{size} {order:?}: {sent:?}");
            println!("{size} records, {order:?}: {} pages of 50, each 4 requests", sent.len());
            let mut meant = by_logins(users(0..size));
            if order == Order::Desc {
                meant.reverse();
            }
            meant.truncate(most.saturating_mul(50));
            assert!(found == meant, "{size} {order:?}");
        }
    }
    let explained = records.find(Filter::all()).sort("logins", Order::Asc).page(50).explain().await.unwrap();
    assert!(explained.requests.starts_with("4, one for each shard"), "{explained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_values_and_keys_that_begin_the_same_are_told_apart() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let json =
        r#"{"name": "users", "idKind": "string", "indexes": [{"fields": ["text"], "unique": false, "ordered": true}]}"#;
    let records = define(&store.backend, json).await;
    let text = |common: usize, number: usize| format!("{}{number:03}", "x".repeat(common));
    let mut all = Vec::new();
    for number in 0..240 {
        // Told apart by the 500 first bytes; by the last ones; by nothing, and by the ends of long keys.
        let (id, value) = match number % 4 {
            0 => (format!("{number:03}"), Some(text(400, number))),
            1 => (format!("{number:03}"), Some(text(1_021, number))),
            2 => (text(900, number), Some(text(1_021, 0))),
            _ => (text(1_000, number), None),
        };
        let mut record = Document::from([("id", Value::from(id))]);
        value.map(|value| record.insert("text", value));
        all.push(record);
    }
    records.insert_many(&all).await.unwrap();
    let key = |record: &Document| {
        let text = match record.get("text") {
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        (text, ids(std::slice::from_ref(record)).remove(0))
    };
    all.sort_by_key(key);
    for order in [Order::Asc, Order::Desc] {
        let (sent, found) = walk(&proxy, usize::MAX, || records.find(Filter::all()).sort("text", order)).await;
        assert!(found == ids(&all), "{order:?}");
        assert!(sent.iter().all(|requests| *requests <= 4 * 4), "{sent:?}");
        all.reverse();
    }
    let all_x = field("text").starts_with("x".repeat(1_021));
    assert_eq!(records.count(&all_x).await.unwrap(), 120);
    let from = field("text").ge(text(1_021, 101));
    assert_eq!(records.find(&from).sort("text", Order::Asc).await.unwrap().len(), 35);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_what_stays_is_on_one_page_of_an_ordered_index_while_others_come_and_go() {
    let store = Store::open().await;
    let records = define(&store.backend, INDEXED).await;
    records.insert_many(&users(0..600)).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (records, is_over) = (records.clone(), Arc::clone(&is_over));
        writers.spawn(async move {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                let mut record = user(number % 90);
                record.insert("id", format!("visitor {writer} {}", number % 40));
                records.upsert(&record).await.unwrap();
                records.delete(format!("visitor {writer} {}", (number * 7) % 40)).await.unwrap();
            }
        });
    }
    for order in [Order::Asc, Order::Desc, Order::Asc] {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = records.find(Filter::all()).sort("logins", order).page(37).after(token).await.unwrap();
            found.extend(ids(&page.records));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        found.retain(|id| id.starts_with("user"));
        let mut meant = by_logins(users(0..600));
        if order == Order::Desc {
            meant.reverse();
        }
        assert!(found == meant, "{order:?}");
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_a_page_of_an_index_that_finds_nothing_in_its_time_goes_further_all_the_same() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    let mut all = users(0..1_500);
    all[701].insert("city", "here");
    records.insert_many(&all).await.unwrap();
    // Each request takes more than half of the time of a page, and the first looks at 100 items of a shard.
    proxy.on(|request, _| match request.operation() {
        "Query" => Fault::DelayAnswer(Duration::from_millis(500)),
        _ => Fault::Pass,
    });
    for (filter, sort, order) in [
        (field("city").eq("here"), "logins", Order::Asc),
        (field("city").eq("here"), "logins", Order::Desc),
        (field("role").eq("guest") & field("city").eq("here"), "id", Order::Desc),
    ] {
        let query = || records.find(&filter).sort(sort, order).page(2).timeout(Duration::from_millis(900));
        let (mut token, mut found, mut pages) = (None, Vec::new(), 0);
        loop {
            let page = query().after(token).await.unwrap();
            found.extend(ids(&page.records));
            (token, pages) = (page.next, pages + 1);
            if token.is_none() {
                break;
            }
        }
        let meant = records.find(&filter).sort(sort, order).await.unwrap();
        assert_eq!(found, ids(&meant), "{sort} {order:?}");
        assert!(found.len() == 1 && pages > 3, "{sort} {order:?}: {pages} pages");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_the_first_of_an_index_are_one_request_for_those_and_the_next() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let json = r#"{"name": "users", "idKind": "string", "fields": {"logins": "integer"},
        "indexes": [{"fields": ["role", "logins"], "unique": false}]}"#;
    let records = define(&store.backend, json).await;
    let mut all = users(0..400);
    for (number, record) in (0..).zip(&mut all) {
        record.insert("role", "guest");
        record.insert("logins", if number < 200 { number } else { 1_000 });
    }
    records.insert_many(&all).await.unwrap();
    let from = |logins: i64| field("role").eq("guest") & field("logins").ge(logins);
    let first = |logins: i64| records.find(from(logins)).sort("logins", Order::Asc);
    // How many items each request may look at.
    let looked_at = || proxy.log().iter().map(|request| request.json()["Limit"].as_u64()).collect::<Vec<_>>();
    proxy.clear();
    assert_eq!(ids(&first(7).limit(50).await.unwrap()), ids(&all[7..57]));
    assert_eq!(looked_at(), [Some(51)]);
    proxy.clear();
    assert_eq!(ids(&first(7).offset(5).limit(50).await.unwrap()), ids(&all[12..62]));
    assert_eq!(looked_at(), [Some(56)]);
    proxy.clear();
    let page = first(7).page(50).await.unwrap();
    assert_eq!((ids(&page.records), looked_at()), (ids(&all[7..57]), vec![Some(52)]));
    proxy.clear();
    assert_eq!(ids(&first(7).page(50).after(page.next).await.unwrap().records), ids(&all[57..107]));
    assert_eq!(looked_at(), [Some(53)]);
    // Of those that are equal all have to be seen, in few requests.
    proxy.clear();
    assert_eq!(ids(&first(190).limit(50).await.unwrap()), ids(&all[190..240]));
    assert_eq!(looked_at(), [Some(51), Some(44), Some(56), Some(104)]);
    for (limit, order) in [(1, Order::Asc), (12, Order::Asc), (200, Order::Desc), (205, Order::Desc)] {
        let mut meant = ids(&all[190..]);
        if order == Order::Desc {
            meant.reverse();
        }
        meant.truncate(limit);
        let found = records.find(from(190)).sort("logins", order).limit(limit as u64).await.unwrap();
        assert_eq!(ids(&found), meant, "{limit} {order:?}");
    }
}

/// A shard of the table is slow, and the others are not read ahead of it beyond one answer each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c22_a_merged_read_waits_for_its_slowest_part_without_reading_the_rest() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    let mut all = users(0..120);
    for (number, record) in all.iter_mut().enumerate() {
        record.insert("logins", i64::try_from(number).unwrap());
        record.insert("text", "x".repeat(150_000));
    }
    records.insert_many(&all).await.unwrap();
    let shard = |request: &proxy::Request| request.json()["ExpressionAttributeValues"].to_string();
    proxy.on(move |request, _| match request.operation() {
        "Query" if shard(request).contains("\"N\":\"0\"") => Fault::DelayAnswer(Duration::from_secs(1)),
        _ => Fault::Pass,
    });
    proxy.clear();
    let mut stream = records.find(Filter::all()).sort("logins", Order::Asc).stream();
    let mut found = ids(&[stream.next().await.unwrap().unwrap()]);
    // Of each of four parts the first answer, and the one that is asked for when items of that are handed over.
    assert!(proxy.operations().len() <= 8, "{:?}", proxy.operations());
    proxy.pass();
    while let Some(record) = stream.next().await {
        found.extend(ids(&[record.unwrap()]));
    }
    assert_eq!(found, ids(&all));
    assert!(proxy.operations().len() > 12, "{:?}", proxy.operations());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l08_thousands_of_values_are_looked_up_one_by_one_where_no_scan_is_allowed() {
    let store = Store::open().await;
    let backend = open_with(config(&endpoint(), &store.prefix).set("scan", "deny")).await.unwrap();
    let records = define(&backend, INDEXED).await;
    records.insert_many(&users(0..100)).await.unwrap();
    let roles = || (0..1_500).map(|number| format!("role {number}")).chain(["guest".to_owned()]);
    for (filter, count) in [
        (field("role").is_in(roles()), 40),
        (field("role").is_in(roles()) & field("logins").ge(5), 11),
        (field("logins").is_in(2..302), 56),
    ] {
        assert_eq!(records.count(&filter).await.unwrap(), count, "{filter:?}");
        assert_eq!(records.find(&filter).await.unwrap().len() as u64, count, "{filter:?}");
        assert!(records.find_one(&filter).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c25_what_is_explained_is_what_is_sent() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let records = define(&store.backend, INDEXED).await;
    records.insert_many(&users(0..200)).await.unwrap();
    let guests = || field("role").eq("guest");
    for (find, index, requests) in [
        (records.find(guests()), Some("role"), "1,"),
        (records.find(field("role").is_in(["guest", "admin"])), Some("role"), "2, one for each value"),
        (records.find(field("logins").ge(3)), Some("logins"), "4, one for each shard"),
        (records.find(field("logins").is_in([1, 2])), Some("logins"), "8, one for each value and shard"),
        (records.find(Filter::all()).sort("logins", Order::Desc).limit(10), Some("logins"), "4, one for each shard"),
        (records.find(guests()).consistent(), None, "4 at once"),
    ] {
        proxy.clear();
        let plan = find.explain().await.unwrap();
        assert_eq!(proxy.operations(), Vec::<String>::new());
        match index {
            Some(name) => assert_eq!(plan.access, Access::Index(name.to_owned())),
            None => assert_eq!(plan.access, Access::Scan),
        }
        assert!(plan.requests.starts_with(requests), "{plan}");
    }
    let sent = async |find: backends_core::action::Find<Document>| {
        proxy.clear();
        find.await.unwrap();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for request in proxy.log() {
            let index = request.json()["IndexName"].as_str().unwrap_or("none").to_owned();
            *counts.entry(format!("{} {index}", request.operation())).or_default() += 1;
        }
        format!("{counts:?}")
    };
    assert_eq!(sent(records.find(guests())).await, r#"{"Query role": 1}"#);
    assert_eq!(sent(records.find(field("role").is_in(["guest", "admin"]))).await, r#"{"Query role": 2}"#);
    assert_eq!(sent(records.find(field("logins").ge(3))).await, r#"{"Query logins": 4}"#);
    assert_eq!(sent(records.find(field("logins").is_in([1, 2]))).await, r#"{"Query logins": 8}"#);
    let first = records.find(Filter::all()).sort("logins", Order::Desc).limit(10);
    assert_eq!(sent(first).await, r#"{"Query logins": 4}"#);
    assert_eq!(sent(records.find(guests()).consistent()).await, r#"{"Scan none": 4}"#);
}
