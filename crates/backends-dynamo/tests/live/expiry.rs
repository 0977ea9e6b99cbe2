//! Records that expire: what they carry, and how the service comes to remove them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use backends_core::{Document, Filter, Repository, SchemaMode, Timestamp, Update, Value};
use backends_dynamo::aws_sdk_dynamodb::types::{ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus};
use proxy::{Fault, Protocol, Proxy, dynamodb};

use crate::indexes::define;
use crate::store::{Store, endpoint, open, s};

/// Far from what any server removes while a test runs.
const AT: &str = "2100-01-01T00:00:00.001Z";
/// The same, as the second that is rounded up.
const SECOND: i64 = 4_102_444_801;

fn sessions(ttl: u64, holds: &str) -> String {
    format!(
        r#"{{"name": "sessions", "idKind": "string", "enableTtl": true, "ttlAttribute": "at", "ttl": {ttl},
            "ttlHolds": "{holds}"}}"#
    )
}

fn session(id: &str, at: &str) -> Document {
    Document::from([("id", Value::from(id)), ("at", at.parse::<Timestamp>().unwrap().into())])
}

/// When the items say that they expire, by their ids.
async fn ends(store: &Store) -> BTreeMap<String, Option<i64>> {
    let end = |item: crate::store::Item| {
        let end = item.get("_backends_expires").map(|end| end.as_n().unwrap().parse().unwrap());
        (item["id"].as_s().unwrap().clone(), end)
    };
    store.all("sessions").await.into_iter().map(end).collect()
}

async fn end_of(store: &Store, id: &str) -> Option<i64> {
    ends(store).await[id]
}

/// By which attribute the time to live of the table is on.
async fn on_by(store: &Store) -> Option<String> {
    let seen = store.other.describe_time_to_live().table_name(store.table("sessions")).send().await.unwrap();
    let seen = seen.time_to_live_description.unwrap();
    let is_on = matches!(seen.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    seen.attribute_name.filter(|_| is_on)
}

/// Turns the time to live on or off as another program does.
async fn turn(store: &Store, attribute: &str, is_on: bool) {
    let wanted = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(is_on).build().unwrap();
    let update = store.other.update_time_to_live().table_name(store.table("sessions"));
    update.time_to_live_specification(wanted).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_every_write_says_when_the_service_may_remove_the_record() {
    for (holds, end) in [("start", SECOND + 60), ("expiry", SECOND)] {
        let store = Store::open().await;
        let records = define(&store.backend, &sessions(60, holds)).await;
        assert_eq!(on_by(&store).await.as_deref(), Some("_backends_expires"));
        records.insert(&session("a", AT)).await.unwrap();
        records.insert_many(&[session("b", AT), session("c", "2100-01-01T00:00:00.000Z")]).await.unwrap();
        records.upsert(&session("d", "2100-01-01T00:00:05Z")).await.unwrap();
        let wanted = [("a", end), ("b", end), ("c", end - 1), ("d", end + 4)];
        let wanted: BTreeMap<_, _> = wanted.into_iter().map(|(id, end)| (id.to_owned(), Some(end))).collect();
        assert_eq!(ends(&store).await, wanted, "{holds}");
        // Each keeps it, or says the new one.
        records.update("a", Update::new().set("n", 1)).await.unwrap().unwrap();
        records.update("b", Update::new().set("at", "2100-01-01T00:00:09.000Z")).await.unwrap().unwrap();
        records.replace(&session("c", AT)).await.unwrap();
        records.upsert(&session("d", AT)).await.unwrap();
        let wanted = [("a", end), ("b", end + 8), ("c", end), ("d", end)];
        let wanted: BTreeMap<_, _> = wanted.into_iter().map(|(id, end)| (id.to_owned(), Some(end))).collect();
        assert_eq!(ends(&store).await, wanted, "{holds}");
        let all = records.find(Filter::all()).await.unwrap();
        assert!(all.iter().all(|record| record.get("_backends_expires").is_none()), "{all:?}");
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_batches_of_records_whose_keys_the_library_drew_say_it_too() {
    let store = Store::open().await;
    let records = define(&store.backend, &sessions(60, "expiry")).await;
    let at: Timestamp = AT.parse().unwrap();
    let all: Vec<Document> = (0..60).map(|_| Document::from([("at", at)])).collect();
    records.insert_many(&all).await.unwrap();
    let ends = ends(&store).await;
    assert_eq!(ends.len(), 60);
    assert!(ends.values().all(|end| *end == Some(SECOND)), "{ends:?}");
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
async fn c35_the_service_removes_what_has_expired() {
    let store = Store::open().await;
    let records = define(&store.backend, &sessions(1, "start").replacen('{', r#"{"indexes": ["seat"], "#, 1)).await;
    let seated = |id: &str| Document::from([("id", id), ("seat", id)]);
    records.insert_many(&[seated("a"), seated("b")]).await.unwrap();
    records.insert(&session("c", AT)).await.unwrap();
    let begun = Instant::now();
    while store.all("sessions").await.len() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(150), "the service removes nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("2 records that end after 1 s were removed by the service within {:.1} s", begun.elapsed().as_secs_f64());
    assert!(records.get("c").await.unwrap().is_some());
    // What it leaves behind is in nobody's way.
    let mut other = session("d", AT);
    other.insert("seat", "a");
    records.insert(&other).await.unwrap();
    store.remove().await;
}

/// Whose values the guards hold.
async fn guarded(store: &Store) -> Vec<String> {
    let owner = |item: crate::store::Item| {
        item["key"]
            .as_s()
            .unwrap()
            .starts_with("unique:")
            .then(|| item["owner"].as_m().unwrap()["id"].as_s().unwrap().clone())
    };
    let mut owners: Vec<String> = store.all("_backends").await.into_iter().filter_map(owner).collect();
    owners.sort();
    owners
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c31_a_process_that_ends_between_two_requests_leaves_nothing_half_done() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    let json = sessions(60, "expiry").replacen('{', r#"{"indexes": ["seat", "row"], "#, 1);
    let records = define(&store.backend, &json).await;
    let clean = define(&open(&endpoint(), &store.prefix).await, &json).await;
    let placed = |id: &str, at: &str, seat: &str, row: &str| {
        let mut record = session(id, at);
        record.insert("seat", seat);
        record.insert("row", row);
        record
    };
    // It wants its key of one that has expired, and its values of two others.
    let wanted = placed("a", AT, "b", "c");
    for ends_at in 1.. {
        for id in ["a", "b", "c"] {
            clean.insert(&placed(id, "1950-01-01T00:00:00Z", id, id)).await.unwrap();
        }
        let served = Arc::new(AtomicUsize::new(0));
        proxy.on(move |request, _| match served.fetch_add(1, Ordering::Relaxed) {
            served if served + 1 >= ends_at => dynamodb::access_denied(request.operation()).into(),
            _ => Fault::Pass,
        });
        let answer = records.insert(&wanted).await;
        proxy.pass();
        let stored: Vec<String> = ends(&store).await.into_keys().collect();
        let each_twice: Vec<String> = stored.iter().flat_map(|id| [id.clone(), id.clone()]).collect();
        assert_eq!(guarded(&store).await, each_twice, "{ends_at}");
        if answer.is_ok() {
            assert!(ends_at > 4 && stored == ["a"], "{ends_at} {stored:?}");
            break;
        }
        assert!(clean.find(Filter::all()).await.unwrap().is_empty());
        clean.insert(&wanted).await.unwrap();
        assert!(clean.delete("a").await.unwrap().is_some());
        assert!(guarded(&store).await.iter().all(|owner| owner != "a"), "{ends_at}");
        for id in stored {
            store.other.delete_item().table_name(store.table("sessions")).key("id", s(&id)).send().await.unwrap();
        }
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c36_processes_that_define_at_once_turn_it_on_once() {
    let store = Store::open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let backend = open(&endpoint(), &store.prefix).await;
        tasks.spawn(async move { define(&backend, &sessions(60, "start")).await });
    }
    while let Some(defined) = tasks.join_next().await {
        defined.unwrap();
    }
    assert_eq!(on_by(&store).await.as_deref(), Some("_backends_expires"));
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_verify_wants_it_on_and_turns_nothing() {
    let store = Store::open().await;
    define(&store.backend, &sessions(60, "start")).await;
    let verify = async |ttl| {
        let backend = open(&endpoint(), &store.prefix).await;
        let definition = crate::store::definition(&sessions(ttl, "start"));
        backend.define::<Document>(definition).schema_mode(SchemaMode::Verify).await
    };
    verify(60).await.unwrap();
    let error = verify(90).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("`ttl`"), "{error}");
    turn(&store, "_backends_expires", false).await;
    let error = verify(60).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("`_backends_expires`"), "{error}");
    assert_eq!(on_by(&store).await, None);
    // Whoever may, turns it on again.
    define(&open(&endpoint(), &store.prefix).await, &sessions(60, "start")).await;
    verify(60).await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c34_c37_another_time_to_live_is_written_to_what_is_stored() {
    let store = Store::open().await;
    let records = define(&store.backend, &sessions(60, "start")).await;
    records.insert_many(&[session("a", AT), session("b", AT)]).await.unwrap();
    store.put("sessions", &[("id", s("theirs"))]).await;
    for ttl in [90_i64, 30, 0] {
        let backend = open(&endpoint(), &store.prefix).await;
        define(&backend, &sessions(ttl.unsigned_abs(), "start")).await;
        let ends = ends(&store).await;
        assert_eq!((ends["a"], ends["b"], ends["theirs"]), (Some(SECOND + ttl), Some(SECOND + ttl), None), "{ttl}");
    }
    // A process that runs with the time before goes on with it where it writes the time, until it is put right.
    records.update("a", Update::new().set("n", 1)).await.unwrap().unwrap();
    assert_eq!(end_of(&store, "a").await, Some(SECOND));
    records.update("a", Update::new().set("at", AT)).await.unwrap().unwrap();
    assert_eq!(end_of(&store, "a").await, Some(SECOND + 60));
    let definition = crate::store::definition(&sessions(0, "start"));
    let again = open(&endpoint(), &store.prefix).await.define::<Document>(definition).no_other_writers();
    again.await.unwrap();
    assert_eq!(end_of(&store, "a").await, Some(SECOND));
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_c42_a_longer_time_that_is_not_written_everywhere_is_not_applied_and_goes_on_where_it_stopped() {
    let store = Store::open().await;
    let records = define(&store.backend, &sessions(60, "start")).await;
    let all: Vec<Document> = (0..200).map(|number| session(&format!("{number:03}"), AT)).collect();
    records.insert_many(&all).await.unwrap();
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let (breaking, served) = (open(&proxy.url(), &store.prefix).await, Arc::new(AtomicUsize::new(0)));
    proxy.on(move |request, _| match request.operation() {
        "UpdateItem" if served.fetch_add(1, Ordering::Relaxed) >= 50 => dynamodb::access_denied("UpdateItem").into(),
        _ => Fault::Pass,
    });
    let longer = || crate::store::definition(&sessions(90, "start"));
    let error = breaking.define::<Document>(longer()).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    let count = |ends: &BTreeMap<String, Option<i64>>, end| ends.values().filter(|is| **is == Some(end)).count();
    assert!((1..=50).contains(&count(&ends(&store).await, SECOND + 90)));
    assert_eq!(records.definition().ttl().unwrap().seconds(), 60);
    proxy.pass();
    proxy.clear();
    let looked_at = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&looked_at);
    let report = move |records: u64| seen.store(usize::try_from(records).unwrap(), Ordering::Relaxed);
    let defined = breaking.define::<Document>(longer()).on_progress(report).await.unwrap();
    assert_eq!(count(&ends(&store).await, SECOND + 90), 200);
    assert_eq!(looked_at.load(Ordering::Relaxed), 200);
    let written = proxy.operations().iter().filter(|operation| *operation == "UpdateItem").count();
    assert!((150..200).contains(&written), "{written}");
    assert_eq!(defined.definition().ttl().unwrap().seconds(), 90);
    // Nothing is left to do.
    proxy.clear();
    define(&open(&proxy.url(), &store.prefix).await, &sessions(90, "start")).await;
    assert!(!proxy.operations().iter().any(|operation| operation == "Scan"), "{:?}", proxy.operations());
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c43_a_table_of_the_go_package_is_taken_over() {
    let store = Store::open().await;
    store.create("sessions", "id", ScalarAttributeType::S).await;
    turn(&store, "at", true).await;
    let long_ago = Timestamp::now().millis() - 6 * 365 * 86_400_000;
    for (id, at) in [
        ("lives", "2100-01-01T02:00:00.0001+02:00".to_owned()),
        ("gone", "2026-01-01T00:00:00Z".to_owned()),
        ("long gone", Timestamp::from_millis(long_ago).unwrap().to_string()),
    ] {
        store.put("sessions", &[("id", s(id)), ("at", s(&at))]).await;
    }
    store.put("sessions", &[("id", s("never"))]).await;
    let error = store.backend.define::<Document>(crate::store::definition(&sessions(60, "start"))).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("`expiry`"), "{error}");
    assert_eq!(on_by(&store).await.as_deref(), Some("at"));
    let records: Repository<Document> = define(&store.backend, &sessions(60, "expiry")).await;
    assert_eq!(on_by(&store).await.as_deref(), Some("_backends_expires"));
    let left: Vec<Document> = records.find(Filter::all()).await.unwrap();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(records.get("lives").await.unwrap().is_some() && records.get("never").await.unwrap().is_some());
    // What the service is told of those that are there; of what it has not removed by now, which was over for more than
    // five years, that it is over now.
    let ends = ends(&store).await;
    assert_eq!((ends["lives"], ends["never"]), (Some(SECOND - 1), None));
    let now = Timestamp::now().millis() / 1_000;
    assert!(ends.get("long gone").is_none_or(|end| end.is_some_and(|end| (now - 60..=now).contains(&end))), "{ends:?}");
    assert!(ends.get("gone").is_none_or(|end| *end == Some(1_767_225_600)), "{ends:?}");
    records.insert(&session("gone", AT)).await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c35_c43_what_the_go_package_writes_beside_is_told_the_service_once_it_is_gone() {
    let store = Store::open().await;
    store.create("sessions", "id", ScalarAttributeType::S).await;
    let at = |year: i32| s(&format!("{year}-01-01T00:00:00Z"));
    store.put("sessions", &[("id", s("there")), ("at", at(2100))]).await;
    let records: Repository<Document> = define(&store.backend, &sessions(60, "expiry")).await;
    let before = end_of(&store, "there").await;
    // It puts one more, and writes a later end into the other.
    store.put("sessions", &[("id", s("new")), ("at", at(2100))]).await;
    let update = store.other.update_item().table_name(store.table("sessions")).key("id", s("there"));
    let update = update.update_expression("SET #at = :at").expression_attribute_names("#at", "at");
    update.expression_attribute_values(":at", at(2101)).send().await.unwrap();
    let year = async |id: &str| records.get(id).await.unwrap().unwrap().get("at").cloned();
    let year_2101: Timestamp = "2101-01-01T00:00:00Z".parse().unwrap();
    assert!(year("there").await == Some(year_2101.into()) && year("new").await.is_some());
    assert_eq!((end_of(&store, "there").await, end_of(&store, "new").await), (before, None));
    // Its next start changes nothing: the service has one attribute at a time.
    let wanted = TimeToLiveSpecification::builder().attribute_name("at").enabled(true).build().unwrap();
    let again = store.other.update_time_to_live().table_name(store.table("sessions"));
    assert!(again.time_to_live_specification(wanted).send().await.is_err());
    assert_eq!(on_by(&store).await.as_deref(), Some("_backends_expires"));
    let last = crate::store::definition(&sessions(60, "expiry"));
    store.backend.define::<Document>(last).no_other_writers().await.unwrap();
    let ends = ends(&store).await;
    assert_eq!((ends["there"], ends["new"]), (Some(year_2101.millis() / 1_000), before));
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c37_a_time_to_live_by_an_attribute_of_others_is_a_conflict() {
    let store = Store::open().await;
    store.create("sessions", "id", ScalarAttributeType::S).await;
    turn(&store, "other", true).await;
    for holds in ["start", "expiry"] {
        let definition = crate::store::definition(&sessions(60, holds));
        let error = store.backend.define::<Document>(definition).await.unwrap_err();
        assert!(error.is_definition_conflict() && error.message().contains("`other`"), "{error}");
    }
    assert_eq!(on_by(&store).await.as_deref(), Some("other"));
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c43_a_service_that_is_busy_with_another_change_is_not_waited_for() {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let store = Store::through(&proxy.url()).await;
    store.create("sessions", "id", ScalarAttributeType::S).await;
    turn(&store, "at", true).await;
    store.put("sessions", &[("id", s("lives")), ("at", s(AT))]).await;
    // The service itself takes up to an hour for what a local one does at once.
    let too_soon = || {
        let message = "Time to live has been modified multiple times within a fixed interval";
        dynamodb::error(400, "com.amazon.coral.validate", "ValidationException", message)
    };
    let changes = Arc::new(AtomicUsize::new(0));
    proxy.on(move |request, _| match request.operation() {
        "UpdateTimeToLive" if changes.fetch_add(1, Ordering::Relaxed) > 0 => too_soon().into(),
        _ => Fault::Pass,
    });
    let records = define(&store.backend, &sessions(60, "expiry")).await;
    assert_eq!(on_by(&store).await, None);
    assert!(records.get("lives").await.unwrap().is_some());
    assert_eq!(end_of(&store, "lives").await, Some(SECOND));
    proxy.on(|request, _| match request.operation() {
        "DescribeTimeToLive" => Fault::change(|_| {
            br#"{"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLING", "AttributeName": "at"}}"#.to_vec()
        }),
        _ => Fault::Pass,
    });
    define(&open(&proxy.url(), &store.prefix).await, &sessions(60, "expiry")).await;
    assert_eq!(on_by(&store).await, None);
    proxy.pass();
    define(&open(&proxy.url(), &store.prefix).await, &sessions(60, "expiry")).await;
    assert_eq!(on_by(&store).await.as_deref(), Some("_backends_expires"));
    store.remove().await;
}
