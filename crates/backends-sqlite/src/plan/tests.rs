//! Which part of a filter and of an order the key serves.

use std::time::Duration;

use backends_core::driver::Context;
use backends_core::{Definition, Position, Timestamp, field};
use rusqlite::Connection;

use super::condition::{behind, prefix};
use super::*;

const INDEXED: &str = r#"{"name": "people", "hashKey": "email", "fields": {"age": "integer", "weight": "number"},
    "indexes": [{"fields": ["role", "age"], "unique": false}, {"fields": ["weight"], "unique": false, "name": "by_weight"}]}"#;
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
        let by_key = tail(&plan).split(" ORDER BY ").next().unwrap();
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
        (&two, fixed.clone(), &[("at", Desc), ("tenant", Desc)], Some("sort_key DESC")),
        (&two, fixed.clone(), &[("tenant", Asc), ("at", Desc)], Some("sort_key DESC")),
        (&two, fixed | field("x").eq(1), &[("at", Desc), ("tenant", Desc)], None),
    ] {
        let plan = Plan::new(table, &request(filter, sort)).unwrap();
        let by = tail(&plan).split_once(" ORDER BY ").unwrap().1;
        assert_eq!((!plan.remainder.sort).then_some(by), order, "{sort:?}");
    }
}

/// The steps by which SQLite goes, in its own words.
fn steps(table: &Table, sql: &str) -> String {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&table.ddl()).unwrap();
    for index in &table.indexes {
        connection.execute_batch(&index.ddl(&table.name)).unwrap();
    }
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps: Vec<String> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps.join("; ")
}

#[test]
fn c39_a_declared_index_is_used() {
    use Order::{Asc, Desc};
    let table = table(INDEXED);
    let role_age = || Access::Index("role_age".to_owned());
    let weight = || Access::Index("by_weight".to_owned());
    let admin = || field("role").eq("admin");
    for (filter, sort, limit, access, in_order, step) in [
        (admin(), &[][..], None, role_age(), false, "(<expr>=?)"),
        (admin() & field("age").eq(7), &[], None, role_age(), false, "(<expr>=? AND <expr>=?)"),
        (
            admin() & field("age").ge(7),
            &[("age", Desc), ("email", Desc)],
            None,
            role_age(),
            true,
            "(<expr>=? AND <expr>>?)",
        ),
        (admin(), &[("role", Asc), ("age", Asc), ("email", Asc)], None, role_age(), true, "(<expr>=?)"),
        (field("role").is_missing(), &[], None, role_age(), false, "(<expr>=?)"),
        (field("role").starts_with("ad"), &[], None, role_age(), false, "(<expr>>? AND <expr><?)"),
        (field("role").is_in(["a", "b"]) & field("age").eq(1), &[], None, role_age(), false, "(<expr>=?)"),
        (field("weight").eq(0.1), &[], None, weight(), false, "(<expr>>? AND <expr><?)"),
        (field("weight").lt(7), &[("weight", Asc), ("email", Asc)], None, weight(), false, "(<expr><?)"),
        (Filter::all(), &[("role", Asc), ("age", Asc), ("email", Asc)], Some(20), role_age(), true, "SCAN"),
        (Filter::all(), &[("role", Desc), ("age", Desc), ("email", Desc)], Some(20), role_age(), true, "SCAN"),
        (Filter::all(), &[("role", Asc), ("age", Desc), ("email", Desc)], Some(20), Access::Scan, false, "SCAN"),
        (Filter::all(), &[("role", Asc), ("age", Asc), ("email", Asc)], None, role_age(), true, "SCAN"),
        (field("age").eq(7), &[], None, Access::Scan, false, "SCAN"),
        (admin() & field("email").eq("a"), &[], None, Access::Key, false, "(partition_key=?)"),
    ] {
        let mut request = request(filter.clone(), sort);
        request.limit = limit;
        let plan = Plan::new(&table, &request).unwrap();
        assert_eq!((&plan.access, !plan.remainder.sort), (&access, in_order || sort.is_empty()), "{filter:?} {sort:?}");
        // A `find` that is awaited has a limit that its `explain` and its stream have not.
        request.limit = if limit.is_none() { Some(100_001) } else { None };
        let other = Plan::new(&table, &request).unwrap();
        assert_eq!((&other.access, &other.first), (&plan.access, &plan.first), "{filter:?} {sort:?}");
        let steps = steps(&table, &plan.first);
        assert!(steps.contains(step) && !steps.contains("TEMP"), "{filter:?} {sort:?}: {steps}: {}", plan.first);
    }
}

#[test]
fn c18_what_the_statement_answers_is_asked_of_no_record_again() {
    let (people, events) = (table(INDEXED), table(TWO));
    let (admin, at) = (|| field("role").eq("admin"), || field("at").lt(Timestamp::now()));
    let other = || field("name").eq("Ada");
    for (table, filter, rest) in [
        (&people, Filter::all(), Filter::all()),
        (&people, admin(), Filter::all()),
        (&people, admin() & field("age").ge(7), Filter::all()),
        // What is missing stands before all numbers.
        (&people, admin() & field("age").lt(7), field("age").lt(7)),
        (&people, admin() & other() & field("age").gt(7), other()),
        (&people, field("role").is_in(["a", "b"]) & field("age").eq(1), field("age").eq(1)),
        (&people, field("role").starts_with("ad"), Filter::all()),
        (&people, field("role").like("ad%n"), field("role").like("ad%n")),
        // SQLite may read a fraction with another last digit.
        (&people, field("weight").ge(0.5), field("weight").ge(0.5)),
        (&people, field("email").lt("b"), Filter::all()),
        (&people, admin() | other(), admin() | other()),
        (&events, field("tenant").eq("a") & at(), Filter::all()),
    ] {
        let plan = Plan::new(table, &request(filter.clone(), &[])).unwrap();
        let shown = |filter: &Filter| serde_json::to_string(filter).unwrap();
        assert_eq!(shown(&plan.rest), shown(&rest), "of {}", shown(&filter));
    }
}

/// What `explain` says: each part is either answered or left to core.
#[test]
fn c25_what_the_statement_only_narrows_down_is_not_told_as_answered() {
    let people = table(INDEXED);
    let (admin, other) = (|| field("role").eq("admin"), || field("name").contains("Ada"));
    for (filter, answered) in [
        (Filter::all(), Filter::all()),
        (other(), Filter::all()),
        (admin() & other(), admin()),
        (admin() & other() & field("age").ge(7), admin() & field("age").ge(7)),
        (admin() & field("age").lt(7), admin()),
        (field("email").like("a%b"), Filter::all()),
        (admin() | other(), Filter::all()),
    ] {
        let plan = Plan::new(&people, &request(filter.clone(), &[])).unwrap();
        assert!(plan.answered(&filter) == answered, "{filter:?}: {:?}", plan.answered(&filter));
    }
}

#[test]
fn c13_sqlite_is_given_as_many_conditions_as_it_takes() {
    let table = table(INDEXED);
    for path in ["email", "role"] {
        let text = |number: usize| format!("{number:04}");
        let of = |test: &dyn Fn(usize) -> Filter| Filter::and((0..1_000).map(test));
        for (filter, left) in [
            (of(&|number| field(path).ge(text(number))), 900),
            (of(&|number| field(path).starts_with(text(number))), 900),
            (of(&|number| field(path).like(format!("{}%a", text(number)))), 1_000),
        ] {
            let mut request = request(filter, &[]);
            let plan = Plan::new(&table, &request).unwrap();
            assert!(plan.access != Access::Scan && plan.rest.conjuncts().len() >= left, "{path}");
            assert!(steps(&table, &plan.first).contains("SEARCH"), "{path}");
            // Those behind a place have further conditions.
            request.sort = Sort::Stable;
            for (sql, _) in Plan::new(&table, &request).unwrap().next() {
                steps(&table, sql);
            }
        }
        // The last is what fixes the rows.
        let ranges = Filter::and((0..999).map(|number| field(path).ge(text(number))));
        let plan = Plan::new(&table, &request(ranges & field(path).eq("b"), &[])).unwrap();
        let by = steps(&table, &plan.first);
        assert!(by.contains("=?") && !plan.rest.conjuncts().contains(&field(path).eq("b")), "{path}: {by}");
    }
}

#[test]
fn c21_a_page_without_an_order_is_sorted_by_nobody_where_an_index_only_bounds_it() {
    let table = table(INDEXED);
    let role_age = || Access::Index("role_age".to_owned());
    for (filter, access, in_order) in [
        (field("role").ge("a"), Access::Scan, true),
        (field("role").starts_with("a"), Access::Scan, true),
        (field("weight").between(1, 2), Access::Scan, true),
        (field("role").ge("a") & field("email").gt("a"), Access::KeyRange, true),
        (field("role").is_in(["a", "b"]), role_age(), false),
        (field("role").eq("a"), role_age(), false),
        (field("role").eq("a") & field("age").ge(7), role_age(), false),
    ] {
        let mut request = request(filter.clone(), &[]);
        request.sort = Sort::Stable;
        let plan = Plan::new(&table, &request).unwrap();
        assert_eq!((&plan.access, !plan.remainder.sort), (&access, in_order), "{filter:?}");
    }
    // Elsewhere the range goes first.
    let plan = Plan::new(&table, &request(field("role").ge("a"), &[])).unwrap();
    assert_eq!(plan.access, role_age());
}

#[test]
fn c21_a_page_goes_on_behind_a_place_in_an_index() {
    let table = table(INDEXED);
    for (order, comparison) in [(Order::Asc, ">"), (Order::Desc, "<")] {
        let mut request = request(field("role").eq("a"), &[("age", order), ("email", order)]);
        request.after = Some(Position::new(vec![Value::Null, "a@example.org".into()]));
        let plan = Plan::new(&table, &request).unwrap();
        assert!(plan.after == Some(vec![SqlValue::Real(f64::NEG_INFINITY), SqlValue::Text("a@example.org".into())]));
        let by: Vec<_> = plan.next().iter().map(|(sql, values)| (steps(&table, sql), *values)).collect();
        let found = "SEARCH people USING INDEX people:role_age (<expr>=? AND <expr>";
        let nearest = (format!("{found}=? AND email{comparison}?)").replace("email", "partition_key"), 2);
        assert_eq!(by, [nearest, (format!("{found}{comparison}?)"), 1)]);
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
        let mut request = request(Filter::all(), sort);
        request.after = Some(Position::new(vec!["a".into(); sort.len()]));
        let plan = Plan::new(&table, &request).unwrap();
        assert!(plan.after.is_some());
        let [(next, _)] = plan.next() else { panic!("the key is one place") };
        let steps = steps(&table, next);
        assert!(steps.ends_with(bound), "{steps}");
        assert!(!steps.contains("TEMP B-TREE"), "{steps}");
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
