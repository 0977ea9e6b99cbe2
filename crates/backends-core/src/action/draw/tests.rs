//! What core makes of batches, of a driver's own order, and of more records than it may hold.

use std::time::Duration;

use super::*;
use crate::driver::{Context, Found};
use crate::{Backend, Definition, Document, Error, Filter, Repository, Timestamp, Token, Value, field, memory};

async fn notes() -> Repository<Document> {
    let backend = Backend::new(std::sync::Arc::new(memory::MemoryBackend::open("")));
    backend.define(Definition::builder("notes").partition_key("key").build().unwrap()).await.unwrap()
}

fn note(key: &str) -> RecordBuf {
    let mut record = RecordBuf::new();
    record.push(Token::Field("key"));
    record.push(Token::String(key));
    record
}

fn place(key: &str) -> Position {
    Position::new(vec![Value::from(key)])
}

/// Batches of records with these keys, and how far the driver has looked after each.
struct Steps(Vec<(&'static [&'static str], Option<&'static str>)>, Option<&'static str>);

#[async_trait::async_trait]
impl Cursor for Steps {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let (keys, reached) = self.0.remove(0);
        self.1 = reached;
        Ok(Some(Box::new(keys.iter().map(|key| note(key)).collect::<Vec<_>>())))
    }

    fn reached(&self) -> Option<Position> {
        self.1.map(place)
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}

/// The keys that a page has, and where it ends before its time is over; `until` is already past.
async fn page(steps: Steps, remainder: Remainder, after: Option<&str>) -> (Vec<String>, Option<Position>) {
    let notes = notes().await;
    let query = Query::new(&notes, Filter::all());
    let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(9)));
    (request.sort, request.after, request.limit) = (Sort::Stable, after.map(place), Some(9));
    let until = Some(Instant::now());
    let opening = Opening { keeps_positions: true, until, ..Opening::new(&query, request) };
    let mut draw = Draw::new(&opening, Found::new(Box::new(steps), remainder));
    let mut keys = Vec::new();
    while let Some(drawn) = draw.next().await.unwrap() {
        for at in 0..drawn.indexes.len() {
            let Some(Value::String(key)) = drawn.read::<Document>(&query.state, at, None).unwrap().remove("key") else {
                panic!("a record has its key");
            };
            keys.push(key);
        }
    }
    (keys, draw.stopped_at())
}

#[tokio::test]
async fn c21_a_page_whose_time_is_over_ends_where_the_driver_has_looked_to() {
    let left = || Remainder::nothing().with_slice(true);
    // Nothing matched, and still the next page goes further.
    let (keys, end) = page(Steps(vec![(&[], Some("c")), (&["d"], None)], None), left(), None).await;
    assert_eq!((keys.len(), end), (0, Some(place("c"))));
    // Further than the last record.
    let (keys, end) = page(Steps(vec![(&["a"], Some("c")), (&["d"], None)], None), left(), None).await;
    assert_eq!((keys, end), (vec!["a".to_owned()], Some(place("c"))));
    // Where nobody knows, the last record is the end, and nothing is none.
    let (keys, end) = page(Steps(vec![(&[], None), (&["a"], None), (&["d"], None)], None), left(), None).await;
    assert_eq!((keys, end), (vec!["a".to_owned()], Some(place("a"))));
    // At the end there is no more, whatever the time.
    let (keys, end) = page(Steps(vec![], None), left(), None).await;
    assert_eq!((keys.len(), end), (0, None));
}

#[tokio::test]
async fn c21_a_driver_that_begins_behind_a_place_in_an_order_of_its_own_is_believed() {
    let steps = || Steps(vec![(&["a", "z", "b"], None)], None);
    let filter = field("key").ne("z");
    let left = || Remainder::nothing().with_filter(filter.clone());
    assert_eq!(page(steps(), left().with_after(false), Some("m")).await.0, ["a", "b"]);
    assert_eq!(page(steps(), left(), Some("a")).await.0, ["b"]);
}

#[tokio::test]
async fn c41_an_order_is_refused_that_takes_more_memory_than_it_may() {
    let notes = notes().await;
    let query = Query::new(&notes, Filter::all());
    let size = note("0000").size() as u64;
    let sorted = async |limit: Option<u64>, bytes: u64| -> Result<usize> {
        let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(9)));
        (request.sort, request.limit) = (Sort::By(vec![SortField::new("key", crate::Order::Asc)]), limit);
        let records: Vec<_> = (0..5_000).map(|number| note(&format!("{:04}", (number * 7) % 5_000))).collect();
        let found = Found::batches(vec![Box::new(records)]).with_sort_bound(bytes, Error::unsupported("too many"));
        let opening = Opening::new(&query, request);
        let mut draw = Draw::new(&opening, found);
        let mut count = 0;
        while let Some(drawn) = draw.next().await? {
            count += drawn.indexes.len();
        }
        Ok(count)
    };
    assert_eq!(sorted(None, size * 5_000).await.unwrap(), 5_000);
    assert!(sorted(None, size * 5_000 - 1).await.unwrap_err().is_unsupported());
    // Of those that are not asked for, no more than as many again are held.
    assert_eq!(sorted(Some(10), size * 10).await.unwrap(), 10);
    assert!(sorted(Some(10), size * 10 - 1).await.unwrap_err().is_unsupported());
    assert!(sorted(Some(4_000), size * 3_999).await.unwrap_err().is_unsupported());
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Keyed {
    key: String,
}

#[tokio::test]
async fn c43_an_order_of_core_reads_what_is_asked_for_and_goes_on_after_what_cannot_be_read() {
    let notes = notes().await;
    let query = Query::new(&notes, Filter::all());
    let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(9)));
    request.sort = Sort::By(vec![SortField::new("key", crate::Order::Asc)]);
    let mut batch = crate::json::JsonBatch::new();
    let id = "0123456789abcdef01234567";
    batch.push(&format!(r#"{{"key": "c", "more": 99999999999999999999, "id": "{id}"}}"#));
    batch.push(r#"{"key": "b", "more": "#);
    batch.push(r#"{"key": "a"}"#);
    let found = Found::batches(vec![Box::new(batch)]);
    let opening = Opening::new(&query, request);
    let mut draw = Draw::new(&opening, found);
    let Err(error) = draw.next().await else { panic!("the second is no record") };
    assert!(error.is_unreadable(), "{error}");
    let drawn = draw.next().await.unwrap().unwrap();
    let keys = [0, 1].map(|at| drawn.read::<Keyed>(&query.state, at, None).unwrap().key);
    assert_eq!(keys, ["a", "c"]);
    let error = drawn.read::<Document>(&query.state, 1, None).unwrap_err();
    assert!(error.is_unreadable() && error.path() == Some("more"), "{error}");
    assert!(error.context().eq([("id", id)]), "{error}");
}

/// A file that is damaged where the next records are.
struct Damaged;

#[async_trait::async_trait]
impl Cursor for Damaged {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        Err(Error::unreadable("the file is damaged"))
    }

    fn reached(&self) -> Option<Position> {
        None
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}

#[tokio::test]
async fn c22_a_stream_ends_after_a_driver_that_cannot_go_on() {
    let notes = notes().await;
    let query = Query::new(&notes, Filter::all());
    let request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(9)));
    let opening = Opening::new(&query, request);
    let mut draw = Draw::new(&opening, Found::everything(Box::new(Damaged)));
    assert!(draw.next().await.err().is_some_and(|error| error.is_unreadable()));
    assert!(draw.next().await.is_ok_and(|drawn| drawn.is_none()));
}
