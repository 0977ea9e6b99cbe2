//! C19, C37, C39: declared indexes. What is found by them, and in which order, is what is found without them.

use std::collections::BTreeSet;

use backends_core::{Document, ErrorKind, Filter, Index, Kind, Order, SchemaMode, Value, field};
use fastrand::Rng;
use serde_json::json;

use super::pages::pages;
use crate::Context;
use crate::expect::refused;
use crate::reading::indexed::{self, Indexed, Keyed, number};
use crate::reading::random;
use crate::records::{document, id};

use Order::{Asc, Desc};

/// How many queries a case asks of each repository.
const QUERIES: usize = 120;

/// Whether the backend has indexes; that it says so, where it has none.
pub(super) async fn has_indexes(context: &Context) -> bool {
    if context.backend().await.capabilities().indexes {
        return true;
    }
    let definition = context.definition("indexed").index(Index::on(["role"])).build().unwrap();
    let error = refused(context.backend().await.define::<Document>(definition).await, ErrorKind::Unsupported, "define");
    assert!(error.to_string().contains("`indexes`"), "{error}");
    false
}

/// A repository with indexes for each kind of key; none where the backend has no indexes.
async fn all_keyed(context: &Context, rng: &mut Rng) -> Vec<(Keyed, Indexed)> {
    let mut all = Vec::new();
    if has_indexes(context).await {
        for keyed in Keyed::ALL {
            all.push((keyed, Indexed::new(context, keyed, rng).await));
        }
    }
    all
}

fn described(filter: &Filter) -> String {
    serde_json::to_string(filter).unwrap_or_else(|error| error.to_string())
}

pub async fn c39_c18_random_filters_of_indexed_fields_mean_the_same(context: &Context) {
    let (mut rng, seed) = random::seeded();
    for (keyed, indexed) in all_keyed(context, &mut rng).await {
        for at in 0..QUERIES {
            let filter = indexed::filter(&mut rng);
            let what = format!("TEST_SEED={seed}, {keyed:?}, query {at}: {}", described(&filter));
            let found = indexed.repository.find(&filter).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            let numbers: BTreeSet<_> = found.iter().map(number).collect();
            let meant: BTreeSet<_> = indexed.meant(&filter, &[]).into_iter().collect();
            assert_eq!((&numbers, found.len()), (&meant, meant.len()), "{what}");
            let count = indexed.repository.count(&filter).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(count, meant.len() as u64, "{what}");
            assert_eq!(indexed.repository.exists(&filter).await.unwrap(), !meant.is_empty(), "{what}");
            let some = indexed.repository.find(&filter).limit(3).await.unwrap();
            assert!(
                some.len() == meant.len().min(3) && some.iter().all(|record| meant.contains(&number(record))),
                "{what}"
            );
        }
    }
}

pub async fn c19_c39_random_orders_of_indexed_fields_mean_the_same(context: &Context) {
    let (mut rng, seed) = random::seeded();
    for (keyed, indexed) in all_keyed(context, &mut rng).await {
        for at in 0..QUERIES {
            let (filter, order) = (indexed::filter(&mut rng), indexed::order(&mut rng));
            let (limit, offset) = (rng.bool().then(|| rng.usize(1..60)), rng.usize(..4) * rng.usize(..20));
            let what = format!(
                "TEST_SEED={seed}, {keyed:?}, query {at}: {} {order:?} limit {limit:?} offset {offset}",
                described(&filter)
            );
            let mut find = indexed.find(&filter, &order).offset(offset as u64);
            if let Some(limit) = limit {
                find = find.limit(limit as u64);
            }
            let find = if rng.bool() { find.fields(["n"]) } else { find };
            let found = find.await.unwrap_or_else(|error| panic!("{what}: {error}"));
            let meant = indexed.meant(&filter, &order);
            let meant: Vec<_> = meant.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
            assert_eq!(found.iter().map(number).collect::<Vec<_>>(), meant, "{what}");
        }
    }
}

pub async fn c21_c39_random_pages_of_indexed_fields_have_the_same_records(context: &Context) {
    let (mut rng, seed) = random::seeded();
    for (keyed, indexed) in all_keyed(context, &mut rng).await {
        for at in 0..QUERIES / 3 {
            let filter = indexed::filter(&mut rng);
            let order = if rng.u8(..4) == 0 { Vec::new() } else { indexed::order(&mut rng) };
            let sizes: Vec<_> = (0..rng.usize(1..4)).map(|_| rng.u32(2..60)).collect();
            let what = format!("TEST_SEED={seed}, {keyed:?}, query {at}: {} {order:?} {sizes:?}", described(&filter));
            let mut found: Vec<_> = pages(|| indexed.find(&filter, &order), &sizes).await.iter().map(number).collect();
            let mut meant = indexed.meant(&filter, &order);
            if order.is_empty() {
                found.sort_unstable();
                meant.sort_unstable();
            }
            assert_eq!(found, meant, "{what}");
        }
    }
}

pub async fn c19_an_ordered_index_has_every_record_in_both_directions(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let definition = context.definition("ordered").index(Index::on(["v"]).ordered()).field("v", Kind::Number);
    let records = context.define::<Document>(definition).await;
    let values = [Some(1.0), None, Some(-1.5), Some(1.0), None, Some(1e19), Some(1.0), Some(0.0), None];
    let all: Vec<_> = values.iter().enumerate().map(|(at, v)| document(json!({"id": id(at), "v": v}))).collect();
    records.insert_many(&all).await.unwrap();
    let ids = |found: &[Document]| -> Vec<usize> {
        let at = |record: &Document| (0..values.len()).find(|at| record.get("id") == Some(&Value::from(id(*at))));
        found.iter().filter_map(at).collect()
    };
    let mut meant = vec![1, 4, 8, 2, 7, 0, 3, 6, 5];
    for order in [Asc, Desc] {
        let find = || records.find(Filter::all()).sort("v", order);
        assert_eq!(ids(&find().await.unwrap()), meant, "{order:?}");
        for size in 1..5 {
            assert_eq!(ids(&pages(find, &[size]).await), meant, "{order:?} {size}");
        }
        let first = records.find_one(field("v").is_set()).sort("v", order).await.unwrap().unwrap();
        assert_eq!(ids(&[first]), [if order == Asc { 2 } else { 5 }]);
        meant.reverse();
    }
    let missing = records.find(field("v").is_missing()).sort("v", Desc).await.unwrap();
    assert_eq!(ids(&missing), [8, 4, 1]);
}

pub async fn c39_s06_an_index_on_two_fields_loses_no_record_without_the_second(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let index = || Index::on(["a", "b"]);
    for (name, index) in [("halves", index()), ("halves_in_order", index().ordered())] {
        let definition = context.definition(name).index(index).field("a", Kind::Integer).field("b", Kind::Integer);
        let halves = context.define::<Document>(definition).await;
        let all = [
            json!({"id": id(0), "a": 1, "b": 2}),
            json!({"id": id(1), "a": 1}),
            json!({"id": id(2), "b": 2}),
            json!({"id": id(3), "a": 1, "b": 1}),
            json!({"id": id(4)}),
        ];
        halves.insert_many(&all.map(document)).await.unwrap();
        let ids = |found: Vec<Document>| found.iter().map(|half| half.get("id").cloned()).collect::<Vec<_>>();
        let of = |some: &[usize]| some.iter().map(|at| Some(Value::from(id(*at)))).collect::<Vec<_>>();
        let one = || field("a").eq(1);
        assert_eq!(halves.count(one()).await.unwrap(), 3);
        assert_eq!(ids(halves.find(one()).sort("id", Asc).await.unwrap()), of(&[0, 1, 3]));
        assert_eq!(ids(halves.find(one()).sort("b", Asc).await.unwrap()), of(&[1, 3, 0]));
        assert_eq!(ids(halves.find(one()).sort("b", Desc).await.unwrap()), of(&[0, 3, 1]));
        assert_eq!(ids(pages(|| halves.find(one()).sort("b", Asc), &[1]).await), of(&[1, 3, 0]));
        assert_eq!(ids(halves.find(one() & field("b").is_missing()).await.unwrap()), of(&[1]));
        assert_eq!(ids(halves.find(Filter::all()).sort("a", Asc).sort("b", Asc).await.unwrap()), of(&[4, 2, 1, 3, 0]));
    }
}

pub async fn c39_an_index_is_added_to_records_that_are_there(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let (mut rng, seed) = random::seeded();
    for keyed in Keyed::ALL {
        let before = context.define::<Document>(keyed.definition(context)).await;
        let records = indexed::records(keyed, &mut rng);
        before.insert_many(&records[..150]).await.unwrap();
        let indexed = Indexed::with(context, keyed, records).await;
        // Who had it before has the indexes now.
        before.insert_many(&indexed.records[150..]).await.unwrap();
        for order in [Asc, Desc] {
            for name in ["score", "text"] {
                let order = [backends_core::SortField::new(name, order)];
                let found = indexed.find(&Filter::all(), &order).await.unwrap();
                let found: Vec<_> = found.iter().map(number).collect();
                assert_eq!(found, indexed.meant(&Filter::all(), &order), "TEST_SEED={seed} {keyed:?} {order:?}");
            }
        }
        for filter in [field("role").eq("guest"), field("role").eq("é") & field("at").is_set(), field("score").ge(1)] {
            let found = indexed.repository.find(&filter).await.unwrap();
            let mut found: Vec<_> = found.iter().map(number).collect();
            found.sort_unstable();
            let mut meant = indexed.meant(&filter, &[]);
            meant.sort_unstable();
            assert_eq!(found, meant, "TEST_SEED={seed} {keyed:?} {}", described(&filter));
        }
    }
}

pub async fn c26_c30_writes_change_what_is_found_by_an_index(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let definition = context.definition("changing").index(Index::on(["role"])).index(Index::on(["v"]).ordered());
    let records = context.define::<Document>(definition.field("v", Kind::Integer)).await;
    let found = async |filter: Filter| {
        let sorted = records.find(&filter).sort("v", Asc).await.unwrap();
        assert_eq!(records.count(&filter).await.unwrap(), sorted.len() as u64);
        sorted.iter().map(|record| record.get("v").cloned().unwrap_or(Value::Null)).collect::<Vec<_>>()
    };
    let one = |v: Option<i64>, role: &str| document(json!({"id": id(1), "v": v, "role": role}));
    records.insert(&document(json!({"id": id(2), "v": 5}))).await.unwrap();
    records.insert(&one(Some(7), "a")).await.unwrap();
    assert_eq!(found(Filter::all()).await, [5.into(), 7.into()]);
    records.replace(&one(Some(3), "a")).await.unwrap();
    assert_eq!(found(Filter::all()).await, [3.into(), 5.into()]);
    assert_eq!(found(field("role").eq("a")).await, [Value::from(3)]);
    records.upsert(&one(None, "b")).await.unwrap();
    assert_eq!(found(Filter::all()).await, [Value::Null, 5.into()]);
    assert_eq!(found(field("role").eq("a")).await, []);
    assert_eq!(found(field("role").eq("b")).await, [Value::Null]);
    records.delete(id(1)).await.unwrap();
    assert_eq!(found(Filter::all()).await, [Value::from(5)]);
    assert_eq!(found(field("role").eq("b")).await, []);
}

pub async fn c39_gsi_declares_an_index_and_gives_it_a_capacity(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let name = context.name("go");
    let json = json!({"name": name, "readCapacity": 5, "writeCapacity": 5, "indexes": [],
        "GSI": {"role": {"readCapacity": 2, "writeCapacity": 3}}});
    let definition = backends_core::Definition::from_json(&json.to_string()).unwrap();
    let records = context.backend().await.define::<Document>(definition.clone()).await.unwrap();
    records.insert(&document(json!({"id": id(1), "role": "a"}))).await.unwrap();
    assert_eq!(records.find(field("role").eq("a")).await.unwrap().len(), 1);
    let other = context.another_process().await;
    let again = other.define::<Document>(definition).schema_mode(SchemaMode::Verify).await.unwrap();
    assert_eq!(again.find(field("role").eq("a")).await.unwrap().len(), 1);
}

pub async fn c37_an_index_that_is_ordered_otherwise_is_a_conflict(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let with = |index: Index| context.definition("records").index(index).build().unwrap();
    context.backend().await.define::<Document>(with(Index::on(["a", "b"]))).await.unwrap();
    for backend in [context.backend().await.clone(), context.another_process().await] {
        let ordered = with(Index::on(["a", "b"]).ordered().named("other"));
        let error = refused(backend.define::<Document>(ordered).await, ErrorKind::DefinitionConflict, "define");
        assert!(error.to_string().contains("ordered"), "{error}");
        // Another name is the same index.
        backend.define::<Document>(with(Index::on(["a", "b"]).named("by_both"))).await.unwrap();
    }
}

pub async fn c37_indexes_that_are_stored_and_not_wanted_stay_and_are_told(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let definition = || context.definition("records").field("level", Kind::Integer);
    let newer = definition().index(Index::on(["role"])).index(Index::on(["level"]).ordered());
    context.define::<Document>(newer).await;
    let other = context.another_process().await;
    let older = other.define::<Document>(definition().build().unwrap()).await.unwrap();
    let warnings = older.warnings();
    assert!(["`role`", "`level`"].iter().all(|name| warnings.iter().any(|told| told.contains(name))), "{warnings:?}");
    older
        .insert_many(&[document(json!({"id": id(1), "level": 2, "role": "a"})), document(json!({"id": id(2)}))])
        .await
        .unwrap();
    let sorted = older.find(Filter::all()).sort("level", Desc).await.unwrap();
    assert_eq!(
        sorted.iter().map(|record| record.get("id").cloned()).collect::<Vec<_>>(),
        [Some(id(1).into()), Some(id(2).into())]
    );
    assert_eq!(older.find(field("role").eq("a")).await.unwrap().len(), 1);
    let long = document(json!({"role": "x".repeat(1_025)}));
    refused(older.insert(&long).await, ErrorKind::InvalidInput, "insert");
}

pub async fn c37_verify_names_the_index_that_is_missing(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    context.repository::<Document>("records").await;
    let other = context.another_process().await;
    let wanted = || context.definition("records").index(Index::on(["role"])).build().unwrap();
    let verified = other.define::<Document>(wanted()).schema_mode(SchemaMode::Verify).await;
    let error = refused(verified, ErrorKind::DefinitionConflict, "define");
    assert!(error.to_string().contains("`role`"), "{error}");
    other.define::<Document>(wanted()).await.unwrap();
    let third = context.another_process().await;
    third.define::<Document>(wanted()).schema_mode(SchemaMode::Verify).await.unwrap();
    third.define::<Document>(wanted()).schema_mode(SchemaMode::Trust).await.unwrap();
}

pub async fn c36_many_at_once_define_and_use_the_same_indexes(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let before = context.define::<Document>(Keyed::ById.definition(context)).await;
    let (mut rng, seed) = random::seeded();
    let records = indexed::records(Keyed::ById, &mut rng);
    before.insert_many(&records[..100]).await.unwrap();
    let mut tasks = Vec::new();
    for part in records[100..].chunks(20) {
        let (backend, part) = (context.another_process().await, part.to_vec());
        let definition = indexed::with_indexes(Keyed::ById.definition(context)).build().unwrap();
        tasks.push(tokio::spawn(async move {
            let records = backend.define::<Document>(definition).await.unwrap();
            records.insert_many(&part).await.unwrap();
            records.find(Filter::all()).sort("score", Asc).limit(100).await.unwrap().len()
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), 100);
    }
    let indexed = Indexed::with(context, Keyed::ById, records).await;
    let order = [backends_core::SortField::new("text", Desc)];
    let found = indexed.find(&Filter::all(), &order).await.unwrap();
    let found: Vec<_> = found.iter().map(number).collect();
    assert_eq!(found, indexed.meant(&Filter::all(), &order), "TEST_SEED={seed}");
}

pub async fn c24_a_consistent_read_sees_every_write_whatever_index_there_is(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let definition = context.definition("fresh").index(Index::on(["role"])).index(Index::on(["v"]).ordered());
    let records = context.define::<Document>(definition.field("v", Kind::Integer)).await;
    for at in 0..20 {
        let role = format!("role {at}");
        records.insert(&document(json!({"id": id(at), "v": 100 - at, "role": role}))).await.unwrap();
        let found = records.find(field("role").eq(&role)).consistent().await.unwrap();
        assert_eq!(found.len(), 1, "{role}");
        let first = records.find_one(Filter::all()).sort("v", Asc).consistent().await.unwrap();
        assert_eq!(first.and_then(|record| record.get("id").cloned()), Some(id(at).into()));
        if context.backend().await.capabilities().fresh_indexes {
            assert!(records.exists(field("role").eq(&role)).await.unwrap(), "{role}");
        }
    }
}
