//! C9, C13: which filters are refused, and how large they may be.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, Filter, Index, Kind, Order, Timestamp, Value, field};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::indexes::has_indexes;
use crate::Context;
use crate::expect::{SECRET, refused};
use crate::reading::table::{few, few_of, names, numbers};
use crate::reading::{Table, is_refused};
use crate::records::id;
use crate::wrapped::Faults;

pub async fn c09_an_operand_or_a_test_that_the_kind_does_not_have_is_refused(context: &Context) {
    let table = Table::new(context).await;
    let of = |kind: Kind| -> &'static str {
        match kind {
            Kind::String => "text",
            Kind::Number => "number",
            Kind::Integer => "integer",
            Kind::Timestamp => "at",
            Kind::Bool => "flag",
            Kind::Bytes => "bytes",
            _ => "ref",
        }
    };
    let operands = [
        (Kind::String, Value::from(SECRET)),
        (Kind::Number, Value::Float(471_147.5)),
        (Kind::Integer, Value::Int(471_147)),
        (Kind::Timestamp, Value::Timestamp(Timestamp::MAX)),
        (Kind::Bool, Value::Bool(true)),
        (Kind::Bytes, Value::Bytes(SECRET.into())),
        (Kind::ObjectId, id(471_147).into()),
    ];
    for kind in Kind::ALL {
        let place = field(of(*kind));
        for (other, operand) in &operands {
            let fits = match kind {
                Kind::Number | Kind::Integer => matches!(other, Kind::Number | Kind::Integer),
                Kind::String => matches!(other, Kind::String | Kind::ObjectId),
                same => same == other,
            };
            let tests = [place.eq(operand), place.ne(operand), place.is_in([operand]), place.not_in([operand])];
            for test in tests {
                if fits {
                    table.check(&test, &format!("{test:?}")).await;
                } else {
                    refused(table.repository.find(&test).await, ErrorKind::InvalidInput, "find");
                }
            }
            let has_order = !matches!(kind, Kind::Bool | Kind::Bytes);
            for test in [place.lt(operand), place.ge(operand), place.between(operand, operand)] {
                if fits && has_order {
                    table.check(&test, &format!("{test:?}")).await;
                } else {
                    refused(table.repository.find(&test).await, ErrorKind::InvalidInput, "find");
                }
            }
        }
        for test in [place.like("%a%"), place.like("a"), place.starts_with("a"), place.contains("a")] {
            if *kind == Kind::String {
                table.check(&test, &format!("{test:?}")).await;
            } else {
                is_refused(&table.repository, &test, Some(of(*kind))).await;
            }
        }
    }
}

pub async fn c09_operands_of_keys_and_ids_have_their_kind(context: &Context) {
    let table = Table::new(context).await;
    for (wrong, path) in [
        (field("p").eq(1), "p"),
        (field("p").is_in([true]), "p"),
        (field("p").gt(Value::Bytes(vec![1])), "p"),
        (field("s").eq("1"), "s"),
        (field("s").like("1%"), "s"),
        (field("s").contains(1), "s"),
        (field("id").eq(1), "id"),
        (field("id").eq(SECRET), "id"),
        (field("id").eq(""), "id"),
        (field("id").like("0%"), "id"),
        (field("id").eq("0123456789ABCDEF01234567"), "id"),
        (field("times").contains(1), "times"),
        (field("times").contains("yesterday"), "times"),
        (field("at").eq("yesterday"), "at"),
        (field("inner.at").lt(5), "inner.at"),
    ] {
        is_refused(&table.repository, &wrong, Some(path)).await;
    }
    for right in [field("s").eq(1.5), field("s").gt(0.5), field("s").is_in([0.0, 0.5]), field("id").gt(id(0))] {
        table.check(&right, &format!("{right:?}")).await;
    }
}

pub async fn c09_members_of_declared_arrays_compare_with_any_number(context: &Context) {
    let definition = context.definition("few").field("v[]", Kind::Integer);
    let few = few_of(definition, context, json!([{"name": "a", "v": [1, 2]}, {"name": "b"}])).await;
    assert_eq!(names(&few, field("v").contains(1.0)).await, "a");
    assert_eq!(names(&few, field("v").contains(1.5)).await, "");
    assert_eq!(names(&few, !field("v").contains(2.5)).await, "a b");
    is_refused(&few, &field("v").contains("1"), Some("v")).await;
}

pub async fn c04_an_instant_is_an_operand_where_one_is_declared_only(context: &Context) {
    let table = Table::new(context).await;
    let at = Timestamp::from_millis(1).unwrap();
    for wrong in [field("v").eq(at), field("v").lt(at), field("m.v").is_in([at]), field("v").contains(at)] {
        let error = refused(table.repository.find(wrong).await, ErrorKind::InvalidInput, "find");
        assert!(error.message().contains("declare"), "{error}");
    }
    for text in ["1970-01-01T00:00:00.001Z", "1970-01-01T01:00:00.0019+01:00", "1970-01-01T00:00:00.001000Z"] {
        let by_text = table.repository.find(field("at").eq(text)).await.unwrap();
        assert_eq!(numbers(&by_text), table.meant(&field("at").eq(at)), "{text}");
        assert!(!by_text.is_empty());
    }
    let text = "1970-01-01T00:00:00.006Z";
    let found = table.repository.find(field("times").contains(text) & field("inner.at").ge(text)).await.unwrap();
    let at = Timestamp::from_millis(6).unwrap();
    let meant = table.meant(&(field("times").contains(at) & field("inner.at").ge(at)));
    assert_eq!(numbers(&found), meant);
    assert!(!meant.is_empty());
}

#[derive(Debug, Serialize, Deserialize)]
struct Person {
    #[serde(default)]
    id: String,
    #[serde(alias = "mail")]
    email: String,
    age: Option<u8>,
    tags: Vec<String>,
    address: BTreeMap<String, String>,
}

pub async fn c09_a_typed_handle_refuses_fields_that_nobody_knows(context: &Context) {
    let definition = context.definition("people").field("declared", Kind::String);
    let people =
        context.backend().await.define::<Document>(definition.build().unwrap()).await.unwrap().typed::<Person>();
    for (wrong, says) in [
        (field("emial").eq("x"), "`email`"),
        (field("mail").eq("x"), "`email`"),
        (field("adress.city").eq("x"), "`address`"),
        (field("somewhere").is_missing(), "untyped()"),
        (field("age").eq(SECRET), "integer"),
        (field("age").like("1%"), "integer"),
        (field("email").eq(5), "string"),
    ] {
        let error = refused(people.find(&wrong).await, ErrorKind::InvalidInput, "find");
        assert!(error.message().contains(says) && error.path().is_some(), "{wrong:?}: {error}");
        is_refused(&people, &wrong, error.path()).await;
    }
    for name in ["emial", "mail", "adress.city"] {
        let error = refused(people.find(Filter::all()).sort(name, Order::Asc).await, ErrorKind::InvalidInput, "find");
        assert_eq!(error.path(), Some(name), "{error}");
    }
    for right in [
        field("declared").eq("x"),
        field("address.city").eq(5),
        field("id").is_set(),
        field("tags").contains("x"),
        field("age").gt(1.5),
    ] {
        assert!(people.find(&right).await.unwrap().is_empty());
        people.find(right).sort("declared", Order::Asc).sort("address.city", Order::Desc).await.unwrap();
    }
    people.untyped().find(field("emial").eq("x")).sort("mail", Order::Asc).await.unwrap();
}

pub async fn c05_paths_that_no_record_can_have_are_refused(context: &Context) {
    let few = few(context, json!([{"name": "a"}])).await;
    let long = "x".repeat(256);
    let deep = vec!["a"; 32].join(".");
    for path in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "$where",
        "a.$gt",
        "_id",
        "_backends",
        "_backendsX.a",
        "a\"b",
        "a\\b",
        "a\nb",
        "a\0b",
        "a.\u{7f}",
        &long,
        &deep,
    ] {
        for wrong in [field(path).eq(1), field(path).is_missing(), field(path).like("%")] {
            is_refused(&few, &wrong, None).await;
        }
        refused(few.find(Filter::all()).sort(path, Order::Asc).await, ErrorKind::InvalidInput, "find");
        refused(few.find(Filter::all()).fields([path]).await, ErrorKind::InvalidInput, "find");
        let one = few.find_one(Filter::all()).sort(path, Order::Asc).await;
        refused(one, ErrorKind::InvalidInput, "find_one");
    }
    for path in ["_id.a", "x._id", "a.0", &"x".repeat(255), &vec!["a"; 31].join("."), "[]", "a[].b"] {
        let found = few.find(field(path).is_missing()).await;
        assert_eq!(found.is_ok(), path != "_id.a", "{path}");
    }
}

pub async fn c13_filters_of_the_largest_size_are_answered(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let definition = context.definition("few").partition_key("name");
    let has = has_indexes(context).await;
    let definition = if has { definition.index(Index::on(["text"])) } else { definition };
    let few = backend.define::<Document>(definition.build().unwrap()).await.unwrap();
    for number in 0..20 {
        let text = Value::from(number.to_string());
        few.insert(&Document::from([("name", text.clone()), ("text", text), ("v", number.into())])).await.unwrap();
    }
    let count = async |filter: &Filter| few.find(filter).await.unwrap().len();
    // 1,000 tests, of one field and of many.
    let all = Filter::or((0..1_000).map(|number| field("v").eq(number * 2)));
    assert_eq!(count(&all).await, 10);
    assert_eq!(count(&Filter::and((0..1_000).map(|number| field("v").ne(number * 2)))).await, 10);
    assert_eq!(count(&Filter::or((0..1_000).map(|number| field(format!("f{number}")).is_set()))).await, 0);
    assert_eq!(count(&Filter::and((0..1_000).map(|number| field(format!("f{number}")).is_missing()))).await, 20);
    // 1,000 of a key, and of a field with an index, each of which may be asked of it.
    for place in [field("name"), field("text")] {
        assert_eq!(count(&Filter::and((0..1_000).map(|number| place.ge(format!("1{number:04}"))))).await, 17);
        assert_eq!(count(&Filter::and((0..1_000).map(|_| place.starts_with("1")))).await, 11);
        assert_eq!(count(&Filter::and((0..1_000).map(|_| place.like("1%9")))).await, 1);
    }
    // 10,000 values, on a key too.
    assert_eq!(count(&field("v").is_in((0..10_000).map(|number| number * 2))).await, 10);
    assert_eq!(count(&field("v").not_in(1..10_001)).await, 1);
    assert_eq!(count(&field("name").is_in((5..10_005).map(|number| number.to_string()))).await, 15);
    assert_eq!(count(&field("name").not_in((5..10_005).map(|number| number.to_string()))).await, 5);
    // 32 inside one another.
    let deep = (0..16).fold(field("v").lt(5), |inner, at| !(inner & field("v").ne(at + 100)));
    assert_eq!(count(&deep).await, 5);
    faults.take_seen();
    for wrong in [
        all | field("v").eq(1),
        field("v").is_in(0..10_001),
        field("v").is_in(0..5_001) | field("v").not_in(0..5_000),
        !(deep & field("v").eq(1)),
        (0..200_000).map(|number| field("v").eq(number)).fold(Filter::all(), |all, one| all | one),
    ] {
        is_refused(&few, &wrong, None).await;
    }
    assert_eq!(faults.take_operations(), [""; 0], "what is refused asks nobody");
}

pub async fn c14_what_can_match_nothing_asks_nobody(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let definition = context.definition("few").partition_key("name").build().unwrap();
    let few = backend.define::<Document>(definition).await.unwrap();
    few.insert(&Document::from([("name", "a")])).await.unwrap();
    faults.take_seen();
    let nothing = [
        field("name").is_in([0_u8; 0]),
        field("name").eq(""),
        field("name").is_in(["", &"x".repeat(1_025)]),
        field("v").between(2, 1),
        !Filter::all(),
        field("v").eq(1) & !field("v").not_in([0_u8; 0]),
    ];
    for nothing in nothing {
        assert!(few.find(&nothing).await.unwrap().is_empty());
        assert!(few.find_one(&nothing).await.unwrap().is_none());
        assert_eq!(few.count(&nothing).await.unwrap(), 0);
        assert!(!few.exists(&nothing).await.unwrap());
        assert!(few.find(&nothing).stream().next().await.is_none());
        let page = few.find(&nothing).page(5).await.unwrap();
        assert!(page.records.is_empty() && page.next.is_none());
    }
    assert!(few.find(Filter::all()).limit(0).await.unwrap().is_empty());
    assert_eq!(faults.take_operations(), [""; 0]);
}

pub async fn l09_an_empty_filter_means_nothing_by_accident(context: &Context) {
    let few = few(context, json!([{"name": "a"}, {"name": "b"}])).await;
    for wrong in [Filter::and([]), Filter::or([]), !Filter::and([])] {
        is_refused(&few, &wrong, None).await;
    }
    assert_eq!(names(&few, Filter::all()).await, "a b");
    assert_eq!(names(&few, Filter::or([field("name").eq("a")])).await, "a");
}

pub async fn c13_operands_that_no_record_holds_are_refused(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 1}])).await;
    let v = field("v");
    for wrong in [
        v.eq(None::<i64>),
        v.ne(()),
        v.eq(json!(["s3cret"])),
        v.eq(json!({"$ne": "s3cret"})),
        v.eq(Document::from([("$gt", 1)])),
        v.is_in([json!(1), json!(null)]),
        v.is_in([json!([1])]),
        v.contains([1]),
        v.eq(f64::NAN),
        v.lt(f64::INFINITY),
        v.eq(1e126),
        v.eq(1e-131),
        v.eq(u64::MAX),
        v.eq("s3cret\0"),
        v.starts_with("s3cret\0"),
        v.contains("s3cret\0"),
        v.like("s3cret\0%"),
        v.like("s3cret".repeat(683)),
        v.lt(true),
        v.ge(Value::Bytes(vec![1])),
        v.between(false, true),
        v.between(1, None::<i64>),
    ] {
        is_refused(&few, &wrong, Some("v")).await;
    }
}
