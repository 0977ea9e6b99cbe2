//! C25: who looks at what of a read, and that it is the whole of it.

use backends_core::driver::{Access, Plan};
use backends_core::{ErrorKind, Filter, Order, field};
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::reading::Table;
use crate::reading::table::few;

/// Every test, at a declared field, and at one where anything may be.
fn every_test() -> Vec<Filter> {
    let (text, number, any) = (field("text"), field("integer"), field("v"));
    vec![
        number.eq(1),
        number.ne(1),
        number.lt(1),
        number.le(1),
        number.gt(1),
        number.ge(1),
        number.between(0, 2),
        number.is_in([1, 2]),
        number.not_in([1, 2]),
        number.is_set(),
        number.is_missing(),
        text.eq("a"),
        text.contains("a"),
        text.starts_with("a"),
        text.like("%a"),
        text.like("a%b%c"),
        any.eq(1),
        any.ne("a"),
        any.gt("a"),
        any.between(0, 2),
        any.is_in(["a", "b"]),
        any.contains(1),
        any.contains("a"),
        any.like("a%b"),
        any.starts_with("a"),
        any.is_set(),
        any.is_missing(),
        field("m.v").eq(1),
        field("p").eq("a"),
        field("p").eq("a") & field("s").gt(3) & text.contains("a"),
        field("p").is_in(["a", "é"]) & any.is_set(),
        text.contains("a") | number.gt(1),
        !(text.contains("a") & number.gt(1)),
    ]
}

pub async fn c25_c18_every_test_says_who_looks_at_it(context: &Context) {
    let table = Table::new(context).await;
    for filter in every_test() {
        let plan = table.repository.find(&filter).explain().await.unwrap();
        let what = format!("{filter:?}: {plan}");
        // The parts mean together what was asked, so that none is left out and none is made up.
        let meant = table.meant(&filter);
        let by_database = table.meant(&plan.database_filter);
        let parts = &table.meant(&plan.core_filter) & &by_database;
        assert_eq!(parts, meant, "{what}");
        assert_eq!(table.check(&filter, &what).await, meant.len(), "{what}");
        assert!(!plan.requests.is_empty() && plan.access != Access::Nothing, "{what}");
        let says_core = plan.to_string().contains("core:      filters nothing");
        assert_eq!(says_core, plan.core_filter.is_all(), "{what}");
    }
}

pub async fn c25_every_read_by_filter_is_explained(context: &Context) {
    let records = few(context, json!([{"name": "a", "v": 1}, {"name": "b"}])).await;
    let filter = || field("v").eq(1);
    let whole = records.find(filter()).explain().await.unwrap();
    let parts = |plan: &Plan| (plan.access.clone(), plan.database_filter.clone(), plan.core_filter.clone());
    for (plan, limit) in [
        (records.find(filter()).limit(7).explain().await.unwrap(), Some(7)),
        (records.find_one(filter()).explain().await.unwrap(), Some(1)),
        (records.exists(filter()).explain().await.unwrap(), Some(1)),
        (records.count(filter()).explain().await.unwrap(), None),
    ] {
        assert_eq!(parts(&plan), parts(&whole), "{plan}");
        assert_eq!(plan.limit, limit, "{plan}");
    }
    let sorted = records.find_one(filter()).sort("v", Order::Desc).explain().await.unwrap().to_string();
    assert!(sorted.contains("by v descending"), "{sorted}");
    for plan in [
        records.find_one(field("v").is_in([0; 0])).explain().await.unwrap(),
        records.exists(field("v").is_in([0; 0])).explain().await.unwrap(),
        records.count(field("v").is_in([0; 0])).explain().await.unwrap(),
    ] {
        assert_eq!((plan.access, plan.requests.as_str()), (Access::Nothing, "0"));
    }
}

pub async fn c25_c21_a_page_is_explained_behind_its_token(context: &Context) {
    let records = few(context, json!([{"name": "a", "v": 1}, {"name": "b"}, {"name": "c", "v": 2}])).await;
    let find = || records.find(Filter::all()).sort("v", Order::Asc);
    let first = find().page(1).await.unwrap();
    let plan = find().page(1).after(first.next.clone()).explain().await.unwrap();
    assert_eq!(plan.limit, Some(2), "{plan}");
    let other = || records.find(field("v").is_set()).sort("v", Order::Asc);
    for explained in [
        other().page(1).after(first.next.clone()).explain().await,
        other().page(0).explain().await,
        other().limit(3).page(1).explain().await,
        other().offset(3).page(1).explain().await,
    ] {
        refused(explained, ErrorKind::InvalidInput, "explain");
    }
}
