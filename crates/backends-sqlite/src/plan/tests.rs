//! Which part of a filter and of an order the key serves.

use std::time::Duration;

use backends_core::driver::Context;
use backends_core::{Definition, Position, Timestamp, field};
use rusqlite::Connection;

use super::*;

const ONE: &str = r#"{"name": "users", "hashKey": "email"}"#;
const TWO: &str = r#"{"name": "events", "hashKey": "tenant", "rangeKey": "at", "rangeKeyType": "timestamp"}"#;

fn request(filter: Filter, sort: &[(&str, Order)]) -> FindRequest {
    let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(1)));
    request.filter = filter;
    if !sort.is_empty() {
        request.sort = Sort::By(sort.iter().map(|(path, order)| SortField::new(*path, *order)).collect());
    }
    request
}

fn table(json: &str) -> Table {
    Table::new("", &Definition::from_json(json).unwrap())
}

/// The conditions and the order of the statement.
fn tail(plan: &Plan) -> &str {
    plan.first.split_once(" WHERE ").unwrap().1
}

#[test]
fn l07_l08_keys_are_used_for_reading() {
    let (one, two) = (table(ONE), table(TWO));
    let at = Timestamp::now();
    for (table, filter, access, conditions) in [
        (&one, Filter::all(), Access::Scan, "1"),
        (&one, field("email").eq("a"), Access::Key, "partition_key = ?"),
        (&one, field("email").is_in(["a", "b"]), Access::Keys, "partition_key IN (?, ?)"),
        (
            &one,
            field("email").gt("a") & field("email").le("b"),
            Access::KeyRange,
            "partition_key > ? AND partition_key <= ?",
        ),
        (&one, field("email").starts_with("a"), Access::KeyRange, "partition_key >= ? AND partition_key < ?"),
        (&one, field("email").like("a%b"), Access::KeyRange, "partition_key >= ? AND partition_key < ?"),
        (&one, field("email").like("%b"), Access::Scan, "1"),
        (&one, field("email").ne("b"), Access::Scan, "1"),
        (&one, field("email").eq("a") | field("x").eq(1), Access::Scan, "1"),
        (&one, !field("email").lt("a"), Access::Scan, "1"),
        (&one, field("x").eq(1) & field("email").eq("a"), Access::Key, "partition_key = ?"),
        (&two, field("tenant").eq("a"), Access::KeyRange, "partition_key = ?"),
        (&two, field("tenant").eq("a") & field("at").eq(at), Access::Key, "partition_key = ? AND sort_key = ?"),
        (
            &two,
            field("tenant").eq("a") & field("at").is_in([at, at]),
            Access::Keys,
            "partition_key = ? AND sort_key IN (?, ?)",
        ),
        (
            &two,
            field("tenant").eq("a") & field("at").between(at, at),
            Access::KeyRange,
            "partition_key = ? AND sort_key BETWEEN ? AND ?",
        ),
        (&two, field("at").eq(at), Access::Scan, "sort_key = ?"),
    ] {
        let plan = Plan::new(table, &request(filter.clone(), &[])).unwrap();
        let by_key = tail(&plan).split_once(" ORDER BY ").unwrap().0;
        assert_eq!((&plan.access, by_key), (&access, conditions), "{filter:?}");
    }
}

#[test]
fn c19_an_order_is_that_of_the_key_or_left_to_core() {
    use Order::{Asc, Desc};
    let (one, two) = (table(ONE), table(TWO));
    let fixed = field("tenant").eq("a");
    for (table, filter, sort, order) in [
        (&one, Filter::all(), &[("email", Asc)][..], Some("partition_key")),
        (&one, Filter::all(), &[("email", Desc)], Some("partition_key DESC")),
        (&one, Filter::all(), &[("name", Asc), ("email", Asc)], None),
        (&two, Filter::all(), &[("tenant", Asc), ("at", Asc)], Some("partition_key, sort_key")),
        (&two, Filter::all(), &[("tenant", Desc), ("at", Desc)], Some("partition_key DESC, sort_key DESC")),
        (&two, Filter::all(), &[("tenant", Asc), ("at", Desc)], None),
        (&two, Filter::all(), &[("at", Asc), ("tenant", Asc)], None),
        (&two, fixed.clone(), &[("at", Desc), ("tenant", Desc)], Some("partition_key DESC, sort_key DESC")),
        (&two, fixed.clone(), &[("tenant", Asc), ("at", Desc)], Some("partition_key DESC, sort_key DESC")),
        (&two, fixed | field("x").eq(1), &[("at", Desc), ("tenant", Desc)], None),
    ] {
        let plan = Plan::new(table, &request(filter, sort)).unwrap();
        let by = tail(&plan).split_once(" ORDER BY ").unwrap().1;
        assert_eq!((!plan.remainder.sort).then_some(by), order, "{sort:?}");
    }
}

#[test]
fn c21_a_page_goes_on_behind_a_key_by_the_index() {
    for (json, sort, bound) in [
        (ONE, &[("email", Order::Asc)][..], "(partition_key>?)"),
        (ONE, &[("email", Order::Desc)], "(partition_key<?)"),
        (TWO, &[("tenant", Order::Asc), ("at", Order::Asc)], "((partition_key,sort_key)>(?,?))"),
        (TWO, &[("tenant", Order::Desc), ("at", Order::Desc)], "((partition_key,sort_key)<(?,?))"),
    ] {
        let table = table(json);
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&table.ddl()).unwrap();
        let mut request = request(Filter::all(), sort);
        request.after = Some(Position::new(vec!["a".into(); sort.len()]));
        let plan = Plan::new(&table, &request).unwrap();
        assert!(plan.after.is_some());
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", plan.next)).unwrap();
        let mut rows = statement.raw_query();
        let mut steps: Vec<String> = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        assert!(steps.iter().any(|step| step.ends_with(bound)), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}

#[test]
fn c17_what_begins_with_a_text_is_a_range() {
    for (start, end) in
        [("a", Some("b")), ("az", Some("a{")), ("\u{d7ff}", Some("\u{e000}")), ("a\u{10ffff}", Some("b"))]
    {
        assert_eq!(behind(start).as_deref(), end, "{start}");
    }
    assert_eq!(behind("\u{10ffff}"), None);
    assert!(prefix("c", "").is_none());
}
