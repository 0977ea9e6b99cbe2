//! C04, C10, C37: values that were stored before the definition said what they are.

use std::collections::BTreeSet;

use backends_core::{
    Definition, DefinitionBuilder, Document, ErrorKind, FieldKind, Filter, Index, Kind, Order, Repository, Timestamp,
    Value, field,
};
use serde_json::json;

use super::indexes::has_indexes;
use super::pages::pages;
use crate::Context;
use crate::expect::refused;
use crate::records::{document, id};

use Order::{Asc, Desc};

/// The records that are found, by their number.
fn numbers(found: &[Document]) -> Vec<usize> {
    let number = |record: &Document| match record.get("n") {
        Some(Value::Int(number)) => usize::try_from(*number).unwrap(),
        other => panic!("{other:?}"),
    };
    found.iter().map(number).collect()
}

/// That a filter means these records, whoever asks.
async fn means(records: &Repository, filter: Filter, meant: &[usize], what: &str) {
    let meant: BTreeSet<_> = meant.iter().copied().collect();
    let found = numbers(&records.find(&filter).await.unwrap());
    assert_eq!((found.iter().copied().collect::<BTreeSet<_>>(), found.len()), (meant.clone(), meant.len()), "{what}");
    assert_eq!(records.count(&filter).await.unwrap(), meant.len() as u64, "{what}");
    assert_eq!(records.exists(&filter).await.unwrap(), !meant.is_empty(), "{what}");
}

/// That a filter means these records in this order, at once and by pages.
async fn comes(records: &Repository, filter: Filter, by: (&str, Order), meant: &[usize], what: &str) {
    let query = || records.find(&filter).sort(by.0, by.1);
    assert_eq!(numbers(&query().await.unwrap()), meant, "{what} {by:?}");
    assert_eq!(numbers(&query().limit(3).await.unwrap()), meant[..meant.len().min(3)], "{what} {by:?}");
    for size in [1, 2, 5] {
        assert_eq!(numbers(&pages(query, &[size]).await), meant, "{what} {by:?}, pages of {size}");
    }
}

pub async fn c10_c19_empty_texts_that_count_as_missing_are_found_and_sorted_as_missing(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let nicks = [Some("b"), Some(""), None, Some("a"), Some(""), Some("b"), None];
    for (name, index) in [
        ("plain", Index::on(["nick"])),
        ("ordered", Index::on(["nick"]).ordered()),
        // Of no use where the role is not asked for.
        ("second", Index::on(["role", "nick"])),
    ] {
        let before = context.repository::<Document>(name).await;
        let all =
            nicks.iter().enumerate().map(|(n, nick)| document(json!({"id": id(n), "n": n, "nick": nick, "role": "x"})));
        before.insert_many(&all.collect::<Vec<_>>()).await.unwrap();
        let kind = FieldKind::new(Kind::String).empty_is_missing();
        let records = context.define::<Document>(context.definition(name).index(index).field("nick", kind)).await;
        means(&records, field("nick").is_missing(), &[1, 2, 4, 6], name).await;
        means(&records, field("nick").is_missing() & field("role").eq("x"), &[1, 2, 4, 6], name).await;
        means(&records, field("nick").is_set(), &[0, 3, 5], name).await;
        means(&records, field("nick").ne("a"), &[0, 1, 2, 4, 5, 6], name).await;
        means(&records, field("nick").le("a"), &[3], name).await;
        means(&records, field("nick").eq(""), &[], name).await;
        for filter in [Filter::all(), field("role").eq("x")] {
            comes(&records, filter.clone(), ("nick", Asc), &[1, 2, 4, 6, 3, 0, 5], name).await;
            comes(&records, filter, ("nick", Desc), &[5, 0, 3, 6, 4, 2, 1], name).await;
        }
        comes(&records, field("nick").is_missing(), ("nick", Desc), &[6, 4, 2, 1], name).await;
        comes(&records, field("nick").ge("a"), ("nick", Asc), &[3, 0, 5], name).await;
    }
}

/// The repository by what is wanted of it now. A backend that cannot take the texts for instants says what to do.
async fn redefined(context: &Context, wanted: DefinitionBuilder) -> Option<Repository> {
    let wanted: Definition = wanted.build().unwrap();
    match context.backend().await.define::<Document>(wanted.clone()).await {
        Ok(records) => Some(records),
        conflict => {
            let error = refused(conflict, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains("at`"), "{error}");
            None
        }
    }
}

pub async fn c04_c37_texts_that_were_stored_before_are_instants_in_every_read(context: &Context) {
    // 0 and 2 are one instant, and texts are in another order than what they say.
    let texts = [
        Some("2024-01-01T00:00:00Z"),
        Some("2024-01-01T02:30:00+02:00"),
        Some("2024-01-01T01:00:00.000+01:00"),
        None,
        Some("2023-12-31T23:30:00-02:00"),
        Some("2024-01-01T00:00:00.500Z"),
    ];
    let ascending = [3, 0, 2, 5, 1, 4];
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let has_indexes = context.backend().await.capabilities().indexes;
    for index in [None, Some(Index::on(["at"])), Some(Index::on(["at"]).ordered())] {
        let name = index.as_ref().map_or("plain", |index| if index.is_ordered() { "ordered" } else { "indexed" });
        if index.is_some() && !has_indexes {
            continue;
        }
        let before = context.repository::<Document>(name).await;
        let all = texts
            .iter()
            .enumerate()
            .map(|(n, text)| document(json!({"id": id(n), "n": n, "at": text, "log": [{"at": text}]})));
        before.insert_many(&all.collect::<Vec<_>>()).await.unwrap();
        let wanted = context.definition(name).field("at", Kind::Timestamp).field("log[].at", Kind::Timestamp);
        let wanted = index.into_iter().fold(wanted, DefinitionBuilder::index);
        let Some(records) = redefined(context, wanted).await else { continue };
        means(&records, field("at").eq(at("2024-01-01T00:00:00Z")), &[0, 2], name).await;
        means(&records, field("at").eq("2024-01-01T00:00:00.000Z"), &[0, 2], name).await;
        means(&records, field("at").is_in([at("2024-01-01T01:30:00Z"), at("2024-01-01T00:30:00Z")]), &[1, 4], name)
            .await;
        means(&records, field("at").gt(at("2024-01-01T00:00:00Z")), &[1, 4, 5], name).await;
        let some = field("at").between(at("2024-01-01T00:00:00.001Z"), at("2024-01-01T01:00:00Z"));
        means(&records, some.clone(), &[1, 5], name).await;
        means(&records, field("at").ne(at("2024-01-01T00:00:00Z")), &[1, 3, 4, 5], name).await;
        comes(&records, Filter::all(), ("at", Asc), &ascending, name).await;
        let descending: Vec<_> = ascending.iter().copied().rev().collect();
        comes(&records, Filter::all(), ("at", Desc), &descending, name).await;
        comes(&records, some, ("at", Asc), &[5, 1], name).await;
        let first = records.get(id(1)).await.unwrap().unwrap();
        assert_eq!(first.get("at"), Some(&Value::from(at("2024-01-01T00:30:00Z"))));
        // The records can be changed, and what is written is found beside what was there.
        let changed = document(json!({"id": id(3), "n": 3, "at": "2024-01-01T00:00:00+00:00"}));
        records.replace(&changed).await.unwrap();
        means(&records, field("at").eq(at("2024-01-01T00:00:00Z")), &[0, 2, 3], name).await;
    }
}
