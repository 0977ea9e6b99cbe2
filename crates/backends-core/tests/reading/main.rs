//! Whatever a driver does of a read itself, and however long it takes, the answer is the same.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backends_core::{Backend, Definition, ErrorKind, Filter, Kind, Order, Repository, Update, field};
use numbers::{Does, Numbers};
use serde::{Deserialize, Serialize};

mod numbers;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Number {
    n: i64,
    half: i64,
}

async fn numbers(driver: &Numbers) -> Repository<Number> {
    let definition = Definition::builder("numbers").partition_key_of("n", Kind::Integer).build().unwrap();
    Backend::new(Arc::new(driver.clone())).define(definition).await.unwrap()
}

/// A driver that does more and more, and one that does nothing and says that it sliced.
fn drivers(count: i64) -> impl Iterator<Item = Numbers> {
    let does = |at: usize| Does { filter: at & 1 > 0, order: at & 2 > 0, slice: at & 4 > 0 };
    let driver = move |at| Numbers { does: does(at), boasts: at == 8, batch: 7, ..Numbers::new(count) };
    (0..=8).map(driver)
}

fn values(records: &[Number]) -> Vec<i64> {
    records.iter().map(|number| number.n).collect()
}

#[tokio::test]
async fn c19_c20_whatever_a_driver_leaves_core_finishes() {
    for driver in drivers(100) {
        let numbers = numbers(&driver).await;
        let does = driver.does;
        let filter = field("n").ge(10) & field("half").lt(40);
        for (order, first) in [(Order::Asc, 10), (Order::Desc, 79)] {
            let found = numbers.find(&filter).sort("n", order).offset(3).limit(5).await.unwrap();
            let step = if order == Order::Asc { 1 } else { -1 };
            let meant: Vec<_> = (0..5).map(|at| first + step * (3 + at)).collect();
            assert_eq!(values(&found), meant, "{does:?}");
            let one = numbers.find_one(&filter).sort("n", order).await.unwrap();
            assert_eq!(one.map(|number| number.n), Some(first), "{does:?}");
            let by_half = numbers.find(&filter).sort("half", order).limit(1).offset(1).await.unwrap();
            assert_eq!(values(&by_half), [first + step], "{does:?}");
        }
        assert_eq!(numbers.count(&filter).await.unwrap(), 70, "{does:?}");
        assert_eq!(numbers.find(field("half").eq(7)).limit(1).await.unwrap().len(), 1);
        assert_eq!(numbers.find(field("half").eq(7)).offset(1).await.unwrap().len(), 1, "{does:?}");
        assert_eq!(numbers.find(field("half").eq(7) & field("n").ge(15)).await.unwrap(), [Number { n: 15, half: 7 }]);
    }
}

#[tokio::test]
async fn c21_pages_are_the_same_whatever_a_driver_does() {
    for driver in drivers(50) {
        let numbers = numbers(&driver).await;
        for order in [None, Some(Order::Asc), Some(Order::Desc)] {
            let mut token = None;
            let mut found = Vec::new();
            loop {
                let find = numbers.find(field("n").ge(5) & field("half").ne(10));
                let find = order.into_iter().fold(find, |find, order| find.sort("n", order));
                let page = find.page(4).after(token).await.unwrap();
                assert!(page.records.len() == 4 || page.next.is_none());
                found.extend(values(&page.records));
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            let mut meant: Vec<_> = (5..50).filter(|number| number / 2 != 10).collect();
            if order == Some(Order::Desc) {
                meant.reverse();
            }
            assert_eq!(found, meant, "{:?} {order:?}", driver.does);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn c21_a_page_whose_time_is_over_is_short_and_goes_on() {
    for slice in [true, false] {
        let does = Does { order: true, slice, ..Does::default() };
        let driver = Numbers { does, takes: Duration::from_secs(2), batch: 5, ..Numbers::new(100) };
        let numbers = numbers(&driver).await;
        let mut found = Vec::new();
        let mut token = None;
        let mut pages = 0;
        loop {
            let find = numbers.find(field("half").is_in([1, 20, 49])).sort("n", Order::Asc);
            let page = find.page(100).timeout(Duration::from_secs(10)).after(token).await.unwrap();
            found.extend(values(&page.records));
            token = page.next;
            pages += 1;
            assert!(pages < 50, "pages that do not go further");
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, [2, 3, 40, 41, 98, 99], "slice {slice}");
        assert!(pages > 3, "{pages} pages");
    }
}

#[tokio::test]
async fn c22_find_collects_at_most_100_000_unless_it_is_told_to() {
    let driver = Numbers::new(100_001);
    let many = numbers(&driver).await;
    let error = many.find(Filter::all()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    for way in [".stream()", ".page(…)", ".limit(…)", ".unbounded()"] {
        assert!(error.message().contains(way), "{error}");
    }
    assert_eq!(many.find(Filter::all()).limit(100_001).await.unwrap().len(), 100_001);
    assert_eq!(many.find(Filter::all()).unbounded().await.unwrap().len(), 100_001);
    assert_eq!(many.find(field("n").ge(1)).await.unwrap().len(), 100_000);
    assert_eq!(many.count(Filter::all()).await.unwrap(), 100_001);
    assert!(many.find(Filter::all()).sort("half", Order::Desc).await.unwrap_err().is_invalid_input());
    let mut stream = many.find(Filter::all()).stream();
    let mut streamed = 0;
    while let Some(number) = stream.next().await {
        number.unwrap();
        streamed += 1;
    }
    assert_eq!(streamed, 100_001);
}

#[tokio::test]
async fn l06_a_read_that_has_enough_asks_for_no_more() {
    let driver = Numbers { batch: 10, ..Numbers::new(1_000) };
    let numbers = numbers(&driver).await;
    let given = || driver.given.swap(0, Ordering::Relaxed);
    numbers.find(field("half").ge(0)).limit(15).await.unwrap();
    assert_eq!(given(), 20);
    assert!(numbers.exists(Filter::all()).await.unwrap());
    assert_eq!(given(), 10);
    let mut stream = numbers.find(Filter::all()).stream();
    for _ in 0..11 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(given(), 20, "a stream holds one batch");
}

#[tokio::test]
async fn c29_a_record_that_a_search_meets_twice_is_changed_once() {
    // It moved in the order of an index while that was walked.
    let driver = Numbers { batch: 2, instead: Some(vec![1, 2, 3, 1, 2]), ..Numbers::new(9) };
    let changed = numbers(&driver).await.update_many(Filter::all(), Update::new().inc("half", 1)).await.unwrap();
    assert_eq!((changed, driver.updated.lock().unwrap().clone()), (3, vec![1, 2, 3]));
}

#[tokio::test]
async fn c27_what_a_search_finds_again_and_is_not_meant_is_passed_over() {
    // An index says of 1 and 2 what they no longer are.
    let driver = Numbers { instead: Some(vec![1, 2, 6, 7]), ..Numbers::new(9) };
    let numbers = numbers(&driver).await;
    let update = || Update::new().inc("half", 1);
    let one = numbers.update_one(field("half").eq(3), update()).await.unwrap();
    assert_eq!(one, Some(Number { n: 6, half: 4 }));
    assert!(numbers.update_one(field("half").eq(4), update()).await.unwrap().is_none(), "none of them");
    assert_eq!(*driver.updated.lock().unwrap(), [6]);
}
