//! C16: filters that come from outside as JSON.

use backends_core::{ErrorKind, Filter, Kind};
use serde_json::json;

use crate::Context;
use crate::expect::failed;
use crate::reading::is_refused;
use crate::reading::table::{few, few_of, names};

pub async fn c16_filters_come_from_outside_as_json(context: &Context) {
    let definition = context.definition("few").field("at", Kind::Timestamp).field("seen[]", Kind::Timestamp);
    let few = few_of(
        definition,
        context,
        json!([{"name": "a", "v": 17, "at": "2024-01-01T00:00:00Z"}, {"name": "b", "v": 18, "at": "2024-06-01T00:00:00Z"},
            {"name": "c", "v": "x%y", "seen": ["2024-01-01T00:00:00Z"]}, {"name": "d", "v": {"$binary": "AP8="}, "tags": ["x"]}]),
    )
    .await;
    for (filter, expected) in [
        (json!({"all": true}), "a b c d"),
        (json!({"field": "v", "ge": 18}), "b"),
        (json!({"field": "v", "between": [17, 17.5]}), "a"),
        (json!({"field": "v", "eq": 17.0}), "a"),
        (json!({"field": "v", "in": [17, "x%y", true]}), "a c"),
        (json!({"field": "v", "notIn": [17]}), "b c d"),
        (json!({"field": "v", "like": "x%%%"}), "c"),
        (json!({"field": "v", "startsWith": "x%"}), "c"),
        (json!({"field": "v", "contains": "%"}), "c"),
        (json!({"field": "tags", "contains": "x"}), "d"),
        (json!({"field": "v", "eq": {"$binary": "AP8="}}), "d"),
        (json!({"field": "at", "lt": "2024-06-01T02:00:00+02:00"}), "a"),
        (json!({"field": "at", "le": "2024-06-01T02:00:00+02:00"}), "a b"),
        (json!({"field": "seen", "contains": "2024-01-01T00:00:00.000Z"}), "c"),
        (json!({"field": "at", "isMissing": true}), "c d"),
        (json!({"not": {"field": "at", "isSet": true}}), "c d"),
        (
            json!({"or": [{"field": "v", "lt": 18}, {"and": [{"field": "name", "ne": "b"}, {"field": "at", "isMissing": true}]}]}),
            "a c d",
        ),
    ] {
        let read: Filter = serde_json::from_value(filter.clone()).unwrap();
        assert_eq!(names(&few, &read).await, expected, "{filter}");
        let again = Filter::from_json(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(names(&few, again).await, expected, "{filter}");
    }
    for wrong in [
        json!({"field": "at", "lt": "yesterday"}),
        json!({"field": "at", "eq": 5}),
        json!({"field": "name", "eq": 5}),
        json!({"field": "$where", "eq": 5}),
    ] {
        is_refused(&few, &serde_json::from_value(wrong).unwrap(), None).await;
    }
}

pub async fn c16_l34_json_from_outside_is_no_operator_of_a_database(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 1}])).await;
    for wrong in [
        json!({"field": "v", "eq": {"$ne": 0}}),
        json!({"field": "v", "$gt": 0}),
        json!({"v": 1}),
        json!({"v": {"$gt": 0}}),
        json!({"$where": "true"}),
        json!({"field": "v", "eq": null}),
        json!({"field": "v", "eq": [1]}),
        json!({"field": ["v"], "eq": 1}),
        json!({}),
        json!([]),
        json!(null),
    ] {
        assert!(serde_json::from_value::<Filter>(wrong.clone()).is_err(), "{wrong}");
        failed(Filter::from_json(&wrong.to_string()), ErrorKind::InvalidInput);
    }
    assert_eq!(names(&few, Filter::from_json(r#"{"field":"v","ne":"$v"}"#).unwrap()).await, "a");
}
