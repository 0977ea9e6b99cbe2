//! Pages whose time is over before the server has found enough: it goes on a slice at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backends_core::{Document, Filter, Order, PageToken, Repository, Value, field};
use backends_mongo::mongodb::bson::{self, doc};
use proxy::{Fault, Proxy, Request, mongodb};

use crate::proxied::proxied;
use crate::store::{Store, definition};

const RECORDS: i64 = 45_000;

/// Two that are meant, far apart; `rank` is tied, and missing in every seventh.
fn record(number: i64) -> Document {
    let mut record = Document::from([("team", Value::from(number % 3)), ("number", Value::from(number))]);
    if number % 7 > 0 {
        record.insert("rank", number / 5_000);
    }
    if number == 12_345 || number == 44_000 {
        record.insert("note", "needle");
    }
    record
}

/// A collection behind a proxy.
async fn notes(indexes: &str) -> (Proxy, Store, Repository<Document>) {
    let (proxy, store, backend) = proxied("").await;
    let json = format!(
        r#"{{"name": "notes", "hashKey": "team", "rangeKey": "number", "fields": {{"team": "integer", "number": "integer",
            "rank": "integer"}}, "indexes": [{indexes}]}}"#
    );
    let notes = backend.define::<Document>(definition(&json)).await.unwrap();
    let records: Vec<_> = (0..RECORDS).map(record).collect();
    notes.insert_many(&records).await.unwrap();
    proxy.clear();
    (proxy, store, notes)
}

/// Whether a request names something.
fn has(request: &Request, name: &[u8]) -> bool {
    request.body().windows(name.len()).any(|part| part == name)
}

/// The server has no time to look through all that is left, once; and for a slice of it, it takes so long.
fn hurry(proxy: &Proxy, slice: Duration) {
    let is_refused = AtomicBool::new(false);
    proxy.on(move |request, _| match request.operation() {
        "find" if has(request, b"$nor") => Fault::Delay(slice),
        "find" if has(request, b"needle") && !is_refused.swap(true, Ordering::Relaxed) => {
            mongodb::max_time_expired().into()
        }
        _ => Fault::Pass,
    });
}

/// The numbers of all records over pages of this size, and how many pages there were, of a server in a hurry.
async fn paged(
    (proxy, notes): (&Proxy, &Repository<Document>),
    filter: &Filter,
    order: Option<(&str, Order)>,
    size: u32,
) -> (Vec<i64>, u32) {
    let (mut numbers, mut pages, mut next) = (Vec::new(), 0, None::<PageToken>);
    loop {
        hurry(proxy, Duration::ZERO);
        let mut find = notes.find(filter);
        if let Some((path, order)) = order {
            find = find.sort(path, order);
        }
        let page = find.timeout(Duration::from_secs(20)).page(size).after(next).await.unwrap();
        pages += 1;
        let number = |record: &Document| match record.get("number") {
            Some(Value::Int(number)) => *number,
            other => panic!("{other:?} is no number"),
        };
        numbers.extend(page.records.iter().map(number));
        next = page.next;
        if next.is_none() {
            return (numbers, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_what_is_rare_is_found_a_slice_at_a_time() {
    let (proxy, store, notes) = notes(r#"{"fields": ["rank"], "unique": false, "ordered": true}"#).await;
    let rare = field("note").eq("needle");
    for order in [
        None,
        Some(("team", Order::Asc)),
        Some(("team", Order::Desc)),
        Some(("rank", Order::Asc)),
        Some(("rank", Order::Desc)),
    ] {
        let expected: Vec<i64> = match order {
            // Teams 0 and 2, ranks 2 and 8.
            None | Some((_, Order::Asc)) => vec![12_345, 44_000],
            Some((_, Order::Desc)) => vec![44_000, 12_345],
        };
        for size in [1, 50] {
            let (numbers, _) = paged((&proxy, &notes), &rare, order, size).await;
            assert_eq!(numbers, expected, "{order:?}, {size} a page");
        }
    }
    // Many of each slice are meant: more than a page has.
    let common = (field("note").eq("needle") | field("number").ge(0)) & field("number").lt(25_000);
    let (numbers, pages) = paged((&proxy, &notes), &common, Some(("rank", Order::Desc)), 7_000).await;
    let mut expected: Vec<i64> = (0..25_000).collect();
    expected.sort_by_key(|number| std::cmp::Reverse(((number % 7 > 0).then_some(number / 5_000), number % 3, *number)));
    assert!(numbers == expected && pages <= 8, "{} records over {pages} pages", numbers.len());
    assert!(proxy.operations().iter().filter(|operation| *operation == "find").count() < 200);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c22_a_stream_goes_on_after_a_place_that_cannot_be_read() {
    let store = Store::open().await;
    let json = r#"{"name": "notes", "fields": {"at": "timestamp"},
        "indexes": [{"fields": ["at"], "unique": false, "ordered": true}]}"#;
    let notes = store.backend.define::<Document>(definition(json)).await.unwrap();
    let at = |millis| bson::DateTime::from_millis(millis);
    let documents = (0..150).map(|n| doc! { "at": at(n) });
    store.collection("notes").insert_many(documents).await.unwrap();
    // The server has text before the dates: it is the last of a reply, or all of it.
    for (order, limit, records) in [(Order::Desc, 200, 150), (Order::Asc, 1, 0)] {
        let id = bson::oid::ObjectId::new();
        store.collection("notes").insert_one(doc! { "_id": id, "at": "soon" }).await.unwrap();
        let mut stream = notes.find(Filter::all()).sort("at", order).limit(limit).stream();
        let (mut read, mut unreadable) = (0, Vec::new());
        while let Some(next) = stream.next().await {
            match next {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(error.is_unreadable() && error.path() == Some("at"), "{error}");
                    unreadable.extend(error.context().map(|(name, id)| format!("{name} {id}")));
                }
            }
        }
        assert_eq!((read, unreadable), (records, vec![format!("id {id}")]), "{order:?}");
        store.collection("notes").delete_one(doc! { "_id": id }).await.unwrap();
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_c21_the_deepest_filter_is_answered_a_slice_at_a_time() {
    let (proxy, store, notes) = notes(r#"{"fields": ["rank"], "unique": false, "ordered": true}"#).await;
    let deepest_path = vec!["x"; 31].join(".");
    let rare = || field("note").eq("needle");
    // 32 of and, or, not inside one another, and the page and the slice around them.
    let deepest = (0..15).fold(field(deepest_path).like("a%b%c") | rare(), |filter, _| {
        (filter & field("number").ge(0)) | field("note").like("x%y%z")
    }) & field("number").ge(0);
    for (path, order) in [("rank", Order::Asc), ("rank", Order::Desc), ("team", Order::Asc)] {
        let expected = if order == Order::Asc { [12_345, 44_000] } else { [44_000, 12_345] };
        let (numbers, pages) = paged((&proxy, &notes), &deepest, Some((path, order)), 1).await;
        assert_eq!(numbers, expected, "{path} {order:?} over {pages} pages");
        proxy.pass();
        let page = || notes.find(&deepest).sort(path, order).page(1);
        let second = page().after(page().await.unwrap().next);
        second.explain().await.unwrap();
    }
    assert_eq!(notes.count(&deepest).await.unwrap(), 2);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_a_page_whose_time_is_over_is_short_and_says_where_to_go_on() {
    let (proxy, store, notes) = notes("").await;
    let rare = field("note").eq("needle");
    let (mut found, mut pages, mut next) = (0, 0, None);
    loop {
        // Half of its time is over after one slice.
        hurry(&proxy, Duration::from_millis(700));
        let page = notes.find(&rare).timeout(Duration::from_millis(1_400)).page(10).after(next).await.unwrap();
        found += page.records.len();
        pages += 1;
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert!(found == 2 && pages > 3, "{found} found over {pages} pages");
    // Where no index serves the order, nothing is known before the end.
    proxy.on(|request, _| match request.operation() {
        "find" | "aggregate" => mongodb::max_time_expired().into(),
        _ => Fault::Pass,
    });
    let error = notes.find(&rare).sort("note", Order::Asc).page(10).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    store.remove().await;
}
