//! Which request is answered how.

use std::time::Duration;

use backends_core::driver::Context;
use backends_core::{Position, SortField, Timestamp, field};

use super::*;

mod indexes;

fn route(request: &FindRequest, definition: &Definition, indexes: &[Arc<TableIndex>]) -> Result<Route> {
    super::route(request, definition, indexes, &Guards::new(definition))
}

#[test]
fn c25_c31_unique_values_are_asked_for_before_a_part_of_a_table() {
    let json = r#"{"name": "notes", "hashKey": "ppp", "rangeKey": "sss", "fields": {"num": "number"},
        "indexes": ["mail", {"fields": ["num", "mail"], "unique": true}]}"#;
    let definition = Definition::from_json(json).unwrap();
    let by = |filter: Filter| route(&request(filter, Sort::Any), &definition, &[]).unwrap();
    for (filter, index) in [
        (field("mail").eq("a"), Some("mail")),
        (field("mail").eq("a") & field("ppp").eq("p") & field("other").gt(1), Some("mail")),
        (field("mail").eq("a") & field("ppp").eq("p") & field("sss").eq("s"), None),
        (field("num").eq(1), None),
        (field("mail").is_in(["a", "b"]), None),
        (field("mail").eq("a") | field("num").eq(1), None),
    ] {
        let route = by(filter.clone());
        let guarded = match &route.by {
            By::Guard(guard) => Some(guard.index.as_str()),
            _ => None,
        };
        assert_eq!(guarded, index, "{filter:?}");
        // Whoever has the values by then is looked at again.
        assert!(guarded.is_none() || (route.rest == filter && route.is_in_order));
    }
}

fn simple() -> Definition {
    Definition::from_json(r#"{"name": "users", "hashKey": "email"}"#).unwrap()
}

/// The partition `p` is text, the sort key `s` a number.
fn numbered() -> Definition {
    Definition::from_json(r#"{"name": "events", "hashKey": "p", "rangeKey": "s", "rangeKeyType": "N"}"#).unwrap()
}

fn texts() -> Definition {
    Definition::from_json(r#"{"name": "texts", "hashKey": "p", "rangeKey": "s"}"#).unwrap()
}

fn request(filter: Filter, sort: Sort) -> FindRequest {
    let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(1)));
    (request.filter, request.sort) = (filter, sort);
    request
}

fn planned(definition: &Definition, filter: Filter) -> Route {
    route(&request(filter, Sort::Any), definition, &[]).unwrap()
}

fn by(fields: &[(&str, Order)]) -> Sort {
    Sort::By(fields.iter().map(|(path, order)| SortField::new(*path, *order)).collect())
}

fn key(partition: &str, sort: Option<i64>) -> Key {
    Key::new(partition.into(), sort.map(Value::from))
}

fn range(partitions: &[&str], sort: Option<SortRange>) -> By {
    let partitions = partitions.iter().map(|partition| Value::from(*partition)).collect();
    By::Range(Range { partitions, sort, is_backward: false, after: None })
}

#[test]
fn l07_l08_the_first_that_fits_answers() {
    let (email, p, s, other) = (field("email"), field("p"), field("s"), field("other").eq(1));
    let (simple, numbered) = (simple(), numbered());
    let ada = || Key::new("ada".into(), None);
    for (definition, filter, by) in [
        (&simple, email.eq("ada"), By::Key(ada())),
        (&simple, email.eq("ada") & other.clone(), By::Key(ada())),
        (&simple, email.is_in(["ada", "eve"]), By::Keys(vec![ada(), Key::new("eve".into(), None)])),
        (&simple, email.is_in(["ada", "eve"]) & email.lt("b"), By::Key(ada())),
        (&simple, email.is_in(["ada", "eve"]) & email.is_in(["ada", "bob"]), By::Key(ada())),
        (&simple, email.ge("ada"), By::Scan(None)),
        (&simple, email.eq("ada") | other.clone(), By::Scan(None)),
        (&simple, !email.eq("ada"), By::Scan(None)),
        (&simple, Filter::all(), By::Scan(None)),
        (&numbered, p.eq("a") & s.eq(1), By::Key(key("a", Some(1)))),
        (&numbered, p.eq("a") & s.is_in([1, 2]), By::Keys(vec![key("a", Some(1)), key("a", Some(2))])),
        (&numbered, p.is_in(["a", "b"]) & s.eq(1), By::Keys(vec![key("a", Some(1)), key("b", Some(1))])),
        (&numbered, p.eq("a"), range(&["a"], None)),
        (&numbered, p.eq("a") & other.clone(), range(&["a"], None)),
        (&numbered, p.is_in(["a", "b"]), range(&["a", "b"], None)),
        (&numbered, p.is_in(["a", "b", "c"]) & p.ne("b"), range(&["a", "c"], None)),
        (&numbered, s.eq(1), By::Scan(None)),
        (&numbered, s.eq(1) & other.clone(), By::Scan(None)),
    ] {
        assert_eq!(planned(definition, filter.clone()).by, by, "{filter:?}");
    }
}

#[test]
fn c14_contradictions_are_answered_by_nobody() {
    let (email, p, s) = (field("email"), field("p"), field("s"));
    let long = "x".repeat(1_025);
    for (definition, filter) in [
        (simple(), email.eq("a") & email.eq("b")),
        (simple(), email.eq("a") & !email.starts_with("a")),
        (simple(), email.is_in(["a", "b"]) & email.gt("c")),
        (simple(), email.is_missing()),
        (numbered(), s.is_missing() & field("x").eq(1)),
        (numbered(), p.eq("a") & s.eq(1) & s.gt(1)),
        (numbered(), p.eq("a") & s.gt(2) & s.lt(2)),
        (numbered(), p.eq("a") & s.gt(2) & s.le(2)),
        (numbered(), p.eq("a") & s.gt(3) & s.between(1, 2)),
        (numbered(), p.eq("a") & p.gt("b")),
        (texts(), p.eq("a") & s.starts_with("x") & s.starts_with("y")),
        (texts(), p.eq("a") & s.starts_with(&long)),
        (texts(), p.eq("a") & s.lt("")),
    ] {
        assert_eq!(planned(&definition, filter.clone()).by, By::Nothing, "{filter:?}");
    }
}

#[test]
fn d05_tests_of_a_sort_key_are_one_condition_and_the_rest_is_left() {
    use SortRange::{Between, From, StartsWith, To};
    let (p, s) = (field("p").eq("a"), field("s"));
    let long = "x".repeat(1_025);
    let from = |value: Value, included| Some(From { value, included });
    let to = |value: Value, included| Some(To { value, included });
    let (numbered, texts) = (numbered(), texts());
    for (definition, tests, condition, rest) in [
        (&numbered, s.gt(1), from(1.into(), false), None),
        (&numbered, s.ge(1) & s.ge(0), from(1.into(), true), None),
        (&numbered, s.ge(1) & s.gt(1), from(1.into(), false), None),
        (&numbered, s.lt(1) & s.le(1), to(1.into(), false), None),
        (&numbered, s.le(1.5), to(1.5.into(), true), None),
        (&numbered, s.ge(1) & s.le(2), Some(Between(1.into(), 2.into())), None),
        (&numbered, s.between(1, 5) & s.between(2, 9), Some(Between(2.into(), 5.into())), None),
        (&numbered, s.gt(1) & s.le(2), Some(Between(1.into(), 2.into())), Some(s.gt(1))),
        (&numbered, s.gt(1) & s.lt(3), Some(Between(1.into(), 3.into())), Some(s.gt(1) & s.lt(3))),
        (&numbered, s.ne(1), None, Some(s.ne(1))),
        (&numbered, s.ge(1) & s.ne(7), from(1.into(), true), Some(s.ne(7))),
        (&numbered, s.ge(1) | s.lt(0), None, Some(s.ge(1) | s.lt(0))),
        (&texts, s.starts_with("x"), Some(StartsWith("x".into())), None),
        (&texts, s.starts_with("x") & s.starts_with("xy"), Some(StartsWith("xy".into())), None),
        (&texts, s.starts_with("x") & s.gt("xa"), Some(StartsWith("x".into())), Some(s.gt("xa"))),
        (&texts, s.like("x%y"), Some(StartsWith("x".into())), Some(s.like("x%y"))),
        (&texts, s.like("%y"), None, Some(s.like("%y"))),
        (&texts, s.ge(""), None, Some(s.ge(""))),
        (&texts, s.ge(&long), None, Some(s.ge(&long))),
        (&texts, s.between("a", &long), from("a".into(), true), Some(s.between("a", &long))),
    ] {
        let route = planned(definition, p.clone() & tests.clone());
        assert_eq!(route.by, range(&["a"], condition), "{tests:?}");
        assert_eq!(route.rest, rest.unwrap_or_else(Filter::all), "{tests:?}");
    }
}

#[test]
fn c25_what_the_service_looks_at_and_what_core_does() {
    let (p, s, other) = (field("p").eq("a"), field("s"), field("other").eq(1));
    let like = field("name").like("a%b");
    let filter = p.clone() & s.gt(1) & s.ne(3) & other.clone() & like.clone();
    let route = planned(&numbered(), filter);
    let helped = field("name").starts_with("a") & field("name").contains("b");
    assert_eq!(route.database, p.clone() & s.gt(1) & other.clone() & helped);
    assert_eq!(route.rest, s.ne(3) & like);
    assert!(route.expression.is_some());
    // A request by key takes no filter.
    let route = planned(&numbered(), p.clone() & s.eq(1) & other.clone());
    assert_eq!((route.database, route.rest, route.expression), (p & s.eq(1), other, None));
}

#[test]
fn c19_a_key_serves_orders_in_its_directions() {
    use Order::{Asc, Desc};
    let (p, s) = (field("p"), field("s"));
    let one = p.eq("b");
    let some = p.is_in(["a", "b"]);
    let keys = p.is_in(["a", "b"]) & s.is_in([1, 2]);
    for (filter, sort, is_served) in [
        (one.clone(), by(&[("s", Asc), ("p", Asc)]), true),
        (one.clone(), by(&[("s", Desc), ("p", Desc)]), true),
        (one.clone(), by(&[("p", Desc), ("s", Asc)]), true),
        (one.clone() & field("role").eq("x"), by(&[("role", Desc), ("s", Asc), ("p", Asc)]), true),
        (one.clone(), by(&[("role", Desc), ("s", Asc), ("p", Asc)]), false),
        (one.clone(), by(&[("s", Asc), ("role", Desc), ("p", Desc)]), true),
        (one.clone(), Sort::Stable, true),
        (some.clone(), by(&[("p", Asc), ("s", Desc)]), true),
        (some.clone(), by(&[("s", Asc), ("p", Asc)]), false),
        (some.clone(), Sort::Stable, true),
        (keys.clone(), by(&[("p", Desc), ("s", Desc)]), true),
        (keys.clone(), by(&[("p", Desc), ("s", Asc)]), false),
        (keys.clone(), by(&[("s", Asc), ("p", Asc)]), false),
        (one.clone() & s.eq(1), by(&[("other", Asc), ("p", Asc), ("s", Asc)]), true),
        (Filter::all(), by(&[("p", Asc), ("s", Asc)]), false),
        (Filter::all(), Sort::Stable, true),
        (Filter::all(), Sort::Any, true),
    ] {
        let route = route(&request(filter.clone(), sort.clone()), &numbered(), &[]).unwrap();
        assert_eq!(route.is_in_order, is_served, "{filter:?} {sort:?}");
    }
    let route = |filter, sort| route(&request(filter, sort), &numbered(), &[]).unwrap().by;
    let By::Range(range) = route(some, by(&[("p", Desc), ("s", Desc)])) else { panic!("partitions are queried") };
    assert_eq!((range.partitions, range.is_backward), (vec!["b".into(), "a".into()], true));
    let all = [("b", 2), ("b", 1), ("a", 2), ("a", 1)].map(|(p, s)| key(p, Some(s)));
    assert_eq!(route(keys, by(&[("p", Desc), ("s", Desc)])), By::Keys(all.to_vec()));
}

#[test]
fn c21_pages_go_on_behind_a_key() {
    use Order::{Asc, Desc};
    let (p, s) = (field("p"), field("s"));
    let behind = |filter: &Filter, sort: &Sort, values: Vec<Value>| {
        let mut request = request(filter.clone(), sort.clone());
        request.after = Some(Position::new(values));
        request.own_order = *sort == Sort::Stable;
        route(&request, &numbered(), &[])
    };
    let after = |filter: &Filter, sort: &Sort, values: Vec<Value>| match behind(filter, sort, values).unwrap().by {
        By::Range(range) => (range.partitions.len(), range.after),
        By::Scan(after) => (0, after),
        other => panic!("{other:?}"),
    };
    let at = Some(key("b", Some(5)));
    let values = || vec!["b".into(), 5.into()];
    let backwards = || vec![5.into(), "b".into()];
    assert_eq!(after(&Filter::all(), &Sort::Stable, values()), (0, at.clone()));
    assert_eq!(after(&p.eq("b"), &Sort::Stable, values()), (1, at.clone()));
    assert_eq!(after(&p.eq("b"), &by(&[("s", Desc), ("p", Desc)]), backwards()), (1, at.clone()));
    assert_eq!(after(&(p.eq("b") & s.ge(5)), &Sort::Stable, values()), (1, at.clone()));
    // Only within its range does the service go on; what is before is left out by core.
    assert_eq!(after(&(p.eq("b") & s.gt(5)), &Sort::Stable, values()), (1, None));
    // Partitions that are done are not asked.
    let some = p.is_in(["a", "b", "c"]);
    assert_eq!(after(&some, &Sort::Stable, values()), (2, at.clone()));
    assert_eq!(after(&some, &by(&[("p", Desc), ("s", Asc)]), values()), (2, at.clone()));
    assert_eq!(after(&p.is_in(["a", "c"]), &Sort::Stable, values()), (1, None));
    assert_eq!(after(&some, &by(&[("s", Asc), ("p", Asc)]), backwards()), (3, None), "core sorts");
    // What is no key begins nowhere.
    for values in [vec![Value::Null, 5.into()], vec!["b".into(), "5".into()], vec!["".into(), 5.into()]] {
        assert!(behind(&Filter::all(), &Sort::Stable, values.clone()).unwrap_err().is_invalid_input());
        assert_eq!(after(&p.eq("b"), &Sort::Stable, values), (1, None));
    }
    let keys = p.is_in(["a", "b"]) & s.is_in([1, 7]);
    let rest = behind(&keys, &Sort::Stable, values()).unwrap().by;
    assert_eq!(rest, By::Keys(vec![key("b", Some(7))]));
    let rest = behind(&keys, &by(&[("p", Desc), ("s", Desc)]), values()).unwrap().by;
    assert_eq!(rest, By::Keys(vec![key("b", Some(1)), key("a", Some(7)), key("a", Some(1))]));
    let first = behind(&keys, &by(&[("p", Asc), ("s", Asc)]), vec!["a".into(), 7.into()]).unwrap().by;
    assert_eq!(first, By::Keys(vec![key("b", Some(1)), key("b", Some(7))]));
}

#[test]
fn c21_the_place_of_a_key_is_known_where_nothing_else_is_in_the_order() {
    use Order::Asc;
    let filter = field("p").eq("b") & field("role").eq("x");
    let place = |sort: Sort| {
        let route = route(&request(filter.clone(), sort), &numbered(), &[]).unwrap();
        route.marks.position(&key("b", Some(5)))
    };
    assert_eq!(place(Sort::Stable), Some(Position::new(vec!["b".into(), 5.into()])));
    let role_first = by(&[("role", Asc), ("s", Asc), ("p", Asc)]);
    assert_eq!(place(role_first), Some(Position::new(vec!["x".into(), 5.into(), "b".into()])));
    assert_eq!(place(by(&[("s", Asc), ("other", Asc), ("p", Asc)])), None);
    assert_eq!(place(Sort::Any), None);
}

#[test]
fn fields_of_what_is_left_are_fetched_too() {
    let filter = field("a.b").eq(1) & field("name").like("a%b") & field("address.city").like("%x%y");
    let mut request = request(filter, by(&[("m.n", Order::Asc), ("email", Order::Asc)]));
    assert_eq!(route(&request, &simple(), &[]).unwrap().fields, None);
    request.fields = Some(vec!["x".to_owned()]);
    let fields = route(&request, &simple(), &[]).unwrap().fields.unwrap();
    assert!(fields.iter().eq(["address", "email", "m", "name", "x"]), "{fields:?}");
}

#[test]
fn d05_more_keys_than_are_worth_it_are_read_by_partition() {
    let partitions = field("p").is_in((0..200).map(|number| format!("{number:03}")));
    let by = |sorts: i64| planned(&numbered(), partitions.clone() & field("s").is_in(0..sorts)).by;
    assert!(matches!(by(50), By::Keys(keys) if keys.len() == 10_000));
    assert!(matches!(by(51), By::Range(range) if range.partitions.len() == 200));
}
