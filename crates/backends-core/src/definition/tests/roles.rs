//! The version field and the time to live.

use std::time::Duration;

use super::*;

#[test]
fn c32_the_version_is_an_integer_field_of_its_own() {
    let users =
        good(r#"{"name": "users", "version": "revision", "indexes": [{"fields": ["revision"], "unique": false}]}"#);
    assert_eq!((users.version(), users.kind_of("revision")), (Some("revision"), Some(Kind::Integer)));
    for (text, part) in [
        (r#"{"name": "users", "version": "id"}"#, "key field or the id"),
        (r#"{"name": "users", "version": "id", "hashKey": "email"}"#, "key field or the id"),
        (r#"{"name": "users", "version": "n", "hashKey": "email", "rangeKey": "n"}"#, "key field or the id"),
        (r#"{"name": "users", "version": "rev", "indexes": ["rev"]}"#, "unique index"),
        (r#"{"name": "users", "version": "a.b"}"#, "is a path"),
    ] {
        refused(text, part);
    }
    let both = mistakes(Definition::from_json(
        r#"{"name": "users", "version": "at", "enableTtl": true, "ttlAttribute": "at", "ttl": 1}"#,
    ));
    assert!(both.iter().any(|mistake| mistake.contains("use two fields")), "{both:?}");
}

#[test]
fn c34_a_ttl_is_whole_seconds_after_a_timestamp() {
    for (text, seconds) in [("0", 0), ("2147483647", 2_147_483_647), ("86400.0", 86_400)] {
        let users = good(&format!(r#"{{"name": "users", "enableTtl": true, "ttlAttribute": "at", "ttl": {text}}}"#));
        let ttl = users.ttl().unwrap();
        assert_eq!((ttl.field(), ttl.seconds(), ttl.holds()), ("at", seconds, TtlHolds::Start));
        assert_eq!(users.kind_of("at"), Some(Kind::Timestamp));
    }
    for text in ["2147483648", "-1", "1.5", "\"60\"", "1e300"] {
        mistakes(Definition::from_json(&format!(
            r#"{{"name": "users", "enableTtl": true, "ttlAttribute": "at", "ttl": {text}}}"#
        )));
    }
    for bad in [Duration::from_millis(1500), Duration::from_secs(1 << 31), Duration::MAX] {
        assert!(mistakes(Definition::builder("users").ttl("at", bad).build())[0].contains("whole seconds"));
    }
    refused(r#"{"name": "users", "enableTtl": true, "ttl": 1}"#, "needs `ttlAttribute`");
    refused(r#"{"name": "users", "enableTtl": true, "ttlAttribute": "at"}"#, "needs `ttl`");
    let holds = Definition::builder("users").ttl_holds(TtlHolds::Expiry).build();
    assert!(mistakes(holds)[0].contains("without `ttl`"));
}

#[test]
fn c34_without_enable_ttl_it_is_an_ordinary_timestamp_field() {
    for text in [
        r#"{"name": "users", "ttlAttribute": "at"}"#,
        r#"{"name": "users", "ttlAttribute": "at", "ttl": 60, "enableTtl": false}"#,
        r#"{"name": "users", "fields": {"at": "timestamp"}}"#,
    ] {
        let users = good(text);
        assert_eq!((users.ttl(), users.kind_of("at")), (None, Some(Kind::Timestamp)), "{text}");
    }
    refused(r#"{"name": "users", "ttlAttribute": "at", "ttlHolds": "expiry"}"#, "without `enableTtl`");
    refused(r#"{"name": "users", "enableTtl": false, "ttlHolds": "start"}"#, "without `enableTtl`");
    refused(r#"{"name": "users", "ttlAttribute": "at", "ttl": 99999999999}"#, "0 to 2147483647 whole seconds");
    let key = good(r#"{"name": "users", "hashKey": "device", "rangeKey": "at", "ttlAttribute": "at"}"#);
    assert_eq!(key.kind_of("at"), Some(Kind::Timestamp));
}

#[test]
fn c34_the_ttl_field_is_neither_key_nor_id() {
    for field in ["id", "email", "at"] {
        let text = format!(
            r#"{{"name": "users", "hashKey": "email", "rangeKey": "at", "enableTtl": true, "ttlAttribute": "{field}", "ttl": 1}}"#
        );
        let list = mistakes(Definition::from_json(&text));
        assert!(list.iter().any(|mistake| mistake.contains("never fills in")), "{list:?}");
    }
}
