//! What a program is warned of: once for each place that makes such calls.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use backends_core::{Document, Filter, Order, field};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::store::{Store, definition};

/// Keeps the warnings.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("backends")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn l08_each_place_that_comes_to_a_scan_is_warned_of_once() {
    let heard = Heard::default();
    let _guard = tracing::subscriber::set_default(heard.clone());
    let store = Store::open().await;
    let json = r#"{"name": "users", "idKind": "string", "indexes": [{"fields": ["role"], "unique": false}]}"#;
    let users = store.backend.define::<Document>(definition(json)).await.unwrap();
    users.insert(&Document::from([("id", "x"), ("role", "guest"), ("city", "hunter2")])).await.unwrap();
    assert_eq!(heard.take(), Vec::<String>::new());
    for _ in 0..3 {
        assert_eq!(users.find(field("city").eq("hunter2")).await.unwrap().len(), 1);
        assert_eq!(users.count(field("city").eq("hunter2")).await.unwrap(), 1);
        assert_eq!(users.find(field("role").eq("guest")).await.unwrap().len(), 1);
        assert_eq!(users.find(Filter::all()).sort("city", Order::Asc).await.unwrap().len(), 1);
        users.find(field("city").eq("hunter2")).explain().await.unwrap();
    }
    let told = heard.take();
    assert_eq!(told.len(), 2, "{told:?}");
    for told in told {
        let parts = ["whole table", "declare an index on `city`", "warnings.rs:", "users"];
        assert!(parts.iter().all(|part| told.contains(part)) && !told.contains("hunter2"), "{told}");
    }
    assert_eq!(users.find(field("role").eq("guest")).consistent().await.unwrap().len(), 1);
    let told = heard.take();
    assert!(told.len() == 1 && told[0].contains("leave `.consistent()` out"), "{told:?}");
}

#[tokio::test]
async fn l08_each_place_that_scans_for_the_first_of_an_order_is_warned_of_once() {
    let heard = Heard::default();
    let _guard = tracing::subscriber::set_default(heard.clone());
    let store = Store::open().await;
    let users = store.backend.define::<Document>(definition(r#"{"name": "users", "idKind": "string"}"#)).await.unwrap();
    users.insert(&Document::from([("id", "x"), ("city", "hunter2")])).await.unwrap();
    for _ in 0..3 {
        let sorted = users.find(Filter::all()).sort("city", Order::Asc);
        assert_eq!(sorted.page(50).await.unwrap().records.len(), 1);
        let both_ways = users.find(Filter::all()).sort("city", Order::Asc).sort("age", Order::Desc);
        assert_eq!(both_ways.limit(1).await.unwrap().len(), 1);
        // These read what they hand over.
        assert_eq!(users.find(Filter::all()).page(50).await.unwrap().records.len(), 1);
        assert_eq!(users.find(Filter::all()).limit(1).await.unwrap().len(), 1);
    }
    let told = heard.take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("declare an `ordered` index on `city`"), "{told:?}");
    assert!(told[1].contains("all in one direction"), "{told:?}");
}

#[tokio::test]
async fn c39_a_capacity_that_the_service_does_not_take_is_warned_of() {
    let heard = Heard::default();
    let _guard = tracing::subscriber::set_default(heard.clone());
    let store = Store::open().await;
    let json = |capacity: &str| {
        format!(r#"{{"name": "users", {capacity} "GSI": {{"role": {{"readCapacity": 1, "writeCapacity": 1}}}}}}"#)
    };
    store.backend.define::<Document>(definition(&json(""))).await.unwrap();
    let told = heard.take();
    assert!(told.len() == 1 && told[0].contains("`role`"), "{told:?}");
    let other = Store::open().await;
    let json = json(r#""readCapacity": 2, "writeCapacity": 2,"#);
    other.backend.define::<Document>(definition(&json)).await.unwrap();
    assert_eq!(heard.take(), Vec::<String>::new());
    let table = other.other.describe_table().table_name(other.table("users")).send().await.unwrap().table.unwrap();
    let units = table.global_secondary_indexes()[0].provisioned_throughput().unwrap();
    assert_eq!((units.read_capacity_units(), units.write_capacity_units()), (Some(1), Some(1)));
}
