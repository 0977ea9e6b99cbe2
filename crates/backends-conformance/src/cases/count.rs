//! C23: counting, and asking whether there is one.

use backends_core::{Document, Filter, Order, field};
use serde_json::json;

use crate::Context;
use crate::reading::Table;
use crate::reading::table::few;
use crate::records::{User, id};
use crate::wrapped::Faults;

pub async fn c23_count_and_exists_agree_with_find(context: &Context) {
    let table = Table::new(context).await;
    for filter in [
        Filter::all(),
        !Filter::all(),
        field("v").is_set(),
        field("v").ne(1),
        field("text").like("a%"),
        field("p").eq("a") & field("s").gt(10),
        field("times").contains("1970-01-01T00:00:00.005Z"),
        field("v").eq("nowhere"),
        field("integer").is_missing() | field("flag").eq(true),
    ] {
        let found = table.repository.find(&filter).await.unwrap().len();
        let count = table.repository.count(&filter).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), found, "{filter:?}");
        assert_eq!(table.repository.exists(&filter).await.unwrap(), found > 0, "{filter:?}");
        assert_eq!(table.repository.find_one(&filter).await.unwrap().is_some(), found > 0, "{filter:?}");
    }
}

pub async fn c23_nothing_but_records_is_counted(context: &Context) {
    let none = context.repository::<Document>("none").await;
    assert_eq!(none.count(Filter::all()).await.unwrap(), 0);
    assert!(!none.exists(Filter::all()).await.unwrap());
    assert!(none.find(Filter::all()).await.unwrap().is_empty());
    assert!(none.find_one(Filter::all()).await.unwrap().is_none());
    assert!(none.find(Filter::all()).stream().next().await.is_none());
    let others = few(context, json!([{"name": "a"}, {"name": "b"}])).await;
    assert_eq!(others.count(Filter::all()).await.unwrap(), 2);
    assert_eq!(none.count(Filter::all()).await.unwrap(), 0, "repositories share no records");
    others.delete("a").await.unwrap();
    assert_eq!(others.count(Filter::all()).await.unwrap(), 1);
}

pub async fn c23_many_are_counted(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all: Vec<_> =
        (0..2_000).map(|at| User::new("x").with_id(&id(at)).with_logins(i64::try_from(at % 7).unwrap())).collect();
    users.insert_many(&all).await.unwrap();
    assert_eq!(users.count(Filter::all()).await.unwrap(), 2_000);
    assert_eq!(users.count(field("logins").eq(6)).await.unwrap(), 285);
    assert!(users.exists(field("id").eq(id(1_999))).await.unwrap());
}

pub async fn l07_a_read_of_many_asks_the_driver_once(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    users.insert_many(&(0..50).map(|at| User::new("x").with_id(&id(at))).collect::<Vec<_>>()).await.unwrap();
    faults.take_seen();
    users.find(field("name").is_set()).await.unwrap();
    users.find(Filter::all()).sort("name", Order::Asc).page(10).await.unwrap();
    users.find_one(Filter::all()).await.unwrap();
    users.exists(Filter::all()).await.unwrap();
    assert_eq!(faults.take_operations(), ["find"; 4]);
    // A driver that cannot count is asked to find.
    assert_eq!(users.count(field("name").is_set()).await.unwrap(), 50);
    let asked = faults.take_operations();
    assert!(matches!(asked.as_slice(), ["count"] | ["count", "find"]), "{asked:?}");
}
