//! What is stored against what is wanted.

use super::*;

fn differences(stored: &str, wanted: &str) -> Vec<String> {
    let error = reconcile(&good(stored), &good(wanted)).unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    assert_eq!(error.repository(), Some(good(stored).name()));
    error.mistakes().to_vec()
}

fn reconciled(stored: &str, wanted: &str) -> Reconciled {
    reconcile(&good(stored), &good(wanted)).unwrap_or_else(|error| panic!("{stored} {wanted}: {error}"))
}

#[test]
fn c37_the_same_definition_needs_nothing() {
    for (stored, wanted) in [
        (r#"{"name": "users"}"#, r#"{"name": "users", "hashKey": "id"}"#),
        (
            r#"{"name": "users", "indexes": ["email"]}"#,
            r#"{"name": "users", "indexes": ["email"], "fields": {"email": "string"}}"#,
        ),
        (
            r#"{"name": "users", "readCapacity": 1, "writeCapacity": 1}"#,
            r#"{"name": "users", "readCapacity": 5, "writeCapacity": 1}"#,
        ),
        (
            r#"{"name": "users", "indexes": [{"name": "by_mail", "fields": ["email"], "unique": true}]}"#,
            r#"{"name": "users", "indexes": ["email"]}"#,
        ),
    ] {
        let result = reconciled(stored, wanted);
        assert!(result.is_unchanged() && result.kept.is_empty(), "{result:?}");
        assert_eq!(result.merged, good(stored));
    }
}

#[test]
fn c37_a_kind_that_is_left_open_is_the_stored_one() {
    let stored = |kind: &str| format!(r#"{{"name": "users", "hashKey": "k", "fields": {{"k": "{kind}"}}}}"#);
    let (open, numeric) =
        (r#"{"name": "users", "hashKey": "k"}"#, r#"{"name": "users", "hashKey": "k", "hashKeyType": "N"}"#);
    for kind in ["string", "number", "integer", "timestamp", "objectId"] {
        let result = reconciled(&stored(kind), open);
        assert!(result.is_unchanged() && result.merged == good(&stored(kind)), "{result:?}");
    }
    for kind in ["number", "integer"] {
        let result = reconciled(&stored(kind), numeric);
        assert!(result.is_unchanged() && result.merged == good(&stored(kind)), "{result:?}");
    }
    assert!(differences(&stored("string"), numeric)[0].contains("and `number` in the definition"));
    let of_type = |text: &str, kind| good(text).with_type_kinds(&[("k".to_owned(), kind)]).unwrap();
    for (kind, of, agree) in [
        ("number", Kind::Integer, true),
        ("integer", Kind::Number, false),
        ("timestamp", Kind::String, true),
        ("string", Kind::Integer, false),
    ] {
        let result = reconcile(&good(&stored(kind)), &of_type(open, of));
        assert_eq!(result.is_ok(), agree, "{kind} {of}: {result:?}");
        let told = |error: Error| error.message().contains("in the type of the records");
        assert!(result.map_or_else(told, |result| result.is_unchanged()));
    }
    // An index on a field that is stored as something without an order.
    let stored = r#"{"name": "users", "fields": {"k": "bool"}}"#;
    assert!(differences(stored, r#"{"name": "users", "indexes": ["k"]}"#)[0].contains("`bool`"));
}

#[test]
fn l47_every_difference_is_a_conflict() {
    for (stored, wanted, part) in [
        (r#"{"name": "users"}"#, r#"{"name": "Users"}"#, "name"),
        (r#"{"name": "users", "hashKey": "a"}"#, r#"{"name": "users", "hashKey": "b"}"#, "the partition key is `a`"),
        (
            r#"{"name": "users", "hashKey": "a"}"#,
            r#"{"name": "users", "hashKey": "a", "rangeKey": "b"}"#,
            "the sort key is none",
        ),
        (
            r#"{"name": "users", "hashKey": "a"}"#,
            r#"{"name": "users", "hashKey": "a", "hashKeyType": "N"}"#,
            "field `a` is `string`",
        ),
        (r#"{"name": "users"}"#, r#"{"name": "users", "idKind": "string"}"#, "`idKind` is `objectId`"),
        (
            r#"{"name": "users", "hashKey": "a"}"#,
            r#"{"name": "users", "hashKey": "a", "customId": true}"#,
            "`customId` is false",
        ),
        (r#"{"name": "users"}"#, r#"{"name": "users", "version": "v"}"#, "the version field is none"),
        (r#"{"name": "users", "version": "v"}"#, r#"{"name": "users"}"#, "the version field is `v`"),
        (
            r#"{"name": "users", "fields": {"a": "integer"}}"#,
            r#"{"name": "users", "fields": {"a": "number"}}"#,
            "field `a` is `integer`",
        ),
        (
            r#"{"name": "users", "fields": {"a": "integer"}}"#,
            r#"{"name": "users", "indexes": ["a"], "fields": {"a": "number"}}"#,
            "field `a` is `integer`",
        ),
        (
            r#"{"name": "users", "fields": {"a": "integer"}}"#,
            r#"{"name": "users", "fields": {"a.b": "number"}}"#,
            "inside `a`",
        ),
    ] {
        let list = differences(stored, wanted);
        assert!(list.len() == 1 && list[0].contains(part), "{stored} {wanted}: {list:?}");
    }
    let all = differences(
        r#"{"name": "users", "hashKey": "a", "indexes": ["email"], "version": "v"}"#,
        r#"{"name": "users", "hashKey": "b", "rangeKey": "c", "idKind": "string", "version": "w",
            "indexes": [{"name": "other", "fields": ["email"], "unique": false, "ordered": true}]}"#,
    );
    assert_eq!(all.len(), 6, "{all:#?}");
}

#[test]
fn c37_the_ttl_field_and_what_it_holds_are_compared() {
    let with = |field: &str, holds: &str| {
        format!(
            r#"{{"name": "users", "enableTtl": true, "ttlAttribute": "{field}", "ttl": 60, "ttlHolds": "{holds}"}}"#
        )
    };
    let none = r#"{"name": "users", "ttlAttribute": "at"}"#;
    for (stored, wanted, part) in [
        (with("at", "start"), with("to", "start"), "the TTL field is `at`"),
        (with("at", "start"), with("at", "expiry"), "`ttlHolds` is `start`"),
        (with("at", "start"), none.to_owned(), "the TTL field is `at`"),
        (none.to_owned(), with("at", "start"), "the TTL field is none"),
    ] {
        let list = differences(&stored, &wanted);
        assert!(list.len() == 1 && list[0].contains(part), "{list:?}");
    }
}

#[test]
fn l41_a_changed_ttl_is_applied() {
    let with = |ttl: u32| format!(r#"{{"name": "users", "enableTtl": true, "ttlAttribute": "at", "ttl": {ttl}}}"#);
    let result = reconciled(&with(60), &with(90));
    assert_eq!(result.ttl_change, Some(TtlChange { from_seconds: 60, to_seconds: 90 }));
    assert_eq!(result.merged, good(&with(90)));
    assert!(!result.is_unchanged());
}

#[test]
fn l41_an_index_with_another_meaning_is_a_conflict_whatever_its_name() {
    let index = |name: &str, unique: bool, ordered: bool| {
        format!(
            r#"{{"name": "users", "indexes": [{{"name": "{name}", "fields": ["a", "b"], "unique": {unique}, "ordered": {ordered}}}]}}"#
        )
    };
    for (unique, ordered, count) in [(false, false, 1), (true, true, 1), (false, true, 2)] {
        for name in ["one", "two"] {
            assert_eq!(differences(&index("one", true, false), &index(name, unique, ordered)).len(), count);
        }
    }
}

#[test]
fn c37_indexes_and_kinds_are_added() {
    let result = reconciled(
        r#"{"name": "users", "indexes": ["email"]}"#,
        r#"{"name": "users", "indexes": ["email", "login"], "fields": {"at": "timestamp"}, "GSI": {"city": {}}}"#,
    );
    assert_eq!(result.added_indexes.iter().map(Index::name).collect::<Vec<_>>(), ["city", "login"]);
    let kinds: Vec<_> = result.added_kinds.iter().map(|(path, field)| format!("{path}:{}", field.kind)).collect();
    assert_eq!(kinds, ["at:timestamp", "city:string", "login:string"]);
    assert_eq!(indexes(&result.merged), ["city(city)", "email(email) unique", "login(login) unique"]);
    assert!(result.kept.is_empty() && result.ttl_change.is_none() && !result.is_unchanged());
}

#[test]
fn c37_what_is_stored_and_not_wanted_stays_with_a_warning() {
    let stored = r#"{"name": "users", "indexes": ["email", "login"], "fields": {"at": "timestamp"}}"#;
    let result = reconciled(stored, r#"{"name": "users", "indexes": ["email"]}"#);
    assert!(result.is_unchanged());
    assert_eq!(result.merged, good(stored));
    assert_eq!(result.kept.len(), 2, "{:?}", result.kept);
    assert!(result.kept[0].contains("index `login`") && result.kept[1].contains("field `at`"));
}

#[test]
fn c39_a_unique_index_may_become_one_to_read_by() {
    let stored = r#"{"name": "users", "indexes": ["email"]}"#;
    let wanted =
        r#"{"name": "users", "indexes": ["email"], "GSI": {"email": {"readCapacity": 1, "writeCapacity": 2}}}"#;
    let result = reconciled(stored, wanted);
    assert_eq!(result.added_reads.iter().map(Index::throughput).collect::<Vec<_>>(), [Some(Throughput::new(1, 2))]);
    assert!(result.added_indexes.is_empty() && !result.is_unchanged());
    let back = reconciled(wanted, stored);
    assert!(back.is_unchanged() && back.merged.index("email").unwrap().is_for_reading());
}

#[test]
fn c38_a_stored_index_keeps_its_name_and_no_other_gets_it() {
    let stored = r#"{"name": "users", "indexes": [{"name": "login", "fields": ["email"], "unique": true}]}"#;
    let result = reconciled(stored, r#"{"name": "users", "indexes": ["email", "login"]}"#);
    assert_eq!(indexes(&result.merged).len(), 2);
    assert_eq!(result.merged.index("login").unwrap().fields().collect::<Vec<_>>(), ["email"]);
    assert!(result.added_indexes[0].name().starts_with("ix_"));
    let given = r#"{"name": "users", "indexes": [{"name": "Login", "fields": ["other"], "unique": true}]}"#;
    assert!(differences(stored, given)[0].contains("choose another"));
}

#[test]
fn c37_stored_and_new_indexes_keep_to_the_limit_together() {
    let with = |from: usize, to: usize| {
        (from..to).fold(Definition::builder("users"), |builder, at| builder.index(Index::on([format!("field{at}")])))
    };
    let stored = with(0, 15).build().unwrap();
    assert!(reconcile(&stored, &with(10, 20).build().unwrap()).is_ok());
    let error = reconcile(&stored, &with(10, 21).build().unwrap()).unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("are 21 together"), "{error}");
}

#[test]
fn c10_empty_is_missing_comes_with_its_index_and_then_stays() {
    let plain = r#"{"name": "users", "fields": {"nick": "string"}}"#;
    let index = r#"{"name": "users", "indexes": ["nick"]}"#;
    let lenient =
        r#"{"name": "users", "indexes": ["nick"], "fields": {"nick": {"kind": "string", "emptyIsMissing": true}}}"#;
    let result = reconciled(plain, lenient);
    assert_eq!(result.merged, good(lenient));
    assert_eq!((result.added_kinds.len(), result.added_indexes.len()), (1, 1));
    let kept = reconciled(lenient, plain);
    assert!(kept.is_unchanged());
    assert_eq!(kept.merged, good(lenient));
    for (stored, wanted) in [(lenient, index), (index, lenient)] {
        assert!(differences(stored, wanted)[0].contains("`emptyIsMissing` of `nick`"));
    }
}

#[test]
fn c43_foreign_text_is_added_and_never_taken_away() {
    let plain = r#"{"name": "users", "fields": {"at": "timestamp"}}"#;
    let foreign = r#"{"name": "users", "fields": {"at": {"kind": "timestamp", "foreignText": true}}}"#;
    assert_eq!(reconciled(plain, foreign).added_kinds.len(), 1);
    assert_eq!(reconciled(plain, foreign).merged, good(foreign));
    assert!(reconciled(foreign, plain).is_unchanged());
    let unique = r#"{"name": "users", "fields": {"at": "timestamp"}, "indexes": ["at"]}"#;
    for (stored, wanted) in [(foreign, unique), (unique, foreign)] {
        assert!(differences(stored, wanted)[0].contains("`foreignText` on `at`"));
    }
}

#[test]
fn c37_what_is_merged_is_a_definition_that_can_be_stored() {
    let stored = Definition::builder("users").index(Index::unique(["login"]).named("email")).build().unwrap();
    let wanted = Definition::builder("users").index(Index::unique(["email"])).field("a.b", Kind::Bool).build().unwrap();
    let merged = reconcile(&stored, &wanted).unwrap().merged;
    assert_eq!(Definition::from_stored(&merged.to_json()).unwrap(), merged);
    assert!(reconcile(&merged, &stored).unwrap().is_unchanged());
    assert!(reconcile(&merged, &wanted).unwrap().is_unchanged());
}
