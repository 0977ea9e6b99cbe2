//! C19, C20: orders, and what a limit and an offset take of them.

use std::collections::BTreeSet;

use backends_core::{Document, ErrorKind, Filter, Kind, Order, Path, SortField, field};
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::oracle;
use crate::reading::Table;
use crate::reading::table::{few, few_of, names_in_order, number, numbers};
use crate::records::{User, id};

use Order::{Asc, Desc};

/// The records of the table in this order, the key last.
fn sorted(table: &Table, fields: &[SortField]) -> Vec<i64> {
    let mut fields = fields.to_vec();
    let last = fields.last().map_or(Asc, |field| field.order);
    fields.extend([SortField::new("p", last), SortField::new("s", last)]);
    let mut records: Vec<_> = table.records.iter().collect();
    records.sort_by(|left, right| oracle::compare(&fields, left, right));
    records.into_iter().map(number).collect()
}

async fn found(table: &Table, fields: &[SortField]) -> Vec<i64> {
    let find = fields.iter().fold(table.repository.find(Filter::all()), |find, one| find.sort(&one.path, one.order));
    find.await.unwrap().iter().map(number).collect()
}

pub async fn c19_l05_d12_every_kind_of_value_has_its_place_in_an_order(context: &Context) {
    let table = Table::new(context).await;
    for path in
        ["v", "m.v", "m.0", "m", "w", "text", "integer", "number", "at", "inner.at", "times", "flag", "bytes", "ref"]
    {
        for order in [Asc, Desc] {
            let fields = [SortField::new(path, order)];
            assert_eq!(found(&table, &fields).await, sorted(&table, &fields), "{path} {order:?}");
        }
    }
    let fields = [SortField::new("nowhere.at.all", Desc)];
    assert_eq!(found(&table, &fields).await, sorted(&table, &fields));
}

pub async fn c19_key_fields_sort_like_others(context: &Context) {
    let table = Table::new(context).await;
    for order in [Asc, Desc] {
        for path in ["p", "s"] {
            let fields = [SortField::new(path, order)];
            assert_eq!(found(&table, &fields).await, sorted(&table, &fields), "{path} {order:?}");
        }
    }
    let ids = |records: &[Document]| records.iter().map(|record| record.get("id").cloned()).collect::<Vec<_>>();
    let mut by_id = ids(&table.repository.find(Filter::all()).sort("id", Asc).await.unwrap());
    assert!(
        by_id.is_sorted_by(|left, right| crate::records::text(left.as_ref()) < crate::records::text(right.as_ref()))
    );
    by_id.reverse();
    assert_eq!(ids(&table.repository.find(Filter::all()).sort("id", Desc).await.unwrap()), by_id);
}

pub async fn c19_several_fields_sort_within_one_another(context: &Context) {
    let table = Table::new(context).await;
    for fields in [
        &[("w", Asc), ("v", Asc)][..],
        &[("w", Desc), ("v", Asc)],
        &[("w", Asc), ("v", Desc)],
        &[("integer", Asc), ("text", Desc), ("flag", Asc)],
        &[("m.same", Desc), ("number", Asc)],
        &[("p", Desc), ("v", Asc)],
        &[("flag", Asc), ("p", Desc)],
        &[("flag", Asc), ("s", Desc)],
        &[("p", Asc), ("s", Desc), ("v", Asc)],
        &[("at", Asc), ("at.x", Desc)],
    ] {
        let fields: Vec<_> = fields.iter().map(|(path, order)| SortField::new(*path, *order)).collect();
        assert_eq!(found(&table, &fields).await, sorted(&table, &fields), "{fields:?}");
    }
}

pub async fn c19_equals_are_sorted_by_key_in_the_direction_of_the_last_field(context: &Context) {
    let few = few(
        context,
        json!([{"name": "b", "v": 1}, {"name": "a", "v": 1}, {"name": "d", "v": 2}, {"name": "c"}, {"name": "e", "v": null},
            {"name": "f", "v": [9]}, {"name": "g", "v": {"$binary": "AA=="}}, {"name": "h", "v": {}}, {"name": "i", "v": [1, 2]}]),
    )
    .await;
    for (orders, expected) in [
        (&[("v", Asc)][..], "c e a b d f g h i"),
        (&[("v", Desc)], "i h g f d b a e c"),
        (&[("v", Asc), ("nowhere", Desc)], "e c b a d i h g f"),
        (&[("nowhere", Asc)], "a b c d e f g h i"),
        (&[("v", Desc), ("name", Asc)], "f g h i d a b c e"),
    ] {
        let find = orders.iter().fold(few.find(Filter::all()), |find, (path, order)| find.sort(*path, *order));
        assert_eq!(names_in_order(&find.await.unwrap()).join(" "), expected, "{orders:?}");
    }
}

pub async fn c19_s10_an_array_sorts_as_an_array_and_not_by_a_member(context: &Context) {
    let few = few(
        context,
        json!([{"name": "a", "v": 5}, {"name": "b", "v": [1, 9]}, {"name": "c", "v": [null]}, {"name": "d", "v": []},
            {"name": "e", "v": "x"}, {"name": "f", "v": true}, {"name": "g"}, {"name": "h", "v": [{"x": 1}]}]),
    )
    .await;
    let sorted = few.find(Filter::all()).sort("v", Asc).await.unwrap();
    assert_eq!(names_in_order(&sorted).join(" "), "g a e b c d h f");
    let sorted = few.find(Filter::all()).sort("v", Desc).await.unwrap();
    assert_eq!(names_in_order(&sorted).join(" "), "f h d c b e a g");
    let nested = few.find(Filter::all()).sort("v.x", Asc).await.unwrap();
    assert_eq!(names_in_order(&nested).join(" "), "a b c d e f g h");
}

pub async fn c19_numbers_and_texts_sort_exactly(context: &Context) {
    const BIG: i64 = 9_007_199_254_740_992;
    for (base, kind) in [("open", None), ("declared", Some(Kind::Number))] {
        let definition = context.definition(base);
        let definition = kind.into_iter().fold(definition, |definition, kind| definition.field("v", kind));
        let few = few_of(
            definition,
            context,
            json!([{"name": "a", "v": BIG + 1}, {"name": "b", "v": BIG}, {"name": "c", "v": BIG + 2}, {"name": "d", "v": 1e19}, {"name": "e", "v": i64::MAX},
                {"name": "f", "v": -0.5}, {"name": "g", "v": 0}, {"name": "h", "v": 10}, {"name": "i", "v": 9}, {"name": "j", "v": i64::MIN}]),
        )
        .await;
        let sorted = few.find(Filter::all()).sort("v", Asc).await.unwrap();
        assert_eq!(names_in_order(&sorted).join(" "), "j f g i h b a c e d", "{base}");
    }
    let texts = ["", "10", "9", "A", "Z", "a", "aa", "b", "e\u{301}", "é", "\u{ffff}", "\u{1f600}"];
    let records: Vec<_> = texts.iter().rev().map(|text| json!({"name": format!("n{text}"), "v": text})).collect();
    let few = few_of(context.definition("texts"), context, json!(records)).await;
    let sorted = few.find(Filter::all()).sort("v", Asc).await.unwrap();
    assert_eq!(names_in_order(&sorted), texts.map(|text| format!("n{text}")));
}

pub async fn c19_an_order_of_long_texts_is_exact(context: &Context) {
    let start = "a".repeat(3_000);
    let records: Vec<_> = ["c", "a", "", "b"]
        .iter()
        .map(|end| json!({"name": format!("n{end}"), "v": format!("{start}{end}")}))
        .collect();
    let few = few(context, json!(records)).await;
    let sorted = few.find(Filter::all()).sort("v", Desc).await.unwrap();
    assert_eq!(names_in_order(&sorted).join(" "), "nc nb na n");
}

pub async fn c19_d04_limit_and_offset_apply_after_the_order(context: &Context) {
    let table = Table::new(context).await;
    let fields = [SortField::new("w", Desc), SortField::new("v", Asc)];
    let all = sorted(&table, &fields);
    let length = all.len();
    for (limit, offset) in [
        (1, 0),
        (5, 0),
        (5, 3),
        (1, length - 1),
        (5, length - 1),
        (5, length),
        (5, length + 9),
        (length, 0),
        (length + 1, 1),
        (2, 40),
    ] {
        for _ in 0..2 {
            let find = table.repository.find(Filter::all()).sort("w", Desc).sort("v", Asc);
            let found = find.limit(limit as u64).offset(offset as u64).await.unwrap();
            let found: Vec<_> = found.iter().map(number).collect();
            let meant = &all[offset.min(length)..(offset + limit).min(length)];
            assert_eq!(found, meant, "limit {limit} offset {offset}");
        }
    }
    let without_limit = table.repository.find(Filter::all()).sort("w", Desc).sort("v", Asc).offset(7).await.unwrap();
    assert_eq!(without_limit.iter().map(number).collect::<Vec<_>>(), all[7..]);
    for (limit, offset) in [(u64::MAX, 0), (u64::MAX, u64::MAX), (1, u64::MAX), (u64::MAX, 3)] {
        let find = table.repository.find(Filter::all()).sort("w", Desc).sort("v", Asc);
        let found = find.limit(limit).offset(offset).await.unwrap();
        assert_eq!(found.len(), length.saturating_sub(usize::try_from(offset).unwrap_or(usize::MAX)));
    }
}

pub async fn c20_l03_l06_without_an_order_a_limit_takes_any_that_match(context: &Context) {
    let table = Table::new(context).await;
    let filter = field("flag").eq(true) | field("integer").is_missing();
    let meant = table.meant(&filter);
    for (limit, offset) in [
        (0, 0),
        (1, 0),
        (3, 0),
        (3, 2),
        (meant.len() - 1, 0),
        (meant.len(), 0),
        (meant.len() + 5, 0),
        (4, meant.len() - 2),
        (4, 500),
    ] {
        let found = table.repository.find(&filter).limit(limit as u64).offset(offset as u64).await.unwrap();
        assert_eq!(found.len(), limit.min(meant.len().saturating_sub(offset)), "limit {limit} offset {offset}");
        let set = numbers(&found);
        assert_eq!(set.len(), found.len(), "a record came twice");
        assert!(set.is_subset(&meant), "limit {limit} offset {offset}");
    }
    for (limit, offset) in [(u64::MAX, 0), (u64::MAX, u64::MAX), (1, u64::MAX)] {
        let found = table.repository.find(&filter).limit(limit).offset(offset).await.unwrap();
        assert_eq!(found.len(), if offset == 0 { meant.len() } else { 0 });
    }
    let rest = table.repository.find(&filter).offset(2).await.unwrap();
    assert_eq!(rest.len(), meant.len() - 2);
    assert!(numbers(&rest).is_subset(&meant));
}

pub async fn c20_find_one_takes_the_first_of_an_order(context: &Context) {
    let table = Table::new(context).await;
    let filter = field("text").is_set() & field("s").gt(3);
    let by = |order| [SortField::new("text", order), SortField::new("v", order)];
    for order in [Asc, Desc] {
        let first = sorted(&table, &by(order)).into_iter().find(|number| table.meant(&filter).contains(number));
        let found = table.repository.find_one(&filter).sort("text", order).sort("v", order).await.unwrap();
        assert_eq!(found.as_ref().map(number), first);
    }
    let any = table.repository.find_one(&filter).await.unwrap().unwrap();
    assert!(table.meant(&filter).contains(&number(&any)));
    assert!(table.repository.find_one(field("s").eq(-5)).sort("v", Asc).await.unwrap().is_none());
}

pub async fn c19_a_field_is_sorted_by_once(context: &Context) {
    let few = few(context, json!([{"name": "a"}])).await;
    let twice = few.find(Filter::all()).sort("v", Asc).sort("w", Asc).sort("v", Desc).await;
    let error = refused(twice, ErrorKind::InvalidInput, "find");
    assert_eq!(error.path(), Some("v"), "{error}");
    let twice = few.find_one(Filter::all()).sort("name", Asc).sort("name", Asc).await;
    refused(twice, ErrorKind::InvalidInput, "find_one");
    let twice = few.find(Filter::all()).sort("v", Asc).sort("v", Asc).limit(0).await;
    refused(twice, ErrorKind::InvalidInput, "find");
}

pub async fn c19_thousands_of_records_are_sorted(context: &Context) {
    let users = context.repository::<User>("users").await;
    let number = |at: usize| i64::try_from(at * 7_919 % 3_000).unwrap();
    let all: Vec<_> = (0..3_000).map(|at| User::new("x").with_id(&id(at)).with_logins(number(at))).collect();
    users.insert_many(&all).await.unwrap();
    let found = users.find(Filter::all()).sort("logins", Desc).await.unwrap();
    assert_eq!(found.iter().map(|user| user.logins).collect::<Vec<_>>(), (0..3_000).rev().collect::<Vec<_>>());
    let some = users.find(field("logins").ge(100)).sort("logins", Asc).offset(1_500).limit(1_200).await.unwrap();
    assert_eq!(some.iter().map(|user| user.logins).collect::<Vec<_>>(), (1_600..2_800).collect::<Vec<_>>());
    let any = users.find(field("logins").lt(2_000)).await.unwrap();
    assert_eq!(any.iter().map(|user| user.logins).collect::<BTreeSet<_>>(), (0..2_000).collect());
    assert_eq!(users.count(field("logins").ge(2_990)).await.unwrap(), 10);
}

pub async fn c20_a_path_is_given_in_any_form(context: &Context) {
    let few = few(context, json!([{"name": "a", "m": {"v": 2}}, {"name": "b", "m": {"v": 1}}])).await;
    let path = Path::from("m.v");
    for find in [
        few.find(field(&path).is_set()).sort(&path, Asc),
        few.find(field("m.v".to_owned()).is_set()).sort("m.v".to_owned(), Asc),
    ] {
        assert_eq!(names_in_order(&find.await.unwrap()).join(" "), "b a");
    }
}
