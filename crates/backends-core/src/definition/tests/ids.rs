//! The key and the library's id.

use super::*;

fn key(definition: &Definition) -> Vec<&str> {
    definition.key_fields().collect()
}

#[test]
fn c08_without_a_partition_key_the_key_is_the_id() {
    let users = good(r#"{"name": "users"}"#);
    assert_eq!(
        (key(&users), users.id_field(), users.partition_key(), users.sort_key()),
        (vec!["id"], "id", "id", None)
    );
    assert!(users.id_is_key() && users.accepts_own_id() && !users.custom_id());
    assert_eq!(users, good(r#"{"name": "users", "hashKey": "id"}"#));
}

#[test]
fn c08_partition_and_sort_key_are_the_key() {
    let events = good(r#"{"name": "events", "hashKey": "device", "rangeKey": "number", "rangeKeyType": "N"}"#);
    assert_eq!(key(&events), ["device", "number"]);
    assert_eq!(events.sort_key(), Some("number"));
    assert!(!events.id_is_key() && !events.accepts_own_id());
    assert_eq!(events.kind_of("number"), Some(Kind::Number));
    assert_eq!(events.kind_of("id"), Some(Kind::ObjectId));
}

#[test]
fn c08_the_id_is_the_whole_key_or_no_part_of_it() {
    for text in [
        r#"{"name": "users", "hashKey": "id", "rangeKey": "at"}"#,
        r#"{"name": "users", "hashKey": "tenant", "rangeKey": "id"}"#,
        r#"{"name": "users", "hashKey": "tenant", "rangeKey": "id", "indexes": [{"fields": ["id"], "unique": false}]}"#,
        r#"{"name": "users", "hashKey": "tenant", "rangeKey": "_id", "customId": true}"#,
    ] {
        refused(text, "is a part of the key");
    }
    let unique = good(r#"{"name": "users", "hashKey": "tenant", "rangeKey": "id", "indexes": ["id"]}"#);
    assert!(unique.accepts_own_id() && !unique.id_is_key());
    let custom = good(r#"{"name": "users", "hashKey": "tenant", "rangeKey": "id", "customId": true}"#);
    assert_eq!((key(&custom), custom.id_field()), (vec!["tenant", "id"], "_id"));
}

#[test]
fn l39_a_sort_key_needs_a_partition_key() {
    refused(r#"{"name": "users", "rangeKey": "at"}"#, "a sort key needs a partition key");
    refused(r#"{"name": "users", "hashKey": "at", "rangeKey": "at"}"#, "is the partition key and the sort key");
    refused(r#"{"name": "users", "hashKey": 7, "rangeKey": "at"}"#, "`hashKey` of the definition has to be text");
}

#[test]
fn c11_the_id_kind_is_object_id_unless_said() {
    for (text, kind) in [
        (r#"{"name": "users"}"#, IdKind::ObjectId),
        (r#"{"name": "users", "idKind": "objectId"}"#, IdKind::ObjectId),
        (r#"{"name": "users", "idKind": "string"}"#, IdKind::String),
        (r#"{"name": "users", "hashKey": "id", "hashKeyType": "S"}"#, IdKind::ObjectId),
        (r#"{"name": "users", "hashKey": "id", "hashKeyType": "S", "idKind": "string"}"#, IdKind::String),
        (r#"{"name": "users", "hashKey": "id", "hashKeyType": "string"}"#, IdKind::String),
        (r#"{"name": "users", "fields": {"id": "string"}}"#, IdKind::String),
        (r#"{"name": "users", "fields": {"id": "objectId"}, "idKind": "objectId"}"#, IdKind::ObjectId),
        (r#"{"name": "users", "customId": true, "fields": {"id": "number"}, "idKind": "string"}"#, IdKind::String),
    ] {
        let definition = good(text);
        assert_eq!(definition.id_kind(), kind, "{text}");
        assert_eq!(definition.kind_of(definition.id_field()), Some(kind.kind()), "{text}");
        assert!(!definition.is_open(definition.id_field()));
    }
}

#[test]
fn c11_an_id_of_another_kind_is_refused_with_the_remedy() {
    for text in [
        r#"{"name": "users", "fields": {"id": "integer"}}"#,
        r#"{"name": "users", "hashKey": "id", "hashKeyType": "N"}"#,
        r#"{"name": "users", "hashKey": "id", "hashKeyType": "timestamp"}"#,
        r#"{"name": "users", "fields": {"_id": "number"}, "customId": true}"#,
    ] {
        refused(text, "use `customId`");
    }
    refused(r#"{"name": "users", "fields": {"id": "string"}, "idKind": "objectId"}"#, "leave one of them out");
    refused(r#"{"name": "users", "idKind": "uuid"}"#, "unknown `idKind` `uuid`");
    refused(r#"{"name": "users", "idKind": "objectid"}"#, "did you mean `objectId`?");
}

#[test]
fn c11_custom_id_leaves_id_an_ordinary_field() {
    let users = good(r#"{"name": "users", "customId": true}"#);
    assert_eq!((key(&users), users.id_field(), users.custom_id()), (vec!["id"], "_id", true));
    assert!(!users.id_is_key() && users.is_open("id"));
    assert_eq!(users.kind_of("_id"), Some(Kind::ObjectId));
    let numbered = good(r#"{"name": "users", "customId": true, "hashKey": "id", "hashKeyType": "N"}"#);
    assert_eq!(numbered.kind_of("id"), Some(Kind::Number));
    let own = good(r#"{"name": "users", "customId": true, "hashKey": "_id"}"#);
    assert!(own.id_is_key());
    refused(r#"{"name": "users", "hashKey": "_id"}"#, "use `customId`");
}
