//! Orders, and what stands behind a place in them.

use std::time::Duration;

use backends_core::driver::Context;
use backends_core::{SortField, Timestamp, field};

use super::*;

const JSON: &str = r#"{"name": "notes", "idKind": "string", "indexes": [{"fields": ["nick"], "unique": false}],
    "fields": {"name": "string", "nick": {"kind": "string", "emptyIsMissing": true}, "age": "integer", "ref": "objectId",
    "seen": {"kind": "timestamp", "foreignText": true}, "blob": "bytes", "address.city": "string"}}"#;

fn sorted(sort: Sort) -> Sorted {
    let mut request = FindRequest::new(Context::new(Timestamp::MIN, Duration::from_secs(1)));
    request.sort = sort;
    Sorted::of(&Definition::from_json(JSON).unwrap(), &request)
}

fn by(fields: &[(&str, Order)]) -> Sorting {
    match sorted(Sort::By(fields.iter().map(|(path, order)| SortField::new(*path, *order)).collect())) {
        Sorted::Server(sorting) => sorting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn c19_only_where_the_order_is_the_same_nothing_is_computed() {
    for (path, computes) in [
        ("id", false),
        ("name", false),
        ("age", false),
        ("nick", true),
        ("ref", true),
        ("blob", true),
        ("address.city", true),
        ("undeclared", true),
    ] {
        assert_eq!(by(&[(path, Order::Asc)]).computes(), computes, "{path}");
    }
    let seen = Sort::By(vec![SortField::new("seen", Order::Asc)]);
    assert!(matches!(sorted(seen), Sorted::Core) && matches!(sorted(Sort::Any), Sorted::Nobody));
    // The server takes no more than so many keys.
    let many = |count: usize| Sort::By((0..count).map(|n| SortField::new(format!("f{n}"), Order::Asc)).collect());
    assert!(matches!(sorted(many(32)), Sorted::Server(_)) && matches!(sorted(many(33)), Sorted::Core));
    let Sorted::Server(stable) = sorted(Sort::Stable) else { panic!() };
    assert_eq!(stable.document(), doc! { "_id": 1 });
    let mixed = by(&[("name", Order::Desc), ("x", Order::Asc), ("id", Order::Asc)]).document();
    assert!(mixed.iter().eq(doc! { "name": -1, "_backends_sort_1": 1, "_id": 1 }.iter()), "{mixed}");
}

#[test]
fn c19_where_the_filter_means_numbers_only_nothing_is_computed() {
    let definition = Definition::from_json(JSON).unwrap();
    for (filter, computes) in [
        (field("score").ge(0.5), false),
        (field("x").eq(1) & field("score").lt(7), false),
        (field("score").between(1, 2), false),
        (field("address.number").gt(7), true),
        // Numbers are not all that is meant, or something else is.
        (field("score").ne(7), true),
        (field("score").ge(1) | field("x").eq(1), true),
        (!field("score").ge(1), true),
        (field("score").is_in([1, 2]), true),
        (field("score").ge("a"), true),
        (field("score").is_set(), true),
    ] {
        let mut request = FindRequest::new(Context::new(Timestamp::MIN, Duration::from_secs(1)));
        request.sort = Sort::By(vec![SortField::new("score", Order::Asc)]);
        request.filter = filter.clone();
        let Sorted::Server(sorting) = Sorted::of(&definition, &request) else { panic!("{filter:?}") };
        assert_eq!(sorting.computes(), computes, "{filter:?}");
    }
}

#[test]
fn c21_what_is_behind_a_place_is_a_range_for_each_field() {
    let text = |text: &str| Value::from(text);
    let set = doc! { "$ne": Bson::Null };
    for (order, values, query) in [
        (
            Order::Asc,
            [Value::Int(7), text("b")],
            vec![doc! { "age": { "$gt": 7_i64 } }, doc! { "age": 7_i64, "_id": { "$gt": "b" } }],
        ),
        (
            Order::Asc,
            [Value::Null, text("b")],
            vec![doc! { "age": set }, doc! { "age": Bson::Null, "_id": { "$gt": "b" } }],
        ),
        (
            Order::Desc,
            [Value::Int(7), text("b")],
            vec![
                doc! { "age": { "$lt": 7_i64 } },
                doc! { "age": Bson::Null },
                doc! { "age": 7_i64, "_id": { "$lt": "b" } },
            ],
        ),
        (Order::Desc, [Value::Null, text("b")], vec![doc! { "age": Bson::Null, "_id": { "$lt": "b" } }]),
    ] {
        let sorting = by(&[("age", order), ("id", order)]);
        let after = sorting.behind_all(&values).unwrap();
        assert_eq!(after, query, "{order:?}");
    }
    assert!(by(&[("id", Order::Asc)]).behind_all(&[]).unwrap_err().is_unexpected());
}

#[test]
fn c43_behind_a_missing_value_the_rest_is_one_part() {
    let sorting = by(&[("age", Order::Asc), ("name", Order::Desc), ("id", Order::Asc)]);
    let values = [Value::Null, "b".into(), "x".into()];
    let after = sorting.behind_all(&values).unwrap();
    let [with_age, rest] = after.as_slice() else { panic!("{after:?}") };
    assert_eq!(*with_age, doc! { "age": { "$ne": Bson::Null } });
    // What is behind a name in this direction may be missing, so that it is no one run of an index.
    assert!(rest.keys().eq(["age", "$expr"]) && rest.get("age") == Some(&Bson::Null), "{rest}");
    let sorting = by(&[("age", Order::Asc), ("name", Order::Asc), ("id", Order::Asc)]);
    let after = sorting.behind_all(&values).unwrap();
    assert_eq!(after[1].get_document("name").unwrap(), &doc! { "$gte": "b" });
}

#[test]
fn c43_an_order_is_computed_where_parts_may_be_merged() {
    use backends_core::{Filter, field};

    let is_computed = |filter: Filter, path: &str| {
        let mut request = FindRequest::new(Context::new(Timestamp::MIN, Duration::from_secs(1)));
        request.filter = filter;
        request.sort = Sort::By(vec![SortField::new(path, Order::Asc), SortField::new("id", Order::Asc)]);
        let Sorted::Server(sorting) = Sorted::of(&Definition::from_json(JSON).unwrap(), &request) else { panic!() };
        sorting.computes()
    };
    let either = || field("age").eq(1) | field("name").eq("a");
    assert!(is_computed(either(), "age") && is_computed(field("x").eq(1) & either(), "age"));
    assert!(!is_computed(either(), "id"), "a key is never missing");
    assert!(!is_computed(!either(), "age") && !is_computed(field("age").is_in([1, 2]), "age"));
}
