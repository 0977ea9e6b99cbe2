//! C1, C5, C6, C7: what values are, and that they stay what they are.

use std::collections::BTreeMap;

use backends_core::{Document, ErrorKind, Timestamp, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::{SECRET, refused};
use crate::records::{Holds, Keyed, User, document, stored};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    #[serde(default)]
    id: String,
    yes: bool,
    no: bool,
    int: i64,
    float: f64,
    text: String,
    empty: String,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    #[serde(with = "serde_bytes")]
    no_bytes: Vec<u8>,
    at: Timestamp,
    list: Vec<i64>,
    no_list: Vec<i64>,
    map: BTreeMap<String, f64>,
    no_map: BTreeMap<String, f64>,
}

fn everything() -> Everything {
    Everything {
        id: String::new(),
        yes: true,
        no: false,
        int: -7,
        float: 0.25,
        text: "text".to_owned(),
        empty: String::new(),
        bytes: vec![0, 1, 127, 128, 255],
        no_bytes: vec![],
        at: Timestamp::from_millis(1).unwrap(),
        list: vec![3, 1, 2],
        no_list: vec![],
        map: BTreeMap::from([("a".to_owned(), 1.5)]),
        no_map: BTreeMap::new(),
    }
}

pub async fn c01_l17_every_kind_of_value_comes_back_typed(context: &Context) {
    let records = context.repository::<Everything>("everything").await;
    let inserted = records.insert(&everything()).await.unwrap();
    assert_eq!(Everything { id: inserted.id.clone(), ..everything() }, inserted);
    assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
}

pub async fn c01_c06_l17_every_kind_of_value_comes_back_untyped(context: &Context) {
    let records = context.repository::<Everything>("everything").await;
    let inserted = records.insert(&everything()).await.unwrap();
    let read = stored(&records, &inserted.id).await;
    let expected = Document::from([
        ("yes", Value::Bool(true)),
        ("no", Value::Bool(false)),
        ("int", Value::Int(-7)),
        ("float", Value::Float(0.25)),
        ("text", Value::from("text")),
        ("empty", Value::from("")),
        ("bytes", Value::Bytes(vec![0, 1, 127, 128, 255])),
        ("no_bytes", Value::Bytes(vec![])),
        ("at", Value::Timestamp(Timestamp::from_millis(1).unwrap())),
        ("list", Value::Array(vec![3.into(), 1.into(), 2.into()])),
        ("no_list", Value::Array(vec![])),
        ("map", Value::Map(Document::from([("a", 1.5)]))),
        ("no_map", Value::Map(Document::new())),
    ]);
    assert_eq!(read, expected);
    for (name, value) in read.iter() {
        // Equality does not tell an integer from a float of the same value.
        assert_eq!(
            std::mem::discriminant(value),
            std::mem::discriminant(expected.get(name).unwrap()),
            "{name} is {value:?}"
        );
    }
}

pub async fn c01_untyped_documents_list_their_fields_in_byte_order(context: &Context) {
    let records = context.repository::<Document>("documents").await;
    let written = document(json!({"z": 1, "a": 1, "Z": 1, "é": 1, "aa": {"y": 1, "x": 1}, "0": 1}));
    let inserted = records.insert(&written).await.unwrap();
    let names: Vec<_> = inserted.keys().collect();
    assert_eq!(names, ["0", "Z", "a", "aa", "id", "z", "é"]);
    let Some(Value::String(id)) = inserted.get("id") else { panic!("no id") };
    let read = records.get(id).await.unwrap().unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), names);
    let Some(Value::Map(inner)) = read.get("aa") else { panic!("no map") };
    assert_eq!(inner.keys().collect::<Vec<_>>(), ["x", "y"]);
}

pub async fn c01_a_map_has_no_order(context: &Context) {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Turned {
        value: i64,
        id: String,
    }
    let records = context.repository::<Holds<i64>>("records").await;
    let inserted = records.insert(&Holds::new(5)).await.unwrap();
    let turned = records.typed::<Turned>();
    assert_eq!(turned.get(&inserted.id).await.unwrap(), Some(Turned { value: 5, id: inserted.id.clone() }));
    turned.replace(&Turned { value: 6, id: inserted.id.clone() }).await.unwrap();
    assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, 6);
}

pub async fn c05_strings_are_any_utf8(context: &Context) {
    let records = context.repository::<Holds<String>>("texts").await;
    let long = "ä".repeat(150_000);
    for text in [
        "",
        " ",
        " a ",
        "\n\r\t",
        "\u{1}\u{1f}\u{7f}",
        "\u{85}\u{2028}\u{feff}",
        "é",
        "e\u{301}",
        "ß ẞ ſ İ ı",
        "日本語 한국어 العربية",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "\u{10ffff}\u{fffd}\u{e000}",
        "'\"`\\/$.%_{}[]()<>;--",
        "null",
        "NaN",
        "1",
        "2024-01-01T00:00:00Z",
        &long,
    ] {
        let inserted = records.insert(&Holds::new(text.to_owned())).await.unwrap();
        let read = records.get(&inserted.id).await.unwrap().unwrap();
        assert!(read.value == text, "{:?}", text.chars().take(20).collect::<String>());
    }
}

pub async fn c05_strings_are_compared_by_bytes_and_not_normalised(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("texts").partition_key("key")).await;
    let keys = ["a", "A", "a ", " a", "á", "a\u{301}", "Á", "ａ", "a%", "a_", "a\u{200b}", "aa", "ss", "ß"];
    for key in keys {
        records.insert(&Keyed::new(key.to_owned(), key)).await.unwrap();
    }
    for key in keys {
        assert_eq!(records.get(key).await.unwrap().unwrap().text, format!("{SECRET}-{key}"));
    }
    assert!(records.get("aA").await.unwrap().is_none());
}

pub async fn c05_a_string_with_a_nul_is_refused_and_not_stored(context: &Context) {
    let users = context.repository::<User>("users").await;
    let id = crate::records::id(1);
    let mut user = User::new("ada").with_id(&id);
    user.name.push('\0');
    assert_eq!(refused(users.insert(&user).await, ErrorKind::InvalidInput, "insert").path(), Some("name"));
    refused(users.upsert(&user).await, ErrorKind::InvalidInput, "upsert");
    refused(users.replace(&user).await, ErrorKind::InvalidInput, "replace");
    refused(users.insert_many([&user]).await, ErrorKind::InvalidInput, "insert_many");
    assert!(users.get(&id).await.unwrap().is_none());
}

fn nested(levels: usize) -> serde_json::Value {
    (1..levels)
        .fold(json!({"x": 1}), |inner, level| if level % 2 == 0 { json!({ "x": inner }) } else { json!([inner]) })
}

pub async fn c05_thirty_levels_are_stored_and_thirty_one_are_refused(context: &Context) {
    let records = context.repository::<Document>("deep").await;
    let inserted = records.insert(&document(json!({"top": nested(30)}))).await.unwrap();
    let id = crate::records::text(inserted.get("id")).to_owned();
    assert_eq!(records.get(&id).await.unwrap().unwrap().get("top"), inserted.get("top"));
    let deeper = document(json!({"id": crate::records::id(9), "top": nested(31)}));
    let error = refused(records.insert(&deeper).await, ErrorKind::InvalidInput, "insert");
    assert!(error.to_string().contains("30"), "{error}");
    assert!(records.get(crate::records::id(9)).await.unwrap().is_none());
}

pub async fn c06_bytes_come_back_at_any_length_and_depth(context: &Context) {
    let records = context.repository::<Document>("bytes").await;
    for length in [0, 1, 2, 3, 4, 255, 256, 65_536, 100_000] {
        let bytes: Vec<u8> = (0..=255_u8).cycle().take(length).collect();
        let inner = Document::from([("deep", Value::Array(vec![Value::Bytes(bytes.clone()), Value::Null]))]);
        let inserted = records.insert(&Document::from([("value", Value::Map(inner.clone()))])).await.unwrap();
        let read = records.get(crate::records::text(inserted.get("id"))).await.unwrap().unwrap();
        assert!(read.get("value") == Some(&Value::Map(inner)), "{length} bytes");
    }
}

pub async fn c06_bytes_are_not_an_array_of_integers(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Both {
        #[serde(default)]
        id: String,
        list: Vec<u8>,
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    }
    let records = context.repository::<Both>("both").await;
    let both = Both { id: String::new(), list: vec![1, 2], bytes: vec![1, 2] };
    let inserted = records.insert(&both).await.unwrap();
    let read = stored(&records, &inserted.id).await;
    assert_eq!(read.get("list"), Some(&Value::Array(vec![1.into(), 2.into()])));
    assert_eq!(read.get("bytes"), Some(&Value::Bytes(vec![1, 2])));
    assert_eq!(records.get(&inserted.id).await.unwrap(), Some(inserted));
}

pub async fn c06_bytes_are_base64_where_json_has_none(context: &Context) {
    let records = context.repository::<Document>("bytes").await;
    let written = document(json!({"value": {"$binary": "AAH/"}}));
    assert_eq!(written.get("value"), Some(&Value::Bytes(vec![0, 1, 255])));
    let inserted = records.insert(&written).await.unwrap();
    let read = records.get(crate::records::text(inserted.get("id"))).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap()["value"], json!({"$binary": "AAH/"}));
}

pub async fn c07_l34_no_text_becomes_an_operator(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("texts").partition_key("key")).await;
    let hostile = [
        "$ne",
        "$gt",
        "$where",
        "$$ROOT",
        "$key",
        "{\"$ne\": null}",
        "{\"$gt\":\"\"}",
        "' OR '1'='1",
        "'; DROP TABLE records; --",
        "\" OR \"\"=\"",
        "x' UNION SELECT 1 --",
        ":value",
        "#name",
        "?1",
        "@p1",
        "%",
        "*",
        ".*",
        "a,b",
        "[a,b]",
        "\\",
        "\\u0000",
        "${jndi:x}",
        "{{x}}",
        "N'x'",
        "0x41",
    ];
    records.insert(&Keyed::new("bystander".to_owned(), "stays")).await.unwrap();
    for key in hostile {
        assert!(records.get(key).await.unwrap().is_none(), "{key} finds something");
        assert!(records.delete(key).await.unwrap().is_none(), "{key} deletes something");
        records.insert(&Keyed::new(key.to_owned(), key)).await.unwrap();
        assert_eq!(records.get(key).await.unwrap().unwrap().text, format!("{SECRET}-{key}"));
        assert_eq!(records.delete(key).await.unwrap().unwrap().key, key);
    }
    assert_eq!(records.get("bystander").await.unwrap().unwrap().text, format!("{SECRET}-stays"));
}

pub async fn c07_l34_a_map_as_a_value_stays_a_value(context: &Context) {
    let records = context.repository::<Document>("maps").await;
    let value =
        json!({"ne": 1, "set": {"x": {"add": [1, 2]}}, "S": "text", "N": "5", "M": {}, "NULL": true, "oid": "x"});
    let inserted = records.insert(&document(json!({ "value": value }))).await.unwrap();
    let read = records.get(crate::records::text(inserted.get("id"))).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap()["value"], value);
    for name in ["$ne", "$set", "$oid", "$where", "$date"] {
        let error = refused(
            records.insert(&document(json!({"value": {name: SECRET}}))).await,
            ErrorKind::InvalidInput,
            "insert",
        );
        // The name itself is not told: the keys of a map may be data.
        assert_eq!(error.path(), Some("value"), "{error}");
    }
}

pub async fn c07_l33_l34_a_map_or_an_array_is_no_key(context: &Context) {
    let users = context.repository::<User>("users").await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    refused(users.get(json!({"$ne": null})).await, ErrorKind::InvalidInput, "get");
    refused(users.get(json!({"ne": SECRET})).await, ErrorKind::InvalidInput, "get");
    refused(users.delete(json!({"$gt": ""})).await, ErrorKind::InvalidInput, "delete");
    refused(users.delete(json!([ada.id])).await, ErrorKind::InvalidInput, "delete");
    refused(users.get_many([json!({"$ne": null})]).await, ErrorKind::InvalidInput, "get_many");
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
}

pub async fn c01_a_record_is_a_map(context: &Context) {
    let anything = context.repository::<serde_json::Value>("anything").await;
    for none in [json!(crate::expect::DIGITS), json!([{"name": "ada"}]), json!(null)] {
        refused(anything.insert(&none).await, ErrorKind::InvalidInput, "insert");
    }
    let options = context.repository::<Option<User>>("options").await;
    refused(options.insert(&None).await, ErrorKind::InvalidInput, "insert");
    let inserted = options.insert(&Some(User::new("ada"))).await.unwrap().unwrap();
    assert_eq!(options.get(&inserted.id).await.unwrap(), Some(Some(inserted)));
}
