//! Reads by filter: how many requests they make, what these say, and what becomes of faults on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use backends_core::driver::Access;
use backends_core::{Document, Filter, Order, Repository, Value, field};
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::store::{Store, config, definition, endpoint, fresh_prefix, open_with};

const EVENTS: &str = r#"{"name": "events", "hashKey": "p", "rangeKey": "s", "rangeKeyType": "N"}"#;

struct Stage {
    proxy: Proxy,
    store: Store,
    events: Repository<Document>,
}

fn event(partition: &str, number: i64) -> Document {
    let kind = if number % 3 == 0 { "fizz" } else { "none" };
    Document::from([("p", partition.into()), ("s", Value::Int(number)), ("kind", kind.into()), ("n", number.into())])
}

impl Stage {
    /// 60 events in each of the partitions `a`, `b` and `c`.
    async fn new() -> Self {
        let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
        let store = Store::through(&proxy.url()).await;
        let events = store.backend.define::<Document>(definition(EVENTS)).await.unwrap();
        let all: Vec<_> = ["a", "b", "c"].iter().flat_map(|p| (0..60).map(|number| event(p, number))).collect();
        events.insert_many(&all).await.unwrap();
        proxy.clear();
        Self { proxy, store, events }
    }

    /// What was sent since the last look.
    fn sent(&self) -> Vec<String> {
        let sent = self.proxy.operations();
        self.proxy.clear();
        sent
    }

    fn bodies(&self) -> Vec<serde_json::Value> {
        let bodies = self.proxy.log().iter().map(proxy::Request::json).collect();
        self.proxy.clear();
        bodies
    }
}

fn numbers(records: &[Document]) -> Vec<i64> {
    let number = |record: &Document| match record.get("s") {
        Some(Value::Int(number)) => *number,
        _ => panic!("an event has its number"),
    };
    records.iter().map(number).collect()
}

#[tokio::test]
async fn l07_l08_what_a_key_serves_is_no_scan() {
    let Stage { proxy, store, events } = Stage::new().await;
    let (p, s) = (field("p"), field("s"));
    let notes = store.backend.define::<Document>(definition(r#"{"name": "notes", "hashKey": "key"}"#)).await.unwrap();
    let keys: Vec<_> = (0..250).map(|number| format!("{number:03}")).collect();
    let all: Vec<_> = keys.iter().map(|key| Document::from([("key", Value::from(key.as_str()))])).collect();
    notes.insert_many(&all).await.unwrap();
    let sent = || {
        let sent = proxy.operations();
        proxy.clear();
        sent
    };
    sent();
    assert_eq!(events.find(p.eq("a") & s.eq(7)).await.unwrap().len(), 1);
    assert_eq!(sent(), ["GetItem"]);
    assert_eq!(notes.find(field("key").eq("007")).await.unwrap().len(), 1);
    assert_eq!(sent(), ["GetItem"]);
    assert_eq!(notes.find(field("key").is_in(&keys)).await.unwrap().len(), 250);
    assert_eq!(sent(), ["BatchGetItem"; 3]);
    let found = notes.find(field("key").is_in(&keys)).sort("key", Order::Desc).await.unwrap();
    let found: Vec<_> = found.iter().map(|note| note.get("key").cloned().unwrap()).collect();
    assert!(found.iter().eq(keys.iter().rev().map(|key| Value::from(key.as_str())).collect::<Vec<_>>().iter()));
    assert_eq!(sent(), ["BatchGetItem"; 3]);
    assert!(notes.find_one(field("key").is_in(&keys)).await.unwrap().is_some());
    assert_eq!(sent(), ["GetItem"]);
    assert_eq!(events.find(p.eq("a")).await.unwrap().len(), 60);
    assert_eq!(sent(), ["Query"]);
    assert_eq!(events.find(p.is_in(["a", "b", "none"])).await.unwrap().len(), 120);
    assert_eq!(sent(), ["Query"; 3]);
    assert_eq!(events.find(p.eq("a") & s.is_in([1, 2, 99])).await.unwrap().len(), 2);
    assert_eq!(sent(), ["BatchGetItem"]);
    assert_eq!(events.count(p.eq("a") & field("kind").eq("fizz")).await.unwrap(), 20);
    assert_eq!(sent(), ["Query"]);
    assert!(events.find(p.eq("a") & s.gt(5) & s.lt(3)).await.unwrap().is_empty());
    assert_eq!(events.count(p.eq("a") & p.eq("b")).await.unwrap(), 0);
    assert!(sent().is_empty(), "nobody is asked what cannot be");
    assert_eq!(events.find(field("kind").eq("fizz")).await.unwrap().len(), 60);
    assert_eq!(sent(), ["Scan"; 4]);
    assert_eq!(events.find(field("kind").eq("fizz")).limit(5).await.unwrap().len(), 5);
    assert!(sent().iter().all(|operation| operation == "Scan"));
}

#[tokio::test]
async fn d04_d05_a_query_says_what_it_is_about() {
    let stage = Stage::new().await;
    let (p, s) = (field("p"), field("s"));
    let filter = p.eq("a") & s.ge(10) & s.le(50) & field("kind").eq("fizz");
    let found = stage.events.find(filter).sort("s", Order::Desc).fields(["n"]).limit(3).await.unwrap();
    assert_eq!(numbers(&found), [48, 45, 42]);
    assert!(found[0].get("kind").is_none());
    let [body] = <[_; 1]>::try_from(stage.bodies()).unwrap();
    assert_eq!(body["KeyConditionExpression"], "#k0 = :k0 AND #s BETWEEN :s AND :t");
    assert_eq!((&body["ScanIndexForward"], &body["ConsistentRead"]), (&false.into(), &true.into()));
    assert_eq!((&body["FilterExpression"], &body["Limit"]), (&"#n0 = :v0".into(), &100.into()));
    assert_eq!(body["ProjectionExpression"], "#f0, #f1, #f2, #f3");
    // All that is looked at is wanted.
    assert_eq!(
        numbers(&stage.events.find(p.eq("a")).sort("s", Order::Asc).offset(2).limit(3).await.unwrap()),
        [2, 3, 4]
    );
    assert_eq!(stage.bodies()[0]["Limit"], 5);
    assert!(stage.events.exists(p.eq("a")).eventual().await.unwrap());
    let body = &stage.bodies()[0];
    assert_eq!((&body["Limit"], &body["ConsistentRead"]), (&1.into(), &false.into()));
    assert_eq!(stage.events.count(p.eq("a") & s.lt(9)).await.unwrap(), 9);
    let body = &stage.bodies()[0];
    assert_eq!((&body["Select"], &body["ProjectionExpression"]), (&"COUNT".into(), &serde_json::Value::Null));
    // An operand that is an expression, or the name of one, stays an operand.
    let odd = field("size.#x").eq(":p OR attribute_exists(#p)") & p.eq("a = a");
    assert!(stage.events.find(odd).await.unwrap().is_empty());
}

#[tokio::test]
async fn c25_explain_says_what_is_sent() {
    let stage = Stage::new().await;
    let (p, s, fizz) = (field("p"), field("s"), field("kind").eq("fizz"));
    for (filter, access, operation) in [
        (p.eq("a") & s.eq(1), Access::Key, "GetItem"),
        (p.eq("a") & s.is_in(0..20), Access::Keys, "BatchGetItem"),
        (p.is_in(["a", "b"]) & s.is_in(0..60), Access::Keys, "BatchGetItem"),
        (p.eq("a"), Access::KeyRange, "Query"),
        (p.eq("a") & s.ge(5) & fizz.clone(), Access::KeyRange, "Query"),
        (p.is_in(["a", "b", "c"]), Access::KeyRange, "Query"),
        (fizz.clone(), Access::Scan, "Scan"),
        (p.eq("a") & p.eq("b"), Access::Nothing, "none"),
    ] {
        for is_sorted in [false, true] {
            let find = || {
                let find = stage.events.find(&filter);
                if is_sorted { find.sort("s", Order::Asc) } else { find }
            };
            let plan = find().explain().await.unwrap();
            assert!(stage.sent().is_empty());
            find().await.unwrap();
            let sent = stage.sent();
            let says: usize = plan.requests.split([',', ' ']).next().unwrap().parse().unwrap();
            assert_eq!((plan.access.clone(), sent.len()), (access.clone(), says), "{filter:?}: {plan}");
            assert!(sent.iter().all(|sent| sent == operation), "{filter:?}: {sent:?}");
        }
    }
    let text = stage.events.find(p.eq("a") & s.ge(5) & fizz & field("n").ne(3)).sort("n", Order::Asc).explain().await;
    let text = text.unwrap().to_string();
    assert!(text.contains("a range of primary keys") && text.contains("by core, in memory"), "{text}");
}

#[tokio::test]
async fn d01_d10_reads_are_made_again_while_the_table_lets_nothing_through() {
    let stage = Stage::new().await;
    let (p, s) = (field("p"), field("s"));
    let throttled = |request: &proxy::Request, n: usize| match request.operation() {
        "BatchGetItem" if n <= 3 => Fault::Unprocessed(if n == 1 { 0 } else { 7 }),
        "Query" | "Scan" if n <= 5 => dynamodb::throughput_exceeded().into(),
        _ => Fault::Pass,
    };
    let keys = p.eq("a") & s.is_in(0..40);
    let kind = field("kind").eq("fizz");
    for filter in [keys, p.eq("a"), kind.clone()] {
        let expected = stage.events.find(&filter).await.unwrap().len();
        stage.proxy.clear();
        stage.proxy.on(throttled);
        assert_eq!(stage.events.find(&filter).await.unwrap().len(), expected, "{filter:?}");
        stage.proxy.on(throttled);
        assert_eq!(stage.events.count(&filter).await.unwrap(), expected as u64, "{filter:?}");
        stage.proxy.pass();
    }
    stage.proxy.on(|_, _| dynamodb::throttling().into());
    for filter in [p.eq("a"), kind] {
        let error = stage.events.find(&filter).timeout(Duration::from_secs(1)).await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
        let error = stage.events.count(&filter).timeout(Duration::from_secs(1)).await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
    }
}

#[tokio::test]
async fn l03_l04_c21_pages_go_on_while_records_come_and_go() {
    let stage = Stage::new().await;
    for (filter, operation, all) in [(field("p").eq("b"), "Query", 60_usize), (Filter::all(), "Scan", 180)] {
        let (mut seen, mut token, mut pages) = (BTreeSet::new(), None, 0_usize);
        loop {
            let page = stage.events.find(&filter).page(25).after(token).await.unwrap();
            assert_eq!(stage.sent(), [operation], "a request a page");
            pages += 1;
            for record in &page.records {
                let Some(Value::String(partition)) = record.get("p") else { panic!("an event has its partition") };
                let number = numbers(std::slice::from_ref(record))[0];
                assert!(seen.insert((partition.clone(), number)), "{number} came twice");
            }
            // The last of a page goes, and a later page begins behind it all the same.
            if let Some(last) = page.records.last() {
                stage.events.delete((last.get("p"), last.get("s"))).await.unwrap();
                stage.sent();
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (all, all.div_ceil(25)));
        let again: Vec<_> = ["a", "b", "c"].iter().flat_map(|p| (0..60).map(|number| event(p, number))).collect();
        for record in &again {
            stage.events.upsert(record).await.unwrap();
        }
        stage.sent();
    }
}

#[tokio::test]
async fn c21_a_page_that_finds_nothing_in_its_time_goes_further_all_the_same() {
    let stage = Stage::new().await;
    stage
        .events
        .insert(&Document::from([("p", "z".into()), ("s", Value::Int(1)), ("kind", "last".into())]))
        .await
        .unwrap();
    // Each request takes more than half of the time of a page, and the first looks at 100 items.
    stage.proxy.on(|request, _| match request.operation() {
        "Scan" => Fault::DelayAnswer(Duration::from_secs(1)),
        _ => Fault::Pass,
    });
    stage.sent();
    let query = || stage.events.find(field("kind").eq("last")).page(1).timeout(Duration::from_millis(1_900));
    let (mut token, mut found, mut pages) = (None, 0, 0);
    loop {
        let page = query().after(token).await.unwrap();
        (found, pages) = (found + page.records.len(), pages + 1);
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, 1);
    assert!(pages > 1, "a page ends when half of its time is over");
    assert!(stage.sent().len() <= pages + 2, "no page begins anew");
}

#[tokio::test]
async fn l01_l02_t05_what_is_behind_the_first_megabyte_is_found() {
    let stage = Stage::new().await;
    let wide = |number: i64| {
        let mut record = event("wide", number);
        record.insert("padding", "x".repeat(60_000));
        record
    };
    stage.events.insert_many(&(0..60).map(wide).collect::<Vec<_>>()).await.unwrap();
    stage.sent();
    let (p, n) = (field("p").eq("wide"), field("n"));
    assert_eq!(numbers(&stage.events.find(p.clone() & n.eq(59)).await.unwrap()), [59]);
    assert_eq!(stage.events.count(p.clone() & n.ge(30)).await.unwrap(), 30);
    stage.sent();
    let found = stage.events.find(p.clone()).sort("s", Order::Desc).await.unwrap();
    assert!(numbers(&found).into_iter().eq((0..60).rev()));
    assert_eq!(stage.sent(), ["Query"; 4]);
    assert_eq!(stage.events.count(p.clone()).await.unwrap(), 60);
    assert_eq!(stage.sent(), ["Query"; 4]);
    assert_eq!(stage.events.find(field("padding").is_set()).await.unwrap().len(), 60);
    assert!(stage.sent().len() > 4);
    // The first answers look at 100 and 400 items, and hold nothing.
    let many: Vec<_> = (0..700).map(|number| event("many", number)).collect();
    stage.events.insert_many(&many).await.unwrap();
    stage.sent();
    let found = stage.events.find(field("p").eq("many") & n.ge(698)).limit(2).await.unwrap();
    assert_eq!(numbers(&found), [698, 699]);
    assert_eq!(stage.sent(), ["Query"; 3]);
    // Nothing is read that is not wanted.
    stage.sent();
    let mut stream = stage.events.find(p).limit(30).stream();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(stage.sent(), ["Query"]);
}

#[tokio::test]
async fn c41_a_scan_that_is_not_allowed_names_the_key_and_the_index() {
    let (endpoint, prefix) = (endpoint(), fresh_prefix());
    let backend = open_with(config(&endpoint, &prefix).set("scan", "deny")).await.unwrap();
    let events = backend.define::<Document>(definition(EVENTS)).await.unwrap();
    events.insert(&event("a", 3)).await.unwrap();
    let fizz = field("kind").eq("fizz");
    let errors = [
        events.find(&fizz).await.unwrap_err(),
        events.find(&fizz).page(1).await.unwrap_err(),
        events.count(&fizz).await.unwrap_err(),
        events.exists(&fizz).await.unwrap_err(),
        events.find(&fizz).explain().await.unwrap_err(),
        events.find(Filter::all()).stream().next().await.unwrap().unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_unsupported() && error.to_string().contains("`p`"), "{error}");
    }
    let told = events.find(fizz.clone()).await.unwrap_err().to_string();
    assert!(told.contains("declare an index on `kind`"), "{told}");
    let told = events.find(Filter::all()).sort("kind", Order::Desc).page(5).await.unwrap_err().to_string();
    assert!(told.contains("declare an `ordered` index on `kind`"), "{told}");
    assert_eq!(events.find(field("p").eq("a") & fizz).await.unwrap().len(), 1);
}

#[tokio::test]
async fn c41_an_order_that_takes_too_much_memory_names_the_index() {
    let (endpoint, prefix) = (endpoint(), fresh_prefix());
    let backend = open_with(config(&endpoint, &prefix).set("maxSortBytes", 10_000)).await.unwrap();
    let events = backend.define::<Document>(definition(EVENTS)).await.unwrap();
    events.insert_many(&(0..400).map(|number| event("a", number)).collect::<Vec<_>>()).await.unwrap();
    let all = || events.find(field("p").eq("a"));
    let error = all().sort("n", Order::Asc).await.unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("an `ordered` index on `p`, `n`"), "{error}");
    assert!(all().sort("n", Order::Asc).page(200).await.unwrap_err().is_unsupported());
    assert_eq!(numbers(&all().sort("n", Order::Desc).limit(2).await.unwrap()), [399, 398]);
    assert_eq!(all().sort("s", Order::Desc).await.unwrap().len(), 400, "what the key orders takes no memory");
}
