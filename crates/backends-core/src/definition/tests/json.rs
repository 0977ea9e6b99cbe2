//! The JSON form: its keys, its numbers, and everything that it may not be.

use std::time::Duration;

use super::*;

#[test]
fn c38_json_and_builder_mean_the_same() {
    let json = good(
        r#"{"name": "orders", "hashKey": "customer", "hashKeyType": "S", "rangeKey": "number", "rangeKeyType": "integer",
            "indexes": ["invoice"], "fields": {"placedAt": "timestamp", "events[].at": {"kind": "timestamp", "foreignText": true},
            "invoice": {"kind": "string", "emptyIsMissing": true}}, "readCapacity": 5, "writeCapacity": 6,
            "enableTtl": true, "ttlAttribute": "createdAt", "ttl": 60, "ttlHolds": "expiry", "version": "revision",
            "idKind": "string", "customId": true, "GSI": {"state": {"readCapacity": 1, "writeCapacity": 1}}}"#,
    );
    let built = Definition::builder("orders")
        .partition_key_of("customer", Kind::String)
        .sort_key_of("number", Kind::Integer)
        .index(Index::unique(["invoice"]))
        .field("placedAt", Kind::Timestamp)
        .field("events[].at", FieldKind::new(Kind::Timestamp).foreign_text())
        .field("invoice", FieldKind::new(Kind::String).empty_is_missing())
        .throughput(Throughput::new(5, 6))
        .ttl("createdAt", Duration::from_secs(60))
        .ttl_holds(TtlHolds::Expiry)
        .version("revision")
        .id_kind(IdKind::String)
        .custom_id(true)
        .index_throughput("state", Throughput::new(1, 1))
        .build()
        .unwrap();
    assert_eq!(json, built);
    let value = serde_json::from_str::<serde_json::Value>(&built.to_json()).unwrap();
    assert!(Definition::from_json_value(&value).unwrap_err().to_string().contains("formatVersion"));
    let value = serde_json::json!({"name": "orders", "ttl": null, "indexes": null, "hashKey": null});
    assert_eq!(Definition::from_json_value(&value).unwrap(), good(r#"{"name": "orders"}"#));
}

#[test]
fn c38_every_mistake_is_reported_at_once() {
    let list = mistakes(Definition::from_json(
        r#"{"nmae": "x", "hashKeyType": "B", "rangeKey": "at", "indexs": [], "readCapacity": 0, "writeCapacity": 1,
            "indexes": ["a.b", 7, {"fields": ["a"], "uniqe": true}], "fields": {"x": "text", "y": {"kynd": "string"}},
            "enableTtl": true, "ttl": -1, "version": "id", "customId": "yes", "ttlHolds": "end"}"#,
    ));
    for part in [
        "unknown key of the definition `nmae`: did you mean `name`?",
        "unknown key of the definition `indexs`: did you mean `indexes`?",
        "`name` of the definition is missing",
        "`hashKeyType`: bytes cannot be a key",
        "`hashKeyType` is given without `hashKey`",
        "a sort key needs a partition key",
        "the capacity of the repository has to be at least 1",
        "the index field `a.b` is a path",
        "`indexes[1]` has to be an object",
        "unknown key of `indexes[2]` `uniqe`: did you mean `unique`?",
        "`unique` of `indexes[2]` is missing",
        "unknown kind of field `x` `text`",
        "unknown key of field `y` `kynd`: did you mean `kind`?",
        "`kind` of field `y` is missing",
        "`enableTtl` needs `ttlAttribute`",
        "`ttl` of the definition has to be a whole number that is not negative",
        "the version field `id` is a key field or the id",
        "`customId` of the definition has to be `true` or `false`",
        "unknown `ttlHolds` `end`",
    ] {
        assert!(list.iter().any(|mistake| mistake.contains(part)), "{part}: {list:#?}");
    }
    assert_eq!(list.len(), 19, "{list:#?}");
}

#[test]
fn c38_a_mistake_hides_no_other_one() {
    let names: Vec<String> =
        (0..21).map(|at| format!(r#"{{"name": "n{}", "fields": ["f{at}"], "unique": false}}"#, at / 2)).collect();
    let many = format!(r#"{{"name": "users", "indexes": [{}]}}"#, names.join(", "));
    for (json, parts) in [
        (
            r#"{"name": "users", "enableTtl": true, "ttl": 9999999999}"#,
            ["`enableTtl` needs `ttlAttribute`", "the TTL has to be 0 to 2147483647 whole seconds"],
        ),
        (
            r#"{"name": "users", "hashKey": 5, "rangeKey": "a.b"}"#,
            ["`hashKey` of the definition has to be text", "the sort key `a.b` is a path"],
        ),
        (
            r#"{"name": "users", "indexes": [{"fields": ["a"]}], "fields": {"a": "bool"}}"#,
            ["`unique` of `indexes[0]` is missing", "field `a`: `bool` cannot be a key or index field"],
        ),
        (&many, ["there are more than 20 indexes", "two indexes are named `n0`"]),
    ] {
        let list = mistakes(Definition::from_json(json));
        for part in parts {
            assert!(list.iter().any(|mistake| mistake.contains(part)), "{part}: {list:#?}");
        }
    }
    let list = mistakes(Definition::from_json(r#"{"name": "users", "hashKey": 5, "rangeKey": "at"}"#));
    assert_eq!(list.len(), 1, "{list:#?}");
}

#[test]
fn c38_the_words_of_the_builder_lead_to_the_keys() {
    for (word, key) in [
        ("partitionKey", "hashKey"),
        ("partition_key", "hashKey"),
        ("partitionKeyType", "hashKeyType"),
        ("sortKey", "rangeKey"),
        ("sortkey", "rangeKey"),
        ("sortKeyType", "rangeKeyType"),
    ] {
        let list = mistakes(Definition::from_json(&format!(r#"{{"name": "users", "{word}": "S"}}"#)));
        assert_eq!(list, [format!("unknown key of the definition `{word}`: did you mean `{key}`?")]);
    }
}

#[test]
fn c38_what_is_missing_beside_a_mistake_does_not_hide_it() {
    let list = |text: &str| mistakes(Definition::from_json(text));
    for unique in ["", r#", "unique": 1"#] {
        let found = list(&format!(
            r#"{{"name": "users", "indexes": [{{"fields": []{unique}}}, {{"fields": ["a", "b", "c", "d", "e"]{unique}}},
                {{"fields": ["a.b"], "name": "ix_a"{unique}}}, "a"]}}"#
        ));
        let parts =
            ["1 to 4 fields, not 0", "1 to 4 fields, not 5", "the index field `a.b`", "the name `ix_a` of an index"];
        for part in parts {
            assert!(found.iter().any(|mistake| mistake.contains(part)), "{part}: {found:#?}");
        }
        assert_eq!(found.len(), 7, "{found:#?}");
    }
    let found = list(r#"{"name": "users", "indexes": [{"fields": 7, "unique": true, "name": "primary"}]}"#);
    assert_eq!(found.len(), 2, "{found:#?}");
    for kind in [r#""strng""#, "7", "{}", r#"{"kind": 7}"#] {
        let found = list(&format!(r#"{{"name": "users", "fields": {{"a..b": {kind}}}}}"#));
        assert!(found.len() == 2 && found[1].starts_with("the declared field `a..b` is empty"), "{found:#?}");
    }
}

#[test]
fn c38_the_names_that_the_library_keeps_name_no_repository() {
    for name in ["primary", "Primary", "ix_users"] {
        refused(&format!(r#"{{"name": "{name}"}}"#), "is reserved (`primary`, `ix_…`): choose another");
        assert_eq!(mistakes(Definition::builder(name).build()).len(), 1);
    }
    good(r#"{"name": "primary.users"}"#);
}

#[test]
fn l40_numbers_are_whole_and_no_number_panics() {
    for number in ["5", "5.0", "5e0", "0.5e1"] {
        let users = good(&format!(r#"{{"name": "users", "readCapacity": {number}, "writeCapacity": {number}}}"#));
        assert_eq!(users.throughput(), Some(Throughput::new(5, 5)), "{number}");
    }
    for number in [
        "0",
        "-1",
        "0.5",
        "1e400",
        "1e19",
        "-0.0",
        "\"5\"",
        "true",
        "[5]",
        "{}",
        "18446744073709551616",
        "18446744073709551615",
        "5.5",
    ] {
        let text = format!(r#"{{"name": "users", "readCapacity": {number}, "writeCapacity": {number}}}"#);
        mistakes(Definition::from_json(&text));
    }
    refused(r#"{"name": "users", "readCapacity": 5}"#, "has one capacity of two");
    let built =
        Definition::builder("users").throughput(Throughput::new(1, 0)).index_throughput("city", Throughput::new(0, 1));
    assert_eq!(mistakes(built.build()).len(), 2);
}

#[test]
fn l44_key_types_that_do_not_exist_are_refused() {
    for (written, part) in [
        ("B", "bytes cannot be a key: store them as text"),
        ("SS", "unknown `hashKeyType` `SS`"),
        ("s", "did you mean `S`?"),
        ("strin", "did you mean `string`?"),
        ("bool", "`bool` cannot be a key or index field: store a word"),
        ("bytes", "`bytes` cannot be a key or index field: store them as text"),
        ("", "unknown `hashKeyType`"),
    ] {
        refused(&format!(r#"{{"name": "users", "hashKey": "email", "hashKeyType": "{written}"}}"#), part);
    }
    for (written, kind) in
        [("S", "string"), ("N", "number"), ("integer", "integer"), ("timestamp", "timestamp"), ("objectId", "objectId")]
    {
        let users = good(&format!(r#"{{"name": "users", "hashKey": "email", "hashKeyType": "{written}"}}"#));
        assert_eq!(users.kind_of("email").map(Kind::name), Some(kind));
        assert!(!users.is_open("email"));
    }
}

#[test]
fn c38_a_key_that_is_written_twice_is_a_mistake() {
    refused(r#"{"name": "users", "version": "v", "version": "v"}"#, "the definition has the key `version` twice");
    let list = mistakes(Definition::from_json(r#"{"name": "users", "fields": {"at": "timestamp", "at": "string"}}"#));
    assert_eq!(list[0], "`fields` has the key `at` twice: leave one");
    refused(
        r#"{"name": "users", "fields": {"at": "timestamp", "at": "timestamp"}}"#,
        "`fields` has the key `at` twice",
    );
    refused(r#"{"name": "users", "indexes": [{"fields": ["a"], "unique": true, "unique": false}]}"#, "twice");
}

#[test]
fn c38_what_is_no_definition_is_refused() {
    for text in ["", "null", "7", "[]", "\"users\"", "{", "{\"name\": \"users\"} x", "nul", "\u{0}"] {
        mistakes(Definition::from_json(text));
    }
    assert!(mistakes(Definition::from_json(&"[".repeat(100_000)))[0].contains("nested too deeply at line 1"));
    let error = Definition::from_json(r#"{"name": "secret" "x"}"#).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn c38_a_message_ends_however_many_mistakes_there_are() {
    let many = (0..20_000).map(|at| format!(r#", "k{at}": 1"#)).collect::<Vec<_>>().concat();
    let list = mistakes(Definition::from_json(&format!(r#"{{"name": "users"{many}}}"#)));
    assert_eq!((list.len(), list.last().map(String::as_str)), (201, Some("and 19800 more")));
    let long = format!(r#"{{"name": "users", "{}": 1}}"#, "ü".repeat(100_000));
    assert!(mistakes(Definition::from_json(&long))[0].len() < 500);
    let fields = (0..20_000).map(|at| format!(r#""field{at}": "string","#)).collect::<Vec<_>>().concat();
    refused(&format!(r#"{{"name": "users", "fields": {{{fields} "x": "bool"}}}}"#), "256 KiB");
}

#[test]
fn c38_a_list_of_definitions_reports_all_mistakes_of_all() {
    let list = Definition::list_from_json(r#"[{"name": "users"}, {"name": "teams", "hashKey": "slug"}]"#).unwrap();
    assert_eq!(list.iter().map(Definition::name).collect::<Vec<_>>(), ["users", "teams"]);
    let list = mistakes(Definition::list_from_json(r#"[{"name": "users"}, {"name": "Users"}, {"name": "x"}, 7]"#));
    assert_eq!(list.len(), 3, "{list:?}");
    assert!(list[0].contains("two definitions are named `Users`"));
    assert!(list[1].starts_with("definition `[2]`: ") && list[2].starts_with("definition `[3]`: "));
    assert!(mistakes(Definition::list_from_json("{}"))[0].contains("array"));
    assert!(Definition::list_from_json("[]").unwrap().is_empty());
}
