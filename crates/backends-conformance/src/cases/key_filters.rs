//! C8, C11, C13: filters and orders of key fields and ids, of every kind.

use backends_core::{Document, Filter, IdKind, Kind, Order, Repository, Timestamp, Value, field};

use crate::Context;
use crate::reading::Table;
use crate::reading::table::{scalars, texts};
use crate::reading::tests::check;
use crate::records::{id, instant};

pub async fn c10_c13_tests_of_key_fields_mean_the_same(context: &Context) {
    let table = Table::new(context).await;
    let mut texts = texts();
    texts.extend(["x".repeat(1_024), "x".repeat(1_025), "é".repeat(600), "a".repeat(2_000)].map(Value::from));
    check(&table, "p", &texts).await;
    for text in ["", "a", "é", "%", "a%%b", "%é%", "$%", "%%%"] {
        for test in [field("p").like(text), field("p").starts_with(text), field("p").contains(text)] {
            table.check(&test, &format!("{test:?} {text}")).await;
        }
    }
    let numbers: Vec<_> =
        scalars().into_iter().filter(|value| matches!(value, Value::Int(_) | Value::Float(_))).collect();
    check(&table, "s", &numbers).await;
    assert_eq!(table.check(&(field("p").eq("a") & field("s").eq(0)), "a whole key").await, 1);
}

pub async fn t08_tests_of_keys_that_no_lookup_serves_are_answered(context: &Context) {
    let table = Table::new(context).await;
    for filter in [
        field("p").ne("a"),
        field("p").like("%a%"),
        field("p").gt("a"),
        !field("p").is_in(["a", "b"]),
        field("p").eq("a") | field("s").eq(1),
        field("p").eq("a") & field("s").ne(0),
    ] {
        assert!(table.check(&filter, &format!("{filter:?}")).await > 0);
    }
    let ids: Vec<_> = table.records.iter().filter_map(|record| record.get("id")).step_by(7).collect();
    assert_eq!(table.check(&field("id").is_in(&ids), "ids").await, ids.len());
    assert_eq!(table.check(&field("id").not_in(&ids), "other ids").await, table.records.len() - ids.len());
    assert_eq!(table.repository.find(field("p").is_in(["a", "b"])).limit(3).await.unwrap().len(), 3);
}

pub async fn d05_ranges_and_lists_of_keys_are_answered(context: &Context) {
    let table = Table::new(context).await;
    for (low, high) in [(3, 7), (7, 3), (0, 0), (-5, 2)] {
        let both = field("p").eq("a") & field("s").between(low, high);
        table.check(&both, "a partition and a range").await;
        let two = field("p").is_in(["a", "b"]) & field("s").gt(low) & field("s").lt(high);
        table.check(&two, "two bounds").await;
    }
    let every = field("s").is_in(0..200) & field("p").is_in(["a", "b", "A", "é", "$gt", "a%b"]);
    assert_eq!(table.check(&every, "lists of both").await, table.records.len());
    let twice = field("s").gt(1) & field("s").gt(5) & field("s").le(9) & field("s").ne(7) & field("p").ge("a");
    table.check(&twice, "many bounds").await;
    table.check(&(field("p").eq("a") & field("p").eq("b")), "two partitions").await;
    table.check(&(field("p").eq("a") | field("p").eq("b") & field("s").lt(20)), "one or another").await;
    table.check(&(field("p").eq("a") & field("s").gt(8.5) & field("s").lt(1e19)), "fractions").await;
}

/// The marks of the records that a filter means, in the order of `by`.
async fn marks(repository: &Repository<Document>, filter: Filter, by: &str, order: Order) -> String {
    let found = repository.find(filter).sort(by, order).await.unwrap();
    found.iter().map(|record| crate::records::text(record.get("mark"))).collect()
}

/// Records with these values in a field, marked `a`, `b`, and so on.
async fn marked(repository: &Repository<Document>, field: &str, values: impl IntoIterator<Item = Value>) {
    for (mark, value) in ('a'..).zip(values) {
        let record = Document::from([(field, value), ("mark", mark.to_string().into())]);
        repository.insert(&record).await.unwrap();
    }
}

pub async fn c11_c13_c19_ids_are_compared_and_sorted(context: &Context) {
    let by_id = context.repository::<Document>("by_id").await;
    let custom = context.define::<Document>(context.definition("custom").custom_id(true)).await;
    let texts = context.define::<Document>(context.definition("texts").id_kind(IdKind::String)).await;
    for (repository, values) in [(&by_id, [9, 3, 200, 17].map(id)), (&texts, ["x", "A", "é", "a,b"].map(str::to_owned))]
    {
        let mut sorted: Vec<_> = values.iter().zip(["a", "b", "c", "d"]).collect();
        sorted.sort();
        let meant: String = sorted.iter().map(|(_, mark)| *mark).collect();
        marked(repository, "id", values.clone().map(Value::from)).await;
        let place = field("id");
        let of = async |filter| marks(repository, filter, "id", Order::Asc).await;
        assert_eq!(of(Filter::all()).await, meant);
        assert_eq!(of(place.eq(&values[0])).await, "a");
        assert_eq!(of(place.ne(&values[0])).await, meant.replace('a', ""));
        assert_eq!(of(place.gt(sorted[0].0)).await, meant[1..]);
        assert_eq!(of(place.between(sorted[1].0, sorted[2].0)).await, meant[1..3]);
        assert_eq!(of(place.is_in(&values[..2])).await, meant.replace(['c', 'd'], ""));
        assert_eq!(of(place.not_in(&values[..2])).await, meant.replace(['a', 'b'], ""));
        assert_eq!(of(place.is_set() & field("mark").ne("c")).await, meant.replace('c', ""));
        assert_eq!(of(place.is_missing()).await, "");
        let back: String = meant.chars().rev().collect();
        assert_eq!(marks(repository, Filter::all(), "id", Order::Desc).await, back);
    }
    assert_eq!(marks(&texts, field("id").like("%,%") | field("id").starts_with("x"), "mark", Order::Asc).await, "ad");
    marked(&custom, "id", ["2", "1"].map(Value::from)).await;
    assert_eq!(marks(&custom, field("id").gt("1") & field("_id").is_set(), "_id", Order::Asc).await, "a");
    assert_eq!(marks(&custom, field("_id").is_missing(), "id", Order::Asc).await, "");
    assert_eq!(marks(&custom, Filter::all(), "id", Order::Asc).await, "ba");
}

pub async fn c04_c13_c19_instants_that_are_keys_are_compared_and_sorted(context: &Context) {
    let definition = context.definition("readings").partition_key("sensor").sort_key_of("at", Kind::Timestamp);
    let readings = context.define::<Document>(definition).await;
    let texts = [
        "2024-02-29T12:30:00.123Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "2024-02-29T12:30:00Z",
        "1969-12-31T23:59:59.999Z",
    ];
    for (mark, text) in ('a'..).zip(texts) {
        let at = Value::Timestamp(instant(text));
        let record = Document::from([("sensor", Value::from("roof")), ("at", at), ("mark", mark.to_string().into())]);
        readings.insert(&record).await.unwrap();
    }
    let roof = field("sensor").eq("roof");
    let of = async |filter: Filter| marks(&readings, roof.clone() & filter, "at", Order::Asc).await;
    let at = field("at");
    assert_eq!(of(Filter::all()).await, "bedac");
    assert_eq!(of(at.eq("2024-02-29T13:30:00+01:00")).await, "d");
    assert_eq!(of(at.lt(instant("1970-01-01T00:00:00Z"))).await, "be");
    assert_eq!(of(at.between("2024-02-29T12:30:00Z", "2024-02-29T12:30:00.122Z")).await, "d");
    assert_eq!(of(at.gt("2024-02-29T12:30:00.122999Z")).await, "ac");
    assert_eq!(of(at.is_in([Timestamp::MIN, Timestamp::MAX])).await, "bc");
    assert_eq!(of(at.ne(Timestamp::MIN) & at.ge(Timestamp::MIN)).await, "edac");
    assert_eq!(marks(&readings, Filter::all(), "at", Order::Desc).await, "cadeb");
}

pub async fn c02_c13_c19_numbers_that_are_keys_are_compared_and_sorted(context: &Context) {
    const BIG: i64 = 9_007_199_254_740_992;
    let numbers = context.define::<Document>(context.definition("numbers").partition_key_of("n", Kind::Number)).await;
    let values = [BIG.into(), (BIG + 1).into(), 0.5.into(), (-1).into(), 1e19.into(), i64::MIN.into(), 0.into()];
    marked(&numbers, "n", values).await;
    let of = async |filter: Filter| marks(&numbers, filter, "n", Order::Asc).await;
    let n = field("n");
    assert_eq!(of(Filter::all()).await, "fdgcabe");
    assert_eq!(of(n.eq(BIG + 1)).await, "b");
    assert_eq!(of(n.eq(0.0) | n.eq(0.5)).await, "gc");
    assert_eq!(of(n.gt(BIG)).await, "be");
    assert_eq!(of(n.is_in([0.5, 1e19, 7.0])).await, "ce");
    assert_eq!(of(n.between(-1, 0)).await, "dg");
    assert_eq!(of(!n.between(-1, 0)).await, "fcabe");
    assert_eq!(marks(&numbers, n.ne(0), "n", Order::Desc).await, "ebacdf");
}
