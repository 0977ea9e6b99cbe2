//! Random filters, orders, limits and pages over what this library and other programs store, compared with core.

use std::collections::BTreeSet;

use backends_core::action::Find;
use backends_core::{Backend, Document, Filter, Order, Repository, Timestamp, Value, field, memory};
use backends_dynamo::aws_sdk_dynamodb::primitives::Blob;
use backends_dynamo::aws_sdk_dynamodb::types::AttributeValue as A;
use fastrand::Rng;

use crate::store::{Item, Store, definition, n, s};

const RECORDS: usize = 300;
const QUERIES: usize = 250;

const DEFINITION: &str = r#"{"name": "odd", "hashKey": "p", "rangeKey": "s", "rangeKeyType": "N",
    "fields": {"at": "timestamp", "times[]": "timestamp", "loose": {"kind": "timestamp", "foreignText": true}}}"#;

/// The same records on the service and in memory.
struct Both {
    service: Repository<Document>,
    memory: Repository<Document>,
    rng: Rng,
    seed: u64,
}

impl Both {
    async fn new() -> Self {
        let given = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| fastrand::u64(..));
        let mut rng = Rng::with_seed(seed);
        let store = Store::open().await;
        let service = store.backend.define::<Document>(definition(DEFINITION)).await.unwrap();
        let mut keys = Vec::new();
        for number in 0..RECORDS {
            let partition = ["a", "b", "ä", "$p", "a%"][rng.usize(..5)];
            let item = item(&mut rng, partition, number);
            let put = store.other.put_item().table_name(store.table("odd")).set_item(Some(item));
            put.send().await.unwrap();
            keys.push((partition, number));
        }
        let memory = Backend::new(std::sync::Arc::new(memory::MemoryBackend::open("")));
        let memory = memory.define(definition(DEFINITION)).await.unwrap();
        let records: Vec<Document> = service.get_many(&keys).await.unwrap().into_iter().flatten().collect();
        assert_eq!(records.len(), RECORDS, "TEST_SEED={seed}");
        memory.insert_many(&records).await.unwrap();
        Self { service, memory, rng, seed }
    }

    fn what(&self, number: usize, filter: &Filter) -> String {
        let json = serde_json::to_string(filter).unwrap();
        format!("TEST_SEED={}, query {number}: {json}", self.seed)
    }
}

/// A value as a program may store it that knows nothing of this library.
fn value(rng: &mut Rng, depth: usize) -> A {
    let texts = ["", "a", "ab", "b", "A", "a%b", "é", "\u{ffff}", "\u{1f600}", "1", "1970-01-01T00:00:00.000Z"];
    let numbers = ["0", "1", "1.50", "-1", "1E3", "9007199254740993", "9223372036854775807", "1e19", "-1e-130", "0.5"];
    let text = |rng: &mut Rng| texts[rng.usize(..texts.len())].to_owned();
    let number = |rng: &mut Rng| numbers[rng.usize(..numbers.len())].to_owned();
    let bytes = |rng: &mut Rng| [vec![], vec![97], vec![97, 98], vec![0, 255]][rng.usize(..4)].clone();
    match rng.u8(..if depth == 0 { 14 } else { 20 }) {
        0..4 => A::S(text(rng)),
        4..8 => A::N(number(rng)),
        8 | 9 => A::Bool(rng.bool()),
        10 => A::B(Blob::new(bytes(rng))),
        11 => A::Null(true),
        12 => match rng.u8(..3) {
            0 => A::Ss(vec!["a".to_owned(), "ab".to_owned()]),
            1 => A::Ns(vec!["1.5".to_owned(), "1000".to_owned()]),
            _ => A::Bs(vec![Blob::new([97]), Blob::new([0])]),
        },
        13..17 => A::L((0..rng.usize(..4)).map(|_| value(rng, depth.saturating_sub(1))).collect()),
        _ => A::M(
            ["v", "0", "a"]
                .into_iter()
                .take(rng.usize(..4))
                .map(|name| (name.to_owned(), value(rng, depth - 1)))
                .collect(),
        ),
    }
}

fn item(rng: &mut Rng, partition: &str, number: usize) -> Item {
    let mut item = Item::from([("p".to_owned(), s(partition)), ("s".to_owned(), n(&number.to_string()))]);
    for name in ["v", "w", "m", "size"] {
        if rng.u8(..5) > 0 {
            item.insert(name.to_owned(), value(rng, 2));
        }
    }
    let canonical = ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z", "2026-07-01T12:00:00.000Z"];
    let others = [
        "1970-01-01T02:00:00+02:00",
        "2026-07-01T12:00:00Z",
        "1969-12-31T23:59:59.9Z",
        "1970-01-01 00:00:00.001Z",
        "2026-07-01t12:00:00.000z",
        "1970-01-01T00:00:00.000z",
    ];
    let instant = |rng: &mut Rng| if rng.bool() { canonical[rng.usize(..3)] } else { others[rng.usize(..6)] };
    for name in ["at", "loose"] {
        match rng.u8(..4) {
            0 => {}
            1 => drop(item.insert(name.to_owned(), A::Null(true))),
            _ => drop(item.insert(name.to_owned(), s(instant(rng)))),
        }
    }
    if rng.bool() {
        let times = (0..rng.usize(..3)).map(|_| s(instant(rng))).collect();
        item.insert("times".to_owned(), A::L(times));
    }
    item
}

fn instant(rng: &mut Rng) -> Value {
    Value::Timestamp(Timestamp::from_millis([0, 1, -100, 1_782_907_200_000][rng.usize(..4)]).unwrap())
}

/// An operand for undeclared places.
fn operand(rng: &mut Rng) -> Value {
    let texts = ["", "a", "ab", "b", "A", "a%b", "é", "\u{ffff}", "\u{1f600}", "1970-01-01T00:00:00.000Z"];
    match rng.u8(..10) {
        0..4 => texts[rng.usize(..texts.len())].into(),
        4..6 => [0, 1, -1, 1_000, 9_007_199_254_740_993, i64::MAX][rng.usize(..6)].into(),
        6 | 7 => [1.5, 0.5, 1e19, -1e-130][rng.usize(..4)].into(),
        8 => rng.bool().into(),
        _ => Value::Bytes([vec![], vec![97], vec![97, 98]][rng.usize(..3)].clone()),
    }
}

fn ordered(rng: &mut Rng) -> Value {
    loop {
        match operand(rng) {
            Value::Bool(_) | Value::Bytes(_) => {}
            value => return value,
        }
    }
}

fn test(rng: &mut Rng) -> Filter {
    let patterns = ["a%", "%a%", "%b", "a%b", "%", "", "%%%", "%é%", "a%%b"];
    let place = field(["v", "w", "m", "m.v", "m.0", "m.v.v", "size", "v.a"][rng.usize(..8)]);
    match rng.u8(..22) {
        0 => place.eq(operand(rng)),
        1 => place.ne(operand(rng)),
        2 => place.lt(ordered(rng)),
        3 => place.le(ordered(rng)),
        4 => place.gt(ordered(rng)),
        5 => place.ge(ordered(rng)),
        6 => place.between(ordered(rng), ordered(rng)),
        7 => place.is_in((0..rng.usize(..5)).map(|_| operand(rng)).collect::<Vec<_>>()),
        8 => place.not_in((0..rng.usize(..5)).map(|_| operand(rng)).collect::<Vec<_>>()),
        9 => place.like(patterns[rng.usize(..patterns.len())]),
        10 => place.starts_with(["", "a", "é"][rng.usize(..3)]),
        11 | 12 => place.contains(operand(rng)),
        13 => place.is_missing(),
        14 => place.is_set(),
        15 => field("times").contains(instant(rng)),
        16 => {
            let at = field(["at", "loose"][rng.usize(..2)]);
            match rng.u8(..5) {
                0 => at.eq(instant(rng)),
                1 => at.ne(instant(rng)),
                2 => at.lt(instant(rng)),
                3 => at.is_missing(),
                _ => at.between(instant(rng), instant(rng)),
            }
        }
        17 => field("p").eq(["a", "ä", "none", "", "$p"][rng.usize(..5)]),
        18 => field("p").is_in(["a", "b", "a%"].into_iter().take(rng.usize(..4))),
        19 => field("s").between(rng.i64(..300), rng.i64(..300)),
        20 => field("s").is_in((0..rng.usize(..6)).map(|_| rng.i64(..300)).collect::<Vec<_>>()),
        _ => match rng.u8(..5) {
            0 => field("s").gt(rng.i64(..300)),
            1 => field("s").lt(rng.i64(..300)),
            2 => field("s").ne(rng.i64(..300)),
            3 => field("p").like("a%"),
            _ => field("p").starts_with("a"),
        },
    }
}

fn filter(rng: &mut Rng, depth: usize) -> Filter {
    match rng.u8(..if depth == 0 { 6 } else { 14 }) {
        0..6 => test(rng),
        6..10 => Filter::and((0..rng.usize(1..4)).map(|_| filter(rng, depth - 1)).collect::<Vec<_>>()),
        10..12 => Filter::or((0..rng.usize(1..4)).map(|_| filter(rng, depth - 1)).collect::<Vec<_>>()),
        _ => !filter(rng, depth - 1),
    }
}

/// Half of the filters say what a key helps with.
fn query(rng: &mut Rng, number: usize) -> Filter {
    let rest = filter(rng, number % 4);
    match rng.u8(..6) {
        0 => field("p").eq(["a", "ä"][rng.usize(..2)]) & rest,
        1 => field("p").is_in(["a", "b", "none", "$p"]) & rest,
        2 => field("p").eq("b") & field("s").ge(rng.i64(..300)) & rest,
        _ => rest,
    }
}

fn order(rng: &mut Rng) -> Vec<(&'static str, Order)> {
    let mut places = vec!["v", "m.v", "w", "at", "s", "p", "size"];
    rng.shuffle(&mut places);
    places.truncate(rng.usize(..3));
    places.into_iter().map(|place| (place, if rng.bool() { Order::Asc } else { Order::Desc })).collect()
}

fn sorted(find: Find<Document>, order: &[(&'static str, Order)]) -> Find<Document> {
    order.iter().fold(find, |find, (place, order)| find.sort(*place, *order))
}

fn numbers(records: &[Document]) -> Vec<i64> {
    let number = |record: &Document| match record.get("s") {
        Some(Value::Int(number)) => *number,
        _ => panic!("a record has its number"),
    };
    records.iter().map(number).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c18_random_filters_mean_what_core_means() {
    let mut both = Both::new().await;
    let mut hits = 0;
    for number in 0..QUERIES {
        let filter = query(&mut both.rng, number);
        let what = both.what(number, &filter);
        let found = both.service.find(&filter).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let meant = both.memory.find(&filter).await.unwrap();
        let of = |records: &[Document]| numbers(records).into_iter().collect::<BTreeSet<_>>();
        assert_eq!((of(&found), found.len()), (of(&meant), meant.len()), "{what}");
        assert_eq!(both.service.count(&filter).await.unwrap(), meant.len() as u64, "{what}");
        assert_eq!(both.service.exists(&filter).await.unwrap(), !meant.is_empty(), "{what}");
        hits += usize::from(!meant.is_empty());
    }
    assert!(hits > QUERIES / 4, "TEST_SEED={}: {hits} queries found anything", both.seed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_random_orders_and_slices_are_those_of_core() {
    let mut both = Both::new().await;
    for number in 0..QUERIES {
        let (filter, mut order) = (query(&mut both.rng, number), order(&mut both.rng));
        if order.is_empty() {
            order.push(("s", Order::Desc));
        }
        let (offset, limit) = (both.rng.u64(..20), both.rng.u64(1..40));
        let what = format!("{} {order:?} {offset} {limit}", both.what(number, &filter));
        let all = |of: &Repository<Document>| sorted(of.find(&filter), &order);
        let slice = |of: &Repository<Document>| all(of).offset(offset).limit(limit);
        let found = all(&both.service).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(numbers(&found), numbers(&all(&both.memory).await.unwrap()), "{what}");
        let found = slice(&both.service).fields(["s"]).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(numbers(&found), numbers(&slice(&both.memory).await.unwrap()), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c21_random_pages_have_every_record_once() {
    let mut both = Both::new().await;
    for number in 0..QUERIES / 5 {
        let (filter, order) = (query(&mut both.rng, number), order(&mut both.rng));
        let what = format!("{} {order:?}", both.what(number, &filter));
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = sorted(both.service.find(&filter), &order).page(both.rng.u32(1..60)).after(token);
            let page = page.await.unwrap_or_else(|error| panic!("{what}: {error}"));
            found.extend(numbers(&page.records));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        let mut meant = numbers(&sorted(both.memory.find(&filter), &order).await.unwrap());
        if order.is_empty() {
            found.sort_unstable();
            meant.sort_unstable();
        }
        assert_eq!(found, meant, "{what}");
    }
}
