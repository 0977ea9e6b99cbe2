//! Reading by filter: by the key, beside rows of other programs, and of more than is looked at in one go.

use backends_core::driver::{Access, SortedBy};
use backends_core::{Backend, Definition, Document, Filter, Order, Repository, Update, Value, field};
use backends_sqlite::SqliteBackend;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{directory, open};

async fn events() -> (TempDir, Backend, Repository) {
    let (directory, path) = directory();
    let backend = open(&path).await;
    let json = r#"{"name": "events", "hashKey": "tenant", "rangeKey": "number", "rangeKeyType": "integer",
        "fields": {"at": "timestamp"}}"#;
    let events = backend.define(Definition::from_json(json).unwrap()).await.unwrap();
    (directory, backend, events)
}

fn event(tenant: &str, number: i64) -> Document {
    let at = "2026-01-02T03:04:05Z";
    Document::from([("tenant", Value::from(tenant)), ("number", number.into()), ("at", at.into())])
}

fn numbers(documents: &[Document]) -> Vec<i64> {
    let number = |document: &Document| match document.get("number") {
        Some(Value::Int(number)) => *number,
        other => panic!("{other:?}"),
    };
    documents.iter().map(number).collect()
}

async fn execute(backend: &Backend, sql: &'static str) {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(move |file: &mut Connection| file.execute_batch(sql)).await.unwrap();
}

#[tokio::test]
async fn c25_c19_the_key_serves_filters_and_orders() {
    let (_directory, _backend, events) = events().await;
    let all: Vec<_> = ["a", "b"].iter().flat_map(|tenant| (0..500).map(|number| event(tenant, number))).collect();
    events.insert_many(&all).await.unwrap();
    let of_a = || field("tenant").eq("a");
    for (filter, order, access, sorted_by) in [
        (of_a() & field("number").eq(7), Order::Asc, Access::Key, SortedBy::Access),
        (of_a() & field("number").is_in([7, 8]), Order::Asc, Access::Keys, SortedBy::Access),
        (of_a(), Order::Desc, Access::KeyRange, SortedBy::Access),
        (field("number").lt(3), Order::Desc, Access::Scan, SortedBy::Core),
    ] {
        let plan = events.find(filter.clone()).sort("number", order).explain().await.unwrap();
        assert_eq!((&plan.access, plan.sorted_by, &plan.database_filter), (&access, sorted_by, &filter), "{plan}");
        assert!(plan.core_filter.is_all());
    }
    let plan = events.find(of_a() & field("name").contains("x")).explain().await.unwrap();
    let (answered, left) = (plan.database_filter.clone(), plan.core_filter.clone());
    assert_eq!((answered, left), (of_a(), field("name").contains("x")), "what the key does not answer: {plan}");
    let last = events.find(of_a()).sort("number", Order::Desc).limit(3).await.unwrap();
    assert_eq!(numbers(&last), [499, 498, 497]);
    let mut after = None;
    let mut read = Vec::new();
    loop {
        let page = events.find(of_a() & field("number").ge(100)).sort("number", Order::Desc).page(150).after(after);
        let page = page.await.unwrap();
        read.extend(numbers(&page.records));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read, (100..500).rev().collect::<Vec<_>>());
    assert_eq!(events.count(field("number").between(10, 19)).await.unwrap(), 20);
    assert_eq!(events.count(Filter::all()).await.unwrap(), 1_000);
}

#[tokio::test]
async fn c22_more_than_is_looked_at_in_one_go_is_read_to_its_end() {
    let (_directory, _backend, events) = events().await;
    let large = |number| {
        let mut document = event("a", number);
        document.insert("text", "x".repeat(1 << 20));
        document
    };
    events.insert_many(&(0..40).map(large).collect::<Vec<_>>()).await.unwrap();
    let rare = || field("number").is_in([0, 39]) & field("text").like("x%x");
    assert_eq!(numbers(&events.find(rare()).sort("number", Order::Asc).await.unwrap()), [0, 39]);
    assert_eq!(events.count(rare()).await.unwrap(), 2);
    assert_eq!(numbers(&[events.find_one(field("number").eq(39)).await.unwrap().unwrap()]), [39]);
}

#[tokio::test]
async fn c43_c22_a_row_that_cannot_be_looked_at_is_told_and_the_others_are_read() {
    let (_directory, backend, events) = events().await;
    events.insert_many(&(0..3).map(|number| event("a", number)).collect::<Vec<_>>()).await.unwrap();
    execute(&backend, "UPDATE events SET record = json_set(record, '$.at', 'soon') WHERE sort_key = 1").await;
    let recent = || field("at").ge("2020-01-01T00:00:00Z");
    let error = events.find(recent()).await.unwrap_err();
    assert!(error.is_unreadable() && error.path() == Some("at"), "{error}");
    assert!(events.count(recent()).await.unwrap_err().is_unreadable());
    let mut stream = events.find(recent()).stream();
    let (mut read, mut failed) = (Vec::new(), 0);
    while let Some(record) = stream.next().await {
        match record {
            Ok(record) => read.extend(numbers(&[record])),
            Err(error) => failed += usize::from(error.is_unreadable()),
        }
    }
    read.sort_unstable();
    assert_eq!((read.as_slice(), failed), ([0, 2].as_slice(), 1));
    // Who does not ask for it reads it.
    assert_eq!(events.count(field("number").eq(1)).await.unwrap(), 1);
    execute(&backend, "UPDATE events SET record = '{\"number\": 1, \"tenant\"' WHERE sort_key = 1").await;
    assert!(events.find(field("tenant").eq("a")).await.unwrap_err().is_unreadable());
    assert!(events.count(field("tenant").eq("a") & field("v").is_missing()).await.unwrap_err().is_unreadable());
    // The key stands beside the record.
    assert_eq!(events.count(field("tenant").eq("a")).await.unwrap(), 3);
}

#[derive(Debug, serde::Deserialize)]
struct Tenant {
    #[allow(dead_code, reason = "what is read of it does not matter")]
    tenant: String,
}

#[tokio::test]
async fn c43_a_value_that_a_filter_cannot_read_is_no_match() {
    let (_directory, backend, events) = events().await;
    events.insert_many(&(0..3).map(|number| event("a", number)).collect::<Vec<_>>()).await.unwrap();
    execute(&backend, "UPDATE events SET record = json_set(record, '$.v', 1) WHERE sort_key = 2").await;
    execute(
        &backend,
        "UPDATE events SET record = replace(record, '{', '{\"v\":99999999999999999999,') WHERE sort_key = 1",
    )
    .await;
    let meant = || field("number").eq(1) & field("v").eq(1);
    let told = |error: backends_core::Error| {
        assert!(error.is_unreadable() && error.path() == Some("v"), "{error}");
        assert!(error.context().any(|(name, _)| name == "id"), "{error}");
    };
    told(events.exists(meant()).await.unwrap_err());
    told(events.find(meant()).await.unwrap_err());
    told(events.find(meant()).select::<Tenant>().await.unwrap_err());
    told(events.find(meant()).fields(["tenant"]).sort("at", Order::Asc).await.unwrap_err());
    told(events.find(meant()).fields(["tenant"]).page(5).await.unwrap_err());
    told(events.delete_many(meant()).await.unwrap_err());
    assert!(events.count(meant()).await.unwrap_err().is_unreadable());
    let mut stream = events.find(field("v").eq(1)).fields(["tenant"]).stream();
    let (mut read, mut failed) = (Vec::new(), 0);
    while let Some(record) = stream.next().await {
        record.map_or_else(
            |error| {
                told(error);
                failed += 1;
            },
            |record| read.extend(numbers(&[record])),
        );
    }
    assert_eq!((read, failed), (vec![2], 1));
    // Who does not ask for it reads the others beside it.
    let tenants = events.find(field("number").eq(1)).select::<Tenant>().await.unwrap();
    assert_eq!(tenants.len(), 1);
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Noted {
    tenant: String,
    number: i64,
    text: Option<String>,
    count: Option<i64>,
}

#[tokio::test]
async fn c43_a_write_that_does_not_ask_for_what_it_cannot_read_leaves_it_there() {
    let (_directory, backend, events) = events().await;
    events.insert_many(&(0..3).map(|number| event("a", number)).collect::<Vec<_>>()).await.unwrap();
    let odd = "UPDATE events SET record = replace(record, '{', '{\"v\":99999999999999999999,\"w\":{\"x\":[1e999]},')";
    execute(&backend, odd).await;
    let whole = async |also: &str| {
        let whole = "record -> '$.v' = '99999999999999999999' AND record -> '$.w.x' = '[1e999]'";
        let sql = format!("SELECT count(*) FROM events WHERE {whole} AND {also}");
        let native: &SqliteBackend = backend.native().unwrap();
        native
            .with_writer(move |file: &mut Connection| file.query_one(&sql, [], |row| row.get::<_, i64>(0)))
            .await
            .unwrap()
    };
    let noted = events.typed::<Noted>();
    let new = || Update::new().set("text", "new");
    assert!(noted.update(("a", 1), new()).await.unwrap().is_some());
    assert_eq!(noted.update_many(field("text").eq("new"), Update::new().inc("count", 1)).await.unwrap(), 1);
    assert_eq!((whole("record ->> '$.count' = 1").await, whole("true").await), (1, 3));
    // Who asks for it is told, and nothing is changed.
    for update in [new(), Update::new().inc("v", 1), Update::new().set("w.y", 1)] {
        assert!(events.update(("a", 1), update).await.unwrap_err().is_unreadable());
    }
    assert_eq!((whole("record ->> '$.count' = 1").await, whole("true").await), (1, 3));
    assert_eq!(noted.delete_one(field("text").eq("new")).await.unwrap().map(|noted| noted.number), Some(1));
    assert_eq!(noted.delete_many(field("number").lt(5)).await.unwrap(), 2);
    assert_eq!(whole("true").await, 0);
}
