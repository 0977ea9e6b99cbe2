//! C18: random filters, orders, limits and pages, compared with what they mean said a second time.

use std::collections::BTreeSet;

use backends_core::{Filter, Order, SortField};
use fastrand::Rng;

use super::pages::pages;
use crate::Context;
use crate::oracle;
use crate::reading::table::{number, numbers};
use crate::reading::{Table, random};

/// How many queries a case asks: enough to be worth it, few enough for a server.
const QUERIES: usize = 150;

fn describe(filter: &Filter) -> String {
    serde_json::to_string(filter).unwrap_or_else(|error| error.to_string())
}

/// The numbers of the records that the filter means, in the order, the key last.
fn meant(table: &Table, filter: &Filter, order: &[SortField]) -> Vec<i64> {
    let last = order.last().map_or(Order::Asc, |field| field.order);
    let mut fields = order.to_vec();
    fields.extend([SortField::new("p", last), SortField::new("s", last)]);
    let mut records: Vec<_> = table.records.iter().filter(|record| oracle::matches(filter, record)).collect();
    records.sort_by(|left, right| oracle::compare(&fields, left, right));
    records.into_iter().map(number).collect()
}

pub async fn c18_c13_random_filters_mean_the_same(context: &Context) {
    let table = Table::new(context).await;
    let (mut rng, seed) = random::seeded();
    for at in 0..QUERIES {
        let filter = random::filter(&mut rng, at % 5);
        table.check(&filter, &format!("TEST_SEED={seed}, query {at}: {}", describe(&filter))).await;
    }
}

pub async fn c18_c19_c20_random_orders_and_limits_mean_the_same(context: &Context) {
    let table = Table::new(context).await;
    let (mut rng, seed) = random::seeded();
    let slice = |rng: &mut Rng| rng.bool().then(|| rng.usize(..40));
    for at in 0..QUERIES {
        let filter = random::filter(&mut rng, at % 3);
        let order = random::order(&mut rng);
        let (limit, offset) = (slice(&mut rng), slice(&mut rng).unwrap_or(0));
        let what =
            format!("TEST_SEED={seed}, query {at}: {} {order:?} limit {limit:?} offset {offset}", describe(&filter));
        let mut find = table.repository.find(&filter).offset(offset as u64);
        for one in &order {
            find = find.sort(&one.path, one.order);
        }
        if let Some(limit) = limit {
            find = find.limit(limit as u64);
        }
        let found = find.await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let all = meant(&table, &filter, &order);
        let rest = &all[offset.min(all.len())..];
        let rest = &rest[..limit.unwrap_or(rest.len()).min(rest.len())];
        if order.is_empty() {
            assert_eq!(found.len(), rest.len(), "{what}");
            let (found, all) = (numbers(&found), all.iter().copied().collect::<BTreeSet<_>>());
            assert!(found.len() == rest.len() && found.is_subset(&all), "{what}");
        } else {
            assert_eq!(found.iter().map(number).collect::<Vec<_>>(), rest, "{what}");
        }
    }
}

pub async fn c18_c21_random_pages_have_the_same_records(context: &Context) {
    let table = Table::new(context).await;
    let (mut rng, seed) = random::seeded();
    for at in 0..QUERIES / 6 {
        let filter = random::filter(&mut rng, at % 3);
        let order = random::order(&mut rng);
        let sizes: Vec<_> = (0..rng.usize(1..4)).map(|_| rng.u32(3..40)).collect();
        let what = format!("TEST_SEED={seed}, query {at}: {} {order:?} {sizes:?}", describe(&filter));
        let query = || order.iter().fold(table.repository.find(&filter), |find, one| find.sort(&one.path, one.order));
        let found: Vec<_> = pages(query, &sizes).await.iter().map(number).collect();
        let all = meant(&table, &filter, &order);
        if order.is_empty() {
            let mut found = found;
            found.sort_unstable();
            assert_eq!(found, all.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), "{what}");
        } else {
            assert_eq!(found, all, "{what}");
        }
    }
}
