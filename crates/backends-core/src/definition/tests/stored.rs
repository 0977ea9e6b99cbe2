//! The normal form as text.

use super::*;

#[test]
fn c36_the_normal_form_is_pinned() {
    let users = good(
        r#"{"name": "users", "hashKey": "tenant", "indexes": ["email", {"fields": ["at"], "unique": false}],
            "readCapacity": 5, "writeCapacity": 5, "GSI": {"email": {"readCapacity": 1, "writeCapacity": 2}},
            "enableTtl": true, "ttlAttribute": "at", "ttl": 60}"#,
    );
    let off = r#""emptyIsMissing":false,"foreignText":false,"kind""#;
    let expected = [
        r#"{"GSI":{"email":{"readCapacity":1,"writeCapacity":2},"ix_e7420e19055ef535":{}},"#,
        r#""customId":false,"enableTtl":true,"fields":{"#,
        &format!(r#""at":{{{off}:"timestamp"}},"email":{{{off}:"string"}},"#),
        &format!(r#""id":{{{off}:"objectId"}},"tenant":{{{off}:"string"}}}},"#),
        r#""formatVersion":1,"hashKey":"tenant","idKind":"objectId","indexes":["#,
        r#"{"fields":["email"],"name":"email","ordered":false,"unique":true},"#,
        r#"{"fields":["at"],"name":"ix_e7420e19055ef535","ordered":false,"unique":false}],"#,
        r#""name":"users","rangeKey":null,"readCapacity":5,"ttl":60,"ttlAttribute":"at","ttlHolds":"start","#,
        r#""version":null,"writeCapacity":5}"#,
    ];
    assert_eq!(users.to_json(), expected.concat());
    assert_eq!(Definition::from_stored(&users.to_json()).unwrap(), users);
}

#[test]
fn c36_equal_definitions_have_equal_text() {
    let one = good(r#"{"name": "users", "indexes": ["email", "login"], "fields": {"a": "bool", "b": "bool"}}"#);
    let two = good(
        r#"{"fields": {"b": "bool", "a": "bool", "id": "objectId"}, "indexes": ["login", "email", "login"], "name": "users", "hashKey": "id"}"#,
    );
    assert_eq!(one, two);
    assert_eq!(one.to_json(), two.to_json());
}

#[test]
fn c36_a_stored_name_means_its_own_index() {
    let crossed = good(
        r#"{"name": "users", "indexes": [{"name": "one", "fields": ["two"], "unique": true},
            {"name": "two", "fields": ["one"], "unique": true}], "GSI": {"one": {}}}"#,
    );
    assert!(crossed.index("two").unwrap().is_for_reading() && !crossed.index("one").unwrap().is_for_reading());
    assert_eq!(Definition::from_stored(&crossed.to_json()).unwrap(), crossed);
}

#[test]
fn c36_what_another_version_wrote_is_not_guessed_at() {
    let text = good(r#"{"name": "users"}"#).to_json();
    for (from, to) in [
        (r#""formatVersion":1"#, r#""formatVersion":2"#),
        (r#""formatVersion":1"#, r#""formatVersion":"1""#),
        (r#""formatVersion":1"#, r#""format":1"#),
        (r#""formatVersion":1"#, r#""formatVersion":1,"shards":4"#),
        (r#""objectId""#, r#""uuid""#),
        ("{", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(Definition::from_stored(&changed).unwrap_err().is_unreadable(), "{to}");
    }
    for text in ["", "[]", "7", "{}"] {
        assert!(Definition::from_stored(text).unwrap_err().is_unreadable());
    }
}
