//! Every record comes once, whatever the size of the batches and whatever happens between them.

use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{BackendDriver, DefineRequest, InsertManyRequest, NewRecord, RepositoryDriver};
use backends_core::{Definition, Filter, Key, Order, RecordBuf, Sort, SortField, Timestamp, Token, Value, field};
use tempfile::TempDir;

use super::*;
use crate::schema::Table;
use crate::{SqliteBackend, SqliteOptions};

fn context() -> Context {
    Context::new(Timestamp::now(), Duration::from_secs(30))
}

async fn repository(json: &str) -> (TempDir, SqliteRepository) {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(directory.path().join("a.db")).readers(1);
    let backend = SqliteBackend::open(options).await.unwrap();
    let definition = Definition::from_json(json).unwrap();
    backend.define(&DefineRequest::new(context(), definition.clone())).await.unwrap();
    (directory, SqliteRepository::new(backend, Arc::new(Table::new("", &definition))))
}

fn new(partition: i64, sort: Option<i64>, bytes: usize) -> NewRecord {
    let mut record = RecordBuf::new();
    record.set("p", Token::Int(partition));
    record.set("text", Token::String(&"x".repeat(bytes)));
    NewRecord::new(Key::new(Value::Int(partition), sort.map(Value::Int)), record)
}

async fn insert(repository: &SqliteRepository, records: Vec<NewRecord>) {
    repository.insert_many(&InsertManyRequest::new(context(), records)).await.unwrap();
}

fn cursor(repository: &SqliteRepository) -> Box<dyn Cursor> {
    let request = FindRequest::new(context());
    rows(repository, &request, Plan::new(&repository.table, &request).unwrap())
}

async fn sizes(cursor: &mut dyn Cursor) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Some(batch) = cursor.next().await.unwrap() {
        sizes.push(batch.len());
    }
    sizes
}

#[tokio::test]
async fn c22_batches_begin_small_and_stay_bounded() {
    let (_directory, repository) = repository(r#"{"name": "many", "hashKey": "p", "hashKeyType": "N"}"#).await;
    assert_eq!(sizes(&mut *cursor(&repository)).await, [0]);
    insert(&repository, (0..3_000).map(|n| new(n, None, 10)).collect()).await;
    assert_eq!(sizes(&mut *cursor(&repository)).await, [128, 512, 2_048, 312]);
    insert(&repository, (3_000..3_030).map(|n| new(n, None, 100_000)).collect()).await;
    let sizes = sizes(&mut *cursor(&repository)).await;
    assert_eq!(sizes.iter().sum::<usize>(), 3_030);
    assert!(sizes[4..].iter().all(|size| *size <= 12), "a batch has about 1 MB at most: {sizes:?}");
}

#[tokio::test]
async fn c22_between_two_batches_nothing_is_held() {
    let json = r#"{"name": "two", "hashKey": "p", "hashKeyType": "N", "rangeKey": "s", "rangeKeyType": "N"}"#;
    let (_directory, repository) = repository(json).await;
    // Equal partition keys across the borders of batches.
    insert(&repository, (0..1_000).map(|n| new(n / 300, Some(n), 10)).collect()).await;
    let mut open = cursor(&repository);
    assert_eq!(open.next().await.unwrap().unwrap().len(), 128);
    // There is one connection that reads; it is free, and what is behind the first batch may change.
    insert(&repository, vec![new(2, Some(5_000), 10), new(0, Some(-1), 10)]).await;
    repository.backend().with_reader(|file| file.query_row("SELECT 1", [], |_| Ok(()))).await.unwrap();
    assert_eq!(sizes(&mut *open).await.iter().sum::<usize>(), 1_000 - 128 + 1);
}

#[tokio::test]
async fn c22_one_unreadable_row_leaves_the_others_readable() {
    let (_directory, repository) = repository(r#"{"name": "some", "hashKey": "p", "hashKeyType": "N"}"#).await;
    insert(&repository, (0..3).map(|n| new(n, None, 10)).collect()).await;
    let spoil = |file: &mut Connection| {
        file.execute_batch("UPDATE some SET record = x'ff' WHERE partition_key = 0")?;
        file.execute_batch("UPDATE some SET record = '{\"p\":' WHERE partition_key = 1")
    };
    repository.backend().with_writer(spoil).await.unwrap();
    let batch = cursor(&repository).next().await.unwrap().unwrap();
    let read = |index| batch.read(index, &mut |tokens| RecordBuf::from_tokens(tokens).map(drop));
    assert!(read(0).unwrap_err().is_unreadable());
    assert!(read(1).unwrap_err().is_unreadable());
    read(2).unwrap();
}

#[tokio::test]
async fn c21_a_batch_without_a_match_says_how_far_was_looked() {
    let json = r#"{"name": "two", "hashKey": "p", "hashKeyType": "N", "rangeKey": "s", "rangeKeyType": "N",
        "indexes": [{"fields": ["kind", "text"], "unique": false}], "fields": {"kind": "string"}}"#;
    let (_directory, repository) = repository(json).await;
    // More than is looked at in one go.
    let records = (0..24).map(|n| {
        let mut record = new(n / 10, Some(n), 1 << 20);
        record.record.set("s", Token::Int(n));
        record.record.set("kind", Token::String("large"));
        record.record.set("text", Token::String(if n < 12 { "" } else { "b" }));
        record.record.set("more", Token::String(&"x".repeat(1 << 20)));
        record
    });
    insert(&repository, records.collect()).await;
    let by = |fields: &[(&str, Order)]| {
        Sort::By(fields.iter().map(|(field, order)| SortField::new(*field, *order)).collect())
    };
    let key = |order| [("p", order), ("s", order)];
    let needle = || field("note").eq("needle");
    let large = || field("kind").eq("large") & needle();
    for (filter, sort) in [
        (needle(), Sort::Stable),
        (needle(), by(&key(Order::Desc))),
        (large(), by(&[("kind", Order::Asc), ("text", Order::Asc), ("p", Order::Asc), ("s", Order::Asc)])),
        (large(), by(&[("text", Order::Desc), ("p", Order::Desc), ("s", Order::Desc)])),
    ] {
        let mut request = FindRequest::new(context());
        (request.filter, request.sort) = (filter, sort);
        let plan = Plan::new(&repository.table, &request).unwrap();
        assert!(!plan.remainder.sort, "{:?}", request.sort);
        // Each call begins where the one before has stopped looking, as pages do.
        let mut stops = 0;
        loop {
            let mut cursor = rows(&repository, &request, Plan::new(&repository.table, &request).unwrap());
            assert!(cursor.next().await.unwrap().unwrap().is_empty());
            let reached = cursor.reached();
            assert_ne!(reached, request.after, "every page goes further");
            if reached.is_none() {
                break;
            }
            (request.after, stops) = (reached, stops + 1);
            assert!(stops <= 24, "pages without an end");
        }
        assert!(stops >= 2, "{:?}: {stops}", request.sort);
    }
    // The row at which a look has stopped is passed, and no other.
    let mut request = FindRequest::new(context());
    (request.filter, request.sort) = (needle(), Sort::Stable);
    let mut cursor = rows(&repository, &request, Plan::new(&repository.table, &request).unwrap());
    cursor.next().await.unwrap();
    let Some(Value::Int(last)) = cursor.reached().and_then(|position| position.values().last().cloned()) else {
        panic!("the place of the last row that was looked at")
    };
    (request.filter, request.after) = (Filter::all(), cursor.reached());
    let left = sizes(&mut *rows(&repository, &request, Plan::new(&repository.table, &request).unwrap())).await;
    assert_eq!(i64::try_from(left.iter().sum::<usize>()), Ok(23 - last));
}
