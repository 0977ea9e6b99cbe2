//! C13, C14: what each test means, at every kind of place, for every kind of value.

use backends_core::{Document, Filter, Order, Value, field};
use serde_json::json;

use crate::Context;
use crate::reading::table::{few, few_of, names};
use crate::reading::tests::{check, operands, shown};
use crate::reading::{Table, random};
use crate::records::{Holds, User, id};

pub async fn c13_c18_every_test_of_every_kind_of_value_means_the_same_everywhere(context: &Context) {
    let table = Table::new(context).await;
    let operands = operands();
    check(&table, "v", &operands).await;
    for operand in &operands {
        table.check(&field("v").contains(operand), &format!("v contains {}", shown(operand))).await;
    }
}

pub async fn c13_l14_tests_inside_maps_mean_the_same(context: &Context) {
    let table = Table::new(context).await;
    let some: Vec<_> = operands().into_iter().step_by(4).collect();
    for place in ["m.v", "m.0", "w", "nowhere.at.all"] {
        check(&table, place, &some).await;
        for operand in &some {
            table.check(&field(place).contains(operand), &format!("{place} contains {}", shown(operand))).await;
        }
    }
}

pub async fn c09_c13_tests_of_declared_fields_mean_the_same(context: &Context) {
    let table = Table::new(context).await;
    let of = |is_kind: fn(&Value) -> bool| -> Vec<Value> { operands().into_iter().filter(is_kind).collect() };
    let numbers = of(|value| matches!(value, Value::Int(_) | Value::Float(_)));
    check(&table, "integer", &numbers).await;
    check(&table, "number", &numbers).await;
    check(&table, "text", &of(|value| matches!(value, Value::String(_)))).await;
    check(&table, "bytes", &of(|value| matches!(value, Value::Bytes(_)))).await;
    check(&table, "flag", &of(|value| matches!(value, Value::Bool(_)))).await;
    let instants: Vec<_> = [0, 1, -1, 5, 6, 7].map(random::instant).into_iter().collect();
    for place in ["at", "inner.at"] {
        check(&table, place, &instants).await;
    }
    for operand in &instants {
        table.check(&field("times").contains(operand), "times").await;
    }
    check(&table, "ref", &[id(0), id(1), id(2), id(3), "f".repeat(24)].map(Value::from)).await;
}

pub async fn c14_l35_what_is_missing_matches_negations_only(context: &Context) {
    let few = few(
        context,
        json!([{"name": "one", "v": 1}, {"name": "text", "v": "1"}, {"name": "list", "v": [1]}, {"name": "none"},
            {"name": "null", "v": null}, {"name": "map", "v": {"v": 1}}, {"name": "nulls", "v": [null]}]),
    )
    .await;
    let v = field("v");
    for (filter, expected) in [
        (v.eq(1), "one"),
        (v.ne(1), "list map none null nulls text"),
        (v.not_in([1, 2]), "list map none null nulls text"),
        (v.is_in([1, 2]), "one"),
        (v.lt(5), "one"),
        (!v.lt(5), "list map none null nulls text"),
        (v.ge(5), ""),
        (!v.between(0, 5), "list map none null nulls text"),
        (v.is_missing(), "none null"),
        (!v.is_missing(), "list map nulls one text"),
        (v.is_set(), "list map nulls one text"),
        (v.contains(1), "list"),
        (!v.contains(1), "map none null nulls one text"),
        (v.contains("1"), "text"),
        (!v.like("%"), "list map none null nulls one"),
        (!v.starts_with(""), "list map none null nulls one"),
        (v.eq("1"), "text"),
        (!(v.eq(1) | v.is_missing()), "list map nulls text"),
        (!(v.ne(1) & v.is_set()), "none null one"),
        (!(!v.eq(1)), "one"),
        (Filter::all(), "list map none null nulls one text"),
        (!Filter::all(), ""),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn c13_l14_paths_lead_through_maps_and_never_into_arrays(context: &Context) {
    let few = few(
        context,
        json!([{"name": "map", "a": {"0": 1, "b": {"c": "x"}}}, {"name": "list", "a": [1, {"b": {"c": "x"}}]},
            {"name": "flat", "a": 1}, {"name": "other", "b": {"c": "x"}, "c": "x"}, {"name": "list-in", "a": {"b": [{"c": "x"}]}}]),
    )
    .await;
    for (filter, expected) in [
        (field("a.0").eq(1), "map"),
        (field("a.b.c").eq("x"), "map"),
        (field("b.c").eq("x"), "other"),
        (field("a.b").is_set(), "list-in map"),
        (field("a.b.c").is_missing(), "flat list list-in other"),
        (field("a.b.c.d").is_missing(), "flat list list-in map other"),
        (field("a.0").ne(1), "flat list list-in other"),
        (field("a").is_set(), "flat list list-in map"),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn c13_c06_an_array_contains_its_own_members(context: &Context) {
    let few = few(
        context,
        json!([{"name": "int", "v": [1]}, {"name": "float", "v": [1.0, 2.5]}, {"name": "text", "v": ["1", ""]},
            {"name": "nested", "v": [[1, "1"], {"v": 1}]}, {"name": "nulls", "v": [null, null]}, {"name": "empty", "v": []},
            {"name": "bool", "v": [true]}, {"name": "bytes", "v": [{"$binary": "YQ=="}]}, {"name": "big", "v": [9_007_199_254_740_993_i64]},
            {"name": "map", "v": {"1": 1}}, {"name": "scalar", "v": 1}]),
    )
    .await;
    let v = field("v");
    for (filter, expected) in [
        (v.contains(1), "float int"),
        (v.contains(1.0), "float int"),
        (v.contains(2.5), "float"),
        (v.contains("1"), "text"),
        (v.contains(""), "text"),
        (v.contains(true), "bool"),
        (v.contains(false), ""),
        (v.contains(9_007_199_254_740_992_i64), ""),
        (v.contains(9_007_199_254_740_993_i64), "big"),
        (v.contains(Value::Bytes(b"a".to_vec())), "bytes"),
        (v.contains("a"), ""),
        (v.eq(1), "scalar"),
        (v.is_in([1, 2]), "scalar"),
        (v.lt(2), "scalar"),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn c14_what_is_certain_is_folded(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 5}, {"name": "b", "v": "x"}, {"name": "c"}])).await;
    let v = field("v");
    for (filter, expected) in [
        (v.between(9, 1), ""),
        (v.between(1, "x"), ""),
        (v.between("a", 9), ""),
        (!v.between(9, 1), "a b c"),
        (v.is_in([0_u8; 0]), ""),
        (v.not_in([0_u8; 0]), "a b c"),
        (!v.is_in([0_u8; 0]), "a b c"),
        (v.is_in([5, 5, 5]), "a"),
        (v.is_in([5.0, 5.5]), "a"),
        (v.is_in([0_u8; 0]) | v.eq(5), "a"),
        (v.not_in([0_u8; 0]) & v.eq(5), "a"),
        (v.is_in([0_u8; 0]) & v.eq(5), ""),
        (Filter::all() & v.eq(5), "a"),
        (Filter::all() | v.eq(5), "a b c"),
        (field("name").eq(""), ""),
        (field("name").ne(""), "a b c"),
        (field("name").is_in(["", "a"]), "a"),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn c07_l33_l34_values_that_look_like_something_else_stay_values(context: &Context) {
    let odd = ["$gt", "a,b", "' OR 1=1 --", "{\"$ne\": null}", "*", "null", ":v0", "#n0", "$v", "a.b", "\\", "\"", "`"];
    let records: Vec<_> = odd.iter().map(|text| json!({"name": text, "v": text})).collect();
    let few = few(context, json!(records)).await;
    for text in odd {
        for filter in [
            field("v").eq(text),
            field("v").is_in([text, "x"]),
            field("name").eq(text),
            field("v").between(text, text),
            field("v").like(text),
            !field("v").ne(text),
        ] {
            assert_eq!(names(&few, &filter).await, text, "{filter:?}");
        }
    }
    assert_eq!(names(&few, field("v").eq("a")).await, "");
    assert_eq!(names(&few, field("v").eq("x' OR 'a'='a")).await, "");
}

pub async fn c05_names_of_fields_that_look_like_something_else_are_paths(context: &Context) {
    let odd = ["a'b", "a b", "é", "-", "#n", ":v", "select", "a$b", "[0]", "*", "size", "😀", "e\u{301}"];
    let repository = context.define::<Document>(context.definition("few").partition_key("name")).await;
    for name in odd {
        let inner = Document::from([(name, Value::Int(2))]);
        let record = Document::from([("name", Value::from(name)), (name, Value::Int(1)), ("m", Value::Map(inner))]);
        repository.insert(&record).await.unwrap();
    }
    for name in odd {
        for filter in [field(name).eq(1), field(name).is_set(), field(format!("m.{name}")).ge(2)] {
            assert_eq!(names(&repository, &filter).await, name, "{filter:?}");
        }
        for path in [name.to_owned(), format!("m.{name}")] {
            let last =
                repository.find_one(Filter::all()).sort(path, Order::Desc).fields([name]).await.unwrap().unwrap();
            assert_eq!((last.get("name"), last.get(name)), (Some(&name.into()), Some(&Value::Int(1))));
        }
    }
}

pub async fn c05_texts_are_compared_by_bytes_and_not_normalised(context: &Context) {
    let few = few(
        context,
        json!([{"name": "a", "v": "é"}, {"name": "b", "v": "e\u{301}"}, {"name": "c", "v": "\u{ffff}"}, {"name": "d", "v": "\u{1f600}"},
            {"name": "e", "v": "É"}, {"name": "f", "v": "é "}]),
    )
    .await;
    let v = field("v");
    for (filter, expected) in [
        (v.eq("é"), "a"),
        (v.eq("e\u{301}"), "b"),
        (v.gt("\u{ffff}"), "d"),
        (v.lt("f"), "b"),
        (v.starts_with("e"), "b"),
        (v.contains("\u{301}"), "b"),
        (v.between("\u{1f600}", "\u{1f600}"), "d"),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn c02_numbers_are_compared_exactly_beyond_two_to_the_53(context: &Context) {
    const BIG: i64 = 9_007_199_254_740_992;
    for (declared, base) in [(false, "open"), (true, "declared")] {
        let definition = context.definition(base);
        let definition = if declared { definition.field("v", backends_core::Kind::Number) } else { definition };
        let records = json!([{"name": "a", "v": BIG}, {"name": "b", "v": BIG + 1}, {"name": "c", "v": i64::MAX},
            {"name": "d", "v": i64::MIN}, {"name": "e", "v": 9.223_372_036_854_776e18}, {"name": "f", "v": 1.5}, {"name": "g", "v": 0.0}]);
        let few = few_of(definition, context, records).await;
        let v = field("v");
        for (filter, expected) in [
            (v.eq(BIG), "a"),
            (v.eq(BIG + 1), "b"),
            (v.eq(9_007_199_254_740_992.0), "a"),
            (v.gt(BIG), "b c e"),
            (v.between(BIG + 1, i64::MAX), "b c"),
            (v.gt(i64::MAX), "e"),
            (v.le(i64::MIN), "d"),
            (v.ge(1.5), "a b c e f"),
            (v.is_in([1.5, 0.0]), "f g"),
            (v.eq(-0.0), "g"),
        ] {
            assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
        }
    }
}

pub async fn l20_a_filter_stays_what_it_is(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 1}, {"name": "b", "v": 2}])).await;
    let filter = field("v").eq(1) & !field("name").like("b%");
    let debug = format!("{filter:?}");
    for _ in 0..3 {
        assert_eq!(names(&few, &filter).await, "a");
        few.find(&filter).sort("$x", Order::Asc).await.unwrap_err();
    }
    assert_eq!(format!("{filter:?}"), debug);
    assert_eq!(names(&few, filter).await, "a");
}

pub async fn c13_typed_handles_compare_in_the_form_that_is_stored(context: &Context) {
    #[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Role {
        Admin,
        SuperUser,
    }
    let records = context.repository::<Holds<Role>>("roles").await;
    records.insert_many(&[Holds::new(Role::Admin), Holds::new(Role::SuperUser)]).await.unwrap();
    let found = records.find(field("value").eq(Role::SuperUser)).await.unwrap();
    assert_eq!(found.iter().map(|record| record.value).collect::<Vec<_>>(), [Role::SuperUser]);
    assert_eq!(records.count(field("value").is_in([Role::Admin, Role::SuperUser])).await.unwrap(), 2);
    assert_eq!(records.untyped().count(field("value").eq("superUser")).await.unwrap(), 1);

    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada").with_nick("countess")).await.unwrap();
    users.insert(&User::new("bob")).await.unwrap();
    assert_eq!(users.find(field("nick").eq(Some("countess"))).await.unwrap(), std::slice::from_ref(&ada));
    assert_eq!(users.find(field("id").eq(&ada.id) & field("logins").gt(0.5)).await.unwrap(), [ada]);
}
