//! Which index serves which request, and what is asked of it.

use backends_core::driver::Consistency;

use super::*;
use crate::index::TableIndex;

const JSON: &str = r#"{"name": "events", "idKind": "string", "fields": {"n": "number", "at": "timestamp", "ref": "objectId"},
    "indexes": [
        {"name": "role", "fields": ["role"], "unique": false},
        {"name": "role_at", "fields": ["role", "at"], "unique": false},
        {"name": "abc", "fields": ["aa", "bb", "cc"], "unique": false},
        {"name": "by_n", "fields": ["n"], "unique": false, "ordered": true},
        {"name": "by_kind_n", "fields": ["kind", "n"], "unique": false, "ordered": true}]}"#;

fn events() -> (Definition, Vec<Arc<TableIndex>>) {
    let definition = Definition::from_json(JSON).unwrap();
    let indexes = definition.indexes().map(|index| Arc::new(TableIndex::new(&definition, index)));
    let indexes = indexes.collect();
    (definition, indexes)
}

fn routed(request: &FindRequest) -> Route {
    let (definition, indexes) = events();
    super::route(request, &definition, &indexes).unwrap()
}

/// What a request goes by, in words: the index, the first lane, how many there are, and whether they are in order.
fn way(route: &Route) -> String {
    let By::Index(search) = &route.by else {
        return match &route.by {
            By::Scan(_) => "scan".to_owned(),
            By::Key(_) => "key".to_owned(),
            By::Keys(keys) => format!("{} keys", keys.len()),
            By::Nothing => "nothing".to_owned(),
            other => format!("{other:?}"),
        };
    };
    let lane = &search.lanes[0];
    let names = lane.equals.iter().map(|(name, _)| name.trim_start_matches("_backends_")).collect::<Vec<_>>().join("+");
    let range = match &lane.range {
        None => "",
        Some((_, SortRange::From { .. })) => " from",
        Some((_, SortRange::To { .. })) => " to",
        Some((_, SortRange::Between(..))) => " between",
        Some((_, SortRange::StartsWith(_))) => " starts",
    };
    let order = if search.merge.is_some() { " in order" } else { "" };
    format!("{} {names}{range} x{}{order}", search.index.name, search.lanes.len())
}

#[test]
fn l07_c39_an_index_serves_where_the_filter_says_enough() {
    let (role, at, n, kind) = (field("role"), field("at"), field("n"), field("kind"));
    let (a, b, c) = (field("aa"), field("bb"), field("cc"));
    let instant = || Value::Timestamp(Timestamp::from_millis(5).unwrap());
    for (filter, is, left) in [
        (role.eq("x"), "role role x1", None),
        (role.is_in(["x", "y"]), "role role x2", None),
        (role.eq("x") | role.eq("y") | role.is_in(["y", "z"]), "role role x3", None),
        (role.eq("x") & role.is_in(["x", "y"]), "role role x1", None),
        (role.eq("x") & role.eq("y"), "nothing", None),
        (role.eq("x") & at.is_set(), "role_at role x1", None),
        (role.eq("x") & at.ge(instant()), "role_at role from x1", None),
        (role.eq("x") & at.eq(instant()), "role_at role+at x1", None),
        (role.eq("x") & at.is_missing(), "role role x1", None),
        (role.eq("x") & at.ne(instant()), "role role x1", None),
        (role.ne("x"), "scan", None),
        (role.eq("x") | n.eq(1), "scan", None),
        (!role.eq("x"), "scan", None),
        (role.starts_with("x"), "scan", None),
        // All fields have to be there, and those of the partitions known.
        (a.eq("x"), "scan", None),
        (a.eq("x") & b.eq("y"), "scan", None),
        (a.eq("x") & b.eq("y") & c.is_set(), "abc aa+bb x1", None),
        (a.is_in(["x", "y"]) & b.is_in(["v", "w"]) & c.starts_with("z"), "abc aa+bb starts x4", None),
        (a.eq("x") & c.eq("z"), "scan", None),
        // One for orders has every record, in four shards.
        (n.eq(1), "by_n shard between x4", None),
        (n.is_in([1, 2]), "by_n shard between x8", None),
        (n.ge(1), "by_n shard between x4", None),
        (n.gt(1) & n.lt(5) & n.ne(3), "by_n shard between x4", Some(n.gt(1) & n.lt(5) & n.ne(3))),
        (n.ge(1) & n.le(5), "by_n shard between x4", None),
        (n.is_missing(), "by_n shard between x4", None),
        (n.is_set(), "by_n shard between x4", None),
        (kind.eq("x"), "by_kind_n shard between x4", None),
        (kind.eq("x") & n.gt(2), "by_kind_n shard between x4", None),
        (kind.is_missing() & n.is_missing(), "by_kind_n shard between x4", None),
        (kind.starts_with("x"), "by_kind_n shard between x4", None),
        (kind.like("x%y"), "by_kind_n shard between x4", Some(kind.like("x%y"))),
        (kind.ne("x"), "scan", None),
        (n.gt(5) & n.lt(2), "nothing", None),
    ] {
        let route = routed(&request(filter.clone(), Sort::Any));
        assert_eq!(way(&route), is, "{filter:?}");
        let asked = |filter: &Filter| filter.conjuncts().len();
        if let (Some(left), By::Index(_)) = (left, &route.by) {
            // What the key does not say is asked of what is found, or left to core.
            assert!(route.expression.is_some() || asked(&route.rest) > 0, "{filter:?} {left:?}");
        } else if matches!(route.by, By::Index(_)) {
            assert!(route.expression.is_none() && route.rest.is_all() || is.starts_with("role role"), "{filter:?}");
        }
    }
}

#[test]
fn l08_each_value_of_a_long_list_is_looked_up_in_the_index() {
    let numbers = |count: i64| 0..count;
    // In order, as those of a bound filter are.
    let texts = |count: i64| (0..count).map(|number| format!("{number:05}")).collect::<Vec<_>>();
    for (filter, is) in [
        (field("role").is_in(texts(10_000)), "role role x10000"),
        (field("n").is_in(numbers(10_000)), "by_n shard between x40000"),
        (field("aa").is_in(texts(100)) & field("bb").is_in(texts(100)) & field("cc").is_set(), "abc aa+bb x10000"),
        (field("aa").is_in(texts(101)) & field("bb").is_in(texts(100)) & field("cc").is_set(), "scan"),
    ] {
        assert_eq!(way(&routed(&request(filter, Sort::Any))), is);
    }
}

#[test]
fn c19_c39_an_index_serves_orders_with_their_ties() {
    use Order::{Asc, Desc};
    let (role, n, kind) = (field("role"), field("n"), field("kind"));
    let everything = Filter::all;
    for (filter, sort, is) in [
        (everything(), by(&[("n", Asc), ("id", Asc)]), "by_n shard x4 in order"),
        (everything(), by(&[("n", Desc), ("id", Desc)]), "by_n shard x4 in order"),
        (everything(), by(&[("n", Asc), ("id", Desc)]), "scan"),
        (everything(), by(&[("kind", Desc), ("n", Desc), ("id", Desc)]), "by_kind_n shard x4 in order"),
        (everything(), by(&[("kind", Desc), ("n", Asc), ("id", Asc)]), "scan"),
        (everything(), by(&[("kind", Asc), ("id", Asc)]), "scan"),
        (n.eq(1), by(&[("kind", Asc), ("id", Asc)]), "by_n shard between x4"),
        (kind.eq("x"), by(&[("n", Desc), ("id", Desc)]), "by_kind_n shard between x4 in order"),
        (kind.eq("x"), by(&[("kind", Asc), ("n", Desc), ("id", Desc)]), "by_kind_n shard between x4 in order"),
        (kind.eq("x") & n.ge(5), by(&[("n", Desc), ("id", Desc)]), "by_kind_n shard between x4 in order"),
        (kind.is_missing(), by(&[("n", Asc), ("id", Asc)]), "by_kind_n shard between x4 in order"),
        (kind.is_in(["x", "y"]), by(&[("n", Asc), ("id", Asc)]), "by_kind_n shard between x8"),
        (field("other").eq(1), by(&[("n", Asc), ("id", Asc)]), "by_n shard x4 in order"),
        (role.eq("x"), by(&[("id", Desc)]), "role role x1 in order"),
        (role.eq("x"), Sort::Stable, "role role x1 in order"),
        (role.is_in(["x", "y"]), by(&[("id", Asc)]), "role role x2 in order"),
        (role.is_in(["x", "y"]), by(&[("role", Asc), ("id", Asc)]), "role role x2"),
        (role.eq("x") & field("at").is_set(), by(&[("at", Desc), ("id", Desc)]), "role_at role x1 in order"),
        (role.eq("x"), by(&[("at", Desc), ("id", Desc)]), "role role x1"),
        (n.ge(1), Sort::Stable, "by_n shard between x4"),
        (everything(), Sort::Stable, "scan"),
    ] {
        assert_eq!(way(&routed(&request(filter.clone(), sort.clone()))), is, "{filter:?} {sort:?}");
    }
}

#[test]
fn c21_pages_go_on_behind_a_place_of_an_index() {
    use Order::{Asc, Desc};
    let behind = |filter: Filter, sort: Sort, values: Vec<Value>| {
        let mut request = request(filter, sort);
        request.after = Some(Position::new(values));
        let By::Index(search) = routed(&request).by else { panic!("an index serves") };
        search.lanes
    };
    // Where no two places are equal the service begins behind one of them.
    let lanes = behind(field("role").eq("x"), by(&[("id", Asc)]), vec!["i".into()]);
    let place = vec![("role".to_owned(), "x".into()), ("id".to_owned(), "i".into())];
    assert_eq!((lanes[0].after.as_slice(), lanes[0].range.is_none()), (place.as_slice(), true));
    // Else it begins at the first of the equals.
    let at = Value::Timestamp(Timestamp::from_millis(5).unwrap());
    let of_role = field("role").eq("x") & field("at").is_set();
    let lanes = behind(of_role.clone(), by(&[("at", Desc), ("id", Desc)]), vec![at.clone(), "i".into()]);
    let until = SortRange::To { value: at, included: true };
    assert_eq!((lanes[0].after.len(), lanes[0].range.clone()), (0, Some(("at".to_owned(), until))));
    // What is no place of the index begins nowhere.
    let lanes = behind(of_role, by(&[("at", Desc), ("id", Desc)]), vec![Value::Null, "i".into()]);
    assert_eq!((lanes[0].after.len(), lanes[0].range.is_none()), (0, true));
    let lanes = behind(Filter::all(), by(&[("n", Asc), ("id", Asc)]), vec![7.into(), "i".into()]);
    let (Some((_, first)), None) = (&lanes[0].range, &lanes.get(4)) else { panic!("{lanes:?}") };
    let SortRange::Between(Value::Bytes(low), _) = first else { panic!("{first:?}") };
    let mut place = crate::codec::OrderOf::start(&[7.into(), "i".into()]);
    place.push(0);
    assert_eq!(*low, place);
    // A token that says less, or something else, finds more, and no less.
    let lanes = behind(Filter::all(), by(&[("n", Desc), ("id", Desc)]), vec![Value::Null]);
    assert_eq!(lanes.len(), 4);
}

#[test]
fn c21_pages_without_an_order_go_on_in_the_one_that_they_began_in() {
    let of = |own_order: bool, consistency: Consistency| {
        let mut request = request(field("role").eq("x"), Sort::Stable);
        (request.after, request.own_order) = (Some(Position::new(vec!["i".into()])), own_order);
        request.context.consistency = consistency;
        let route = routed(&request);
        (way(&route), route.is_in_order, matches!(route.by, By::Scan(Some(_))))
    };
    let by_index = "role role x1 in order".to_owned();
    assert_eq!(of(false, Consistency::Default), (by_index, true, false));
    // The table has not the order of the keys, so core brings it in order.
    assert_eq!(of(false, Consistency::Consistent), ("scan".to_owned(), false, false));
    for consistency in [Consistency::Default, Consistency::Consistent] {
        assert_eq!(of(true, consistency), ("scan".to_owned(), true, true));
    }
}

#[test]
fn c24_a_consistent_read_goes_past_every_index() {
    for filter in [field("role").eq("x"), field("n").eq(1)] {
        let mut request = request(filter, Sort::Any);
        request.context.consistency = Consistency::Consistent;
        assert_eq!(way(&routed(&request)), "scan");
        request.context.consistency = Consistency::Eventual;
        assert!(way(&routed(&request)).contains(" x"));
    }
}

#[test]
fn c04_texts_of_other_programs_are_not_looked_for_in_an_index_of_fields() {
    let json = r#"{"name": "events", "fields": {"at": {"kind": "timestamp", "foreignText": true}}, "indexes": [
        {"name": "by_at", "fields": ["at"], "unique": false}]}"#;
    let definition = Definition::from_json(json).unwrap();
    let indexes: Vec<_> = definition.indexes().map(|index| Arc::new(TableIndex::new(&definition, index))).collect();
    let instant = Value::Timestamp(Timestamp::from_millis(5).unwrap());
    let route = super::route(&request(field("at").eq(instant), Sort::Any), &definition, &indexes).unwrap();
    assert_eq!(way(&route), "scan");
}

#[test]
fn l07_alternatives_that_say_the_key_are_keys() {
    let (p, s, id) = (field("p"), field("s"), field("id"));
    let of = |filter: &Filter| way(&super::route(&request(filter.clone(), Sort::Any), &numbered(), &[]).unwrap());
    assert_eq!(way(&routed(&request(id.eq("a") | id.eq("b") | id.is_in(["b", "c"]), Sort::Any))), "3 keys");
    assert_eq!(way(&routed(&request((id.eq("a") | id.eq("b")) & id.ne("a"), Sort::Any))), "key");
    assert_eq!(of(&((p.eq("a") & s.eq(1)) | (p.eq("b") & s.eq(2)) | (p.eq("b") & s.eq(2)))), "2 keys");
    assert_eq!(of(&((p.eq("a") & s.eq(1)) | (p.eq("b") & s.ge(2)))), "scan");
    assert_eq!(of(&((p.eq("a") & s.eq(1)) | field("other").eq(2))), "scan");
    // What else the alternatives say is left to core.
    let filter = (p.eq("a") & s.eq(1) & field("x").eq(1)) | (p.eq("b") & s.eq(2));
    let route = super::route(&request(filter.clone(), Sort::Any), &numbered(), &[]).unwrap();
    assert_eq!((way(&route).as_str(), route.rest), ("2 keys", filter));
}
