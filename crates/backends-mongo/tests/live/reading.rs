//! Reading by filter over documents of many programs: what the server answers, against what core does by itself.

use backends_core::{Definition, Document, Filter, Order, Repository, Timestamp, Value, field};
use backends_mongo::mongodb::bson::oid::ObjectId;
use backends_mongo::mongodb::bson::spec::BinarySubtype;
use backends_mongo::mongodb::bson::{self, Binary, Bson, DateTime, doc};
use fastrand::Rng;

use crate::oracle::oracle;
use crate::store::{Store, definition};

const DEFINITION: &str = r#"{"name": "odd", "idKind": "string", "hashKey": "group", "rangeKey": "number",
    "hashKeyType": "string", "rangeKeyType": "integer",
    "indexes": [{"fields": ["name"], "unique": false}, {"fields": ["nick", "score"], "unique": false}],
    "fields": {"name": "string", "nick": {"kind": "string", "emptyIsMissing": true}, "score": "number", "at": "timestamp",
        "seen": {"kind": "timestamp", "foreignText": true}, "is": "bool", "blob": "bytes", "ref": "objectId",
        "address.city": "string", "tags[]": "string", "days[]": "timestamp"}}"#;

const HEX: [&str; 4] =
    ["0123456789abcdef01234567", "ffffffffffffffffffffffff", "000000000000000000000000", "a1b2c3a1b2c3a1b2c3a1b2c3"];

const TEXTS: [&str; 22] = [
    "",
    "a",
    "ab",
    "aba",
    "b",
    "ba",
    "$name",
    "$$ROOT",
    "é",
    "aé",
    "\u{10ffff}",
    "\u{d7ff}",
    "\u{e000}",
    "a\nb",
    ".*",
    "A",
    "a1b2",
    "0123",
    "f",
    "fff",
    "1",
    "%",
];

fn text(rng: &mut Rng) -> String {
    match rng.u8(..8) {
        0 => HEX[rng.usize(..HEX.len())].to_owned(),
        1 => (0..rng.usize(..6)).map(|_| rng.choice(['a', 'b']).unwrap()).collect(),
        _ => TEXTS[rng.usize(..TEXTS.len())].to_owned(),
    }
}

fn number(rng: &mut Rng) -> Value {
    const INTS: [i64; 8] = [0, 1, -1, 2, 9_007_199_254_740_993, 9_007_199_254_740_992, i64::MAX, i64::MIN];
    const FLOATS: [f64; 7] = [0.5, -0.5, 1.0, 9_007_199_254_740_992.0, 9_223_372_036_854_775_808.0, 1e100, -1e-100];
    if rng.bool() { INTS[rng.usize(..INTS.len())].into() } else { FLOATS[rng.usize(..FLOATS.len())].into() }
}

fn instant(rng: &mut Rng) -> i64 {
    [0, 1, -1, 1_000, Timestamp::MAX.millis(), Timestamp::MIN.millis()][rng.usize(..6)]
}

/// A value as some program may have stored it.
fn stored(rng: &mut Rng, depth: usize) -> Bson {
    let hex = |rng: &mut Rng| ObjectId::parse_str(HEX[rng.usize(..HEX.len())]).unwrap();
    match rng.u8(..if depth == 0 { 13 } else { 20 }) {
        0 => Bson::Null,
        1 => rng.bool().into(),
        2 => Bson::Int32([0, 1, -1, 2][rng.usize(..4)]),
        3 | 4 => stored_number(rng),
        5 => Bson::Symbol(text(rng)),
        6 => hex(rng).into(),
        7 => DateTime::from_millis(instant(rng)).into(),
        8 => Binary { subtype: BinarySubtype::Generic, bytes: vec![1; rng.usize(..3)] }.into(),
        9 => Binary { subtype: BinarySubtype::BinaryOld, bytes: vec![1; rng.usize(..3)] }.into(),
        10..13 => Bson::String(text(rng)),
        13..16 => (0..rng.usize(..4)).map(|_| stored(rng, depth - 1)).collect::<Vec<_>>().into(),
        _ => map(rng, depth - 1).into(),
    }
}

fn stored_number(rng: &mut Rng) -> Bson {
    match number(rng) {
        Value::Int(int) if rng.bool() => Bson::Int64(int),
        Value::Int(int) => i32::try_from(int).map_or(Bson::Int64(int), |int| Bson::Double(int.into())),
        Value::Float(float) => Bson::Double(float),
        _ => Bson::Double(-0.0),
    }
}

fn map(rng: &mut Rng, depth: usize) -> bson::Document {
    let names = rng.choose_multiple(["x", "y", "0"].iter(), 2);
    names.into_iter().map(|name| ((*name).to_owned(), stored(rng, depth))).collect()
}

fn document(rng: &mut Rng, number: i64) -> bson::Document {
    let group = if number % 2 == 0 { "g" } else { "h" };
    let mut document = doc! { "_id": format!("id {number}"), "group": group, "number": number };
    document.extend(map(rng, 3));
    let hex = HEX[rng.usize(..HEX.len())];
    for (name, value) in [
        ("name", Bson::String(text(rng))),
        ("nick", Bson::String(text(rng))),
        ("score", stored_number(rng)),
        ("at", DateTime::from_millis(instant(rng)).into()),
        ("seen", DateTime::from_millis(instant(rng)).into()),
        ("is", rng.bool().into()),
        ("blob", Binary { subtype: BinarySubtype::Generic, bytes: vec![1; rng.usize(..3)] }.into()),
        ("ref", if rng.bool() { hex.into() } else { ObjectId::parse_str(hex).unwrap().into() }),
    ] {
        match rng.u8(..6) {
            0 => {}
            1 => _ = document.insert(name, Bson::Null),
            _ => _ = document.insert(name, value),
        }
    }
    if rng.u8(..4) == 0 {
        document.insert("seen", Timestamp::from_millis(instant(rng)).unwrap().to_string());
    }
    if rng.u8(..4) == 0 {
        document.insert("name", Bson::Symbol(text(rng)));
    }
    let city = doc! { "city": text(rng) };
    document.insert("address", if rng.u8(..5) == 0 { Bson::from(vec![city]) } else { city.into() });
    document.insert("tags", (0..rng.usize(..3)).map(|_| Bson::from(text(rng))).collect::<Vec<_>>());
    document.insert("days", vec![DateTime::from_millis(instant(rng))]);
    document
}

/// A place, and an operand that is legal there.
fn place(rng: &mut Rng) -> (&'static str, Value) {
    let text_of = |rng: &mut Rng| Value::from(text(rng));
    match rng.u8(..24) {
        0 => ("name", text_of(rng)),
        1 => ("nick", text_of(rng)),
        2 => ("score", number(rng)),
        3 => ("at", Timestamp::from_millis(instant(rng)).unwrap().into()),
        4 => ("seen", Timestamp::from_millis(instant(rng)).unwrap().into()),
        5 => ("is", rng.bool().into()),
        6 => ("blob", Value::Bytes(vec![1; rng.usize(..3)])),
        7 => ("ref", HEX[rng.usize(..HEX.len())].into()),
        8 => ("address.city", text_of(rng)),
        9 => ("tags", text_of(rng)),
        10 => ("days", Timestamp::from_millis(instant(rng)).unwrap().into()),
        11 => ("id", text_of(rng)),
        12 => ("group", ["g", "h", "i"][rng.usize(..3)].into()),
        13 => ("number", number(rng)),
        14 => ("id.x", text_of(rng)),
        15 => ("nowhere.x", text_of(rng)),
        at => {
            let path = ["x", "y", "0", "x.x", "x.0", "y.x.y", "x.y.0", "0.0"][usize::from(at) - 16];
            let value = match rng.u8(..8) {
                0 => rng.bool().into(),
                1 => Value::Bytes(vec![1; rng.usize(..3)]),
                2 | 3 => number(rng),
                _ => text_of(rng),
            };
            (path, value)
        }
    }
}

fn pattern(rng: &mut Rng) -> String {
    (0..rng.usize(..6)).filter_map(|_| rng.choice(["%", "%", "a", "b", "1", "é", "\n", ".", "$", "%%"])).collect()
}

fn test(rng: &mut Rng) -> Filter {
    let (path, one) = place(rng);
    let at = field(path);
    let other = |rng: &mut Rng| loop {
        match place(rng) {
            (place, value) if place == path => return value,
            _ => {}
        }
    };
    match rng.u8(..16) {
        0 | 1 => at.eq(one),
        2 => at.ne(one),
        3 => at.lt(one),
        4 => at.le(one),
        5 => at.gt(one),
        6 => at.ge(one),
        7 => {
            let high = other(rng);
            at.between(one, high)
        }
        8 => at.is_in([one, other(rng), other(rng)]),
        9 => at.not_in([one, other(rng)]),
        10 => at.is_missing(),
        11 => at.is_set(),
        12 => at.contains(one),
        13 => at.like(pattern(rng)),
        _ => match one {
            Value::String(text) if rng.bool() => at.starts_with(text),
            _ => at.contains(pattern(rng)),
        },
    }
}

fn filter(rng: &mut Rng, depth: usize) -> Filter {
    let members = |rng: &mut Rng| (0..rng.usize(1..4)).map(|_| filter(rng, depth - 1)).collect::<Vec<_>>();
    match rng.u8(..if depth == 0 { 8 } else { 14 }) {
        8 | 9 => Filter::and(members(rng)),
        10 | 11 => Filter::or(members(rng)),
        12 | 13 => !filter(rng, depth - 1),
        0 if rng.u8(..6) == 0 => Filter::all(),
        _ => test(rng),
    }
}

fn order(rng: &mut Rng) -> Vec<(&'static str, Order)> {
    let mut order: Vec<(&'static str, Order)> = Vec::new();
    for _ in 0..rng.usize(..4) {
        let (path, _) = place(rng);
        if order.iter().all(|(known, _)| *known != path) {
            order.push((path, if rng.bool() { Order::Asc } else { Order::Desc }));
        }
    }
    order
}

fn ids(records: &[Document]) -> Vec<String> {
    let id = |record: &Document| match record.get("id") {
        Some(Value::String(id)) => id.clone(),
        _ => panic!("a record without an id"),
    };
    records.iter().map(id).collect()
}

/// All pages of a query, of changing sizes.
async fn pages(
    records: &Repository<Document>,
    filter: &Filter,
    order: &[(&'static str, Order)],
    rng: &mut Rng,
) -> Vec<Document> {
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let mut find = records.find(filter);
        for (path, direction) in order {
            find = find.sort(*path, *direction);
        }
        let page = find.fields(["name"]).page(rng.u32(1..60)).after(next).await.unwrap();
        all.extend(page.records);
        next = page.next;
        if next.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn c18_c43_documents_of_other_programs_are_filtered_and_sorted_as_core_does() {
    let seed = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let mut rng = Rng::with_seed(seed);
    let store = Store::open().await;
    let documents: Vec<_> = (0..400).map(|number| document(&mut rng, number)).collect();
    store.collection("odd").insert_many(&documents).await.unwrap();
    let definition: Definition = definition(DEFINITION);
    let native = store.backend.define::<Document>(definition.clone()).await.unwrap();
    let core = oracle(&documents, &definition).await;
    let rounds = std::env::var("TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(150);
    for round in 0..rounds {
        let (filter, order) = (filter(&mut rng, 3), order(&mut rng));
        let what = || format!("TEST_SEED={seed}, round {round}: {}, by {order:?}", shown(&filter));
        let both = async |records: &Repository<Document>, limit: Option<(u64, u64)>| {
            let mut find = records.find(&filter);
            for (path, direction) in &order {
                find = find.sort(*path, *direction);
            }
            if let Some((offset, limit)) = limit {
                find = find.offset(offset).limit(limit);
            }
            find.await
        };
        let mut expected = match both(&core, None).await {
            Ok(expected) => expected,
            Err(error) => {
                let refused = both(&native, None).await.map(|found| found.len());
                assert_eq!(refused.unwrap_err().message(), error.message(), "{}", what());
                continue;
            }
        };
        let mut found = both(&native, None).await.unwrap_or_else(|error| panic!("{}: {error:?}", what()));
        let by_id = |records: &mut Vec<Document>| records.sort_by_key(|record| ids(std::slice::from_ref(record)));
        if order.is_empty() {
            by_id(&mut expected);
            by_id(&mut found);
        }
        assert_eq!(ids(&found), ids(&expected), "{}", what());
        assert!(found == expected, "{}", what());
        assert_eq!(native.count(&filter).await.unwrap(), expected.len() as u64, "{}", what());
        assert_eq!(native.exists(&filter).await.unwrap(), !expected.is_empty(), "{}", what());
        if !order.is_empty() {
            let (offset, limit) = (rng.usize(..20), rng.usize(1..200));
            let some = both(&native, Some((offset as u64, limit as u64))).await.unwrap();
            let part: Vec<_> = expected.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(ids(&some), ids(&part), "{}, {offset} and {limit}", what());
        }
        let mut paged = pages(&native, &filter, &order, &mut rng).await;
        if order.is_empty() {
            by_id(&mut paged);
        }
        assert_eq!(ids(&paged), ids(&expected), "the pages: {}", what());
    }
    store.remove().await;
}

fn shown(filter: &Filter) -> String {
    serde_json::to_string(filter).unwrap_or_default()
}
